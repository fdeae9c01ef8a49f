"""What single answers say of one size of BIG-G, and of two that are neighbours."""

from __future__ import annotations

import numpy as np

from replications.many_tasks_few_examples import ranking, variances
from replications.many_tasks_few_examples.answers import Answers
from replications.many_tasks_few_examples.variances import Split
from scalinglaws.uncertainty import Estimate, from_left_out

HOW = "tasks drawn again"
#: Tasks that stand for: never.
NEVER = 1e6


def of_sizes(answers: Answers, weights: np.ndarray) -> Split:
    """Each size's mean accuracy and its variances, shape (sizes, draws)."""
    right = answers.right[:, None]
    return variances.split(right, variances.most_within(right, answers.asked), answers.asked, weights)


def of_pairs(answers: Answers, weights: np.ndarray) -> Split:
    """Each pair's mean difference and its variances, shape (pairs, draws)."""
    return variances.split(answers.difference[:, None], answers.paired[:, None], answers.asked, weights)


def paired(answers: Answers, weights: np.ndarray) -> np.ndarray:
    """Noise of a question in a difference, over that with questions drawn apart, pairs pooled; one a draw."""
    single = variances.most_within(answers.right, answers.asked)
    apart = (single[1:] + single[:-1]).sum(axis=0)
    return weights @ answers.paired.sum(axis=0) / (weights @ apart)


def typical(parts: Split, spread: np.ndarray, tasks: float) -> Split:
    """A pair with the mean square gap of all pairs, less what noise adds to it, and the mean variances.

    A measured gap squared is too large by the variance of its measurement, on average.

    Parameters
    ----------
    parts
        Of the pairs, shape (pairs, draws).
    spread
        Variance of the difference over tasks, noise of their questions included, same shape.
    tasks
        How many were measured.

    Returns
    -------
    Split
        Shape (draws,). The gap is nothing where the squares are no larger than their noise.
    """
    square = (parts.mean**2 - spread / tasks).mean(axis=0)
    return variances.pooled(parts)._replace(mean=np.sqrt(np.maximum(square, 0)))


def needed(answers: Answers, weights: np.ndarray, examples: float = variances.EXAMPLES) -> np.ndarray:
    """Tasks that order a typical pair of neighbours rightly with a chance of 95 %; one a row of weights."""
    parts = of_pairs(answers, weights)
    noise = (weights * answers.paired[:, None] / answers.asked).sum(axis=-1) / weights.sum(axis=-1)
    return ranking.tasks_needed(typical(parts, parts.between + noise, weights.sum(axis=-1)), examples)


def tasks_needed(answers: Answers) -> Estimate:
    """`needed`, with the interval of the jackknife of its reciprocal, which is finite where gaps are nothing.

    More than `NEVER` stand as `NEVER`, and an interval whose reciprocal reaches nothing has no upper end.
    """
    one_out = 1 - np.eye(len(answers.tasks))
    worth = 1 / needed(answers, np.vstack([np.ones(len(answers.tasks)), one_out]))
    found = from_left_out(max(worth[0], 1 / NEVER), worth[1:], "each task left out")
    most = 1 / found.low if found.low > 1 / NEVER else np.inf
    return Estimate(1 / found.value, 1 / found.high, most, found.how)


def measures(answers: Answers, weights: np.ndarray) -> dict[str, Estimate]:
    """What is claimed of the answers, by claim.

    Parameters
    ----------
    answers
        Of neighbouring sizes.
    weights
        As `variances.drawn` gives them, shape (1 + draws, tasks).
    """
    values = {
        "bigg-single": variances.share_of_examples(of_sizes(answers, weights)).max(axis=0),
        "bigg-pair": variances.share_of_examples(variances.pooled(of_pairs(answers, weights))),
        "bigg-pairing": paired(answers, weights),
    }
    found = {id: variances.interval(value, HOW) for id, value in values.items()}
    return found | {"bigg-tasks": tasks_needed(answers)}


def agreement(answers: Answers, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Share of halvings of the tasks whose two halves order a pair alike, shape (pairs,)."""
    first = ranking.halves(len(answers.tasks), draws, rng)
    used = np.isfinite(first)
    one, other = np.where(used, first, 0), np.where(used, 1 - first, 0)
    return ranking.alike(answers.difference[:, None], one, other).mean(axis=1)


def steps_apart(answers: Answers, weights: np.ndarray) -> np.ndarray:
    """Share of the examples in the difference of sizes so many steps apart, at most; pairs pooled, one a step.

    Parameters
    ----------
    answers
        Of all sizes.
    weights
        One row, as for `measures`.

    Returns
    -------
    ndarray
        Shape (sizes - 1,), with noise of the two sizes taken as independent.
    """
    single = variances.most_within(answers.right, answers.asked)
    limits = []
    for step in range(1, len(answers.sizes)):
        difference = answers.right[step:] - answers.right[:-step]
        parts = variances.split(difference, single[step:] + single[:-step], answers.asked, weights)
        limits.append(variances.share_of_examples(variances.pooled(parts)))
    return np.array(limits)
