"""Losses with a corner: the optimum to rounding, whatever the last digits, and a proof that fits them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog, minimize
from simulated import figure_runs

from scalinglaws import fit
from scalinglaws.fitting import exact
from scalinglaws.fitting.binding import bind
from scalinglaws.fitting.descent import exactly
from scalinglaws.fitting.likelihood import best_scale, huber_likelihood
from scalinglaws.fitting.losses import absolute, huber, quantile, soft_l1, squared
from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.solve import TIGHT
from scalinglaws.fitting.starts import candidates
from scalinglaws.laws import chinchilla, law, power_law_with_constant

NAMES = ("A", "B", "E", "alpha", "beta")
#: Two independent solutions each.
ABSOLUTE = dict(zip(NAMES, (482.00605, 2085.43625, 1.8168641, 0.34781307, 0.36585416), strict=True))
TINY = dict(zip(NAMES, (482.00572, 2085.43420, 1.81686404, 0.34781303, 0.36585412), strict=True))
START = {"E": 1.8173, "A": 477.8, "B": 2145.0, "alpha": 0.3473, "beta": 0.3672}


@law(linear=("a", "b", "c"))
def plane(x, z, *, a, b, c):
    """A plane."""
    return a + b * x + c * z


def bound(data, loss, form=chinchilla, residual="log", weights=None, fixed=None, bounds=None):
    return bind(form, data, "loss", loss, residual, weights, fixed, bounds)


def solved(problem, start=START):
    theta, value, proofs = exact.minimise_exact(problem, problem.theta(start)[None])
    return theta[0], value[0], proofs[0]


def nudged(data, seed):
    rng = np.random.default_rng(seed)
    return data * (1 + 1e-13 * rng.choice([-1, 1], data.shape))


@pytest.fixture(scope="module")
def runs():
    return figure_runs()[["n_params", "n_tokens", "loss"]].astype(float)


@pytest.mark.parametrize("seed", [None, 0, 1, 2])
def test_the_figures_whatever_the_last_digits(runs, seed):
    data = runs if seed is None else nudged(runs, seed)
    problem = bound(data, absolute())
    theta, value, proof = solved(problem)
    assert problem.params(theta) == pytest.approx(ABSOLUTE, rel=2e-6)
    assert value == pytest.approx(1.12949465362, rel=1e-10)
    assert proof.gap < TIGHT and proof.corner.sum() == 5
    assert np.sum(np.abs(problem.residuals(theta)) < 1e-14) == 5
    tiny = bound(data, huber(4.706e-9))
    theta, _, proof = solved(tiny)
    assert tiny.params(theta) == pytest.approx(TINY, rel=2e-6)
    assert proof.gap < TIGHT


@pytest.mark.parametrize("delta", [1e-12, 1e-7, 1e-5, 1e-4, 1e-3])
def test_huber_at_every_delta_is_lower_than_all_around_it(runs, delta):
    problem = bound(runs, huber(delta))
    theta, value, proof = solved(problem)
    assert proof.gap < TIGHT
    rng = np.random.default_rng(0)
    around = theta + 10 ** rng.uniform(-8, -2, (300, 1)) * rng.normal(size=(300, 5))
    assert problem.objective(around).min() >= value * (1 - 1e-13)


def test_huber_agrees_with_the_solver_for_smooth_losses(runs):
    value = solved(bound(runs, huber(1e-3)))[1]
    assert value == pytest.approx(fit(chinchilla, runs, loss=huber(1e-3)).objective, rel=1e-10)


def test_weights_count_as_runs_do(runs):
    times = np.random.default_rng(3).integers(0, 4, len(runs))
    weighted = bound(runs, absolute(), weights=times.astype(float))
    repeated = bound(runs.loc[np.repeat(runs.index, times)], absolute())
    (one, value, proof), (other, again, second) = solved(weighted), solved(repeated)
    assert proof.gap < TIGHT and second.gap < TIGHT
    assert value == pytest.approx(again, rel=1e-12)
    assert one == pytest.approx(other, rel=1e-8)
    assert np.all(times[proof.corner] > 0)


@pytest.mark.parametrize(
    ("loss", "bounds"),
    [
        (absolute(), {"alpha": (0, 0.33)}),
        (absolute(), {"alpha": (0.36, 3)}),
        (quantile(0.3), {"E": (1.85, 3)}),
        (huber(1e-8), {"alpha": (0, 0.33), "beta": (0, 0.36)}),
    ],
)
def test_a_bound_that_binds(runs, loss, bounds):
    problem = bound(runs, loss, bounds=bounds)
    theta, value, proof = solved(problem)
    assert proof.gap < TIGHT
    assert [n for n, held in zip(problem.names, proof.held, strict=True) if held] == [
        n for n in problem.names if n in bounds
    ]
    at = {name: problem.params(theta)[name] for name in bounds}
    face = bound(runs, loss, fixed=at)
    assert value == pytest.approx(solved(face)[1], rel=1e-10)


def test_a_bound_that_does_not_bind_is_left(runs):
    problem = bound(runs, absolute(), bounds={"alpha": (0, 0.36)})
    theta, _, proof = solved(problem, START | {"alpha": 0.36})
    assert problem.params(theta) == pytest.approx(ABSOLUTE, rel=2e-6)
    assert proof.gap < TIGHT and not proof.held.any()


def linear_program(x, z, y, w, q):
    """The least check loss of a plane."""
    columns, n = np.c_[np.ones_like(x), x, z], len(y)
    costs = np.r_[np.zeros(6), w * q, w * (1 - q)]
    rows = np.hstack([columns, -columns, np.eye(n), -np.eye(n)])
    return linprog(costs, A_eq=rows, b_eq=y, method="highs").fun


@pytest.mark.parametrize("seed", range(12))
def test_against_a_linear_program(seed):
    rng = np.random.default_rng(seed)
    n, q, unit = int(rng.integers(6, 60)), (0.1, 0.5, 0.9)[seed % 3], 10.0 ** (4 * (seed % 7) - 12)
    x, z = rng.normal(size=(2, n))
    y = 1 + 2 * x - z + rng.standard_t(2, n)
    if seed % 4 == 0:  # More zeros than parameters.
        x, z, y = np.round(x), np.round(z), np.round(y)
    w = rng.uniform(0.1, 2, n)
    problem = bound({"x": x, "z": z, "loss": y * unit}, quantile(q), plane, "raw", w)
    _, value, proof = solved(problem, {"a": 0, "b": 0, "c": 0})
    assert proof.gap < TIGHT
    assert value / unit == pytest.approx(linear_program(x, z, y, w, q), rel=1e-9)


def test_a_share_q_of_the_runs_lies_below(runs):
    for q in (0.1, 0.9):
        problem = bound(runs, quantile(q))
        theta, _, proof = solved(problem)
        assert proof.gap < TIGHT
        r = problem.residuals(theta)[~proof.corner]
        assert np.sum(r < 0) <= q * 240 <= np.sum(r < 0) + proof.corner.sum()
    half = solved(bound(runs, quantile(0.5)))
    assert 2 * half[1] == pytest.approx(1.12949465362, rel=1e-10)


@pytest.mark.parametrize("seed", range(6))
def test_against_a_search_of_small_problems(seed):
    rng = np.random.default_rng(100 + seed)
    n = int(rng.integers(6, 40))
    x = 10 ** rng.uniform(0, 3, n)
    y = (1.5 + 3 * x**-0.4) * np.exp(rng.choice([0.003, 0.03, 0.1]) * rng.standard_t(3, n))
    problem = bound({"x": x, "loss": y}, absolute(), power_law_with_constant, bounds={"E": (1e-6, 10)})
    starts = candidates(problem, 8, 0)
    _, value, proofs = exact.minimise_exact(problem, starts)
    best = int(np.argmin(value))
    options = {"xatol": 1e-11, "fatol": 1e-13, "maxiter": 2000}
    searched = min(
        minimize(problem.objective, t, method="Nelder-Mead", options=options).fun for t in starts[:3]
    )
    assert proofs[best].gap < TIGHT
    assert value[best] <= searched * (1 + 1e-8)


@pytest.mark.parametrize(("loss", "count"), [(absolute(), 100), (huber(4.706e-9), 25)])
def test_resamples_are_proved(runs, loss, count):
    problem = bound(runs, loss)
    start = solved(problem)[0]
    drawn = [
        np.bincount(np.random.default_rng([0, k]).integers(0, 240, 240), minlength=240) for k in range(count)
    ]
    resampled = problem.with_weights(np.array(drawn, float))
    _, value, proofs = exact.minimise_exact(resampled, np.tile(start, (count, 1)))
    assert np.mean([proof.gap < TIGHT for proof in proofs]) >= 0.95
    assert np.all(value <= resampled.objective(np.tile(start, (count, 1))))


def test_the_likelihood_with_free_scale(runs):
    found = huber_likelihood(fit(chinchilla, runs, loss=huber(1e-3)))
    assert found.params == pytest.approx(TINY, rel=2e-6)
    assert found.threshold == pytest.approx(4.706e-9, rel=1e-4)
    assert found.log_likelihood == pytest.approx(879.77314, abs=6e-6)
    assert found.gap < TIGHT
    # No other scale does better for these residuals.
    for factor in (0.999, 1.001):
        scale, z = found.sigma * factor, found.residuals / (found.sigma * factor)
        size = (
            np.trapezoid(
                np.exp(-huber(1e-3).rho(grid := np.r_[-np.geomspace(5e4, 1e-6, 200_001), 0.0])), grid
            )
            * 2
        )
        value = -huber(1e-3).rho(z).sum() - 240 * np.log(scale * size)
        assert value < found.log_likelihood


def test_the_scale_of_plain_residuals():
    rng = np.random.default_rng(0)
    r = 0.3 * rng.normal(size=4000)
    sigma, _ = best_scale(r, delta=100.0)  # All quadratic: a normal density.
    assert sigma == pytest.approx(np.sqrt(np.mean(r**2)), rel=1e-9)
    assert best_scale(r * 1e6, delta=1e-3)[0] == pytest.approx(1e6 * best_scale(r, delta=1e-3)[0], rel=1e-9)
    with pytest.raises(FitError, match="vanish"):
        best_scale(np.zeros(5))


def test_the_losses_themselves():
    r = np.array([-2.0, 0.0, 3.0])
    assert absolute().rho(r) == pytest.approx([2, 0, 3])
    assert quantile(0.1).rho(r) == pytest.approx([1.8, 0, 0.3])
    assert str(quantile(0.1)) == "quantile(0.1)" and str(absolute()) == "absolute"
    x = np.linspace(-1, 1, 2001)
    for loss in (absolute().smoothed(0.1), quantile(0.2).smoothed(0.1), huber(0.1), soft_l1(0.1), squared()):
        slope = np.gradient(loss.rho(x), x)
        assert loss.psi(x)[1:-1] == pytest.approx(slope[1:-1], abs=3e-3)
        assert loss.weight(x[x != 0]) * x[x != 0] == pytest.approx(loss.psi(x[x != 0]))
    assert quantile(0.2).smoothed(1e-9).rho(r) == pytest.approx(quantile(0.2).rho(r), abs=1e-8)
    for q in (0, 1, -0.5, np.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            quantile(q)
    with pytest.raises(ValueError, match="delta must be positive"):
        huber(0)


def test_points_tell_the_proof(runs):
    problem = bound(runs, absolute())
    starts = np.array([problem.theta(START), problem.theta(ABSOLUTE)])
    points = exactly(problem, starts)
    assert points.solved.all()
    assert points.value == pytest.approx(1.12949465362, rel=1e-10)
    assert np.isfinite(points.normal).all() and np.isfinite(points.hessian).all()
