"""Gains from which the mean was taken, or in which one was planted, exactly and without chance."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd

from replications.molecular_pretraining import gains
from scalinglaws.uncertainty import Estimate


def moved(gain: pd.Series, to: float = 0.0) -> pd.Series:
    """A gain with the mean over endpoints that is wanted, a share of the error; its scatter is as it was."""
    return gain - gains.of_endpoints(gain).mean() - np.log1p(-to)


def level_each(gain: pd.Series) -> pd.Series:
    """A gain with no mean on any endpoint; folds scatter as they did."""
    endpoints = gain.index.get_level_values("dataset").map(gains.OF_DATASET)
    return gain - endpoints.map(gains.of_endpoints(gain)).to_numpy()


def falling(errors: pd.DataFrame, less: float) -> pd.DataFrame:
    """Pre-trained models with errors that fall along a line over the logarithm of the size, by a share from 30 to 100 %."""
    world = errors.copy()
    for objective in ("mlm", "mtr"):
        for size in (60, 100):
            world[f"{objective} {size}"] += np.log1p(-less) * np.log(size / 30) / np.log(100 / 30)
    return world


def falsely_seen(gain: pd.Series, units: pd.Index, measure: Callable[[pd.Series], Estimate]) -> float:
    """In what share of all choices of signs a gain without a mean is found to be above nothing.

    Where there is no gain, and its scatter has no side, each unit could as well have had the other sign.

    Parameters
    ----------
    gain
        Differences of logarithms whose mean was taken away, one a data set and fold.
    units
        Of each row, the endpoint or the fold that changes its sign as one; n kinds give 2^n worlds.
    measure
        Gives the mean with its interval.
    """
    kinds = units.unique()
    worlds = (dict(zip(kinds, it, strict=True)) for it in product((1, -1), repeat=len(kinds)))
    return float(np.mean([measure(gain * units.map(signs).to_numpy()).low > 0 for signs in worlds]))
