"""What a measurement is: a number, its 95 % interval, and how that was come by.

An interval must resample what varies: seeds, runs, sizes, whole families, not only rows. The
functions here make the kinds that findings need; fits bring their own (`fit.estimate`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import factorial, ndtri, stdtrit


@dataclass(frozen=True)
class Estimate:
    """A measured number with its 95 % interval.

    Parameters
    ----------
    value
        The number.
    low, high
        Ends of the interval; infinite where the data set no end.
    how
        Where the interval comes from, in words: what was resampled, or what is assumed.
    fit
        The fit that the number rests on, if it does on one, so that a claim can see
        whether its optimum is proved.

    Raises
    ------
    ValueError
        If the number is not finite or lies outside its interval, or `how` is empty.
    """

    value: float
    low: float
    high: float
    how: str
    fit: Any = None

    def __post_init__(self) -> None:
        for part in ("value", "low", "high"):
            object.__setattr__(self, part, float(getattr(self, part)))
        if not math.isfinite(self.value) or not self.low <= self.value <= self.high:
            raise ValueError(
                f"{self.value} [{self.low}, {self.high}] is no number with an interval around it"
            )
        if not self.how.strip():
            raise ValueError("say how the interval was come by")

    @classmethod
    def around(cls, value: float, low: float, high: float, how: str, fit: Any = None) -> Estimate:
        """An interval of percentiles, which need not hold the number, widened until it does."""
        return cls(value, min(low, value), max(high, value), how, fit)

    def __format__(self, spec: str) -> str:
        """Number and interval, each in the format asked for: `f"{estimate:.2f}"`."""
        spec = spec or ".3g"
        return f"{self.value:{spec}} [{self.low:{spec}}, {self.high:{spec}}]"

    def __str__(self) -> str:
        return format(self)


def from_draws(value: float, draws: ArrayLike, how: str, level: float = 0.95, fit: Any = None) -> Estimate:
    """A number with the percentile interval of its resamples.

    Parameters
    ----------
    value
        The number, from the data as they are.
    draws
        The same from resamples, shape (n,); those that are nan could not be computed and
        are left out.
    how
        What was resampled.
    level
        Share of the draws between the ends.

    Returns
    -------
    Estimate
        Its interval is widened to hold the number where the draws lie to one side of it.

    Raises
    ------
    ValueError
        If fewer than 40 draws are numbers: 2.5 % of less is no draw at all.
    """
    known = np.asarray(draws, float)
    known = known[~np.isnan(known)]
    if len(known) < 40:
        raise ValueError(f"an interval of draws needs at least 40 of them; {len(known)} are numbers")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Estimate.around(value, low, high, how, fit)


def of_mean(values: ArrayLike, how: str) -> Estimate:
    """The mean of independent numbers, such as one a seed, with Student's interval.

    Raises
    ------
    ValueError
        If there are fewer than two, or one is not finite.
    """
    values = np.asarray(values, float)
    if len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(f"Student's interval needs two finite numbers at least, not {values}")
    half = stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / np.sqrt(len(values))
    return Estimate(values.mean(), values.mean() - half, values.mean() + half, how)


def from_left_out(value: float, left_out: ArrayLike, how: str, *, corrected: bool = False) -> Estimate:
    """A number with Student's interval of its jackknife.

    Parameters
    ----------
    value
        The number, from all units.
    left_out
        The same without each of them in turn, shape (n,); one degree of freedom less than there are.
    how
        What was left out.
    corrected
        Whether the interval lies around the mean of Tukey's pseudo-values, which takes out a bias of
        order 1/n, and is widened where it does not hold the number; otherwise it lies around the number.

    Raises
    ------
    ValueError
        If there are fewer than two, or one is not finite.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, sections 11.2 and 11.5.
    """
    left_out = np.asarray(left_out, float)
    n = len(left_out)
    if n < 2 or not np.isfinite(left_out).all():
        raise ValueError(f"a jackknife needs two finite numbers at least, not {left_out}")
    half = stdtrit(n - 1, 0.975) * np.sqrt((n - 1) * left_out.var())
    middle = n * value - (n - 1) * left_out.mean() if corrected else value
    return Estimate.around(value, middle - half, middle + half, how)


def of_share(hits: int, n: int, how: str) -> Estimate:
    """The share of n independent cases in which something is so, with its exact interval (Clopper & Pearson 1934).

    Parameters
    ----------
    hits, n
        In how many cases it is so, and how many there are.
    how
        What the cases are.

    Raises
    ------
    ValueError
        If there is no case, or there are more hits than cases.
    """
    # scipy.stats takes as long to import as all the rest, and nothing else here needs it.
    from scipy.stats import binomtest

    ends = binomtest(int(hits), int(n)).proportion_ci()
    return Estimate(hits / n, ends.low, ends.high, how)


def of_slope(x: ArrayLike, y: ArrayLike, how: str) -> Estimate:
    """The slope of the least-squares line, in y per x, with Student's interval.

    Raises
    ------
    ValueError
        If there are fewer than three points, or x does not vary.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if len(x) < 3:
        raise ValueError(f"a slope with an interval needs three points, not {len(x)}")
    if np.ptp(x) == 0:
        raise ValueError("no slope can be drawn through points whose x are all identical")
    (xx, xy), (_, yy) = np.cov(x, y, bias=True)
    slope, free = xy / xx, len(x) - 2
    # Rounding can leave a perfect line a little less than nothing.
    half = stdtrit(free, 0.975) * np.sqrt(max(0.0, yy - slope * xy) / xx / free)
    return Estimate(slope, slope - half, slope + half, how)


def of_ranks(rho: float, n: int, family: int = 1, spread: float = 1.06) -> Estimate:
    """A rank correlation with the interval of Fieller, Hartley & Pearson (1957).

    Its inverse hyperbolic tangent is taken as normal with variance 1.06 / (n - 3).

    Parameters
    ----------
    rho
        The correlation, from n points.
    n
        How many points, at least 4.
    family
        How many intervals shall hold at once with 95 % (Bonferroni).
    spread
        1 for Pearson's correlation (Fisher).
    """
    half = ndtri(1 - 0.025 / family) * np.sqrt(spread / (n - 3))
    # A correlation of exactly one, as planted data have, has no finite image.
    z = np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
    how = "Fieller's" if family == 1 else f"Fieller's, for {family} at once"
    return Estimate.around(rho, np.tanh(z - half), np.tanh(z + half), how)


def distance(estimate: Estimate, target: float = 0.0) -> Estimate:
    """How far a number is from a target, either way, with the interval that follows from its own."""
    ends = sorted([abs(estimate.low - target), abs(estimate.high - target)])
    low = 0.0 if estimate.low <= target <= estimate.high else ends[0]
    return Estimate(abs(estimate.value - target), low, ends[1], estimate.how)


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


def cluster_counts(groups: ArrayLike, n: int, rng: np.random.Generator) -> np.ndarray:
    """How often each row stands in `n` bootstrap samples that draw whole groups with replacement.

    For a statistic that takes weights, all samples at once; otherwise as `cluster_resamples`.

    Parameters
    ----------
    groups
        A label for each row, shape (rows,); rows of one label are drawn together. Labels are drawn in
        their order, on which the samples of a seed depend.
    n
        Number of samples.
    rng
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Whole numbers, shape (n, rows).

    Raises
    ------
    ValueError
        If there are fewer than two groups.
    """
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < 2:
        raise ValueError("resampling groups needs at least two of them")
    return rng.multinomial(len(names), np.full(len(names), 1 / len(names)), n)[:, codes]


@lru_cache
def every_resample(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Every sample that can be drawn with replacement from n units, its order left aside.

    With few units the bootstrap is so had exactly. That matters where a statistic takes few values:
    the end of an interval of a median is the value of one unit, and a sample may hit upon its neighbour.

    Returns
    -------
    tuple of numpy.ndarray
        The units of each sample, shape (samples, n), and in how many orders it can be drawn.
    """
    drawn = np.array(list(combinations_with_replacement(range(n), n)))
    times = (drawn[:, :, None] == np.arange(n)).sum(1)
    return drawn, factorial(n) / factorial(times).prod(1)


def weighted_ends(
    values: np.ndarray, orders: np.ndarray, ends: tuple[float, float] = (0.025, 0.975)
) -> tuple[float, float]:
    """Two quantiles, the ends of an interval, of a statistic over `every_resample`; values not finite are left out."""
    known = np.isfinite(values)
    rank = np.argsort(values[known])
    share = np.cumsum(orders[known][rank]) / orders[known].sum()
    low, high = values[known][rank][np.searchsorted(share, ends)]
    return float(low), float(high)


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
