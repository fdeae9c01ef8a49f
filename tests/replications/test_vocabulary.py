"""Scaling laws with vocabulary: the headline numbers by scipy and by hand, without the library's fits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from replications.vocabulary import redrawn, routes, tokens
from scalinglaws import load
from scalinglaws.claims import verdicts as files

PRINTED = np.array([5.5327846803, 1.8313851560, 0.1958423840, 2.1241123120, 0.6707374680, 0.4466063415])
BUDGET, WIDTH = (70e9 / np.exp(-2.4846510161625193)) ** 2, 8192


@pytest.fixture(scope="module")
def runs():
    table = load("vocab_runs")
    return table.assign(trained=table.flops / 6 / (table.other_params + table.vocabulary * table.width))


@pytest.fixture(scope="module")
def measured():
    return {v["id"]: v["measured"] for v in files.read("16_vocabulary")["verdicts"]}


def curve(V):
    """Tokens per character, written out."""
    return 0.00639222 * np.log(V) ** 2 - 0.15811069 * np.log(V) + 1.20470122


def columns(runs, D):
    kept = runs.flops >= 2.18e17
    Nv = runs.vocabulary * runs.width
    return tuple((c[kept]).to_numpy(float) for c in (runs.other_params / 1e6, Nv / 1e6, D / 1e9, runs.loss))


def huber_sum(p, N, Nv, D, loss):
    E, A1, A2, B, alpha, beta = p
    off = np.abs(loss + E - A1 * N**-beta - A2 * Nv**-alpha - B * D**-beta)
    return np.where(off <= 1e-3, off**2 / 2, 1e-3 * (off - 5e-4)).sum()


def best_of(p):
    """The least loss over a grid of vocabularies at 70 billion other parameters, thousand entries."""
    V = np.geomspace(1e3, 1e7, 100_001)
    D = BUDGET / 6 / (70e9 + V * WIDTH) / 1e9
    return V[(p[2] * (V * WIDTH / 1e6) ** -p[4] + p[3] * D ** -p[5]).argmin()] / 1000


def refitted(table, largest=3.0):
    """Nelder and Mead's simplex from the printed parameters, started again where it stops."""
    p, bounds = PRINTED, [(None, None)] * 4 + [(0, largest), (0, 3)]
    options = {"maxfev": 4000, "xatol": 1e-9, "fatol": 1e-12}
    for _ in range(6):
        p = optimize.minimize(huber_sum, p, table, "Nelder-Mead", bounds=bounds, options=options).x
    return p


def test_the_table_counts_entries_and_the_fit_thousands(runs, measured):
    np.testing.assert_allclose(runs.characters * curve(runs.vocabulary), runs.trained, rtol=1e-9)
    steps = runs.trained / 1e6
    np.testing.assert_allclose(steps, steps.round(), rtol=1e-9)
    ratio = curve(runs.vocabulary / 1000) / curve(runs.vocabulary)
    assert 2.65 < ratio.min() < ratio.max() < 3.02


def test_the_least_sums_by_a_simplex(runs, measured):
    wrong = columns(runs, runs.characters * curve(runs.vocabulary / 1000))
    least = refitted(wrong)
    assert huber_sum(PRINTED, *wrong) / huber_sum(least, *wrong) - 1 < 1e-4
    assert least[5] == pytest.approx(measured["a3-beta"], abs=2e-3)
    N, Nv, D, loss = columns(runs, runs.trained)
    right = refitted((N, Nv, D, loss))
    units = [huber_sum(PRINTED, N, Nv, c * D, loss) for c in np.linspace(2.5, 3.3, 801)]
    excess = min(units) / huber_sum(right, N, Nv, D, loss) - 1
    assert excess == pytest.approx(measured["tokens"], rel=0.01)
    allowed = best_of(refitted((N, Nv, D, loss), largest=1.0))
    assert best_of(least) / allowed == pytest.approx(measured["shift"], rel=0.03)
    assert allowed == pytest.approx(measured["v70"], rel=0.03)


def test_the_first_routes_line_by_least_squares(runs, measured):
    points = pd.concat([runs, routes.between_runs(runs)]).sort_values("flops", kind="stable")
    lowest = points[points.loss < points.loss.cummin().shift(fill_value=np.inf)]
    slope = np.polyfit(np.log(lowest.flops), np.log(lowest.vocabulary * lowest.width), 1)[0]
    assert slope == pytest.approx(measured["a1-exponent"], abs=1e-9)


def test_the_second_route_by_a_grid(measured):
    sizes = np.array([33e6, 85e6, 151e6, 302e6, 631e6, 1130e6, 2870e6])
    widths = np.array([512, 768, 768, 1024, 1536, 2048, 3200])
    V = np.geomspace(1e3, 2e5, 400_001)
    cheapest = [V[((n + V * d) * curve(V)).argmin()] for n, d in zip(sizes, widths, strict=True)]
    y, x = (np.log(v / v[0])[1:] for v in (cheapest * widths, sizes))
    slopes = np.linspace(0.7, 1, 300_001)
    off = np.abs(y[:, None] - slopes * x[:, None])
    sums = np.where(off <= 1e-3, off**2 / 2, 1e-3 * (off - 5e-4)).sum(0)
    assert slopes[sums.argmin()] == pytest.approx(measured["a2-gamma"], abs=1e-5)


def test_bottoms_without_a_law_by_normal_equations(runs, measured):
    assert_lines(bottoms_at(runs, 1.0), measured)
    full, half = bottoms_at(runs, 1.0)[1:, 1], bottoms_at(runs, 0.5)[1:, 1]
    assert (full - half).mean() == pytest.approx(measured["budget"], rel=1e-6)


def bottoms_at(runs, share):
    """ln N, ln V at the bottom of the parabola, and ln width, a row a model."""
    bottoms = []
    for n, part in runs.groupby("other_params"):
        flops = share * min(run.flops.max() for _, run in part.groupby("vocabulary"))
        rows = [
            (np.log(V), np.interp(np.log(flops), np.log(run.flops), run.loss))
            for V, run in part.groupby("vocabulary")
        ]
        x, y = np.transpose(rows)
        _, b, a = np.linalg.lstsq(np.vander(x, 3, increasing=True), y, rcond=None)[0]
        bottoms.append((np.log(n), -b / 2 / a, np.log(part.width.iloc[0])))
    return np.array(bottoms)


def assert_lines(bottoms, measured):
    """The exponents of the bottoms, and the line at 70 billion, are those of the notebook."""
    n, v, d = bottoms.T
    slope = np.cov(n, v)[0, 1] / n.var(ddof=1)
    there = np.exp(v.mean() + slope * (np.log(70e9) - n.mean())) / 1000
    assert there == pytest.approx(measured["free-70"], rel=1e-6)
    assert np.cov(n, v)[0, 1] / n.var(ddof=1) == pytest.approx(measured["free-grows"], rel=1e-6)
    assert np.cov(n, v + d)[0, 1] / n.var(ddof=1) == pytest.approx(measured["free-gamma"], rel=1e-6)


def test_a_law_without_a_vocabulary_term_has_no_best_vocabulary():
    best = routes.best_vocabulary([0.0, PRINTED[2]], PRINTED[3], PRINTED[4], PRINTED[5], 70e9, BUDGET, WIDTH)
    assert best[0] == 0
    assert best[1] / 1000 == pytest.approx(best_of(PRINTED), rel=1e-3)


def test_the_grid_reaches_the_least_sum_nearly(runs):
    N, Nv, D, loss = columns(runs, runs.trained)
    table = pd.DataFrame({"N": N, "Nv": Nv, "D": D, "loss": loss})
    found = redrawn.on_grid(table, np.ones((1, len(table))))
    least = huber_sum(refitted((N, Nv, D, loss), largest=1.0), N, Nv, D, loss)
    assert 0 <= found.objective[0] / least - 1 < 0.005


def test_widths_and_tokens_are_the_authors():
    assert [tokens.width(n) for n in (33e6, 50e6, 50e6 + 1, 70e9)] == [512, 512, 768, 8192]
    assert tokens.tokens_per_character(1e6) == tokens.tokens_per_character(2e5)
