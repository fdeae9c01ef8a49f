"""Intervals of any statistic by resampling whole groups: runs of one model, curves of one family, tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np


def cluster_resamples(groups: np.ndarray, n: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Row numbers of `n` bootstrap samples that draw whole groups with replacement.

    Parameters
    ----------
    groups
        A label for each row; rows of one label are drawn together.
    n
        Number of samples.
    rng
        Source of randomness.

    Raises
    ------
    ValueError
        If there are fewer than two groups.
    """
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < 2:
        raise ValueError("resampling groups needs at least two of them")
    rows = [np.flatnonzero(codes == code) for code in range(len(names))]
    for _ in range(n):
        yield np.concatenate([rows[k] for k in rng.integers(len(names), size=len(names))])


def cluster_interval(
    statistic: Callable[[np.ndarray], np.ndarray | float],
    groups: np.ndarray,
    n: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Percentile 95 % intervals of a statistic under resampling of whole groups.

    Parameters
    ----------
    statistic
        From row numbers to one number or several. A sample on which it raises `ValueError`
        (no line can be drawn) counts as unknown and widens the interval on both sides.
    groups, n, rng
        As in `cluster_resamples`.

    Returns
    -------
    ndarray
        Two rows, low and high, one column for each number of the statistic.

    Raises
    ------
    ValueError
        If the statistic fails on every sample, or there are fewer than two groups.
    """
    drawn, failed = [], 0
    for rows in cluster_resamples(groups, n, rng):
        try:
            drawn.append(np.atleast_1d(statistic(rows)))
        except ValueError:
            failed += 1
    if not drawn:
        raise ValueError("the statistic cannot be computed on any resample")
    width = (failed, drawn[0].size)
    low = np.quantile(np.vstack([*drawn, np.full(width, -np.inf)]), 0.025, axis=0, method="lower")
    high = np.quantile(np.vstack([*drawn, np.full(width, np.inf)]), 0.975, axis=0, method="higher")
    return np.vstack([low, high])
