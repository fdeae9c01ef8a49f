"""The best optimum known, challenged: is there a lower one at a bound of the box, or close by?

Starts cover the inside of the box, and those that agree may all lie in the wider of two valleys. The
lower one may be far out, where a parameter is at its bound and the others make up for it; or so close
that every search which rounds off the loss first passes over the ridge between them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from scalinglaws.fitting.boundary import Solution, in_order, settled
from scalinglaws.fitting.descent import minimise, near_best, rounded
from scalinglaws.fitting.problem import FitError, Problem
from scalinglaws.fitting.solve import SAME, Points, evaluate, lengths, newton
from scalinglaws.fitting.starts import candidates, linear_in, project

#: Places along each principal axis, in standard errors of the optimum.
AWAY = (1.0, 3.0, 10.0)
#: Places that are looked at on a face of the box: so many a side, and at most so many; and how many are started from.
SIDE, PLACES, FEW = 24, 256, 4
#: Newton steps from each place, and what a further one may still gain: enough to pass into a lower valley, not to
#: its floor.
STEPS, ENOUGH = 40, 1e-7
#: Those that have not arrived by then go on if their objective is below so many times the best.
HOPE = 3.0
#: How often an optimum may be replaced by a lower one, which is challenged in its turn.
ROUNDS = 6
#: A direction that the runs measure worse than the best measured one by more than this is followed no further.
FLAT = 1e-12


def challenged(problem: Problem, best: Solution) -> tuple[Solution, float]:
    """The optimum that no challenger leads below, or the lowest place that was found.

    Returns
    -------
    tuple
        The optimum, and by what share of its objective challengers still lead lower: 0 if none does.
    """
    for _ in range(ROUNDS):
        theta = problem.theta(best.problem.params(best.points.theta[0]))
        rows = led(problem, theta, best.value)
        values = problem.objective(rows)
        least, near = float(values.min(initial=np.inf)), SAME * best.value + problem.floor
        if not least < best.value - near:
            return best, 0.0
        # The lowest few are followed to the floor.
        lower = rows[np.argsort(values, kind="stable")[: min(FEW, int(np.sum(values < best.value - near)))]]
        found = settled(problem, in_order(minimise(problem, lower, through_wider=False)))
        if not found.value < best.value - near:
            break
        # Challengers that ended higher say no more of the new optimum than the starts did that ended higher.
        there = found.points.value <= near_best(problem, found.points)
        best = replace(found, points=found.points.take(there))
    return best, max(0.0, 1 - least / best.value)


def led(problem: Problem, theta: np.ndarray, value: float) -> np.ndarray:
    """Where challengers of an optimum of that value lead, those that may lead lower further.

    A corner of the loss is rounded off by a thousandth of the residuals' size, without which no step could
    be computed. That is far less than the widths through which other searches go, and passes over no ridge
    that matters; the places are judged by the loss itself, and followed to the floor on it.
    """
    smooth = rounded(problem, theta[None])
    at = newton(smooth, challengers(problem, theta), ENOUGH, STEPS)
    slow = (at.decrement > ENOUGH) & (at.value < HOPE * value)
    if slow.any():
        at.put(slow, newton(smooth, at.theta[slow], ENOUGH, 2 * STEPS, caution=0.1, exact=False))
    return at.theta


@np.errstate(all="ignore")
def challengers(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Places to start from, (places, parameters), at which the objective is finite."""
    at = evaluate(rounded(problem, theta[None]), theta[None]).take(0)
    rows = np.vstack([*out_at_bounds(problem, theta), beside(problem, at)])
    return rows[np.isfinite(problem.objective(rows))]


def out_at_bounds(problem: Problem, theta: np.ndarray) -> Iterator[np.ndarray]:
    """Places for each bound of each nonlinear parameter.

    There the others are as at the optimum, but for the linear ones, which are as fits best; and
    everywhere in their own box.
    """
    linear = linear_in(problem)
    for j, name in enumerate(problem.names):
        for end in problem.limits:
            if name in linear or not np.isfinite(end[j]):
                continue
            if end[j] != theta[j]:
                yield project(problem, np.where(np.arange(len(theta)) == j, end[j], theta)[None])
            face = problem.fixing({name: problem.natural_value(j, end[j])})
            # A caller who gave starts instead of bounds leaves no box to search.
            with contextlib.suppress(FitError):
                if face.names:
                    places = min(PLACES, SIDE ** (len(face.names) - len(linear)))
                    yield np.insert(candidates(face, FEW, 0, places), j, end[j], axis=1)


def beside(problem: Problem, at: Points) -> np.ndarray:
    """Places to both sides of an optimum, along the principal axes of the curvature there."""
    size = lengths(at.normal)
    scaled = at.normal / np.outer(size, size)
    if not np.isfinite(scaled).all():
        return np.empty((0, len(at.theta)))
    curved, axes = np.linalg.eigh(scaled)
    error = np.sqrt(2 * at.value / len(problem.y))
    steps = error * (axes / np.sqrt(np.maximum(curved, FLAT))).T / size
    rows = [at.theta + side * away * step for step in steps for away in AWAY for side in (1, -1)]
    return np.clip(rows, *problem.limits)
