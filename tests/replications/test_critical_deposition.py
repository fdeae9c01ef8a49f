"""The efficiencies, the threshold and theory's coefficients by other coordinates, other solvers, other algebra.

Nothing here uses the finding's equations of motion: particles move in plain Cartesian coordinates,
where the curvature is in the surface and not in a centrifugal force; near the threshold a
perturbation about the axis takes the place of a search for the grazing particle.
"""

import math

import mpmath
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from replications.critical_deposition import fits, theory
from replications.critical_deposition.flows import CYLINDER, SPHERE, STICKY
from replications.critical_deposition.particles import Launch, grazing, least_gap, time_to_surface


def strikes(stokes, aside):
    """Whether a particle hits the cylinder, by an implicit solver in x and y, tolerances scaled with y."""

    def change(t, state):
        x, y, u, v = state
        r4 = (x * x + y * y) ** 2
        return [u, v, (1 - (x * x - y * y) / r4 - u) / stokes, (-2 * x * y / r4 - v) / stokes]

    def sinks(t, state):
        return math.hypot(state[0], state[1]) - 0.9

    def passes(t, state):
        return state[0]

    sinks.terminal = passes.terminal = True
    r4 = (25 + aside**2) ** 2
    first = [-5, aside, 1 - (25 - aside**2) / r4, 10 * aside / r4]
    loose = [1e-12, 1e-9 * aside, 1e-12, 1e-9 * aside]
    run = solve_ivp(
        change, (0, 80), first, "LSODA", events=[sinks, passes], rtol=1e-10, atol=loose, dense_output=True
    )
    # A step may dip into the surface and out again, so the path is looked at between its steps too.
    x, y, _, _ = run.sol(np.linspace(0, run.t[-1], 20001))
    return np.hypot(x, y).min() < 1


@pytest.mark.parametrize("excess", [0.2048, 0.0512, 0.0128])
def test_the_grazing_particle_by_bisection_in_cartesian_coordinates(excess):
    ours = grazing(CYLINDER, 0.125 + excess, -float(theory.exponent(excess))).log_start
    low, high = ours - 0.3, ours + 0.3
    assert strikes(0.125 + excess, math.exp(low)) and not strikes(0.125 + excess, math.exp(high))
    while high - low > 2e-5:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if strikes(0.125 + excess, math.exp(middle)) else (low, middle)
    assert ours == pytest.approx(low, abs=5e-5)


def about_the_axis(stokes):
    """ln of the grazing start from the expansion h = h0 + y^2 h2, y = y y1, about a particle on the axis."""

    def change(t, state):
        h, p, y, q, g, w = state
        r = 1 + h
        return [
            p,
            (-h * (2 + h) / r**2 - p) / stokes,
            q,
            (2 * y / r**3 - q) / stokes,
            w,
            (-2 * g / r**3 - 3 * y * y / r**4 - w) / stokes,
        ]

    def over(t, state):
        # The envelope of the gap on the axis has turned: long past the surface.
        return state[1]

    over.terminal, over.direction = True, 1
    # To second order the start's velocity is that of the air: 1 - 1/x^2 + 3 y^2/x^4 towards the surface.
    first = [4.0, -24 / 25, 1.0, 2 / 125, 0.0, -3 / 625]
    exact = {"rtol": 1e-12, "atol": 1e-100, "first_step": 1e-3, "dense_output": True}
    run = solve_ivp(change, (0, 200), first, "DOP853", events=over, **exact)
    end = run.t[-1]
    h, _, y, _, g, _ = run.sol(np.linspace(end - 0.5, end, 20001))
    gain = g + y * y / (2 * (1 + h))
    return 0.5 * math.log(np.max(-h / gain))


@pytest.mark.parametrize("excess", [1e-4, 8e-4, 3.2e-3])
def test_near_the_threshold_by_perturbation_about_the_axis(excess):
    ours = grazing(CYLINDER, 0.125 + excess, -float(theory.exponent(excess)) - 1.4).log_start
    assert ours == pytest.approx(about_the_axis(0.125 + excess), abs=2e-5)


def test_the_coefficient_from_the_perturbation_alone():
    excess = 1e-4 * 2.0 ** np.arange(6)
    x = np.array([about_the_axis(0.125 + d) for d in excess])
    basis = np.stack([excess**-0.5, excess**0, excess**0.5, excess], axis=1)
    c, _, b, _ = np.linalg.solve(basis.T @ basis, basis.T @ x)
    assert -c == pytest.approx(math.pi * (4 - math.sqrt(2)) / 8, abs=5e-4)
    assert -c > 2 * math.pi * (2 - math.sqrt(2)) / 4
    assert b == pytest.approx(-math.pi, abs=1.2)


def test_theory_by_the_roots_of_the_characteristic_equations():
    with mpmath.workdps(40):
        for strain, spread, named in [(2, 2, theory.coefficient()), (3, 1.5, theory.coefficient(3, 1.5))]:
            d = mpmath.mpf("1e-16")
            stokes = mpmath.mpf(1) / (4 * strain) + d
            gap = mpmath.polyroots([stokes, 1, strain], maxsteps=200, extraprec=200)
            aside = max(mpmath.polyroots([stokes, 1, -spread], extraprec=200), key=mpmath.re)
            time = mpmath.pi / abs(mpmath.im(gap[0]))
            c = (mpmath.re(aside) - mpmath.re(gap[0]) / 2) * time * mpmath.sqrt(d)
            assert float(c) == pytest.approx(named, rel=1e-7)
            full = float(theory.exponent(1e-16, strain, spread)) * 1e-8
            assert full == pytest.approx(named, rel=1e-7)


def test_theory_without_curvature_and_its_next_order():
    assert theory.coefficient(curved=False) == pytest.approx(math.pi * (2 - math.sqrt(2)) / 4, rel=1e-12)
    assert theory.coefficient() == pytest.approx(math.pi * (4 - math.sqrt(2)) / 8, rel=1e-12)
    d = 1e-6
    left = theory.exponent(d) - theory.coefficient() * d**-0.5
    assert left / d**0.5 == pytest.approx(math.pi, rel=1e-4)


def test_without_the_centrifugal_force_by_exponentials_of_matrices():
    """A strip in the linear flow: the rim at a distance 1 from the axis is reached when the gap closes."""
    from scipy.linalg import expm
    from scipy.optimize import brentq

    def log_start(excess):
        stokes = 0.125 + excess
        gap = np.array([[0, 1], [-2 / stokes, -1 / stokes]])
        aside = np.array([[0, 1], [2 / stokes, -1 / stokes]])
        half = math.pi * 2 * stokes / math.sqrt(8 * excess)
        time = brentq(lambda t: (expm(gap * t) @ [4, -8])[0], 0.3 * half, 1.2 * half)
        return -math.log((expm(aside * time) @ [1, 2])[0])

    excess = 1e-3 * 2.0 ** np.arange(6)
    c = fits.term(excess, [-log_start(d) for d in excess], -0.5, 4).value
    assert c == pytest.approx(theory.coefficient(curved=False), abs=2e-3)


def test_on_the_axis_nothing_strikes_below_an_eighth():
    assert math.isinf(time_to_surface(CYLINDER, 0.1249, longest=100))
    assert math.isfinite(time_to_surface(CYLINDER, 0.1251, longest=100))
    assert math.isinf(time_to_surface(SPHERE, 1 / 12 - 1e-4, longest=100))
    assert math.isfinite(time_to_surface(SPHERE, 1 / 12 + 1e-4, longest=100))
    with pytest.raises(ValueError, match=r"nothing is deposited at St = 0\.1"):
        grazing(CYLINDER, 0.1, -5)


@pytest.mark.parametrize("flow", [CYLINDER, SPHERE, STICKY])
def test_flows_bring_in_as_much_air_as_they_take_away(flow):
    """div u = 0: (1/r^n) d(r^n u_r)/dr + (sliding along the front) is 0, n = 1 in the plane and 2 in space."""
    n = 2 if flow is SPHERE else 1
    for s in (0.05, 0.5, 3.0):
        step = 1e-5
        high, low = ((1 + x) ** n * x * flow.closing(x) for x in (s + step, s - step))
        inwards = (high - low) / (2 * step) / (1 + s) ** n
        assert inwards == pytest.approx(n * flow.sliding(s) / (1 + s), rel=1e-6)
        assert (1e6 * flow.closing(1e6), flow.sliding(1e6)) == pytest.approx((1, 1), rel=1e-5)


def test_fits_recover_what_is_planted():
    d = 1e-4 * 2.0 ** np.arange(8)
    planted = -1.2 * d**-0.5 + 0.3 - 2 * d**0.5 + 5 * d
    assert fits.term(d, planted, -0.5, 4).value == pytest.approx(-1.2, abs=1e-9)
    assert fits.term(d, planted, 0.5, 5).value == pytest.approx(-2, abs=1e-5)
    power, root = fits.misses(d, 0.5 * np.log(d))
    assert power < 1e-12 < 0.1 < root
    assert fits.local_exponents(d, 3 + 2 * d**-0.5) == pytest.approx(np.full(6, -0.5))
    stokes = 0.125 + d
    times = 2 * stokes / np.sqrt(stokes - 0.1249) - 1
    assert fits.diverging_at(stokes, times).value == pytest.approx(0.1249, abs=1e-6)
    limit = fits.at_threshold(d, 0.5 + 3 * d)
    assert limit.value == pytest.approx(0.5, abs=1e-12) and limit.high - limit.low < 1e-10
    first = fits.at_threshold(d, 0.5 + 3 * d, orders=(1,))
    assert (first.value, first.high) == pytest.approx((0.5, 0.5 + 3 * d[0]))
    with pytest.raises(ValueError, match="geometric"):
        fits.local_exponents([1, 2, 3], [1, 2, 3])
    with pytest.raises(ValueError, match="9 terms for 8 points"):
        fits.series(d, planted, 9)
    with pytest.raises(ValueError, match="never arrives"):
        fits.diverging_at(stokes, np.full(8, np.inf))


def test_a_particle_well_outside_misses_and_a_start_elsewhere_changes_only_the_constant():
    gap, found = least_gap(CYLINDER, 0.13, math.log(0.5), 60)
    assert gap > 0 and found.log_start == math.log(0.5)
    near, far = (
        [grazing(CYLINDER, 0.125 + d, -float(theory.exponent(d)), launch).log_start for d in (2e-4, 4e-4)]
        for launch in (Launch(), Launch(10.0))
    )
    assert near[0] - near[1] == pytest.approx(far[0] - far[1], abs=0.01)
    assert abs(near[0] - far[0]) > 0.01
