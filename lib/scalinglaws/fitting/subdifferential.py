"""The proof of an optimum with a corner: whether 0 is among the slopes of the objective there.

At such an optimum some residuals lie exactly in the corner, as many as there are parameters or fewer,
and the gradient is a set. A point is optimal if 0 is in that set: there are multipliers, one a residual
in the corner and each between the slopes on both sides of it, with which the gradient vanishes, and the
law's own curvature is positive along the directions that keep those residuals where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.linalg import LinAlgError
from scipy.optimize import lsq_linear

from scalinglaws.fitting.kinked import ScaledProblem, convex, scaled, system
from scalinglaws.fitting.losses import Loss, absolute
from scalinglaws.fitting.problem import Problem


@dataclass(frozen=True)
class Optimality:
    """Whether a place is an optimum.

    Attributes
    ----------
    gap
        How far the conditions of an optimum are violated, as a share of the objective: what a
        step that keeps the corner would gain, and what the multipliers leave between the
        objective and its bound from below.
    held
        Coordinates that their bounds hold.
    corner
        Runs whose residual is in the corner.
    """

    gap: float
    held: np.ndarray
    corner: np.ndarray


def bounded_multipliers(at: ScaledProblem, corner: np.ndarray, free: np.ndarray) -> np.ndarray:
    """The multipliers between their bounds that make the gradient least."""
    below, above = at.problem.loss.pulls
    outside = ~corner & (at.weights > 0)
    gradient = at.slopes[outside][:, free].T @ (at.weights * at.pull)[outside]
    own = (at.slopes[corner][:, free] * at.weights[corner][:, None]).T
    found = np.linalg.lstsq(own, -gradient)[0]
    if np.all((found >= -below) & (found <= above)):
        return found
    return lsq_linear(own, -gradient, (-below, above), method="bvls", tol=1e-14).x


def prove(at: ScaledProblem, corner: np.ndarray, held: np.ndarray, guess: np.ndarray) -> Optimality:
    """The optimality conditions at a place, for a set of residuals taken to be in the corner."""
    problem = at.problem
    below, above = problem.loss.pulls
    free, count = ~held, int((~held).sum())
    if not np.isfinite(at.slopes[at.weights > 0]).all():
        return Optimality(np.inf, held, corner)
    multipliers = at.pull.copy()
    if corner.any():
        own = guess[corner]
        if at.delta == 0:
            own = bounded_multipliers(at, corner, free)
        multipliers[corner] = np.clip(own, -below, above)
    used = at.weights > 0
    gradient = at.slopes[used].T @ (at.weights * multipliers)[used]
    low, high = problem.limits
    outward = ((at.theta <= low) & (gradient >= 0)) | ((at.theta >= high) & (gradient <= 0))
    if np.any(held & ~outward):
        return Optimality(np.inf, held, corner)
    matrix = system(at, corner, free, at.hessian(multipliers), 0.0)
    if count and not convex(matrix, count):
        return Optimality(np.inf, held, corner)
    left = np.where(free, gradient, 0.0)
    r, m = at.r[used], multipliers[used]
    nearest = np.clip(r / at.delta, -below, above) if at.delta > 0 else np.where(r > 0, above, -below)
    losses = nearest * r - 0.5 * at.delta * nearest**2
    gap = float(np.sum(at.weights[used] * (losses - (m * r - 0.5 * at.delta * m * m))))
    # Residuals are known to the last digit of the target only, which for a tiny objective is not nothing.
    gap = max(0.0, gap - 1e-13 * problem.size / at.unit)
    if count:
        right = np.concatenate([left[free], np.zeros(int(corner.sum()))])
        normal = (at.slopes[:, free].T * at.weights) @ at.slopes[:, free]
        try:
            along = np.linalg.solve(matrix, right)[:count]
            across = np.linalg.solve(normal + 1e-14 * np.eye(count), left[free])
        except LinAlgError:
            return Optimality(np.inf, held, corner)
        gap += 0.5 * (abs(left[free] @ along) + abs(left[free] @ across))
    return Optimality(gap, held, corner)


def held_wrongly(at: ScaledProblem, corner: np.ndarray, held: np.ndarray, multipliers: np.ndarray) -> int:
    """A coordinate that its bound holds although the objective falls inwards; -1 if there is none."""
    used = at.weights > 0
    gradient = at.slopes[used].T @ (at.weights * multipliers)[used]
    low, high = at.problem.limits
    inward = held & (((at.theta <= low) & (gradient < 0)) | ((at.theta >= high) & (gradient > 0)))
    return int(np.argmax(np.where(inward, np.abs(gradient), -1.0))) if inward.any() else -1


def sharp(problem: Problem) -> Loss:
    """The problem's loss with a corner that is not rounded off at all."""
    return absolute() if problem.loss.kind == "huber" else replace(problem.loss, delta=0.0)


def optimality_at(problem: Problem, theta: np.ndarray) -> Optimality:
    """Whether one place, however it was found, is an optimum."""
    delta = problem.loss.delta if problem.loss.kind == "huber" else 0.0
    at = scaled(problem, theta, delta)
    low, high = problem.limits
    used = at.weights > 0
    corner = used & (np.abs(at.r) <= max(at.delta, 1e-10, 1e-13 * problem.size / at.unit))
    guess = np.clip(at.r / at.delta, -1, 1) if delta > 0 else np.zeros(len(at.r))
    return prove(at, corner, (theta <= low) | (theta >= high), guess)
