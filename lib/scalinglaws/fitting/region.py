"""The parameters that fit about as well as the best: what profile-likelihood intervals are the extremes of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.linalg import LinAlgError
from scipy.optimize import brentq
from scipy.special import stdtrit

from scalinglaws.fitting.climb import approach, coordinate
from scalinglaws.fitting.problem import FitError, Problem
from scalinglaws.fitting.result import Fit
from scalinglaws.fitting.solve import Points, evaluate, lengths, newton
from scalinglaws.fitting.starts import candidates

#: Share of the largest prediction below which a term is zero, as far as rounding can tell.
NOTHING = 1e-13
#: Coordinates beyond which a parameter cannot be told from 0 or infinity: exp(690) is near the largest float.
LOGARITHM, MULTIPLE = 690.0, 1e9
#: A minimum over the other parameters counts if a Gauss-Newton step would gain less than this share of it.
NEARLY = 1e-7
#: Its value is then right to this share.
TIGHT = 1e-15
#: Cold starts that are refined where a warm one is in doubt.
COLD = 3


@dataclass(frozen=True, eq=False)
class LevelSet:
    r"""$\{\theta : S(\theta) \le S_{max}\}$ within the declared bounds.

    Attributes
    ----------
    problem
        The problem; the terms that may be 0 have a least coordinate at which they as good as are.
    limits
        Least and greatest coordinates as they were declared; minus infinity is a parameter of 0.
    theta
        The optimum, (parameters,).
    least, most
        The objective there, and the largest that belongs to the region.
    """

    problem: Problem
    limits: tuple[np.ndarray, np.ndarray]
    theta: np.ndarray
    least: float
    most: float

    @property
    def rise(self) -> float:
        """How far the objective may rise."""
        return self.most - self.least

    @cached_property
    def best(self) -> Points:
        """The optimum with its derivatives."""
        return evaluate(self.problem, self.theta[None]).take(0)

    @cached_property
    def tangent(self) -> np.ndarray:
        """Inverse of the Gauss-Newton matrix at the optimum; a coordinate that does nothing stays where it is."""
        size = lengths(self.best.normal)
        still = self.best.held | (np.diag(self.best.normal) == 0)
        scaled = self.best.normal / np.outer(size, size) + 1e-13 * np.eye(len(size))
        scaled = np.where(still[:, None] | still[None, :], np.eye(len(size)), scaled)
        try:
            return np.linalg.inv(scaled) / np.outer(size, size)
        except LinAlgError:
            return np.diag(1 / size**2)


def region_of(fit: Fit, level: float) -> LevelSet:
    r"""The region $S(\theta) \le S_{min} (1 + t^2/\nu)$, with t the quantile of Student's t.

    A parameter that the fit found at its bound is free to leave it, unlike for Wald intervals:
    the region lies within the bounds of itself.
    """
    freedom = int(np.sum(fit.whole.weights > 0)) - len(fit.whole.names)
    quantile = float(stdtrit(freedom, 0.5 + level / 2))
    least = float(fit.objective)
    most = least * (1 + quantile**2 / freedom)
    problem = floored(fit.whole, fit.params)
    return LevelSet(problem, fit.whole.limits, problem.theta(fit.params), least, most)


def zeroable(problem: Problem, low: np.ndarray) -> list[str]:
    """The estimated positive linear parameters that no bound, of those in `low`, keeps from 0."""
    least = dict(zip(problem.names, low, strict=True))
    return [name for name in problem.law.linear if least.get(name, 0.0) == -np.inf]


def floored(problem: Problem, params: dict[str, float]) -> Problem:
    """The problem with positive linear parameters held from vanishing further than rounding can tell.

    Without it Newton's method on the logarithm of a term that is best at 0 never ends.
    """
    names = zeroable(problem, problem.limits[0])
    if not names:
        return problem
    with np.errstate(all="ignore"):
        slopes = problem.law.gradient(*problem.columns, **params)
        size = np.max(np.abs(problem.law(*problem.columns, **params)))
        floor = {name: float(NOTHING * size / np.max(np.abs(slopes[name]))) for name in names}
    high = {name: problem.bounds.get(name, (0.0, np.inf))[1] for name in names}
    sound = {n: (floor[n], high[n]) for n in names if 0 < floor[n] < min(high[n], np.inf)}
    return replace(problem, bounds=dict(problem.bounds) | sound)


def small_terms(region: LevelSet) -> np.ndarray:
    """Which coordinates belong to positive linear terms that may be 0, and are not clearly told from it."""
    problem = region.problem
    names = zeroable(problem, region.limits[0])
    spread = np.sqrt(2 * region.rise * np.diag(region.tangent))
    # On the scale of logarithms: a term that is known to a few percent is not small.
    return np.array([name in names for name in problem.names]) & ((spread > 0.05) | region.best.held)


def natural(problem: Problem, j: int, value: float) -> float:
    """A coordinate in natural units."""
    return float(np.exp(value)) if problem.logged[j] else float(value)


def lowest(problem: Problem, most: float, warm: np.ndarray, cold: bool) -> Points | None:
    """The least objective from some warm starts, (starts, parameters), and from cold ones where asked or in doubt.

    None where the law cannot be evaluated from any start.
    """
    found = refined(problem, most, warm)
    if cold or found is None or may_hide_lower(found, most):
        try:
            starts = candidates(problem, COLD, seed=0, places=64)
        except FitError:
            # No bounds to search between: only the warm starts remain.
            return found
        other = refined(problem, most, starts)
        if found is None or (other is not None and other.value < found.value):
            return other
    return found


def refined(problem: Problem, most: float, theta: np.ndarray) -> Points | None:
    """The best of some starts after a few steps, and after many while it is near the edge of the region."""
    theta = np.clip(theta, *problem.limits)
    with np.errstate(all="ignore"):
        theta = theta[np.isfinite(problem.objective(theta))]
    if not len(theta):
        return None
    at = newton(problem, theta, tight=TIGHT, rounds=8)
    best = int(np.argmin(at.value))
    for rows in (np.array([best]), np.flatnonzero(np.arange(len(theta)) != best)):
        rows = rows[[may_hide_lower(at.take(k), most) for k in rows]] if len(rows) else rows
        if len(rows) and not (at.decrement[best] <= NEARLY and best not in rows):
            at.put(rows, newton(problem, at.theta[rows], tight=TIGHT, rounds=200))
    return at.take(int(np.argmin(at.value)))


def may_hide_lower(at: Points, most: float) -> bool:
    """Whether a point that is not a minimum lies so low that the minimum may belong to the region."""
    return bool(at.decrement > NEARLY and at.value <= most * (1 + 100 * at.decrement))


class Slice:
    """The least objective for each value of one coordinate, followed from the optimum outwards."""

    def __init__(self, region: LevelSet, j: int) -> None:
        self.region, self.j = region, j
        self.rest = np.arange(len(region.theta)) != j
        self.known: list[tuple[float, np.ndarray]] = [(float(region.theta[j]), region.theta[self.rest])]

    @property
    def name(self) -> str:
        """The parameter."""
        return self.region.problem.names[self.j]

    @cached_property
    def unit(self) -> float:
        """Where a quadratic objective would leave the region, as a distance from the optimum."""
        centre = abs(self.region.theta[self.j])
        unit = float(np.sqrt(2 * self.region.rise * max(self.region.tangent[self.j, self.j], 0.0)))
        unit = unit if 0 < unit < np.inf else max(1.0, centre)
        # The curvature in a logarithm holds near the optimum only, not many factors of e away.
        return min(unit, 5.0) if self.region.problem.logged[self.j] else unit

    @cached_property
    def small(self) -> np.ndarray:
        """Which coordinates belong to terms that may be 0 and that the runs do not clearly tell from it."""
        return small_terms(self.region)

    def guesses(self, value: float) -> np.ndarray:
        """Where the other coordinates may be best: as at the nearest value known, and on the line through two."""
        if len(self.known) == 1:
            centre, theta = self.known[0]
            ray = self.region.tangent[self.rest, self.j] / self.region.tangent[self.j, self.j]
            return np.stack([theta, theta + (value - centre) * ray])
        (a, one), (b, two) = sorted(self.known, key=lambda pair: abs(pair[0] - value))[:2]
        straight = one + (one - two) * (value - a) / (a - b)
        # Newton's method approaches a term that is best at 0 slowly, so a start at 0 is added.
        floor = self.region.problem.limits[0][self.rest]
        without = np.where(self.small[self.rest], floor, one)
        return np.stack([one, straight, without] if self.small[self.rest].any() else [one, straight])

    def place(self, value: float) -> np.ndarray:
        """The coordinates at the nearest value known."""
        found, rest = min(self.known, key=lambda pair: abs(pair[0] - value))
        return np.insert(rest, self.j, found)

    def __call__(self, value: float, cold: bool = False) -> float:
        """The least objective with the coordinate at this value (minus infinity: the parameter is 0)."""
        problem = self.region.problem.fixing({self.name: natural(self.region.problem, self.j, value)})
        if not problem.names:
            return float(problem.objective(np.empty(0)))
        warm = self.guesses(value) if np.isfinite(value) else self.known[-1][1][None]
        at = lowest(problem, self.region.most, warm, cold)
        if at is None or not np.isfinite(at.value):
            return np.inf
        # An upper bound shows that a value belongs to the region; that it does not takes a minimum.
        if at.value > self.region.most and may_hide_lower(at, self.region.most):
            raise FitError(
                f"the profile of {self.name} was lost at {natural(self.region.problem, self.j, value):.6g}: no minimum "
                "over the other parameters was found there; use bootstrap(fit, n, seed).interval(...)"
            )
        if np.isfinite(value) and all(value != v for v, _ in self.known):
            self.known.append((value, at.theta))
        return float(at.value)

    def far(self, side: int) -> float:
        """The last value that is looked at: the declared bound, or where floating point ends."""
        limit = self.region.limits[side > 0][self.j]
        if np.isfinite(limit):
            return float(limit)
        if self.region.problem.logged[self.j]:
            return side * LOGARITHM
        centre = self.region.theta[self.j]
        return float(centre + side * MULTIPLE * max(abs(centre), self.unit))

    def end(self, side: int) -> float:
        """The extreme coordinate of the region: where it leaves it, a declared bound, or infinity."""
        limit, far = self.region.limits[side > 0][self.j], self.far(side)
        if (
            side < 0
            and self.name in zeroable(self.region.problem, self.region.limits[0])
            and self(-np.inf, cold=True) <= self.region.most
        ):
            return -np.inf
        inside = float(self.region.theta[self.j])
        if side * (far - inside) <= 0:
            return float(limit)
        found = self.directly(side)
        while True:
            if found is None:
                outside = self.beyond(inside, side, far)
                if outside is None:
                    return float(limit)
                found = self.crossing(inside, outside)
            back = [v for v in self.further(found, side, far) if self(v, cold=True) <= self.region.most]
            if not back:
                return found
            inside, found = back[-1], None

    def directly(self, side: int) -> float | None:
        """The end where nothing but the objective is in the way; None if it is not found at once."""
        region = self.region
        if region.best.held.any():
            return None
        target = coordinate(self.j, len(region.theta))
        theta = approach(region.problem, region.best, target, side, region.rise, least_part=1.0)
        if theta is None:
            return None
        self.known.append((float(theta[self.j]), theta[self.rest]))
        return float(theta[self.j])

    def further(self, found: float, side: int, far: float) -> list[float]:
        """Where to look again beyond an end, since the least objective need not rise all the way.

        The less the end lies where the curvature at the optimum puts it, the more is looked at.
        """
        moved = abs(found - float(self.region.theta[self.j])) / self.unit
        values = [found + side * share * self.unit for share in (1e-5, 0.1)]
        if not 0.8 < moved < 1.25:
            values.append(found + side * self.unit)
            if np.isfinite(self.region.limits[side > 0][self.j]):
                values.append(far)
        return [v for v in values if side * (far - v) >= 0]

    def beyond(self, inside: float, side: int, far: float) -> float | None:
        """A value outside the region, found by longer and longer strides; None if the last one is inside."""
        stride = 0.5 * self.unit
        while True:
            value = inside + side * stride
            if side * (far - value) <= 0:
                return None if self(far, cold=True) <= self.region.most else far
            if self(value) > self.region.most:
                return value
            inside, stride = value, 2 * stride

    def crossing(self, inside: float, outside: float) -> float:
        """Where the boundary of the region lies between two values; the root of the rise is nearly straight."""
        least, wanted = self.region.least, np.sqrt(self.region.rise)

        def excess(value: float) -> float:
            risen = np.sqrt(max(self(value) - least, 0.0))
            return float(min(risen, 3 * wanted) - wanted)

        if not excess(inside) < 0:
            return inside
        return float(brentq(excess, inside, outside, xtol=1e-12 * self.unit, rtol=1e-14))
