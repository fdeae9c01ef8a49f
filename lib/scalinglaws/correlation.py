"""Correlations and slopes of many draws at once, which scipy gives of one pair at a time or with a test that is not asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def correlation(x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Pearson's correlation along the last axis; the leading axes are broadcast.

    Parameters
    ----------
    x, y
        Shapes (..., n).

    Returns
    -------
    ndarray
        Shape (...); nan where x or y does not vary.
    """
    x, y = (v - v.mean(axis=-1, keepdims=True) for v in (np.asarray(x, float), np.asarray(y, float)))
    with np.errstate(invalid="ignore"):
        return (x * y).sum(axis=-1) / np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))


def rank_correlation(x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Spearman's correlation, as `correlation`; values that are equal share their mean rank."""
    return correlation(stats.rankdata(x, axis=-1), stats.rankdata(y, axis=-1))


def slopes(x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Slopes of least-squares lines of y, shape (..., n), on x, shape (n,); in y per x, shape (...)."""
    far = np.asarray(x, float) - np.mean(x)
    return np.asarray(y, float) @ far / (far @ far)
