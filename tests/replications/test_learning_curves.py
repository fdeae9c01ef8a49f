"""Learning curves: planted exponents come back, and what is planted equal is not told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import combinations_with_replacement, product

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.learning_curves import curves, subsets
from scalinglaws import load
from scalinglaws.claims import verdicts
from scalinglaws.training import texts
from scalinglaws.training.held_out import split_by_project

RATES = {"easy": 0.4, "hard": 0.1}
HEIGHTS = {"good": 0.6, "bad": 0.8}


def table(noise: float = 0.02, faster: float = 0.0) -> pd.DataFrame:
    """Two sets and two families, two choices each, of which the second is worse; one size too small."""
    rng = np.random.default_rng(0)
    rows = []
    for data, rate in RATES.items():
        for family, height in HEIGHTS.items():
            for n in 2 ** np.arange(5, 13):
                for setting in (1, 2):
                    for seed in range(3):
                        rise = rate + faster * (family == "good")
                        error = setting * height * (n / 64) ** -rise * np.exp(noise * rng.normal())
                        rows.append((data, family, n, setting, seed, min(error, 0.95)))
    found = pd.DataFrame(rows, columns=["data", "family", "n", "setting", "seed", "error"])
    return found.assign(
        val_error=found.error, loss=None, val_loss=None, passes=0, domain="tabular", chance=0.85, n_test=2000
    )


def test_planted_exponents_come_back_and_guessing_is_left_out():
    part = curves.power_law_region(curves.retuned(table()))
    assert set(part.setting) == {1}
    assert part.groupby(["data", "family"]).n.min()["hard", "bad"] == 128
    lines = curves.exponents(part)
    for (data, _), line in lines.iterrows():
        assert abs(line.exponent - RATES[data]) < 2 * line.half < 0.02
    assert curves.between_families(lines.exponent).factor.max() < 1.05


def test_equal_exponents_are_not_told_apart_and_others_are():
    for faster, few in ((0.0, False), (0.05, True)):
        part = curves.power_law_region(curves.retuned(table(faster=faster)))
        p = curves.holm(curves.equal_exponents(part))
        assert (p < 0.05).all() == few
    moved = curves.between_family_variance(curves.power_law_region(curves.retuned(table())))
    assert (moved["shift"] / moved["all"] > 0.95).all()


def test_one_choice_is_kept_for_all_sizes():
    runs = table()
    worse = (runs.setting == 1) & (runs.n < 1000)
    runs.loc[worse, ["error", "val_error"]] *= 3
    assert set(curves.retuned(runs).setting) == {1, 2}
    assert set(curves.one_choice(runs).setting) == {1}


def test_the_smallest_good_network_is_found_away_from_the_edges():
    rows = [
        (seed, n, width, 0.1 + 0.1 * (width < n / 16), 0.0, 10 * width)
        for seed in range(2)
        for n in (16, 64, 128, 256, 512)
        for width in (4, 8, 16, 32)
    ]
    runs = pd.DataFrame(rows, columns=["seed", "n", "setting", "error", "train_error", "n_params"])
    size = curves.Widths.of(runs).smallest(lambda error, train: error <= 1.05 * error.min(1, keepdims=True))
    assert size.to_dict() == {128: 80, 256: 160}
    assert np.isnan(curves.growth(size))
    assert curves.growth(pd.Series([10, 20, 40], index=[100, 400, 1600])) == pytest.approx(0.5)


@pytest.fixture(scope="module")
def able():
    """Curves of the stored table's families that can grow."""
    runs = load("learning_curves")
    return curves.power_law_region(curves.retuned(runs[runs.family != "linear"]))


@pytest.fixture(scope="module")
def kept():
    """What the last execution concluded, by claim."""
    return {verdict["id"]: verdict for verdict in verdicts.read("60_learning_curves")["verdicts"]}


def in_region(linear: bool = False, ties: str = "smallest", one: bool = False) -> pd.DataFrame:
    """From the stored table alone: best choices on validation examples, between guessing and twenty test errors.

    Parameters
    ----------
    linear
        With the linear models.
    ties
        Which setting is chosen of those that are equally good: the "smallest" or the "largest".
    one
        With one neighbour alone.
    """
    runs = load("learning_curves")
    runs = runs[
        (linear | (runs.family != "linear")) & ~(one & (runs.family == "nearest") & (runs.setting > 1))
    ]
    text, small = runs.domain == "text", ties == "smallest"
    runs = runs.assign(y=runs.error.where(~text, runs.loss), val=runs.val_error.where(~text, runs.val_loss))
    order = runs.sort_values(["val", "setting", "passes"], ascending=[True, small, small])
    best = order.drop_duplicates(["data", "family", "n", "seed"])
    parts = []
    for _, curve in best.groupby(["data", "family"]):
        sizes = curve.groupby("n").agg({"y": "mean", "chance": "first", "n_test": "first", "domain": "first"})
        resolved = (sizes.domain == "text") | (sizes.y * sizes.n_test > 20)
        inside = sizes.index[resolved & (sizes.y < 0.9 * sizes.chance)]
        if len(inside) >= 4:
            parts.append(curve[curve.n.isin(inside)])
    found = pd.concat(parts)
    return found.assign(logn=np.log(found.n), logy=np.log(found.y))


@pytest.fixture(scope="module")
def chosen():
    """Curves of the families that can grow, with no help of the library's."""
    return in_region()


def slope_of(curve: pd.DataFrame) -> float:
    """Minus the slope of the straight line in log-log."""
    return -stats.linregress(curve.logn, curve.logy).slope


def ends_over_sets(values_of: Callable[[np.ndarray], np.ndarray], sets: int) -> np.ndarray:
    """Ends of the exact bootstrap over sets: every multiset with its probability, values not finite left out."""
    drawn = np.array(list(combinations_with_replacement(range(sets), sets)))
    times = (drawn[:, :, None] == np.arange(sets)).sum(1)
    chance = stats.multinomial.pmf(times, sets, np.full(sets, 1 / sets))
    with np.errstate(divide="ignore", invalid="ignore"):
        values = values_of(drawn)
    known = np.isfinite(values)
    return np.quantile(values[known], [0.025, 0.975], weights=chance[known], method="inverted_cdf")


def assert_kept(verdict, measured: float, ends: Iterable[float]) -> None:
    """What a verdict keeps is this number with this interval."""
    kept = [verdict[k] for k in ("measured", "low", "high")]
    assert kept == pytest.approx([measured, *ends], rel=1e-7)


def test_kept_spread_and_factor_are_those_of_lines_by_scipy(kept, chosen):
    lines = [(*key, slope_of(curve)) for key, curve in chosen.groupby(["data", "family"])]
    slopes = pd.DataFrame(lines, columns=["data", "family", "slope"]).pivot_table(
        index="data", columns="family", values="slope"
    )
    within, mean = slopes.var(axis=1).to_numpy(), slopes.mean(axis=1).to_numpy()
    ratio = lambda of: np.sqrt(within[of].mean(-1)) / mean[of].std(-1, ddof=1)  # noqa: E731
    assert_kept(kept["spread"], ratio(np.arange(9)), ends_over_sets(ratio, 9))
    factors = (slopes.max(axis=1) / slopes.min(axis=1)).sort_values().to_numpy()
    # The interval of a median of nine sets ends at the second and the eighth (see below).
    assert_kept(kept["factor"], factors[4], factors[[1, 7]])


def test_kept_straightness_is_that_of_means_by_scipy(kept, chosen):
    means = chosen.groupby(["data", "family", "n"])[["logn", "logy", "y"]].mean()
    r2 = means.groupby(["data", "family"]).corr() ** 2
    logs, errors = (r2.xs(y, level=2).logn for y in ("logy", "y"))
    of_sets = logs.groupby("data").median().sort_values().to_numpy()
    assert_kept(kept["straight"], of_sets[4], of_sets[[1, 7]])
    share = (logs > errors).groupby("data").mean().to_numpy()
    assert_kept(kept["straighter"], share.mean(), ends_over_sets(lambda of: share[of].mean(-1), 9))


def test_kept_edges_of_the_range_are_means_of_the_slopes_of_subsets(kept, chosen):
    ends = {}
    for data, part in chosen.groupby("data"):
        best = part[part.n == part.n.max()].groupby("family").val.mean().idxmin()
        ends[data] = [slope_of(curve) for _, curve in part[part.family == best].groupby("seed")]
    each = pd.DataFrame(ends, index=range(4)).T
    mean = each.mean(axis=1)
    for id, data in (("shallowest", mean.idxmin()), ("steepest", mean.idxmax())):
        interval = stats.t.interval(0.95, 3, mean[data], stats.sem(each.loc[data]))
        assert_kept(kept[id], mean[data], interval)
    medians = np.sort(mean)
    assert_kept(kept["below_half"], medians[4], medians[[1, 7]])


def test_a_tie_keeps_the_perceptron_on_spoken_digits_in_the_region(chosen):
    perceptron = "data == 'spoken_digits' and family == 'mlp'"
    here, other = chosen.query(perceptron), in_region(ties="largest").query(perceptron)
    assert (here.n.max(), other.n.max()) == (2048, 1024)
    assert (here[here.n == 2048].y * 700).mean() == pytest.approx(20.5)


def test_kept_share_of_a_shift_is_that_of_a_pivoted_table(kept, chosen):
    parts = []
    for _, part in chosen.groupby("data"):
        logs = part.pivot_table(index="n", columns="family", values="logy").dropna()
        apart = logs.sub(logs.mean(axis=1), axis=0)
        parts.append(((apart.mean() ** 2).sum() * len(apart), (apart**2).sum().sum()))
    shift, whole = np.array(parts).T
    share = lambda of: shift[of].sum(-1) / whole[of].sum(-1)  # noqa: E731
    assert_kept(kept["shift"], share(np.arange(9)), ends_over_sets(share, 9))


@pytest.mark.parametrize(("id", "one"), [("one_neighbour", True), ("more_neighbours", False)])
def test_kept_ratio_of_forest_and_neighbours_is_that_of_two_lines_by_scipy(kept, id, one):
    curves_of = dict(tuple(in_region(one=one).query("data == 'magic'").groupby("family")))
    lines = {f: stats.linregress(curves_of[f].logn, curves_of[f].logy) for f in ("forest", "nearest")}
    ratio = lines["forest"].slope / lines["nearest"].slope
    relative = [
        stats.t.ppf(0.975, len(curves_of[f]) - 2) * line.stderr / -line.slope for f, line in lines.items()
    ]
    assert_kept(kept[id], ratio, ratio * np.exp(np.hypot(*relative) * np.array([-1, 1])))


def gain_of_a_constant(curve: pd.DataFrame) -> float:
    """By how much AICc falls with a constant: least squares in logs, the best of several starts."""
    x, y, line = curve.logn.to_numpy(), curve.logy.to_numpy(), stats.linregress(curve.logn, curve.logy)
    left = lambda at: np.logaddexp(at[0] - at[1] * (x - x.mean()), at[2]) - y  # noqa: E731
    starts = [
        (y.mean(), -steeper * line.slope, y.min() + np.log(share))
        for steeper, share in product((1, 4), (0.01, 0.5, 0.9))
    ]
    squares = {
        2: ((y - line.intercept - line.slope * x) ** 2).sum(),
        3: 2 * min(optimize.least_squares(left, start).cost for start in starts),
    }
    n, k = len(y), pd.Series({2: 3, 3: 4})  # the noise level is a parameter, too
    scores = n * np.log(pd.Series(squares) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
    return scores[2] - scores[3]


def test_kept_lead_of_linear_models_is_that_of_constants_by_scipy(kept):
    curves_of = in_region(linear=True).groupby(["data", "family"])
    needs = pd.Series({key: gain_of_a_constant(curve) > 4 for key, curve in curves_of})
    needs = needs.rename_axis(["data", "family"])
    its = needs.xs("linear", level="family").astype(float)
    others = needs.drop("linear", level="family").groupby("data").mean()[its.index]
    assert needs.groupby(needs.index.get_level_values("family") == "linear").sum().to_list() == [16, 6]
    lead = (its - others).to_numpy()
    assert_kept(kept["capacity"], lead.mean(), ends_over_sets(lambda of: lead[of].mean(-1), 7))


def size_needed(tables: Mapping[int, pd.DataFrame], id: str, seeds: Iterable[int]) -> pd.Series:
    """Parameters (columns) of the smallest good enough perceptron by n, those at an edge of the grid left out."""
    wrong = sum(tables[seed] for seed in seeds) / 4
    good = wrong.le(0.05) if id == "size_fits" else wrong.le(1.05 * wrong.min(axis=1), axis=0)
    first = good.idxmax(axis=1)[good.any(axis=1)]
    return first[(first > wrong.columns[0]) & (first < wrong.columns[-1])]


def growth_of(size: pd.Series) -> float:
    """Slope of log parameters against log n, of three sizes at least."""
    return stats.linregress(np.log(size.index), np.log(size)).slope if len(size) > 2 else np.nan


@pytest.mark.parametrize("id", ["size_good", "size_fits"])
def test_kept_sizes_needed_are_those_of_pivoted_tables(kept, id):
    runs = load("learning_curves").query("family == 'mlp'")
    sets = []
    for name in ("letter", "mnist1d", "fashion_14"):
        part, column = runs[runs.data == name], {"size_good": "error", "size_fits": "train_error"}[id]
        of_seed = part[part.passes == part.passes.max()].groupby("seed")
        pivot = {"index": "n", "columns": "n_params", "values": column}
        sets.append({seed: t.pivot_table(**pivot) for seed, t in of_seed})
    needed = [size_needed(part, id, range(4)) for part in sets]
    found = [growth_of(size) for size in needed]
    # Every multiset of four seeds stands in this list as often as it can be drawn.
    of = {
        key: np.nanmax([growth_of(size_needed(p, id, key)) for p in sets])
        for key in combinations_with_replacement(range(4), 4)
    }
    drawn = [of[tuple(sorted(each))] for each in product(range(4), repeat=4)]
    low, high = np.nanquantile(drawn, [0.025, 0.975], method="inverted_cdf")
    n = needed[int(np.argmax(found))].index
    half = np.log(2) / np.log(n.max() / n.min()) / 2
    assert_kept(kept[id], max(found), (min(low, max(found) - half), max(high, max(found) + half)))


def test_lines_are_those_of_another_solver(able):
    lines = curves.exponents(able)
    assert len(lines) == able.groupby(["data", "family"]).ngroups
    for key, curve in able.groupby(["data", "family"]):
        line, mean = stats.linregress(curve.logn, curve.logy), curve.groupby("logn").logy.mean()
        half = stats.t.ppf(0.975, len(curve) - 2) * line.stderr
        r2 = stats.linregress(mean.index, mean).rvalue ** 2
        assert lines.loc[key].tolist() == pytest.approx([len(mean), -line.slope, half, r2], rel=1e-9)


def test_the_test_of_equal_exponents_is_that_of_two_least_squares(able, chosen, kept):
    p, by_hand = curves.equal_exponents(able), {}
    for data, part in chosen.groupby("data"):
        offset = pd.get_dummies(part.family, dtype=float).to_numpy()
        x, y, k = part.logn.to_numpy()[:, None], part.logy.to_numpy(), offset.shape[1]
        common, own = (np.linalg.lstsq(np.hstack([offset, z]), y)[1][0] for z in (x, x * offset))
        free = len(y) - 2 * k
        by_hand[data] = stats.f.sf((common - own) / (k - 1) / (own / free), k - 1, free)
    assert p.to_dict() == pytest.approx(by_hand, rel=1e-6)
    # Holm: the least p-value is held to 0.05 / 9, the next to 0.05 / 8, and so on up to the first that fails.
    passed = np.sort(list(by_hand.values())) < 0.05 / np.arange(len(by_hand), 0, -1)
    assert np.cumprod(passed).sum() == (curves.holm(p) < 0.05).sum() == kept["parallel"]["measured"]
    assert np.isnan(curves.equal_exponents(able[able.family == "mlp"])).all()


def test_the_share_of_a_shift_is_that_of_a_table_of_sizes_and_families(able):
    found = curves.between_family_variance(able)
    for data, part in able.groupby("data"):
        logs = part.pivot_table(index="n", columns="family", values="logy").dropna()
        apart = logs.sub(logs.mean(axis=1), axis=0)
        assert found.loc[data].tolist() == pytest.approx(
            [(apart.mean() ** 2).sum() * len(apart), (apart**2).sum().sum()]
        )


def test_sets_drawn_again_give_the_interval_of_a_mean():
    by_set = pd.DataFrame({"value": np.random.default_rng(1).normal(size=9)})
    found = curves.over_sets(lambda t: t[0].mean(-1), by_set)
    drawn = np.random.default_rng(2).choice(by_set.value, (200_000, 9)).mean(1)
    assert found.value == pytest.approx(by_set.value.mean())
    assert [found.low, found.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)


def test_the_median_of_nine_sets_drawn_again_ends_at_its_second_and_eighth():
    """The median is above the seventh if five draws of nine are: more often than 2.5 % (binomial, by hand)."""
    assert stats.binom.sf(4, 9, 2 / 9) > 0.025 > stats.binom.sf(4, 9, 1 / 9)
    order = np.random.default_rng(3).permutation(np.arange(1.0, 10.0))
    found = curves.over_sets(lambda t: np.median(t[0], -1), pd.DataFrame({"value": order}))
    assert (found.low, found.value, found.high) == (2, 5, 8)


def test_curves_that_fan_out_from_one_point_are_three_quarters_a_shift():
    fan = [
        ("set", name, n, seed, np.log(n), away * np.log2(n))
        for name, away in (("up", 0.1), ("down", -0.1))
        for n in 2.0 ** np.arange(1, 400)
        for seed in range(2)
    ]
    found = curves.between_family_variance(
        pd.DataFrame(fan, columns=["data", "family", "n", "seed", "logn", "logy"])
    )
    assert (found["shift"] / found["all"]).item() == pytest.approx(0.75, abs=0.002)


def test_curves_straight_in_log_log_are_told_from_those_straight_against_log_n():
    runs = curves.retuned(table())
    part = curves.power_law_region(runs[runs.data == "easy"])
    assert curves.straighter(part).all()
    bent = part.assign(y=1 - 0.1 * part.logn)
    assert not curves.straighter(bent.assign(logy=np.log(bent.y))).any()


def test_the_sizes_that_were_needed_on_mnist1d(able):
    """Width counts the parameters: 40 inputs, ten classes, biases; by hand for each size."""
    runs = load("learning_curves").query("data == 'mnist1d' and family == 'mlp'")
    error = runs.pivot_table(index="n", columns="setting", values="error")
    good = error.le(1.05 * error.min(axis=1), axis=0)
    first = {n: row.index[row][0] for n, row in good.iterrows()}
    inner = {n: width for n, width in first.items() if 4 < width < 2048}
    assert inner == {256: 64, 512: 256, 1024: 256, 2048: 1024} and first[4096] == first[8192] == 2048
    networks = curves.Widths.of(runs)
    as_good = lambda error, train: error <= 1.05 * error.min(1, keepdims=True)  # noqa: E731
    assert networks.smallest(as_good).to_dict() == {n: 51 * width + 10 for n, width in inner.items()}
    slope = stats.linregress(np.log(list(inner)), np.log([51 * width + 10 for width in inner.values()])).slope
    most, each = curves.largest_growth({"mnist1d": networks}, as_good)
    assert most.value == each["mnist1d"] == pytest.approx(slope) and most.low < 1 < most.high
    # A grid that ends at 256 makes the size needed look constant.
    assert set(networks.up_to(7).smallest(as_good)[[512, 1024, 2048]]) == {51 * 128 + 10}


def test_an_example_to_train_on_equals_none_that_is_held_out(monkeypatch):
    def keel():
        rng = np.random.default_rng(0)
        x = rng.integers(0, 4, (400, 3)).astype(np.float32)  # 64 different rows: almost all are repeated
        return {"letter": (x, rng.integers(0, 2, 400))}

    monkeypatch.setattr(subsets.arrays, "keel", keel)
    monkeypatch.setitem(subsets.SETS, "letter", ("tabular", 20, 10))
    parts = subsets.split.__wrapped__("letter", texts.python_excerpt)
    pool, held = ({row.tobytes() for row in parts[role][0]} for role in ("pool", "test"))
    held |= {row.tobytes() for row in parts["val"][0]}
    assert pool and not pool & held
    # What is held out is as it was, and so is what the pool repeats.
    assert len(parts["test"][0]) == 20 and len(pool) < len(parts["pool"][0]) == len(parts["pool"][1]) < 370


def test_windows_held_out_of_a_text_share_no_long_stretch_with_it():
    with texts.pinned():
        training, held_out = subsets.text("python", texts.python_excerpt)
        whole = b"".join(
            texts.END.join((t, b"")) for t in split_by_project(texts.python_excerpt(), 0.1)[0].documents
        )
    assert len(training) and len(held_out)
    for window in held_out:
        stretches = (
            window[i : i + subsets.STRETCH].tobytes() for i in range(len(window) - subsets.STRETCH + 1)
        )
        assert not any(stretch in whole for stretch in stretches)
