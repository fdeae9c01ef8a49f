"""The parabola by plain loops, ordinary differential equations and noisy runs; the trained table by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

from replications.ema_scaling_rule import theory
from replications.ema_scaling_rule.gaps import arms, shortcut_less_power
from replications.ema_scaling_rule.noise import kept_of_weights, simulated, stationary
from replications.ema_scaling_rule.parabola import Parabola, best_momentum, distance, mean_path
from scalinglaws import load
from scalinglaws.claims import verdicts


def average(tau: np.ndarray, b: float) -> np.ndarray:
    """zeta of small steps, from theta = zeta = 1."""
    return np.exp(-b * tau) + b * (np.exp(-tau) - np.exp(-b * tau)) / (b - 1)


def noise_kept(momentum: float, contraction: float) -> float:
    """Stationary variance of the average over that of the weights, which shrink by a factor each step.

    The weights are then an autoregression of the first order. It is above 1 where the momentum is negative.
    """
    rho, r = momentum, contraction
    return (1 - rho) / (1 + rho) * (1 + rho * r) / (1 - rho * r)


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
        np.testing.assert_allclose(average(tau, b), solved.sol(tau)[1], atol=1e-8)


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
            left.append((looped(h, math.exp(-b * h), n, newest=newest)[-1, 1] - average(tau, b)) / h)
        assert 2 * left[1] - left[0] == pytest.approx(expected, abs=2e-5)
        left = []
        for n in (2000, 4000):
            h = tau / n
            left.append((looped(h, 1 - b * h, n, newest=newest)[-1, 1] - average(tau, b)) / h)
        expected = theory.left_by_shortcut(np.array(tau), b, lag)
        assert 2 * left[1] - left[0] == pytest.approx(expected, abs=2e-5)


def test_stationary_variances_by_formula_and_by_noisy_runs():
    for momentum in (0.99, 0.5, -0.3):
        for newest in (False, True):
            parabola = Parabola(rate=0.05, momentum=momentum, newest=newest, steps=1500)
            found = stationary(parabola, batch=4)
            weights = 0.05 / (4 * (2 - 0.05))
            assert found[0, 0] == pytest.approx(weights)
            assert found[1, 1] == pytest.approx(weights * noise_kept(momentum, 0.95))
            assert (noise_kept(momentum, 0.95) > 1) == (momentum < 0)
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
        assert np.log(best) / np.log(0.9999) == pytest.approx(kappa, rel=0.005)
        assert distance(parabola, kappa, best) <= min(distance(parabola, kappa, m) for m in near) + 1e-12


def test_a_corrected_average_by_its_weights():
    """The average as a weighted mean of all weights so far, the weights of which add to 1."""
    for newest in (False, True):
        parabola = Parabola(rate=0.02, momentum=0.9, steps=60, newest=newest, corrected=True)
        theta = (1 - 0.02) ** np.arange(61)
        found = mean_path(parabola)
        np.testing.assert_allclose(found[:, 0], theta, atol=1e-12)
        assert found[0, 1] == 1
        for t in (1, 2, 60):
            seen = theta[1 : t + 1] if newest else theta[:t]
            assert found[t, 1] == pytest.approx(np.average(seen, weights=0.9 ** np.arange(t)[::-1]))
    with pytest.raises(ValueError, match="corrected average that pulls"):
        mean_path(Parabola(corrected=True, pull=1.0))


def test_the_shortcut_adds_noise_beyond_1_and_diverges_beyond_2():
    parabola = Parabola(momentum=0.99)
    linear = lambda rho, kappa: 1 - kappa * (1 - rho)  # noqa: E731
    for kappa in (90, 99, 101, 120, 190):
        kept = noise_kept(linear(0.99, kappa), 1 - 4e-4 * kappa)
        assert kept_of_weights(parabola, kappa, linear) == pytest.approx(kept, rel=1e-6)
        assert (kept > 1) == (kappa > 100)
    assert distance(parabola, 190, -0.9) < 0.05
    # Three hundred steps or so, each of which multiplies what is wrong by -1.2.
    assert distance(parabola, 220, -1.2) > 1e9
    with pytest.raises(ValueError, match="no stationary state"):
        kept_of_weights(parabola, 220, linear)


def test_kept_numbers_of_the_parabola(kept):
    rho = 0.9999
    power = {kappa: gap(kappa, rho**kappa) for kappa in (128, 256, 512, 1024)}
    assert kept["preserved"]["measured"] == pytest.approx(power[256], rel=1e-6)
    assert kept["unscaled"]["measured"] == pytest.approx(gap(8, rho), rel=1e-6)
    ends = math.log(power[1024] / power[128]) / math.log(8)
    assert kept["order"]["measured"] == pytest.approx(ends, abs=0.02)
    assert kept["feedback"]["measured"] == pytest.approx(gap(256, rho**256, of=0, pull=1.0), rel=1e-6)
    assert kept["feedback-unscaled"]["measured"] == pytest.approx(gap(8, rho, of=0, pull=1.0), rel=1e-6)
    linear = {kappa: gap(kappa, 1 - kappa * (1 - rho)) for kappa in (2, 4, 8)}
    ratios = [linear[kappa] / gap(kappa, rho**kappa) for kappa in linear]
    # The intercept at kappa = 1 of a straight line through three points, by the normal equations.
    x = np.array([2.0, 4.0, 8.0]) - 1
    rise = np.sum((x - x.mean()) * ratios) / np.sum((x - x.mean()) ** 2)
    assert kept["linear-ratio"]["measured"] == pytest.approx(np.mean(ratios) - rise * x.mean(), rel=1e-6)
    assert kept["variance"]["measured"] == pytest.approx(
        math.prod(
            noise_kept(m, r) ** p / (2 - x) ** p
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
    logs = np.log(gaps(256, "power", 0.998)) - np.log(gaps(8, "power", 0.998))
    assert kept["trained-breaks"]["measured"] == pytest.approx(np.exp(logs.mean()) / 32, rel=1e-6)
    less = np.subtract(gaps(64, "shortcut", 0.98), gaps(64, "power", 0.98))
    assert kept["trained-linear"]["measured"] == pytest.approx(less.mean(), rel=1e-6)
    # The same memory with a correction that it soon does not need, at a batch at which weights keep their path.
    runs = arms(load("ema_scaling_rule_corrected"))
    less = shortcut_less_power(runs, 8, 0.84)
    assert (less > 0).all() and less.mean() < 0.02
