"""Whether tasks and examples put two models in the right order, and what agreement is worth without a difference."""

from __future__ import annotations

import numpy as np
from scipy import special

from replications.many_tasks_few_examples.variances import EXAMPLES, Split
from scalinglaws.uncertainty import Estimate, from_left_out

#: Chance of the right order that is asked for.
SURE = 0.95
#: Tasks that stand for: never.
NEVER = 1e6


def chance_right(parts: Split, tasks: float, examples: float = EXAMPLES) -> np.ndarray:
    """Chance that the mean difference of two models over tasks drawn at random has the sign of its mean.

    Parameters
    ----------
    parts
        Mean difference and its variances; `between` below nothing counts as nothing.
    tasks, examples
        How many tasks, and examples of each.
    """
    variance = np.maximum(parts.between, 0) + parts.within / examples
    return special.ndtr(np.abs(parts.mean) * np.sqrt(tasks / variance))


def tasks_needed(parts: Split, examples: float = EXAMPLES, sure: float = SURE) -> np.ndarray:
    """Tasks at which `chance_right` is `sure`; infinite where the models are equal."""
    variance = np.maximum(parts.between, 0) + parts.within / examples
    with np.errstate(divide="ignore"):
        return special.ndtri(sure) ** 2 * variance / parts.mean**2


def interval(tasks: np.ndarray, how: str) -> Estimate:
    """A number of tasks with the interval of the jackknife of its reciprocal, which is finite where gaps are nothing.

    Parameters
    ----------
    tasks
        The number from all tasks, then with each unit left out in turn.
    how
        What was left out.

    Returns
    -------
    Estimate
        More than `NEVER` stand as `NEVER`; an interval whose reciprocal reaches nothing has no upper end.
    """
    worth = 1 / tasks
    found = from_left_out(max(worth[0], 1 / NEVER), worth[1:], how)
    most = 1 / found.low if found.low > 1 / NEVER else np.inf
    return Estimate(1 / found.value, 1 / found.high, most, how)


def best_examples(parts: Split, cost: float) -> float:
    """Examples a task that give the least variance for a budget, where a new task costs as much as `cost` examples.

    Infinite where tasks add nothing. Source: Cochran (1977), Sampling Techniques, section 10.6.
    """
    return float(np.sqrt(cost * parts.within / parts.between)) if parts.between > 0 else np.inf


def agreement_of_part(share: float) -> float:
    """Chance that a share of the tasks orders two equal models as all of them do.

    The two means are normal with the correlation sqrt(share), and have one sign with the chance
    1/2 + arcsin(correlation) / pi.
    """
    return 0.5 + np.arcsin(np.sqrt(share)) / np.pi


def alike(differences: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether two sets of tasks order two models alike; a tie counts as half.

    Parameters
    ----------
    differences
        Of the models, shape (..., tasks).
    first, second
        Weight of each task in either set, shapes that can be broadcast to it.

    Returns
    -------
    ndarray
        1, 0.5 or 0, shape (...).
    """
    signs = [np.sign(np.round((differences * each).sum(axis=-1), 9)) for each in (first, second)]
    return (1 + signs[0] * signs[1]) / 2


def halves(tasks: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Halvings of the tasks: 1 for those of the first half, shape (draws, tasks); one is left out if they are odd."""
    places = rng.random((draws, tasks)).argsort(axis=1).argsort(axis=1)
    return np.select([places < tasks // 2, places < 2 * (tasks // 2)], [1.0, 0.0], np.nan)
