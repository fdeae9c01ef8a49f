"""Planted worlds: learning curves of a known shape, with the sizes and families of a table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

#: Standard deviation of log y from one subset to the next.
NOISE = 0.03


def at_end(curves: pd.DataFrame, column: str, end: str) -> pd.Series:
    """Of each row's curve the mean of a column at its smallest ("min") or largest ("max") n."""
    curve = [curves["data"], curves["family"]]
    there = curves["n"] == curves["n"].groupby(curve).transform(end)
    return curves[column].where(there).groupby(curve).transform("mean")


def planted(
    curves: pd.DataFrame, fall: Callable[[pd.Series], pd.Series | float], draw: int = 1
) -> pd.DataFrame:
    """The same table with curves that begin at each family's own first error and fall as told, with noise.

    Parameters
    ----------
    curves
        What `curves.retuned` gives.
    fall
        From n over the first n to y over the first y.
    draw
        Seed of the noise.
    """
    fallen = at_end(curves, "y", "min") * fall(curves["n"] / at_end(curves, "n", "min"))
    logy = np.log(fallen) + np.random.default_rng(draw).normal(0, NOISE, len(curves))
    return curves.assign(y=np.exp(logy), logy=logy)


def straight_in_log(curves: pd.DataFrame) -> pd.DataFrame:
    """The same table with curves that are straight against log n, each between its own first and last error."""
    most, left = (at_end(curves, column, "max") / at_end(curves, column, "min") for column in ("n", "y"))
    return planted(curves, lambda x: 1 - (1 - left) * np.log(x) / np.log(most))
