"""Budgets that several sizes were trained with, found in a table of runs; the best size at each."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalinglaws.frontier import Exponent, Optimum, exponent, isoflop_optimum

#: Runs belong to one budget if the next larger compute is less than this factor away, all within the other.
NEXT, WITHIN = 1.08, 1.25
#: A curve has a lowest point only between sizes.
FEWEST_SIZES = 4
#: A line through fewer optima has no error that means anything.
FEWEST_BUDGETS = 3


@dataclass(frozen=True)
class Isoflops:
    """IsoFLOP curves of a table.

    Attributes
    ----------
    curves
        Budget (geometric mean, FLOP), sizes and losses, in ascending order of the budgets; of runs of one size at
        one budget the lowest loss.
    optima
        The vertex of a parabola for each; NaN where it lies at an edge of the sizes.
    exponent
        Of the best size with compute; None with fewer than three optima.
    two_valleys
        How many curves have two: a second minimum behind a clear rise.
    """

    curves: list[tuple[float, np.ndarray, np.ndarray]]
    optima: list[Optimum]
    exponent: Exponent | None
    two_valleys: int


def isoflops(runs: pd.DataFrame, y: str) -> Isoflops | None:
    """The IsoFLOP curves of a table of runs; None where the design has none.

    Parameters
    ----------
    runs
        With `n_params` and `flops`.
    y
        The loss.
    """
    if not {"n_params", "flops"} <= {*runs} or (runs[[y]] <= 0).any(axis=None):
        return None
    curves = [curve for budget in budgets(runs) if (curve := curve_of(budget, y)) is not None]
    if not curves:
        return None
    with warnings.catch_warnings(record=True) as odd:
        warnings.simplefilter("always")
        optima = [isoflop_optimum(sizes, loss, "parabola") for _, sizes, loss in curves]
    inside = [
        (flops, best.n_params) for (flops, *_), best in zip(curves, optima, strict=True) if not best.at_edge
    ]
    grown = exponent(*zip(*inside, strict=True)) if len(inside) >= FEWEST_BUDGETS else None
    return Isoflops(curves, optima, grown, len(odd))


def budgets(runs: pd.DataFrame) -> list[pd.DataFrame]:
    """The runs, parted where compute jumps; parts that are no single budget are left out."""
    ordered = runs.sort_values("flops", kind="stable")
    steps = np.diff(np.log(ordered["flops"].to_numpy()))
    parts = np.split(np.arange(len(ordered)), np.flatnonzero(steps > np.log(NEXT)) + 1)
    whole = [ordered.iloc[part] for part in parts]
    return [part for part in whole if part["flops"].max() < WITHIN * part["flops"].min()]


def curve_of(budget: pd.DataFrame, y: str) -> tuple[float, np.ndarray, np.ndarray] | None:
    """The sizes of one budget and the lowest loss of each; None if they are too few for a curve."""
    lowest = budget.groupby("n_params")[y].min()
    if len(lowest) < FEWEST_SIZES:
        return None
    return float(np.exp(np.log(budget["flops"]).mean())), lowest.index.to_numpy(float), lowest.to_numpy()
