"""What is asked of BIG-G's tasks under two measures, and what other reasonable choices would have measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from replications.emergence_mirage.resampled import beyond, flat_before, quickening, share_of
from replications.emergence_mirage.sharpness import emergence, exact_mcnemar, ranked, step_error
from replications.emergence_mirage.smooth import Simulated, discoveries
from replications.emergence_mirage.tasks import Tasks, emerging, p_values, scores, simulated
from scalinglaws.uncertainty import Estimate

#: An emergence score beyond it is extreme: twice that of a straight line of eleven steps.
EXTREME = 22.0
#: What was measured: for which claim, with which choice in words, and the number.
Measured = tuple[str, str, Estimate | int]


def extreme(
    tasks: Tasks,
    rows: pd.Index,
    draws: int,
    seed: int,
    *,
    border: float = EXTREME,
    noise: bool = False,
    absolute: bool = False,
) -> tuple[Estimate, float]:
    """Share of tasks whose score is extreme under accuracy, less that under Brier, and McNemar's p-value.

    Parameters
    ----------
    tasks, rows
        The tasks, and which of them.
    draws, seed
        How many draws of tasks, and their seed.
    border
        What is extreme.
    noise
        Whether the standard error of a step of accuracy is added to the typical step of both.
    absolute
        Whether the Brier score is that of the plain probability.
    """
    error = step_error(tasks.accuracy, tasks.about.most) if noise else 0.0
    second = tasks.absolute if absolute else tasks.brier
    one, two = (
        pd.Series(emergence(y, error), tasks.about.index)[rows] > border for y in (tasks.accuracy, -second)
    )
    return share_of(one.astype(float) - two, draws, seed), exact_mcnemar(one, two)


def steps(
    tasks: Tasks, rows: pd.Index, draws: int, seed: int, *, first: int = 0, absolute: bool = False
) -> tuple[Estimate, Estimate, Estimate]:
    """How much the last step of the mean exceeds its share: under accuracy, under Brier, and the ratio.

    Parameters
    ----------
    tasks, rows, draws, seed, absolute
        As for `extreme`.
    first
        The smallest size that counts.
    """
    second = -(tasks.absolute if absolute else tasks.brier)
    both = (y.loc[rows].iloc[:, first:] for y in (tasks.accuracy, second))
    return quickening(np.log10(tasks.sizes[first:]), *both, draws, seed)


def of_curves(tasks: Tasks, score: np.ndarray, draws: int, seed: int) -> Iterator[Measured]:
    """With other smooth curves: with a floor, steeper or flatter ones, and test sets with less noise."""
    chosen = tasks.about.index[tasks.about.choosing]
    ways = {
        "written answers may be right by luck": {"floor": True},
        "exponents to 0.25": {"steepest": 0.25},
        "exponents to 0.25, and luck": {"steepest": 0.25, "floor": True},
        "exponents to 1": {"steepest": 1.0},
        "twice the questions drawn": {"dealt": 2},
    }
    for how, way in ways.items():
        sets = simulated(tasks, draws // 20, seed, **way)
        null = scores(sets)
        yield "score-null", how, share_of(ranked(score, null), draws, seed)
        yield "false-alarms", how, share_of((null > EXTREME).mean(1), draws, seed)
        yield "wei-noise", how, beyond(*emerging(tasks, chosen, sets))
        if "dealt" not in way:  # whose draws cannot be set beside the excess of a smaller test set
            yield "jumps", how, int(discoveries(p_values(tasks, sets, seed, **way).to_numpy()).sum())


def of_guessing(tasks: Tasks, sets: Mapping[str, Simulated], draws: int, seed: int) -> Iterator[Measured]:
    """With other borders between chance and better, and all tasks for which a chance is listed."""
    chosen = tasks.about.index[tasks.about.choosing]
    ways = {
        "all but the largest at chance": {"smaller": 11},
        "chance left at 3.2 errors": {"above": 3.2},
        "at chance within 1.5 errors": {"within": 1.5},
    }
    for how, way in ways.items():
        guesses, drawn = emerging(tasks, chosen, sets, **way)
        yield "few", how, flat_before(guesses, draws, seed)
        yield "wei-noise", how, beyond(guesses, drawn)
    listed = tasks.about.index[tasks.about.chance.notna()]
    guesses, _ = emerging(tasks, listed, sets)
    yield "few", "all tasks with a listed chance", flat_before(guesses, draws, seed)


def of_measures(tasks: Tasks, draws: int, seed: int) -> Iterator[Measured]:
    """With other borders, other tasks and another Brier score."""
    every, chosen = tasks.about.index, tasks.about.index[tasks.about.choosing]
    plain = "Brier of the plain probability"
    ways = {
        "all tasks": (every, {}),
        "scores beyond 11": (chosen, {"border": 11}),
        "scores beyond 100": (chosen, {"border": 100}),
        "noise added to the typical step, scores beyond 5": (chosen, {"noise": True, "border": 5}),
        plain: (chosen, {"absolute": True}),
    }
    for how, (rows, way) in ways.items():
        yield "brier", how, extreme(tasks, rows, draws, seed, **way)[0]
    for how, (rows, way) in {
        "all tasks": (every, {}),
        "without the smallest model": (chosen, {"first": 1}),
        plain: (chosen, {"absolute": True}),
    }.items():
        of_accuracy, _, ratio = steps(tasks, rows, draws, seed, **way)
        yield "last-step-brier", how, ratio
        if how != plain:
            yield "last-step", how, of_accuracy


def others(tasks: Tasks, sets: Mapping[str, Simulated], draws: int, seed: int) -> Iterator[Measured]:
    """All of them.

    Parameters
    ----------
    tasks
        BIG-G's tasks.
    sets
        Test sets drawn from the smooth curves of the choice made.
    draws, seed
        How many draws of tasks for an interval, and the seed.
    """
    score, null = emergence(tasks.accuracy), scores(sets)
    yield from of_curves(tasks, score, draws, seed)
    for border in (11, 100):
        yield "false-alarms", f"scores beyond {border}", share_of((null > border).mean(1), draws, seed)
    yield from of_guessing(tasks, sets, draws, seed)
    yield from of_measures(tasks, draws, seed)
