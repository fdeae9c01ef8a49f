"""Optima on the boundary: a term whose best size is nothing, a parameter at the bound it was given.

Where the best irreducible loss is 0 its logarithm runs away to minus infinity, and no point on the
log scale is an optimum. Such a floor is searched on its natural scale, with 0 as a bound like any
other (`on_natural_scale`). A term with an exponent stays on the log scale, where the two go
together; whether it is best left out is asked on the face where it is 0.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from scalinglaws.fitting.descent import minimise, settle
from scalinglaws.fitting.problem import FitError, Problem
from scalinglaws.fitting.solve import TIGHT, Points
from scalinglaws.fitting.starts import candidates

#: A term below this share of the fitted value, in every run, may be nothing at the optimum.
SMALL = 0.05
#: A coordinate is close to a bound within this share of the way between its bounds.
NEAR = 0.05
#: A face of the box whose best place is higher than the best known by more than this share is given up,
#: and with it the faces of that face.
WITHIN = 1e-3
#: Where a law ceases to be finite with an objective beyond this many times the best, it overflows there,
#: and no optimum is near.
STEEP = 1e4


@dataclass(frozen=True)
class Solution:
    """The best points of a problem, best first, and the face that they lie on.

    Attributes
    ----------
    problem
        The problem without the parameters that lie at a bound; they are among its `fixed`.
    points
        Rows in the coordinates of that problem, sorted by objective.
    at_bounds
        Name -> bound in natural units, for the parameters that lie at one.
    """

    problem: Problem
    points: Points
    at_bounds: dict[str, float]

    @property
    def value(self) -> float:
        """The least objective."""
        return float(self.points.value[0])


def in_order(points: Points) -> Points:
    """The points, best first."""
    return points.take(np.argsort(points.value, kind="stable"))


def without(problem: Problem, theta: np.ndarray, names: set[str]) -> np.ndarray:
    """Coordinates less those of some parameters, (..., parameters)."""
    return theta[..., [name not in names for name in problem.names]]


def may_vanish(problem: Problem) -> list[str]:
    """Positive parameters that the law is linear in and that nothing keeps away from 0."""
    low = dict(zip(problem.names, problem.limits[0], strict=True))
    return [name for name in problem.law.linear if name in problem.law.positive and low.get(name) == -np.inf]


def shares(problem: Problem, theta: np.ndarray, name: str) -> np.ndarray:
    """The largest share that a positive linear term has in any run's prediction, one a row of theta."""
    with np.errstate(all="ignore"):
        slopes = problem.slopes(theta)[..., problem.names.index(name), :]
        return np.abs(slopes / problem.predict(theta)).max(-1)


def on_natural_scale(problem: Problem) -> Problem:
    """The problem with its floors on the natural scale, 0 a bound of theirs.

    A floor is a positive parameter that may vanish and whose slope no other parameter changes.
    """
    names = may_vanish(problem)
    if not names:
        return problem
    # Any two places will do: a slope that is a formula of the columns alone is the same at both.
    low, high = (np.clip(end, -1.0, 1.0) for end in problem.limits)
    with np.errstate(all="ignore"):
        one, other = (
            problem.law.gradient(*problem.columns, **problem.natural(low + share * (high - low)))
            for share in (0.3, 0.6)
        )
    floors = {name for name in names if np.array_equal(one[name], other[name])}
    law = replace(problem.law, positive=tuple(n for n in problem.law.positive if n not in floors))
    open_ended = {name: (0.0, problem.bounds.get(name, (0.0, np.inf))[1]) for name in floors}
    return replace(problem, law=law, bounds=dict(problem.bounds) | open_ended)


def gain_of_growth(face: Problem, theta: np.ndarray, name: str) -> float:
    """What letting a parameter grow from 0 would gain at most, as a share of the objective.

    The gain of a Gauss-Newton step in which the other parameters follow.
    """
    loss = face.loss
    with np.errstate(all="ignore"):
        predicted = face.predict(theta)
        r = face.residuals_of(predicted)
        slope = face.law.gradient(*face.columns, **face.natural(theta))[name]
        slope = np.broadcast_to(slope, r.shape) / (predicted if face.residual == "log" else 1.0)
        pull = float((face.weights * loss.psi(r) * slope).sum())
        if pull <= 0:
            return 0.0
        root = np.sqrt(face.weights * loss.weight(r))
    others = face.jacobian(theta) * root[:, None]
    own = slope * root
    if not (np.isfinite(others).all() and np.isfinite(own).all()):
        return np.inf
    stiff = float(np.sum((own - others @ np.linalg.lstsq(others, own)[0]) ** 2))
    if stiff < 1e-20 * np.sum(own**2):
        # The other terms span this one, so at an optimum of theirs it can gain nothing.
        return 0.0
    value = float(face.objective(theta)) + float(face.floor)
    return 0.5 * pull**2 / stiff / value


def settled_on_bounds(problem: Problem, points: Points) -> Solution:
    """The points on the face of those coordinates that lie at their bounds at the best of them.

    They are held there by a bound, or are positive terms that have vanished and would gain nothing by growing.
    """
    best = points.take(0)
    at = {name: problem.params(best.theta)[name] for name in np.array(problem.names)[best.held]}
    alike = points.held[:, best.held].all(1)
    gone = [name for name in may_vanish(problem) if name not in at and not shares(problem, best.theta, name)]
    if gone:
        face = problem.fixing(dict.fromkeys(gone, 0.0))
        theta = without(problem, best.theta, set(gone))
        for name in gone:
            if gain_of_growth(face, theta, name) < TIGHT:
                at[name] = 0.0
                alike &= shares(problem, points.theta, name) == 0
    if not at or len(at) == len(problem.names):
        return Solution(problem, points, {})
    free = np.array([name not in at for name in problem.names])
    return Solution(problem.fixing(at), in_order(points.take(alike).along(free)), at)


def bounds_in_doubt(problem: Problem, points: Points) -> Iterator[tuple[str, float]]:
    """Parameters that may lie at a bound of theirs at the best of the points, and those bounds."""
    best = points.take(0)
    for name in may_vanish(problem):
        if (shares(problem, points.theta[:4], name) < SMALL).any():
            yield name, 0.0
    low, high = problem.limits
    with np.errstate(all="ignore"):
        size = np.linalg.norm(problem.jacobian(best.theta) * np.sqrt(problem.weights)[:, None], axis=0)
    idle = size < 1e-6 * problem.size * np.sqrt(problem.weights.sum())
    for j in range(len(problem.names)):
        for end in (low[j], high[j]):
            if not np.isfinite(end) or best.theta[j] == end:
                continue
            # A search that ended short of an optimum may have been moving towards a bound that is near.
            short = not best.decrement < TIGHT and abs(best.theta[j] - end) < NEAR * (high[j] - low[j])
            if idle[j] or short:
                yield problem.names[j], problem.natural_value(j, end)


@np.errstate(all="ignore")
def walls(problem: Problem, best: Points) -> Iterator[tuple[str, float]]:
    """Parameters for which the law ceases to be finite on the way to a bound, and where, from the best point.

    A law such as (x - c)^k may have its lowest values there, for a run that nothing else fits: its slope
    is infinite, and no search that follows slopes ends there. Where the prediction is 0 at the last
    place, as with a floor of 0, the logarithm ends just before; both places are given.
    """
    for j, end in itertools.product(range(len(problem.names)), problem.limits):
        outside = best.theta.copy()
        outside[j] = end[j]
        if not np.isfinite(end[j]) or np.isfinite(problem.objective(outside)):
            continue
        inside = last_finite(problem.objective, best.theta, outside)
        if problem.objective(inside) < STEEP * best.value:
            place = last_finite(lambda theta: problem.predict(theta).sum(), best.theta, outside)
            for theta in (inside, place) if place[j] != inside[j] else (inside,):
                if not np.isfinite(np.delete(problem.slopes(theta), j, axis=0)).all():
                    # Next to the last place the derivatives by the other parameters are finite.
                    theta[j] += 4 * np.copysign(np.spacing(theta[j]), best.theta[j] - end[j])
                yield problem.names[j], problem.params(theta)[problem.names[j]]


@np.errstate(all="ignore")
def last_finite(
    function: Callable[[np.ndarray], float], inside: np.ndarray, outside: np.ndarray
) -> np.ndarray:
    """The last of the places on a straight line, to the digit, at which a function is finite."""
    while True:
        middle = 0.5 * (inside + outside)
        if np.array_equal(middle, inside) or np.array_equal(middle, outside):
            return inside.copy()
        if np.isfinite(function(middle)):
            inside = middle
        else:
            outside = middle


def settled(problem: Problem, points: Points, deep: int = 2) -> Solution:
    """The optimum among some refined points and the faces of the region that they point to.

    Parameters
    ----------
    problem, points
        The problem and its refined points, best first.
    deep
        How many parameters may be found to lie at bounds that nothing pushed them to.
    """
    found = settled_on_bounds(problem, points)
    if len(problem.names) == 1 or not deep:
        return found
    for name, end in itertools.chain(bounds_in_doubt(problem, points), walls(problem, points.take(0))):
        face = problem.fixing({name: end})
        starts = without(problem, points.theta[:2], {name})
        # A caller who gave starts instead of bounds leaves no box to search.
        with contextlib.suppress(FitError):
            starts = np.vstack([starts, candidates(face, 2, 0, places=64)])
        starts = starts[np.isfinite(face.objective(starts))]
        if not len(starts):
            continue
        # A few steps from each start show which are worth refining to the end.
        starts = settle(face, starts)
        starts = starts[np.argsort(face.objective(starts), kind="stable")[:2]]
        on_face = in_order(minimise(face, starts))
        if on_face.value[0] > found.value * (1 + WITHIN) + problem.floor:
            continue
        other = settled(face, on_face, deep - 1)
        near = 1e-10 * found.value + float(np.max(problem.floor))
        if not other.value <= found.value + near:
            continue
        if end != 0 or gain_of_growth(face, on_face.theta[0], name) < TIGHT:
            found = Solution(other.problem, other.points, {name: end} | other.at_bounds)
    return found


def optima(
    problem: Problem, params: dict[str, float]
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """The optima of a batch of resamples or of redrawn sets, on faces of the region too.

    Parameters
    ----------
    problem
        The whole problem with one set of weights a resample, and of y a redrawn set.
    params
        The optimum of all runs in natural units, where the search begins.

    Returns
    -------
    tuple
        Name -> values of each parameter in natural units, (resamples,); the objectives; and
        which of them are proved.
    """
    search = on_natural_scale(problem)
    at = minimise(search, np.tile(search.theta(params), (len(problem.weights), 1)))
    natural = {
        name: np.broadcast_to(v[..., 0], at.value.shape).copy()
        for name, v in search.natural(at.theta).items()
    }
    value, solved = at.value.copy(), at.solved.copy()
    for k in np.flatnonzero(~solved):
        alone = search.take(k)
        try:
            best = settled(alone, in_order(minimise(alone, candidates(alone, 4, seed=0, places=64))))
        except FitError:
            continue
        if best.points.solved[0]:
            params_here = best.problem.params(best.points.theta[0])
            for name, values in natural.items():
                values[k] = params_here[name]
            value[k], solved[k] = best.value, True
    return natural, value, solved
