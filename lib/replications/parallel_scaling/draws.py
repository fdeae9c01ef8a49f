"""Three ways to draw the runs of a grid again: which rows make a resample, for `scalinglaws.bootstrap`."""

from __future__ import annotations

import numpy as np
import pandas as pd


def rows_of_sizes(table: pd.DataFrame) -> list[np.ndarray]:
    """Numbers of the rows of each size, sizes in the order of the table."""
    return [np.flatnonzero(table.backbone == size) for size in table.backbone.unique()]


def within_sizes(table: pd.DataFrame, count: int, seed: int) -> np.ndarray:
    """Each size keeps its number of runs, and these are drawn again; sizes were chosen, not drawn.

    Parameters
    ----------
    table
        One row a run, with its size in `backbone`.
    count
        How many resamples.
    seed
        Of the draws.

    Returns
    -------
    ndarray
        Numbers of rows, shape (resamples, runs).
    """
    rng, sizes = np.random.default_rng(seed), rows_of_sizes(table)
    return np.stack([np.concatenate([rng.choice(s, len(s)) for s in sizes]) for _ in range(count)])


def whatever_size(table: pd.DataFrame, count: int, seed: int) -> np.ndarray:
    """All runs are drawn again, so that a size may come out with few runs or none; as `within_sizes`."""
    return np.random.default_rng(seed).integers(len(table), size=(count, len(table)))


def whole_sizes(table: pd.DataFrame, count: int, seed: int) -> list[np.ndarray]:
    """The sizes are drawn again, each with all its runs; as `within_sizes`, but a list of rows."""
    rng, sizes = np.random.default_rng(seed), rows_of_sizes(table)
    return [
        np.concatenate([sizes[k] for k in rng.integers(len(sizes), size=len(sizes))]) for _ in range(count)
    ]
