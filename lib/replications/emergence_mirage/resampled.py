"""Intervals of what varies here: families of models, and tasks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from replications.emergence_mirage.guessing import Guessing
from replications.emergence_mirage.sharpness import bend, last_step
from scalinglaws.uncertainty import Estimate, cluster_resamples, from_draws

TASKS = "tasks drawn again"


def of_families(
    statistic: Callable[[np.recarray], float], rows: pd.DataFrame, draws: int, seed: int
) -> Estimate:
    """A statistic of models, with the interval of whole families of models drawn again.

    Parameters
    ----------
    statistic
        From rows, whose columns are arrays, to a number.
    rows
        One row a model; `family` is what is drawn.
    draws, seed
        How many draws, and their seed.
    """
    # Arrays: picking rows of a data frame thousands of times costs more than all the rest.
    values = rows.select_dtypes("number").to_records(index=False)
    drawn = cluster_resamples(rows.family.to_numpy(), draws, np.random.default_rng([seed, 1]))
    found = [statistic(values[k]) for k in drawn]
    return from_draws(statistic(values), found, "families of models drawn again")


def share_of(flags: ArrayLike, draws: int, seed: int) -> Estimate:
    """The mean over tasks of shares, of flags or of differences of flags, shape (tasks,)."""
    flags = np.asarray(flags, float)
    chosen = np.random.default_rng([seed, 4]).integers(len(flags), size=(draws, len(flags)))
    return from_draws(flags.mean(), flags[chosen].mean(1), TASKS)


def flat_before(guesses: Guessing, draws: int, seed: int) -> Estimate:
    """Of the tasks that the largest model does better than chance, the share where no smaller one does."""
    return share_of(guesses.small[guesses.large], draws, seed)


def beyond(guesses: Guessing, drawn: np.ndarray) -> Estimate:
    """Tasks that emerge, less the mean of those in rounds of drawn sets, shape (rounds,)."""
    count = guesses.emerges.sum()
    return from_draws(count - drawn.mean(), count - drawn, "test sets drawn from smooth curves")


def sharper(rows: pd.DataFrame, other: str, per: str = "rise") -> Estimate:
    """Share of tasks on which exact match bends more than another measure of the same outputs.

    Parameters
    ----------
    rows
        Columns task, model, n_params, exact_match and the other measure, which must be larger
        for better outputs. Tasks with fewer than four sizes or without a match are left out.
    other
        Column of the other measure.
    per
        As for `sharpness.bend`.

    Returns
    -------
    Estimate
        With the exact binomial interval (Clopper and Pearson), tasks taken as independent.
    """
    mean = rows.groupby(["task", "model"])[["n_params", "exact_match", other]].mean().dropna()
    found = []
    for _, each in mean.groupby("task"):
        if each.n_params.nunique() > 3 and each.exact_match.any():
            ours, theirs = bend(np.log(each.n_params), each[["exact_match", other]].to_numpy().T, per)
            found.append(ours > theirs)
    low, high = binomtest(sum(found), len(found)).proportion_ci()
    return Estimate(np.mean(found), low, high, "tasks taken as independent")


def quickening(
    x: np.ndarray, first: pd.DataFrame, second: pd.DataFrame, draws: int, seed: int
) -> tuple[Estimate, Estimate, Estimate]:
    """How much the last step exceeds its share, in the mean over tasks of two measures, and the ratio.

    Parameters
    ----------
    x
        Logarithms of the sizes, shape (sizes,).
    first, second
        One row a task, one column a size; the same tasks in both.
    draws, seed
        How many draws of tasks, and their seed.

    Returns
    -------
    (Estimate, Estimate, Estimate)
        Of the first, of the second, and second over first.
    """
    a, b = first.to_numpy(), second.to_numpy()
    chosen = np.random.default_rng([seed, 5]).integers(len(a), size=(draws, len(a)))
    ours = [last_step(x, each.mean(0)) for each in (a, b)]
    drawn = [last_step(x, each[chosen].mean(1)) for each in (a, b)]
    both = zip([*ours, ours[1] / ours[0]], [*drawn, drawn[1] / drawn[0]], strict=True)
    return tuple(from_draws(value, each, TASKS) for value, each in both)
