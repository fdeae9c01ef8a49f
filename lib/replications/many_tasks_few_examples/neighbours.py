"""What single answers say of one size of BIG-G, and of two that are neighbours."""

from __future__ import annotations

import numpy as np

from replications.many_tasks_few_examples import ranking, variances
from replications.many_tasks_few_examples.answers import Answers
from replications.many_tasks_few_examples.variances import Split
from scalinglaws.uncertainty import Estimate

HOW = "tasks drawn again"


def of_sizes(answers: Answers, weights: np.ndarray, power: float = 0) -> Split:
    """Each size's mean accuracy and its variances, shape (sizes, draws); tasks count as for `of_pairs`."""
    right = answers.right[:, None]
    within = variances.most_within(right, answers.asked)
    return variances.split(right, within, answers.asked, weights, answers.asked**power)


def of_pairs(answers: Answers, weights: np.ndarray, power: float = 0) -> Split:
    """Each pair's mean difference and its variances, shape (pairs, draws).

    Parameters
    ----------
    answers, weights
        As for `measures`.
    power
        In the variance between tasks a task counts as this power of its questions.
    """
    difference, within = answers.difference[:, None], answers.paired[:, None]
    return variances.split(difference, within, answers.asked, weights, answers.asked**power)


def share_in_pairs(answers: Answers, weights: np.ndarray, power: float = 0) -> np.ndarray:
    """Share of the questions in the variance of a difference, pairs pooled; one a draw."""
    return variances.share_of_examples(variances.pooled(of_pairs(answers, weights, power)))


def uneven(answers: Answers) -> np.ndarray:
    """Chi-square of each pair: whether the larger wins the same part of the disputed questions on all tasks.

    A question is disputed where just one of the two is right. Shape (pairs,); tasks without one add nothing.
    """
    won, disputed = answers.gained * answers.asked, (answers.gained + answers.lost) * answers.asked
    part = won.sum(axis=1, keepdims=True) / disputed.sum(axis=1, keepdims=True)
    off = (won - part * disputed) ** 2
    return (off / np.where(disputed > 0, disputed * part * (1 - part), 1)).sum(axis=1)


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


def needed(answers: Answers, weights: np.ndarray, power: float = 0) -> np.ndarray:
    """Tasks that order a typical pair of neighbours rightly with a chance of 95 %; one a row of weights."""
    parts = of_pairs(answers, weights, power)
    noise = (weights * answers.paired[:, None] / answers.asked).sum(axis=-1) / weights.sum(axis=-1)
    return ranking.tasks_needed(typical(parts, parts.between + noise, weights.sum(axis=-1)))


def measures(answers: Answers, weights: np.ndarray, power: float = 0) -> dict[str, Estimate]:
    """What is claimed of the answers, by claim.

    Parameters
    ----------
    answers
        Of neighbouring sizes.
    weights
        As `variances.drawn` gives them, shape (1 + draws, tasks).
    power
        As for `of_pairs`.
    """
    values = {
        "bigg-single": variances.share_of_examples(of_sizes(answers, weights, power)).max(axis=0),
        "bigg-pair": share_in_pairs(answers, weights, power),
        "bigg-pairing": paired(answers, weights),
    }
    found = {id: variances.interval(value, HOW) for id, value in values.items()}
    one_out = needed(answers, variances.left_out(answers.tasks), power)
    return found | {"bigg-tasks": ranking.interval(one_out, "each task left out")}


def steps_apart(answers: Answers, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean gap of sizes so many steps apart, and the share of the examples in it, at most; pairs pooled.

    Parameters
    ----------
    answers
        Of all sizes.
    weights
        One row, as for `measures`.

    Returns
    -------
    gaps, limits
        Shape (sizes - 1,), one a step, with noise of the two sizes taken as independent.
    """
    single = variances.most_within(answers.right, answers.asked)
    gaps, limits = [], []
    for step in range(1, len(answers.sizes)):
        difference = answers.right[step:] - answers.right[:-step]
        parts = variances.split(difference, single[step:] + single[:-step], answers.asked, weights)
        together = variances.pooled(parts)
        gaps.append(together.mean)
        limits.append(variances.share_of_examples(together))
    return np.array(gaps), np.array(limits)
