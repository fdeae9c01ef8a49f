"""Minimising an objective: damped Newton steps for a whole batch, and a second, different algorithm.

A batch is many starts, or many resamples, of one problem. All its rows advance together,
each with its own damping, and those that are done drop out.

Huber's loss with a delta far below the noise has almost no curvature: step rules built on
Gauss-Newton alone creep, quasi-Newton methods stop early. Second derivatives are exact here,
and a wide delta is narrowed step by step.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import numpy as np
from numpy.linalg import LinAlgError
from scipy.optimize import OptimizeResult, least_squares, minimize

from scalinglaws.fitting.problem import Problem

#: A gradient so small that a Gauss-Newton step would gain less than this share of the objective.
TIGHT = 1e-10
#: Objectives closer than this, relatively, are the same optimum.
SAME = 1e-6
#: Numbers in one array of a batch: small enough to stay in a processor's cache.
CHUNK = 2**14


@dataclass(frozen=True)
class Points:
    """Places in parameter space with everything the next step needs, one row a place.

    Attributes
    ----------
    theta, gradient
        Coordinates and the derivative of the objective, (rows, parameters).
    value
        The objective, (rows,).
    normal, hessian
        Reweighted Gauss-Newton matrix and exact second derivatives, (rows, parameters,
        parameters).
    held
        Coordinates that their bounds hold against the gradient, (rows, parameters).
    decrement
        What a reweighted Gauss-Newton step would gain, as a share of the objective: it does
        not change with the units of the data or of the parameters, (rows,).
    """

    theta: np.ndarray
    value: np.ndarray
    gradient: np.ndarray
    normal: np.ndarray
    hessian: np.ndarray
    held: np.ndarray
    decrement: np.ndarray

    def take(self, rows: np.ndarray | int) -> Points:
        """Some rows; a single one without the axis of rows."""
        return Points(*(values[rows] for values in vars(self).values()))

    def put(self, rows: np.ndarray, other: Points) -> None:
        """Overwrite some rows."""
        for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True):
            mine[rows] = theirs

    def join(self, other: Points) -> Points:
        """These rows and others after them."""
        both = zip(vars(self).values(), vars(other).values(), strict=True)
        return Points(*map(np.concatenate, both))

    def along(self, kept: np.ndarray) -> Points:
        """The same places with some coordinates only; the others are held, so that what is proved stays so."""
        both = np.ix_(np.arange(len(self.value)), np.flatnonzero(kept), np.flatnonzero(kept))
        return Points(
            self.theta[:, kept],
            self.value,
            self.gradient[:, kept],
            self.normal[both],
            self.hessian[both],
            self.held[:, kept],
            self.decrement,
        )

    @property
    def solved(self) -> np.ndarray:
        """Which rows are at an optimum, be it at a bound that holds it."""
        return self.decrement < TIGHT


def evaluate(problem: Problem, theta: np.ndarray, exact: bool = True) -> Points:
    """The problem, its derivatives and its scale-free gradient at theta, (rows, parameters).

    Unless `exact`, the Gauss-Newton matrix stands in for the second derivatives.
    """
    loss, logarithmic = problem.loss, problem.residual == "log"
    low, high = problem.limits
    with np.errstate(all="ignore"):
        params = problem.natural(theta)
        predicted = problem.predict(theta, params)
        by_parameter = problem.law.gradient(*problem.columns, **params)
        r, slopes = problem.residuals_of(predicted), problem.chained(theta, params, by_parameter)
        value = (problem.weights * loss.rho(r)).sum(-1)
        pull = problem.weights * loss.psi(r)
        curved = problem.weights * loss.curvature(r)
        touching = problem.weights * loss.weight(r)
        if exact:
            lean = pull / predicted if logarithmic else pull
            bend = problem.bend(params, slopes, lean, by_parameter)
        if logarithmic:
            slopes = slopes / predicted[:, None, :]
            curved = curved + pull
        gradient = -(slopes @ pull[:, :, None])[..., 0]
        normal = (slopes * touching[:, None, :]) @ slopes.swapaxes(1, 2)
        hessian = (slopes * curved[:, None, :]) @ slopes.swapaxes(1, 2) - bend if exact else normal
        held = ((theta <= low) & (gradient > 0)) | ((theta >= high) & (gradient < 0))
        gain = 0.5 * newton_gain(normal, gradient, held)
        # What rounding of the residuals alone may pretend to gain, which matters for a perfect fit only.
        gain = np.maximum(0.0, gain - 1e-4 * problem.floor)
        value = np.where(np.isnan(value), np.inf, value)
        return Points(theta, value, gradient, normal, hessian, held, gain / (value + problem.floor))


def lengths(normal: np.ndarray) -> np.ndarray:
    """Root of the diagonal: the unit of each coordinate, one where it is zero."""
    size = np.sqrt(np.diagonal(normal, axis1=-2, axis2=-1))
    return np.where(size > 0, size, 1.0)


def newton_gain(normal: np.ndarray, gradient: np.ndarray, held: np.ndarray) -> np.ndarray:
    """g' N^-1 g over the coordinates that are free to move; infinite where it cannot be computed."""
    size, unit = lengths(normal), np.eye(normal.shape[-1])
    scaled = normal / (size[:, :, None] * size[:, None, :]) + 1e-14 * unit
    g = gradient / size
    if held.any():
        free = ~held
        scaled = np.where(free[:, :, None] & free[:, None, :], scaled, unit)
        g = np.where(free, g, 0.0)
    sound = np.isfinite(scaled).all((1, 2)) & np.isfinite(g).all(1)
    scaled[~sound] = unit
    try:
        gain = (g * np.linalg.solve(scaled, g[..., None])[..., 0]).sum(-1)
    except LinAlgError:
        gain = np.full(len(g), np.inf)
    return np.where(sound & (gain >= 0), gain, np.inf)


def definite(matrices: np.ndarray) -> np.ndarray:
    """Which symmetric matrices are positive definite: the pivots of elimination are positive."""
    # Most often all of them are, and one call to LAPACK shows it; where it fails it does not say which are not.
    with contextlib.suppress(LinAlgError):
        pivots = np.diagonal(np.linalg.cholesky(matrices), axis1=-2, axis2=-1) ** 2
        if (pivots > 1e-14).all():
            return np.ones(len(matrices), bool)
    left = matrices.transpose(1, 2, 0).copy()  # numpy is fast along the last axis, here the matrices
    good = np.ones(len(matrices), bool)
    with np.errstate(all="ignore"):
        for j in range(len(left)):
            good &= left[j, j] > 1e-14
            if j < len(left) - 1:
                ratio = left[j + 1 :, j] / np.where(good, left[j, j], 1.0)
                left[j + 1 :, j + 1 :] -= ratio[:, None] * left[j, j + 1 :]
    return good


def lacked(bent: np.ndarray, ridge: np.ndarray, both: np.ndarray) -> np.ndarray:
    """How much damping at least makes bent + damping * ridge positive definite, a row each; 0 if unknown.

    `both` says which pairs of coordinates are free to move.
    """
    unit = np.eye(bent.shape[-1])
    try:
        root = np.linalg.inv(np.linalg.cholesky(np.where(both, ridge, unit)))
        least = np.linalg.eigvalsh(root @ np.where(both, bent, 0.0) @ root.swapaxes(1, 2))[:, 0]
    except LinAlgError:
        return np.zeros(len(bent))
    return np.clip(np.nan_to_num(-least), 0.0, 1e12)


def direction(at: Points, damping: np.ndarray, caution: float) -> np.ndarray:
    """Damped Newton steps; raises `damping`, in place, until the matrix of a row is positive definite.

    `caution` says how much damping holds each coordinate back, beside the directions that
    the runs determine.
    """
    size, free = lengths(at.normal), ~at.held
    both = free[:, :, None] & free[:, None, :]
    unit = np.eye(size.shape[-1])
    outer = size[:, :, None] * size[:, None, :]
    bent, ridge = at.hessian / outer, at.normal / outer + caution * unit
    matrix = np.where(both, bent + damping[:, None, None] * ridge, unit)
    bad = np.flatnonzero(~definite(matrix))
    lacking = lacked(bent[bad], ridge[bad], both[bad]) if bad.size else np.empty(0)
    while bad.size:
        damping[bad] = np.maximum(4 * damping[bad], 1e-6)
        # Multiply the damping by the power of four that makes the matrix positive definite, in one step.
        times = np.ceil(np.log(np.maximum(lacking / damping[bad], 1.0)) / np.log(4))
        damping[bad] *= 4.0**times
        matrix[bad] = np.where(both[bad], bent[bad] + damping[bad, None, None] * ridge[bad], unit)
        matrix[bad[~np.isfinite(matrix[bad]).all((1, 2)) | (damping[bad] > 1e12)]] = unit
        left = ~definite(matrix[bad])
        bad, lacking = bad[left], lacking[left]
    step = np.linalg.solve(matrix, np.where(free, at.gradient / size, 0.0)[..., None])[..., 0]
    return -step / size


def newton(
    problem: Problem,
    theta: np.ndarray,
    tight: float = 1e-20,
    rounds: int = 200,
    caution: float = 1e-3,
    exact: bool = True,
) -> Points:
    """Damped, projected Newton's method on every row.

    Parameters
    ----------
    problem
        The problem; its weights are common to all rows, or one set a row.
    theta
        Starts at which the objective is finite, (rows, parameters).
    tight
        A row is done when its scale-free gradient is below this.
    rounds
        At most so many steps.
    caution
        How much damping holds each coordinate back, beside the directions that the runs determine. With
        little of it steps near the optimum are not slowed; with more those far from it do not overshoot.
    exact
        Without second derivatives it is Levenberg and Marquardt's method: slower near the
        optimum, faster along a narrow valley that leads there.
    """
    at = evaluate(problem, np.clip(theta, *problem.limits), exact)
    damping, active = np.full(len(theta), 1e-2), at.decrement > tight
    for _ in range(rounds):
        rows = np.flatnonzero(active)
        if not rows.size:
            break
        now, held_back = (at if rows.size == len(active) else at.take(rows)), damping[rows]
        here = problem if rows.size == len(active) else problem.take(rows)
        step = direction(now, held_back, caution)
        trial = evaluate(here, np.clip(now.theta + step, *problem.limits), exact)
        lower = trial.value < now.value
        # The objectives, sums of rounded squares, differ by less than rounding, so the gradient decides.
        rounding = 1e-13 * now.value + here.floor + 1e-2 * np.sqrt(here.floor * now.value)
        level = ~lower & (trial.value <= now.value + rounding)
        moved = lower | (level & (trial.decrement < now.decrement))
        at.put(rows[moved], trial.take(moved))
        eased = np.where(held_back > 1e-8, held_back / 8, 0.0)
        damping[rows] = np.where(moved, np.where(lower, eased, held_back), np.maximum(4 * held_back, 1e-6))
        active[rows] = (at.decrement[rows] > tight) & (damping[rows] < 1e12) & (moved | ~level)
    return at


def second_opinion(problem: Problem, theta: np.ndarray, optimum: Points, enough: float) -> np.ndarray:
    """Where a different algorithm of scipy's gets from one point.

    For the squared loss a trust region on the residuals; for the others BFGS, in the
    coordinates in which the optimum that is to be checked looks round, without which it
    diverges in narrow valleys. It stops once the objective is at most `enough`.

    Parameters
    ----------
    problem, theta
        The problem, and where to start, (parameters,).
    optimum
        The point that is to be checked, a single one.
    enough
        Objective at which nothing more needs to be known.
    """
    if problem.loss.kind == "squared":
        root = np.sqrt(problem.weights)
        with np.errstate(all="ignore"):
            return least_squares(
                lambda x: np.nan_to_num(root * problem.residuals(x), posinf=1e100, neginf=-1e100),
                theta,
                jac=lambda x: np.nan_to_num(root[:, None] * problem.jacobian(x), posinf=0.0, neginf=0.0),
                bounds=problem.limits,
                x_scale="jac",
                ftol=1e-13,
                xtol=1e-15,
                gtol=None,
                max_nfev=500,
            ).x
    size = lengths(optimum.normal)
    try:
        scaled = optimum.normal / np.outer(size, size) + 1e-12 * np.eye(len(size))
        turn = np.linalg.inv(np.linalg.cholesky(scaled)).T / size[:, None]
    except LinAlgError:
        turn = np.diag(1 / size)

    def stop(intermediate_result: OptimizeResult) -> None:
        if intermediate_result.fun <= enough:
            raise StopIteration

    def place(u: np.ndarray) -> np.ndarray:
        return np.clip(theta + turn @ u, *problem.limits)

    def scaled_objective(u: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = problem.objective_and_gradient(place(u))
        return (value if np.isfinite(value) else 1e100), np.nan_to_num(turn.T @ gradient)

    with np.errstate(all="ignore"):
        found = minimize(
            scaled_objective,
            np.zeros_like(theta),
            jac=True,
            method="BFGS",
            callback=stop,
            options={"gtol": 1e-12, "maxiter": 500},
        )
    return place(found.x)
