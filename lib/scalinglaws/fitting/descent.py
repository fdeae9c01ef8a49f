"""From starts to optima, by the method that fits the loss: Newton's, or the exact one where there is a corner."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scalinglaws.fitting.exact import minimise_exact
from scalinglaws.fitting.losses import Loss
from scalinglaws.fitting.problem import Problem
from scalinglaws.fitting.solve import SAME, TIGHT, Points, evaluate, newton

#: A corner is rounded to this share of the median residual where second derivatives are to be looked at.
ROUNDED = 1e-3
#: So many points that Newton's method gave up are taken up by the exact one.
UNSTUCK = 4


def typical(problem: Problem, theta: np.ndarray) -> float:
    """The median size of the residuals, over runs and rows."""
    r = np.abs(problem.residuals(theta))
    finite = r[np.isfinite(r)]
    return float(np.median(finite)) if finite.size else np.inf


def settle(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Where a few steps lead from every row, through the widest loss if there is more than one."""
    loss = (widths(problem, theta) or [problem.loss])[0]
    return newton(problem.with_loss(loss), theta, tight=1e-4, rounds=8).theta


def widths(problem: Problem, theta: np.ndarray) -> list[Loss]:
    """Losses that lead from the residuals' own size to the given delta."""
    loss, found = problem.loss, []
    if np.isfinite(loss.delta):
        wide, least = typical(problem, theta), loss.delta
        least = max(least, ROUNDED * wide) if loss.kinked(wide) else least
        while 6 * least < wide < np.inf:
            found.append(loss.smoothed(wide))
            wide /= 5
    return found


def minimise(problem: Problem, theta: np.ndarray, through_wider: bool = True) -> Points:
    """The optimum that each row leads to.

    Newton's method, through wider losses first where the loss is nearly absolute values; the
    exact method for a loss with a corner, and for the resamples of a Huber fit on which Newton's
    stalls. Of many starts of one problem only the best are worth that: see `unstick`.

    Parameters
    ----------
    problem, theta
        The problem, and starts, (rows, parameters).
    through_wider
        Whether wider losses come first. They pass over small valleys, so that a start inside
        a small one that is to be kept does without.
    """
    if problem.loss.kinked(typical(problem, theta)):
        return exactly(problem, theta)
    start = theta
    for wide in widths(problem, theta) if through_wider else []:
        start = newton(problem.with_loss(wide), start, tight=1e-4, rounds=30).theta
    at = newton(problem, start)
    stuck = np.flatnonzero(~(at.decrement < TIGHT))
    if not stuck.size:
        return at
    here, start = problem.take(stuck), start[stuck]
    if problem.loss.kind == "huber" and problem.weights.ndim > 1:
        again = exactly(here, at.theta[stuck])
    else:
        # Far from a small optimum second derivatives mislead, and least squares does without them.
        if problem.loss.kind == "squared":
            start = newton(here, start, tight=1e-8, rounds=1000, caution=0.1, exact=False).theta
        again = newton(here, start, caution=0.1)
    better = (again.decrement < TIGHT) | (again.value < at.value[stuck])
    at.put(stuck[better], again.take(better))
    return at


def near_best(problem: Problem, points: Points) -> float:
    """The objective up to which a point counts as the best of the points."""
    return float(points.value.min() * (1 + SAME) + problem.floor)


def agreeing(problem: Problem, points: Points) -> int:
    """How many points are optima and the best."""
    return int(np.sum(points.solved & (points.value <= near_best(problem, points))))


def unstick(problem: Problem, points: Points) -> None:
    """Take up by the exact method, in place, points of a Huber fit on which Newton's had stalled.

    The best of them first, until two starts agree on the optimum.
    """
    if problem.loss.kind != "huber" or problem.loss.kinked(typical(problem, points.theta)):
        return
    stuck = np.flatnonzero(~points.solved)
    for row in stuck[np.argsort(points.value[stuck], kind="stable")][:UNSTUCK]:
        if agreeing(problem, points) >= 2:
            break
        again = exactly(problem, points.theta[row : row + 1])
        if again.value[0] <= points.value[row]:
            points.put(np.array([row]), again)


def exactly(problem: Problem, theta: np.ndarray) -> Points:
    """The optima of a loss with a corner, their proofs in place of what a Newton step would gain."""
    found, value, proofs = minimise_exact(problem, theta)
    return proved(
        problem, found, value, np.array([p.gap for p in proofs]), np.array([p.held for p in proofs])
    )


def proved(
    problem: Problem, theta: np.ndarray, value: np.ndarray, gap: np.ndarray, held: np.ndarray
) -> Points:
    """Places whose optimality is known otherwise, with the derivatives of the loss, its corner rounded off."""
    at = evaluate(rounded(problem, theta), theta)
    return replace(at, value=value, decrement=gap, held=held)


def rounded(problem: Problem, theta: np.ndarray) -> Problem:
    """The problem with the corner of its loss, if it has one, rounded off as the residuals at theta allow."""
    wide = typical(problem, theta)
    if not problem.loss.kinked(wide):
        return problem
    return problem.with_loss(problem.loss.smoothed(max(ROUNDED * wide, 1e-13 * float(np.max(problem.size)))))
