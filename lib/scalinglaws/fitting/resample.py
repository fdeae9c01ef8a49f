"""How far the estimates move when the runs are drawn again: the bootstrap.

A resample is the fit's own problem with other weights: a run drawn twice counts twice, a run
left out counts nothing. So all resamples share the data, and a batch of them advances together.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from scalinglaws.fitting.binding import columns_of
from scalinglaws.fitting.jackknife import Jackknife, jackknife
from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.refits import finite, refits, units_of, values_of
from scalinglaws.fitting.result import Fit
from scalinglaws.fitting.typeset import as_html
from scalinglaws.fitting.wald import Quantity
from scalinglaws.text import article, counted
from scalinglaws.uncertainty import Estimate

#: Below so many groups a cluster bootstrap understates the spread.
ENOUGH_GROUPS = 20
METHODS = ("percentile", "bca")


def quantiles(values: np.ndarray, shares: np.ndarray) -> tuple[float, float]:
    """A lower and an upper quantile of values that may be infinite, such as the logarithm of a term that is 0.

    Between a finite value and an infinite one there is nothing to interpolate: the outer one is taken.

    Raises
    ------
    FitError
        If a value is not a number.
    """
    if missing := int(np.isnan(values).sum()):
        raise FitError(f"the quantity is not a number in {missing} of {counted(len(values), 'resample')}")
    with np.errstate(invalid="ignore"):
        between = np.quantile(values, shares)
    outer = [np.quantile(values, q, method=m) for q, m in zip(shares, ("lower", "higher"), strict=True)]
    low, high = np.where(np.isfinite(between), between, outer)
    return float(low), float(high)


@dataclass(frozen=True, repr=False, eq=False)
class Bootstrap:
    """The result of `bootstrap`.

    Attributes
    ----------
    fit
        The fit that was resampled.
    samples
        One row a converged resample, indexed by its number: parameters in natural units
        and `objective`.
    failed
        Numbers of the resamples that did not converge.
    codes
        The unit, run or group, that each run was drawn with.
    units
        How many units there are, in words.
    """

    fit: Fit
    samples: pd.DataFrame
    failed: tuple[int, ...]
    codes: np.ndarray
    units: str

    def values(self, what: Quantity) -> np.ndarray:
        """A parameter, or a function of the dictionary of parameters, for each resample."""
        return values_of(self.fit, self.samples, what)

    @cached_property
    def left_out(self) -> Jackknife:
        """The jackknife over the same units, for the acceleration of BCa."""
        return jackknife(self.fit, self.codes)

    def interval(
        self, what: Quantity, level: float = 0.95, method: str = "percentile"
    ) -> tuple[float, float]:
        """Percentile or BCa interval.

        Parameters
        ----------
        what
            A parameter; `"log A"` for a logarithm; or a function of the dictionary of
            parameters, such as `scalinglaws.frontier.size_exponent`.
        level
            Confidence level.
        method
            `"percentile"`; or `"bca"`, which corrects the percentiles for bias and for a
            spread that changes with the value, at the price of a jackknife. Source: Efron
            (1987), doi:10.1080/01621459.1987.10478410.

        Raises
        ------
        FitError
            If there are too few resamples for a percentile at that level.
        """
        if not 0 < level < 1:
            raise FitError(f"level is a share between 0 and 1, not {level}")
        if method not in METHODS:
            raise FitError(f"method {method!r} is none of {METHODS}")
        tails = np.array([(1 - level) / 2, (1 + level) / 2])
        if len(self.samples) * tails[0] < 1:
            raise FitError(
                f"{counted(len(self.samples), 'resample is', 'resamples are')} too few for {article(f'{level:.0%}')} interval: draw more, "
                f"at least {int(np.ceil(1 / tails[0]))}"
            )
        values = self.values(what)
        if method == "bca":
            tails = self._bca(what, values, tails)
        return quantiles(values, tails)

    def estimate(self, what: Quantity) -> Estimate:
        """The fit's own value with the percentile 95 % interval of its resamples, for a claim.

        Raises
        ------
        FitError
            If there are too few resamples for a percentile.
        """
        (value,) = values_of(self.fit, pd.DataFrame([self.fit.params]), what)
        low, high = self.interval(what)
        how = f"percentiles of {counted(len(self.samples), 'resample')} of {self.units}"
        return Estimate.around(value, low, high, how, self)

    def _bca(self, what: Quantity, values: np.ndarray, tails: np.ndarray) -> np.ndarray:
        """Percentiles to read instead of `tails`."""
        centre = values_of(self.fit, pd.DataFrame([self.fit.params]), what)[0]
        below = np.mean(values < centre) + 0.5 * np.mean(values == centre)
        if not 0 < below < 1:
            raise FitError("every resample lies on one side of the estimate: no BCa interval can be made")
        gap = finite(self.left_out.values(what), what)
        gap = gap.mean() - gap
        spread = np.sum(gap**2)
        acceleration = np.sum(gap**3) / (6 * spread**1.5) if spread > 0 else 0.0
        shift = ndtri(below)
        moved = shift + ndtri(tails)
        return ndtr(shift + moved / (1 - acceleration * moved))

    def standard_error(self, what: Quantity) -> float:
        """Standard deviation over the resamples."""
        return float(np.std(finite(self.values(what), what), ddof=1))

    def prediction_interval(
        self, data: Any, level: float = 0.95, *, new_run: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Percentile interval of the law at other data; holds for robust losses too.

        Parameters
        ----------
        data
            As for `Fit.predict`.
        level
            Confidence level.
        new_run
            Whether it is to hold a new run's value, with a residual drawn from the fit's own,
            or only the law's.

        Returns
        -------
        tuple of ndarray
            Lower and upper ends, one entry a row of the data, in the unit of y.

        Raises
        ------
        FitError
            For a level that is no share, or data that `Fit.predict` refuses.

        Source: Davison & Hinkley (1997), Bootstrap Methods and their Application, section 6.3.3
        (without the studentising).
        """
        if not 0 < level < 1:
            raise FitError(f"level is a share between 0 and 1, not {level}")
        law, logarithmic = self.fit.law, self.fit.problem.residual == "log"
        columns = columns_of(law, data)
        shape = (len(self.samples), len(columns[0]))
        drawn = {name: self.samples[name].to_numpy()[:, None] for name in law.parameters}
        predicted = np.broadcast_to(law(*columns, **drawn), shape)
        if logarithmic:
            predicted = np.log(predicted)
        if new_run:
            rng = np.random.default_rng(0)
            used = self.fit.residuals[self.fit.problem.weights > 0]
            predicted = predicted + rng.choice(used, shape)
        low, high = np.quantile(predicted, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return (np.exp(low), np.exp(high)) if logarithmic else (low, high)

    def _repr_html_(self) -> str:
        return as_html(self.fit, self if len(self.samples) >= 40 else None)

    def __repr__(self) -> str:
        lines = [f"{counted(len(self.samples), 'resample')} of {self.units}, {len(self.failed)} failed"]
        if len(self.samples) >= 40:
            for name in self.fit.free:
                label = f"log {name}" if name in self.fit.law.positive else name
                low, high = self.interval(label)
                lines.append(f"{label:<8}  95 % [{low:.4g}, {high:.4g}]")
        return "\n".join(lines)


def given_rows(fit: Fit, rows: Any, by: Any, chosen: Sequence[int]) -> np.ndarray:
    """Draws made elsewhere, as an array with one row a resample, once they are seen to be draws of these runs."""
    if by is not None:
        raise FitError(
            "rows say which runs each resample holds, by which groups it draws: give one of the two"
        )
    rows = np.asarray(rows)
    if rows.ndim != 2 or not np.issubdtype(rows.dtype, np.integer):
        raise FitError("rows are whole numbers, one row of them a resample: numbers of runs, from 0")
    if rows.size and not 0 <= rows.min() <= rows.max() < fit.n:
        raise FitError(
            f"rows number the {counted(fit.n, 'run')} from 0, but run from {rows.min()} to {rows.max()}"
        )
    if short := [k for k in chosen if not 0 <= k < len(rows)]:
        raise FitError(
            f"rows are given for {counted(len(rows), 'resample')}, so there is no resample {short[0]}"
        )
    return rows


def bootstrap(
    fit: Fit,
    n: int,
    seed: int = 0,
    by: Any = None,
    *,
    first: int = 0,
    numbers: Iterable[int] | None = None,
    rows: Any = None,
) -> Bootstrap:
    """Draw the runs again with replacement and fit each draw, starting at the fit.

    Resample k depends on the seed and on k alone, so that any one can be made again.

    Parameters
    ----------
    fit
        A converged fit.
    n
        Number of resamples.
    seed
        Resample k draws with `numpy.random.default_rng([seed, k])`.
    by
        One group label a run (for instance `runs["run"]`): whole groups are drawn, as
        checkpoints of one run are not independent. A column of the fitted data goes by
        its name. Warns below 20 groups.
    first
        Number of the first resample.
    numbers
        Numbers of the resamples, instead of `first, ..., first + n - 1`.
    rows
        Draws made elsewhere, such as those of a published bootstrap: `rows[k]` holds the numbers
        of the runs in resample k, from 0, in the order of the fitted data. The seed is then not used.

    Returns
    -------
    Bootstrap

    Raises
    ------
    FitError
        If n is not a positive whole number, the fit did not converge, or more than a fifth of
        the resamples fail. If `rows` are given along with `by`, hold anything but numbers of runs,
        or are fewer than the resamples asked for.
    """
    if numbers is None and not (isinstance(n, (int, np.integer)) and n >= 1):
        raise FitError(f"n is how many resamples to draw, at least 1, not {n!r}")
    codes = units_of(fit, by)
    count = int(codes.max()) + 1
    if by is not None and count < ENOUGH_GROUPS:
        warnings.warn(
            f"{counted(count, 'group')}: below {ENOUGH_GROUPS} a cluster bootstrap understates the spread",
            stacklevel=2,
        )

    chosen = range(first, first + n) if numbers is None else [int(k) for k in numbers]
    if rows is not None:
        rows = given_rows(fit, rows, by, chosen)

    def times(k: int) -> np.ndarray:
        drawn = np.random.default_rng([seed, k]).integers(0, count, count) if rows is None else rows[k]
        return np.bincount(drawn, minlength=count)[codes]

    samples, failed = refits(fit, times, chosen)
    units = counted(count, "group") if by is not None else counted(fit.n, "run")
    return Bootstrap(fit, samples.rename_axis("resample"), failed, codes, units)
