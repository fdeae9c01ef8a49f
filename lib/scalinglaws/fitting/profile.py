"""Profile-likelihood intervals: how far a quantity can move before the best fit to it becomes too bad.

The ends of the interval are where a quantity is largest and smallest among all parameters
whose sum of squares stays below a threshold. Unlike a Wald interval they need no straight
line: they do not change when a parameter is replaced by a function of it.
"""

from __future__ import annotations

import numpy as np

from scalinglaws.fitting.extreme import extreme
from scalinglaws.fitting.problem import FitError, Problem
from scalinglaws.fitting.region import Slice, region_of
from scalinglaws.fitting.result import Fit, Status
from scalinglaws.fitting.wald import Quantity
from scalinglaws.text import article


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
            f"{article(str(fit.problem.loss))} fit has no likelihood to profile: use bootstrap(fit, n, seed).interval(...)"
        )
    if not 0 < level < 1:
        raise FitError(f"level is a share between 0 and 1, not {level}")
    if fit.status is Status.UNIDENTIFIABLE:
        return -np.inf, np.inf
    if not fit.proved:
        raise FitError(f"only a converged fit has a profile; this one: {fit.message}")
    region = region_of(fit, level)
    if callable(what):
        return extreme(region, what, -1), extreme(region, what, 1)
    j, log_wanted = coordinate_named(region.problem, what)
    found = Slice(region, j)
    low, high = found.end(-1), found.end(1)
    if log_wanted or not region.problem.logged[j]:
        return low, high
    return float(np.exp(low)), float(np.exp(high))


def coordinate_named(problem: Problem, what: str) -> tuple[int, bool]:
    """Which coordinate of a problem a name such as "A" or "log A" means, and whether its logarithm is asked for.

    Raises
    ------
    FitError
        For a fixed or unknown parameter, or a logarithm of one that is not estimated as such.
    """
    name = what.removeprefix("log ")
    if name not in problem.names:
        raise FitError(f"{name!r} is not estimated here; estimated are {', '.join(problem.names)}")
    j = problem.names.index(name)
    if name != what and not problem.logged[j]:
        raise FitError(f"{name!r} is not estimated on the log scale: ask for {name!r}")
    return j, name != what
