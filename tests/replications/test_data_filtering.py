"""Filters over scales and curated sets over tasks: ranks by pandas, samples written out row by row, lines by scipy."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from replications.data_filtering import curation, gains, orders, tasks, worlds
from scalinglaws import load
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def printed() -> pd.DataFrame:
    return load("datacomp_baselines")


@pytest.fixture(scope="module")
def each_task() -> pd.DataFrame:
    return load("datacomp_tasks")


@pytest.fixture(scope="module")
def classes() -> pd.DataFrame:
    return load("select_classes")


@pytest.fixture(scope="module")
def transfer() -> pd.DataFrame:
    return load("select_transfer")


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("51_data_filtering")["verdicts"]}


def test_typed_scores_are_those_of_the_released_models_but_for_three(printed, each_task):
    far = set()
    for scale in gains.SCALES:
        table = tasks.table_of(each_task, scale)
        for measure, found in (("imagenet", table.loc["ImageNet 1k"]), ("average", table.mean())):
            less = (found - orders.seven(printed, measure)[scale]).dropna().abs()
            far |= {(scale, name) for name in less.index[less > 0.00061]}
    assert far == {("small", "none"), ("small", "image"), ("medium", "basic")}
    small = tasks.table_of(each_task, "small")
    assert (small["image"] == small["intersection"]).all()


def test_rank_correlations_between_scales_are_scipys_and_not_the_printed_ones(printed, kept):
    found = []
    for measure in ("imagenet", "average"):
        wide = printed.pivot_table(measure, "filter", "scale")
        for pair in (["small", "medium"], ["small", "large"], ["medium", "large"]):
            found.append(stats.spearmanr(*wide[pair].dropna().to_numpy().T).statistic)
    once = orders.once_and_drawn(printed, 2, np.random.default_rng(0))[:1]
    assert orders.correlations(printed, once)[0] == pytest.approx(found, abs=1e-12)
    assert kept["table22"]["measured"] == pytest.approx(max(abs(np.array(found) - orders.PRINTED)), abs=1e-12)
    assert kept["order-far"]["measured"] == pytest.approx(min(found[1], found[4]), abs=1e-12)


def test_counted_ranks_are_those_of_rows_written_out():
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 6, (2, 12)) / 10
    counts = rng.multinomial(12, np.full(12, 1 / 12), 20)
    by_hand = [stats.spearmanr(np.repeat(x, n), np.repeat(y, n)).statistic for n in counts]
    assert orders.counted_rank_correlation(x, y, counts) == pytest.approx(by_hand, abs=1e-9)


def test_exact_chance_counts_orders(kept, printed):
    x = [3, 1, 2, 5, 4]
    rhos = [stats.spearmanr([1, 2, 3, 4, 5], p).statistic for p in permutations(x)]
    observed = stats.spearmanr([1, 2, 3, 4, 5], x).statistic
    assert orders.exact_chance([1, 2, 3, 4, 5], x) == pytest.approx(
        np.mean(np.array(rhos) >= observed - 1e-9)
    )
    with pytest.raises(ValueError, match="at most eight"):
        orders.exact_chance(range(9), range(9))
    assert kept["seven-close"]["measured"] < 0.05 < orders.exact_chances(printed, "small", "large")["average"]
    small, large = orders.seven(printed, "average")[["small", "large"]].to_numpy().T
    rho = stats.spearmanr(small, large).statistic
    assert kept["seven-far"]["measured"] == pytest.approx(rho, abs=1e-12)
    assert np.arctanh(kept["seven-far"]["high"]) - np.arctanh(rho) == pytest.approx(
        stats.norm.ppf(0.975) * 1.06**0.5 / 2
    )


def test_the_choice_at_small_keeps_what_its_ties_keep(printed, kept):
    wide = printed.pivot_table("imagenet", "filter", "scale")
    both = np.log(wide / (1 - wide))[["small", "large"]].dropna()
    gain = both.large - both.large["No filtering"]
    chosen = gain[wide.small[both.index] == wide.small[both.index].max()]
    assert len(chosen) == 3
    assert kept["regret"]["measured"] == pytest.approx(chosen.mean() / gain.max(), abs=1e-9)


def test_noise_of_runs_is_the_pooled_variance_within_groups(printed):
    small = printed[printed.scale == "small"].set_index("filter").imagenet
    groups = [np.log(small[list(names)] / (1 - small[list(names)])) for names in gains.ALIKE]
    pooled = sum(g.var(ddof=1) * (len(g) - 1) for g in groups) / 5
    assert gains.run_noise(printed, "imagenet").loc["small"].tolist() == pytest.approx([pooled, 5])


def test_an_interval_of_two_runs_of_a_scale_is_students():
    noise = pd.DataFrame({"variance": [0.04, 0.01], "free": [5.0, 2.0]}, ["small", "large"])
    found = gains.with_noise(1.0, noise, ["small", "small"], 10)
    assert found.low == pytest.approx(1 - stats.t.ppf(0.975, 5) * np.sqrt(0.08))
    assert found.high == pytest.approx(1 + stats.t.ppf(1 - 0.0025, 5) * np.sqrt(0.08))
    mixed = gains.with_noise(0.0, noise, ["small", "small", "large", "large"])
    free = 0.1**2 / (0.08**2 / 5 + 0.02**2 / 2)
    assert mixed.high == pytest.approx(stats.t.ppf(0.975, free) * np.sqrt(0.1))


def test_tasks_kept_in_the_order_of_medium_have_it(each_task, kept):
    # Strategies that tie at one scale need not tie at the other.
    untied = (tasks.table_of(each_task, "medium").nunique(axis=1) == 7) & (
        tasks.table_of(each_task, "large").nunique(axis=1) == 7
    )
    assert tasks.kept_order(tasks.in_order(each_task))[untied].min() == pytest.approx(1)
    rhos = {}
    for task, rows in each_task.groupby("task"):
        wide = rows.pivot_table("score", "filter", "scale")
        rhos[task] = stats.spearmanr(wide.medium, wide.large).statistic
    assert kept["task-order"]["measured"] == pytest.approx(np.median(list(rhos.values())), abs=1e-12)
    clean = tasks.kinds_of(each_task).clean
    means = pd.Series(rhos).groupby(clean).mean()
    assert kept["five-tasks"]["measured"] == pytest.approx(means[1] - means[0], abs=1e-9)


def test_leads_and_lines_of_classes(classes, kept):
    accuracy = classes.pivot_table("accuracy", "class", "train_set")
    assert kept["gold"]["measured"] == pytest.approx(
        accuracy.in1000.mean() - accuracy.la1000.mean(), abs=1e-12
    )
    n = classes.pivot_table("n_train", "class", "train_set")
    fewer = np.log2(np.maximum(n.oi1000, 1) / n.in1000)
    line = stats.linregress(fewer, accuracy.in1000 - accuracy.oi1000)
    mean = (accuracy.in1000 - accuracy.oi1000).mean()
    assert kept["count-left"]["measured"] == pytest.approx(line.intercept / mean, abs=1e-9)


def test_transfer_agrees_with_friedman_and_with_single_tests(transfer, kept):
    shares = transfer.assign(p=transfer.n_correct / transfer.n_test).pivot_table("p", "task", "train_set")
    chance = stats.friedmanchisquare(*shares.to_numpy().T)
    agreed, _ = curation.shared_order(curation.logits(transfer), 50, np.random.default_rng(0))
    # One tie among sixty ranks, for which scipy corrects.
    assert agreed == pytest.approx(chance.statistic / (10 * 5), rel=0.01)
    assert kept["one-order"]["measured"] == pytest.approx(chance.pvalue, abs=0.01)
    logits = np.log(shares / (1 - shares))
    found = stats.ttest_1samp(logits.in1000 - logits.oi1000, 0)
    assert kept["gold-transfer"]["measured"] == pytest.approx(
        (logits.in1000 - logits.oi1000).mean(), abs=0.01
    )
    assert found.pvalue == pytest.approx(0.052, abs=0.005)


def test_worlds_are_what_they_say(printed, classes):
    one = orders.by_scale(worlds.one_order(printed), "imagenet").dropna()
    assert one.corr(method="spearman").to_numpy().min() == pytest.approx(1)
    alike = worlds.all_alike(printed)
    assert alike.groupby("scale").average.agg(np.ptp).max() == 0
    dealt = worlds.dealt(printed, np.random.default_rng(0))
    assert sorted(dealt.average) == sorted(printed.average)
    behind = worlds.by_counts(classes, "oi1000", np.random.default_rng(0))
    once = np.ones((1, 1000), int)
    assert abs(curation.left_at_equal_counts(behind, "oi1000", once)[0]) < 0.2


def test_scores_exchanged_have_the_printed_correlations(printed):
    other = worlds.as_printed(printed, np.random.default_rng(2))
    found = []
    for measure in orders.MEASURES:
        wide = other.pivot_table(measure, "filter", "scale")
        for pair in orders.PAIRS:
            found.append(stats.spearmanr(*wide[list(pair)].dropna().to_numpy().T).statistic)
    assert found == pytest.approx(orders.PRINTED, abs=0.003)
    assert sorted(other.average) == sorted(printed.average)


def test_one_noise_for_all_scales_is_pooled_by_degrees_of_freedom():
    noise = pd.DataFrame({"variance": [4.0, 1, 1, 1], "free": [5.0, 5, 2, 2]}, list(gains.SCALES))
    pooled = gains.at_all_scales(noise)
    assert pooled.variance.tolist() == pytest.approx([27 / 12] * 4)
    assert set(pooled.free) == {12}


def test_the_interval_of_subsets_holds_what_blind_signs_do_not_refute():
    values = np.random.default_rng(3).normal(0.4, 1, 10)
    found = curation.by_subsets(values)
    signs = 2 * ((np.arange(1024)[:, None] >> np.arange(10)) & 1) - 1
    for centre, refuted in ((found.low - 0.01, True), (found.low + 0.01, False), (found.high + 0.01, True)):
        less = values - centre
        chance = np.mean(abs(signs @ less) >= abs(less.sum()) - 1e-9)
        assert (chance < 0.05) == refuted
