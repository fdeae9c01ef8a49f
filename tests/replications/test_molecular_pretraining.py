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
def test_gains_by_selection_and_t_test(tables, errors, id, before, after):
    values = mean_gain(tables[0], before, after)
    low, high = stats.ttest_1samp(values, 0).confidence_interval()
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
    errors = gains.errors(*tables, measure="rmse")
    found = theirs.pairs(errors, [questions.ADAPTED, *questions.RIVALS.values()])
    for dataset, expected in printed.RIVALS.items():
        assert found.loc[dataset].to_numpy() == pytest.approx(expected, abs=5.1e-4)


def test_least_p():
    assert theirs.least_p(5, 6) == pytest.approx(0.0476, abs=1e-4)
    p = stats.mannwhitneyu(range(5), range(5, 10)).pvalue
    assert theirs.least_p(5, 1) == pytest.approx(p)


def test_an_improvement_without_end_is_seen_and_none_is_not(tables):
    errors = gains.errors(*tables, measure="rmse")
    assert theirs.seen(errors, ["mlm 30", "mtr 30"], 0.99) == 12
    assert theirs.seen(errors, ["mlm 30", "mtr 30"], 0.0) == 0


def test_corrected_error_is_two_and_a_quarter_times_the_variance():
    values = np.array([0.1, 0.3, 0.2, 0.5, 0.0])
    assert gains.corrected_error(values) ** 2 == pytest.approx(2.25 * stats.sem(values) ** 2)


def test_one_endpoint_by_hand(tables, errors):
    ratio = np.log(
        one(tables[0], "Solubility", "mlm", 30, "none") / one(tables[0], "Solubility", "mlm", 30, "MTR")
    )
    half = stats.t.ppf(1 - 0.0125 / 2, 4) * 1.5 * stats.sem(ratio)
    found = questions.of_adaptation(errors)["da-solubility"]
    expected = [100 * (1 - np.exp(-it)) for it in (ratio.mean(), ratio.mean() - half, ratio.mean() + half)]
    assert [found.value, found.low, found.high] == pytest.approx(expected)


def test_distance_folds_the_interval(errors):
    gain = errors["mlm 30"] - errors["mlm 100"]
    plain = gains.across(gain)
    assert plain.low < 0 < plain.high
    assert gains.distance(gain).low == 0
    assert gains.distance(gain).high == pytest.approx(max(plain.high, -plain.low))


def test_worlds(errors):
    world = worlds.level(errors, "mlm 30", ["MolBERT"])
    gain = world["mlm 30"] - world["MolBERT"]
    assert gains.across(gain).value == pytest.approx(0, abs=1e-12)
    assert gain.std() == pytest.approx((errors["mlm 30"] - errors["MolBERT"]).std())
    better = worlds.better(errors, ["mlm 100"], 0.1)
    assert np.exp(better["mlm 100"] - errors["mlm 100"]).to_numpy() == pytest.approx(0.9)
    back = worlds.in_every_other_fold(
        worlds.in_every_other_fold(errors, "mlm 30", "mlm 100"), "mlm 30", "mlm 100"
    )
    pd.testing.assert_frame_equal(back, errors)


def test_errors_refuse_a_model_that_stands_twice(tables):
    with pytest.raises(ValueError, match="two figures"):
        gains.errors(pd.concat([tables[0], tables[0]]), tables[1])


def test_a_planted_fall_is_the_slope(errors):
    world = worlds.falling(errors, 0.1)
    before, after = (questions.over_runs(it) for it in (errors, world))
    assert 1 - after.value / 100 == pytest.approx(0.9 * (1 - before.value / 100))
