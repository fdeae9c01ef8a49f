"""Notebook 41 by other routes: scipy's splines and statsmodels, demeaning, and every flip refitted."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.interpolate import LSQUnivariateSpline
from scipy.stats import norm, t

from replications.u_shaped_scaling.siblings import wild_slope
from scalinglaws import load
from scalinglaws.claims import verdicts

BANDS = {"within-low": (0, 22.5), "within-mid": (22.5, 23.3), "within-high": (23.3, 30)}


@pytest.fixture(scope="module")
def kept():
    return {verdict["id"]: verdict for verdict in verdicts.read("41_u_shaped_scaling")["verdicts"]}


@pytest.fixture(scope="module")
def table():
    scores, dates = load("obs_scaling"), load("model_releases")
    misprint = np.where(scores.model == "cerebras/btlm-3b-8k-base", 1000, 1)
    scores["x"] = np.log10(scores.flops / misprint)
    return scores.merge(dates, on="model").sort_values("x", ignore_index=True)


def robin_hood(x, y):
    """The break, with scipy's spline, its hat matrix column by column, and statsmodels' HC3."""
    knot = [np.median(x)]
    weight = 1e-9 * np.arange(len(x))  # scipy wants x to increase
    hat = np.column_stack(
        [LSQUnivariateSpline(x + weight, unit, knot)(x + weight) for unit in np.eye(len(x))]
    )
    smooth = hat @ y
    error = np.sqrt(((y - smooth) ** 2).sum() / (len(x) - 5) * np.diag(hat))
    inner = (x >= x[len(x) // 10 - 1]) & (x <= x[-(len(x) // 10) - 1])
    lowest = np.flatnonzero(inner)[smooth[inner].argmin()]
    flat = x[inner & (smooth <= smooth[lowest] + error[lowest])]
    middle, certain = np.median(flat), []
    for side in (x <= middle, x > middle):
        line = sm.OLS(y[side], sm.add_constant(x[side])).fit()
        # The two lines are one regression: their t has the degrees of freedom of both.
        ratio = abs(line.params[1] / line.HC3_se[1])
        certain.append(norm.isf(t.sf(ratio, len(x) - 4)))
    return np.quantile(flat, certain[1] / sum(certain))


def test_the_two_lines_with_and_without_the_date(table, kept):
    x, y = table.x.to_numpy(), table.truthfulqa.to_numpy()
    below = x <= robin_hood(x, y)
    slopes = [np.polyfit(x[side], y[side], 1)[0] for side in (below, ~below)]
    assert min(-slopes[0], slopes[1]) == pytest.approx(kept["tq-lines"]["measured"], rel=1e-6)
    arms = [np.where(side, part, 0) for side in (below, ~below) for part in (np.ones_like(x), x)]
    dated = sm.OLS(y, np.column_stack([*arms, table.released - 2023])).fit().params
    assert min(-dated[1], dated[3]) == pytest.approx(kept["tq-dated"]["measured"], rel=1e-6)


def test_the_share_on_a_falling_arm(table, kept):
    c, b, _ = np.polyfit(table.x, table.truthfulqa, 2)
    below = table[table.x <= -b / (2 * c)]
    assert c > 0 and np.polyfit(below.x, below.truthfulqa, 1)[0] < 0
    assert len(below) / len(table) == pytest.approx(kept["tq-parabola"]["measured"])


@pytest.mark.parametrize("claim", BANDS)
def test_slopes_among_siblings_by_demeaning(table, kept, claim):
    low, high = BANDS[claim]
    rows = table[(table.x >= low) & (table.x < high)]
    rows = rows[rows.groupby("family").x.transform("size") > 1]
    x, y = (rows[c] - rows.groupby("family")[c].transform("mean") for c in ("x", "truthfulqa"))
    slope = (x * y).sum() / (x * x).sum()
    scores = (x * (y - slope * x)).groupby(rows.family).sum()
    groups, n = len(scores), len(rows)
    correction = groups / (groups - 1) * (n - 1) / (n - groups - 1)
    error = np.sqrt(correction * (scores**2).sum()) / (x * x).sum()
    half = t.ppf(0.975, groups - 1) * error
    assert slope == pytest.approx(kept[claim]["measured"], rel=1e-6)
    assert (slope - half, slope + half) == pytest.approx((kept[claim]["low"], kept[claim]["high"]), rel=1e-6)


def refitted_p(x, y, groups, null):
    """The wild bootstrap's p-value with every world built and fitted in full."""
    dummies = np.eye(groups.max() + 1)[groups]
    columns = np.column_stack([x, dummies])

    def statistic(values):
        fit = sm.OLS(values, columns).fit(cov_type="cluster", cov_kwds={"groups": groups})
        return abs(fit.params[0] - null) / fit.bse[0]

    restricted = sm.OLS(y - null * x, dummies).fit()
    seen = statistic(y)
    flipped = [
        statistic(null * x + restricted.fittedvalues + restricted.resid * np.array(signs)[groups])
        for signs in itertools.product([1, -1], repeat=groups.max() + 1)
    ]
    return np.mean(np.array(flipped) >= seen * (1 - 1e-9))


def test_the_wild_bootstrap_is_that_of_refitted_worlds_and_its_interval_inverts_it():
    rng = np.random.default_rng(3)
    groups = np.repeat(np.arange(7), 3)
    x = rng.normal(size=21)
    y = 0.5 * x + rng.normal(size=7)[groups] * (1 + 0.3 * x) + 0.2 * rng.normal(size=21)
    found = wild_slope(x, y, groups)
    assert found.p == pytest.approx(refitted_p(x, y, groups, 0.0))
    for end, inward in ((found.low, 1), (found.high, -1)):
        assert (
            refitted_p(x, y, groups, end + inward * 0.01)
            > 0.05
            >= refitted_p(x, y, groups, end - inward * 0.01)
        )


def test_too_few_families_reject_no_slope_and_nonsense_is_refused():
    x, groups = np.arange(8.0), np.repeat(np.arange(4), 2)
    found = wild_slope(x, x + np.array([0, 0.1, 0, 0, 0, 0.3, 0, 0.1]), groups)
    assert (found.low, found.high) == (-np.inf, np.inf) and found.p == 1 / 8
    with pytest.raises(ValueError, match="2 to 16 groups"):
        wild_slope(x, x, np.zeros(8))
    with pytest.raises(ValueError, match="does not vary"):
        wild_slope(groups.astype(float), x, groups)
