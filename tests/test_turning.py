"""Two lines and their break: right answers and refusals."""

import numpy as np
import pytest
import statsmodels.api as sm

from scalinglaws.turning import quadratic, robin_hood, two_lines

X = np.linspace(0.0, 4.0, 60)


def noisy(curve, seed=0, scale=0.1):
    return curve + scale * np.random.default_rng(seed).standard_normal(len(curve))


def test_an_exact_parabola_is_recovered():
    found = quadratic(X, 0.3 * (X - 2.5) ** 2 + 1)
    assert found.curvature == pytest.approx(0.3) and found.vertex == pytest.approx(2.5)


def test_two_exact_lines_are_recovered():
    found = two_lines(X, np.where(X <= 2, -0.5 * X, 3 * X + 7), 2.0)
    assert found.below == pytest.approx(-0.5) and found.above == pytest.approx(3)
    assert (found.n_below, found.n_above) == (30, 30)


def test_each_line_is_the_ordinary_regression_of_its_side():
    y = noisy(np.abs(X - 1.5))
    found = two_lines(X, y, 1.5)
    assert found.below == pytest.approx(np.polyfit(X[X <= 1.5], y[X <= 1.5], 1)[0])
    assert found.above == pytest.approx(np.polyfit(X[X > 1.5], y[X > 1.5], 1)[0])
    assert found.below_interval[0] < found.below < found.below_interval[1]


def test_points_of_one_group_tell_nothing_about_their_error():
    found = two_lines(X, noisy(X), 2.0, np.where(X <= 2, "one", np.arange(60).astype(str)))
    assert found.below_interval == (-np.inf, np.inf) and found.p_below == 1
    assert np.isfinite(found.above_interval).all()


def test_a_single_group_tells_nothing_about_either_line():
    found = two_lines(X, noisy(np.abs(X - 1.5)), 1.5, np.zeros(60))
    assert found.below_interval == found.above_interval == (-np.inf, np.inf)
    assert found.p_below == found.p_above == 1


def test_copies_in_one_group_do_not_narrow_the_interval():
    y = noisy(np.abs(X - 2))
    once = two_lines(X, y, 2.0, np.arange(60))
    twice = two_lines(np.tile(X, 2), np.tile(y, 2), 2.0, np.tile(np.arange(60), 2))
    naive = two_lines(np.tile(X, 2), np.tile(y, 2), 2.0)
    width = [np.ptp(lines.below_interval) for lines in (once, twice, naive)]
    assert width[1] == pytest.approx(width[0], rel=0.05) and width[2] < 0.8 * width[0]


@pytest.mark.parametrize("foot", [1.2, 2.0, 2.8])
def test_the_break_is_near_the_foot_of_a_v(foot):
    assert robin_hood(X, noisy(np.abs(X - foot), scale=0.05)) == pytest.approx(foot, abs=0.4)


def test_an_inverted_u_is_the_mirror_image():
    y = noisy(np.abs(X - 2))
    assert robin_hood(X, y) == robin_hood(X, -y, "inverted U")


def test_the_break_leaves_room_for_two_lines():
    for curve in (X, -X, np.exp(X), np.zeros(60)):
        found = two_lines(X, noisy(curve), robin_hood(X, noisy(curve)))
        assert min(found.n_below, found.n_above) >= 6


def test_eight_points_are_enough():
    x = np.arange(8.0)
    assert 2 <= robin_hood(x, np.abs(x - 4)) <= 5


def test_a_rising_curve_is_no_u_though_its_parabola_opens_upward():
    ups = 0
    for seed in range(100):
        y = noisy(np.exp(X) / 20, seed)
        lines = two_lines(X, y, robin_hood(X, y))
        ups += lines.below_interval[1] < 0 and lines.above_interval[0] > 0
        assert quadratic(X, y).curvature > 0
    assert ups <= 8


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: quadratic([1, 1, 2], [1, 2, 3]), "different x"),
        (lambda: two_lines(X, X, 4.0), "three different x"),
        (lambda: two_lines(X, np.full(60, np.nan), 2.0), "finite"),
        (lambda: robin_hood(X, X, "V"), "shape"),
        (lambda: robin_hood(X[:5], X[:5]), "different x"),
    ],
)
def test_nonsense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("groups", [None, np.arange(60) % 9])
def test_two_lines_have_the_errors_of_statsmodels(groups):
    y = noisy(np.abs(X - 1.5), scale=0.4)
    found = two_lines(X, y, 1.5, groups)
    above = X > 1.5
    columns = np.column_stack([~above, above, np.where(above, 0, X), np.where(above, X, 0)]).astype(float)
    how = {"cov_type": "HC3"} if groups is None else {"cov_type": "cluster", "cov_kwds": {"groups": groups}}
    fit = sm.OLS(y, columns).fit(use_t=True, **how)
    ours = [*found.below_interval, *found.above_interval, found.p_below, found.p_above]
    np.testing.assert_allclose(ours, [*fit.conf_int()[2:].ravel(), *fit.pvalues[2:]], rtol=1e-9)
