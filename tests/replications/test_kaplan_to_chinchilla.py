"""Headline numbers of the ladder, of Kaplan's view of Chinchilla's law and of shape, by scipy and numpy alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import Akima1DInterpolator

from scalinglaws import load
from scalinglaws.claims import verdicts as files

HOFFMANN = {"E": 1.6934, "A": 406.4, "alpha": 0.3392, "B": 410.7, "beta": 0.2849}
REFIT = {"E": 1.8172, "A": 482.01, "alpha": 0.3478, "B": 2085.43, "beta": 0.3658}


@pytest.fixture(scope="module")
def verdicts():
    return {verdict["id"]: verdict for verdict in files.read("11_kaplan_to_chinchilla")["verdicts"]}


@pytest.mark.parametrize("rung", ["kaplan", "head", "warm", "cos", "tuned"])
def test_a_rung_by_the_released_recipe(verdicts, rung):
    runs = load("porian_isoflop").query(f"experiment == 'rw-{rung}'")
    rng, rows = np.random.default_rng(7), []
    for flops, curve in runs.groupby("flops"):
        x, loss = np.log(curve.n_params.to_numpy()), curve.loss.to_numpy()
        order = np.argsort(x)
        noisy = np.log(loss[order, None] + rng.normal(0, 0.002, (len(x), 1000)))
        fine = np.linspace(x.min(), x.max(), 25 * (len(x) - 1))
        lowest = Akima1DInterpolator(x[order], noisy)(fine).argmin(axis=0)
        inside = (lowest > 0) & (lowest < len(fine) - 1)
        if inside.mean() > 0.5:
            sd = max(fine[lowest[inside]].std(), 0.33 * 25 * (fine[1] - fine[0])) / inside.mean()
            rows.append((np.log(flops), np.median(fine[lowest[inside]]), sd))
    log_flops, log_best, sd = np.transpose(rows)
    slope = np.polyfit(log_flops, log_best, 1, w=1 / sd)[0]
    assert slope == pytest.approx(verdicts[f"rw-{rung}"]["measured"], abs=0.004)


@pytest.mark.parametrize(("name", "law"), [("hoffmann", HOFFMANN), ("refit", REFIT)])
def test_kaplans_view_by_loops(verdicts, name, law):
    sizes, grid = np.logspace(2.9, 9.2, 20), np.logspace(6, 25, 1000)

    def best(flops, rounded):
        losses = []
        for n in sizes:
            tokens = flops / (6 * n)
            if rounded:
                tokens = grid[np.argmin(np.abs(6 * n * grid - flops))]
            everything = n + 47_491 * np.cbrt(n)
            losses.append(law["A"] / everything ** law["alpha"] + law["B"] / tokens ** law["beta"])
        return np.log(sizes[np.argmin(losses)])

    budgets = np.logspace(12.95, 20.7, 100)
    for claim, rounded in ((f"script-{name}", True), (f"theory-{name}", False)):
        slope = np.polyfit(np.log(budgets), [best(flops, rounded) for flops in budgets], 1)[0]
        assert slope == pytest.approx(verdicts[claim]["measured"], abs=1e-9)


def test_exponent_and_shape_of_22_models_by_normal_equations(verdicts):
    table = load("gemstones")
    end = table[table.n_tokens == table.n_tokens.max()]
    # Neither the embedding nor the head; the weights of the norms, which are a few in ten thousand, stay in.
    n = np.log(end.n_params - 2 * 50_304 * end.width).to_numpy()
    loss, aspect = np.log(end.loss).to_numpy(), np.log(end.width / end.depth).to_numpy()
    assert len(end) == 22
    slope = np.cov(n, loss, ddof=0)[0, 1] / n.var()
    assert -slope == pytest.approx(verdicts["alpha-n"]["measured"], abs=1e-4)
    columns = np.column_stack([np.ones(22), n, aspect, aspect**2])
    c = np.linalg.solve(columns.T @ columns, columns.T @ loss)
    low, high = aspect.min(), aspect.max()
    vertex, factor = -c[2] / (2 * c[3]), np.log(40)
    assert low < vertex < low + factor and high - factor < vertex < high
    furthest = max(vertex - low, low + factor - vertex, high - vertex, vertex - high + factor)
    assert np.expm1(c[3] * furthest**2) == pytest.approx(verdicts["shape"]["measured"], abs=1e-4)
