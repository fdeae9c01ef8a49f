"""Where the loss is least along a ladder of learning rates or batch sizes, and how curved it is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

#: What makes a cell: the learning rate alone varies within it.
CELL = ["model", "n_tokens", "batch_size"]


class Least(NamedTuple):
    """Place, value and curvature (second derivative) of a least point, and what is wrong with it.

    The fault is `"low end"` or `"high end"` where the lowest value stands at an end of the ladder, `"no bowl"`
    where the curve has no least point between the rungs that it goes through, and `""` otherwise. With a
    fault place and value are those of the lowest rung, and the curvature is nan.
    """

    place: float
    value: float
    curvature: float
    fault: str


#: From rungs in ascending order and what was measured there to the least point.
Smoother = Callable[[np.ndarray, np.ndarray], Least]


def at_end(x: np.ndarray, y: np.ndarray) -> Least | None:
    """The lowest rung with its fault, if it is an end of the ladder."""
    k = int(np.argmin(y))
    if 0 < k < len(x) - 1:
        return None
    return Least(float(x[k]), float(y[k]), np.nan, "high end" if k else "low end")


def parabola(x: np.ndarray, y: np.ndarray, reach: int = 2) -> Least:
    """Least point of the parabola through the lowest rung and its neighbours.

    Parameters
    ----------
    x, y
        Rungs in ascending order, and what was measured there.
    reach
        How many neighbours to either side are taken; fewer where the ladder ends.
    """
    if end := at_end(x, y):
        return end
    k = int(np.argmin(y))
    near = slice(max(0, k - reach), k + reach + 1)
    c, b, a = np.polyfit(x[near] - x[k], y[near], 2)
    place = -b / (2 * c) if c > 0 else np.inf
    if not x[near][0] <= x[k] + place <= x[near][-1]:
        return Least(float(x[k]), float(y[k]), np.nan, "no bowl")
    return Least(float(x[k] + place), float(a - b**2 / (4 * c)), float(2 * c), "")


def cubic(x: np.ndarray, y: np.ndarray, within: float = 0.02) -> Least:
    """Least point of the cubic through all rungs whose value is within a share of the lowest one."""
    if end := at_end(x, y):
        return end
    k = int(np.argmin(y))
    near = y <= y[k] * (1 + within)
    if near.sum() < 5:
        return parabola(x, y)
    curve = np.polynomial.Polynomial.fit(x[near], y[near], 3)
    turning = curve.deriv().roots()
    turning = turning[np.isreal(turning)].real
    low = [t for t in turning if curve.deriv(2)(t) > 0 and x[near][0] <= t <= x[near][-1]]
    if not low:
        return Least(float(x[k]), float(y[k]), np.nan, "no bowl")
    return Least(float(low[0]), float(curve(low[0])), float(curve.deriv(2)(low[0])), "")


def lowest(x: np.ndarray, y: np.ndarray) -> Least:
    """The lowest rung itself, with the curvature of the three around it."""
    if end := at_end(x, y):
        return end
    k = int(np.argmin(y))
    return parabola(x, y, 1)._replace(place=float(x[k]), value=float(y[k]))


def rung(learning_rate: pd.Series) -> pd.Series:
    """Number of a learning rate on the ladder whose rungs lie a factor of the square root of 2 apart."""
    return np.rint(2 * np.log2(learning_rate)).astype(int)


def best_rates(runs: pd.DataFrame, smoother: Smoother = parabola, fewest: int = 3) -> pd.DataFrame:
    """The optimal learning rate of each cell of model, budget and batch.

    Parameters
    ----------
    runs
        Columns `model`, `n_params`, `n_tokens`, `batch_size`, `learning_rate`, `n_steps` and `loss` [nats
        per token].
    smoother
        How a least point is found along the logarithm of the learning rate.
    fewest
        Cells with fewer learning rates are left out.

    Returns
    -------
    DataFrame
        A row a cell: its labels, `n_params`, `n_steps`, `log_rate`, `least` (the loss there), `curvature`
        [nats per token for a unit of the squared logarithm] and `fault`.
    """
    rows = []
    for labels, cell in runs.sort_values("learning_rate").groupby(CELL):
        if len(cell) >= fewest:
            found = smoother(np.log(cell.learning_rate.to_numpy()), cell.loss.to_numpy())
            rows.append((*labels, cell.n_params.iloc[0], cell.n_steps.iloc[0], *found))
    return pd.DataFrame(
        rows, columns=[*CELL, "n_params", "n_steps", "log_rate", "least", "curvature", "fault"]
    )


def faultless(cells: pd.DataFrame) -> pd.DataFrame:
    """The rows without a fault, and without the column that would name it."""
    return cells[cells.fault == ""].drop(columns="fault").reset_index(drop=True)


def best_batches(cells: pd.DataFrame, smoother: Smoother = parabola) -> pd.DataFrame:
    """The optimal batch of each pair of model and budget, each batch at its own optimal learning rate.

    Parameters
    ----------
    cells
        What `best_rates` gives, without faults.
    smoother
        How a least point is found along the logarithm of the batch.

    Returns
    -------
    DataFrame
        A row a pair without a fault: `model`, `n_tokens`, `log_batch` [log sequences] and `least` [nats per
        token].
    """
    rows = []
    for labels, pair in cells.sort_values("batch_size").groupby(CELL[:2]):
        found = smoother(np.log(pair.batch_size.to_numpy()), pair.least.to_numpy())
        if not found.fault:
            rows.append((*labels, found.place, found.value))
    return pd.DataFrame(rows, columns=[*CELL[:2], "log_batch", "least"])
