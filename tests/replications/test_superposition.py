"""Superposition: headline numbers again from the tables, by other means than the notebook's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, stats

from replications.superposition import models, theory
from scalinglaws import load
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def kept() -> dict[str, float]:
    return {v["id"]: v.get("measured") for v in verdicts.read("73_superposition")["verdicts"]}


def fall(m, loss) -> float:
    """The exponent by scipy's regression."""
    return -stats.linregress(np.log(np.asarray(m, float)), np.log(np.asarray(loss, float))).slope


def test_printed_slopes(kept):
    table = load("superposition_losses")
    for name, least in (("exponential", 8), ("power", 32), ("linear", 32)):
        one = table[(table.regime == "strong") & (table.frequencies == name) & (table.m >= least)]
        assert fall(one.m, one.loss) == pytest.approx(kept[f"slope-{name}"], abs=1e-6)


def test_the_map(kept):
    table = load("superposition_map")
    box = table[(table.decay < -0.3) & (table.alpha < 1.4)]
    assert box.exponent.mean() == pytest.approx(kept["plateau"], abs=1e-9)
    steep = table[table.decay.between(-0.8, -0.3) & (table.alpha > 1.6)]
    assert len(steep) == 12
    assert (steep.exponent - 2 * steep.alpha + 2).mean() == pytest.approx(kept["steep"], abs=1e-9)
    assert stats.linregress(steep.alpha, steep.exponent).slope == pytest.approx(kept["steep-rise"], abs=1e-9)


def test_the_tail_is_an_integral_where_features_are_many():
    # Euler and Maclaurin: the sum beyond m is the integral from m + 1/2, up to second order.
    n, m, alpha = 1000, 39, 1.5
    total = (np.arange(1, n + 1.0) ** -alpha).sum()
    area, _ = integrate.quad(lambda i: i**-alpha, m + 0.5, n + 0.5)
    assert theory.tail(n, alpha, m) == pytest.approx(area / total, rel=1e-4)


def test_random_directions_and_the_bound():
    rng = np.random.default_rng(0)
    vectors = theory.directions(400, 20, rng)
    cosines = (vectors @ vectors.T)[np.triu_indices(400, 1)]
    assert theory.welch(400, 20) < (cosines**2).mean() == pytest.approx(1 / 20, rel=0.03)


def all_at_once(table) -> np.ndarray:
    """Exponent, logarithm of A and 16 offsets by a solver that moves all of them together."""
    group = (table.family + table.corpus).factorize()[0]
    m, loss = table.m.to_numpy(float), table.loss.to_numpy()

    def residuals(x):
        return np.exp(x[1]) * (m / 2000) ** -x[0] + x[2:][group] - loss

    start = np.r_[1.0, 0.0, np.full(group.max() + 1, 2.0)]
    return optimize.least_squares(residuals, start, xtol=1e-12, ftol=1e-12, gtol=1e-12).x


def test_losses_of_language_models(kept):
    table = load("superposition_llm")
    assert table.groupby("corpus").model.nunique().tolist() == [27] * 4
    found = all_at_once(table)
    assert found[0] == pytest.approx(kept["llm-exponent"], abs=1e-6) == kept["llm-one"]
    # Printed by the authors: opt and pythia on wikitext, and the mean squared residual.
    names = (table.family + table.corpus).unique().tolist()
    assert found[2:][names.index("optwikitext")] == pytest.approx(2.2074, abs=0.004)
    assert found[2:][names.index("pythiawikitext")] == pytest.approx(2.1407, abs=0.004)
    without = np.array([all_at_once(table[table.model != one])[0] for one in table.model.unique()])
    error = np.sqrt(26 / 27 * ((without - without.mean()) ** 2).sum())
    assert error == pytest.approx(kept["llm-error"], rel=1e-4)


def test_the_printed_error(kept):
    # The error of scipy's line, with the residuals of the printed fit and one degree of freedom less.
    table, offsets = (
        load("superposition_llm"),
        [2.2074, 2.2745, 1.7193, 2.1845, 1.6079, 2.1009, 1.4890, 1.9348],
    )
    offsets += [2.3018, 2.3546, 1.9413, 2.2961, 2.1407, 2.2998, 1.5203, 2.2415]
    rest = table.loss - np.array(offsets)[(table.family + table.corpus).factorize()[0]]
    assert (rest < 0).sum() == 1
    far = np.where(rest > 0, np.log(rest.clip(1e-9)), 0) - np.log(476.0763) + 0.9098 * np.log(table.m)
    error = np.sqrt((far**2).sum() / (len(table) - 3) / (len(table) * np.log(table.m).var(ddof=0)))
    assert error == pytest.approx(kept["llm-printed-error"], rel=1e-9)


def test_how_fast_the_exponent_moves():
    table = load("superposition_llm")
    moves, rest = models.first_order(table)
    assert (rest**2).mean() == pytest.approx(models.fitted(table).error)
    # Residuals bend the exponent's own derivative; without them it is that of the fit to the last digits.
    exact = table.assign(loss=table.loss - rest)
    for row in (0, 50, 107):
        ends = [
            all_at_once(exact.assign(loss=exact.loss + step * (exact.index == row)))[0]
            for step in (-1e-4, 1e-4)
        ]
        assert np.diff(ends)[0] / 2e-4 == pytest.approx(moves[row], rel=1e-3, abs=1e-5)
    assert models.otherwise(table) == pytest.approx(models.exponent(table), abs=1e-6)


def test_overlaps_of_language_models(kept):
    table = load("superposition_overlaps")
    columns = np.column_stack([-np.log(table.m), pd.get_dummies(table.family)]).astype(float)
    found = np.linalg.lstsq(columns, np.log(table.overlap), rcond=None)[0][0]
    assert found == pytest.approx(kept["llm-overlap"], abs=1e-9)
