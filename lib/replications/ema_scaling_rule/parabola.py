"""Weights on a noisy parabola and their average: a linear recursion, so that means and variances are exact.

The loss is a theta^2 / 2, a batch of B examples sees its gradient with noise of standard deviation
sigma / sqrt(B), and zeta averages the weights theta. One step multiplies the pair (theta, zeta) by a
matrix and adds noise. With kappa times the batch the learning rate is kappa times as large, and there
are kappa times fewer steps.

Source: Busbridge et al. (2023), arXiv:2307.13813, for the question; the parabola is worked out here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize_scalar

#: Momentum at a batch that is kappa times as large: `(rho, kappa)` to a number.
Rule = Callable[[float, float], float]


@dataclass(frozen=True)
class Parabola:
    """A parabola, and how it is descended at the batch of reference.

    Parameters
    ----------
    curvature
        a of the loss a theta^2 / 2.
    rate
        Learning rate at the batch of reference.
    momentum
        rho of the average at the batch of reference.
    steps
        Steps at the batch of reference.
    pull
        b of a further loss b (theta - zeta)^2 / 2, in which the average is held fixed.
    newest
        Whether a step averages the weights that it has made, and not those that it was given.
    corrected
        Whether the average starts from nought and is divided by the share of it that weights have
        filled, as Adam does it, and not from the first weights.
    """

    curvature: float = 1.0
    rate: float = 4e-4
    momentum: float = 0.9999
    steps: int = 32768
    pull: float = 0.0
    newest: bool = False
    corrected: bool = False

    def scaled(self, kappa: float, momentum: float) -> Parabola:
        """The same at kappa times the batch: a rate times kappa, fewer steps, and the given momentum."""
        return replace(self, rate=kappa * self.rate, momentum=momentum, steps=int(self.steps // kappa))

    def step(self) -> np.ndarray:
        """The matrix that a step multiplies (theta, zeta) by, on average: (2, 2)."""
        weights = np.array([1 - self.rate * (self.curvature + self.pull), self.rate * self.pull])
        old = np.array([1.0, 0.0])
        seen = weights if self.newest else old
        return np.array([weights, (1 - self.momentum) * seen + self.momentum * np.array([0.0, 1.0])])

    def noise(self) -> np.ndarray:
        """What one unit of the gradient's noise adds to (theta, zeta) in a step: (2,)."""
        return -self.rate * np.array([1.0, (1 - self.momentum) * self.newest])


def path(step: np.ndarray, start: np.ndarray, steps: int) -> np.ndarray:
    """Mean of (theta, zeta) after 0, 1, 2, ... steps: (steps + 1, 2).

    The path so far, multiplied by one power of the matrix, is as much again.
    """
    found = np.array([start], dtype=float)
    while len(found) <= steps:
        found = np.concatenate([found, found @ np.linalg.matrix_power(step, len(found)).T])
    return found[: steps + 1]


@lru_cache(maxsize=64)
def mean_path(parabola: Parabola) -> np.ndarray:
    """Mean path from theta = zeta = 1, a distance of 1 from the minimum: (steps + 1, 2).

    Raises
    ------
    ValueError
        If the average is corrected and also pulls: what it pulls with would change from step to step.
    """
    if not parabola.corrected:
        return path(parabola.step(), np.ones(2), parabola.steps)
    if parabola.pull:
        raise ValueError("a corrected average that pulls is not worked out here")
    found = path(parabola.step(), np.array([1.0, 0.0]), parabola.steps)
    found[1:, 1] /= 1 - parabola.momentum ** np.arange(1.0, parabola.steps + 1)
    found[0, 1] = 1.0
    return found


def distance(parabola: Parabola, kappa: int, momentum: float, of: int = 1) -> float:
    """Largest distance between the mean paths at kappa times the batch and at the batch of reference.

    Parameters
    ----------
    parabola
        At the batch of reference.
    kappa
        A whole number; both paths are compared wherever both have a step.
    momentum
        Of the average at kappa times the batch.
    of
        1 for the average, 0 for the weights.
    """
    scaled = mean_path(parabola.scaled(kappa, momentum))
    return float(np.abs(scaled - mean_path(parabola)[::kappa][: len(scaled)])[:, of].max())


def second_order_distance(parabola: Parabola, kappa: int, momentum: float) -> float:
    """`distance` of the average where weights decay exactly and it sees them halfway, the mean of old and new.

    Nothing of the first order in the step is then left; see `theory`. The weights are drawn to the minimum only.
    """
    found = []
    for world in (parabola, parabola.scaled(kappa, momentum)):
        r, rho = float(np.exp(-world.rate * world.curvature)), world.momentum
        step = np.array([[r, 0.0], [(1 - rho) * (1 + r) / 2, rho]])
        found.append(path(step, np.ones(2), world.steps)[:, 1])
    return float(np.abs(found[1] - found[0][::kappa][: len(found[1])]).max())


def best_momentum(parabola: Parabola, kappa: int, of: int = 1) -> float:
    """The momentum at kappa times the batch that makes the distance least, of the average or (0) of the weights.

    ln(-ln momentum) is searched from that of rho to that of rho^(kappa^2).
    """
    first = np.log(-np.log(parabola.momentum))
    found = minimize_scalar(
        lambda x: distance(parabola, kappa, float(np.exp(-np.exp(x))), of),
        bounds=(first, first + 2 * np.log(kappa)),
        method="bounded",
        options={"xatol": 1e-8},
    )
    return float(np.exp(-np.exp(found.x)))
