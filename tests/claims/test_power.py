"""The chance that an interval of some width, centred on the paper's value, excludes the rival."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalinglaws.claims.power import HALF, distance, facing, power

from .made import NAMED, region, value


def test_known_values():
    # Rival one unit away; a half width of one unit puts it at the interval's end half of the time.
    assert power(value(), -1.0, 1.0) == pytest.approx(0.5)
    assert power(value(), 0.0, 1.0) == pytest.approx(0.9750, abs=1e-4)
    assert power(value(), -7.0, -5.0) == pytest.approx(0.5), "only the width counts"


@pytest.mark.parametrize("half", [0.4, 0.8, 1.5])
def test_it_is_the_share_of_intervals_that_exclude_the_rival(half):
    centres = 1.0 + half / HALF * np.random.default_rng(0).standard_normal(200_000)
    share = np.mean(centres + half < 2.0)
    assert power(value(), -half, half) == pytest.approx(share, abs=4e-3)


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (value(), 1.0),
        (value(rival=0.25), 0.75),
        (value(rival="> 3"), 2.0),
        (value(rival="-2..0"), 1.0),
        (region("bound", "> 4", "< 2"), 2.0),
        (region("bound", "4..8", "> 9"), 1.0),
        (region("bound", "< 4", "> 4"), 0.0),
    ],
)
def test_a_bound_counts_from_the_edge_nearest_to_its_rival(claim, expected):
    assert distance(claim) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("paper", "rival"), [("> 4", "< 4"), ("< 0", "> 0"), ("0.9..1", "> 1")])
def test_where_paper_and_rival_meet_there_is_none(paper, rival):
    assert power(region("bound", paper, rival), 0.0, 1.0) is None


def test_the_least_gap_between_paper_and_rival_counts():
    assert power(region("bound", "> 4", "< 3.999"), 0.0, 1.0) == pytest.approx(0.025, abs=1e-3)


@pytest.mark.parametrize("interval", [(0.0, inf), (-inf, inf), (1.0, 1.0)])
def test_without_a_width_there_is_none(interval):
    assert power(value(), *interval) is None


def test_signs_and_orders_have_none():
    assert power(region("sign", "+"), 0.1, 0.9) is None
    assert power(region("order", "a > b", within=0.1, tolerance=NAMED), 0.1, 0.9) is None


@settings(deadline=None)
@given(st.floats(1e-3, 1e3), st.floats(1.01, 10))
def test_a_wider_interval_has_less(width, times):
    assert 0.025 < power(value(), 0, times * width) <= power(value(), 0, width) <= 1


def test_points_that_face_each_other_are_the_nearest():
    assert facing(value(rival="-2..0.5")) == (1.0, 0.5)
    assert facing(region("bound", "-1..1", "> 2")) == pytest.approx((1.0, 2.0))
    assert facing(region("sign", "-")) == pytest.approx((0.0, 0.0))
