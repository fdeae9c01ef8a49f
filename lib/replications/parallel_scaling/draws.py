"""Ways to draw the runs of a grid again, for `scalinglaws.bootstrap`, and losses made from a form that is taken as true."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalinglaws.fitting import Fit, redrawn


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


def dealt(true: Fit, count: int, seed: int) -> np.ndarray:
    """Losses from a fitted form, with its residuals dealt out anew among the runs; shape (sets, runs)."""
    scatter = np.random.default_rng([seed, 4]).permuted(np.tile(true.residuals, (count, 1)), axis=1)
    return np.asarray(true.predict(true.data)) * np.exp(scatter)


def residuals(
    fitted: Fit, sets: np.ndarray, table: pd.DataFrame, kept: np.ndarray | None = None
) -> np.ndarray:
    """Log residuals of a form that is fitted again to each of many sets of losses.

    Parameters
    ----------
    fitted
        The form, fitted to the runs kept; the search begins there.
    sets
        Losses of all runs, shape (sets, runs).
    table
        All runs: n_params, streams.
    kept
        Which of them are fitted, a mask; None for all.

    Returns
    -------
    ndarray
        Residuals on all runs, those not fitted among them, shape (sets, runs).
    """
    again = redrawn(fitted, sets if kept is None else sets[:, kept])
    columns = {name: again[[name]].to_numpy() for name in fitted.law.parameters}
    return np.log(sets / fitted.law(table.n_params.to_numpy(), table.streams.to_numpy(), **columns))
