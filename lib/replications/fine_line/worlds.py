"""Worlds in which a task's name says nothing: one generic curve a model, or what is left dealt out among tasks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from replications.fine_line.agreement import between_tasks, chance, mean_apart
from replications.fine_line.curves import beyond_generic, generic, split, standardised


def nameless(
    curves: np.ndarray, n_questions: np.ndarray | None, rng: np.random.Generator
) -> dict[str, Callable[[], np.ndarray]]:
    """What makes worlds in which names say nothing, by the names in `NAMELESS`; as `one_curve` and `dealt_within`."""
    makers = (lambda: one_curve(curves, n_questions, rng)), (lambda: dealt_within(curves, rng))
    return dict(zip(NAMELESS, makers, strict=True))


def two_sharing(pair: list[np.ndarray], strength: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Two models, shape (1, tasks, times) each, whose departures correlate by about `strength`."""
    made = shared_departures(np.concatenate(pair), strength, rng)
    return [made[:1], made[1:]]


def agreements(make: Callable[[], np.ndarray], pairs: np.ndarray, count: int) -> np.ndarray:
    """Same task less different tasks over some pairs of sizes in so many made-up worlds, shape (count,)."""
    return np.array([mean_apart(beyond_generic(make()), pairs) for _ in range(count)])


def chances(make: Callable[[], np.ndarray | list[np.ndarray]], ways: np.ndarray, count: int) -> np.ndarray:
    """The chance of the names in so many made-up worlds, shape (count,).

    Parameters
    ----------
    make
        Makes a world: curves of one family, or a list of two models' curves, as `between_tasks` takes them.
    ways
        Deals of the names, as from `agreement.deals`.
    count
        How many worlds.
    """
    found = []
    for _ in range(count):
        made = make()
        left = map(beyond_generic, made if isinstance(made, list) else [made])
        found.append(chance(between_tasks(*left), ways))
    return np.array(found, float)


#: Ways to make a world in which a task's name says nothing.
NAMELESS = ("one curve a model", "departures dealt out")


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
    return shared_departures(curves, 0.0, rng)


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
