"""The tables by task, what is measured of a triple of sizes, and which tasks noise does not explain."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from replications.breakthrough_tasks import nulls
from scalinglaws.tasks import by_size
from scalinglaws.uncertainty import Estimate, of_mean, of_share


class Tasks(NamedTuple):
    """Tasks by size.

    Attributes
    ----------
    sizes
        Parameters, shape (sizes,).
    accuracy, questions
        Shares of right answers and numbers of questions, shape (tasks, sizes).
    guess
        What guessing gives, a share, shape (tasks,).
    names
        Shape (tasks,).
    """

    sizes: np.ndarray
    accuracy: np.ndarray
    questions: np.ndarray
    guess: np.ndarray
    names: pd.Index


def arranged(table: pd.DataFrame) -> Tasks:
    """The table `bigbench_bigg` by task, with what guessing gives by `scalinglaws.tasks.by_size`."""
    known = by_size(table)
    return Tasks(
        known.accuracy.columns.to_numpy(float),
        known.accuracy.to_numpy(),
        known.questions.to_numpy(int),
        known.guess.to_numpy(),
        known.accuracy.index,
    )


def standing(found: np.ndarray, noise: np.ndarray, points: float = nulls.POINTS) -> np.ndarray:
    """Which tasks rise by more than so many points and stand out of the noise, false discoveries held to 5 %.

    Parameters
    ----------
    found, noise, points
        As for `nulls.excess`.

    Source: Benjamini & Hochberg (1995), on the chances that noise rises as high.
    """
    chance = ((noise >= found).sum(axis=0) + 1) / (len(noise) + 1)
    return (false_discovery_control(chance) < 0.05) & (found > points)


def each_task(found: np.ndarray, noise: np.ndarray) -> dict[str, np.ndarray]:
    """What is asked of three sizes, task by task; the means are what counts.

    Parameters
    ----------
    found
        Discontinuities, shape (tasks,).
    noise
        Those of test sets drawn from straight lines, shape (draws, tasks).

    Returns
    -------
    dict
        Whether a task is above ten (`10`) and twenty points (`20`), the first less the chance that noise is
        (`null`), the first less whether it is as far below (`symmetry`), and whether it stands out of the noise
        (`tasks`); each of shape (tasks,).
    """
    return {
        "10": found > 0.1,
        "20": found > 0.2,
        "null": nulls.excess(found, noise),
        "symmetry": nulls.symmetry(found),
        "tasks": standing(found, noise),
    }


def measures(found: np.ndarray, noise: np.ndarray) -> dict[str, Estimate]:
    """The means of `each_task` with the interval of the tasks, exact for shares."""
    how = f"{len(found)} tasks taken as a sample"
    return {
        id: of_share(each.sum(), len(each), how) if each.dtype == bool else of_mean(each, how)
        for id, each in each_task(found, noise).items()
    }


def rising(noise: np.ndarray) -> Estimate:
    """Share of tasks above ten points in noise, shape (draws, tasks), with the interval of the tasks."""
    return of_mean((noise > nulls.POINTS).mean(axis=0), f"{noise.shape[1]} tasks taken as a sample")


def counted(table: pd.DataFrame) -> np.ndarray:
    """The counts of the table `bigbench_bigg_answers` for neighbouring sizes, shape (triples, tasks, 8), from the smallest on."""
    nearest = table.n_params_small == table.groupby("n_params").n_params_small.transform("max")
    middle = table.n_params_middle == table.groupby("n_params").n_params_middle.transform("max")
    ordered = table[nearest & middle].sort_values(["n_params", "task"])
    return ordered.filter(like="right_").to_numpy().reshape(table.n_params.nunique(), -1, 8)


def neighbours(
    counts: np.ndarray, sizes: np.ndarray, draws: int, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Discontinuities and the noise of shared questions, for each three neighbouring sizes.

    Parameters
    ----------
    counts
        Questions by which models were right, shape (triples, tasks, 8).
    sizes
        Parameters, shape (triples + 2,).
    draws, rng
        As for `nulls.with_redrawn_questions`.
    """
    return [
        nulls.with_redrawn_questions(each, nulls.step_ratio(sizes[k : k + 3]), draws, rng)
        for k, each in enumerate(counts)
    ]


def mean_excess(triples: list[tuple[np.ndarray, np.ndarray]], kept: np.ndarray | None = None) -> Estimate:
    """Excess over noise, mean over triples of sizes, with the interval of the tasks, each with all its triples.

    Parameters
    ----------
    triples
        As from `neighbours`.
    kept
        Which tasks count in which triple, shape (triples, tasks); all if left out.
    """
    each = np.array([nulls.excess(*triple) for triple in triples])
    kept = np.ones(each.shape, bool) if kept is None else kept
    ever = kept.any(axis=0)
    by_task = each[:, ever].mean(axis=0, where=kept[:, ever])
    return of_mean(
        by_task, f"{ever.sum()} tasks taken as a sample, each with up to {len(triples)} triples of sizes"
    )


def linked(counts: np.ndarray, first: int, second: int) -> np.ndarray:
    """Correlation of two models' answers to the questions of a task.

    Parameters
    ----------
    counts
        Questions by which models were right, shape (..., 8), in the order of `nulls.PATTERNS`.
    first, second
        Which two of the three models.

    Returns
    -------
    ndarray
        Shape (...); not a number where a model has none right, or all.
    """
    n = counts.sum(axis=-1)
    one, other = (counts @ nulls.PATTERNS[:, k] / n for k in (first, second))
    both = counts @ nulls.PATTERNS[:, [first, second]].prod(axis=1) / n
    with np.errstate(invalid="ignore", divide="ignore"):
        return (both - one * other) / np.sqrt(one * (1 - one) * other * (1 - other))


def links(table: pd.DataFrame, sizes: np.ndarray, names: pd.Index) -> np.ndarray:
    """Correlation of the answers of the two models that a projection to the largest size rests on, for each task.

    Parameters
    ----------
    table
        The table `bigbench_bigg_answers`.
    sizes
        Parameters of three models that it holds, shape (3,).
    names
        Of the tasks, shape (tasks,).

    Returns
    -------
    ndarray
        Shape (tasks,); where it is not known, the median of the others, or nothing if none is known.

    Raises
    ------
    ValueError
        If the table does not hold these sizes.
    """
    these = table[(table[["n_params_small", "n_params_middle", "n_params"]] == sizes).all(axis=1)]
    if these.empty:
        raise ValueError(f"the table of answers does not hold the sizes {sizes}")
    known = pd.Series(linked(these.filter(like="right_").to_numpy(), 0, 1), these.task).reindex(names)
    return known.fillna(known.median()).fillna(0.0).to_numpy()


def correlations(counts: np.ndarray, least: int = 90) -> np.ndarray:
    """Median correlation of the middle and the largest model's answers, for each triple.

    Parameters
    ----------
    counts
        As for `neighbours`.
    least
        The median is over tasks of so many questions at least.

    Returns
    -------
    ndarray
        Shape (triples,).
    """
    return np.nanmedian(np.where(counts.sum(axis=-1) >= least, linked(counts, 1, 2), np.nan), axis=1)


def beyond_trend(sizes: np.ndarray, accuracy: np.ndarray, base: slice) -> np.ndarray:
    """By how much every accuracy lies above the straight line in log size through some of the sizes.

    Parameters
    ----------
    sizes
        Parameters, shape (sizes,).
    accuracy
        Shares of right answers, shape (tasks, sizes).
    base
        The sizes that the line is fitted to, by least squares.

    Returns
    -------
    ndarray
        Shape (tasks, sizes), rounded to `nulls.DIGITS`.
    """
    x = np.log(sizes)
    slope, start = np.polyfit(x[base], accuracy[:, base].T, 1)
    return np.round(accuracy - start[:, None] - slope[:, None] * x, nulls.DIGITS)
