"""What a batch that is kept costs, and the exponents of Step Law by the recipe of its authors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from replications.time_transfer.drift import SIZE_AND_BUDGET


def cost_of_old_batch(halves: Sequence[pd.DataFrame], fewest: int = 5) -> pd.Series:
    """What the batch that was best at the least budget costs at the largest, for each model.

    Batches are chosen on one half of the ladder of learning rates and compared on the other, both ways.

    Parameters
    ----------
    halves
        Two tables of `best_rates`, without faults, from learning rates that they do not share.
    fewest
        Budgets with fewer batches in common to both halves are left out, and models with a single budget.

    Returns
    -------
    Series
        Loss with the old batch less loss with the best one [nats per token], by model.
    """
    both = halves[0].merge(halves[1], on=[*SIZE_AND_BUDGET, "batch_size"])
    costs = {}
    for model, runs in both.groupby("model"):
        budgets = runs.groupby("n_tokens").size().loc[lambda n: n >= fewest].index
        if len(budgets) < 2:
            continue
        table = runs.pivot_table(index="batch_size", columns="n_tokens", values=["least_x", "least_y"])
        table = table.loc[:, (slice(None), budgets[[0, -1]])].dropna()
        cost = []
        for chosen, compared in (("least_x", "least_y"), ("least_y", "least_x")):
            old, new = table[chosen].idxmin()
            last = table[compared, budgets[-1]]
            cost.append(last[old] - last[new])
        costs[model] = np.mean(cost)
    return pd.Series(costs, dtype=float).rename_axis("model")


def near_best(runs: pd.DataFrame, within: float = 0.0025) -> pd.DataFrame:
    """Runs whose loss is less than a share above the least of their size and budget."""
    least = runs.groupby(SIZE_AND_BUDGET).loss.transform("min")
    return runs[runs.loss / least - 1 < within]


def step_law(near: pd.DataFrame) -> tuple[float, float, float]:
    """Exponents of Step Law from the runs that are near the best.

    Returns
    -------
    tuple of float
        Exponents of the parameters and of the tokens in the learning rate, and of the tokens in the batch.

    Source: code/fit_tool.py of the repository step-law/steplaw, without its resampling of runs.
    """
    size, tokens, rate, batch = np.log(
        near[["n_params", "n_tokens", "learning_rate", "batch_size"]].to_numpy(float)
    ).T
    one = np.ones(len(near))
    (_, of_size, of_tokens), *_ = np.linalg.lstsq(np.column_stack([one, size, tokens]), rate)
    (_, in_batch), *_ = np.linalg.lstsq(np.column_stack([one, tokens]), batch)
    return float(of_size), float(of_tokens), float(in_batch)
