"""From the optimum to where a quantity is most extreme, as long as nothing but the objective is in the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.linalg import LinAlgError

from scalinglaws.fitting.problem import Problem
from scalinglaws.fitting.solve import Points, evaluate, lengths

#: Newton steps tried before an end is approached in smaller parts.
ROUNDS = 30


class Target(NamedTuple):
    """A scalar function of the coordinates."""

    value: Callable[[np.ndarray], float]
    #: Coordinates and their units -> gradient and second derivatives.
    derivatives: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def coordinate(j: int, size: int) -> Target:
    """One of the coordinates."""
    exact = np.eye(size)[j], np.zeros((size, size))
    return Target(lambda theta: float(theta[j]), lambda theta, unit: exact)


def function(problem: Problem, what: Callable[[dict[str, float]], float]) -> Target:
    """A function of the dictionary of parameters."""

    def value(theta: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            return float(what(problem.params(theta)))

    return Target(value, lambda theta, unit: central_differences(value, theta, unit))


def approach(
    problem: Problem, best: Points, target: Target, side: int, rise: float, least_part: float = 1 / 8
) -> np.ndarray | None:
    """The extreme where the objective lies `rise` above the best, reached in as few parts as possible.

    None if it is not found in parts of `least_part`.
    """
    # Where a quadratic sum of squares would have its end lies this far out, in standardised length.
    stretch = np.sqrt(2 * rise)
    theta, done, part = best.theta, 0.0, 1.0
    while done < 1:
        slope = side * target.derivatives(theta, 1 / lengths(best.normal))[0]
        try:
            ray = np.linalg.solve(best.normal, slope)
        except LinAlgError:
            return None
        length = np.sqrt(slope @ ray)
        if not 0 < length < np.inf:
            return None
        share = min(1.0, done + part)
        guess = theta + (share - done) * stretch * ray / length, share * stretch / length
        found = climb(problem, target, side, float(best.value), share**2 * rise, guess)
        if found is not None and side * (target.value(found) - target.value(theta)) > 0:
            theta, done = found, share
        else:
            part /= 2
            if part < least_part:
                return None
    return theta


def climb(
    problem: Problem,
    target: Target,
    side: int,
    least: float,
    rise: float,
    guess: tuple[np.ndarray, float],
) -> np.ndarray | None:
    """The extreme of the quantity where the objective lies `rise` above the least; None if not found within bounds.

    Newton's method on grad S = multiplier * side * grad g together with S = least + rise.
    """
    theta, multiplier = guess
    size = len(theta)
    for _ in range(ROUNDS):
        at: Points = evaluate(problem, theta[None]).take(0)
        if not np.isfinite(at.value) or not np.isfinite(at.hessian).all():
            return None
        unit = lengths(at.normal)
        slope, bend = (side * d for d in target.derivatives(theta, 1 / unit))
        wrong = np.r_[at.gradient - multiplier * slope, at.value - least - rise]
        matrix = np.zeros((size + 1, size + 1))
        matrix[:size, :size] = at.hessian - multiplier * bend
        matrix[:size, size], matrix[size, :size] = -slope, at.gradient
        scale = np.r_[unit, 1.0]
        try:
            step = np.linalg.solve(matrix / np.outer(scale, scale), -wrong / scale) / scale
        except LinAlgError:
            return None
        moved = np.abs(step[:size] * unit).max()
        if not np.isfinite(moved):
            return None
        # A step is measured in standard deviations of the residuals; over a long one the quadratic model fails.
        shrink = min(1.0, 3 * np.sqrt(2 * rise) / max(moved, 1e-300))
        theta, multiplier = theta + shrink * step[:size], multiplier + shrink * step[size]
        if shrink == 1 and moved <= 1e-7 * np.sqrt(2 * rise):
            low, high = problem.limits
            return theta if multiplier > 0 and np.all((low <= theta) & (theta <= high)) else None
    return None


def central_differences(
    value: Callable[[np.ndarray], float], theta: np.ndarray, unit: np.ndarray, bends: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and second derivatives (0 unless asked for) of a scalar function by central differences."""
    size, step = len(theta), 1e-4 * np.minimum(unit, np.maximum(1.0, np.abs(theta)))
    moves = np.diag(step)
    centre = value(theta)
    gradient, bend = np.empty(size), np.zeros((size, size))
    for i in range(size):
        up, down = value(theta + moves[i]), value(theta - moves[i])
        gradient[i] = (up - down) / (2 * step[i])
        if not bends:
            continue
        bend[i, i] = (up - 2 * centre + down) / step[i] ** 2
        for j in range(i):
            corners = [value(theta + a * moves[i] + b * moves[j]) * a * b for a in (1, -1) for b in (1, -1)]
            bend[i, j] = bend[j, i] = sum(corners) / (4 * step[i] * step[j])
    return gradient, bend
