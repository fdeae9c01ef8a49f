"""Loss-to-loss prediction: pairs by pandas' index, curves by scipy, laws by scipy's optimiser from the authors' places."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.loss_to_loss.curves import all_pairs, between, explained, over_data_sets, paired
from replications.loss_to_loss.printed import ALONE, CURVES, EXPLAINED
from replications.loss_to_loss.translation import law_of, one_a_budget, some_eight
from scalinglaws import load


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return load("loss_to_loss_runs").query("large == 0").reset_index(drop=True)


@pytest.fixture(scope="module")
def large() -> pd.Series:
    return load("loss_to_loss_runs").query("large == 1").set_index("train_set").loss


@pytest.fixture(scope="module")
def laws() -> pd.DataFrame:
    return load("loss_to_loss_laws").query("form == 'kaplan' and measure == 'loss'").set_index("train_set")


def kaplan(p: np.ndarray, n: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Kaplan's form above a floor of log A, log B, log E, alpha, beta."""
    return np.exp(p[2]) + ((np.exp(p[0]) / n) ** (p[3] / p[4]) + np.exp(p[1]) / d) ** p[4]


def huber(p: np.ndarray, n: np.ndarray, d: np.ndarray, loss: np.ndarray) -> float:
    """Mean Huber loss of log residuals, threshold 0.001."""
    off = abs(np.log(loss / kaplan(p, n, d)))
    return np.where(off < 1e-3, off**2 / 2, 1e-3 * (off - 5e-4)).mean()


def columns(table: pd.DataFrame) -> tuple[np.ndarray, ...]:
    return tuple(table[c].to_numpy() for c in ("n_params", "n_tokens", "loss"))


def test_all_sixty_printed_numbers(runs, laws):
    by_tokens = {name: part.set_index("n_tokens").loss for name, part in runs.groupby("train_set")}
    for zero, one in permutations(by_tokens, 2):
        both = pd.concat([by_tokens[zero], by_tokens[one]], axis=1, join="inner").to_numpy()
        line = stats.linregress(*np.log(both - [laws.E[zero], laws.E[one]]).T)
        assert (line.slope, np.exp(line.intercept)) == pytest.approx(CURVES[zero, one], abs=1e-6)


def test_the_curves_at_the_large_models(runs, large, laws):
    pairs = all_pairs(runs, large, laws.E)
    assert len(pairs) == 30 and pairs.n.between(76, 86).all()
    for row in pairs.itertuples():
        kappa, factor = CURVES[row.zero, row.one]
        by_print = laws.E[row.one] + factor * (large[row.zero] - laws.E[row.zero]) ** kappa
        assert row.error == pytest.approx(100 * (by_print / large[row.one] - 1), abs=1e-4)
    assert pairs.error.abs().mean() == pytest.approx(0.92, abs=0.005)
    assert pairs.error.abs().max() == pytest.approx(2.07, abs=0.005)
    assert pairs.kept.abs().mean() > 2 * pairs.error.abs().mean()


def test_authors_laws_of_all_runs_are_optima(runs, laws):
    for name, row in laws.iterrows():
        data = columns(runs[runs.train_set == name])
        start = np.array([np.log(row.A), np.log(row.B), np.log(row.E), row.alpha, row.beta])
        assert huber(start, *data) == pytest.approx(row.objective, rel=1e-4)
        found = optimize.minimize(huber, start, data, method="Nelder-Mead", options={"maxiter": 400})
        assert found.fun > row.objective * (1 - 1e-3)


def test_authors_laws_of_eight_runs_are_not_all_optima(runs):
    """Their printed parameters give their printed share of variance, and in four data sets not the least objective."""
    short = set()
    for name, (objective, E, A, B, alpha, beta) in ALONE.items():
        here = runs[runs.train_set == name]
        n, d, loss = columns(here)
        place = np.array([np.log(A), np.log(B), np.log(E), alpha, beta])
        few = columns(some_eight(here))
        assert huber(place, *few) == pytest.approx(objective, rel=2e-2)
        assert explained(kaplan(place, n, d), loss) == pytest.approx(EXPLAINED[name][2], abs=1e-3)
        ours = law_of(some_eight(here))
        at = np.array([np.log(ours["A"]), np.log(ours["B"]), np.log(ours["E"]), ours["alpha"], ours["beta"]])
        assert huber(at, *few) < objective * (1 + 1e-4)
        if huber(at, *few) < objective * (1 - 1e-2):
            short.add(name)
    assert short == {"FineWeb-Edu", "ProofPile 2", "SlimPajama", "StarCoder"}


def test_a_curve_that_is_planted_is_found_and_losses_below_a_floor_are_refused():
    x = np.linspace(2, 4, 30)
    curve = between(x, 0.7 + 0.9 * (x - 1.5) ** 1.2, 1.5, 0.7)
    assert (curve.kappa, curve.K) == pytest.approx((1.2, 0.9))
    assert float(curve(5.0)) == pytest.approx(0.7 + 0.9 * 3.5**1.2)
    with pytest.raises(ValueError, match="must lie above"):
        between(x, x, 2.5, 0.7)


def test_runs_of_unequal_size_are_not_paired(runs):
    moved = runs.assign(n_params=runs.n_params * np.where(runs.train_set == "StarCoder", 2, 1))
    assert len(paired(moved, "FineWeb", "SlimPajama")) == 85
    with pytest.raises(ValueError, match="differ in parameters"):
        paired(moved, "FineWeb", "StarCoder")


def test_the_jackknife_over_data_sets_by_hand():
    values = dict(zip("abcdef", (1.0, 2.0, 4.0, 7.0, 11.0, 16.0), strict=True))
    pairs = pd.DataFrame([(a, b, values[a] + values[b]) for a, b in permutations(values, 2)])
    found = over_data_sets(pairs.set_axis(["zero", "one", "v"], axis=1), lambda t: t.v.mean() / 2)
    # The jackknife of a mean is the mean's own standard error.
    half = stats.t.ppf(0.975, 5) * stats.sem([*values.values()])
    assert (found.value, found.high - found.value) == pytest.approx((np.mean([*values.values()]), half))


def test_one_run_is_drawn_from_each_budget(runs):
    here = runs[runs.train_set == "StarCoder"].reset_index(drop=True)
    draws = one_a_budget(here, 20, 0)
    assert all(here.flops[rows].is_unique and len(rows) == 8 for rows in draws)
    assert len({tuple(rows) for rows in draws}) > 15
