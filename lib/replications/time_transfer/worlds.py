"""Worlds in which the answer is known: measured curves of the loss, moved along the ladder."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.interpolate import PchipInterpolator

from replications.time_transfer.optima import CELL, best_rates, faultless, rung

SIZE_AND_BATCH = ["model", "batch_size"]


def without_budget(cells: pd.DataFrame, exponent: float = 0.0) -> pd.Series:
    """Optimal log learning rates that drift with one exponent of the tokens at every batch.

    Parameters
    ----------
    cells
        As `best_rates` gives them, without faults.
    exponent
        Of the tokens; each size and batch keeps its mean over the budgets.
    """
    tokens = np.log(cells.n_tokens)
    own = cells.assign(tokens=tokens).groupby(SIZE_AND_BATCH)
    return own.log_rate.transform("mean") + exponent * (tokens - own.tokens.transform("mean"))


def on_surge(cells: pd.DataFrame, critical: float, power: float = 1.0) -> pd.Series:
    """Optimal log learning rates on the law of the surge, each size with the mean that it has.

    Parameters
    ----------
    cells
        As `best_rates` gives them, without faults.
    critical
        Critical batch at the middle of the budgets, in sequences.
    power
        Exponent of the tokens in the critical batch.
    """
    tokens = np.log(cells.n_tokens)
    ahead = np.log(cells.batch_size / critical) - power * (tokens - tokens.mean())
    shape = -np.log(np.cosh(ahead / 2))
    off = (cells.log_rate - shape).groupby(cells.model).transform("mean")
    return off + shape


def moved(runs: pd.DataFrame, cells: pd.DataFrame, target: pd.Series) -> pd.DataFrame:
    """The same runs with each cell's curve of the loss moved to another optimal learning rate.

    The ladder of learning rates stays where it is: the loss at a rung is read off the measured curve, joined
    by monotone cubics, at the distance from its optimum that the rung now has. Rungs that the moved curve
    does not reach are left out, and cells of which nothing is left.

    Parameters
    ----------
    runs
        Columns as `best_rates` takes them.
    cells
        Cells to move, as `best_rates` gives them, without faults; other cells are left out.
    target
        The new optimal log learning rate of each, in the same order.
    """
    shift = {tuple(row): by for row, by in zip(cells[CELL].to_numpy(), target - cells.log_rate, strict=True)}
    runs = runs.sort_values("learning_rate")
    rates, losses = np.log(runs.learning_rate.to_numpy()), runs.loss.to_numpy()
    there = np.full(len(runs), np.nan)
    for labels, rows in runs.groupby(CELL).indices.items():
        if labels in shift:
            curve = PchipInterpolator(rates[rows], losses[rows], extrapolate=False)
            there[rows] = curve(rates[rows] - shift[labels])
    return runs.assign(loss=there).dropna(subset="loss").reset_index(drop=True)


def planted(runs: pd.DataFrame, law, **choices: float) -> pd.DataFrame:
    """Runs whose optima are moved to where a law puts them: `without_budget` or `on_surge`."""
    cells = faultless(best_rates(runs))
    return moved(runs, cells, law(cells, **choices))


def same_budget(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs that all have the loss of the least budget of their size, at the same batch and learning rate."""
    first = runs[runs.n_tokens == runs.groupby("model").n_tokens.transform("min")]
    keys = ["model", "batch_size", "rung"]
    known = first.assign(rung=rung(first.learning_rate))[[*keys, "loss"]]
    same = runs.drop(columns="loss").assign(rung=rung(runs.learning_rate))
    return same.merge(known, on=keys).drop(columns="rung")


def reversed_budgets(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs whose budgets are exchanged within each size, the least for the largest."""
    order = runs.groupby("model").n_tokens.unique().map(np.sort)
    backwards = {(m, d): b for m, all_ in order.items() for d, b in zip(all_, all_[::-1], strict=True)}
    return runs.assign(n_tokens=[backwards[key] for key in zip(runs.model, runs.n_tokens, strict=True)])
