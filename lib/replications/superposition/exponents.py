"""Exponents of losses in a width, and intervals that draw whole laws of frequency and the error of reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from scalinglaws.spectra import slope
from scalinglaws.uncertainty import (
    Estimate,
    cluster_resamples,
    from_draws,
    from_left_out,
    of_mean,
    of_slope,
)

#: The nine cells, alpha and decay, that the paper's Figure 5b draws, told by height and colour.
DRAWN_WEAK = (
    *((alpha, 0.3333) for alpha in (1.25, 1.5, 1.625, 1.75, 1.875, 2.0)),
    *((alpha, 0.1111) for alpha in (1.875, 2.0)),
    (1.625, 0.5556),
)


def over_alphas(
    statistic: Callable[[np.ndarray, np.ndarray], float],
    cells: pd.DataFrame,
    rng: np.random.Generator,
    error: float = 0.0,
    draws: int = 500,
) -> Estimate:
    """A statistic of a map of exponents; its interval draws whole alphas, and reads each cell anew.

    Parameters
    ----------
    statistic
        From alphas, shape (k,), and their cells, shape (k, columns), to a number.
    cells
        Exponents, a row for each alpha, by which it is indexed.
    rng
        Source of randomness.
    error
        How far a cell may have been misread, to either side.
    draws
        How many resamples; those of one alpha alone are left out.
    """
    alphas, values = cells.index.to_numpy(float), cells.to_numpy()
    found = [
        statistic(alphas[rows], values[rows] + error * rng.uniform(-1, 1, values.shape))
        for rows in cluster_resamples(alphas, draws, rng)
        if np.ptp(alphas[rows])
    ]
    how = f"{len(cells)} values of alpha drawn with replacement" + (" and read anew" if error else "")
    return from_draws(statistic(alphas, values), found, how)


def level(alphas: np.ndarray, cells: np.ndarray) -> float:
    """The mean exponent."""
    return float(cells.mean())


def rise(alphas: np.ndarray, cells: np.ndarray) -> float:
    """How much the exponents rise per unit of alpha: the slope of their mean over columns."""
    (xx, xy), _ = np.cov(alphas, cells.mean(axis=1))
    return float(xy / xx)


def pairs(cells: pd.DataFrame) -> list[tuple[float, float]]:
    """Alpha and exponent of each cell; rows of the map are alphas."""
    return [(alpha, value) for alpha, row in cells.iterrows() for value in row]


def line(points: list[tuple[float, float]], of: str = "cells") -> Estimate:
    """How much exponents rise per unit of alpha, over pairs of the two, with Student's interval."""
    return of_slope(*np.transpose(points), f"Student's interval of the line through {of}")


def tilted(points: list[tuple[float, float]], rise: float) -> list[tuple[float, float]]:
    """The same points about a line that rises otherwise, by so much per unit of alpha."""
    turn = rise - line(points).value
    return [(alpha, value + turn * alpha) for alpha, value in points]


def above(cells: pd.DataFrame) -> np.ndarray:
    """How far cells lie above 2 (alpha - 1), shape (alphas, columns)."""
    return cells.to_numpy() - 2 * (cells.index.to_numpy()[:, None] - 1)


def over_cells(cells: pd.DataFrame) -> Estimate:
    """The mean of how far cells lie above 2 (alpha - 1), with Student's interval where each cell varies."""
    return of_mean(above(cells).ravel(), f"Student's interval over {cells.size} cells")


def over_decays(cells: pd.DataFrame) -> Estimate:
    """The same mean, with Student's interval where whole columns vary."""
    return of_mean(above(cells).mean(axis=0), f"Student's interval over {cells.shape[1]} decays")


def nearer(distances: pd.DataFrame) -> Estimate:
    """Distance of cells from the tail over that from its limit; the interval leaves out one decay in turn.

    Parameters
    ----------
    distances
        Mean distances, columns tail and limit; rows are decays.
    """
    one, *rest = (
        kept["tail"].sum() / kept["limit"].sum()
        for kept in (distances, *map(distances.drop, distances.index))
    )
    return from_left_out(one, rest, "one decay left out in turn, Student's interval")


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


def edge(weak: Mapping[str, pd.DataFrame], widths: Iterable[int]) -> Estimate:
    """R2 of the line for power-law frequencies, less the larger of the two others, over some widths.

    Its interval leaves out one width in turn.
    """

    def over(kept: set[int]) -> float:
        r2 = {
            name: straightness(*one[one.m.isin(kept)][["m", "loss"]].to_numpy().T)
            for name, one in weak.items()
        }
        return r2["power"] - max(r2["exponential"], r2["linear"])

    all_of = set(widths)
    return from_left_out(
        over(all_of), [over(all_of - {m}) for m in sorted(all_of)], "one width left out in turn"
    )
