"""What the scores of MEGA-Bench say of one model, and of the difference of two."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from replications.many_tasks_few_examples import ranking, variances
from replications.many_tasks_few_examples.ranking import SURE
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
#: Column of what is drawn, or left out in turn -> how that is said.
DRAWN = {"group": "groups of tasks drawn again", "task": "tasks drawn again"}
LEFT_OUT = {"group": "each group of tasks left out", "task": "each task left out"}


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
    return ranking.tasks_needed(spread(each.second - each.first, each.weights), sure=sure)


def measures(
    table: pd.DataFrame, weights: np.ndarray, unit: str = "group", part: float = 1.0, sure: float = SURE
) -> dict[str, Estimate]:
    """What is claimed of the scores, by claim.

    Parameters
    ----------
    table
        `megabench_tasks`.
    weights
        As `variances.drawn` gives them, shape (1 + draws, tasks).
    unit
        Column of what was drawn: `group` or `task`. For `report` each is left out in turn.
    part, sure
        As for `share_in_difference` and `needed`.
    """
    far = [pair for pair in PAIRS if pair != NEAR]
    values = {
        "single-half": np.max([share_in_score(table, model, weights) for model in MODELS], axis=0),
        "far-half": np.max([share_in_difference(table, pair, weights, part) for pair in far], axis=0),
        "pairing": paired(table, NEAR, weights),
    }
    found = {id: variances.interval(value, DRAWN[unit]) for id, value in values.items()}
    one_out = needed(table, NEAR, variances.left_out(table[unit].to_numpy()), sure)
    return found | {"report": ranking.interval(one_out, LEFT_OUT[unit])}


def by_application(table: pd.DataFrame, pair: tuple[str, str] = NEAR) -> pd.DataFrame:
    """Mean difference of a pair in each application, with Student's interval from its groups of tasks.

    The standard error is that of a mean over tasks of which whole groups are drawn; half of the interval
    is as many of them as Student's distribution asks for, with one degree of freedom less than groups.
    """
    rows = {}
    for application, tasks in table.groupby("application"):
        difference = tasks[pair[1]] - tasks[pair[0]]
        groups = tasks.group.nunique()
        error = difference.sem() * np.sqrt(variances.clustering(difference.to_numpy(), tasks.group))
        half = special.stdtrit(groups - 1, 0.975) * error
        rows[application] = [len(tasks), groups, difference.mean(), error, half]
    return pd.DataFrame(rows, index=["tasks", "groups", "difference", "standard error", "half"]).T


def unlike(table: pd.DataFrame, draws: int, rng: np.random.Generator, pair: tuple[str, str] = NEAR) -> float:
    """How often applications differ as much in the difference of a pair where groups are dealt out among them.

    Parameters
    ----------
    table, pair
        Scores, and the two models.
    draws, rng
        How often the groups are dealt out, each application getting as many as it has, and with which randomness.

    Returns
    -------
    float
        The share of deals whose variance between applications is as large as that seen, which counts as one of them.
    """
    off = (table[pair[1]] - table[pair[0]]).to_numpy()
    off = off - off.mean()
    names, codes = np.unique(table.group, return_inverse=True)
    applications, of_group = np.unique(table.groupby("group").application.first()[names], return_inverse=True)
    sums, sizes = np.bincount(codes, off), np.bincount(codes)
    dealt = np.vstack([of_group, rng.permuted(np.tile(of_group, (draws, 1)), axis=1)])
    member = dealt[:, :, None] == np.arange(len(applications))
    between = ((sums @ member) ** 2 / (sizes @ member)).sum(axis=1)
    return float(np.mean(between >= between[0] * (1 - 1e-9)))


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
        Whether the tasks are drawn as well, with replacement; one that is drawn twice has its examples drawn twice.
    """
    ordered = answers.sort_values("task", kind="stable")
    asked = ordered.groupby("task").size().to_numpy()
    first = np.cumsum(asked) - asked
    tasks = np.tile(np.arange(len(asked)), (draws, 1))
    if tasks_too:
        tasks = rng.integers(len(asked), size=tasks.shape)
    places = first[tasks][..., None] + rng.integers(asked[tasks][..., None], size=(*tasks.shape, examples))
    return float(ordered.score.to_numpy()[places].mean(axis=(1, 2)).std())
