"""Spectra against plain sums, and the exponents that are read from them."""

from __future__ import annotations

import numpy as np
import pytest

from scalinglaws.spectra import Modes, exponential, power_law, resolution, slope


def test_the_modes_and_their_rest_add_up_to_those_of_a_longer_spectrum():
    short, long = power_law(50, 1.5, 3.0, endless=True), power_law(5000, 1.5, 3.0, endless=True)
    np.testing.assert_array_equal(short.variance, long.variance[:50])
    assert short.variance[3] == pytest.approx(4**-1.5)
    assert short.signal[3] == pytest.approx(4**-3.0)
    for kept, rest in (("variance", "rest"), ("signal", "rest_signal")):
        totals = [getattr(modes, kept).sum() + getattr(modes, rest) for modes in (short, long)]
        assert totals[0] == pytest.approx(totals[1], rel=1e-12)
    cut = power_law(50, 1.5)
    assert (cut.size, cut.rest, cut.rest_signal) == (50, 0, 0)


def test_a_teacher_without_preferences_has_the_signal_of_the_features():
    assert power_law(20, 2.0).impartial
    assert power_law(20, 2.0, endless=True).impartial
    assert exponential(3, 2.0).impartial
    assert not power_law(20, 2.0, 3.0).impartial


def test_exponents_are_those_that_were_planted():
    sizes = np.array([32, 64, 128, 256])
    assert slope(sizes, 7 * sizes**-0.3) == pytest.approx(0.3)
    assert power_law(200, 1.7).steepness(10, 100) == pytest.approx(0.7)
    falling = exponential(40, 5.0)
    assert np.diff(np.log(falling.variance)) == pytest.approx(-1 / 5)
    assert falling.steepness(20, 40) > falling.steepness(5, 10) + 1


def test_so_many_modes_are_learned_as_were_asked_for():
    modes = power_law(300, 1.5, endless=True)
    kappa = resolution(modes.variance, 20, rest=modes.rest)
    assert (modes.variance / (modes.variance + kappa)).sum() + modes.rest / kappa == pytest.approx(20)
    # Two kinds of mode, nine of one and three of the other, one by one and counted.
    kinds, count = np.array([1.0, 0.1]), np.array([9.0, 3.0])
    assert resolution(kinds, 5, count) == pytest.approx(resolution(np.repeat(kinds, [9, 3]), 5))
    for n in (0, 12):
        with pytest.raises(ValueError, match="between 0 and 12 modes"):
            resolution(kinds, n, count)


def test_bad_input_gets_one_clear_error():
    with pytest.raises(ValueError, match="exceed 1"):
        power_law(20, 1.0)
    with pytest.raises(ValueError, match="one eigenvalue and one power"):
        Modes(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="must be positive"):
        Modes(np.array([1.0, 0.0]), np.ones(2))
