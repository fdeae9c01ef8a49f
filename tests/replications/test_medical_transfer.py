"""Gains, arms and lines by pandas and scipy, which share nothing with the notebook's code."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from replications.medical_transfer import bottleneck, gains, questions, worlds
from scalinglaws import load
from scalinglaws.claims import verdicts
from scalinglaws.tables import upstream

PAIRS = [("base", "base_ft"), ("large", "large_ft"), ("huge", "huge_ft")]


@pytest.fixture(scope="module")
def sets() -> pd.DataFrame:
    table = load("segbook_sets")
    return table.assign(gain=sum(table[after] - table[before] for before, after in PAIRS) / 3)


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("68_medical_transfer")["verdicts"]}


def beaten(these: pd.Series, those: pd.Series) -> float:
    """How often these are higher, ties split."""
    return ((these > those).sum() + (these >= those).sum()) / (2 * len(these))


def test_middles_by_groupby(sets, kept):
    by_modality = sets.groupby("modality").gain.mean()
    cut = pd.cut(sets.n_train, [0, 50, 200, np.inf], labels=["small", "medium", "large"])
    by_class = sets.groupby(cut, observed=True).gain.mean()
    expected = {
        "small": by_class.small - by_class.medium,
        "large": by_class.large - by_class.medium,
        "mri": by_modality.MRI,
        "ct-more": by_modality.CT - by_modality.MRI,
        "lesion-sets": sets.groupby("targets").gain.mean().lesions,
        "structures": sets.groupby("targets").gain.mean().structures,
        "gain-h": sets.huge_ft.mean() - sets.huge.mean(),
        "pre-lh": beaten(sets.huge_ft, sets.large_ft),
        "scratch-bl": beaten(sets.large, sets.base),
        "wins": np.mean([(sets[after] > sets[before]).mean() for before, after in PAIRS]),
        "headroom": stats.spearmanr(sets.nnunet, sets.gain).statistic,
        "falling": stats.linregress(np.log10(sets.n_train), sets.gain).slope,
    }
    assert {id: kept[id]["measured"] for id in expected} == pytest.approx(expected, abs=1e-9)


def test_targets_by_groupby(kept):
    targets = load("segbook_targets")
    targets["gain"] = sum(targets[after] - targets[before] for before, after in PAIRS) / 3
    assert kept["lesions"]["measured"] == pytest.approx(targets.groupby("group").gain.mean().Disease)


def test_intervals_by_a_linear_error_of_clusters(sets, kept):
    """The bootstrap's width against the sandwich of a ratio mean, which leaves out how the number of rows varies."""
    mri = sets[sets.modality == "MRI"]
    for id, rest in {
        "gain-b": sets.base_ft - sets.base,
        "mri": mri.gain,
        "gain-grows": sets.huge_ft - sets.huge - sets.base_ft + sets.base,
    }.items():
        sums = (rest - rest.mean()).groupby(sets.family).sum()
        error = np.sqrt((sums**2).sum()) / len(rest)
        assert kept[id]["high"] - kept[id]["low"] == pytest.approx(3.92 * error, rel=0.12)


def test_the_two_lines_by_separate_regressions(sets, kept):
    x, y = np.log10(sets.n_train), sets.gain
    lines = bottleneck.lines_of(sets.n_train, y, sets.family)
    below, above = (stats.linregress(x[side], y[side]).slope for side in (x <= lines.at, x > lines.at))
    assert min(-below, above) == pytest.approx(kept["two-lines"]["measured"], abs=1e-9)


def test_the_interval_of_two_lines_by_an_interrupted_regression(sets, kept):
    x, high = np.log10(sets.n_train), sets.n_train > 203
    columns = pd.DataFrame({"below": ~high, "above": high, "falls": -x * ~high, "rises": x * high}).astype(
        float
    )
    codes = pd.factorize(sets.family)[0]
    fitted = sm.OLS(sets.gain, columns).fit(cov_type="cluster", cov_kwds={"groups": codes}, use_t=True)
    ends = fitted.conf_int().loc[["falls", "rises"]].min()
    assert (kept["two-lines"]["low"], kept["two-lines"]["high"]) == pytest.approx(tuple(ends), abs=1e-9)


def test_the_chance_at_the_best_edges_by_dealing_one_by_one(sets):
    found = bottleneck.best_edges(sets.n_train, sets.gain, 2000, np.random.default_rng(0))
    of = [bottleneck.classes(sets.n_train, pair) for pair in bottleneck.all_edges(sets.n_train)]
    rng, gain = np.random.default_rng(1), sets.gain.to_numpy()

    def clearest(values: np.ndarray) -> float:
        tested = [
            min(
                stats.ttest_ind(values[it], values[one.medium], equal_var=False).statistic
                for it in (one.small, one.large)
            )
            for one in of
        ]
        return max(tested)

    seen = clearest(gain)
    chance = np.mean([clearest(rng.permutation(gain)) >= seen for _ in range(80)])
    assert found.seen == pytest.approx(seen)
    assert found.chance.value == pytest.approx(chance, abs=0.17)


def test_rank_correlation_of_draws_by_repeating_rows():
    rng = np.random.default_rng(0)
    x, y, times = rng.integers(0, 5, 12), rng.standard_normal(12), rng.integers(0, 3, (60, 12))
    found = gains.ranked_together(x, y, times.astype(float), "rows")
    drawn = [stats.spearmanr(np.repeat(x, it), np.repeat(y, it)).statistic for it in times]
    expected = (stats.spearmanr(x, y).statistic, *np.quantile(drawn, [0.025, 0.975]))
    assert (found.value, found.low, found.high) == pytest.approx(expected)


def test_worlds_see_what_is_plain_and_miss_what_is_absent(sets):
    planted = {"none": (0, 0), "deep": (0.3, 0.3)}
    found = worlds.established(sets, sets.gain, planted, 2.3, 12, 100, np.random.default_rng(0))
    assert (found.loc["none", "both"], found.loc["none", "two lines"]) == (0, 0)
    assert (found.loc["deep", ["small", "large", "two lines", "best edges"]] == 1).all()
    low = worlds.at_most(sets, sets.gain.to_numpy(), (0.02, 0.02), (0, 1, 20), 100, np.random.default_rng(0))
    assert low.loc[1].to_numpy() == pytest.approx(0.5, abs=0.2)
    assert (low.loc[0].min() > 0.7) and (low.loc[20] == 0).all()
    falls = worlds.falls_found(sets, sets.gain.to_numpy(), (0, 0.1), 12, 100, np.random.default_rng(0))
    assert falls[0] < 0.3 and falls[0.1] == 1


def test_other_choices_by_groupby(sets):
    found = questions.by_other_choices(sets, load("segbook_targets"), sets.gain.to_numpy(), 50, 0)
    share = sum((sets[after] - sets[before]) / (1 - sets[before]) for before, after in PAIRS) / 3
    assert found["share of error"]["mri"].value == pytest.approx(share[sets.modality == "MRI"].mean())
    assert found["medians"]["mri"].value == pytest.approx(sets.gain[sets.modality == "MRI"].median())
    rest = sets.nlargest(5, "gain").index
    assert found["less 5"]["mri"].value == pytest.approx(sets.drop(rest).groupby("modality").gain.mean().MRI)


def test_lesions_that_share_data_sets_are_in_one_block():
    blocks = upstream.converter("segbook_targets").blocks
    lesions, family = ["a -- x", "b -- y", "c -- z"], pd.Series(["one", "one", "two", "three"])
    raw = pd.DataFrame({"Category-EN": ["{1: 'a'}", "{1: 'b'}", "{1: 'c'}", "{1: 'c'}"]})
    raw["Category-CN"] = ["{1: 'x'}", "{1: 'y'}", "{1: 'z'}", "{1: 'z'}"]
    assert blocks(lesions, raw, family) == ["block 1", "block 1", "block 2"]


def test_clearness_is_welch(sets):
    small, medium, large = bottleneck.classes(sets.n_train)
    t = [
        stats.ttest_ind(sets.gain[it], sets.gain[medium], equal_var=False).statistic for it in (small, large)
    ]
    found = bottleneck.clearness(sets.gain.to_numpy(), [bottleneck.classes(sets.n_train)])
    assert found[0] == pytest.approx(min(t))


def test_medians_of_draws_by_repeating():
    rng = np.random.default_rng(0)
    values, times = rng.standard_normal(9), rng.integers(0, 3, (50, 9))
    among = np.arange(9) < 7
    expected = [np.median(np.repeat(values[among], it[among])) for it in times]
    assert gains.medians(values, among, times) == pytest.approx(np.array(expected))


def test_a_planted_vee_has_the_differences_that_were_asked_for(sets):
    height = bottleneck.vee(sets.n_train, 0.03, 0.01)
    small, medium, large = (height[it].mean() for it in bottleneck.classes(sets.n_train))
    assert (small - medium, large - medium) == pytest.approx((0.03, 0.01))
    flat, x = worlds.flattened(sets.n_train, sets.gain), np.log10(sets.n_train)
    for it in bottleneck.classes(sets.n_train):
        line = stats.linregress(x[it], flat[it])
        assert (flat[it].mean(), line.slope) == pytest.approx((sets.gain.mean(), 0), abs=1e-9)


def test_worlds_keep_families_together(sets):
    size = sets.groupby("family").size()
    for rows, label in itertools.islice(worlds.drawn_again(sets.family, 5, np.random.default_rng(1)), 5):
        for _, members in sets.family.iloc[rows].groupby(label):
            assert set(members) == {members.iloc[0]}
            assert len(members) == size[members.iloc[0]]


def test_families_and_modalities_are_what_the_names_say(sets):
    assert sets.family.nunique() == 57
    assert set(sets[sets.family == "BraTS"].dataset.str.contains("(?i)brats|BrainTumour")) == {True}
    assert sets.modality.value_counts().to_dict() == {"CT": 46, "MRI": 37, "other": 4}
    # 240 of CT and 48 of MRI: the second task of AMOS holds both, though its modality says MRI.
    cases = sets.set_index(sets.dataset.str.replace(r"Task\d+_", "", regex=True)).n_train
    assert cases.AMOS_Task2 == cases.AMOS_CT + cases.AMOS_MR
