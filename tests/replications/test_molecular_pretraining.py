"""Gains of molecular transformers against loops over the tables, and the tests of the repository by counting orders."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from replications.molecular_pretraining import gains, printed, questions, theirs, worlds
from scalinglaws import load


@pytest.fixture(scope="module")
def tables():
    return load("molecular_adaptation"), load("molecular_rivals")


@pytest.fixture(scope="module")
def errors(tables):
    return gains.errors(*tables)


def one(table, dataset, objective, size, adaptation):
    """MAE of each fold, random split and random forest, by selection."""
    same = {"split": "random", "head": "random-forest", "dataset": dataset}
    same |= {"objective": objective, "size": size, "adaptation": adaptation}
    for column, value in same.items():
        table = table[table[column] == value]
    return table.sort_values("fold").mae.to_numpy()


def mean_gain(table, before, after):
    """Mean logarithm of the ratio of errors on each endpoint."""
    of = [
        np.mean([np.mean(np.log(one(table, d, *before) / one(table, d, *after))) for d in those])
        for those in gains.ENDPOINTS.values()
    ]
    return np.array(of)


@pytest.mark.parametrize(
    ("id", "before", "after"),
    [
        ("gain-mlm", ("none", 0, "none"), ("mlm", 30, "none")),
        ("flat-mlm", ("mlm", 30, "none"), ("mlm", 100, "none")),
        ("gain-mtr", ("none", 0, "none"), ("mtr", 30, "none")),
        ("flat-mtr", ("mtr", 30, "none"), ("mtr", 100, "none")),
        ("da-endpoints", ("mlm", 30, "none"), ("mlm", 30, "MTR")),
        ("da-mtr-base", ("mtr", 30, "none"), ("mtr", 30, "MTR")),
        ("over-pretraining", ("mtr", 30, "none"), ("mlm", 30, "MTR")),
    ],
)
def test_gains_by_selection_and_the_wider_interval(tables, errors, id, before, after):
    values = mean_gain(tables[0], before, after)
    both = [by_endpoints(values), by_folds(tables[0], before, after)]
    low, high = max(both, key=lambda it: it[1] - it[0])
    expected = [100 * (1 - np.exp(-it)) for it in (values.mean(), low, high)]
    found = questions.of_all(errors)[id]
    assert [found.value, found.low, found.high] == pytest.approx(expected)


def test_slope_over_runs_by_regression(tables, errors):
    rows = [
        {
            "objective": objective,
            "x": np.log(size),
            "y": np.mean(
                [
                    np.mean([np.log(one(tables[0], d, objective, size, "none")).mean() for d in those])
                    for those in gains.ENDPOINTS.values()
                ]
            ),
        }
        for objective in ("mlm", "mtr")
        for size in (30, 60, 100)
    ]
    fit = smf.ols("y ~ x + objective", pd.DataFrame(rows)).fit()
    low, high = fit.conf_int().loc["x"]
    expected = [100 * (1 - np.exp(it * np.log(10 / 3))) for it in (fit.params["x"], high, low)]
    found = questions.over_runs(errors)
    assert [found.value, found.low, found.high] == pytest.approx(expected)


def test_p_values_of_the_repository_by_counting_orders(tables):
    def p(a, b):
        both = np.concatenate([a, b])
        wins = (a[:, None] > b).sum()
        far = [
            abs((both[list(it)][:, None] > np.delete(both, list(it))).sum() - 12.5) >= abs(wins - 12.5)
            for it in combinations(range(10), 5)
        ]
        return np.mean(far)

    table = tables[0].query("split == 'random' and `head` == 'random-forest' and adaptation == 'none'")
    for objective, those in printed.SIZES.items():
        for dataset, expected in those.items():
            rows = table[(table.dataset == dataset) & table.objective.isin([objective, "none"])]
            folds = [rows[rows["size"] == size].r2.to_numpy() for size in (0, 30, 60, 100)]
            plain = np.array([p(*pair) for pair in combinations(folds, 2)])
            order = np.argsort(plain)
            holm = np.empty(6)
            holm[order] = np.minimum(1, np.maximum.accumulate(plain[order] * np.arange(6, 0, -1)))
            assert holm == pytest.approx(expected, abs=5.1e-4)


def test_pairs_of_rivals_are_those_printed(tables):
    errors = gains.errors(*tables, measure="r2")
    found = theirs.pairs(errors, [questions.ADAPTED, *questions.RIVALS.values()])
    for dataset, expected in printed.RIVALS.items():
        assert found.loc[dataset].to_numpy() == pytest.approx(expected, abs=5.1e-4)


def test_least_p():
    assert theirs.least_p(5, 6) == pytest.approx(0.0476, abs=1e-4)
    p = stats.mannwhitneyu(range(5), range(5, 10)).pvalue
    assert theirs.least_p(5, 1) == pytest.approx(p)


def test_corrected_error_is_two_and_a_quarter_times_the_variance():
    values = np.array([0.1, 0.3, 0.2, 0.5, 0.0])
    assert gains.corrected_error(values) ** 2 == pytest.approx(2.25 * stats.sem(values) ** 2)


def test_one_endpoint_by_hand(tables, errors):
    ratio = np.log(
        one(tables[0], "Solubility", "mlm", 30, "none") / one(tables[0], "Solubility", "mlm", 30, "MTR")
    )
    half = stats.t.ppf(1 - 0.0125 / 2, 4) * 1.5 * stats.sem(ratio)
    found = questions.of_each(errors)["da-solubility"]
    expected = [100 * (1 - np.exp(-it)) for it in (ratio.mean(), ratio.mean() - half, ratio.mean() + half)]
    assert [found.value, found.low, found.high] == pytest.approx(expected)


def by_endpoints(values):
    low, high = stats.ttest_1samp(values, 0).confidence_interval()
    return low, high


def by_folds(table, before, after):
    """Interval of the mean over endpoints from the noise of folds, by loops."""
    variances = []
    for those in gains.ENDPOINTS.values():
        noise = [
            stats.sem(np.log(one(table, d, *before) / one(table, d, *after))) * np.sqrt(5 * (1 / 5 + 1 / 4))
            for d in those
        ]
        variances.append((np.mean(noise) / 4) ** 2)
    free = sum(variances) ** 2 / sum(it**2 / 4 for it in variances)
    half = stats.t.ppf(0.975, free) * np.sqrt(sum(variances))
    mean = mean_gain(table, before, after).mean()
    return mean - half, mean + half


def test_planted_means_and_signs(errors):
    gain = errors["mlm 30"] - errors["mlm 100"]
    world = worlds.moved(gain, 0.1)
    assert gains.across(world).value == pytest.approx(10)
    assert gains.of_endpoints(world).std() == pytest.approx(gains.of_endpoints(gain).std())
    folds = gain.index.get_level_values("fold")
    always = worlds.falsely_seen(gain, folds, lambda it: gains.Estimate(1, 1, 1, "typed"))
    most = worlds.falsely_seen(
        gain * 0 + 1, folds, lambda it: gains.Estimate(it.mean(), it.mean() - 0.4, it.mean() + 1, "typed")
    )
    # The mean of five signs is above 0.4 where four or five of them are +.
    assert always == 1
    assert most == pytest.approx(6 / 32)
    assert gains.of_endpoints(worlds.level_each(gain)).to_numpy() == pytest.approx(0, abs=1e-12)


def test_worse_objective_is_never_the_rival(errors):
    rival = gains.of_endpoints(questions.better_of_others(errors))
    both = [gains.of_endpoints(errors["mlm 30"] - errors[f"mlm 30 {it}"]) for it in ("MLM", "CL")]
    assert rival.to_numpy() == pytest.approx(np.maximum(*both).to_numpy())


def test_counts_are_those_printed(tables):
    every = gains.under_all_choices(*tables)
    for choice, expected in printed.COUNTS.items():
        if choice in every:
            found = theirs.differing(every[choice], questions.ADAPTED, list(questions.RIVALS.values()))
            assert tuple(found[:2]) == expected


def test_descriptors_are_read_by_a_forest(tables):
    every = gains.under_all_choices(*tables)
    svm, forest = every["SVM", "random", "MAE"], every["forest", "random", "MAE"]
    found = questions.over_adapted(svm, forest)["PhysChem"]
    expected = gains.of_endpoints(svm[questions.ADAPTED] - forest["PhysChem"]).mean()
    assert found.value == pytest.approx(100 * (1 - np.exp(-expected)))


def test_errors_refuse_a_model_that_stands_twice(tables):
    with pytest.raises(ValueError, match="two figures"):
        gains.errors(pd.concat([tables[0], tables[0]]), tables[1])


def test_a_planted_fall_is_the_slope(errors):
    world = worlds.falling(errors, 0.1)
    before, after = (questions.over_runs(it) for it in (errors, world))
    assert 1 - after.value / 100 == pytest.approx(0.9 * (1 - before.value / 100))
