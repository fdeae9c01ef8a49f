"""A table of tasks by size, and what guessing gives on each."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

#: By how much the Brier score of a task on which the model chose is off the share of wrong answers, at some size.
OFF = 0.02


class BySize(NamedTuple):
    """Tasks by size: frames with a row a task and a column a size, and series with a row a task.

    Attributes
    ----------
    accuracy
        Shares of whole counts, so that equal counts are equal shares, as they are in test sets that are drawn.
    brier
        Brier scores.
    right, questions
        Counts of right answers and of questions.
    chance
        What guessing among the listed answers gives, a share; missing where none are listed.
    guess
        What guessing gives: `chance` where the model chose among answers, 0 where it wrote its answer out.
    choosing
        Whether it chose.
    """

    accuracy: pd.DataFrame
    brier: pd.DataFrame
    right: pd.DataFrame
    questions: pd.DataFrame
    chance: pd.Series
    guess: pd.Series
    choosing: pd.Series


def by_size(table: pd.DataFrame) -> BySize:
    """The table `bigbench_bigg` by task and size.

    A task counts as one of choices if its chance is listed and its Brier score is not just the share of wrong
    answers, as it is where there is nothing to normalise the confidence over.
    """
    accuracy, brier, questions = (
        table.pivot_table(name, "task", "n_params") for name in ("accuracy", "brier", "n_questions")
    )
    chance = table.groupby("task").chance.first()
    choosing = chance.notna() & ((brier + accuracy - 1).abs().max(axis=1) > OFF)
    right = (accuracy * questions).round()
    return BySize(right / questions, brier, right, questions, chance, chance.where(choosing, 0.0), choosing)
