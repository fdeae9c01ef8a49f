"""The parabola by plain loops, ordinary differential equations and noisy runs; the trained table by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from replications.ema_scaling_rule import theory
from replications.ema_scaling_rule.parabola import Parabola, best_momentum, distance, simulated, stationary
from scalinglaws import load
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {verdict["id"]: verdict for verdict in verdicts.read("25_ema_scaling_rule")["verdicts"]}


def looped(rate: float, momentum: float, steps: int, pull: float = 0.0, newest: bool = False) -> np.ndarray:
    """The mean path, one step after the other: (steps + 1, 2)."""
    theta = zeta = 1.0
    found = [(theta, zeta)]
    for _ in range(steps):
        new = theta - rate * (theta + pull * (theta - zeta))
        zeta = momentum * zeta + (1 - momentum) * (new if newest else theta)
        theta = new
        found.append((theta, zeta))
    return np.array(found)


def gap(kappa: int, momentum: float, rho: float = 0.9999, of: int = 1, **how) -> float:
    """Largest distance from the path of reference, at a rate of 4e-4 and 32,768 steps."""
    reference, scaled = looped(4e-4, rho, 32768, **how), looped(4e-4 * kappa, momentum, 32768 // kappa, **how)
    return float(np.abs(scaled - reference[::kappa][: len(scaled)])[:, of].max())


@pytest.mark.parametrize("how", [{}, {"newest": True}, {"pull": 1.0}, {"pull": 0.5, "newest": True}])
def test_paths_by_a_plain_loop(how):
    parabola = Parabola(**how)
    for kappa, momentum in ((8, 0.9999**8), (96, 0.9999), (256, 0.9744)):
        for of in (0, 1):
            assert distance(parabola, kappa, momentum, of) == pytest.approx(
                gap(kappa, momentum, of=of, **how), abs=1e-10
            )


def test_small_steps_by_a_solver():
    for b in (0.25, 4.0):
        solved = solve_ivp(
            lambda _, x, b=b: [-x[0], b * (x[0] - x[1])],
            (0, 10),
            [1, 1],
            rtol=1e-10,
            atol=1e-12,
            dense_output=True,
        )
        tau = np.linspace(0, 10, 50)
        np.testing.assert_allclose(theory.average(tau, b), solved.sol(tau)[1], atol=1e-8)


@pytest.mark.parametrize("b", [0.25, 4.0])
def test_what_the_rules_leave_by_quadrature_and_by_smaller_steps(b):
    tau = 2.0
    for lag, newest in ((1, False), (-1, True)):
        lagged = lambda u, lag=lag: b / 2 * math.exp(-b * (tau - u)) * (lag - u) * math.exp(-u)  # noqa: E731
        expected = theory.left_by_power(np.array(tau), b, lag)
        assert expected == pytest.approx(quad(lagged, 0, tau)[0], abs=1e-10)
        # A path with small steps against the limit, and Richardson's extrapolation of what is left over the step.
        left = []
        for n in (2000, 4000):
            h = tau / n
            left.append((looped(h, math.exp(-b * h), n, newest=newest)[-1, 1] - theory.average(tau, b)) / h)
        assert 2 * left[1] - left[0] == pytest.approx(expected, abs=2e-5)
        left = []
        for n in (2000, 4000):
            h = tau / n
            left.append((looped(h, 1 - b * h, n, newest=newest)[-1, 1] - theory.average(tau, b)) / h)
        expected = theory.left_by_shortcut(np.array(tau), b, lag)
        assert 2 * left[1] - left[0] == pytest.approx(expected, abs=2e-5)


def test_stationary_variances_by_formula_and_by_noisy_runs():
    for momentum in (0.99, 0.5, -0.3):
        for newest in (False, True):
            parabola = Parabola(rate=0.05, momentum=momentum, newest=newest, steps=1500)
            found = stationary(parabola, batch=4)
            weights = 0.05 / (4 * (2 - 0.05))
            assert found[0, 0] == pytest.approx(weights)
            assert found[1, 1] == pytest.approx(weights * theory.noise_kept(momentum, 0.95))
            assert (theory.noise_kept(momentum, 0.95) > 1) == (momentum < 0)
    # Sixty thousand pairs from the ends of runs: their variance is known to 0.6 %, so 3 % is five standard errors.
    runs = simulated(Parabola(rate=0.05, momentum=0.9, steps=400), 60_000, 4, np.random.default_rng(0))
    np.testing.assert_allclose(
        np.cov(runs), stationary(Parabola(rate=0.05, momentum=0.9), batch=4), rtol=0.03
    )
    with pytest.raises(ValueError, match="no stationary state"):
        stationary(Parabola(momentum=-1.2))


def test_no_momentum_near_the_best_is_better():
    parabola = Parabola()
    for kappa in (8, 64):
        best = best_momentum(parabola, kappa)
        near = np.exp(np.log(best) * np.linspace(0.9, 1.1, 201))
        assert distance(parabola, kappa, best) <= min(distance(parabola, kappa, m) for m in near) + 1e-12


def test_kept_numbers_of_the_parabola(kept):
    rho = 0.9999
    power = {kappa: gap(kappa, rho**kappa) for kappa in (128, 256, 512, 1024)}
    assert kept["preserved"]["measured"] == pytest.approx(power[256], rel=1e-6)
    assert kept["unscaled"]["measured"] == pytest.approx(gap(8, rho), rel=1e-6)
    ends = math.log(power[1024] / power[128]) / math.log(8)
    assert kept["order"]["measured"] == pytest.approx(ends, abs=0.02)
    assert kept["feedback"]["measured"] == pytest.approx(gap(256, rho**256, of=0, pull=1.0), rel=1e-6)
    assert kept["feedback-unscaled"]["measured"] == pytest.approx(gap(8, rho, of=0, pull=1.0), rel=1e-6)
    assert kept["linear-noise"]["measured"] == pytest.approx(1, abs=1e-6)
    assert kept["variance"]["measured"] == pytest.approx(
        math.prod(
            theory.noise_kept(m, r) ** p / (2 - x) ** p
            for m, r, x, p in ((rho**256, 1 - 0.1024, 0.1024, 1), (rho, 1 - 4e-4, 4e-4, -1))
        ),
        rel=1e-9,
    )


def test_kept_numbers_of_the_runs(kept):
    """Gaps from the rows, seed by seed, in plain Python."""
    rows = {
        (r.kappa, r.rule, r.rho, r.seed): r
        for r in load("ema_scaling_rule").itertuples()
        if r.rates == "linear" and r.order == 0
    }

    def gaps(kappa: int, rule: str, rho: float) -> list[float]:
        found = []
        for seed in range(16):
            ours, reference = rows[kappa, rule, rho, seed], rows[1, "power", rho, seed]
            fall = reference.start - reference.loss_8
            apart = [abs(getattr(ours, f"loss_{k}") - getattr(reference, f"loss_{k}")) for k in range(1, 9)]
            found.append(max(apart) / fall)
        return found

    assert kept["trained"]["measured"] == pytest.approx(np.mean(gaps(8, "power", 0.998)), rel=1e-6)
    assert kept["trained-unscaled"]["measured"] == pytest.approx(
        np.mean(gaps(8, "unscaled", 0.998)), rel=1e-6
    )
