"""Profile-likelihood intervals: how far a quantity can move before the best fit to it becomes too bad.

The ends of the interval are where a quantity is largest and smallest among all parameters
whose sum of squares stays below a threshold. Unlike a Wald interval they need no straight
line: they do not change when a parameter is replaced by a function of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.linalg import LinAlgError
from scipy.special import stdtrit

from scalinglaws.fitting.problem import FitError, Problem
from scalinglaws.fitting.result import Fit, Status
from scalinglaws.fitting.solve import Points, evaluate, lengths
from scalinglaws.fitting.wald import Quantity

#: Newton steps tried before an end is approached in smaller parts.
ROUNDS = 30
#: An end that cannot be approached in parts of this size is infinite.
LEAST_PART = 1 / 64


def profile(fit: Fit, what: Quantity, level: float = 0.95) -> tuple[float, float]:
    r"""Profile-likelihood interval; squared loss only.

    An end is the extreme of the quantity subject to
    $S(\theta) = S_{min}\,(1 + t^2/\nu)$, with t the Student quantile and $\nu$ the degrees
    of freedom (the exact region of a linear model).

    Parameters
    ----------
    fit
        A fit with squared loss.
    what
        A parameter; `"log A"` for a logarithm; or a function of the dictionary of
        parameters, such as `scalinglaws.frontier.size_exponent`.
    level
        Confidence level.

    Returns
    -------
    tuple of float
        An end that the runs do not determine is infinite (zero, for a positive parameter).

    Raises
    ------
    FitError
        For a robust loss, a fit that did not converge, or a fixed or unknown parameter.

    Source: Venzon & Moolgavkar (1988), doi:10.2307/2347496; Bates & Watts (1988),
    Nonlinear Regression Analysis, section 6.1.
    """
    if fit.problem.loss.kind != "squared":
        raise FitError(
            f"a {fit.problem.loss} fit has no likelihood to profile: use bootstrap(fit, n, seed).interval(...)"
        )
    if not 0 < level < 1:
        raise FitError(f"level is a share between 0 and 1, not {level}")
    if fit.status is Status.UNIDENTIFIABLE:
        return -np.inf, np.inf
    if not fit.proved:
        raise FitError(f"only a converged fit has a profile; this one: {fit.message}")
    target = target_of(fit, what)
    quantile = float(stdtrit(fit.degrees_of_freedom, 0.5 + level / 2))
    low, high = (target.natural(end(fit, target, side, quantile)) for side in (-1, 1))
    return low, high


class Target(NamedTuple):
    """A scalar function of the coordinates."""

    value: Callable[[np.ndarray], float]
    #: Coordinates and their units -> gradient and second derivatives.
    derivatives: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
    #: From the value to the unit that was asked for.
    natural: Callable[[float], float]


def target_of(fit: Fit, what: Quantity) -> Target:
    """What the interval is of, as a function of the coordinates."""
    if callable(what):

        def value(theta: np.ndarray) -> float:
            return float(what(fit.problem.params(theta)))

        return Target(value, lambda theta, unit: differences(value, theta, unit), float)
    j, log_wanted = fit.index(what)
    size = len(fit.free)
    exact = np.eye(size)[j], np.zeros((size, size))
    natural = float if log_wanted or not fit.problem.logged[j] else lambda v: float(np.exp(v))
    return Target(lambda theta: float(theta[j]), lambda theta, unit: exact, natural)


def end(fit: Fit, target: Target, side: int, quantile: float) -> float:
    """One end of the interval, reached from the optimum in as few parts as possible."""
    problem, best = fit.problem, fit.point
    rise = float(best.value) * quantile**2 / fit.degrees_of_freedom
    # Where a quadratic sum of squares would have its end lies this far out, in standardised length.
    stretch = np.sqrt(2 * rise)
    theta, done, part = best.theta, 0.0, 1.0
    while done < 1:
        slope = side * target.derivatives(theta, 1 / lengths(best.normal))[0]
        try:
            ray = np.linalg.solve(best.normal, slope)
        except LinAlgError:
            return side * np.inf
        length = np.sqrt(slope @ ray)
        if not length > 0:
            return target.value(theta)
        share = min(1.0, done + part)
        guess = theta + (share - done) * stretch * ray / length, share * stretch / length
        found = climb(problem, target, side, float(best.value), share**2 * rise, guess)
        if found is not None and side * (target.value(found) - target.value(theta)) > 0:
            theta, done = found, share
        else:
            part /= 2
            if part < LEAST_PART:
                return side * np.inf
    return target.value(theta)


def climb(
    problem: Problem,
    target: Target,
    side: int,
    least: float,
    rise: float,
    guess: tuple[np.ndarray, float],
) -> np.ndarray | None:
    """The extreme of the quantity where the objective lies `rise` above the least; None if not found.

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
        # A step is in standard deviations of the residuals; a long one leaves the model's reach.
        shrink = min(1.0, 3 * np.sqrt(2 * rise) / max(moved, 1e-300))
        theta, multiplier = theta + shrink * step[:size], multiplier + shrink * step[size]
        if shrink == 1 and moved <= 1e-7 * np.sqrt(2 * rise):
            return theta if multiplier > 0 else None
    return None


def differences(
    value: Callable[[np.ndarray], float], theta: np.ndarray, unit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and second derivatives of a scalar function by central differences."""
    size, step = len(theta), 1e-4 * np.minimum(unit, np.maximum(1.0, np.abs(theta)))
    moves = np.diag(step)
    centre = value(theta)
    gradient, bend = np.empty(size), np.empty((size, size))
    for i in range(size):
        up, down = value(theta + moves[i]), value(theta - moves[i])
        gradient[i] = (up - down) / (2 * step[i])
        bend[i, i] = (up - 2 * centre + down) / step[i] ** 2
        for j in range(i):
            corners = [value(theta + a * moves[i] + b * moves[j]) * a * b for a in (1, -1) for b in (1, -1)]
            bend[i, j] = bend[j, i] = sum(corners) / (4 * step[i] * step[j])
    return gradient, bend
