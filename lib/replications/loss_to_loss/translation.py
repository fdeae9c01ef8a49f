"""A law of size and data carried from one data set to another by a few pairs, and laws of a few runs alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from replications.loss_to_loss.curves import explained, paired, with_floor_fitted
from scalinglaws import Fit, bootstrap, fit, huber
from scalinglaws.laws import kaplan_with_floor


def some_eight(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs that the paper translates by: 16 to 23 tokens a parameter, and not the models of 20 layers."""
    ratio = runs.n_tokens / runs.n_params
    return runs[(ratio > 16) & (ratio < 23) & (runs.n_layers != 20)]


def law_of(runs: pd.DataFrame, starts: int | Sequence[Mapping[str, float]] = 2) -> Fit:
    """Kaplan's form above a floor, the least sum of Huber losses of log residuals, threshold 0.001; proved.

    Parameters
    ----------
    runs
        One row a run: n_params, n_tokens, loss.
    starts
        Where the search begins, as for `scalinglaws.fit`, which proves what it finds whatever they are.

    Raises
    ------
    FitError
        If the optimum is not proved.
    """
    return fit(kaplan_with_floor, runs, loss=huber(1e-3), starts=starts)


def translated(runs: pd.DataFrame, laws: Mapping[str, Fit]) -> pd.DataFrame:
    """What laws explain of all losses on each data set, carried over from each other data set.

    The law of data set 0 predicts loss 0 for all sizes and tokens, and the curve takes it to loss 1.

    Parameters
    ----------
    runs
        All small runs: train_set, n_layers, n_params, n_tokens, loss.
    laws
        Data set -> its law, fitted to all its runs.

    Returns
    -------
    DataFrame
        One row a pair: zero, one, n (pairs that carried it), explained.
    """
    few, rows = some_eight(runs), []
    for zero, law in laws.items():
        for one in laws:
            if one == zero:
                continue
            there = runs[runs.train_set == one]
            both = paired(few, zero, one)
            curve = with_floor_fitted(both.loss, both.loss_1, law["E"])
            rows.append((zero, one, len(both), explained(curve(law.predict(there)), there.loss)))
    return pd.DataFrame(rows, columns=["zero", "one", "n", "explained"])


def one_a_budget(runs: pd.DataFrame, count: int, seed: int) -> list[np.ndarray]:
    """Draws of one run from each budget: numbers of rows, `count` arrays of shape (budgets,)."""
    rng = np.random.default_rng(seed)
    budgets = [np.flatnonzero(runs.flops == budget) for budget in np.unique(runs.flops)]
    return [np.array([rng.choice(rows) for rows in budgets]) for _ in range(count)]


def spread_out(law: Fit, runs: pd.DataFrame, count: int, seed: int) -> np.ndarray:
    """What laws fitted to one run a budget, whatever its size, explain of all losses on a data set.

    Each search begins at the law of all runs; a draw whose search ends at no optimum is left out.
    Equal seeds draw nearly equal sizes on all data sets, as one who plans such runs would.

    Parameters
    ----------
    law
        The law of all runs.
    runs
        These runs, in the order in which they were fitted.
    count, seed
        How many draws, and of what seed.

    Returns
    -------
    ndarray
        Shares of variance, shape (converged draws,).
    """
    again = bootstrap(law, count, rows=one_a_budget(runs, count, seed)).samples
    return np.array([explained(losses, runs.loss) for losses in at(law, again, runs)])


def at(fit: Fit, again: pd.DataFrame, runs: pd.DataFrame) -> np.ndarray:
    """Losses at some runs by a law with other parameters, a row a set, nats per token, shape (sets, runs)."""
    given = {name: again[name].to_numpy()[:, None] for name in fit.law.parameters}
    return fit.law(*(runs[name].to_numpy() for name in fit.law.columns), **given)
