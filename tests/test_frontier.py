"""The frontier: three ways to a known optimum, what they are invariant to, what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from scalinglaws.counting import tokens_from_flops, training_flops
from scalinglaws.frontier import compute_optimal, envelope, exponent, isoflop_optimum
from scalinglaws.laws import chinchilla

LAW = {"E": 1.8, "A": 480.0, "B": 2100.0, "alpha": 0.34, "beta": 0.37}
BUDGETS = np.geomspace(1e17, 1e21, 9)


def losses(flops, n_params):
    """Noise-free losses of the law at a budget."""
    return chinchilla(n_params, tokens_from_flops(flops, n_params), **LAW)


def surface(ratio=1.01):
    """Sizes in fine steps, each at all budgets: rows of flops, n_params, loss."""
    sizes = np.exp(np.arange(np.log(1e6), np.log(1e11), np.log(ratio)))
    flops, n_params = (grid.ravel() for grid in np.meshgrid(BUDGETS, sizes))
    return flops, n_params, losses(flops, n_params)


# --- approach 1


@pytest.mark.parametrize("method", ["hull", "running minimum"])
def test_envelope_finds_the_known_optimum(method):
    flops, n_params, loss = surface()
    rows = envelope(flops, loss, method)
    assert np.allclose(flops[rows], BUDGETS)
    best = compute_optimal(LAW, BUDGETS)
    # Half a step of the sizes, and no more.
    assert np.abs(np.log(n_params[rows] / best.n_params)).max() <= np.log(1.01) / 2 + 1e-9
    assert exponent(flops[rows], n_params[rows]).exponent == pytest.approx(best.a, abs=2e-3)


@pytest.mark.parametrize("method", ["hull", "running minimum"])
def test_envelope_ignores_order_units_and_points_above(method):
    flops, _, loss = surface(1.5)
    rows = envelope(flops, loss, method)
    shuffled = np.random.default_rng(0).permutation(len(flops))
    assert np.array_equal(shuffled[envelope(flops[shuffled], loss[shuffled], method)], rows)
    assert np.array_equal(envelope(flops / 8.64e19, loss, method), rows)
    more = np.r_[flops, 3 * flops.max()], np.r_[loss, 5.0]
    assert np.array_equal(envelope(*more, "hull"), envelope(flops, loss, "hull"))


def test_envelope_falls_and_the_hull_lies_below_all():
    rng = np.random.default_rng(1)
    flops = np.exp(rng.uniform(40, 50, 400))
    loss = 2 + (flops / 1e17) ** -0.1 * rng.uniform(1, 2, 400)
    for method in ("hull", "running minimum"):
        rows = envelope(flops, loss, method)
        assert (np.diff(flops[rows]) > 0).all() and (np.diff(loss[rows]) < 0).all()
        assert loss[rows[-1]] == loss.min()
    hull = envelope(flops, loss)
    left = flops <= flops[hull[-1]]
    line = np.interp(np.log(flops[left]), np.log(flops[hull]), np.log(loss[hull]))
    assert (np.log(loss[left]) >= line - 1e-9).all()
    assert (np.diff(np.diff(np.log(loss[hull])) / np.diff(np.log(flops[hull]))) > 0).all()
    # Every vertex of the falling hull is a running minimum too, where no two points share a stretch.
    assert set(hull) <= set(envelope(flops, loss, "running minimum", stretches=10**6))


def test_envelope_of_awkward_points():
    line = np.array([1.0, 2.0, 4.0, 8.0])
    assert list(envelope(line, 8 / line)[[0, -1]]) == [0, 3]
    assert list(envelope(line, line + 0.5)) == [0]
    assert list(envelope([1, 1, 1], [3, 2, 4], "running minimum")) == [1]
    assert list(envelope([1, 1, 1], [3, 2, 4])) == [1]
    assert list(envelope(line, [3, 2, 2, 1], "running minimum", stretches=1)) == [3]
    with pytest.raises(ValueError, match="one line"):
        envelope([1, 1, 1], [1, 1, 1])


# --- approach 2


@pytest.mark.parametrize(("method", "tolerance"), [("akima", 5e-4), ("parabola", 1e-9)])
def test_isoflop_recovers_the_exponent(method, tolerance):
    best = compute_optimal(LAW, BUDGETS)
    around = np.geomspace(1 / 30, 30, 15)
    found = [
        isoflop_optimum(n * around, losses(c, n * around), method)
        for c, n in zip(BUDGETS, best.n_params, strict=True)
    ]
    assert not any(o.at_edge for o in found)
    # A parabola is biased, but by the same factor at each budget: the exponent is exact.
    line = exponent(BUDGETS, [o.n_params for o in found])
    assert line.exponent == pytest.approx(best.a, abs=tolerance)


def test_akima_finds_the_size_and_a_parabola_that_of_a_symmetric_curve():
    n = compute_optimal(LAW, 1e20).n_params
    sizes = n * np.geomspace(1 / 30, 40, 60)
    found = isoflop_optimum(sizes, losses(1e20, sizes), grid=200)
    assert np.log(found.n_params / n) == pytest.approx(0, abs=3e-3)
    assert found.loss == pytest.approx(losses(1e20, n), rel=1e-6)
    sizes = 1e9 * np.geomspace(0.1, 10, 11)
    bowl = 2 + 0.1 * np.log(sizes / 1.1e9) ** 2
    for points in (3, 7, None):
        vertex = isoflop_optimum(sizes, bowl, "parabola", points=points)
        assert vertex.n_params == pytest.approx(1.1e9, rel=1e-9) and vertex.loss == pytest.approx(2)


@pytest.mark.parametrize("method", ["akima", "parabola"])
def test_a_minimum_at_the_edge_is_never_returned(method):
    sizes = np.geomspace(1e6, 1e9, 8)
    for loss in (np.linspace(4, 2, 8), np.linspace(2, 4, 8)):
        found = isoflop_optimum(sizes, loss, method)
        assert found.at_edge is True and np.isnan(found.n_params) and np.isnan(found.loss)
    with pytest.raises(ValueError, match="n_opt"):
        exponent(BUDGETS[:3], [1e6, 1e7, found.n_params])


def test_a_vertex_that_is_no_minimum_is_at_the_edge():
    found = isoflop_optimum(np.geomspace(1, 1e4, 5), [1, 4, 3.9, 4, 1.1], "parabola", points=None)
    assert found.at_edge
    # The lowest point lies inside, the vertex of the wide parabola does not.
    slope = isoflop_optimum(np.geomspace(1, 1e4, 6), [9, 7, 5.4, 4.1, 2.6, 2.7], "parabola", points=None)
    assert slope.at_edge or slope.n_params < 1e4


@pytest.mark.filterwarnings("ignore:two valleys")
@pytest.mark.parametrize("method", ["akima", "parabola"])
def test_columns_are_resamples(method):
    rng = np.random.default_rng(2)
    sizes = rng.permutation(np.geomspace(1e7, 1e9, 9))
    draws = losses(1e19, sizes)[:, None] * np.exp(rng.normal(0, 0.05, (9, 40)))
    together = isoflop_optimum(sizes, draws, method)
    alone = [isoflop_optimum(sizes, column, method) for column in draws.T]
    assert together.at_edge.any() and not together.at_edge.all()
    for k, name in enumerate(together._fields):
        assert np.allclose(together[k], [o[k] for o in alone], equal_nan=True), name


@pytest.mark.parametrize("method", ["akima", "parabola"])
def test_two_valleys_get_a_word(method, recwarn):
    sizes = np.geomspace(1e6, 1e9, 8)
    bowl = 2 + 0.05 * np.log(sizes / 3e7) ** 2
    isoflop_optimum(sizes, bowl, method)
    # A ripple far below the depth of the curve is noise, not a valley.
    isoflop_optimum(sizes, bowl + 0.005 * (-1) ** np.arange(8), method)
    assert not recwarn.list
    with pytest.warns(UserWarning, match=r"two valleys.*3.728e\+08"):
        isoflop_optimum(sizes, [3.0, 2.5, 2.2, 2.0, 2.4, 2.6, 2.1, 2.9], method)
    with pytest.warns(UserWarning, match="two valleys"):
        isoflop_optimum(sizes, [3.0, 2.5, 2.2, 2.0, 2.4, 2.6, 2.3, 2.1], method)


# --- the exponent, and all three together


def test_intervals_of_the_exponent_cover():
    rng = np.random.default_rng(4)
    inside = 0
    for _ in range(400):
        low, high = exponent(BUDGETS[:4], BUDGETS[:4] ** 0.5 * np.exp(0.1 * rng.normal(size=4))).interval()
        inside += low <= 0.5 <= high
    assert 0.92 <= inside / 400 <= 0.98
    with pytest.raises(ValueError, match="level"):
        exponent(GOOD, GOOD).interval(95)


def test_exponent_is_least_squares():
    rng = np.random.default_rng(3)
    n_opt = 0.1 * BUDGETS**0.5 * np.exp(rng.normal(0, 0.1, 9))
    line = exponent(BUDGETS, n_opt)
    design = np.column_stack([np.log(BUDGETS), np.ones(9)])
    slope, height = np.linalg.lstsq(design, np.log(n_opt), rcond=None)[0]
    assert (line.exponent, line.intercept) == pytest.approx((slope, height), rel=1e-9)
    scatter = np.log(n_opt) - design @ [slope, height]
    se = np.sqrt(scatter @ scatter / 7 * np.linalg.inv(design.T @ design)[0, 0])
    assert line.se == pytest.approx(se, rel=1e-6)
    # A weight of two is the point given twice, whatever the unit of the weights.
    weights = np.r_[2, np.ones(8)]
    twice = exponent(np.r_[BUDGETS, BUDGETS[0]], np.r_[n_opt, n_opt[0]])
    for unit in (1.0, 1e6):
        assert exponent(BUDGETS, n_opt, unit * weights)[:2] == pytest.approx(twice[:2], rel=1e-9)


def test_the_unit_of_compute_moves_the_intercept_only():
    n_opt = 0.1 * BUDGETS**0.5 * np.exp(np.sin(np.arange(9)))
    line, days = exponent(BUDGETS, n_opt), exponent(BUDGETS / 8.64e19, n_opt)
    assert (days.exponent, days.se) == pytest.approx((line.exponent, line.se), rel=1e-9)
    assert days.intercept - line.intercept == pytest.approx(line.exponent * np.log(8.64e19), rel=1e-9)


def test_three_approaches_agree():
    flops, n_params, loss = surface()
    rows = envelope(flops, loss)
    first = exponent(flops[rows], n_params[rows]).exponent
    at = [flops == c for c in BUDGETS]
    second = exponent(BUDGETS, [isoflop_optimum(n_params[k], loss[k]).n_params for k in at]).exponent
    third = compute_optimal(LAW, 1e19).a
    assert (first, second) == pytest.approx((third, third), abs=2e-3)
    assert training_flops(n_params, tokens_from_flops(flops, n_params)) == pytest.approx(flops)


# --- bad input

GOOD = [1.0, 2.0, 3.0]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 0.0, -1.0])
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("call", [envelope, isoflop_optimum, exponent])
def test_values_must_be_positive_and_finite(call, place, wrong):
    columns = [list(GOOD), list(GOOD)]
    columns[place][1] = wrong
    with pytest.raises(ValueError, match="positive and finite"):
        call(*columns)


@pytest.mark.parametrize("call", [envelope, isoflop_optimum, exponent])
def test_columns_must_match_and_be_long_enough(call):
    for columns in ((GOOD, GOOD[:2]), (GOOD[:2], GOOD[:2]), ([], []), (GOOD, 1.0), ([GOOD], [GOOD])):
        with pytest.raises(ValueError, match=r"one length|at least 3|one row"):
            call(*columns)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: envelope(GOOD, GOOD, "upper"), "neither"),
        (lambda: envelope(GOOD, GOOD, "running minimum", 0), "stretches"),
        (lambda: isoflop_optimum(GOOD, GOOD, "cubic"), "neither"),
        (lambda: isoflop_optimum(GOOD, GOOD, grid=1), "grid"),
        (lambda: isoflop_optimum(GOOD, GOOD, "parabola", points=2), "at least 3 points"),
        (lambda: isoflop_optimum([1.0, 2, 2], GOOD), "twice"),
        (lambda: exponent([1.0, 1, 1], GOOD), "same"),
        (lambda: exponent(GOOD, GOOD, [1.0, 0, 1]), "weights must be positive"),
        (lambda: exponent(GOOD, GOOD, [1.0] * 4), "4 weights"),
    ],
)
def test_other_mistakes_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
