"""Two slopes, of which one is drawn through few points: what is known of their difference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from scalinglaws.uncertainty import Estimate, of_slope


def off_line(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Residuals from the least-squares line, in the unit of y, shape (n,)."""
    return y - np.polyval(np.polyfit(x, y, 1), x)


def regression(x: ArrayLike, y: ArrayLike, kinds: ArrayLike | None = None) -> tuple[float, float, int]:
    """Slope of the least-squares line, its standard error, and the degrees of freedom.

    Parameters
    ----------
    x, y
        The points, shape (n,).
    kinds
        A label a point, shape (n,): points of each kind lie on a line of their own level, and
        all lines have one slope. Without it there is one line.
    """
    kinds = np.zeros(len(x)) if kinds is None else np.asarray(kinds)
    same = kinds[:, None] == kinds
    weights = same / same.sum(axis=1)
    found = stats.linregress(x - weights @ x, y - weights @ y)
    free = len(x) - 1 - len(np.unique(kinds))
    return found.slope, found.stderr * np.sqrt((len(x) - 2) / free), free


def apart(
    x: ArrayLike,
    y: ArrayLike,
    others: ArrayLike,
    other: float,
    how: str = "both slopes",
    kinds: ArrayLike | None = None,
) -> Estimate:
    """A slope with Student's error less another one that was drawn: both uncertainties together.

    The interval is where 95 % of the joint distribution lie when the first is spread as Student's
    t says and the second as it was drawn (Behrens 1929, Fisher 1935). The distribution is
    computed and not drawn: the tails of a t with one degree of freedom need millions of draws.

    Parameters
    ----------
    x, y, kinds
        The points of the first slope, as in `regression`.
    others, other
        Draws of the second slope, shape (n,), and the slope itself.
    how
        Where the interval comes from, in words.
    """
    slope, error, free = regression(x, y, kinds)
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


def one_more(slope: float, others: ArrayLike) -> Estimate:
    """How far a slope lies from the mean of others, if it is one more of their kind.

    Parameters
    ----------
    slope
        The slope that is compared.
    others
        Slopes whose spread is that of the kind, shape (n,); n - 1 degrees of freedom.
    """
    others = np.asarray(others, float)
    value, n = slope - others.mean(), len(others)
    half = special.stdtrit(n - 1, 0.975) * others.std(ddof=1) * np.sqrt(1 + 1 / n)
    return Estimate(value, value - half, value + half, "Student's, spread of other slopes")


def in_three_ways(x: np.ndarray, y: np.ndarray, own: Sequence[np.ndarray]) -> dict[str, Estimate]:
    """A slope with Student's interval from its own scatter, from that of others, and from their slopes.

    Parameters
    ----------
    x, y
        The points, shape (n,).
    own
        Others at the same x that scatter alike, each of shape (n,).

    Returns
    -------
    dict
        What sets the interval, in words that end a name, to the slope.
    """
    slope = np.polyfit(x, y, 1)[0]
    scatter = np.concatenate([off_line(x, each) for each in own])
    return {
        "": of_slope(x, y, "Student's"),
        ", with the scatter of LAION's own pairs": with_scatter(slope, x, scatter, len(own) * (len(x) - 2)),
        ", among the slopes of LAION's own pairs": one_more(
            slope, [np.polyfit(x, each, 1)[0] for each in own]
        ),
    }
