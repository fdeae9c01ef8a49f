"""What the scores of MEGA-Bench say of one model, and of the difference of two."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import pandas as pd

from replications.many_tasks_few_examples import variances
from replications.many_tasks_few_examples.ranking import SURE, tasks_needed
from replications.many_tasks_few_examples.variances import Split
from scalinglaws.uncertainty import Estimate

#: Column of the table -> name, from the lowest overall score to the highest.
MODELS = {
    "qwen_2_7b": "Qwen2-VL-7B",
    "grok_2": "Grok-2",
    "gemini_20": "Gemini 2.0",
    "gemini_25": "Gemini 2.5 Pro",
}
PAIRS = list(itertools.combinations(MODELS, 2))
NEAR = ("gemini_20", "gemini_25")
HOW = "groups of tasks drawn again"


class Difference(NamedTuple):
    """Of a pair on the tasks that both were asked: first score, second score, examples, weights."""

    first: np.ndarray
    second: np.ndarray
    asked: np.ndarray
    weights: np.ndarray

    @property
    def noise(self) -> np.ndarray:
        """The most variance of a single example in the difference, with noise of the two independent."""
        return sum(variances.most_within(each, self.asked) for each in (self.first, self.second))


def of_model(table: pd.DataFrame, model: str, weights: np.ndarray) -> Split:
    """A model's mean over the tasks that it was asked, and the variances if examples vary as much as they can."""
    known = table[model].notna().to_numpy()
    scores, asked = table.loc[known, model].to_numpy(), table.n_questions[known].to_numpy()
    return variances.split(scores, variances.most_within(scores, asked), asked, weights[:, known])


def of_pair(table: pd.DataFrame, pair: tuple[str, str], weights: np.ndarray) -> Difference:
    """The scores of two models on the tasks that both were asked."""
    known = table[list(pair)].notna().all(axis=1).to_numpy()
    first, second = table.loc[known, list(pair)].to_numpy().T
    return Difference(first, second, table.n_questions[known].to_numpy(), weights[:, known])


def share_in_score(table: pd.DataFrame, model: str, weights: np.ndarray) -> np.ndarray:
    """Share of the examples in the variance of a model's overall score, at most; one a draw."""
    return variances.share_of_examples(of_model(table, model, weights))


def share_in_difference(
    table: pd.DataFrame, pair: tuple[str, str], weights: np.ndarray, part: float = 1.0
) -> np.ndarray:
    """Share of the examples in the variance of a difference; one a draw.

    Parameters
    ----------
    table, pair, weights
        Scores, the two models, and how often each task is taken.
    part
        How much of the most that examples can vary they are taken to vary.
    """
    each = of_pair(table, pair, weights)
    parts = variances.split(each.second - each.first, part * each.noise, each.asked, each.weights)
    return variances.share_of_examples(parts)


def spread(scores: np.ndarray, weights: np.ndarray) -> Split:
    """Mean and variance of scores over tasks, examples included."""
    return variances.split(scores, np.zeros_like(scores), np.ones_like(scores), weights)


def paired(table: pd.DataFrame, pair: tuple[str, str], weights: np.ndarray) -> np.ndarray:
    """Variance of a difference on shared tasks over that on tasks drawn apart; one a draw."""
    each = of_pair(table, pair, weights)
    apart = sum(spread(scores, each.weights).between for scores in (each.first, each.second))
    return spread(each.second - each.first, each.weights).between / apart


def needed(table: pd.DataFrame, pair: tuple[str, str], weights: np.ndarray, sure: float = SURE) -> np.ndarray:
    """Tasks that order a pair rightly with a chance of `sure`, with as many examples as there are; one a draw."""
    each = of_pair(table, pair, weights)
    return tasks_needed(spread(each.second - each.first, each.weights), sure=sure)


def measures(
    table: pd.DataFrame, weights: np.ndarray, how: str = HOW, part: float = 1.0, sure: float = SURE
) -> dict[str, Estimate]:
    """What is claimed of the scores, by claim.

    Parameters
    ----------
    table
        `megabench_tasks`.
    weights
        As `variances.drawn` gives them, shape (1 + draws, tasks).
    how
        What was drawn.
    part, sure
        As for `share_in_difference` and `needed`.
    """
    far = [pair for pair in PAIRS if pair != NEAR]
    values = {
        "single-half": np.max([share_in_score(table, model, weights) for model in MODELS], axis=0),
        "far-half": np.max([share_in_difference(table, pair, weights, part) for pair in far], axis=0),
        "pairing": paired(table, NEAR, weights),
        "report": needed(table, NEAR, weights, sure),
    }
    return {id: variances.interval(value, how) for id, value in values.items()}


def by_application(table: pd.DataFrame, pair: tuple[str, str] = NEAR) -> pd.DataFrame:
    """Mean difference of a pair in each application, its standard error and the number of tasks."""
    difference = table[pair[1]] - table[pair[0]]
    found = difference.groupby(table.application).agg(["size", "mean", "sem"])
    return found.set_axis(["tasks", "difference", "standard error"], axis=1)


def examples_of(answers: pd.DataFrame, weights: np.ndarray) -> Split:
    """The split from scores of single examples: one row an example, with columns `task` and `score`."""
    each = answers.groupby("task").score.agg(["mean", "var", "size"])
    return variances.split(*each.to_numpy().T, weights)


def fewer(
    answers: pd.DataFrame, examples: int, draws: int, rng: np.random.Generator, tasks_too: bool
) -> float:
    """Standard deviation of the mean over tasks where only some examples of each are used.

    Parameters
    ----------
    answers
        As for `examples_of`.
    examples
        Drawn of each task, with replacement.
    draws, rng
        How often, and the source of randomness.
    tasks_too
        Whether the tasks are drawn as well, with replacement.
    """
    each = [group.to_numpy() for _, group in answers.groupby("task").score]
    means = [rng.choice(scores, (draws, examples)).mean(axis=1) for scores in each]
    times = np.ones((draws, len(each)))
    if tasks_too:
        times = rng.multinomial(len(each), np.full(len(each), 1 / len(each)), size=draws)
    return float((np.transpose(means) * times).mean(axis=1).std())
