"""How sure an exponent or a prediction is: what varies are sizes and amounts of data, and the reading of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import fdtrc, stdtrit

from replications.tabular_law.laws import fitted
from scalinglaws.fitting import Fit, FitError, jackknife, leave_groups_out
from scalinglaws.laws import chinchilla
from scalinglaws.uncertainty import Estimate, of_mean

#: Relative error of reading a disc, by whether it is seen whole: half a pixel, and two and a half.
READING = {"whole": 0.003, "hidden in part": 0.015}
WAYS = ("n_params", "cells")
EXPONENTS = ["alpha", "beta"]
#: What may be asked of the two exponents: how much of each it holds.
ASKED = {"alpha": (1, 0), "beta": (0, 1), "sum": (1, 1)}
#: Pairs known from language: the one that Hoffmann et al. print, and the one that Besiroglu et al. (2024) find in
#: the same runs.
HOFFMANN, AGAIN = (0.34, 0.28), (0.348, 0.366)


def errors(losses: pd.DataFrame) -> np.ndarray:
    """Relative error of reading each point, one number a row."""
    return losses.disc.map(READING).to_numpy(float)


class Pair(NamedTuple):
    """Both exponents together, of one table or of many worlds at once.

    Attributes
    ----------
    value
        alpha and beta, shape (..., 2).
    spread
        Way of leaving out -> covariance of the two, shape (..., 2, 2).
    reading
        The covariance that errors of reading add, shape (2, 2).
    fewest
        Degrees of freedom: one less than there are sizes or amounts, whichever are fewer.
    """

    value: np.ndarray
    spread: Mapping[str, np.ndarray]
    reading: np.ndarray
    fewest: int

    def admitted(self) -> list[np.ndarray]:
        """Covariances that the true one is not to fall below: of both ways together, and of each alone."""
        by = [self.spread[way] for way in WAYS]
        return [it + self.reading for it in (sum(by) - self.spread["points"], *by)]

    def error(self, what: str) -> np.ndarray:
        """Standard error of alpha, beta or their sum, the largest that the covariances give; shape (...)."""
        along = np.array(ASKED[what], float)
        return np.sqrt(np.max([np.einsum("i,...ij,j", along, it, along) for it in self.admitted()], axis=0))

    def ends(self, what: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Value, lower and upper end of alpha, beta or their sum, with Student's t; each of shape (...)."""
        value = self.value @ np.array(ASKED[what], float)
        half = stdtrit(self.fewest, 0.975) * self.error(what)
        return value, value - half, value + half

    def p(self, alpha: float | np.ndarray, beta: float | np.ndarray) -> np.ndarray:
        """p-value of a pair (or a grid of them) given beforehand, by Hotelling's T squared, the largest that the covariances give.

        Source: Hotelling (1931), Annals of Mathematical Statistics 2, 360.
        """
        x, y, least = self.value[..., 0] - alpha, self.value[..., 1] - beta, np.inf
        for it in self.admitted():
            a, b, c = it[..., 0, 0], it[..., 0, 1], it[..., 1, 1]
            size = a * c - b**2
            # The difference of covariances need not be a covariance: it then bounds nothing.
            distance = (c * x**2 - 2 * b * x * y + a * y**2) / size
            # Written so that what is not a number stays so.
            least = np.minimum(least, np.where((size <= 0) | (a <= 0), np.inf, distance))
        return fdtrc(2, self.fewest - 1, (self.fewest - 1) / (2 * self.fewest) * least)


def covariance(left: np.ndarray) -> np.ndarray:
    """Jackknife covariance of numbers with one unit left out, shape (units, ..., numbers)."""
    off = left - left.mean(axis=0)
    return (len(left) - 1) / len(left) * np.einsum("k...i,k...j->...ij", off, off)


def from_reading(it: Fit, losses: pd.DataFrame) -> np.ndarray:
    """Covariance of alpha and beta from errors of reading alone, to first order."""
    gain = np.linalg.pinv(it.problem.jacobian(it.point.theta))[[it.free.index(name) for name in EXPONENTS]]
    return (gain * errors(losses)) @ (gain * errors(losses)).T


def pair(it: Fit, losses: pd.DataFrame) -> Pair:
    """Both exponents, for models that share what is peculiar to their size or their amount of data.

    The covariances of leaving out whole sizes and whole amounts are added, that of single points, which
    both hold, is taken off once, and that of reading the picture is added.

    Raises
    ------
    FitError
        If the fit does not converge without some size, amount or point.

    Source: Cameron, Gelbach & Miller (2011), Journal of Business & Economic Statistics 29, 238, with
    jackknives in place of their sandwich.
    """
    spread = {}
    for way in (*WAYS, None):
        left = jackknife(it, way)
        if left.failed:
            raise FitError(f"no fit without {', '.join(map(str, left.failed))} of {way or 'the points'}")
        spread[way or "points"] = covariance(left.samples[EXPONENTS].to_numpy())
    fewest = min(losses[way].nunique() for way in WAYS) - 1
    return Pair(np.array([it[name] for name in EXPONENTS]), spread, from_reading(it, losses), fewest)


def both_ways(it: Fit, what: str, losses: pd.DataFrame, found: Pair | None = None) -> Estimate:
    """alpha, beta or their `"sum"` with the interval of `pair`, which is not made anew where it is given."""
    ends = (found or pair(it, losses)).ends(what)
    return Estimate(*ends, "jackknives over sizes and amounts, and reading", it)


def one_way(it: Fit, what: str, losses: pd.DataFrame, way: str | None = None) -> Estimate:
    """The same with sizes alone, amounts alone, or single points left out."""
    count = losses[way].nunique() if way else len(losses)
    along = dict(zip(EXPONENTS, ASKED[what], strict=True))

    def asked(params: dict[str, float]) -> float:
        return sum(share * params[name] for name, share in along.items())

    half = stdtrit(count - 1, 0.975) * jackknife(it, way).standard_error(asked)
    value = asked(it.params)
    return Estimate(value, value - half, value + half, f"jackknife over {way or 'points'}", it)


def off_the_others(losses: pd.DataFrame, way: str) -> pd.Series:
    """Log of observed over predicted, mean of each size or amount, where it is left out and the others are fitted.

    Parameters
    ----------
    losses
        The table.
    way
        `"n_params"` or `"cells"`: what is left out.
    """
    left = jackknife(fitted(losses), way).samples
    found = {}
    for k, value in enumerate(pd.unique(losses[way])):
        if k in left.index:
            part, law = losses[losses[way] == value], left.loc[k]
            expected = chinchilla(part.n_params, part.cells, E=0.0, **law[["A", "B", "alpha", "beta"]])
            found[value] = np.log(part.excess_loss / expected).mean()
    return pd.Series(found, name="off").rename_axis(way).sort_index()


def beyond(losses: pd.DataFrame, way: str) -> Estimate:
    """By how much the largest size, or amount, lies above what the law of the others says, in logarithms.

    The interval is what one of the others is off that is left out in turn, by a law that has not seen the
    largest either: Student's t with as many degrees of freedom as there are others, about zero, since the
    law should be right on average.
    """
    smaller = losses[losses[way] < losses[way].max()]
    last, others = off_the_others(losses, way).iloc[-1], off_the_others(smaller, way)
    half = stdtrit(len(others), 0.975) * np.sqrt(np.mean(others**2))
    return Estimate(last, last - half, last + half, "how far others are off when they are left out")


def worse(losses: pd.DataFrame, rival: str) -> tuple[Estimate, pd.DataFrame]:
    """By how much another law predicts sizes and amounts that are left out worse than the sum does.

    Returns
    -------
    tuple
        The mean difference of mean |log| errors over twelve sizes and amounts, with Student's interval, and
        the errors themselves, one row a size or an amount, a column a law.
    """
    fits = {name: fitted(losses, name) for name in ("sum", rival)}
    table = pd.DataFrame(
        {name: pd.concat([leave_groups_out(it, way) for way in WAYS], keys=WAYS) for name, it in fits.items()}
    )
    return of_mean(table[rival] - table["sum"], "Student's t over sizes and amounts left out"), table
