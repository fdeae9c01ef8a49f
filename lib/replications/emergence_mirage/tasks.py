"""BIG-G's tasks side by side with what smooth curves would give on the same test sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from replications.emergence_mirage.guessing import Guessing, guessing
from replications.emergence_mirage.smooth import Simulated, discoveries, simulate
from scalinglaws.tasks import by_size
from scalinglaws.uncertainty import Estimate

#: Draws for tasks whose p-value is small: the least that they can give is half of what one discovery among 85 needs.
MANY = 4_000
#: What luck may give on written answers, where it is not taken for nothing.
FLOORS = (0.0, 0.0025, 0.005, 0.01, 0.02, 0.04)
#: What a smooth curve may be; the first is ours. With exponents up to 1 it may go from guessing to half known
#: within one step of size, and emergence that was planted would pass for smooth.
SMOOTH = {
    "luck up to 4 %, exponent up to 0.5": {"floor": True},
    "no luck, exponent up to 0.5": {"floor": False},
    "luck up to 4 %, exponent up to 0.25": {"floor": True, "steepest": 0.25},
}


class Tasks(NamedTuple):
    """The table by task: tables with a row a task and a column a size, and what is known of each task.

    `right` are counts of right answers to `questions`. `about` has `most` (questions at any size), `chance` (as listed, a share, or
    missing), `choosing` (whether the model chose among listed answers) and `guess` (what
    guessing gives: `chance` for those that choose, 0 for answers written out).
    """

    sizes: np.ndarray
    accuracy: pd.DataFrame
    brier: pd.DataFrame
    right: pd.DataFrame
    questions: pd.DataFrame
    about: pd.DataFrame


def arranged(table: pd.DataFrame) -> Tasks:
    """The table `bigbench_bigg` by task, with what guessing gives by `scalinglaws.tasks.by_size`."""
    known = by_size(table)
    about = table.groupby("task").agg(most=("n_questions", "max"), chance=("chance", "first"))
    about = about.assign(choosing=known.choosing, guess=known.guess)
    sizes = known.accuracy.columns.to_numpy(float)
    return Tasks(sizes, known.accuracy, known.brier, known.right, known.questions, about)


def chances(tasks: Tasks, floor: bool) -> dict[str, tuple[float, ...]]:
    """What guessing may give on each task; with a floor, written answers may be right by luck as well."""
    written = FLOORS if floor else (0.0,)
    each = zip(tasks.about.index, tasks.about.choosing, tasks.about.guess, strict=True)
    return {task: (guess,) if choosing else written for task, choosing, guess in each}


def simulated(
    tasks: Tasks, draws: int, seed: int, *, steepest: float = 0.5, floor: bool = False
) -> dict[str, Simulated]:
    """Each task with its best smooth curve and test sets drawn from it.

    Parameters
    ----------
    tasks
        The tasks.
    draws, seed
        How many test sets are drawn a task, and their seed.
    steepest
        As for `smooth.simulate`.
    floor
        As for `chances`.
    """
    rng, guesses = np.random.default_rng([seed, 2]), chances(tasks, floor)
    each = zip(tasks.about.index, tasks.right.to_numpy(), tasks.questions.to_numpy(), strict=True)
    return {
        task: simulate(tasks.sizes, right, questions, guesses[task], draws, rng, steepest)
        for task, right, questions in each
    }


def redrawn(tasks: Tasks, sets: Mapping[str, Simulated], which: int = 0) -> Tasks:
    """The same tasks with one of the drawn test sets of each in place of what was measured."""
    right = pd.DataFrame(
        [each.right[which] for each in sets.values()], tasks.right.index, tasks.right.columns
    )
    return tasks._replace(right=right, accuracy=right / tasks.questions)


def planted(tasks: Tasks, rows: pd.Index, rng: np.random.Generator) -> Tasks:
    """The same tasks, some of which emerge: test sets of models that guess, but for a largest that knows half.

    Parameters
    ----------
    tasks
        The tasks.
    rows
        Which emerge. Each answer of a smaller model is right with the chance of guessing.
    rng
        Source of randomness.
    """
    right = tasks.right.copy()
    share = np.repeat(tasks.about.guess[rows].to_numpy()[:, None], len(tasks.sizes), axis=1)
    share[:, -1] = (1 + share[:, -1]) / 2
    right.loc[rows] = rng.binomial(tasks.questions.loc[rows].to_numpy(int), share)
    return tasks._replace(right=right, accuracy=right / tasks.questions)


def p_values(
    tasks: Tasks, sets: Mapping[str, Simulated], seed: int, *, steepest: float = 0.5, floor: bool = False
) -> pd.Series:
    """How often a drawn set lies as far above its curve at the largest model as the task; rare ones drawn often.

    Parameters
    ----------
    tasks, seed, steepest, floor
        As for `simulated`.
    sets
        What it gives.
    """
    rng, guesses = np.random.default_rng([seed, 3]), chances(tasks, floor)
    found = pd.Series({task: each.p_value for task, each in sets.items()})
    for task in found.index[found < 0.02]:
        right, questions = (y.loc[task].to_numpy() for y in (tasks.right, tasks.questions))
        found[task] = simulate(tasks.sizes, right, questions, guesses[task], MANY, rng, steepest).p_value
    return found


def jumps(tasks: Tasks, draws: int, seed: int) -> tuple[Estimate, pd.DataFrame]:
    """How many tasks jump: their largest model lies above every smooth curve by more than noise does.

    Parameters
    ----------
    tasks, draws, seed
        As for `simulated`.

    Returns
    -------
    (Estimate, DataFrame)
        The number with our smooth curves, and the least and the most with all of `SMOOTH`; and
        the p-values, a row a task, a column for each of these.
    """
    p = {
        how: p_values(tasks, simulated(tasks, draws, seed, **way), seed, **way) for how, way in SMOOTH.items()
    }
    counts = [int(discoveries(each.to_numpy()).sum()) for each in p.values()]
    how = "least and most over what a smooth curve may be"
    return Estimate(counts[0], min(counts), max(counts), how), pd.DataFrame(p)


def emerging(tasks: Tasks, rows: pd.Index, sets: Mapping[str, Simulated]) -> tuple[Guessing, np.ndarray]:
    """Where tasks leave chance, and how many of them emerge in each round of drawn sets, shape (draws,).

    Parameters
    ----------
    tasks, rows
        The tasks, and which of them; their chance must be listed.
    sets
        Drawn sets.
    """
    chance = tasks.about.chance[rows]
    ours = guessing(tasks.right.loc[rows], tasks.questions.loc[rows], chance)
    drawn = np.array([sets[task].right for task in rows]).swapaxes(0, 1)
    asked = np.array([sets[task].questions for task in rows])
    return ours, guessing(drawn, asked, chance).emerges.sum(-1)
