"""Intervals that draw whole families again: every draw that there is, with its chance.

Of eight families there are 6,435 different samples of eight with replacement, few enough to take
each. Such an interval holds no noise of a bootstrap, and depends on no seed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cache

import numpy as np

from scalinglaws.uncertainty import Estimate

MOST_DRAWS = 50_000


def every_draw(families: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All samples of families with replacement, as many as there are families.

    Parameters
    ----------
    families
        The family of each row, shape (n_rows,).

    Returns
    -------
    (counts, chances)
        How often each draw takes each row, shape (n_draws, n_rows), and how probable the draw is,
        shape (n_draws,).

    Raises
    ------
    ValueError
        If there are fewer than two families, or too many to take every draw.
    """
    names, codes = np.unique(np.asarray(families), return_inverse=True)
    drawn, chances = of_families(len(names))
    return drawn[:, codes], chances


@cache
def of_families(n: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each draw takes each of n families, and how probable it is."""
    if n < 2 or math.comb(2 * n - 1, n) > MOST_DRAWS:
        raise ValueError(f"takes every draw of 2 to 9 families, not of {n}")
    # Between n - 1 bars stand n draws: the gaps say how often each family is drawn.
    bars = np.array([*itertools.combinations(range(2 * n - 1), n - 1)])
    ends = np.full((len(bars), 1), -1), np.full((len(bars), 1), 2 * n - 1)
    drawn = np.diff(np.hstack([ends[0], bars, ends[1]])) - 1
    orders = math.factorial(n) / np.array([[math.factorial(k) for k in row] for row in drawn]).prod(1)
    return drawn.astype(float), orders / float(n) ** n


def over_families(statistic: Callable[[np.ndarray], np.ndarray], families: np.ndarray) -> Estimate:
    """A number with the 95 % interval of its bootstrap over families, all draws taken.

    Parameters
    ----------
    statistic
        From weights of the rows, shape (n, n_rows), to n numbers; nan where it is not defined,
        which widens the interval on both sides.
    families
        The family of each row.

    Returns
    -------
    Estimate
        The number for equal weights; the interval is widened to hold it.

    Raises
    ------
    ValueError
        As `every_draw`.
    """
    counts, chances = every_draw(families)
    values = np.asarray(statistic(counts), float)
    here = float(np.asarray(statistic(np.ones((1, counts.shape[1]))))[0])
    known = ~np.isnan(values)
    low = lowest(np.where(known, values, -np.inf), chances, 0.025)
    high = -lowest(np.where(known, -values, -np.inf), chances, 0.025)
    return Estimate.around(here, low, high, "families drawn again, every draw")


def lowest(values: np.ndarray, chances: np.ndarray, share: float) -> float:
    """The value below which at most a share of the chance lies."""
    order = np.argsort(values)
    below = np.cumsum(chances[order]) - chances[order]
    return float(values[order][np.searchsorted(below, share * (1 + 1e-12), side="right") - 1])
