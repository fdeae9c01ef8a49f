"""The drift of the optimal learning rate: by scipy's fits with dummies, worlds by hand, the law by drawing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import curve_fit, minimize
from scipy.special import erf

from replications.time_transfer import batches, drift, optima, worlds
from scalinglaws import load


@pytest.fixture(scope="module")
def dense() -> pd.DataFrame:
    return load("step_law_dense").assign(model=lambda t: t.n_params)


@pytest.fixture(scope="module")
def cells(dense) -> pd.DataFrame:
    return optima.faultless(optima.best_rates(dense))


def dummies(cells: pd.DataFrame, names: list[str]) -> np.ndarray:
    """A column of ones and zeros for each group."""
    return pd.get_dummies(cells[names].astype(str).agg("-".join, axis=1)).to_numpy(float)


def test_optima_are_vertices(dense, cells) -> None:
    """A dozen cells again by `curve_fit` of the vertex form."""

    def bowl(x, place, least, bend):
        return least + bend * (x - place) ** 2

    for _, cell in cells.iloc[::13].iterrows():
        same = (dense[optima.CELL] == cell[optima.CELL].to_numpy()).all(axis=1)
        own = dense[same].sort_values("learning_rate")
        rate, loss = np.log(own.learning_rate.to_numpy()), own.loss.to_numpy()
        k = loss.argmin()
        near = slice(max(k - 2, 0), k + 3)
        (place, least, bend), _ = curve_fit(bowl, rate[near], loss[near], [rate[k], loss[k], 0.05])
        assert place == pytest.approx(cell.log_rate, abs=1e-5)
        assert least == pytest.approx(cell.least, abs=1e-6)
        assert 2 * bend == pytest.approx(cell.curvature, rel=1e-3)


@pytest.mark.parametrize(
    ("which", "known"),
    [("batch_size <= 96", -0.2948), ("batch_size >= 736", 0.2065), ("batch_size == 64", -0.308)],
)
def test_drift_with_dummies(cells, which, known) -> None:
    """The drift by a regression that has a column for each size and batch."""
    own = cells.query(which)
    columns = np.column_stack([np.log(own.n_tokens), dummies(own, drift.SIZE_AND_BATCH)])
    by_hand = np.linalg.lstsq(columns, own.log_rate.to_numpy())[0][0]
    assert drift.drift(own) == pytest.approx(by_hand, abs=1e-9)
    assert by_hand == pytest.approx(known, abs=5e-4)


def test_change_of_the_drift_and_its_interval(cells) -> None:
    """The interaction with dummies, and the jackknife in a plain loop."""

    def change(own: pd.DataFrame) -> float:
        tokens, batch = np.log(own.n_tokens), np.log(own.batch_size)
        columns = np.column_stack([tokens, tokens * batch, dummies(own, drift.SIZE_AND_BATCH)])
        return np.linalg.lstsq(columns, own.log_rate.to_numpy())[0][1]

    found = drift.asked(cells, ["flip"])["flip"]
    pairs = cells[drift.SIZE_AND_BUDGET].drop_duplicates().to_numpy()
    left = [change(cells[~(cells[drift.SIZE_AND_BUDGET] == pair).all(axis=1)]) for pair in pairs]
    error = np.sqrt(16 / 17 * ((np.array(left) - np.mean(left)) ** 2).sum())
    assert found.value == pytest.approx(change(cells), abs=1e-7)
    assert found.high - found.value == pytest.approx(2.1199 * error, rel=1e-3)
    assert (found.value, found.low, found.high) == pytest.approx((0.1469, 0.1274, 0.1665), abs=2e-4)


def test_largest_drift_by_another_solver(cells) -> None:
    """The law of the surge with all its constants, by Nelder and Mead instead of a grid and a root."""
    tokens = np.log(cells.n_tokens.to_numpy(float))
    ahead = np.log(cells.batch_size.to_numpy(float)) - (tokens - tokens.mean())
    own, y = dummies(cells, drift.SIZE_AND_BATCH), cells.log_rate.to_numpy()

    def left(p):
        rest = y + 2 * p[0] * np.log(np.cosh((ahead - p[1]) / 2))
        return ((rest - own @ np.linalg.lstsq(own, rest)[0]) ** 2).sum()

    best = minimize(left, [0.3, 5.0], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-10})
    largest, critical, left_over = drift.surge(cells)
    assert (largest, np.log(critical)) == pytest.approx(best.x, abs=1e-4)
    assert largest == pytest.approx(0.3942, abs=5e-4)
    assert left_over == pytest.approx(best.fun, rel=1e-6)


def test_derivative_of_the_fitted_shape_is_the_drift() -> None:
    step = 1e-6
    log_rate = [-2 * 0.4 * np.log(np.cosh((np.log(96 / 250) - t) / 2)) for t in (-step, step)]
    assert (log_rate[1] - log_rate[0]) / (2 * step) == pytest.approx(
        drift.surge_drift(96, 250, 0.4), abs=1e-8
    )


def test_law_of_the_surge_by_drawing() -> None:
    """Best steps of sign descent from drawn signs, on a quadratic whose gradients are small against the noise."""
    rng = np.random.default_rng(0)
    n = 30
    root = rng.normal(size=(n, n)) / np.sqrt(n)
    hessian, mean = root @ root.T + np.ones((n, n)), np.full(n, 0.01)
    r = np.sqrt(2 / np.pi) * mean
    q = r @ hessian @ r - (np.diag(hessian) * r**2).sum()
    critical = np.trace(hessian) / q
    best = []
    for batch in (critical / 16, critical):
        assert erf(np.sqrt(batch / 2) * 0.01) == pytest.approx(np.sqrt(batch) * r[0], rel=0.1)
        signs = np.sign(mean + rng.normal(size=(40_000, n)) / np.sqrt(batch))
        best.append((signs @ mean).mean() / np.einsum("si,ij,sj->s", signs, hessian, signs).mean())
    assert best[0] / best[1] == pytest.approx(1 / np.cosh(np.log(16) / 2), rel=0.05)


def test_planted_laws_come_back(dense) -> None:
    planted = optima.faultless(optima.best_rates(worlds.planted(dense, worlds.on_surge, critical=245)))
    assert drift.surge(planted)[0] == pytest.approx(0.5, abs=0.02)
    assert drift.zero_grows(planted) == pytest.approx(1, abs=0.1)
    falling = worlds.planted(dense, worlds.without_budget, exponent=-0.3)
    assert drift.drift(optima.faultless(optima.best_rates(falling))) == pytest.approx(-0.3, abs=0.01)


def test_step_law_by_the_recipe(dense) -> None:
    """Runs within 0.25 % of the least loss of their pair, by loops and polynomials."""
    rows = [own[own.loss < 1.0025 * own.loss.min()] for _, own in dense.groupby(["n_params", "n_tokens"])]
    near = np.log(pd.concat(rows)[["n_params", "n_tokens", "batch_size", "learning_rate"]])
    slope = np.polyfit(near.n_tokens, near.batch_size, 1)[0]
    of_size, of_tokens = np.linalg.solve(
        np.cov(near[["n_params", "n_tokens"]].T),
        [near[x].cov(near.learning_rate) for x in ("n_params", "n_tokens")],
    )
    found = batches.step_law(batches.near_best(dense))
    assert found == pytest.approx((of_size, of_tokens, slope), abs=1e-8)
    assert found == pytest.approx((-0.7662, 0.1970, 0.6125), abs=1e-4)


def test_experts_show_no_change() -> None:
    cells = optima.faultless(optima.best_rates(load("step_law_experts")))
    found = drift.asked(cells, ["moe-flip"])["moe-flip"]
    assert found.low < 0 < found.high < 0.1


@pytest.mark.parametrize(
    ("y", "fault"),
    [([1, 2, 3], "low end"), ([3, 2, 1], "high end"), ([2, 1, 2], ""), ([9, 1, 1.01, 1.02], "")],
)
def test_faults(y, fault) -> None:
    assert optima.parabola(np.arange(len(y), dtype=float), np.array(y, float)).fault == fault


def test_slopes_that_cannot_be_told_apart(cells) -> None:
    tokens = np.log(cells.n_tokens)
    with pytest.raises(ValueError, match="2 terms, of which 1 vary"):
        drift.slopes(cells, cells.log_rate, [tokens, 2 * tokens], drift.SIZE_AND_BATCH)


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_a_jump_comes_back(cells, shift) -> None:
    """Optima on a law whose drift jumps at a batch in proportion to the tokens, with a shift and without."""
    tokens = np.log(cells.n_tokens) - np.log(cells.n_tokens).mean()
    law = -0.3 * abs(np.log(cells.batch_size / 250) - tokens) + shift * tokens + cells.batch_size / 1000
    found = drift.surge(cells.assign(log_rate=law), step=True, shifted=shift > 0)
    assert found[:2] == pytest.approx((0.3, 250), rel=1e-4)
    assert found.left < 1e-6


def test_growth_along_the_optimal_batch(cells) -> None:
    """The optimal rate at the optimal batch by joining neighbours by hand, with a column for each size."""
    best = optima.best_batches(cells)
    rows = []
    for _, pair in best.iterrows():
        own = cells[(cells.model == pair.model) & (cells.n_tokens == pair.n_tokens)].sort_values("batch_size")
        x, y = np.log(own.batch_size.to_numpy()), own.log_rate.to_numpy()
        k = np.searchsorted(x, pair.log_batch)
        part = (pair.log_batch - x[k - 1]) / (x[k] - x[k - 1])
        rows.append((1 - part) * y[k - 1] + part * y[k])
    columns = np.column_stack([np.log(best.n_tokens), dummies(best, ["model"])])
    by_hand = np.linalg.lstsq(columns, np.array(rows))[0][0]
    found = drift.with_best_batch(cells)
    assert drift.rate_grows(found) == pytest.approx(by_hand, abs=1e-9)
    assert drift.share_of_batch(found) == pytest.approx(0.6939, abs=5e-4)


def test_lines_tell_the_mean_of_what_was_resampled(dense) -> None:
    """Lines through drawn runs by `polyfit`, and the mean of the tokens from 4,000 of them."""
    near = batches.near_best(dense)
    constants, slopes = batches.batch_lines(near, 4000, np.random.default_rng(1))
    drawn = np.random.default_rng(1).multinomial(len(near), np.full(len(near), 1 / len(near)), size=4000)
    x, y = np.log(near.n_tokens.to_numpy(float)), np.log(near.batch_size.to_numpy(float))
    for k in (0, 1, 3999):
        by_hand = np.polyfit(x, y, 1, w=np.sqrt(drawn[k]))
        assert (slopes[k], constants[k]) == pytest.approx(by_hand, rel=1e-7)
    assert batches.middle_of_lines(constants, slopes) == pytest.approx(x.mean(), abs=0.1)
