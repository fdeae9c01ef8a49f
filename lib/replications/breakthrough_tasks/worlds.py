"""Worlds in which the answer is known: tasks on straight lines, one weak model, jumps, sizes without a say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from replications.breakthrough_tasks import nulls, tasks
from scalinglaws.uncertainty import Estimate, from_draws

#: Draws of the null in each world.
NULL = 1_000


def changed(chances: np.ndarray, weaker: float, jump: float, rng: np.random.Generator) -> np.ndarray:
    """Chances of a right answer with a middle model that is weaker, or with tasks that jump.

    Parameters
    ----------
    chances
        Shape (tasks, 3).
    weaker
        By how much the middle model is lower on every task, a share, but never below nothing.
    jump
        The share of tasks on which the largest model knows half of what is left.
    rng
        Which tasks these are.
    """
    chances = chances.copy()
    chances[:, 1] = np.maximum(chances[:, 1] - weaker, 0)
    jumping = rng.random(len(chances)) < jump
    chances[jumping, 2] = (1 + chances[jumping, 2]) / 2
    return chances


def measures_of(
    chances: np.ndarray,
    questions: np.ndarray,
    ratio: float,
    sets: int,
    rng: np.random.Generator,
    *,
    linked: np.ndarray | float = 0.0,
    weaker: float = 0.0,
    jump: float = 0.0,
) -> dict[str, Estimate]:
    """The means of `tasks.each_task` on test sets of a world, with the interval of these sets.

    Parameters
    ----------
    chances, questions
        Of a right answer, and how many are asked, shape (tasks, 3).
    ratio, sets, rng
        Step ratio, how many sets, at least 40, and the source of randomness.
    linked
        As for `nulls.answered`, in the test sets and in what they are compared with.
    weaker, jump
        As for `changed`.
    """
    each = []
    for _ in range(sets):
        drawn = nulls.answered(changed(chances, weaker, jump, rng), questions, 1, rng, linked)[0]
        found, noise = nulls.against_lines(drawn, questions, ratio, NULL, rng, linked)
        each.append({id: value.mean() for id, value in tasks.each_task(found, noise).items()})
    values = pd.DataFrame(each)
    return {id: from_draws(values[id].median(), values[id], "test sets drawn again") for id in values}


def exchanged(counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same counts, the answers to each question dealt out among its three models: size then says nothing.

    Parameters
    ----------
    counts
        Questions by which models were right, shape (..., 8), in the order of `nulls.PATTERNS`.
    rng
        Source of randomness.
    """
    dealt, right = np.array(counts), nulls.PATTERNS.sum(axis=1)
    for one_or_two in (1, 2):
        alike = np.flatnonzero(right == one_or_two)
        dealt[..., alike] = rng.multinomial(dealt[..., alike].sum(axis=-1), [1 / 3] * 3)
    return dealt


def jumped(counts: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """The same counts, but that on a share of tasks the largest model knows half of what it did not know.

    Parameters
    ----------
    counts
        As for `exchanged`; other tasks are drawn for each triple.
    share
        Of the tasks.
    rng
        Source of randomness.
    """
    counts, chosen = np.array(counts), rng.random(np.shape(counts)[:-1]) < share
    # The largest model comes last: its wrong answers have even places, and the right ones follow them.
    known = rng.binomial(counts[..., ::2], 0.5 * chosen[..., None])
    counts[..., ::2] -= known
    counts[..., 1::2] += known
    return counts


def excess_exchanged(
    counts: np.ndarray, sizes: np.ndarray, worlds: int, rng: np.random.Generator, jump: float = 0.0
) -> Estimate:
    """The mean excess over noise of shared questions where sizes were exchanged, with the interval of such worlds.

    Parameters
    ----------
    counts, sizes
        As for `tasks.neighbours`.
    worlds, rng
        How many, at least 40, and the source of randomness.
    jump
        The share of tasks that jump afterwards, as in `jumped`.
    """
    each = []
    for _ in range(worlds):
        dealt = jumped(exchanged(counts, rng), jump, rng)
        each.append(tasks.mean_excess(tasks.neighbours(dealt, sizes, NULL // 20, rng)).value)
    return from_draws(np.median(each), each, "answers dealt out among the sizes again")


def tripled(answers: pd.DataFrame) -> pd.DataFrame:
    """The table `bigbench_bigg_answers` with the largest of three sizes right on all questions, the others on none."""
    columns = [name for name in answers.columns if name.startswith("right_")]
    asked = answers[columns].sum(axis=1)
    return answers.assign(**dict.fromkeys(columns, 0)).assign(right_001=asked)


def levelled(table: pd.DataFrame) -> pd.DataFrame:
    """The table `bigbench_bigg` with the three largest sizes as good as the middle one of them."""
    wide = table.pivot_table("accuracy", "task", "n_params")
    largest = table.n_params >= wide.columns[-3]
    return table.assign(accuracy=table.accuracy.mask(largest, table.task.map(wide.iloc[:, -2])))


def jumping(table: pd.DataFrame) -> pd.DataFrame:
    """The table `bigbench_bigg` with every third task all right at the largest size."""
    third = table.task.isin(sorted(table.task.unique())[::3])
    return table.assign(accuracy=table.accuracy.mask(third & (table.n_params == table.n_params.max()), 1.0))
