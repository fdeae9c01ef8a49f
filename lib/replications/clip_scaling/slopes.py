"""Two slopes, of which one is drawn through few points: what is known of their difference."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from scalinglaws.uncertainty import Estimate


def off_line(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Residuals from the least-squares line, in the unit of y, shape (n,)."""
    return y - np.polyval(np.polyfit(x, y, 1), x)


def apart(
    slope: float, error: float, free: int, others: ArrayLike, other: float, how: str = "both slopes"
) -> Estimate:
    """A slope with Student's error less another one that was drawn: both uncertainties together.

    The interval is where 95 % of the joint distribution lie when the first is spread as Student's
    t says and the second as it was drawn (Behrens 1929, Fisher 1935). The distribution is
    computed and not drawn: the tails of a t with one degree of freedom need millions of draws.

    Parameters
    ----------
    slope, error, free
        The first slope, its standard error and its degrees of freedom.
    others, other
        Draws of the second slope, shape (n,), and the slope itself.
    how
        Where the interval comes from, in words.
    """
    others = np.asarray(others, float)
    # A perfect line has no error; a tiny one keeps the distribution continuous.
    value, error = slope - other, max(error, 1e-9)

    def beyond(end: float, share: float) -> float:
        """Share of the differences that lie below an end, less the share that should."""
        return special.stdtr(free, (end - slope + others) / error).mean() - share

    reach = np.ptp(others) + 1 + 1e3 * error
    low, high = (
        optimize.brentq(beyond, value - reach, value + reach, args=share, xtol=1e-10)
        for share in (0.025, 0.975)
    )
    return Estimate.around(value, low, high, how)


def with_scatter(slope: float, x: np.ndarray, residuals: np.ndarray, free: int) -> Estimate:
    """A slope on x whose error follows from the scatter of other residuals, with Student's interval.

    Parameters
    ----------
    slope
        Of the points at `x`, shape (n,).
    residuals, free
        What stands for their scatter, and its degrees of freedom.
    """
    error = np.sqrt((residuals**2).sum() / free / x.var() / len(x))
    half = special.stdtrit(free, 0.975) * error
    return Estimate(slope, slope - half, slope + half, "Student's, scatter of other points")
