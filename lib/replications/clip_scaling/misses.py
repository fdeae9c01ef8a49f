"""How far a predicted score is off, and what the line and the exam leave open of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from scalinglaws.uncertainty import Estimate, from_draws


def off(found: ArrayLike, x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Predicted less measured scores, in percentage points; of many lines, one row each.

    Parameters
    ----------
    found
        Exponent and logarithm of the factor, shape (2,), or of many lines, shape (m, 2).
    x, y
        Logarithms to base 10 of compute and of the measured error as a share, shape (n,).

    Returns
    -------
    ndarray
        Shape (n,) or (m, n).
    """
    exponent, factor = np.moveaxis(np.asarray(found), -1, 0)
    line = np.multiply.outer(exponent, x) + factor[..., None]
    return 100 * (10 ** np.asarray(y) - 10**line)


def likely(x: np.ndarray, y: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Lines that a few points leave open which scatter about theirs: exponents and factors by Student's t.

    Parameters
    ----------
    x, y
        The points that the line is fitted to, shape (n,).
    draws
        How many lines.
    rng
        Source of randomness.

    Returns
    -------
    ndarray
        Shape (draws, 2).
    """
    middle, spread = np.polyfit(x, y, 1, cov=True)
    return stats.multivariate_t(middle, spread, len(x) - 2, seed=rng).rvs(draws)


def exam(score: ArrayLike, questions: ArrayLike) -> np.ndarray:
    """Standard error of scores, shares of right answers to so many questions, in percentage points."""
    score = np.asarray(score)
    return 100 * np.sqrt(score * (1 - score) / questions)


def examined(off: float, score: float, questions: int) -> Estimate:
    """How far a prediction is off, without its sign, where the score has the error of its exam.

    Parameters
    ----------
    off
        Predicted less measured score, percentage points.
    score, questions
        Share of right answers, and to how many questions.
    """
    half = special.ndtri(0.975) * exam(score, questions)
    return Estimate(abs(off), max(0, abs(off) - half), abs(off) + half, "an exam of so many pictures")


def on_average(misses: ArrayLike, drawn: ArrayLike, how: str) -> Estimate:
    """The mean of absolute misses, with an interval of what was drawn.

    Parameters
    ----------
    misses
        Predicted less measured scores, percentage points, shape (n,).
    drawn
        The same from draws, shape (m, n).
    how
        What was drawn.
    """
    return from_draws(np.abs(misses).mean(), np.abs(drawn).mean(axis=1), how)


def left_open(
    points: tuple[np.ndarray, np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    questions: int,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, float | Estimate]:
    """The mean absolute miss of some models, by what is allowed to be uncertain: line, exam, both or neither.

    Parameters
    ----------
    points
        What the line is fitted to: logarithms to base 10 of compute and of the error as a share.
    x, y
        The same of the models that are predicted, shape (n,).
    questions
        How many questions each model's score rests on.
    draws, rng
        How many lines and exams are drawn, and the source of randomness.

    Returns
    -------
    dict
        In words, what is uncertain -> the mean absolute miss.
    """
    missed = off(np.polyfit(*points, 1), x, y)
    lines = off(likely(*points, draws, rng), x, y)
    exams = exam(1 - 10**y, questions) * rng.standard_normal((draws, len(x)))
    return {
        "nothing is uncertain": np.abs(missed).mean(),
        "the exam is": on_average(missed, missed + exams, "an exam of so many pictures"),
        "the line is, by the scatter of its five points": on_average(missed, lines, "scatter of five points"),
        "the exam and the line are": on_average(missed, lines + exams, "exam, and scatter of five points"),
    }


def tally(off: pd.Series) -> pd.DataFrame:
    """How misses are spread, by task: their number, mean, and how many lie above 0 and beyond their mean size.

    Parameters
    ----------
    off
        Predicted less measured scores in percentage points, with the task as index.
    """
    return (
        off.groupby(level=0)
        .agg(
            models="count",
            mean="mean",
            above_zero=lambda m: (m > 0).sum(),
            beyond_mean_size=lambda m: (abs(m) > abs(m).mean()).sum(),
            beyond_twice_that=lambda m: (abs(m) > 2 * abs(m).mean()).sum(),
        )
        .round(2)
    )
