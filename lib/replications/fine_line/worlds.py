"""Worlds in which a task's name says nothing: one generic curve a model, or what is left dealt out among tasks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from replications.fine_line.agreement import between_tasks, chance
from replications.fine_line.curves import beyond_generic, generic, split, standardised


def chances(make: Callable[[], list[np.ndarray]], ways: np.ndarray, count: int) -> np.ndarray:
    """The chance of the names in so many made-up worlds, shape (count,).

    Parameters
    ----------
    make
        Makes a world: curves of one family, or of two models, as `between_tasks` takes them.
    ways
        Deals of the names, as from `agreement.deals`.
    count
        How many worlds.
    """
    return np.array([chance(between_tasks(*map(beyond_generic, make())), ways) for _ in range(count)], float)


def dealt_within(curves: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Standardised curves whose departures from the generic one are dealt out among the tasks, size by size.

    Each task keeps how closely it follows the generic curve; shapes and wiggles are those of real curves.

    Parameters
    ----------
    curves
        Shape (sizes, tasks, times).
    rng
        Source of randomness.
    """
    background = generic(curves)
    loading, left = split(curves, background)
    left = left / left.std(axis=-1, keepdims=True)
    dealt = np.stack([model[rng.permutation(len(model))] for model in left])
    return loading * background + np.sqrt(np.maximum(1 - loading**2, 0)) * dealt


def one_curve(curves: np.ndarray, n_questions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every task of a model a multiple of one curve, its questions answered again at each checkpoint.

    Parameters
    ----------
    curves
        Shape (sizes, tasks, times), shares; ends of the new curves are theirs, the shape is the mean of
        the model's standardised curves.
    n_questions
        Of each task, shape (tasks,).
    rng
        Source of randomness.
    """
    shape = standardised(standardised(curves).mean(axis=1, keepdims=True))
    along = (curves * shape).mean(axis=-1, keepdims=True)
    true = np.clip(curves.mean(axis=-1, keepdims=True) + along * shape, 0.001, 0.999)
    n = np.broadcast_to(n_questions[:, None], true.shape)
    return rng.binomial(n, true) / n


def shared_departures(curves: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """Standardised curves whose departures from the generic one correlate by about `strength` across models.

    A departure is the last model's own of the same task, and one that is dealt out, in shares whose product
    between two models is the strength.

    Parameters
    ----------
    curves
        Shape (models, tasks, times).
    strength
        Between 0 and 1.
    rng
        Source of randomness.
    """
    background = generic(curves)
    loading, left = split(curves, background)
    left = left / left.std(axis=-1, keepdims=True)
    dealt = np.stack([model[rng.permutation(len(model))] for model in left])
    mixed = standardised(np.sqrt(strength) * left[-1] + np.sqrt(1 - strength) * dealt)
    return loading * background + np.sqrt(np.maximum(1 - loading**2, 0)) * mixed
