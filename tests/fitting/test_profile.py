"""Profile intervals of few runs over short ranges: against brute force, in other words, at bounds."""

from __future__ import annotations

import time

import numpy as np
import pytest
from profile_oracle import exponent_interval, short_range
from scipy.special import stdtrit
from simulated import figure_runs

from scalinglaws import FitError, fit, law, profile, size_exponent
from scalinglaws.laws import chinchilla, power_law_with_constant

X = np.array([1, 1.2, 1.4, 1.7, 2, 2.4, 3])
FEW = {"x": X, "loss": (1.7 + 1.6 * X**-0.3) * np.exp(1e-3 * np.array([1, -1, 0, 1, -1, 1, -1]))}


def narrow(seed: int):
    """Sixty runs of little more than a decade, of which some fit about as well with E = 0."""
    r = np.random.default_rng(seed)
    n, d = 10 ** r.uniform(7.7, 9.1, 60), 10 ** r.uniform(8, 10.3, 60)
    loss = (1.9 + 57 * n**-0.21 + 7.5e4 * d**-0.54) * np.exp(0.02 * r.normal(size=60))
    return {"n_params": n, "n_tokens": d, "loss": loss}


@pytest.fixture(scope="module")
def few():
    return fit(power_law_with_constant, FEW)


def test_seven_runs_determine_the_exponent(few):
    assert profile(few, "alpha") == pytest.approx((0.133424, 0.453966), abs=1e-6)


def test_an_irreducible_loss_that_may_be_0_has_an_upper_end():
    found = fit(chinchilla, narrow(0))
    low, high = profile(found, "E")
    assert low == 0 and high == pytest.approx(2.2021, abs=1e-4)
    assert profile(found, "log E") == pytest.approx((-np.inf, np.log(high)), rel=1e-9)


def test_a_function_has_a_finite_end_where_a_term_vanishes_on_the_way():
    found = fit(chinchilla, narrow(2))
    low, high = profile(found, size_exponent)
    assert high == pytest.approx(0.89, abs=5e-3) and 0.4 < low < 0.6
    # The same parameter by its name and as a function, which another method finds.
    assert profile(found, lambda p: p["E"]) == pytest.approx(profile(found, "E"), rel=1e-6)
    assert profile(found, lambda p: np.log(p["E"]))[0] == -np.inf


@pytest.mark.parametrize("seed", range(20))
def test_profiles_agree_with_brute_force(seed):
    data = short_range(seed)
    try:
        found = fit(power_law_with_constant, data, residual="raw")
    except FitError:
        # No interior optimum; the profile is of a fit.
        pytest.skip("the fit is refused")
    assert profile(found, "alpha") == pytest.approx(exponent_interval(data), rel=1e-5, abs=1e-7)


@law(linear=("E",), positive=("E",), bounds={"a": (-30, 30), "alpha": (0, 3)})
def amplitude_by_its_logarithm(x, *, E, a, alpha):
    return E + np.exp(a) * x**-alpha


@law(linear=("E",), positive=("E", "c"), bounds={"c": (1e-8, 1e8), "alpha": (0, 3)})
def by_a_scale(x, *, E, c, alpha):
    return E + (x / c) ** -alpha


@pytest.mark.parametrize("seed", [None, 1])
def test_an_interval_does_not_depend_on_how_the_law_is_written(seed):
    data = FEW if seed is None else short_range(seed)
    one = fit(power_law_with_constant, data)
    for form, amplitude in (
        (amplitude_by_its_logarithm, lambda p: np.exp(p["a"])),
        (by_a_scale, lambda p: p["c"] ** p["alpha"]),
    ):
        other = fit(form, data)
        assert profile(other, "alpha") == pytest.approx(profile(one, "alpha"), rel=1e-6)
        assert profile(other, "E") == pytest.approx(profile(one, "E"), rel=1e-6, abs=1e-9)
        assert profile(other, amplitude) == pytest.approx(profile(one, "A"), rel=1e-5)


def test_a_declared_bound_ends_an_interval(few):
    bounded = fit(power_law_with_constant, FEW, bounds={"alpha": (0.2, 0.4)})
    assert profile(bounded, "alpha") == pytest.approx((0.2, 0.4), rel=1e-12)
    half = fit(power_law_with_constant, FEW, bounds={"alpha": (0.2, 3)})
    assert profile(half, "alpha") == pytest.approx((0.2, profile(few, "alpha")[1]), rel=1e-9)
    # What the exponent may not be, the floor does not reach either.
    assert profile(half, "E")[0] > 0
    assert profile(half, lambda p: 2 * p["alpha"]) == pytest.approx(
        (0.4, 2 * profile(few, "alpha")[1]), rel=1e-6
    )


def test_a_fit_whose_irreducible_loss_is_best_at_0_has_profiles():
    x = np.geomspace(1, 100, 30)
    noise = np.exp(0.02 * np.random.default_rng(3).normal(size=30))
    data = {"x": x, "loss": 2 * x**-0.3 * np.where(x > 80, 0.97, 1.0) * noise}
    found = fit(power_law_with_constant, data)
    assert found.at_bounds == {"E": 0.0}
    low, high = profile(found, "E")
    assert low == 0 and 0 < high < data["loss"].min()
    # Both ends are where the best fit of all else is worse by the factor of the threshold.
    factor = 1 + stdtrit(27, 0.975) ** 2 / 27
    assert fit(power_law_with_constant, data, fixed={"E": high}).objective == pytest.approx(
        found.objective * factor, rel=1e-6
    )
    for end in profile(found, "alpha"):
        held = fit(power_law_with_constant, data, fixed={"alpha": end}).objective
        assert held == pytest.approx(found.objective * factor, rel=1e-6)


def test_a_profile_stays_within_the_bounds_that_a_fit_is_at():
    found = fit(chinchilla, figure_runs(), bounds={"alpha": (0, 0.3)})
    assert found.at_bounds == {"alpha": pytest.approx(0.3)}
    low, high = profile(found, "alpha")
    assert 0 < low < high == pytest.approx(0.3)


def test_an_infinite_end_is_shown():
    @law(linear=("c",), bounds={"k": (-np.inf, np.inf)})
    def step(x, *, c, k):
        return c + np.exp(-np.exp(k) * x)

    # However large k is, the law fits about as well: only the first run says anything of the second term.
    x = np.arange(1.0, 9)
    noise = 0.1 * np.array([0.3, -1, 0.5, -0.2, 0.8, -0.6, 0.4, -0.5])
    data = {"x": x, "loss": 2 + np.exp(-2 * x) + noise}
    found = fit(step, data, residual="raw", starts=[{"c": 2.0, "k": 0.5}])
    low, high = profile(found, "k")
    assert high == np.inf and low < found["k"]


def test_a_function_that_is_no_number_is_refused(few):
    for what in (lambda p: np.nan, lambda p: np.inf - np.inf * p["alpha"]):
        with pytest.raises(FitError, match="not a number"):
            profile(few, what)
        with pytest.raises(FitError, match="not a finite number"):
            few.interval(what)


def test_profiles_of_240_runs_are_quick():
    found = fit(chinchilla, figure_runs())
    begin = time.process_time()
    for what in ("E", "A", "B", "alpha", "beta", size_exponent):
        profile(found, what)
    assert time.process_time() - begin < 3
