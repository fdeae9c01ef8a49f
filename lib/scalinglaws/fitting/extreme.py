"""The extremes of a function of the parameters over the region of those that fit about as well as the best."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.linalg import LinAlgError
from scipy.optimize import minimize, nnls

from scalinglaws.fitting.climb import Target, approach, central_differences, function
from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.region import NOTHING, LevelSet, Slice, lowest, small_terms
from scalinglaws.fitting.solve import evaluate, lengths

#: How far a constraint may be missed, as a share of the rise, and a gradient, as a share of its length.
FEASIBLE, STATIONARY = 1e-6, 1e-3

#: A search ends when so many starts have led to the same extreme.
AGREE = 3

Function = Callable[[dict[str, float]], float]


def extreme(region: LevelSet, what: Function, side: int) -> float:
    """The greatest value (the least, for a side of -1).

    It lies where the objective is as large as may be, at a declared bound, or on a face: where
    a positive linear term is 0, which no logarithm reaches. So the faces are searched too.

    Raises
    ------
    FitError
        If the function is not a number at the estimates, or no extreme was found that can be shown to be one.
    """
    centre = function(region.problem, what).value(region.theta)
    if np.isnan(centre):
        raise FitError("the function is not a number at the estimates: no interval can be made of it")
    parts = [region, *faces(region)]
    if any(side * function(part.problem, what).value(part.theta) == np.inf for part in parts):
        return side * np.inf
    # The search is slow: it is for what Newton's method does not find, or finds to be no extreme.
    for method in (directly, search):
        best, shown = -np.inf, False
        for part in parts:
            target = function(part.problem, what)
            theta = method(part, target, side)
            # A search that fails on one face does no harm if the face holds nothing more extreme than another.
            value = side * target.value(part.theta if theta is None else theta)
            if value > best:
                best = value
                shown = theta is not None and (
                    part is region or locally_extreme(region, part, what, theta, side)
                )
        if shown:
            return side * best
    name = getattr(what, "__name__", str(what))
    raise FitError(
        f"no extreme of {name} over the parameters that fit about as well could be shown to be one: "
        "profile the parameters that it is made of, or use bootstrap(fit, n, seed).interval(...)"
    )


def directly(region: LevelSet, target: Target, side: int) -> np.ndarray | None:
    """The extreme by Newton's method; the optimum itself where the function is constant. None if not found."""
    slope = central_differences(target.value, region.theta, 1 / lengths(region.best.normal), bends=False)[0]
    if not slope.any():
        return region.theta
    return approach(region.problem, region.best, target, side, region.rise)


def faces(region: LevelSet) -> Iterator[LevelSet]:
    """The parts of the region at which a positive linear term, not clearly told from 0, is 0."""
    for j in np.flatnonzero(small_terms(region)):
        rest = np.arange(len(region.theta)) != j
        problem = region.problem.fixing({region.problem.names[j]: 0.0})
        if not problem.names:
            continue
        at = lowest(problem, region.most, region.theta[rest][None], cold=True)
        if at is not None and at.value < region.most:
            limits = tuple(limit[rest] for limit in region.limits)
            yield LevelSet(problem, limits, at.theta, float(at.value), region.most)


def search(region: LevelSet, target: Target, side: int) -> np.ndarray | None:
    """The extreme by sequential quadratic programming from many starts, with the bounds as constraints.

    None if no start ends where the conditions of an extreme hold.

    Source: Kraft (1988), A software package for sequential quadratic programming, DFVLR-FB 88-28.
    """
    try:
        turn = np.linalg.cholesky(region.tangent) * np.sqrt(2 * region.rise)
    except LinAlgError:
        return None
    problem, (low, high) = region.problem, region.problem.limits
    below, above = np.flatnonzero(np.isfinite(low)), np.flatnonzero(np.isfinite(high))

    def slope(theta: np.ndarray) -> np.ndarray:
        return (
            side * central_differences(target.value, theta, 1 / lengths(region.best.normal), bends=False)[0]
        )

    def place(u: np.ndarray) -> np.ndarray:
        return np.clip(region.theta + turn @ u, low, high)

    def room(u: np.ndarray) -> float:
        return float(np.nan_to_num((region.most - problem.objective(place(u))) / region.rise, neginf=-1e10))

    constraints = [
        {
            "type": "ineq",
            "fun": room,
            "jac": lambda u: -np.nan_to_num(problem.gradient(place(u))) @ turn / region.rise,
        }
    ]
    for rows, sign, limit in ((below, 1.0, low), (above, -1.0, high)):
        if len(rows):
            constraints.append(
                {
                    "type": "ineq",
                    "fun": lambda u, k=rows, s=sign, b=limit: s * (region.theta[k] + turn[k] @ u - b[k]),
                    "jac": lambda u, k=rows, s=sign: s * turn[k],
                }
            )
    unit = float(np.linalg.norm(slope(region.theta) @ turn))
    unit = unit if 0 < unit < np.inf else 1.0
    best, value, agree = None, -np.inf, 0
    for start in starts(region, turn, slope):
        with np.errstate(all="ignore"):
            found = minimize(
                lambda u: -side * target.value(place(u)) / unit,
                np.linalg.solve(turn, start - region.theta),
                jac=lambda u: -slope(place(u)) @ turn / unit,
                constraints=constraints,
                method="SLSQP",
                options={"ftol": 1e-13, "maxiter": 300},
            ).x
        theta = place(found)
        reached = side * target.value(theta)
        if abs(room(found)) > FEASIBLE or not stationary(region, slope(theta), theta):
            continue
        same = abs(reached - value) <= 1e-6 * unit
        agree = agree + 1 if same else 1 if reached > value else agree
        if reached > value:
            best, value = theta, reached
        if agree == AGREE:
            break
    return best


def starts(
    region: LevelSet, turn: np.ndarray, slope: Callable[[np.ndarray], np.ndarray]
) -> Iterator[np.ndarray]:
    """Where to search from: where a straight line would end, and the ends of every coordinate."""
    ray = slope(region.theta) @ turn
    length = np.linalg.norm(ray)
    if 0 < length < np.inf:
        yield region.theta + turn @ ray / length
    for j in range(len(region.theta)):
        found = Slice(region, j)
        for side in (-1, 1):
            try:
                value = found.end(side)
            except FitError:
                continue
            yield found.place(value if np.isfinite(value) else found.far(side))


def stationary(region: LevelSet, slope: np.ndarray, theta: np.ndarray) -> bool:
    """Whether the function can grow only where the objective or a bound is in the way."""
    problem, (low, high) = region.problem, region.problem.limits
    unit = lengths(region.best.normal)
    near = 1e-6 * np.sqrt(2 * region.rise) / unit
    walls = [-np.eye(len(theta))[j] for j in np.flatnonzero(theta <= low + near)]
    walls += [np.eye(len(theta))[j] for j in np.flatnonzero(theta >= high - near)]
    gradient = problem.gradient(theta) / unit
    size = np.linalg.norm(slope / unit)
    if not (np.isfinite(gradient).all() and 0 < size < np.inf):
        return False
    columns = np.column_stack([gradient / np.linalg.norm(gradient), *walls])
    return bool(nnls(columns, slope / unit / size)[1] < STATIONARY)


def locally_extreme(region: LevelSet, face: LevelSet, what: Function, theta: np.ndarray, side: int) -> bool:
    """Whether an extreme of a face remains one when the term that is 0 there may grow."""
    params = face.problem.params(theta)
    (name,) = set(face.problem.fixed) - set(region.problem.fixed)
    j = region.problem.names.index(name)
    # The unit in which the term would be as large as the predictions.
    step = float(np.exp(region.problem.limits[0][j])) / NOTHING * 1e-6
    target = function(face.problem, what)
    slope = side * central_differences(target.value, theta, 1 / lengths(face.best.normal), bends=False)[0]
    moved = dict(params) | {name: step}
    growth = side * (float(what(moved)) - float(what(params)))
    if not slope.any():
        return growth <= 0
    gradient = evaluate(face.problem, theta[None]).take(0).gradient
    multiplier = float(gradient @ slope / (slope @ slope))
    risen = float(region.problem.objective(region.problem.theta(moved)) - face.problem.objective(theta))
    return bool(multiplier > 0 and multiplier * growth <= risen + 1e-9 * region.rise)
