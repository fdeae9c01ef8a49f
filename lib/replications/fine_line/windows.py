"""Agreement on one window of training, so that families can be compared, and how it turns with the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from replications.fine_line.agreement import between_tasks, chance, same_less_other
from replications.fine_line.curves import beyond_generic, interpolated
from scalinglaws.uncertainty import Estimate


def read_off(tables: Sequence[pd.DataFrame], start: float, points: int = 24) -> list[np.ndarray]:
    """Curves of each table at so many shares of training, evenly spaced in their logarithm.

    Parameters
    ----------
    tables
        As for `curves.interpolated`, with the column `progress`.
    start
        The first share of training; the last is 0.98.
    points
        How many.

    Raises
    ------
    ValueError
        If a model was not evaluated over the whole window.
    """
    times = np.geomspace(start, 0.98, points)
    return [interpolated(table, "progress", times)[2] for table in tables]


def same_and_chance(
    tables: Sequence[pd.DataFrame],
    ways: np.ndarray,
    start: float,
    points: int = 24,
    take: Callable[[np.ndarray], np.ndarray] = beyond_generic,
) -> tuple[float, float]:
    """Same task less different tasks, and the chance of the names, within one table or between two models.

    Parameters
    ----------
    tables, start, points
        As for `read_off`: one table of a family, or two of one model each.
    ways
        Deals of the names, as from `agreement.deals`.
    take
        What leaves of the curves what is correlated.
    """
    mean = between_tasks(*map(take, read_off(tables, start, points)))
    return float(same_less_other(mean)), float(chance(mean, ways))


def chances(
    tables: Sequence[pd.DataFrame], ways: np.ndarray, starts: Sequence[float], points: Sequence[int]
) -> pd.DataFrame:
    """The chance of the names, a row a start of the window and a column a number of times."""
    return pd.DataFrame({n: {s: same_and_chance(tables, ways, s, n)[1] for s in starts} for n in points})


def ranged(grid: pd.DataFrame, points: int) -> Estimate:
    """The chance on the widest window at so many times, with its range over all windows and numbers of times."""
    ends = grid.min(axis=None), grid.max(axis=None)
    return Estimate.around(grid[points].iloc[0], *ends, "range over windows and grids")
