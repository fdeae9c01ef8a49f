"""What is compared: scatter about curves and laws, and errors at the large models, with intervals over data sets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from replications.loss_to_loss.curves import all_pairs, over_data_sets
from scalinglaws import Fit
from scalinglaws.uncertainty import Estimate, of_mean


def scatter(laws: Mapping[str, Fit]) -> pd.Series:
    """Root mean square of the log residuals of the law of each data set, in %."""
    return pd.Series({name: 100 * np.sqrt((fit.residuals**2).mean()) for name, fit in laws.items()})


def tighter(pairs: pd.DataFrame, about: pd.Series, middle: str = "mean") -> Estimate:
    """Middle logarithm of the scatter about a pair's curve over that about the law of its data set 1.

    Parameters
    ----------
    pairs
        As `all_pairs` has them: zero, one, scatter in %.
    about
        Data set -> scatter about its law, in %.
    middle
        "mean", or "median", for which the jackknife is no interval.
    """
    return over_data_sets(pairs, lambda t: np.log(t.scatter / t.one.map(about)).agg(middle))


def misses(pairs: pd.DataFrame, column: str = "error") -> Estimate:
    """Mean absolute error over the pairs, in percentage points."""
    return over_data_sets(pairs, lambda t: abs(t[column]).mean())


def less_than_kept(pairs: pd.DataFrame) -> Estimate:
    """Mean absolute error of the curves less that of the kept ratio, in percentage points."""
    return over_data_sets(pairs, lambda t: (abs(t.error) - abs(t.kept)).mean())


def gains(pairs: pd.DataFrame, single: pd.Series) -> pd.DataFrame:
    """The pairs with `gain`: absolute error of the curve less that of the law of data set 1, in percentage points."""
    return pairs.assign(gain=abs(pairs.error) - pairs.one.map(abs(single)))


def advantage(pairs: pd.DataFrame, single: pd.Series) -> Estimate:
    """Mean absolute error of the curves less that of the laws of one data set, in percentage points.

    Parameters
    ----------
    pairs
        As `all_pairs` has them: zero, one, error in %.
    single
        Data set -> error of its law at the large model, in %.
    """
    return over_data_sets(gains(pairs, single), lambda t: t.gain.mean())


def compared(
    pairing: Mapping[tuple[str, str], pd.DataFrame],
    large: Mapping[str, float],
    floors: Mapping[str, float],
    predicted: pd.Series,
) -> tuple[dict[str, Estimate], dict[str, float]]:
    """What claims at the large models measure, by floors for the curves and predictions of other laws.

    Parameters
    ----------
    pairing, large, floors
        As for `all_pairs`.
    predicted
        Data set -> loss of its large model by a law of one data set, nats per token.

    Returns
    -------
    tuple
        Identity of the claim -> its measure; and, in %, the mean absolute error of the curves
        (`curves`), and the mean and the mean absolute error of the laws (`laws` and `laws, size`).
    """
    error = 100 * (predicted / large - 1)
    pairs = all_pairs(pairing, large, floors)
    measured = {
        "extrapolates": less_than_kept(pairs),
        "beats": advantage(pairs, error),
        "fair": advantage(all_pairs(pairing, large, floors, predicted), error),
        "over-large": of_mean(error, f"Student's over {len(error)} data sets"),
    }
    return measured, {
        "curves": misses(pairs).value,
        "laws": error.mean(),
        "laws, size": abs(error).mean(),
    }
