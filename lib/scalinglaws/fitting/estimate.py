"""The one verb: starts, Newton, a second algorithm, and the judgement of what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scalinglaws.fitting.binding import bind
from scalinglaws.fitting.losses import Loss, squared
from scalinglaws.fitting.problem import FitError, Problem
from scalinglaws.fitting.result import Fit, Proof, Status, constant_columns, raise_for, undetermined
from scalinglaws.fitting.solve import SAME, Points, evaluate, minimise, second_opinion, settle
from scalinglaws.fitting.starts import candidates, given, rank
from scalinglaws.laws import Law

#: Starts that are looked at before some are refined: an 8 x 8 grid where two parameters are nonlinear.
LOOKED_AT = 64


def fit(
    law: Law,
    data: Any,
    y: str = "loss",
    *,
    loss: Loss | None = None,
    residual: str = "log",
    weights: Any = None,
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    starts: int | Sequence[Mapping[str, float]] = 8,
    seed: int = 0,
    strict: bool = True,
) -> Fit:
    """Fit a law to data and prove that the optimum was found.

    Convergence is proved three ways: the scale-free gradient vanishes, independent starts
    agree, and a second algorithm from another start reaches the same objective.

    Parameters
    ----------
    law
        A `Law`; the names of its positional arguments are columns of the data.
    data
        A DataFrame or a mapping of arrays.
    y
        Column that the law predicts.
    loss
        `squared()` (the default), `huber(delta)` or `soft_l1(delta)`; summed over the
        runs, never averaged. `delta` is in the unit of the residual.
    residual
        `"log"`: log y minus log prediction, so errors are relative. `"raw"`: y minus
        prediction.
    weights
        A column's name or one number a run, multiplying its loss.
    fixed
        Parameters to hold, name -> value in natural units.
    bounds
        Name -> (low, high) in natural units, instead of the law's own.
    starts
        How many starts to refine (half of them the best-ranked of 64 after a few steps from
        each, half drawn from the rest), or explicit ones as dictionaries of natural values.
    seed
        Of that draw.
    strict
        Raise unless converged; with `strict=False` the fit is returned with its `status`.

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
    problem = bind(law, data, y, loss or squared(), residual, weights, fixed, bounds)
    if isinstance(starts, int):
        if starts < 1:
            raise FitError("starts must be at least 1")
        # A few steps from every candidate first: the basin that looks best from afar need not be.
        ranked = rank(problem, settle(problem, candidates(problem, max(LOOKED_AT, starts), seed)))
        best = (starts + 1) // 2
        rest = np.random.default_rng(seed).permutation(np.arange(best, len(ranked)))[: starts - best]
        chosen = ranked[[*range(min(best, len(ranked))), *sorted(rest)]]
    else:
        ranked = chosen = given(problem, starts)
    # Parameters that no run determines at any start never will be, and would only waste time.
    if constant_columns(problem):
        first = evaluate(problem, chosen)
        if all(undetermined(problem, first.take(k)) for k in range(len(chosen))):
            return finish(problem, first.take([0]), np.inf, data, strict)
    points = minimise(problem, chosen)
    points = points.take(np.argsort(points.value, kind="stable"))
    second = np.inf
    # A local optimum of the second algorithm is no disagreement; from a lower one the first begins again.
    for theta in (ranked[min(1, len(ranked) - 1)], chosen[-1], ranked[0]):
        near = SAME * points.value[0] + problem.floor
        reached = second_opinion(problem, theta, points.value[0] + near)
        second = min(second, float(problem.objective(reached)))
        if second < points.value[0] - near:
            points.put(np.array([0]), minimise(problem, reached[None]))
        if second <= points.value[0] * (1 + SAME) + problem.floor:
            break
    return finish(problem, points, second, data, strict)


def check(
    law: Law,
    data: Any,
    params: Mapping[str, float],
    y: str = "loss",
    *,
    loss: Loss | None = None,
    residual: str = "log",
    weights: Any = None,
    fixed: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    strict: bool = False,
) -> Fit:
    """Put parameters from elsewhere to the same proof as our own, without moving them.

    Parameters
    ----------
    params
        Every parameter that is not fixed, in natural units.
    law, data, y, loss, residual, weights, fixed, bounds, strict
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
    problem = bind(law, data, y, loss or squared(), residual, weights, fixed, bounds)
    theta = given(problem, [params])
    better = minimise(problem, np.vstack([theta, candidates(problem, LOOKED_AT, 0)[:2]])).value.min()
    return finish(problem, evaluate(problem, theta), float(better), data, strict)


def finish(problem: Problem, points: Points, second: float, data: Any, strict: bool) -> Fit:
    """Judge the refined points, best first, and make the result."""
    best = points.take(0)
    value = float(best.value)
    near = SAME * value + problem.floor
    agree = int(np.sum(points.value <= value + near))
    difference = 0.0 if abs(second - value) <= near else (second - value) / max(value, problem.floor)
    proof = Proof(float(best.decrement), agree, len(points.value), float(difference))
    if reason := undetermined(problem, best):
        status, message = Status.UNIDENTIFIABLE, reason
    elif best.held.any():
        names = ", ".join(np.array(problem.names)[best.held])
        status, message = Status.BOUND_HIT, f"The best value of {names} lies at a bound."
    elif proof.holds:
        status, message = Status.CONVERGED, "Converged."
    else:
        status, message = Status.NOT_CONVERGED, f"Convergence is not proved: {proof}."
    found = Fit(problem.params(best.theta), status, message, value, proof, problem, best, data)
    if strict:
        raise_for(found)
    return found
