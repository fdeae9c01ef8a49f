"""Variance of a mean over tasks, split into what tasks add and what their examples add.

A task's score is a mean over its n examples. Over tasks drawn at random its variance is
between + within / n, so that the mean over T tasks has the variance (between + within / n) / T.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scalinglaws.uncertainty import Estimate, cluster_counts, from_draws

#: Examples a task at which shares are stated: what MEGA-Bench has on average, rounded.
EXAMPLES = 15


class Split(NamedTuple):
    """Mean over tasks, and the two variances; each of shape (...) for scores of shape (..., tasks)."""

    mean: np.ndarray
    between: np.ndarray
    within: np.ndarray


def most_within(scores: np.ndarray, examples: np.ndarray) -> np.ndarray:
    """The most variance that examples of a task can have if their scores lie between 0 and 1.

    The variance of the sample is largest where all scores are 0 or 1, and then known from its mean.

    Parameters
    ----------
    scores, examples
        Mean score and number of examples of each task, shapes that can be broadcast.

    Returns
    -------
    ndarray
        s (1 - s) n / (n - 1), an unbiased estimate where scores are 0 or 1.

    Raises
    ------
    ValueError
        If a task has a single example.
    """
    if np.min(examples) < 2:
        raise ValueError("a task with a single example says nothing of the variance of examples")
    return scores * (1 - scores) * examples / (examples - 1)


def split(
    scores: np.ndarray,
    within: np.ndarray,
    examples: np.ndarray,
    weights: np.ndarray | None = None,
    trust: np.ndarray | None = None,
) -> Split:
    """The two variances, by moments: the variance of task scores less what their examples add to it.

    `between` is half the squared difference of the scores of two tasks, less their noise, averaged over
    all pairs of tasks, each with the product of the two tasks' trust.

    Parameters
    ----------
    scores, within
        Mean and variance of the examples of each task, shape (..., tasks).
    examples
        Number of examples of each task, shape (tasks,).
    weights
        How often each task is taken, shape (..., tasks); once each if left out.
    trust
        How much a task counts in `between`, shape (tasks,); all alike if left out. Tasks of many examples
        show their true scores best. The mean and `within` are those of tasks that count alike.

    Returns
    -------
    Split
        Unbiased, whatever the trust, as long as it has nothing to do with a task's true score; `between`
        can so come out below nothing where tasks add little.

    Source: DerSimonian & Kacker (2007), Contemporary Clinical Trials 28, general method of moments.
    """
    weights = np.ones(scores.shape[-1]) if weights is None else weights
    trust = np.ones(scores.shape[-1]) if trust is None else trust
    taken, counts = weights.sum(axis=-1), weights * trust
    total = counts.sum(axis=-1)
    centre = (counts * scores).sum(axis=-1) / total
    spread = (counts * (scores - centre[..., None]) ** 2).sum(axis=-1)
    noise = (counts * (1 - trust / total[..., None]) * within / examples).sum(axis=-1)
    between = (spread - noise) / (total - (counts * trust).sum(axis=-1) / total)
    mean = (weights * scores).sum(axis=-1) / taken
    return Split(mean, between, (weights * within).sum(axis=-1) / taken)


def share_of_examples(parts: Split, examples: float = EXAMPLES) -> np.ndarray:
    """Share of the examples in the variance of a mean over tasks with so many examples each.

    Above one where `between` is below nothing, as half of the estimates are if tasks add nothing.
    """
    noise = parts.within / examples
    return noise / (parts.between + noise)


def pooled(parts: Split) -> Split:
    """The variances averaged over the first axis, such as pairs of models."""
    return Split(*(np.mean(part, axis=0) for part in parts))


def drawn(groups: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """How often each task is taken: once each in the first row, then bootstrap samples that draw whole groups.

    Parameters
    ----------
    groups
        Label of each task, shape (tasks,); all different where tasks are drawn singly.
    draws, rng
        Number of samples and source of randomness.

    Returns
    -------
    ndarray
        Shape (1 + draws, tasks).

    Raises
    ------
    ValueError
        If there are fewer than two groups.
    """
    return np.vstack([np.ones(len(groups)), cluster_counts(groups, draws, rng)])


def left_out(groups: np.ndarray) -> np.ndarray:
    """How often each task is taken: once each in the first row, then with each group left out in turn."""
    return np.vstack([np.ones(len(groups)), np.unique(groups)[:, None] != groups])


def interval(values: np.ndarray, how: str) -> Estimate:
    """The first of the values, from the tasks as they are, with the percentile interval of the others."""
    return from_draws(values[0], values[1:], how)


def clustering(scores: np.ndarray, groups: np.ndarray) -> float:
    """Variance of the mean with groups drawn, over that with tasks drawn: the design effect.

    Parameters
    ----------
    scores, groups
        Score and label of each task, shape (tasks,).

    Source: Kish (1965), Survey Sampling, section 5.4, with the variance of a ratio of sums.
    """
    names, codes = np.unique(groups, return_inverse=True)
    sums = np.bincount(codes, scores - scores.mean())
    by_group = len(names) / (len(names) - 1) * (sums**2).sum() / len(scores) ** 2
    return float(by_group / (scores.var(ddof=1) / len(scores)))
