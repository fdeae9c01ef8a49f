"""Correlations and slopes of many draws at once, which scipy gives of one pair at a time or with a test that is not asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


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
    return correlation(ranks(x), ranks(y))


def ranks(x: ArrayLike) -> np.ndarray:
    """Ranks along the last axis, from 1, shape (..., n); values that are equal share their mean rank.

    By pandas: `scipy.stats`, which would give the same, takes as long to import as all of a fit's modules.
    """
    x = np.asarray(x, float)
    return pd.DataFrame(x.reshape(-1, x.shape[-1])).rank(axis=1).to_numpy().reshape(x.shape)


def slopes(x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Slopes of least-squares lines of y, shape (..., n), on x, shape (n,); in y per x, shape (...)."""
    far = np.asarray(x, float) - np.mean(x)
    return np.asarray(y, float) @ far / (far @ far)


def lines(x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Slope and level at x = 0 of the least-squares lines of `slopes`, shape (2, ...)."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    slope = slopes(x, y)
    return np.array([slope, y.mean(axis=-1) - slope * x.mean()])


def log_slope(x: ArrayLike, y: ArrayLike) -> float:
    """The power with which y goes as x: slope of the least-squares line of ln y on ln x, all positive, both (n,)."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])
