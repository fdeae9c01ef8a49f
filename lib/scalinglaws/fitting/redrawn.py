"""A law with one nonlinear parameter, fitted by least squares to many redrawn sets of y at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.result import Fit


def redrawn(fit: Fit, values: ArrayLike, places: int = 300) -> pd.DataFrame:
    """Fit the law of a fit again to each of many sets of y, at the same runs.

    Given its nonlinear parameter the law is linear in the others, so all sets are solved together
    by linear least squares at each place of a grid, and each keeps its best. This is for spreads:
    the nonlinear parameter comes out to the step of the grid.

    Parameters
    ----------
    fit
        A fit of raw residuals by squared loss, all runs with the same weight, of a law that is
        linear in all parameters but one.
    values
        Sets of y, shape (sets, runs).
    places
        Places of the grid, evenly from end to end of the nonlinear parameter's bounds.

    Returns
    -------
    DataFrame
        One row a set, one column a parameter in natural units; nan where no place gives every
        positive parameter a positive value.

    Raises
    ------
    FitError
        For another loss, residual or law, unequal weights, or values of another shape.

    Source: Golub & Pereyra (1973), variable projection, SIAM J. Numer. Anal. 10, 413.
    """
    problem, law = fit.whole, fit.law  # a redrawn set need not lie at the bound that the fit was held at
    values = np.asarray(values, float)
    if problem.loss.kind != "squared" or problem.residual != "raw" or np.ptp(problem.weights):
        raise FitError(
            "redrawn fits by plain least squares: fit with residual='raw', squared loss, no weights"
        )
    if len(law.nonlinear) != 1 or problem.fixed:
        raise FitError(
            f"redrawn needs a law with one nonlinear parameter, and nothing fixed; {law.name} has {law.nonlinear}"
        )
    if values.ndim != 2 or values.shape[1] != fit.n:
        raise FitError(f"redrawn needs sets of {fit.n} values, shape (sets, {fit.n}), not {values.shape}")
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
    return pd.DataFrame(best, columns=[*law.linear, bent])[list(law.parameters)]
