"""An objective with a corner at one place, in units of its own, and the system of its steps.

Each corner is written as a maximum, rho(r) = max over m in [-below, above] of m r - delta m^2 / 2, which
is abs(r) or the check loss for delta = 0 and Huber's loss, divided by delta, for below = above = 1. A
set of residuals in the corner then gives one square system for the step and the multipliers, which is
as well conditioned for a delta of 1e-9 or 0 as for any other. Source: Murray & Overton (1981), A projected
Lagrangian algorithm for nonlinear l1 optimization, doi:10.1137/0902018.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scalinglaws.fitting.problem import Problem

#: Weight of a proximal term, which keeps a system solvable where the corner holds more residuals than there
#: are parameters; it draws multipliers to the last ones known, so that no solution depends on it.
PROP = 1e-11


@dataclass(frozen=True)
class ScaledProblem:
    """One problem at one place, in units in which the objective is 1 and every coordinate's effect is too.

    Attributes
    ----------
    r, slopes
        Residuals, (runs,), and their derivatives by the coordinates, (runs, parameters).
    weights
        Shares of the runs; zero for those without weight.
    delta
        Half the width of the corner.
    unit, size
        The unit of residuals, and of coordinates.
    value
        The objective in those units: 1, or less for a fit that is exact but for rounding.
    """

    problem: Problem
    theta: np.ndarray
    r: np.ndarray
    slopes: np.ndarray
    predicted: np.ndarray
    weights: np.ndarray
    delta: float
    unit: float
    size: np.ndarray

    @property
    def pull(self) -> np.ndarray:
        """The slope of the loss on the side where each residual lies."""
        below, above = self.problem.loss.pulls
        return np.where(self.r > 0, above, -below)

    def hessian(self, multipliers: np.ndarray) -> np.ndarray:
        """Second derivatives of the residuals, summed with the multipliers of all runs."""
        p, pull = self.problem, self.weights * multipliers
        logarithmic = p.residual == "log"
        with np.errstate(all="ignore"):
            raw = -self.slopes.T * (self.size[:, None] * self.unit)
            law = raw * self.predicted if logarithmic else raw
            bend = p.bend(p.natural(self.theta), law, pull / self.predicted if logarithmic else pull)
            found = -bend / (self.unit * np.outer(self.size, self.size))
        if logarithmic:
            found = found + (self.slopes.T * pull) @ self.slopes * self.unit
        return found


def value_of(problem: Problem, r: np.ndarray, delta: float) -> float:
    """The sum over runs of max over m of m r - delta m^2 / 2."""
    below, above = problem.loss.pulls
    with np.errstate(all="ignore"):
        m = np.clip(r / delta, -below, above) if delta > 0 else np.where(r > 0, above, -below)
        used = problem.weights > 0
        value = float(np.sum((problem.weights * (m * r - 0.5 * delta * m * m))[used]))
    return value if np.isfinite(value) else np.inf


def scaled(problem: Problem, theta: np.ndarray, delta: float) -> ScaledProblem:
    """The problem at a place, with a corner of width delta, without units."""
    total = problem.weights.sum()
    used = problem.weights > 0
    with np.errstate(all="ignore"):
        predicted = problem.predict(theta)
        r = problem.residuals_of(predicted)
        slopes = problem.slopes(theta)
        if problem.residual == "log":
            slopes = slopes / predicted
    unit = max(value_of(problem, r, delta) / total, 1e-13 * problem.size)
    shares = problem.weights / total
    slopes = np.where(used, -slopes, 0.0)
    size = np.sqrt((shares * slopes**2).sum(-1)) / unit
    size = np.where(size > 0, size, 1.0)
    slopes = (slopes / (unit * size[:, None])).T
    return ScaledProblem(
        problem, theta, np.where(used, r / unit, np.inf), slopes, predicted, shares, delta / unit, unit, size
    )


def system(
    at: ScaledProblem, corner: np.ndarray, free: np.ndarray, hessian: np.ndarray, ridge: float
) -> np.ndarray:
    """The matrix that takes a step and the multipliers to the gradient and the residuals in the corner."""
    own, p = at.slopes[corner], free.sum()
    own = own[:, free]
    normal = (at.slopes[:, free].T * at.weights) @ at.slopes[:, free]
    matrix = np.zeros((p + len(own), p + len(own)))
    matrix[:p, :p] = hessian[np.ix_(free, free)] + ridge * (normal + 1e-3 * np.eye(p))
    matrix[:p, p:], matrix[p:, :p] = own.T, own
    matrix[p:, p:] = -np.diag(at.delta / at.weights[corner] + PROP)
    return matrix


def convex(matrix: np.ndarray, p: int) -> bool:
    """Whether the curvature is positive along all directions that keep the corner: as many positive
    eigenvalues of the whole as there are coordinates."""
    if not np.isfinite(matrix).all():
        return False
    return int(np.sum(np.linalg.eigvalsh(matrix) > 1e-12)) == p
