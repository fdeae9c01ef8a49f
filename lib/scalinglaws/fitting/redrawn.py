"""The law of a fit, fitted again to many redrawn sets of y."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scalinglaws.fitting.boundary import optima
from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.result import Fit
from scalinglaws.fitting.solve import CHUNK


def redrawn(fit: Fit, values: ArrayLike, places: int = 300) -> pd.DataFrame:
    """Fit the law of a fit again to each of many sets of y, at the same runs.

    This is for spreads. Where a law is linear in all parameters but one, and is fitted by plain
    least squares of raw residuals, all sets are solved together by linear least squares at each
    place of a grid, and each keeps its best: the nonlinear parameter comes out to the step of the
    grid. Any other fit is searched from its own optimum, as those of resamples are, and no set's
    optimum is challenged.

    Parameters
    ----------
    fit
        A converged fit.
    values
        Sets of y, shape (sets, runs).
    places
        Places of the grid, evenly from end to end of the nonlinear parameter's bounds.

    Returns
    -------
    DataFrame
        One row a set, one column a parameter in natural units; nan where no place of the grid gives
        every positive parameter a positive value, or where the search ends at no optimum.

    Raises
    ------
    FitError
        For a fit that did not converge, or values of another shape.

    Source: Golub & Pereyra (1973), variable projection, SIAM J. Numer. Anal. 10, 413.
    """
    values = np.asarray(values, float)
    if values.ndim != 2 or values.shape[1] != fit.n:
        raise FitError(f"redrawn needs sets of {fit.n} values, shape (sets, {fit.n}), not {values.shape}")
    problem = fit.whole  # a redrawn set need not lie at the bound that the fit was held at
    plain = problem.loss.kind == "squared" and problem.residual == "raw" and not np.ptp(problem.weights)
    if plain and len(fit.law.nonlinear) == 1 and not problem.fixed:
        found = on_a_grid(fit, values, places)
    else:
        found = from_the_optimum(fit, values)
    return pd.DataFrame(fit.law.complete(dict(found[list(fit.law.parameters)])))


def from_the_optimum(fit: Fit, values: np.ndarray) -> pd.DataFrame:
    """Each set fitted by a search from the optimum of the fit.

    Raises
    ------
    FitError
        If it has none.
    """
    if not fit.proved:
        raise FitError(f"only a converged fit can be made again; this one: {fit.message}")
    found = np.full((len(values), len(fit.law.parameters)), np.nan)
    size = max(1, CHUNK // fit.n)
    for rows in (slice(i, i + size) for i in range(0, len(values), size)):
        sets = values[rows]
        problem = replace(fit.whole, y=sets).with_weights(np.tile(fit.whole.weights, (len(sets), 1)))
        natural, _, solved = optima(problem, fit.params)
        own = np.column_stack([natural[name] for name in fit.law.parameters])
        found[rows][solved] = own[solved]
    return pd.DataFrame(found, columns=[*fit.law.parameters])


def on_a_grid(fit: Fit, values: np.ndarray, places: int) -> pd.DataFrame:
    """Each set fitted by linear least squares at the places of a grid of the one nonlinear parameter."""
    problem, law = fit.whole, fit.law
    (bent,) = law.nonlinear
    least = np.full(len(values), np.inf)
    best = np.full((len(values), len(law.linear) + 1), np.nan)
    positive = np.array([name in law.positive for name in law.linear])
    units = [dict(zip(law.linear, one, strict=True)) for one in np.eye(len(law.linear))]
    for place in np.linspace(*problem.bounds[bent], places):
        terms = np.stack(
            [np.broadcast_to(law(*problem.columns, **one, **{bent: place}), fit.n) for one in units], axis=1
        )
        size = np.abs(terms).max(axis=0)
        solved = values @ np.linalg.pinv(terms / size).T / size
        misfit = ((values - solved @ terms.T) ** 2).sum(axis=1)
        better = (misfit < least) & (solved[:, positive] > 0).all(axis=1)
        least[better] = misfit[better]
        best[better] = np.column_stack([solved, np.full(len(values), place)])[better]
    return pd.DataFrame(best, columns=[*law.linear, bent])
