"""The least width: errors, floors and written networks by brute force, without the notebook and without breakpoints."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from replications.minimum_width import crossings, written
from replications.minimum_width.networks import Network, curve_errors, surface_error
from replications.minimum_width.restarts import least_of_fewer
from replications.minimum_width.targets import SHORT_ARMS, TARGETS, constant, shortened, straight, trefoil
from scalinglaws import load
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return load("minimum_width_small")


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {verdict["id"]: verdict for verdict in verdicts.read("75_minimum_width")["verdicts"]}


def drawn_at_random(rng: np.random.Generator, sizes: list[int], slope: float) -> Network:
    """A network with Gaussian weights of unit gain."""
    pairs = itertools.pairwise(sizes)
    return Network(
        [(rng.standard_normal((o, i)) / math.sqrt(i), rng.standard_normal(o) / 2) for i, o in pairs], slope
    )


def forward(network: Network, x: np.ndarray) -> np.ndarray:
    """Outputs (outputs, points), written out neuron by neuron."""
    for k, (weights, bias) in enumerate(network.layers):
        rows = [
            sum(w * h for w, h in zip(row, x, strict=True)) + b for row, b in zip(weights, bias, strict=True)
        ]
        hidden = k + 1 < len(network.layers)
        x = np.array([np.maximum(r, network.slope * r) if hidden else r for r in rows])
    return x


def arms(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Times along the horizontal and along the vertical arm of the crossing curve, whose length is 6."""
    return np.linspace(0, 2 / 6, count), np.linspace(4 / 6, 1, count)


def winding(network: Network, count: int = 4001) -> float:
    """Turns that the difference of two arms makes about zero, once round the square of their parameters."""
    s, u = arms(count)
    first, second = forward(network, s[None]), forward(network, u[None])
    sides = [
        first - second[:, :1],
        first[:, -1:] - second,
        (first - second[:, -1:])[:, ::-1],
        (first[:, :1] - second)[:, ::-1],
    ]
    path = np.hstack(sides)
    angle = np.unwrap(np.arctan2(path[1], path[0]))
    return (angle[-1] - angle[0]) / (2 * math.pi)


def test_curve_errors_are_those_of_a_dense_grid():
    rng, t, target = np.random.default_rng(1), np.linspace(0, 1, 200_001), TARGETS["crossing"]
    for slope in (0.0, 0.2):
        for width in (2, 3):
            network = drawn_at_random(rng, [1] + [width] * 5 + [2], slope)
            error = forward(network, t[None]) - np.array(
                [np.interp(t, target.times, c) for c in target.corners.T]
            )
            largest, square = curve_errors(network, target)
            assert largest >= np.abs(error).max() - 1e-12
            assert largest == pytest.approx(np.abs(error).max(), abs=1e-3)
            assert square == pytest.approx(math.sqrt((error**2).sum(0).mean()), rel=1e-4)


@pytest.mark.parametrize("name", ["bump", "valley"])
def test_surface_errors_are_those_of_a_dense_grid(name):
    rng, side = np.random.default_rng(2), np.linspace(-1, 1, 401)
    x = np.stack(np.meshgrid(side, side)).reshape(2, -1)
    goal = 1 - (x**2).sum(0) if name == "bump" else x[1] + x[0] ** 2
    for width in (2, 3):
        network = drawn_at_random(rng, [2] + [width] * 4 + [1], 0.2)
        on_grid = np.abs(forward(network, x)[0] - goal).max()
        assert on_grid - 1e-12 <= surface_error(network, TARGETS[name]) <= on_grid + 0.02


def test_width_two_never_winds_and_the_crossing_does():
    rng = np.random.default_rng(3)
    assert abs(winding(written.followed(TARGETS["crossing"]))) == pytest.approx(1, abs=1e-6)
    for _ in range(40):
        network = drawn_at_random(rng, [1, 2, 2, 2, 2, 2], 0.2)
        assert winding(network) == pytest.approx(0, abs=1e-6)
        assert curve_errors(network, TARGETS["crossing"])[0] >= 0.5
        assert crossings.self_crossings(forward(network, np.linspace(0, 1, 300)[None])) == 0


def test_a_curve_just_above_the_floor_crosses_nothing():
    # The first arm lowered by half a unit, the last one stopped above it: the floor cannot be raised.
    shift = 1e-3
    corners = np.array([[-1, -0.5 - shift], [1, -0.5 - shift], [1, 1], [0, 1], [0, -0.5]], float)
    target = TARGETS["crossing"]
    at = np.array([0, 2, 3, 4, 5.5, 6]) / 6
    curve = np.vstack([corners, corners[-1:]])
    t = np.linspace(0, 1, 6001)
    found = np.array([np.interp(t, at, c) for c in curve.T])
    assert np.abs(found - target(t)).max() == pytest.approx(0.5 + shift, abs=1e-9)
    assert crossings.self_crossings(corners.T) == 0


def test_with_a_shorter_arm_half_of_it_is_enough_and_a_straight_line_is_not():
    for arm in SHORT_ARMS.values():
        corners = shortened(arm)
        low = -arm / 2 - 1e-3
        nearby = np.array([[-1, low], [1, low], [1, 1], [0, 1], [0, -arm / 2]])
        assert np.abs(nearby - corners).max() == pytest.approx(arm / 2 + 1e-3)
        assert crossings.self_crossings(nearby.T) == 0
        # Of lines y = slope * x + height, by their largest error at the corners.
        slope, height = np.meshgrid(np.linspace(-3, 3, 301), np.linspace(-1, 1, 201))
        miss = np.abs(corners[:, 1, None, None] - slope * corners[:, 0, None, None] - height) / (
            1 + np.abs(slope)
        )
        assert straight(corners) == pytest.approx(miss.max(0).min(), abs=1e-3) == pytest.approx(0.5, abs=1e-3)


def test_the_best_constant():
    known = {"crossing": 1, "uncrossed": 1.5, "absolute": 0.5, "bump": 1, "valley": 1.5}
    assert {name: constant(name) for name in known} == pytest.approx(known)


def test_fewer_restarts_find_less():
    rng = np.random.default_rng(4)
    errors = {6: np.arange(48.0), 12: np.arange(100.0, 148.0)}
    drawn = least_of_fewer(errors, rng, draws=4000)
    assert np.mean(drawn == 0) == pytest.approx(16 / 48, abs=0.03)
    assert drawn.max() <= 32


def test_a_network_cannot_be_written_with_relu():
    with pytest.raises(ValueError, match="between 0 and 1"):
        written.followed(TARGETS["crossing"], slope=0)


def test_networks_that_are_written_down():
    goal, t = TARGETS["crossing"], np.linspace(0, 1, 40_001)
    exact = written.followed(goal)
    assert exact.width == 3 and np.abs(forward(exact, t[None]) - goal(t)).max() < 1e-12
    narrow = written.swept(goal, 33)
    assert narrow.width == 2
    # On an even grid few points fall into the moments in which it changes its sweep.
    assert math.sqrt(((forward(narrow, t[None]) - goal(t)) ** 2).sum(0).mean()) == pytest.approx(
        curve_errors(narrow, goal)[1], rel=0.02
    )
    side = np.linspace(-1, 1, 301)
    x = np.stack(np.meshgrid(side, side)).reshape(2, -1)
    envelope = written.enveloped()
    assert envelope.width == 3
    assert np.abs(forward(envelope, x)[0] - 1 + (x**2).sum(0)).max() == pytest.approx(1 / 25, abs=1e-3)


def test_the_open_trefoil_closes_to_a_knot():
    """Three crossings in the projection, over and under in turn: the diagram of the trefoil."""
    knot = np.vstack([trefoil(), trefoil()[:1]])
    met = []
    for i in range(len(knot) - 1):
        for j in range(i + 1, len(knot) - 1):
            matrix = np.column_stack([(knot[i + 1] - knot[i])[:2], (knot[j] - knot[j + 1])[:2]])
            a, b = np.linalg.solve(matrix, (knot[j] - knot[i])[:2])
            if 0 < a < 1 and 0 < b < 1:
                over = (
                    knot[i][2] + a * (knot[i + 1] - knot[i])[2] > knot[j][2] + b * (knot[j + 1] - knot[j])[2]
                )
                met += [(i + a, over), (j + b, not over)]
    over = [above for _, above in sorted(met)]
    assert len(met) == 6
    assert all(one != other for one, other in itertools.pairwise(over))


def test_headline_numbers(runs, kept):
    def least(target, width, *, slope=0.2, norm="largest", coarse=False, column="largest"):
        rows = runs[(runs.target == target) & (runs.width == width) & (runs.norm == norm)]
        rows = rows[(rows.slope == slope) & ((rows.points == 161) == coarse)]
        return rows[column].min()

    for id, found in {
        "floor": least("crossing", 2),
        "floor-relu": least("crossing", 2, slope=0),
        "escape": least("crossing", 3),
        "escape-relu": least("crossing", 3, slope=0),
        "uncrossed": least("uncrossed", 2),
        "trap": least("crossing", 2, coarse=True, column="largest_on_grid"),
        "lp-trained": least("crossing", 2, norm="square", column="root_mean_square"),
        "bump-escape": least("bump", 3),
        "lifted-floor": least("lifted", 2),
        "knot": least("knot", 3),
        "moves": least("arm 0.4", 2),
        "moves-between": least("arm 0.7", 2),
        "escape-arm": least("arm 0.4", 3),
    }.items():
        assert found == pytest.approx(kept[id]["measured"], rel=1e-9), id


def test_no_run_of_a_floored_shape_is_below(runs):
    floored = {("crossing", 2), ("absolute", 1), ("lifted", 2), ("bump", 2)}
    rows = runs[[pair in floored for pair in zip(runs.target, runs.width, strict=True)]]
    assert len(rows) > 500
    assert rows.largest.min() >= 0.5 - 1e-9
    for name, arm in SHORT_ARMS.items():
        assert runs[(runs.target == name) & (runs.width == 2)].largest.min() >= arm / 2 - 1e-9


def test_the_conference_formula_contradicts_the_crossing(kept):
    between = [(i, o) for i in range(1, 7) for o in range(1, 13) if i + 2 <= o <= 2 * i]
    assert len(between) == kept["first-formula"]["measured"] == 15
