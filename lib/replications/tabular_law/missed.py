"""What a sum of two power laws may leave out: steps that bring nothing, and levels and curves of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import fdtrc, stdtrit

from scalinglaws.fitting import Fit
from scalinglaws.uncertainty import Estimate

#: Points by the name of their columns: a table, or arrays.
Table = pd.DataFrame | Mapping[str, np.ndarray]


class Extra(NamedTuple):
    """A test of what a law leaves out: F, its degrees of freedom, p, and the scatter that is left."""

    statistic: float
    df: tuple[int, int]
    p: float
    scatter: float


def terms(losses: Table, params: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """The power of size and the power of data in a sum with these parameters, one number a point each."""
    sizes, cells = (np.asarray(losses[way], float) for way in ("n_params", "cells"))
    return params["A"] * sizes ** -params["alpha"], params["B"] * cells ** -params["beta"]


def only_in(labels: Any, *columns: np.ndarray) -> np.ndarray:
    """Each column once a label, and zero elsewhere."""
    here = (np.asarray(labels)[:, None] == np.unique(labels)).astype(float)
    return np.hstack([here * column[:, None] for column in columns])


def effects(losses: Table, params: Mapping[str, float]) -> dict[str, np.ndarray]:
    """First-order effects on the log of the excess loss: of the sum's own parameters, and of what it may leave out.

    Returns
    -------
    dict of numpy.ndarray
        Name -> shape (points, effects). `"sizes"` frees the level of each size, `"amounts"` that of each amount
        of data, `"curves"` gives each amount a scale, an exponent and a level of its own.
    """
    size, data = terms(losses, params)
    of_size, of_data = size / (size + data), data / (size + data)
    by_size, by_data = of_size * np.log(losses["n_params"]), of_data * np.log(losses["cells"])
    return {
        "own": np.column_stack([of_size, by_size, of_data, by_data]),
        "sizes": only_in(losses["n_params"], of_size),
        "amounts": only_in(losses["cells"], of_data),
        "curves": only_in(losses["cells"], of_size, np.asarray(by_size), of_data),
    }


def rest(design: np.ndarray, y: np.ndarray) -> tuple[float, int]:
    """Sum of squares that a design leaves, and its rank; columns of like length, so that units do not matter."""
    scaled = design / np.linalg.norm(design, axis=0)
    found, _, rank, _ = np.linalg.lstsq(scaled, y, rcond=1e-9)
    return float(((y - scaled @ found) ** 2).sum()), int(rank)


def extra(losses: Table, params: Mapping[str, float], what: str) -> Extra:
    """F test of what a larger law explains of the residuals, beyond the sum's own parameters.

    Parameters
    ----------
    losses
        `n_params`, `cells` and `excess_loss`: a table, or an array by name.
    params
        `A`, `alpha`, `B` and `beta` at the optimum of least squares of logarithms.
    what
        One of the names of `effects`.

    Source: Bates & Watts (1988), Nonlinear Regression Analysis, sections 1.3 and 3.10; linear at the optimum.
    """
    left = np.asarray(np.log(losses["excess_loss"]) - np.log(np.add(*terms(losses, params))))
    found = effects(losses, params)
    (before, few), (after, many) = (
        rest(found["own"], left),
        rest(np.hstack([found["own"], found[what]]), left),
    )
    df = many - few, len(left) - many
    statistic = (before - after) / df[0] / (after / df[1])
    return Extra(statistic, df, float(fdtrc(*df, statistic)), float(np.sqrt(after / df[1])))


def against(it: Fit, predicted: np.ndarray) -> float:
    """F statistic of a law given beforehand against the fitted one, over all the parameters of the fit."""
    given = np.log(np.asarray(it.data["excess_loss"], float)) - np.log(predicted)
    least = (it.residuals**2).sum()
    return float(((given**2).sum() - least) / len(it.free) / (least / it.degrees_of_freedom))


def steps(losses: pd.DataFrame, way: str) -> pd.DataFrame:
    """Mean change of log excess loss from each size (or amount) to the next, over all amounts (or sizes) with both.

    Returns
    -------
    DataFrame
        One row a step, indexed by where it starts: `to`, `change`, and over how many pairs.
    """
    other = {"n_params": "cells", "cells": "n_params"}[way]
    wide = np.log(losses.pivot_table("excess_loss", other, way))
    change = wide.diff(axis=1).iloc[:, 1:]
    return pd.DataFrame(
        {"to": change.columns, "change": change.mean().to_numpy(), "pairs": change.notna().sum().to_numpy()},
        index=pd.Index(wide.columns[:-1], name="from"),
    )


def worst_step(losses: pd.DataFrame, way: str, scatter: float, freedom: int) -> Estimate:
    """The largest mean change of log excess loss over all steps, with an interval for having looked at all.

    Parameters
    ----------
    losses, way
        As for `steps`.
    scatter, freedom
        Standard deviation of a model about the law, of the logarithm, and degrees of freedom of it.

    Returns
    -------
    Estimate
        Each step gets Bonferroni's share of 5 %; the largest of the true changes lies between the largest
        lower and the largest upper end.
    """
    table = steps(losses, way)
    half = stdtrit(freedom, 1 - 0.025 / len(table)) * scatter * np.sqrt(2 / table.pairs)
    change = table.change
    how = "Bonferroni over all steps, with the scatter of models about the law"
    return Estimate(change.max(), (change - half).max(), (change + half).max(), how)
