"""Three measures of how sharply a score rises with size: the emergence score, the bend, the last step."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def emergence(y: ArrayLike) -> np.ndarray:
    """The emergence score (equation 1 of Schaeffer et al. 2023, from Srivastava et al. 2022).

    Parameters
    ----------
    y
        A score at each size, in the order of the sizes, shape (..., sizes).

    Returns
    -------
    ndarray
        Range over the root of the median squared step, with the sign of the direction, shape
        (...,). Infinite where more than half of the steps are zero; zero where all are.
    """
    y = np.asarray(y, float)
    direction = np.sign(y.argmax(-1) - y.argmin(-1))
    typical = np.sqrt(np.median(np.diff(y) ** 2, axis=-1))
    reach = np.ptp(y, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(reach > 0, direction * (reach / typical), 0.0)


def bend(x: ArrayLike, y: ArrayLike, per: str = "rise") -> np.ndarray:
    """By how much more a score rises in the upper half of the range of x than in the lower, as share of its rise.

    A parabola is fitted by least squares; with b and c its linear and quadratic coefficient where x
    runs from -1 to 1 the bend is c / b. A straight line has 0; 1 is a curve that on balance is flat
    in the lower half and rises in the upper. Adding to a score or multiplying it leaves the bend.

    Parameters
    ----------
    x
        Logarithms of size or compute, shape (n,).
    y
        Scores, shape (..., n).
    per
        "rise", or "spread" for c over the standard deviation of the scores: it does not explode
        where a score hardly rises.

    Returns
    -------
    ndarray
        Shape (...,).

    Raises
    ------
    ValueError
        If there are fewer than three different x, or `per` is neither word.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if len(np.unique(x)) < 3:
        raise ValueError("a bend needs three different sizes at least")
    if per not in ("rise", "spread"):
        raise ValueError(f"a bend is per rise or per spread, not per {per!r}")
    rows = y.reshape(-1, len(x)).T
    c, b, _ = np.polyfit(2 * (x - x.min()) / np.ptp(x) - 1, rows, 2)
    found = c / (b if per == "rise" else rows.std(0))
    return found.reshape(y.shape[:-1])


def redrawn_bends(x: np.ndarray, y: np.ndarray, times: np.ndarray, per: str = "rise") -> np.ndarray:
    """The bends of many resamples at once, each a number of times that every point counts.

    Parameters
    ----------
    x, y
        Logarithms of size and scores, shape (n,).
    times
        How often each point was drawn, shape (draws, n).
    per
        As for `bend`.

    Returns
    -------
    ndarray
        Shape (draws,); nan where fewer than four different x were drawn, for a parabola goes
        through any three.
    """
    drawn = times > 0
    enough = (drawn @ (x[:, None] == np.unique(x)) > 0).sum(1) > 3
    z = 2 * (x - x.min()) / np.ptp(x) - 1
    power = np.vander(z, 3)  # z squared, z and one
    normal = np.einsum("dn,ni,nj->dij", times, power, power)
    normal[~enough] = np.eye(3)
    c, b, _ = np.linalg.solve(normal, (times @ (power * y[:, None]))[:, :, None])[:, :, 0].T
    # Where the ends were not drawn, the range is that of what was.
    low, high = np.where(drawn, z, np.inf).min(1), np.where(drawn, z, -np.inf).max(1)
    half = (high - low) / 2
    per_rise = (b + c * (low + high)) * half
    mean = times @ y / times.sum(1)
    spread = np.sqrt((times * (y - mean[:, None]) ** 2).sum(1) / times.sum(1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(enough, c * half**2 / (per_rise if per == "rise" else spread), np.nan)


def last_step(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Share of the whole change that comes with the last step, less that step's share of the range of x.

    Parameters
    ----------
    x
        Logarithms of the sizes, ascending, shape (sizes,).
    y
        Scores, shape (..., sizes).
    """
    return (y[..., -1] - y[..., -2]) / (y[..., -1] - y[..., 0]) - (x[-1] - x[-2]) / (x[-1] - x[0])
