"""Estimates: what they hold, and that the interval of each kind covers what it says."""

import numpy as np
import pytest
from scipy import stats

from scalinglaws import bootstrap, fit
from scalinglaws.claims.claim import Claim
from scalinglaws.claims.mutation import Mutation
from scalinglaws.claims.replication import Replication
from scalinglaws.claims.stated import Stated
from scalinglaws.laws import power_law
from scalinglaws.uncertainty import (
    Estimate,
    cluster_counts,
    cluster_interval,
    cluster_resamples,
    distance,
    every_resample,
    from_draws,
    from_left_out,
    of_mean,
    of_share,
    of_slope,
    weighted_ends,
)

X = np.geomspace(1e6, 1e9, 12)
Y = 50 * X**-0.2 * np.exp(0.01 * np.random.default_rng(0).normal(size=12))


def test_the_mean_of_a_normal_sample_is_covered_as_often_as_said():
    rng = np.random.default_rng(1)
    found = [of_mean(row, "seeds") for row in rng.normal(3, 2, (2000, 4))]
    assert 0.94 <= np.mean([one.low <= 3 <= one.high for one in found]) <= 0.96


def test_the_slope_of_a_line_is_covered_as_often_as_said():
    rng, x = np.random.default_rng(2), np.arange(6.0)
    found = [of_slope(x, 0.5 * x + rng.normal(size=6), "points") for _ in range(2000)]
    assert 0.94 <= np.mean([one.low <= 0.5 <= one.high for one in found]) <= 0.96
    line = stats.linregress(x, x**2)
    assert of_slope(x, x**2, "points").value == line.slope


def test_draws_give_their_percentiles_and_always_hold_the_number():
    draws = np.linspace(0, 1, 1001)
    assert (from_draws(0.5, draws, "rows").low, from_draws(0.5, draws, "rows").high) == pytest.approx(
        (0.025, 0.975)
    )
    assert from_draws(2.0, draws, "rows").high == 2.0 and from_draws(-1.0, draws, "rows").low == -1.0
    assert from_draws(0.5, draws, "rows", level=0.9).low == pytest.approx(0.05)
    assert from_draws(0.5, [*draws, np.nan], "rows").low == from_draws(0.5, draws, "rows").low


def test_a_jackknife_of_a_mean_is_students_interval_of_it():
    x = np.random.default_rng(5).normal(3, 2, 7)
    left_out = [np.delete(x, k).mean() for k in range(7)]
    mean = of_mean(x, "seeds")
    for corrected in (False, True):
        found = from_left_out(x.mean(), left_out, "seeds", corrected=corrected)
        assert (found.value, found.low, found.high) == pytest.approx((mean.value, mean.low, mean.high))


def test_a_corrected_jackknife_takes_out_the_bias_of_a_plain_variance():
    x = np.random.default_rng(6).normal(0, 2, 9)
    left_out = [np.delete(x, k).var() for k in range(9)]
    plain, corrected = (from_left_out(x.var(), left_out, "seeds", corrected=c) for c in (False, True))
    assert (plain.low + plain.high) / 2 == pytest.approx(x.var())
    assert (corrected.low + corrected.high) / 2 == pytest.approx(x.var(ddof=1))


def test_the_exact_interval_of_a_share_is_that_of_clopper_and_pearson():
    found = of_share(3, 20, "worlds")
    assert found.value == 0.15
    assert found.low == pytest.approx(stats.beta.ppf(0.025, 3, 18))
    assert found.high == pytest.approx(stats.beta.ppf(0.975, 4, 17))
    assert (of_share(0, 20, "worlds").low, of_share(20, 20, "worlds").high) == (0, 1)


def test_every_resample_of_few_is_the_bootstrap_that_many_draws_approach():
    values = np.random.default_rng(7).normal(size=6)
    samples, orders = every_resample(6)
    assert samples.shape == (462, 6) and orders.sum() == 6**6
    drawn = np.random.default_rng(8).integers(6, size=(200_000, 6))
    for statistic, far in ((np.median, 0), (np.mean, 0.01)):
        ends = weighted_ends(statistic(values[samples], axis=1), orders)
        sampled = np.quantile(statistic(values[drawn], axis=1), [0.025, 0.975])
        assert ends == pytest.approx(sampled, abs=far)
    assert weighted_ends(np.array([np.nan, 2.0, 1.0]), np.array([100.0, 1.0, 1.0])) == (1, 2)


def test_it_prints_as_a_number_with_its_interval():
    assert f"{Estimate(0.35, 0.3, 0.4, 'seeds'):.2f}" == "0.35 [0.30, 0.40]"
    assert str(Estimate(1234.5, 1000, np.inf, "seeds")) == "1.23e+03 [1e+03, inf]"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Estimate(2.0, 0.0, 1.0, "seeds"), "no number with an interval"),
        (lambda: Estimate(np.nan, 0.0, 1.0, "seeds"), "no number"),
        (lambda: Estimate(0.5, np.nan, 1.0, "seeds"), "no number"),
        (lambda: Estimate(0.5, 0.0, 1.0, " "), "how"),
        (lambda: from_draws(0.0, np.full(100, np.nan), "seeds"), "0 are numbers"),
        (lambda: from_draws(0.0, np.zeros(39), "seeds"), "at least 40"),
        (lambda: of_mean([1.0], "seeds"), "two finite numbers"),
        (lambda: of_mean([1.0, np.inf], "seeds"), "two finite numbers"),
        (lambda: from_left_out(1.0, [1.0], "seeds"), "two finite numbers"),
        (lambda: from_left_out(1.0, [1.0, np.nan], "seeds"), "two finite numbers"),
        (lambda: of_slope([1, 2], [1, 2], "points"), "three points"),
        (lambda: of_slope([1, 1, 1], [1, 2, 3], "points"), "identical"),
        (lambda: list(cluster_resamples(["a", "a"], 1, np.random.default_rng(0))), "at least two"),
        (lambda: cluster_interval(no_line, [1, 2], 5, np.random.default_rng(0)), "any resample"),
    ],
)
def test_what_is_no_estimate_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def no_line(rows):
    raise ValueError("no line")


def test_counts_are_those_of_whole_groups_and_give_the_interval_that_their_resamples_give():
    groups = np.repeat(["c", "a", "b", "d", "e"], [1, 3, 2, 4, 2])
    counts = cluster_counts(groups, 4000, np.random.default_rng(3))
    assert counts.shape == (4000, 12) and np.issubdtype(counts.dtype, np.integer)
    for name in set(groups):
        assert (counts[:, groups == name] == counts[:, groups == name][:, :1]).all()
    first = np.unique(groups, return_index=True)[1]
    assert (counts[:, first].sum(axis=1) == 5).all()
    values = np.arange(12.0) ** 2
    rows = cluster_resamples(groups, 4000, np.random.default_rng(4))
    ends = [
        np.quantile(each, [0.025, 0.5, 0.975])
        for each in (counts @ values / counts.sum(axis=1), [values[drawn].mean() for drawn in rows])
    ]
    assert ends[0] == pytest.approx(ends[1], rel=0.04)
    with pytest.raises(ValueError, match="at least two"):
        cluster_counts(["one", "one"], 10, np.random.default_rng(0))


def test_fits_and_their_resamples_give_estimates_that_name_them():
    found = fit(power_law, {"x": X, "loss": Y})
    wald = found.estimate("alpha")
    assert (wald.low, wald.high) == found.interval("alpha") and wald.value == found["alpha"]
    assert wald.fit is found and "Wald" in wald.how
    drawn = bootstrap(found, 60, seed=0)
    resampled = drawn.estimate(lambda p: p["alpha"])
    assert resampled.value == found["alpha"] and resampled.fit is drawn and "60 resamples" in resampled.how
    assert (resampled.low, resampled.high) == drawn.interval("alpha")


def test_a_claim_takes_an_estimate_with_its_interval_and_how_it_was_come_by():
    claim = Claim(
        "slope", "it falls", "-", source="p. 1", why="a direction", evidence="theory", role="independent",
        group="slope", kind="sign",
    )  # fmt: skip
    paper = Replication(
        "00_example", Stated("It falls [slope].", (claim,), (Mutation("x", ("slope",), "add"),))
    )
    assert paper.measured("slope", Estimate(-0.5, -0.9, -0.1, "seeds")) == "replicated"
    kept = paper.found["slope"]
    assert kept.interval == (-0.9, -0.1) and kept.how == "seeds" and kept.record()["how"] == "seeds"
    assert paper.measured("slope", Estimate(-0.5, -0.9, 0.1, "seeds")) == "inconclusive"


def test_groups_are_drawn_whole():
    groups = np.array(list("aabbbc"))
    for rows in cluster_resamples(groups, 50, np.random.default_rng(0)):
        drawn = groups[rows]
        assert all((drawn == name).sum() % size == 0 for name, size in (("a", 2), ("b", 3), ("c", 1)))


def test_the_cluster_interval_covers_where_the_naive_one_does_not():
    groups, hits = np.repeat(np.arange(30), 8), np.zeros(2)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        y = rng.standard_normal(30)[groups] + 0.3 * rng.standard_normal(240)
        for kind, labels in enumerate((groups, np.arange(240))):
            low, high = cluster_interval(lambda i, y=y: y[i].mean(), labels, 200, rng)
            hits[kind] += low[0] <= 0 <= high[0]
    assert 0.89 <= hits[0] / 200 <= 0.99 and hits[1] / 200 < 0.75


def test_samples_that_fail_widen_the_interval():
    def statistic(rows):
        if 0 not in rows:
            raise ValueError("no line")
        return 1.0

    low, high = cluster_interval(statistic, np.arange(5), 200, np.random.default_rng(0))
    assert low[0] == -np.inf and high[0] == np.inf


def test_the_distance_from_a_target_has_the_interval_that_follows():
    across, apart = Estimate(0.9, 0.2, 1.6, "x"), Estimate(1.6, 1.1, 2.2, "x")
    assert (distance(across, 1).low, distance(across, 1).high) == pytest.approx((0.0, 0.8))
    assert (distance(apart, 1).low, distance(apart, 1).high) == pytest.approx((0.1, 1.2))
