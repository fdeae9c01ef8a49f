"""The dynamical model by other means: weights trained step by step, projectors, another inverse of Laplace."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar
from scipy.special import zeta

from replications.dynamical_model import equation, frontier, simulation, worlds
from replications.dynamical_model.spectrum import finite, power_law
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {verdict["id"]: verdict for verdict in verdicts.read("72_dynamical_model")["verdicts"]}


def trained(a: float, b: float, rows: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Loss of a network whose weights w follow gradient flow, by a solver of differential equations."""
    width, modes = rows.shape
    k = np.arange(1.0, modes + 1)
    rate, target = k**-b, k ** ((b - a) / 2)

    def slope(_, w):
        return rows @ (rate * (target - w @ rows / np.sqrt(width))) / np.sqrt(width)

    path = solve_ivp(slope, (0, t[-1]), np.zeros(width), t_eval=t, rtol=1e-9, atol=1e-12, method="LSODA")
    return np.array([rate @ (target - w @ rows / np.sqrt(width)) ** 2 for w in path.y.T])


def test_draws_are_gradient_flow(monkeypatch):
    """The closure of weak modes apart: with all modes drawn, the mean over the signs of a target."""
    a, b, width, modes = 2.0, 1.5, 3, 6
    t = np.array([0.5, 3.0, 20.0])
    rows = np.random.default_rng(0).standard_normal((width, modes))
    signs = np.array(np.meshgrid(*[[-1, 1]] * modes)).reshape(modes, -1).T
    by_solver = np.mean([trained(a, b, rows * s, t) for s in signs[:32]], 0)
    monkeypatch.setattr(simulation, "zeta", lambda x, q=1: (np.arange(q, modes + 1.0) ** -x).sum())
    drawn = simulation.draw(a, b, width, np.random.default_rng(0), modes_each=2)
    assert drawn.loss(t) == pytest.approx(by_solver, rel=1e-6)


def test_weak_modes_add_their_mean():
    """Networks of the first 8 N modes and a closure, against a closure of twenty times as many."""
    a, b, width, rng = 1.5, 1.25, 8, np.random.default_rng(1)
    short, long = (
        np.array([simulation.draw(a, b, width, rng, modes_each=each).loss(np.inf) for _ in range(400)])
        for each in (8, 160)
    )
    error = np.hypot(short.std(), long.std()) / np.sqrt(400)
    assert short.mean() == pytest.approx(long.mean(), abs=3.5 * error)
    assert error < 0.02 * long.mean()


@pytest.mark.parametrize("width, t", [(4.0, 0.5), (4.0, 30.0), (12.0, 8.0), (12.0, 400.0)])
def test_time_by_another_inverse(width, t):
    """The ridge at real z by bisection in many digits, and Stehfest's inverse, which needs no complex number."""
    rate, signal = np.arange(1, 31.0) ** -1.25, np.arange(1, 31.0) ** -1.5
    with mpmath.workdps(60):
        rates, signals = [mpmath.mpf(x) for x in rate], [mpmath.mpf(x) for x in signal]

        def transform(z):
            def lack(kappa):
                return kappa * (1 - mpmath.fsum(r / (r + kappa) for r in rates) / width) - z

            low, high = z, z + mpmath.fsum(rates) / width
            kappa = mpmath.findroot(lack, (low, high), solver="anderson", tol=1e-90, verify=False)
            return mpmath.fsum(s * kappa / (z * (kappa + r)) for s, r in zip(signals, rates, strict=True))

        other = float(mpmath.invertlaplace(transform, 2 * t, method="stehfest", degree=24))
    assert equation.during_training(finite(rate, signal), width, t) == pytest.approx(other, rel=1e-5)


def test_limits_of_the_equation():
    spectrum = power_law(3, 1.25)
    assert spectrum.over(spectrum.signal) == pytest.approx(zeta(3), rel=1e-7)
    late, wide = (
        equation.during_training(spectrum, 20, 1e7),
        equation.during_training(spectrum, 1e12, 50.0),
    )
    assert late == pytest.approx(equation.after_training(spectrum, 20), rel=1e-6)
    assert wide == pytest.approx(float(equation.infinitely_wide(spectrum, np.array(50.0))), rel=1e-6)
    n = 1e7
    closed = ((np.pi / 1.25) / np.sin(np.pi / 1.25)) ** 1.25 * n**-1.25
    assert equation.resolution(spectrum, n) == pytest.approx(closed, rel=1e-3)
    assert equation.after_training(spectrum, n) == pytest.approx(closed * zeta(1.75), rel=1e-2)


@pytest.mark.parametrize("a, b, id", [(2, 1.5, "width"), (3, 1.25, "width-easy"), (4, 1.25, "width-easiest")])
def test_exponent_of_width_by_projectors(kept, a, b, id):
    """Full networks of thousands of modes, and the exponent that they lack by a sum over a finite spectrum."""
    rng, widths, modes = np.random.default_rng(2), [24, 96], 1500
    k = np.arange(1.0, modes + 1)
    losses = []
    for width, count in zip(widths, (80, 20), strict=True):
        bases = (
            np.linalg.qr((rng.standard_normal((width, modes)) * k ** (-b / 2)).T)[0] for _ in range(count)
        )
        losses.append((k**-a).sum() - np.mean([(x * x).sum(1) @ k**-a for x in bases]))
    drawn = np.log(losses[0] / losses[1]) / np.log(4)
    cut = finite(k**-b, k**-a)
    lacking = min(a - 1, b) - np.log(np.divide(*[equation.after_training(cut, n) for n in widths])) / np.log(
        4
    )
    assert drawn + lacking == pytest.approx(kept[id]["measured"], abs=0.09)
    assert abs(kept[id]["measured"] - min(a - 1, b)) < 0.04


def test_endless_ensemble_by_projectors():
    """Products of the projectors of independent networks, against squared shares for the same modes."""
    a, b, width, modes = 3, 1.25, 40, 600
    rng, k = np.random.default_rng(5), np.arange(1.0, 601)
    bases = [
        np.linalg.qr((rng.standard_normal((width, modes)) * k ** (-b / 2)).T)[0].T for _ in range(2 * 40)
    ]
    lost = []
    for one, other in zip(bases[::2], bases[1::2], strict=True):
        both = np.eye(modes) - one.T @ one - other.T @ other + (one.T @ (one @ other.T)) @ other
        lost.append(np.diag(both) @ k**-a)
    spectrum = finite(k**-b, k**-a)
    assert np.mean(lost) == pytest.approx(worlds.endless_ensemble(spectrum, width), rel=0.2)
    assert np.mean(lost) < 0.3 * equation.after_training(spectrum, width)


def test_data_by_projectors(kept):
    """Minimum-norm regression, against the equation for the same modes; its exponent is 2b, not b."""
    a, b, data, modes = 4, 1.25, 60, 900
    rng, k = np.random.default_rng(3), np.arange(1.0, 901)
    losses = []
    for _ in range(150):
        x = rng.standard_normal((data, modes)) * k ** (-b / 2)
        target = k ** ((b - a) / 2)
        left = target - np.linalg.lstsq(x, x @ target, rcond=None)[0]
        losses.append(k**-b @ left**2)
    theory = equation.after_training_on(finite(k**-b, k**-a), data)
    assert np.mean(losses) == pytest.approx(theory, rel=0.12)
    assert kept["data-easiest"]["measured"] == pytest.approx(2 * b, abs=0.1)


def test_early_coefficient():
    """At small t it is that of t^2, 2 (lambda tr + lambda^2), from the fourth moments of Gaussian numbers."""
    k = np.arange(1.0, 41)
    rate, signal = k**-1.25, k**-1.5
    by_moments = 2 * signal @ (rate * rate.sum() + rate**2)
    coefficient = equation.early_coefficient(finite(rate, signal), 1e-3)
    assert coefficient / 1e-6 == pytest.approx(by_moments, rel=0.01)


def test_early_excess_keeps_its_mean(kept):
    """What is subtracted has mean nought: plain differences of many small networks agree."""
    rng, k, width = np.random.default_rng(4), np.arange(1.0, 31), 12
    rate, target = k**-1.25, k**-0.75
    wide = target**2 @ np.exp(-2 * rate)
    plain = []
    for _ in range(4000):
        x = rng.standard_normal((width, 30)) * np.sqrt(rate / width)
        values, vectors = np.linalg.eigh(x.T @ x)
        plain.append((vectors.T @ target) ** 2 @ np.exp(-2 * values) - wide)
    reduced = [simulation.early_excess(1.5, 1.25, width, 1.0, rng, modes=30) for _ in range(1000)]
    assert np.std(reduced) < 0.7 * np.std(plain)
    assert np.mean(reduced) == pytest.approx(np.mean(plain), abs=4 * np.std(plain) / np.sqrt(4000))
    assert kept["early"]["measured"] == pytest.approx(1, abs=0.15)


def test_frontier_by_a_sum_of_powers(kept):
    """Three parts whose sizes are fitted nowhere: their exponents alone give those of the frontier."""
    a, b = 3, 1.25

    def best(compute: float) -> tuple[float, float]:
        def loss(log_n):
            n = np.exp(log_n)
            t = compute / n
            return np.log(t ** (-(a - 1) / b) + t ** (-(1 - 1 / b)) / n + n**-b)

        low = minimize_scalar(loss, bounds=(0, np.log(compute)), method="bounded", options={"xatol": 1e-6})
        return low.x, low.fun

    (n_small, l_small), (n_large, l_large) = best(1e14), best(1e18)
    span = np.log(1e4)
    assert (l_small - l_large) / span == pytest.approx((a - 1) / a, abs=0.005)
    assert (n_large - n_small) / span == pytest.approx((a - b) / a, abs=0.005)
    assert kept["compute-easy"]["measured"] == pytest.approx((a - 1) / a, abs=0.04)
    assert kept["asymmetry-easy"]["measured"] == pytest.approx((2 * b - a) / a, abs=0.06)
    assert kept["compute"]["measured"] == pytest.approx(0.4, abs=0.02)
    assert kept["steps"]["measured"] == pytest.approx(0.6, abs=0.03)


def test_frontier_between_widths_refuses_an_edge():
    widths, compute = np.array([4, 8, 16, 32, 64, 128, 256]), np.array([1e3])
    with pytest.raises(ValueError, match="edge"):
        frontier.between_widths(widths, compute, (1.0 / widths)[:, None, None])


def test_bad_spectra():
    with pytest.raises(ValueError, match="above 1"):
        power_law(2, 1)
    with pytest.raises(ValueError, match="one by one"):
        power_law(2, 1, modes=100)
    with pytest.raises(ValueError, match="no equation"):
        equation.resolution(worlds.exponential(10), 10)
