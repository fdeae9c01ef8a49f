"""What a batch that is kept costs, and the exponents of Step Law by the recipe of its authors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from replications.time_transfer.drift import SIZE_AND_BUDGET, log_of


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
        first, last = (runs[runs.n_tokens == d].set_index("batch_size") for d in budgets[[0, -1]])
        shared = first.index.intersection(last.index)
        cost = []
        for chosen, compared in (("least_x", "least_y"), ("least_y", "least_x")):
            old, new = first.loc[shared, chosen].idxmin(), last.loc[shared, chosen].idxmin()
            cost.append(last[compared][old] - last[compared][new])
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
    names = ("n_params", "n_tokens", "learning_rate", "batch_size")
    size, tokens, rate, batch = (log_of(near, name) for name in names)
    one = np.ones(len(near))
    (_, of_size, of_tokens), *_ = np.linalg.lstsq(np.column_stack([one, size, tokens]), rate)
    (_, in_batch), *_ = np.linalg.lstsq(np.column_stack([one, tokens]), batch)
    return float(of_size), float(of_tokens), float(in_batch)


def by_threshold(runs: pd.DataFrame, shares: Sequence[float]) -> pd.DataFrame:
    """Exponents of Step Law, geometric mean of the tokens [billions] and number of the runs near the best."""
    rows = {}
    for share in shares:
        near = near_best(runs, share)
        mean = np.exp(np.log(near.n_tokens).mean()) / 1e9
        rows[f"within {100 * share:g} %"] = [*step_law(near), mean, len(near)]
    names = ["rate, size", "rate, tokens", "batch, tokens", "mean tokens", "runs"]
    return pd.DataFrame(rows, index=names).T


def batch_lines(near: pd.DataFrame, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Lines of the log batch over the log tokens through runs drawn with replacement.

    Returns
    -------
    tuple of ndarray
        Constant and slope of each line, shapes (draws,), the batch in sequences.
    """
    weights = rng.multinomial(len(near), np.full(len(near), 1 / len(near)), size=draws) / len(near)
    tokens, batch = np.log(near[["n_tokens", "batch_size"]].to_numpy(float)).T
    x, y = weights @ tokens, weights @ batch
    slope = (weights @ (tokens * batch) - x * y) / (weights @ tokens**2 - x**2)
    return y - slope * x, slope


def middle_of_lines(constants: np.ndarray, slopes: np.ndarray) -> float:
    """Where the lines of a bootstrap cross: about the mean of the x that were resampled.

    A least-squares line goes through the means of its points, and the mean of y hardly varies with the slope.
    So the constant is that mean less the slope times the mean of x, and the covariance of the two is the
    mean of x times the variance of the slope, with its sign turned.
    """
    return float(-np.cov(constants, slopes)[0, 1] / np.var(slopes, ddof=1))
