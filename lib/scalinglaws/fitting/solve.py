"""The optimisers, and the proof that one of them has arrived.

First algorithm: Newton's method on the sum of losses, damped by the Gauss-Newton matrix,
projected onto the bounds. Second, for the proof: scipy's BFGS, which never sees a second
derivative. (scipy's trust-region least squares agrees too, but stalls up to 300 % too high
where a Huber loss is nearly absolute values.) Neither one's success flag is believed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

from scalinglaws.fitting.problem import Problem

#: A gradient so small that a Gauss-Newton step would gain less than this share of the objective.
TIGHT = 1e-10
#: Objectives closer than this, relatively, are the same optimum.
SAME = 1e-6


@dataclass(frozen=True)
class Point:
    """A place in parameter space with everything the next step needs."""

    theta: np.ndarray
    value: float
    gradient: np.ndarray
    jacobian: np.ndarray
    residuals: np.ndarray
    normal: np.ndarray
    held: np.ndarray
    decrement: float


def point(problem: Problem, theta: np.ndarray) -> Point:
    """Evaluate the problem and its scale-free gradient at theta.

    The decrement is what a reweighted Gauss-Newton step would gain, as a share of the
    objective: it does not change with the units of the data or of the parameters.
    Coordinates that the bounds hold against the gradient do not count.
    """
    r, jacobian = problem.residuals(theta), problem.jacobian(theta)
    gradient = jacobian.T @ (problem.weights * problem.loss.psi(r))
    normal = (jacobian * (problem.weights * problem.loss.weight(r))[:, None]).T @ jacobian
    value = float(problem.weights @ problem.loss.rho(r))
    held = ((theta <= problem.low) & (gradient > 0)) | ((theta >= problem.high) & (gradient < 0))
    free = ~held
    gain = 0.0
    if free.any():
        size = np.sqrt(np.diag(normal)[free])
        size = np.where(size > 0, size, 1.0)
        scaled = normal[np.ix_(free, free)] / np.outer(size, size) + 1e-14 * np.eye(len(size))
        g = gradient[free] / size
        try:
            gain = 0.5 * float(g @ cho_solve(cho_factor(scaled), g))
        except (LinAlgError, ValueError):
            gain = np.inf
    # What rounding of the residuals alone may pretend to gain, which matters for a perfect fit only.
    gain = max(0.0, gain - 1e-4 * problem.floor)
    return Point(theta, value, gradient, jacobian, r, normal, held, gain / (value + problem.floor))


def hessian(problem: Problem, at: Point) -> np.ndarray:
    """Second derivatives of the objective: exact loss curvature, differenced Jacobian."""
    pull = problem.weights * problem.loss.psi(at.residuals)
    curved = problem.weights * problem.loss.curvature(at.residuals)
    bend = np.empty_like(at.normal)
    base = at.jacobian.T @ pull
    for j in range(len(at.theta)):
        step = 1e-6 * max(1.0, abs(at.theta[j]))
        moved = at.theta.copy()
        moved[j] += step
        bend[:, j] = (problem.jacobian(moved).T @ pull - base) / step
    return (at.jacobian * curved[:, None]).T @ at.jacobian + 0.5 * (bend + bend.T)


def newton(
    problem: Problem, theta: np.ndarray, tight: float = 1e-20, rounds: int = 200, caution: float = 1e-3
) -> Point:
    """Damped, projected Newton's method.

    Parameters
    ----------
    problem
        The problem.
    theta
        A start at which the objective is finite.
    tight
        Stop when the scale-free gradient is below this.
    rounds
        At most so many evaluations of the second derivatives.
    caution
        How much damping holds each coordinate back, beside the directions that the runs
        determine: little is fast near the optimum, more is safe far from it.
    """
    at, damping = point(problem, np.clip(theta, problem.low, problem.high)), 1e-2
    for _ in range(rounds):
        if not at.decrement > tight:
            break
        free = ~at.held
        second = hessian(problem, at)
        ridge = at.normal + caution * np.diag(np.diag(at.normal) + 1e-300)
        moved = None
        while damping < 1e12:
            step = np.zeros_like(at.theta)
            try:
                factor = cho_factor((second + damping * ridge)[np.ix_(free, free)])
                step[free] = -cho_solve(factor, at.gradient[free])
            except (LinAlgError, ValueError):
                damping = max(4 * damping, 1e-6)
                continue
            trial = np.clip(at.theta + step, problem.low, problem.high)
            value = problem.objective(trial)
            if value < at.value:
                moved = point(problem, trial)
                damping = damping / 8 if damping > 1e-8 else 0.0
                break
            if value <= at.value * (1 + 1e-13) + problem.floor:
                # Too close to tell by the objective: the gradient still can.
                near = point(problem, trial)
                moved = near if near.decrement < at.decrement else None
                break
            damping = max(4 * damping, 1e-6)
        if moved is None:
            break
        at = moved
    return at


def minimise(problem: Problem, theta: np.ndarray) -> Point:
    """Newton's method, through wider losses first where the loss is nearly absolute values."""
    delta = problem.loss.delta
    if np.isfinite(delta):
        noise = float(np.median(np.abs(problem.residuals(theta))))
        wide = noise
        while wide > 6 * delta:
            theta = newton(
                problem.with_loss(replace(problem.loss, delta=wide)), theta, tight=1e-4, rounds=30
            ).theta
            wide /= 5
    at = newton(problem, theta)
    if at.decrement < TIGHT:
        return at
    return min(at, newton(problem, theta, caution=0.1), key=lambda p: p.value)


def second_opinion(problem: Problem, theta: np.ndarray) -> float:
    """The objective that scipy's BFGS reaches from theta, in coordinates scaled by Gauss-Newton."""
    at = point(problem, theta)
    size = np.sqrt(np.diag(at.normal))
    size = np.where(size > 0, size, 1.0)
    try:
        scaled = at.normal / np.outer(size, size) + 1e-12 * np.eye(len(size))
        turn = np.linalg.inv(np.linalg.cholesky(scaled)).T / size[:, None]
    except LinAlgError:
        turn = np.diag(1 / size)
    with np.errstate(all="ignore"):
        found = minimize(
            lambda u: problem.objective(theta + turn @ u),
            np.zeros_like(theta),
            jac=lambda u: np.nan_to_num(turn.T @ problem.gradient(theta + turn @ u)),
            method="BFGS",
            options={"gtol": 1e-12, "maxiter": 1000},
        )
    return float(found.fun)
