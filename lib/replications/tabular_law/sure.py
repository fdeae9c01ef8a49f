"""How sure an exponent or a prediction is: what varies are sizes and amounts of data, and the reading of a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from replications.tabular_law.laws import fitted
from scalinglaws.fitting import Fit, jackknife, leave_groups_out
from scalinglaws.uncertainty import Estimate, of_mean

#: Relative error of reading a disc, by whether it is seen whole: half a pixel, and two and a half.
READING = {"whole": 0.003, "hidden in part": 0.015}
WAYS = ("n_params", "cells")


def errors(losses: pd.DataFrame) -> np.ndarray:
    """Relative error of reading each point, one number a row."""
    return losses.disc.map(READING).to_numpy(float)


def from_reading(it: Fit, what: str, losses: pd.DataFrame) -> float:
    """Standard error of a parameter from errors of reading alone, to first order."""
    gain = np.linalg.pinv(it.problem.jacobian(it.point.theta))[it.free.index(what)]
    return float(np.sqrt(((gain * errors(losses)) ** 2).sum()))


def both_ways(it: Fit, what: str, losses: pd.DataFrame) -> Estimate:
    """A parameter with an interval for models that share what is peculiar to their size or their amount of data.

    The variances of leaving out whole sizes and whole amounts are added, that of single points, which both
    hold, is taken off once, and that of reading the picture is added. Student's t has one degree of freedom
    less than there are amounts, the fewer of the two.

    Source: Cameron, Gelbach & Miller (2011), Journal of Business & Economic Statistics 29, 238, with
    jackknives in place of their sandwich.
    """
    by = [jackknife(it, way).standard_error(what) ** 2 for way in WAYS]
    # A variance cannot be less than what either way has alone.
    error = np.sqrt(
        max(sum(by) - jackknife(it).standard_error(what) ** 2, *by) + from_reading(it, what, losses) ** 2
    )
    freedom = min(losses[way].nunique() for way in WAYS) - 1
    half = stdtrit(freedom, 0.975) * error
    return Estimate(
        it[what], it[what] - half, it[what] + half, "jackknives over sizes and amounts, and reading", it
    )


def one_way(it: Fit, what: str, losses: pd.DataFrame, way: str | None = None) -> Estimate:
    """The same with sizes alone, amounts alone, or single points left out."""
    count = losses[way].nunique() if way else len(losses)
    half = stdtrit(count - 1, 0.975) * jackknife(it, way).standard_error(what)
    return Estimate(it[what], it[what] - half, it[what] + half, f"jackknife over {way or 'points'}", it)


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
            expected = law.A * part.n_params**-law.alpha + law.B * part.cells**-law.beta
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
