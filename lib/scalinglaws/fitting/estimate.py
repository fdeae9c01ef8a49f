"""The one verb: starts, Newton, a second algorithm, and the judgement of what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scalinglaws.fitting.binding import bind
from scalinglaws.fitting.boundary import Solution, in_order, on_natural_scale, settled, without
from scalinglaws.fitting.causes import cause
from scalinglaws.fitting.challenge import challenged
from scalinglaws.fitting.descent import agreeing, minimise, near_best, proved, settle, typical, unstick
from scalinglaws.fitting.law import Law
from scalinglaws.fitting.losses import Loss, squared
from scalinglaws.fitting.problem import FitError, Problem
from scalinglaws.fitting.result import Fit, Proof, Status, constant_columns, digits, raise_for, undetermined
from scalinglaws.fitting.solve import SAME, evaluate, lengths, second_opinion
from scalinglaws.fitting.starts import candidates, given, rank, thinned

#: Starts from which a few steps are taken before some of them are refined.
REFINED = 64
#: After so many starts none of which led to an optimum, no further ones are tried.
HOPELESS = 8


def fit(
    law: Law,
    data: Any,
    y: str = "loss",
    *,
    loss: Loss | None = None,
    residual: str = "log",
    weights: Any = None,
    fixed: Mapping[str, float | str] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    per: Mapping[str, str] | None = None,
    starts: int | Sequence[Mapping[str, float]] = 8,
    seed: int = 0,
    strict: bool = True,
    interior: bool = False,
) -> Fit:
    """Fit a law to data and prove that the optimum was found.

    Convergence is proved three ways: the scale-free gradient vanishes, independent starts
    agree, and neither searches from the bounds of the box and from close by nor a second
    algorithm from another start lead lower.

    Parameters
    ----------
    law
        A `Law`; the names of its positional arguments are columns of the data.
    data
        A DataFrame or a mapping of arrays.
    y
        Column that the law predicts.
    loss
        `squared()` (the default), `huber(delta)`, `soft_l1(delta)`, `absolute()` or
        `quantile(q)`; summed over the
        runs, never averaged. `delta` is in the unit of the residual.
    residual
        `"log"`: log y minus log prediction, so errors are relative. `"raw"`: y minus
        prediction.
    weights
        A column's name or one number a run, multiplying its loss; a Series is aligned with
        the data by its index.
    fixed
        Parameters to hold, name -> value in natural units; or to tie, name -> name of the
        parameter that it equals (`{"alpha": "beta"}`).
    bounds
        Name -> (low, high) in natural units, instead of the law's own.
    per
        Parameters that every group of runs has of its own, name -> column of the data that names
        the groups; `{"A": "dataset"}` gives `A[code]`, `A[web]`, ..., by which `fixed`, `bounds`
        and the fit know them. The others are shared.
    starts
        How many starts to refine at first, of the 64 most promising of those looked at all
        over the box (64, 576, 1,024 for one, two, three nonlinear parameters, and so on);
        more of them, up to all, until the best objective is reached twice. With 1 there is
        no second start. Or explicit ones as dictionaries of natural values.
    seed
        Of that draw.
    strict
        Raise unless the optimum is proved; with `strict=False` the fit is returned with its
        `status`.
    interior
        Raise if a parameter lies at a bound, too: at 0 for a positive term that is best
        left out, or at a bound of the law's or the caller's. Otherwise such a fit is
        returned; `at_bounds` names the parameter, and intervals are conditional on it.

    Returns
    -------
    Fit

    Raises
    ------
    FitError
        For data that cannot be fitted, and for a fit that cannot be trusted; the fit is
        then the error's `.fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from scalinglaws.laws import power_law
    >>> x = np.array([1.0, 10, 100, 1000])
    >>> found = fit(power_law, {"x": x, "loss": 3 * x**-0.5})
    >>> found.status.name, round(found["alpha"], 6)
    ('CONVERGED', 0.5)
    """
    whole = bind(law, data, y, loss or squared(), residual, weights, fixed, bounds, per)
    best, second = searched(on_natural_scale(whole), starts, seed)
    return finish(whole, best, second, data, strict, interior)


def searched(
    problem: Problem, starts: int | Sequence[Mapping[str, float]], seed: int
) -> tuple[Solution, float]:
    """The optimum that `fit` judges, from the starts that it was given.

    Returns
    -------
    tuple
        As `undefeated`; where no run determines any parameter, the best start, and infinity.
    """
    if isinstance(starts, int):
        if starts < 1:
            raise FitError("starts must be at least 1")
        # A few steps from every candidate first: the basin that looks best from afar need not be.
        queue = rank(problem, settle(thinned(problem), candidates(problem, max(REFINED, starts), seed)))
        queue = queue[one_a_basin_first(problem, queue, starts, seed)]
        most = len(queue) if starts > 1 else 1
    else:
        queue, starts = given(problem, starts), len(starts)
        most = starts
    # Parameters that no run determines at any start never will be, and would only waste time.
    if constant_columns(problem):
        first = evaluate(problem, queue[:starts])
        if all(undetermined(problem, first.take(k)) for k in range(len(first.value))):
            return Solution(problem, first.take([0]), {}), np.inf
    return undefeated(problem, refined(problem, queue, min(starts, most), most), queue)


def one_a_basin_first(problem: Problem, queue: np.ndarray, starts: int, seed: int) -> np.ndarray:
    """An order of the ranked starts: the best and its neighbour, one a basin, then the others at random.

    Starts whose objectives agree to a hundredth lead to one basin, most often.
    """
    values = problem.objective(queue)
    levels = np.floor(np.log(values + problem.floor) / 0.01)
    first = np.unique(levels, return_index=True)[1]
    ahead = [0, *([1] if len(queue) > 1 else []), *first[first > 1][: max(0, starts // 2 - 1)]]
    rest = np.setdiff1d(np.arange(len(queue)), ahead)
    return np.array([*ahead, *np.random.default_rng(seed).permutation(rest)])


def refined(problem: Problem, queue: np.ndarray, first: int, most: int) -> Solution:
    """Refine starts until the best objective is reached twice, and by the start that had looked best.

    Parameters
    ----------
    problem
        The problem.
    queue
        Starts, in the order in which they are tried.
    first, most
        How many to refine to begin with, and at most.
    """
    done = np.empty((0, len(problem.names)))
    points = None
    while len(done) < most:
        batch = queue[len(done) : len(done) + max(first, len(done))][: most - len(done)]
        fresh = minimise(problem, batch)
        points = fresh if points is None else points.join(fresh)
        done = np.vstack([done, batch])
        unstick(problem, points)
        if agreeing(problem, points) >= 2 and points.value[0] <= near_best(problem, points):
            break
        if len(done) >= HOPELESS and not points.solved.any():
            break
    return settled(problem, in_order(points))


def undefeated(problem: Problem, best: Solution, queue: np.ndarray) -> tuple[Solution, float]:
    """The optimum below which neither its challengers nor a second algorithm lead, or the lowest place found.

    Returns
    -------
    tuple
        The optimum, and the relative difference to it of what stays lower, negative; else what the
        second algorithm says, see `seconded`.
    """
    best, lead = challenged(problem, best)
    value = best.value
    best, second = seconded(problem, best, queue)
    if best.value < value * (1 - SAME) - problem.floor:
        best, lead = challenged(problem, best)
    return best, -lead if lead else second


def seconded(problem: Problem, best: Solution, queue: np.ndarray) -> tuple[Solution, float]:
    """Ask a second algorithm, from up to three other starts, until it agrees.

    Where it ends lower it was right, and the first begins again from there. One that ends
    higher each time has found a local optimum or has failed, which proves nothing.

    Returns
    -------
    tuple
        The optimum, and the relative difference of the second algorithm's best to it: 0 if
        they agree, negative if it stays lower, nan if it never got there.
    """
    gone = {name for name in problem.names if name not in best.problem.names}
    face, second = best.problem, np.nan
    for tried in range(3):
        optimum = best.points.take(0)
        near = SAME * best.value + face.floor
        start = without(problem, queue[(0, 1, -1)[tried] % len(queue)], gone)
        if tried == 2:
            # The second algorithm starts in the basin of the best point, ten standard deviations away along
            # every coordinate.
            away = 10 * np.sqrt(2 * best.value / len(face.y)) / lengths(optimum.normal)
            start = np.clip(optimum.theta + away * (-1.0) ** np.arange(len(away)), *face.limits)
        if not np.isfinite(face.objective(start)):
            continue
        reached = second_opinion(face, start, optimum, best.value + near)
        value = float(face.objective(reached))
        if abs(value - best.value) <= near:
            return best, 0.0
        if value < best.value - near:
            again = minimise(face, reached[None])
            if again.value[0] > value + near:
                return best, (value - best.value) / max(best.value, face.floor)
            # The first algorithm confirms what the second one found.
            best.points.put(np.array([0]), again)
            second = 0.0
    return best, second


def check(
    law: Law,
    data: Any,
    params: Mapping[str, float],
    y: str = "loss",
    *,
    loss: Loss | None = None,
    residual: str = "log",
    weights: Any = None,
    fixed: Mapping[str, float | str] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    per: Mapping[str, str] | None = None,
    strict: bool = False,
) -> Fit:
    """Put parameters from elsewhere to the same proof as our own, without moving them.

    Parameters
    ----------
    params
        Every parameter that is not fixed, in natural units.
    law, data, y, loss, residual, weights, fixed, bounds, per, strict
        As for `fit`.

    Returns
    -------
    Fit
        At `params`, with the status that they deserve; `proof.second` is how far above
        the best objective found from there and from our own starts they lie, negated.

    Raises
    ------
    FitError
        As `fit` does.
    """
    whole = bind(law, data, y, loss or squared(), residual, weights, fixed, bounds, per)
    problem = on_natural_scale(whole)
    theta = given(problem, [params])
    searched = refined(problem, np.vstack([theta, candidates(problem, 4, 0, places=64)]), 5, 5)
    searched, _ = challenged(problem, searched)
    here = Solution(problem, evaluate(problem, theta), {})
    near = SAME * searched.value + problem.floor
    above = searched.value - here.value
    second = 0.0 if abs(above) <= near else above / max(here.value, problem.floor)
    return finish(whole, here, float(second), data, strict)


def finish(
    whole: Problem, best: Solution, second: float, data: Any, strict: bool, interior: bool = False
) -> Fit:
    """Judge the refined points, best first, and make the result."""
    points, at_bounds = best.points, best.at_bounds
    agree = int(np.sum(points.value <= best.value * (1 + SAME) + whole.floor))
    proof = Proof(float(points.decrement[0]), agree, len(points.value), float(second))
    params = best.problem.params(points.theta[0])
    problem = whole.fixing(at_bounds)
    theta = problem.theta(params)[None]
    if problem.loss.kinked(typical(problem, theta)):
        inside = np.zeros(theta.shape, bool)
        top = proved(problem, theta, points.value[:1], points.decrement[:1], inside).take(0)
    else:
        top = evaluate(problem, theta).take(0)
    where = " and ".join(f"{name} is at its bound {digits(end)}" for name, end in at_bounds.items())
    if reason := undetermined(problem, top):
        status, message = Status.UNIDENTIFIABLE, f"{where}; there, {reason}" if where else reason
    elif not proof.holds or top.held.any():
        status, message = Status.NOT_CONVERGED, f"Convergence is not proved: {proof}."
    elif at_bounds:
        status, message = Status.BOUND_HIT, f"{where}."
    else:
        status, message = Status.CONVERGED, "Converged."
    if status is not Status.CONVERGED:
        message = f"{message} {cause(whole)}".rstrip()
    found = Fit(params, status, message, best.value, proof, problem, top, data, whole, at_bounds)
    if strict and not found.proved:
        raise_for(found)
    if interior and at_bounds:
        raise_for(found)
    return found
