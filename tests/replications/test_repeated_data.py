"""Repeated data: sums, valleys and humps again by scipy and by hand, without the library's fits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.repeated_data import decay, epochs, linear, mends
from scalinglaws import load
from scalinglaws.claims import verdicts

A, B, E = np.exp([6.255414, 7.3049974, 0.6254804])
EXPONENT = 0.3526596
#: With equal exponents the best number of parameters is a fixed share of the tokens.
SHARE = A / B
SIZES = [4.4e7, 8.27e7, 1.465e8, 2.205e8, 2.81e8, 4.212e8, 6.187e8, 1.0963e9]


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    table = load("datablations_runs")
    return table.assign(epochs=table.n_tokens / table.unique_tokens)


@pytest.fixture(scope="module")
def fitted(runs) -> pd.DataFrame:
    return runs[runs.use == "fitted"]


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("31_repeated_data")["verdicts"]}


def effective(first, total, constant):
    """What `total` is worth where what exceeds `first` decays: the paper's eq. 13, infinity spelled out."""
    repeats = total / first - 1
    if np.isinf(constant):
        return total
    return first + first * constant * (1 - np.exp(-repeats / constant))


def losses(t: pd.DataFrame, R_D: float, R_N: float) -> pd.Series:
    best = t.unique_tokens * SHARE ** (1 / EXPONENT)
    first = np.minimum(best, t.n_params)
    return (
        E
        + A / effective(first, t.n_params, R_N) ** EXPONENT
        + B / effective(t.unique_tokens, t.n_tokens, R_D) ** EXPONENT
    )


def huber_sum(t: pd.DataFrame, R_D: float, R_N: float) -> float:
    off = np.abs(np.log(losses(t, R_D, R_N)) - np.log(t.loss))
    return float(np.where(off <= 1e-3, off**2 / 2, 1e-3 * (off - 5e-4)).sum())


def lowest(t: pd.DataFrame, start: tuple[float, float]) -> tuple[float, float, float]:
    """The bottom of the hollow around a start, by Nelder and Mead's simplex on the logarithms."""
    found = optimize.minimize(
        lambda z: 1e3 * huber_sum(t, *np.exp(z)),
        np.log(start),
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-11, "maxiter": 4000},
    )
    return (*np.exp(found.x), found.fun / 1e3)


def test_182_runs_were_fitted_and_their_printed_sum_comes_out(fitted, kept):
    assert len(fitted) == 182
    assert huber_sum(fitted, 15.387756, 5.309743) == pytest.approx(0.015825936570763588, abs=2e-9)
    assert kept["sum-both"]["measured"] == pytest.approx(huber_sum(fitted, 15.387756, 5.309743), rel=1e-9)
    assert kept["sum-data"]["measured"] == pytest.approx(huber_sum(fitted, 2.9157212, np.inf), rel=1e-9)


def test_the_printed_pair_is_the_bottom_of_another_hollow_than_the_least(fitted, kept):
    near = lowest(fitted, (10, 10))
    # The valley has several hollows, so the simplex starts all along it.
    starts = [(30, 3), (50, 2), (95, 1.8), (200, 1.3), (1000, 0.9)]
    far = min((lowest(fitted, start) for start in starts), key=lambda found: found[2])
    assert near[:2] == pytest.approx((15.37, 5.315), abs=0.01)
    assert far[:2] == pytest.approx([kept[id]["measured"] for id in ("repeats", "excess")], rel=1e-4)
    least = far[2]
    assert 1e-3 < near[2] / least - 1 < 2e-3
    printed = huber_sum(fitted, 15.387756, 5.309743)
    assert printed / near[2] - 1 == pytest.approx(kept["optimum"]["measured"], rel=0.05)


def test_constants_of_runs_of_one_epoch_turn_the_order_round(fitted):
    """By Nelder and Mead's simplex: five constants of 29 runs, and then a few decays of all 182."""
    ones = fitted[fitted.epochs == 1]

    def total(t, z, R_D, R_N):
        first = np.minimum(t.n_params, best_size(z, t.unique_tokens))
        size = np.exp(z[0]) / effective(first, t.n_params, R_N) ** z[3]
        data = np.exp(z[1]) / effective(t.unique_tokens, t.n_tokens, R_D) ** z[4]
        off = np.abs(np.log(np.exp(z[2]) + size + data) - np.log(t.loss))
        return float(np.where(off <= 1e-3, off**2 / 2, 1e-3 * (off - 5e-4)).sum())

    def best_size(z, tokens):
        # The parameters whose compute is spent best on so many tokens.
        G = (z[3] * np.exp(z[0]) / (z[4] * np.exp(z[1]))) ** (1 / (z[3] + z[4]))
        return (tokens * G) ** (z[4] / z[3]) * G

    options = {"maxiter": 9000, "maxfev": 9000, "xatol": 1e-7, "fatol": 1e-10}
    start = np.array([6.25, 7.3, 0.62, 0.35, 0.35])
    for _ in range(3):
        start = optimize.minimize(
            lambda z: 1e3 * total(ones, z, np.inf, np.inf), start, method="Nelder-Mead", options=options
        ).x
    ours = mends.refitted(fitted, 0)["constants refitted to the runs of one epoch"]
    assert start == pytest.approx([ours.log_A, ours.log_B, ours.log_E, ours.alpha, ours.beta], rel=2e-3)
    grid = [(R_D, R_N) for R_D in (15, 30, 40, 55, 100, np.inf) for R_N in (5, 11, 100, 3400, np.inf)]
    assert min(grid, key=lambda pair: total(fitted, start, *pair)) == (40, 3400)
    assert total(fitted, start, 40, 11) > 2 * total(fitted, start, 40, 3400)


def test_a_curve_is_read_at_other_epochs():
    epochs_of, loss = [10, 20, 40, 80], [4.0, 3.0, 3.5, 4.5]
    assert mends.read_at(epochs_of, loss, [15, 30, 60]) == pytest.approx(30)
    assert mends.read_at(epochs_of, loss, [5, 160]) == pytest.approx(5)
    assert mends.read_at([10, 20], [4.0, 3.0], [15, 40]) == pytest.approx(40)


def test_scatter_is_seldom_taken_for_a_hump(runs):
    part = runs[(runs.unique_tokens == 1e8) & (runs.n_params == 4.4e7)].drop_duplicates("n_tokens")
    level = part.assign(loss=4.0)
    rng = np.random.default_rng(3)
    assert epochs.by_chance(level, 140, 200, 0.0055, rng) < 0.05
    high = level.assign(loss=np.where(part.epochs.round() == 200, 4.4, 4.0))
    assert epochs.by_chance(high, 140, 200, 0.0055, rng) > 0.95


def test_the_row_of_table_1_is_a_law_in_which_repeats_are_worth_nothing(fitted, kept):
    best = optimize.minimize_scalar(
        lambda z: huber_sum(fitted, np.inf, np.exp(z)), (-2, -0.3, 1), options={"xtol": 1e-9}
    )
    assert best.fun == pytest.approx(kept["sum-size"]["measured"], rel=1e-8)
    once = fitted.assign(n_tokens=fitted.unique_tokens)
    assert huber_sum(once, np.inf, 713.0015) == pytest.approx(0.024107778444886208, abs=1e-8)
    assert huber_sum(fitted, np.inf, 713.0015) > 0.03


def test_a_level_empties_the_valley(fitted):
    """Profiles over R_D*, without a level and with the best one: flat to infinity, and a bowl."""
    constants = [15.387756, 55.0, np.inf]
    sizes = np.geomspace(0.3, 30, 36)
    plain = [min(huber_sum(fitted, R_D, R_N) for R_N in sizes) for R_D in constants]
    assert max(plain) / min(plain) < 1.01

    def leveled(R_D: float, R_N: float) -> float:
        # Beyond a thousandth the losses are absolute ones, whose best level is the median.
        level = np.exp(np.median(np.log(fitted.loss / losses(fitted, R_D, R_N))))
        return huber_sum(fitted.assign(loss=fitted.loss / level), R_D, R_N)

    free = [min(leveled(R_D, R_N) for R_N in sizes) for R_D in constants]
    assert free[1] < 0.55 * min(plain)
    assert min(free[0], free[2]) > 1.1 * free[1]


def test_runs_of_one_epoch_lie_above_the_law(fitted, kept):
    ones = fitted[fitted.epochs == 1]
    off = 100 * np.log(ones.loss / losses(ones, 15.387756, 5.309743))
    assert len(ones) == 29
    assert off.min() > 6
    assert off.median() == pytest.approx(kept["level"]["measured"], abs=1e-9)


def test_what_four_epochs_cost(runs, kept):
    for size, tokens, unique, id in (
        (2.81e9, 5.5e10, 1.4e10, "four-2.8b"),
        (4.2465e9, 8.4e10, 2.1e10, "four-4.2b"),
    ):
        part = runs[(runs.n_params == size) & (runs.n_tokens == tokens)].set_index("unique_tokens").loss
        many, one = part.loc[unique], part.loc[tokens]
        assert len(many) == len(one) == 5
        assert 100 * (many.mean() / one.mean() - 1) == pytest.approx(kept[id]["measured"], abs=1e-9)
        # Welch's interval, written out.
        parts = np.array([many.var() / 5, one.var() / 5])
        free = parts.sum() ** 2 / (parts**2 / 4).sum()
        half = 100 * stats.t.ppf(0.975, free) * np.sqrt(parts.sum()) / one.mean()
        assert kept[id]["high"] - kept[id]["measured"] == pytest.approx(half, rel=1e-9)
    assert kept["four-8.7b"]["measured"] == pytest.approx(100 * (2.351177 / 2.336741 - 1), abs=1e-9)


def test_larger_models_turn_after_fewer_epochs_but_not_after_less_compute(runs, kept):
    hundred = runs[(runs.unique_tokens == 1e8) & (runs.use != "again")]
    slopes = {}
    for name, table in {
        "all": hundred,
        "shared": hundred[hundred.epochs.round().isin([15, 27, 39, 59, 75])],
    }.items():
        best = table.loc[table[table.n_params.isin(SIZES)].groupby("n_params").loss.idxmin()]
        slopes[name] = [
            stats.linregress(np.log(best.n_params), np.log(y)).slope
            for y in (best.epochs, best.n_params * best.n_tokens)
        ]
    assert slopes["shared"][0] == pytest.approx(kept["size-epochs"]["measured"], abs=1e-9)
    assert slopes["all"][1] == pytest.approx(kept["size-compute"]["measured"], abs=1e-9)
    # Where nothing turns, the least loss is the last one, and the grid by itself makes a slope.
    last = hundred[hundred.n_params.isin(SIZES)].groupby("n_params").epochs.max()
    assert stats.linregress(np.log(last.index), np.log(last)).slope < -0.4


def test_humps_at_200_epochs(runs, kept):
    hundred = runs[(runs.unique_tokens == 1e8) & (runs.use != "again")]
    for name, size in {"14m": 1.41e7, "44m": 4.4e7, "83m": 8.27e7}.items():
        part = hundred[hundred.n_params == size]
        loss = pd.Series(part.loss.to_numpy(), part.epochs.round().to_numpy())
        up, down = np.log(loss[200] / loss[140]), np.log(loss[200] / loss[loss.index > 200].min())
        assert 100 * min(up, down) == pytest.approx(kept[f"dd-{name}"]["measured"], abs=1e-6)


def test_one_curve_was_uploaded_twice():
    curves = load("datablations_repetition").set_index(["size", "text", "epochs"])
    keys = curves.index.unique()
    same = [
        (a, b)
        for k, a in enumerate(keys)
        for b in keys[k + 1 :]
        if np.array_equal(curves.loc[[a]].to_numpy(), curves.loc[[b]].to_numpy())
    ]
    assert same == [(("2.8B", "oscar", 3), ("2.8B", "oscar", 4))]


def test_the_formula_of_the_linear_model():
    """Against least squares on copied rows with drawn noise, and where it is known in closed form."""
    assert linear.risk(40, np.ones(400)) == pytest.approx(40 / 360, rel=1e-9)
    assert linear.risk(40, np.full(400, 7.0)) == pytest.approx(40 / 360, rel=1e-9)
    rng = np.random.default_rng(0)
    weights = linear.copies(10, 400)
    found = []
    for _ in range(300):
        X, noise = rng.standard_normal((364, 40)), rng.standard_normal(364)
        rows = np.repeat(np.arange(364), weights.astype(int))
        assert len(rows) == 400
        found.append((np.linalg.lstsq(X[rows], noise[rows], rcond=None)[0] ** 2).sum())
    error = np.std(found) / np.sqrt(len(found))
    assert linear.risk(40, weights) == pytest.approx(np.mean(found), abs=4 * error)
    assert error < 0.03 * np.mean(found)


def test_copies_must_be_whole_samples():
    with pytest.raises(ValueError, match="cannot be made of whole ones repeated 3 times"):
        linear.copies(3, 400)


def test_the_worst_number_of_repeats_falls_with_size_where_samples_are_many():
    for samples, falls in ((400, False), (600, True), (6400, True)):
        worst = [*linear.worst_of((40, 80, 160), samples).values()]
        assert (worst[0] > worst[1] > worst[2]) == falls


def test_worth_without_decay_in_the_limit_and_across_its_series():
    assert decay.worth(5.0, 0.0) == 6
    assert decay.worth(1e6, 0.1) == pytest.approx(11)
    rates = np.array([0.999e-5, 1.001e-5])
    by_hand = 1 + (1 - np.exp(-10 * rates)) / rates
    assert decay.worth(10.0, rates) == pytest.approx(by_hand, rel=1e-9)


def test_the_grid_is_the_law(fitted):
    few = fitted.head(5)
    on_grid = decay.huber_terms(few, repeats=[15.387756, np.inf], excess=[5.309743]).sum(axis=(1, 2))
    by_hand = [huber_sum(few, R_D, 5.309743) for R_D in (15.387756, np.inf)]
    assert on_grid == pytest.approx(by_hand, rel=1e-9)


def test_a_hump_needs_runs_on_both_sides(runs):
    part = runs[(runs.unique_tokens == 1e8) & (runs.n_params == 2.205e8)]
    with pytest.raises(ValueError, match="a hump at 75 epochs needs runs of 59, of 75 and of more epochs"):
        epochs.hump(part, 59, 75)
