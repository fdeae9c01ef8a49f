"""Intervals of what varies here: models, their families, and tasks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from replications.emergence_mirage.sharpness import last_step, redrawn_bends
from scalinglaws.uncertainty import Estimate, cluster_resamples, from_draws


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


def sharper(rows: pd.DataFrame, other: str, draws: int, seed: int, per: str = "rise") -> Estimate:
    """Share of tasks on which exact match bends more than another measure of the same outputs.

    Parameters
    ----------
    rows
        Columns task, model, n_params, exact_match and the other measure, which must be larger
        for better outputs. Tasks with fewer than four sizes or without a match are left out.
    other
        Column of the other measure.
    draws, seed
        How many draws, and their seed.
    per
        As for `sharpness.bend`.

    Returns
    -------
    Estimate
        Models and tasks are both drawn again, since all tasks share the models.
    """
    mean = rows.groupby(["task", "model"])[["n_params", "exact_match", other]].mean().dropna()
    each = [task.droplevel("task") for _, task in mean.groupby("task")]
    models, rng = mean.index.unique("model"), np.random.default_rng([seed, 4])
    times = pd.DataFrame(
        rng.multinomial(len(models), np.full(len(models), 1 / len(models)), draws), columns=models
    )
    times.loc[-1] = 1  # the models as they are
    won = []
    for task in each:
        drawn, x = times[task.index].to_numpy(float), np.log(task.n_params.to_numpy())
        ours, theirs = (
            redrawn_bends(x, task[name].to_numpy(), drawn, per) for name in ("exact_match", other)
        )
        some = drawn @ task.exact_match.to_numpy() > 0
        won.append(np.where(some & np.isfinite(ours + theirs), ours > theirs, np.nan))
    won = np.array(won)
    won = won[np.isfinite(won[:, -1])]
    weights = rng.multinomial(len(won), np.full(len(won), 1 / len(won)), draws).T * np.isfinite(won[:, :-1])
    with np.errstate(invalid="ignore"):
        shares = (weights * np.nan_to_num(won[:, :-1])).sum(0) / weights.sum(0)
    return from_draws(won[:, -1].mean(), shares, "models and tasks drawn again")


def last_steps(
    x: np.ndarray, first: pd.DataFrame, second: pd.DataFrame, draws: int, seed: int
) -> dict[str, Estimate]:
    """How much the last step of the mean over tasks exceeds its share of the log sizes, under two measures.

    Parameters
    ----------
    x
        Logarithms of the sizes, shape (sizes,).
    first, second
        Scores, larger if better; one row a task, one column a size; the same tasks in both.
    draws, seed
        How many draws of tasks, and their seed.

    Returns
    -------
    dict of str to Estimate
        `first`, `second`, `halved` (the second less half of the first) and `less` (the first
        less the second).
    """
    chosen = np.random.default_rng([seed, 5]).integers(len(first), size=(draws, len(first)))
    ours, theirs = (last_step(x, y.to_numpy().mean(0)) for y in (first, second))
    a, b = (last_step(x, y.to_numpy()[chosen].mean(1)) for y in (first, second))
    found = {
        "first": (ours, a),
        "second": (theirs, b),
        "halved": (theirs - ours / 2, b - a / 2),
        "less": (ours - theirs, a - b),
    }
    return {name: from_draws(value, drawn, "tasks drawn again") for name, (value, drawn) in found.items()}
