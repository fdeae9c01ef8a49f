"""Learning curves: planted exponents come back, and what is planted equal is not told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

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


@pytest.fixture(scope="module")
def chosen():
    """From the stored table alone: best choices on validation examples, between guessing and twenty test errors."""
    runs = load("learning_curves").query("family != 'linear'")
    text = runs.domain == "text"
    runs = runs.assign(y=runs.error.where(~text, runs.loss), val=runs.val_error.where(~text, runs.val_loss))
    best = runs.sort_values("val", kind="stable").drop_duplicates(["data", "family", "n", "seed"])
    parts = []
    for _, curve in best.groupby(["data", "family"]):
        sizes = curve.groupby("n").agg({"y": "mean", "chance": "first", "n_test": "first", "domain": "first"})
        resolved = (sizes.domain == "text") | (sizes.y * sizes.n_test > 20)
        inside = sizes.index[resolved & (sizes.y < 0.9 * sizes.chance)]
        if len(inside) >= 4:
            parts.append(curve[curve.n.isin(inside)])
    return pd.concat(parts)


def slope_of(curve: pd.DataFrame) -> float:
    """Minus the slope of the straight line in log-log."""
    return -stats.linregress(np.log(curve.n), np.log(curve.y)).slope


def test_kept_spread_and_factor_are_those_of_lines_by_scipy(kept, chosen):
    lines = [(*key, slope_of(curve)) for key, curve in chosen.groupby(["data", "family"])]
    slopes = pd.DataFrame(lines, columns=["data", "family", "slope"]).pivot_table(
        index="data", columns="family", values="slope"
    )
    within, between = np.sqrt(slopes.var(axis=1).mean()), slopes.mean(axis=1).std()
    assert within / between == pytest.approx(kept["spread"]["measured"], rel=1e-9)
    factors = (slopes.max(axis=1) / slopes.min(axis=1)).sort_values().to_numpy()
    # The interval of a median of nine sets ends at the second and the eighth (see below).
    assert [kept["factor"][k] for k in ("low", "measured", "high")] == pytest.approx(factors[[1, 4, 7]])
    rng = np.random.default_rng(0)
    drawn = [slopes.iloc[rng.integers(9, size=9)] for _ in range(4000)]
    ratios = [np.sqrt(t.var(axis=1).mean()) / t.mean(axis=1).std() for t in drawn]
    assert np.quantile(ratios, [0.025, 0.975]) == pytest.approx(
        [kept["spread"]["low"], kept["spread"]["high"]], abs=0.02
    )


def test_kept_straightness_is_that_of_means_by_scipy(kept, chosen):
    means = chosen.assign(logy=np.log(chosen.y)).groupby(["data", "family", "n"]).logy.mean().reset_index()
    r2 = {
        key: np.corrcoef(np.log(curve.n), curve.logy)[0, 1] ** 2
        for key, curve in means.groupby(["data", "family"])
    }
    of_sets = pd.Series(r2).groupby(level=0).median().sort_values().to_numpy()
    assert [kept["straight"][k] for k in ("low", "measured", "high")] == pytest.approx(of_sets[[1, 4, 7]])


def test_kept_edges_of_the_range_are_means_of_the_slopes_of_subsets(kept, chosen):
    ends = {}
    for data, part in chosen.groupby("data"):
        best = part[part.n == part.n.max()].groupby("family").val.mean().idxmin()
        ends[data] = [slope_of(curve) for _, curve in part[part.family == best].groupby("seed")]
    each = pd.DataFrame(ends, index=range(4)).T
    for id, data in (("shallowest", each.mean(axis=1).idxmin()), ("steepest", each.mean(axis=1).idxmax())):
        low, high = stats.t.interval(0.95, 3, each.loc[data].mean(), stats.sem(each.loc[data]))
        assert [kept[id][k] for k in ("low", "high")] == pytest.approx([low, high])
    medians = np.sort(each.mean(axis=1))[[1, 4, 7]]
    assert [kept["below_half"][k] for k in ("low", "measured", "high")] == pytest.approx(medians)


def test_kept_size_that_fits_is_that_of_a_pivoted_table(kept):
    runs = load("learning_curves").query("family == 'mlp'")
    found = {}
    for data in ("letter", "mnist1d", "fashion_14"):
        part = runs[runs.data == data]
        part = part[part.passes == part.passes.max()]
        wrong = part.pivot_table(index="n", columns="n_params", values="train_error")
        first = (wrong <= 0.05).idxmax(axis=1)[(wrong <= 0.05).any(axis=1)]
        inner = first[(first > wrong.columns[0]) & (first < wrong.columns[-1])]
        found[data] = stats.linregress(np.log(inner.index), np.log(inner)).slope
    assert max(found.values()) == pytest.approx(kept["size_fits"]["measured"], rel=1e-9)


def test_lines_are_those_of_another_solver(able):
    lines = curves.exponents(able)
    assert len(lines) == able.groupby(["data", "family"]).ngroups
    for key, curve in able.groupby(["data", "family"]):
        line, mean = stats.linregress(curve.logn, curve.logy), curve.groupby("logn").logy.mean()
        half = stats.t.ppf(0.975, len(curve) - 2) * line.stderr
        r2 = stats.linregress(mean.index, mean).rvalue ** 2
        assert lines.loc[key].tolist() == pytest.approx([len(mean), -line.slope, half, r2], rel=1e-9)


def test_the_test_of_equal_exponents_is_that_of_two_least_squares(able, kept):
    p = curves.equal_exponents(able)
    for data, part in able.groupby("data"):
        offset = pd.get_dummies(part.family, dtype=float).to_numpy()
        x, y, k = part.logn.to_numpy()[:, None], part.logy.to_numpy(), offset.shape[1]
        common, own = (np.linalg.lstsq(np.hstack([offset, z]), y)[1][0] for z in (x, x * offset))
        free = len(y) - 2 * k
        assert p[data] == pytest.approx(
            stats.f.sf((common - own) / (k - 1) / (own / free), k - 1, free), rel=1e-6
        )
    assert (curves.holm(p) < 0.05).sum() == kept["parallel"]["measured"]
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
