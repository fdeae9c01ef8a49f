"""What single answers say of one size of BIG-G, and of two that are neighbours."""

from __future__ import annotations

import numpy as np

from replications.many_tasks_few_examples import ranking, variances
from replications.many_tasks_few_examples.answers import Answers
from replications.many_tasks_few_examples.variances import Split
from scalinglaws.uncertainty import Estimate, of_mean

HOW = "tasks drawn again"
#: Tasks of MEGA-Bench.
TASKS = 505


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


def less_their_noise(parts: Split, tasks: int) -> Split:
    """Pairs whose squared gap is lessened by what the noise of the measurement adds to it, none below nothing.

    Parameters
    ----------
    parts
        Of the pairs, shape (pairs, draws), from as many tasks with the examples that they had.
    tasks
        How many tasks were measured.
    """
    own = (np.maximum(parts.between, 0) + parts.within / variances.EXAMPLES) / tasks
    return parts._replace(mean=np.sqrt(np.maximum(parts.mean**2 - own, 0)))


def agreement(answers: Answers, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Share of halvings of the tasks whose two halves order a pair alike, shape (pairs,)."""
    first = ranking.halves(len(answers.tasks), draws, rng)
    used = np.isfinite(first)
    return ranking.alike(
        answers.difference[:, None], np.where(used, first, 0), np.where(used, 1 - first, 0)
    ).mean(axis=1)


def measures(
    answers: Answers, weights: np.ndarray, halvings: int, rng: np.random.Generator
) -> dict[str, Estimate]:
    """What is claimed of the answers, by claim.

    Parameters
    ----------
    answers
        Of neighbouring sizes.
    weights
        As `variances.drawn` gives them, shape (1 + draws, tasks).
    halvings, rng
        Number of halvings of the tasks, and the source of randomness for them.
    """
    pairs = of_pairs(answers, weights)
    values = {
        "bigg-single": variances.share_of_examples(of_sizes(answers, weights)).max(axis=0),
        "bigg-pair": variances.share_of_examples(variances.pooled(pairs)),
        "bigg-pairing": paired(answers, weights),
        "bigg-tasks": np.median(ranking.tasks_needed(pairs), axis=0),
        "bigg-ranking": ranking.chance_right(pairs, TASKS).min(axis=0),
    }
    found = {id: variances.interval(value, HOW) for id, value in values.items()}
    return found | {
        "bigg-halves": of_mean(agreement(answers, halvings, rng), "pairs of sizes, Student's interval")
    }
