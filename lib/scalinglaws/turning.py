"""Does a trend turn? Quadratic, two lines, and where to break them.

A quadratic term of the right sign does not make a U: a curve that only rises, ever less or
ever more steeply, has one too. What does make a U is a change of sign of the slope, so the
tests here look at the slope on both sides of a break, and the break follows a published
rule instead of the eye.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.interpolate import BSpline
from scipy.special import ndtri, stdtr, stdtrit

from scalinglaws.fitting.groups import clustered


class Quadratic(NamedTuple):
    """A fitted parabola: `curvature` in y per x², and its `vertex` in units of x."""

    curvature: float
    vertex: float


class TwoLines(NamedTuple):
    """Slopes below and above a break, in y per x, with 95 % intervals and p-values."""

    at: float
    below: float
    above: float
    below_interval: tuple[float, float]
    above_interval: tuple[float, float]
    p_below: float
    p_above: float
    n_below: int
    n_above: int


def quadratic(x: np.ndarray, y: np.ndarray) -> Quadratic:
    """Least-squares parabola through points.

    Parameters
    ----------
    x, y
        Points; at least three different x.

    Raises
    ------
    ValueError
        If there are fewer than three different x.
    """
    x, y = _points(x, y, 3)
    c, b, _ = np.polyfit(x - x.mean(), y, 2)
    return Quadratic(float(c), float(x.mean() - b / (2 * c)))


def two_lines(x: np.ndarray, y: np.ndarray, at: float, groups: np.ndarray | None = None) -> TwoLines:
    """Two unconnected lines, one for x <= at and one for x > at, in one regression.

    Parameters
    ----------
    x, y
        Points.
    at
        The break, in units of x.
    groups
        Labels of points that are not independent of each other. With them the intervals
        are cluster-robust, with Student's t at (groups - 1) degrees of freedom, and infinite
        for a line whose points are all of one group; without them they are robust to unequal
        variances (HC3), with t at (points - 4).

    Raises
    ------
    ValueError
        If one side of the break has fewer than three different x (a line through two
        leaves nothing to judge its error by).

    Notes
    -----
    The interrupted regression of Simonsohn (2018), doi:10.1177/2515245918805755.
    """
    x, y = _points(x, y, 6)
    high = x > at
    if min(len(np.unique(x[high])), len(np.unique(x[~high]))) < 3:
        raise ValueError(f"a line needs three different x on each side of the break {at:.3g}")
    columns = np.column_stack([~high, high, np.where(high, 0, x - at), np.where(high, x - at, 0)])
    if groups is None:
        labels, known = None, (True, True)
    else:
        labels = np.unique(np.asarray(groups), return_inverse=True)[1]
        known = [len(np.unique(labels[side])) > 1 for side in (~high, high)]
    slopes, error, freedom = (
        part[..., 2:] if np.ndim(part) else part for part in _robust(columns, y, labels)
    )
    half = stdtrit(freedom, 0.975) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stdtr(freedom, -np.abs(slopes / error))
    intervals = [
        (float(slope - far), float(slope + far)) if ok else (-np.inf, np.inf)
        for slope, far, ok in zip(slopes, half, known, strict=True)
    ]
    chances = [float(chance) if ok else 1.0 for chance, ok in zip(p, known, strict=True)]
    sizes = int((~high).sum()), int(high.sum())
    return TwoLines(float(at), *map(float, slopes), *intervals, *chances, *sizes)


def _robust(
    columns: np.ndarray, y: np.ndarray, labels: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Least squares with robust standard errors, and the degrees of freedom to judge them by.

    Without labels the errors are HC3; with them they are those of clusters.
    """
    n, k = columns.shape
    inverse = np.linalg.pinv(columns.astype(float))
    coefficients = inverse @ y
    residuals = y - columns @ coefficients
    if labels is None:
        scores = inverse * (residuals / (1 - (columns * inverse.T).sum(1)))
        return coefficients, np.sqrt((scores**2).sum(1)), n - k
    covariance = clustered((inverse * residuals).T, labels)
    return coefficients, np.sqrt(np.diag(covariance)), len(np.unique(labels)) - 1


def robin_hood(x: np.ndarray, y: np.ndarray, shape: str = "U") -> float:
    """A break for `two_lines` that gives points from the clearer arm to the weaker one.

    A smooth curve is fitted; the inner points that are within one standard error of its
    extreme are the flat stretch; within that stretch the break is moved away from the arm
    whose slope, from a break in the middle, is the less certain of the two.

    Parameters
    ----------
    x, y
        Points; at least seven different x.
    shape
        `"U"` looks for a lowest stretch, `"inverted U"` for a highest one.

    Returns
    -------
    float
        The break, in units of x, with three different x and a tenth of the points, at
        least, on either side.

    Raises
    ------
    ValueError
        For an unknown shape or too few points.

    Notes
    -----
    The Robin Hood rule of Simonsohn (2018), doi:10.1177/2515245918805755, with a cubic
    spline of one inner knot, at the median of x, for the smooth curve.
    """
    if shape not in ("U", "inverted U"):
        raise ValueError(f"shape {shape!r} is neither 'U' nor 'inverted U'")
    x, y = _points(x, y, 7)
    low, high = x.min(), x.max()
    knots = np.r_[[low] * 4, np.median(x), [high] * 4]
    columns = BSpline.design_matrix(x, knots, 3).toarray()
    inverse = np.linalg.pinv(columns)
    fitted = columns @ (inverse @ y)
    curve = fitted if shape == "U" else -fitted
    spread = ((y - fitted) ** 2).sum() / (len(x) - columns.shape[1])
    error = np.sqrt(spread * (columns * inverse.T).sum(1))
    # Both arms must be able to hold a line; splines are wild at their ends besides.
    different = np.unique(x)
    tenth = np.sort(x)[[max(0, len(x) // 10 - 1), -(len(x) // 10) - 1]]
    inner = (x >= max(different[2], tenth[0])) & (x < different[-3] + 1e-12) & (x <= tenth[1])
    lowest = np.flatnonzero(inner)[np.argmin(curve[inner])]
    flat = np.sort(x[inner & (curve <= curve[lowest] + error[lowest])])
    middle = two_lines(x, y, float(np.median(flat)))
    certain = [-ndtri(np.clip(p / 2, 1e-300, 0.5)) for p in (middle.p_below, middle.p_above)]
    share = certain[1] / sum(certain) if sum(certain) else 0.5
    return float(np.quantile(flat, share))


def _points(x: np.ndarray, y: np.ndarray, different: int) -> tuple[np.ndarray, np.ndarray]:
    """Both as finite float arrays of one length, with enough different x."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    if x.shape != y.shape or x.ndim != 1 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("x and y must be finite and of one length")
    if len(np.unique(x)) < different:
        raise ValueError(f"needs at least {different} different x, has {len(np.unique(x))}")
    return x, y
