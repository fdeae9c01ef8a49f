"""Exponents of losses in a width, and intervals that draw whole laws of frequency and the error of reading."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from scalinglaws.spectra import slope
from scalinglaws.uncertainty import Estimate, cluster_resamples, from_draws, of_slope


def by_cell(runs: pd.DataFrame, of: str = "loss") -> pd.DataFrame:
    """The exponent of a column in 1/m for each alpha, decay and seed: a column for each decay and seed."""
    keys = ["alpha", "decay", "seed"]
    cells = pd.DataFrame([(*key, slope(one.m, one[of])) for key, one in runs.groupby(keys)])
    cells.columns = [*keys, "exponent"]
    return cells.pivot_table(index="alpha", columns=["decay", "seed"], values="exponent")


def over_alphas(
    statistic: Callable[[pd.DataFrame], float],
    cells: pd.DataFrame,
    rng: np.random.Generator,
    error: float | np.ndarray = 0.0,
    draws: int = 1000,
) -> Estimate:
    """A statistic of a map of exponents; its interval draws whole alphas, and reads each cell anew.

    Parameters
    ----------
    statistic
        From cells, indexed by alpha, to a number.
    cells
        Exponents, a row for each alpha.
    rng
        Source of randomness.
    error
        How far a cell may have been misread, to either side; one number, or one a column.
    draws
        How many resamples.
    """

    def again(rows: np.ndarray) -> float:
        part = cells.iloc[rows]
        return statistic(part + error * rng.uniform(-1, 1, part.shape))

    resamples = cluster_resamples(np.arange(len(cells)), draws, rng)
    found = [again(rows) for rows in resamples if len(np.unique(rows)) > 1]
    how = f"{len(cells)} values of alpha drawn with replacement" + (" and read anew" if np.any(error) else "")
    return from_draws(statistic(cells), found, how)


def rise(cells: pd.DataFrame) -> float:
    """How much the exponents rise per unit of alpha: the slope of their mean over columns."""
    return float(np.polyfit(cells.index, cells.mean(axis=1), 1)[0])


def misread(m: pd.Series, loss: pd.Series, error: float, rng: np.random.Generator) -> Estimate:
    """The exponent of a line of losses, with the interval that errors of reading alone make.

    Parameters
    ----------
    m, loss
        Widths and losses, of one law of frequency.
    error
        Standard deviation of the error of a loss, in its logarithm.
    rng
        Source of randomness.
    """
    draws = [slope(m, loss * np.exp(rng.normal(0, error, len(loss)))) for _ in range(400)]
    return from_draws(slope(m, loss), draws, "each point read anew; nothing else varies")


def falls(m: pd.Series, loss: pd.Series) -> Estimate:
    """The exponent of a line of losses, with Student's interval from the distances to the line."""
    return of_slope(-np.log(m), np.log(loss), "Student's interval of the line through the widths")


def straightness(m: pd.Series, loss: pd.Series) -> float:
    """R2 of the line through the logarithms."""
    return float(np.corrcoef(np.log(m), np.log(loss))[0, 1] ** 2)
