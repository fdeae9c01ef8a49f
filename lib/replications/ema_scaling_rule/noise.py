"""Noise of weights on a parabola and of their average: exact covariances, and noisy runs to check them."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_discrete_lyapunov

from replications.ema_scaling_rule.parabola import Parabola, Rule, mean_path


def stationary(parabola: Parabola, batch: float = 1.0) -> np.ndarray:
    """Covariance of (theta, zeta) after many steps, over sigma^2: (2, 2).

    Raises
    ------
    ValueError
        If the recursion diverges.
    """
    step, noise = parabola.step(), parabola.noise()
    radius = np.abs(np.linalg.eigvals(step)).max()
    if radius >= 1:
        raise ValueError(f"no stationary state: a step multiplies by {radius:.3g}")
    return solve_discrete_lyapunov(step, np.outer(noise, noise) / batch)


def variances(parabola: Parabola, kappa: int, rule: Rule) -> np.ndarray:
    """Stationary variances of weights and average at kappa times the batch, over sigma^2: (2,)."""
    return np.diag(stationary(parabola.scaled(kappa, rule(parabola.momentum, kappa)), batch=kappa))


def variance_ratio(parabola: Parabola, kappa: int, rule: Rule) -> float:
    """Stationary variance of the average at kappa times the batch over that at the batch of reference."""
    return float(variances(parabola, kappa, rule)[1] / stationary(parabola)[1, 1])


def kept_of_weights(parabola: Parabola, kappa: int, rule: Rule) -> float:
    """Stationary variance of the average over that of the weights, at kappa times the batch."""
    weights, average = variances(parabola, kappa, rule)
    return float(average / weights)


def simulated(parabola: Parabola, runs: int, batch: float, rng: np.random.Generator) -> np.ndarray:
    """(theta, zeta) of independent noisy runs after the last step, from 1 and with sigma = 1: (2, runs)."""
    step, noise = parabola.step(), parabola.noise()[:, None] / np.sqrt(batch)
    state = np.ones((2, runs))
    for _ in range(parabola.steps):
        state = step @ state + noise * rng.standard_normal(runs)
    return state


def surprise(parabola: Parabola, runs: int, batch: float, rng: np.random.Generator) -> tuple[float, float]:
    """How far mean and variance of the averages of noisy runs are from the exact ones, in standard errors.

    The variance is held against that of the long run, which paths of some memories have all but reached.
    """
    drawn = simulated(parabola, runs, batch, rng)[1]
    mean, variance = mean_path(parabola)[-1, 1], stationary(parabola, batch)[1, 1]
    return (
        float((drawn.mean() - mean) / np.sqrt(variance / runs)),
        float((drawn.var(ddof=1) / variance - 1) * np.sqrt((runs - 1) / 2)),
    )
