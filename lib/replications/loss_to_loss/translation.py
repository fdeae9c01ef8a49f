"""A law of size and data carried from one data set to another by a few pairs, and laws of a few runs alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from replications.loss_to_loss.curves import explained, paired
from scalinglaws import Fit, bootstrap, fit, huber
from scalinglaws.laws import kaplan_with_floor, shifted_power_law


def some_eight(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs that the paper translates by: 16 to 23 tokens a parameter, and not the models of 20 layers."""
    ratio = runs.n_tokens / runs.n_params
    return runs[(ratio > 16) & (ratio < 23) & (runs.n_layers != 20)]


def law_of(runs: pd.DataFrame) -> Fit:
    """Kaplan's form above a floor, the least sum of Huber losses of log residuals, threshold 0.001; proved.

    Raises
    ------
    FitError
        If the optimum is not proved.
    """
    return fit(kaplan_with_floor, runs, loss=huber(1e-3))


def carried(few: pd.DataFrame, zero: str, one: str, floor: float) -> Fit:
    """The curve through the pairs of a few runs, its second floor fitted: least squares of losses, proved.

    Parameters
    ----------
    few
        Runs of both data sets: train_set, n_params, n_tokens, loss.
    zero, one
        The data set whose law is known, and the other.
    floor
        Irreducible loss on data set 0, nats per token.

    Raises
    ------
    FitError
        If the optimum is not proved.
    """
    both = paired(few, zero, one)
    data = {"loss_here": both.loss.to_numpy(), "loss": both.loss_1.to_numpy()}
    return fit(shifted_power_law, data, residual="raw", fixed={"E_here": floor})


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
        One row a pair: zero, one, n (pairs that carried it), kappa, E (the floor), explained.
    """
    few, rows = some_eight(runs), []
    for zero, law in laws.items():
        for one in laws:
            if one == zero:
                continue
            there = runs[runs.train_set == one]
            curve = carried(few, zero, one, law["E"])
            predicted = curve.predict({"loss_here": law.predict(there)})
            rows.append((zero, one, curve.n, curve["kappa"], curve["E"], explained(predicted, there.loss)))
    return pd.DataFrame(rows, columns=["zero", "one", "n", "kappa", "E", "explained"])


def one_a_budget(runs: pd.DataFrame, count: int, seed: int) -> list[np.ndarray]:
    """Draws of one run from each budget: numbers of rows, `count` arrays of shape (budgets,)."""
    rng = np.random.default_rng(seed)
    budgets = [np.flatnonzero(runs.flops == budget) for budget in np.unique(runs.flops)]
    return [np.array([rng.choice(rows) for rows in budgets]) for _ in range(count)]


def spread_out(law: Fit, runs: pd.DataFrame, count: int, seed: int) -> np.ndarray:
    """What laws fitted to one run a budget, whatever its size, explain of all losses on a data set.

    Each search begins at the law of all runs; a draw whose search ends at no optimum is left out.

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
    size, data = runs.n_params.to_numpy(), runs.n_tokens.to_numpy()
    return np.array(
        [
            explained(kaplan_with_floor(size, data, **row), runs.loss)
            for row in again[[*kaplan_with_floor.parameters]].to_dict("records")
        ]
    )
