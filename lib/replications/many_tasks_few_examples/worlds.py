"""Worlds in which the answer is known: tasks all alike, differences by task or by question, equal models."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import special

from replications.many_tasks_few_examples.answers import COLUMNS, Answers
from replications.many_tasks_few_examples.variances import Split


def planted(
    answers: Answers, disagree: float, spread: float, gap: float, rng: np.random.Generator
) -> Answers:
    """The same tasks with drawn answers, where differences of neighbours are known.

    Parameters
    ----------
    answers
        Whose tasks, numbers of questions and accuracies are kept; the accuracies play no part in differences.
    disagree
        Share of questions on which just one of two neighbours is right.
    spread, gap
        Standard deviation over tasks, and mean, of what the larger one gains; a task's gain is kept
        within `disagree`.
    rng
        Source of randomness.
    """
    shape = answers.gained.shape
    gain = np.clip(rng.normal(gap, spread, shape), -disagree, disagree)
    chances = np.stack([(disagree + gain) / 2, (disagree - gain) / 2, np.full(shape, 1 - disagree)], axis=-1)
    counts = rng.multinomial(answers.asked.astype(int), chances)
    return answers._replace(gained=counts[..., 0] / answers.asked, lost=counts[..., 1] / answers.asked)


def gains(disagree: float, spread: float, gap: float) -> Split:
    """The mean and the two variances of the differences that `planted` draws, by quantiles of the normal."""
    quantiles = special.ndtri((np.arange(100_000) + 0.5) / 100_000)
    gain = np.clip(gap + spread * quantiles, -disagree, disagree)
    return Split(gain.mean(), gain.var(), disagree - (gain**2).mean())


def equally_hard(answers: Answers, rng: np.random.Generator) -> Answers:
    """Each size right on every question with the same chance, whatever the task."""
    asked = answers.asked.astype(int)
    chance = (answers.right @ answers.asked / answers.asked.sum())[:, None]
    return answers._replace(right=rng.binomial(asked, chance, answers.right.shape) / asked)


def even(answers: Answers, rng: np.random.Generator, chance: np.ndarray | float = 0.5) -> Answers:
    """Tasks alike: a question that just one of two had right is given to the larger with the same chance on all.

    Parameters
    ----------
    answers, rng
        Whose disputed questions, and with which randomness.
    chance
        Of the larger, shapes that can be broadcast to (pairs, 1); neighbours are equally good at one half.
    """
    both = answers.gained + answers.lost
    gained = rng.binomial(np.round(both * answers.asked).astype(int), chance) / answers.asked
    return answers._replace(gained=gained, lost=both - gained)


def won(answers: Answers) -> np.ndarray:
    """Part of the disputed questions that the larger of two has right, all tasks together, shape (pairs, 1)."""
    gained, lost = (each @ answers.asked for each in (answers.gained, answers.lost))
    return (gained / (gained + lost))[:, None]


def level(table: pd.DataFrame, models: Iterable[str], rng: np.random.Generator) -> pd.DataFrame:
    """The table `megabench_tasks` with every question equally hard: right with the chance of a model's overall score."""
    asked = table.n_questions.to_numpy()
    drawn = {model: rng.binomial(asked, table[model].mean()) / asked for model in models}
    return table.assign(**{model: np.where(table[model].notna(), drawn[model], np.nan) for model in models})


def dealt(answers: pd.DataFrame) -> pd.DataFrame:
    """The table `megabench_grok_answers` with its scores dealt out among the tasks."""
    return answers.assign(score=np.random.default_rng(0).permutation(answers.score))


def reordered(table: pd.DataFrame) -> pd.DataFrame:
    """The table `megabench_tasks` with the scores of Gemini 2.5 Pro given to other tasks."""
    return table.assign(gemini_25=np.random.default_rng(0).permutation(table.gemini_25))


def alike(table: pd.DataFrame) -> pd.DataFrame:
    """The table `bigbench_bigg_answers` with every task as hard as all together."""
    asked = table[COLUMNS].sum(axis=1).to_numpy()
    sizes = [table.n_params_small, table.n_params_middle, table.n_params]
    all_tasks = table.groupby(sizes)[COLUMNS].transform("sum")
    shares = all_tasks.to_numpy() / all_tasks.sum(axis=1).to_numpy()[:, None]
    return table.assign(**dict(zip(COLUMNS, (shares * asked[:, None]).T, strict=True)))


def by_task(table: pd.DataFrame) -> pd.DataFrame:
    """The same table, but that on every other task the largest of three sizes is right throughout, the others never."""
    other = table.task.isin(sorted(table.task.unique())[::2])
    wins = dict.fromkeys(COLUMNS, 0) | {"right_001": table[COLUMNS].sum(axis=1)}
    return table.assign(**{name: table[name].mask(other, value) for name, value in wins.items()})


def opposed(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with each size as often right, but the middle one of three wrong where both others are right."""
    moved = table[["right_000", "right_111"]].min(axis=1)
    signs = {"right_000": -1, "right_111": -1, "right_010": 1, "right_101": 1}
    return table.assign(**{name: table[name] + sign * moved for name, sign in signs.items()})
