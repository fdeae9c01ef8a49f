"""Scores of single questions against the size of the model: the paper's chain, question by question."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from scalinglaws.uncertainty import Estimate, of_mean

#: The chain, in its order.
CHAIN = ("log p", "p", "p among choices", "accuracy")
KEYS = ["task", "shots", "family"]


def chain(log_choices: np.ndarray, log_mass: np.ndarray) -> dict[str, np.ndarray]:
    """The four scores of each question and model.

    Parameters
    ----------
    log_choices
        Log of the probability of the right option among the two, nats, shape (questions, models).
    log_mass
        Log of the probability of both options among all words, nats, same shape.
    """
    log_p = log_choices + log_mass
    right = (log_choices > np.log(0.5)).astype(float)
    return dict(zip(CHAIN, (log_p, np.exp(log_p), np.exp(log_choices), right), strict=True))


def pearson(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Correlation of x with y along its last axis; nan where y does not vary.

    Numbers of four digits that are equal may come back apart in their last bits; what varies by
    less than that does not vary.
    """
    x, spread = x - x.mean(), y - y.mean(-1, keepdims=True)
    size = np.sqrt((spread**2).sum(-1))
    still = size <= 1e-7 * np.sqrt((y**2).sum(-1))
    return np.where(still, np.nan, spread @ x / np.where(still, 1, size) / np.sqrt((x**2).sum()))


def spearman(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same of ranks."""
    return pearson(stats.rankdata(x), stats.rankdata(np.round(y, 9), axis=-1))


def share_beyond(r: np.ndarray, beyond: float | None = 0.75, *, agreed: bool = False) -> float:
    """Share of the correlations above a value; those that do not exist are left out, or counted below it.

    Without a value it is their mean, in which those that do not exist are left out, or count as zero.

    Parameters
    ----------
    r
        Correlations, shape (questions,), nan where all models agree.
    beyond
        The value, or None for the mean.
    agreed
        True to count questions on which all models agree as below it.
    """
    known = r[~np.isnan(r)]
    size = len(r) if agreed else len(known)
    counted = known if beyond is None else known > beyond
    return float(counted.sum() / size) if size else 0.0


def cells(table: pd.DataFrame) -> dict[tuple[str, int, str], tuple[np.ndarray, np.ndarray]]:
    """For each task, number of examples and family: log p among choices and log mass, (questions, 4)."""
    return {
        key: tuple(part[[f"{what}_{k}" for k in range(1, 5)]].to_numpy() for what in ("choices", "mass"))
        for key, part in table.groupby(KEYS)
    }


def shares(
    found: Mapping[tuple, tuple[np.ndarray, np.ndarray]],
    sizes: Mapping[str, np.ndarray],
    correlation=pearson,
    beyond: float | None = 0.75,
    *,
    agreed: bool = False,
) -> pd.DataFrame:
    """Share of the questions whose score goes with log size, a row a cell and a column a score.

    Parameters
    ----------
    found
        As from `cells`.
    sizes
        log10 of the parameters of the four models of each family.
    correlation, beyond, agreed
        How, and as in `share_beyond`.
    """
    rows = {
        key: {
            name: share_beyond(correlation(sizes[key[2]], score), beyond, agreed=agreed)
            for name, score in chain(*both).items()
        }
        for key, both in found.items()
    }
    return pd.DataFrame(rows).T.rename_axis(KEYS)


def step(table: pd.DataFrame, earlier: str, later: str, family: str | None = None) -> Estimate:
    """What is lost from one score of the chain to a later one: mean of the tasks, Student's interval."""
    lost = table[earlier] - table[later]
    if family:
        lost = lost.xs(family, level="family")
    return of_mean(lost.groupby("task").mean(), "Student's, over tasks")


def steps(table: pd.DataFrame) -> dict[str, Estimate]:
    """The claims of the chain, from a table of shares."""
    return {
        "sample-exp": step(table, "log p", "p"),
        "sample-gpt2": step(table, "p", "p among choices", "gpt2"),
        "sample-gpt3": step(table, "p", "p among choices", "gpt3"),
        "sample-acc": step(table, "p among choices", "accuracy"),
    }


def slopes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Slope of y along its last axis, per unit of x."""
    x = x - x.mean()
    return y @ x / (x @ x)


def right_and_wrong(log_choices: np.ndarray, log_mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log probabilities of the right and of the wrong option, nats, shapes as given."""
    known = np.minimum(log_choices, -1e-6)
    return known + log_mass, np.log(-np.expm1(known)) + log_mass


def covary(
    found: Mapping[tuple, tuple[np.ndarray, np.ndarray]], sizes: Mapping[str, np.ndarray]
) -> tuple[Estimate, pd.Series]:
    """Correlation over questions of the slopes of log p(right) and log p(wrong) with log size.

    Returns
    -------
    (Estimate, Series)
        The mean of the tasks with Student's interval, and the correlation of each cell.
    """
    each = {}
    for key, both in found.items():
        right, wrong = (slopes(sizes[key[2]], y) for y in right_and_wrong(*both))
        each[key] = pearson(right, wrong[None])[0]
    each = pd.Series(each).rename_axis(KEYS)
    return of_mean(each.groupby("task").mean(), "Student's, over tasks"), each
