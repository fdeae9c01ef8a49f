"""SELECT's training sets: base accuracy by class, transfer by task, and what the count of pictures explains."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from scalinglaws.correlation import rank_correlation
from scalinglaws.uncertainty import Estimate

#: Sets that were found by CLIP or made by Stable Diffusion.
NEW = ("la1000", "laionnet", "sd1000", "sd1000t2i")
GOLD = "in1000"


def by_class(classes: pd.DataFrame, what: str = "accuracy") -> pd.DataFrame:
    """A row each class and a column each training set."""
    return classes.pivot_table(what, "class", "train_set")


def leads(classes: pd.DataFrame, counts: np.ndarray) -> pd.DataFrame:
    """Lead of ImageNet-1K over each other set in mean class accuracy, in samples of classes.

    Parameters
    ----------
    classes
        The table of classes.
    counts
        How often each class stands in each sample, shape (draws, classes).
    """
    accuracy = by_class(classes)
    others = accuracy.drop(columns=GOLD)
    ahead = accuracy[[GOLD]].to_numpy() - others.to_numpy()
    return pd.DataFrame(counts @ ahead / counts.sum(axis=1, keepdims=True), columns=others.columns)


def imbalance(classes: pd.DataFrame) -> pd.DataFrame:
    """Of each set: mean accuracy, pictures, classes with fewer than 500, and the share of its pictures in its 50 largest."""
    groups = classes.groupby("train_set")
    return pd.DataFrame(
        {
            "accuracy": groups.accuracy.mean(),
            "pictures": groups.n_train.sum(),
            "below 500": groups.n_train.apply(lambda n: int((n < 500).sum())),
            "in the top 5 %": groups.n_train.apply(lambda n: n.nlargest(50).sum() / n.sum()),
        }
    )


def left_at_equal_counts(classes: pd.DataFrame, name: str, counts: np.ndarray) -> np.ndarray:
    """Share of the gap to ImageNet-1K that a line leaves at equal counts.

    The line is of the gap of a class in the binary logarithm of its count over ImageNet's; a class without
    pictures counts as one with one.

    Parameters
    ----------
    classes, counts
        As in `leads`.
    name
        The training set.

    Returns
    -------
    ndarray
        Height of the line at equal counts over the mean gap, shape (draws,).
    """
    accuracy, n = by_class(classes), by_class(classes, "n_train")
    gap = (accuracy[GOLD] - accuracy[name]).to_numpy()
    fewer = np.log2(n[name].clip(lower=1) / n[GOLD]).to_numpy()
    total = counts.sum(axis=1)
    mean_x, mean_y = counts @ fewer / total, counts @ gap / total
    slope = (counts @ (fewer * gap) / total - mean_x * mean_y) / (counts @ fewer**2 / total - mean_x**2)
    return 1 - slope * mean_x / mean_y


def logits(transfer: pd.DataFrame) -> pd.DataFrame:
    """Logits of accuracies, half a picture added on either side; a row each task and a column each set."""
    right, wrong = transfer.n_correct + 0.5, transfer.n_test - transfer.n_correct + 0.5
    return transfer.assign(it=np.log(right / wrong)).pivot_table("it", "task", "train_set").round(9)


def beaten(transfer: pd.DataFrame, level: float = 0.05) -> pd.DataFrame:
    """Where a new set is better than ImageNet-1K beyond the noise of the test sets.

    One-sided comparisons of two shares, as if the two models had been tested on different pictures, adjusted by
    Holm's rule.

    Returns
    -------
    DataFrame
        True or false, a row each task and a column each new set.
    """
    right = transfer.pivot_table("n_correct", "task", "train_set")
    n = transfer.drop_duplicates("task").set_index("task").n_test.reindex(right.index).to_numpy()[:, None]
    new, gold = right[list(NEW)].to_numpy(), right[[GOLD]].to_numpy()
    pooled = (new + gold) / (2 * n)
    chances = stats.norm.sf((new - gold) / n / np.sqrt(2 * pooled * (1 - pooled) / n)).ravel()
    ordered = np.argsort(chances)
    passed = chances[ordered] <= level / np.arange(len(chances), 0, -1)
    found = np.zeros(len(chances), bool)
    found[ordered] = np.logical_and.accumulate(passed)
    return pd.DataFrame(found.reshape(new.shape), right.index, list(NEW))


def by_subsets(values: np.ndarray) -> Estimate:
    """The mean of values whose signs are blind around it, with the interval that the means of all subsets make.

    A true centre falls between any two neighbours among the ordered means with the same chance (Hartigan 1969), so that
    this holds what the exact test of blind signs does not refute.
    """
    n = len(values)
    member = (np.arange(1, 2**n)[:, None] >> np.arange(n)) & 1
    means = np.sort(member @ values / member.sum(axis=1))
    out = int(0.025 * 2**n)
    return Estimate(float(np.mean(values)), means[out - 1], means[-out], "tasks, by signs")


def ranks(scores: pd.DataFrame) -> pd.DataFrame:
    """Rank of each set in each row, one for the best."""
    return scores.rank(axis=1, ascending=False)


def shared_order(scores: pd.DataFrame, draws: int, rng: np.random.Generator) -> tuple[float, float]:
    """Kendall's coefficient of concordance of the rows, and the chance of as much if each row's order is drawn blindly."""
    by_row = ranks(scores).to_numpy()
    rows, sets = by_row.shape

    def spread(r):
        return r.sum(axis=-2).var(axis=-1)

    blind = spread(rng.permuted(np.broadcast_to(by_row, (draws, rows, sets)), axis=-1))
    most = rows**2 * (sets**2 - 1) / 12
    return spread(by_row) / most, (1 + np.sum(blind >= spread(by_row) - 1e-9)) / (1 + draws)


def base_and_transfer(classes: pd.DataFrame, scores: pd.DataFrame, counts: np.ndarray) -> np.ndarray:
    """Rank correlation of base accuracy with transfer over the sets that have both, in samples of tasks.

    Parameters
    ----------
    classes
        The table of classes.
    scores
        Of transfer, a row each task and a column each set.
    counts
        How often each task stands in each sample, shape (draws, tasks).

    Returns
    -------
    ndarray
        Shape (draws,); transfer is the mean rank among these sets.
    """
    base = by_class(classes).mean().round(6)
    both = base.index.intersection(scores.columns)
    mean_ranks = (counts @ ranks(scores[both]).to_numpy()).round(6)
    return rank_correlation(base[both].to_numpy(), -mean_ranks)
