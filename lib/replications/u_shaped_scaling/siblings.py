"""Slopes among siblings with few families: the wild cluster bootstrap, every flip of signs tried.

Cluster-robust standard errors take the number of families for large, and with eight or twelve it
is not. The wild cluster bootstrap asks instead how large the statistic gets if each family's
residuals had come out with the other sign.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from scipy.optimize import bisect

MOST_GROUPS = 16  # 32,768 different flips


class Wild(NamedTuple):
    """A slope in y per x, the p-value of no slope, and the 95 % interval of slopes not rejected."""

    slope: float
    p: float
    low: float
    high: float


def wild_slope(x: np.ndarray, y: np.ndarray, groups: np.ndarray, level: float = 0.95) -> Wild:
    """The slope within groups, with the wild cluster bootstrap's p-value and interval.

    Parameters
    ----------
    x, y
        Points, shape (n,).
    groups
        A label for each point; each group has its own intercept, and its points stand or fall
        together.
    level
        Of the interval. Its ends are infinite where so few groups cannot reject any slope.

    Raises
    ------
    ValueError
        If x does not vary within the groups, or there are fewer than 2 or more than 16 of them.

    Notes
    -----
    Cameron, Gelbach & Miller (2008), doi:10.1162/rest.90.3.414, with the hypothesis imposed and,
    all flips of signs instead of draws; the interval inverts the test.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    if not 2 <= len(names) <= MOST_GROUPS:
        raise ValueError(f"needs 2 to {MOST_GROUPS} groups, has {len(names)}")
    member = np.eye(len(names))[codes]
    size = member.sum(0)
    x, y = (v - member @ ((v @ member) / size) for v in (x, y))
    if not (spread := (x * x) @ member).sum() > 1e-12:
        raise ValueError("x does not vary within the groups")
    # A flip and its opposite give one statistic: the first sign can stay.
    flips = np.array([(1.0, *rest) for rest in itertools.product([1.0, -1.0], repeat=len(names) - 1)])
    slope = (x @ y) / spread.sum()

    def p(null: float) -> float:
        scores = flips * ((x * (y - null * x)) @ member)
        off = scores.sum(1) / spread.sum()
        error = np.sqrt(((scores - np.outer(off, spread)) ** 2).sum(1))
        statistic = np.abs(off) / np.maximum(error, 1e-300)
        return float((statistic >= statistic[0] * (1 - 1e-9)).mean())

    def end(step: float) -> float:
        # What was seen counts among the flips, and no p-value is smaller than its share.
        if 1 / len(flips) >= 1 - level:
            return np.copysign(np.inf, step)
        far = step
        while p(slope + far) > 1 - level:
            far *= 2
        return slope + bisect(lambda d: (p(slope + d) > 1 - level) - 0.5, 0, far, xtol=1e-5 * abs(step))

    step = max(np.linalg.norm((x * (y - slope * x)) @ member) / spread.sum(), 1e-9)
    return Wild(float(slope), p(0.0), float(end(-step)), float(end(step)))
