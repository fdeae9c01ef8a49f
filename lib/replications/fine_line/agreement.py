"""How much curves of the same name agree across models, and how much they would if names said nothing."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from scalinglaws.correlation import correlation
from scalinglaws.uncertainty import Estimate, every_resample, of_share, weighted_ends


def across(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Correlations over time of every curve of one model with every curve of another one.

    Parameters
    ----------
    first, second
        Shapes (models, tasks, times) and (other models, tasks, times).

    Returns
    -------
    ndarray
        Shape (models, other models, tasks, tasks).
    """
    return correlation(first[:, None, :, None, :], second[None, :, None, :, :])


def same_less_other(agree: np.ndarray) -> np.ndarray:
    """Mean agreement of the same task less that of two different tasks; the last two axes are tasks."""
    k = agree.shape[-1]
    same = np.trace(agree, axis1=-2, axis2=-1)
    return same / k - (agree.sum(axis=(-2, -1)) - same) / (k * (k - 1))


def own_less_other(agree: np.ndarray) -> np.ndarray:
    """For each task its agreement with itself less the mean of its agreements with others, shape (..., tasks)."""
    k = agree.shape[-1]
    same = np.diagonal(agree, axis1=-2, axis2=-1)
    both = agree.sum(axis=-1) + agree.sum(axis=-2) - 2 * same
    return same - both / (2 * (k - 1))


def over_pairs(values: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Mean over pairs of sizes, from the data and from every resample of the sizes.

    Parameters
    ----------
    values
        One value, or several, a pair of sizes, shape (sizes, sizes, ...).
    pairs
        Which pairs count, shape (sizes, sizes).

    Returns
    -------
    ndarray
        Shape (1 + resamples, ...), the data first; nan for resamples that hold no such pair.
    """
    drawn, _ = every_resample(len(values))
    times = (drawn[:, :, None] == np.arange(len(values))).sum(axis=1)
    times = np.vstack([np.ones(len(values), int), times])
    weights = times[:, :, None] * times[:, None, :] * pairs
    total = weights.sum(axis=(1, 2)).astype(float)
    sums = np.tensordot(weights, values, axes=([1, 2], [0, 1]))
    total = np.where(total > 0, total, np.nan).reshape(-1, *[1] * (sums.ndim - 1))
    return sums / total


def of_sizes(values: np.ndarray, how: str = "sizes drawn again") -> Estimate:
    """An estimate from what `over_pairs` gives of one value a pair, or a function of such."""
    _, orders = every_resample(resampled_sizes(len(values)))
    return Estimate.around(values[0], *weighted_ends(values[1:], orders), how)


def of_tasks(values: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means and ends of intervals of several values, from what `over_pairs` gives; `level` is their cover."""
    _, orders = every_resample(resampled_sizes(len(values)))
    ends = (1 - level) / 2, (1 + level) / 2
    low, high = np.transpose([weighted_ends(column, orders, ends) for column in values[1:].T])
    return values[0], low, high


def apart(left: np.ndarray, pairs: np.ndarray) -> Estimate:
    """Same task less different tasks over some pairs of sizes, from what is left of the curves."""
    return of_sizes(over_pairs(same_less_other(across(left, left)), pairs))


def mean_apart(left: np.ndarray, pairs: np.ndarray) -> float:
    """The same without its interval."""
    return float(same_less_other(across(left, left))[pairs].mean())


def own_of_tasks(left: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each task its agreement with itself less that with others, over all pairs of sizes; as `of_tasks`."""
    own = own_less_other(across(left, left))
    return of_tasks(over_pairs(own, neighbours(len(left))), level)


def chance_of(left: np.ndarray, ways: np.ndarray, exact: bool = True) -> Estimate | float:
    """The chance of the names of a family, from what is left of its curves; as `chance`."""
    return chance(between_tasks(left), ways, exact)


def resampled_sizes(rows: int) -> int:
    """Of how many sizes the rows of `over_pairs` are the data and every resample."""
    return next(n for n in range(2, 12) if len(every_resample(n)[0]) == rows - 1)


def neighbours(sizes: int) -> np.ndarray:
    """All pairs of two different sizes, the smaller first, shape (sizes, sizes)."""
    return np.triu(np.ones((sizes, sizes), bool), 1)


def deals(tasks: int, most: int, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    """Ways to deal out the names of tasks: all of them if they are at most `most`, else as many drawn.

    Returns
    -------
    ndarray
        Shape (ways, tasks); the names as they are come first.
    bool
        Whether they are all.
    """
    if np.prod(np.arange(1, tasks + 1)) <= most:
        return np.array(list(permutations(range(tasks))), dtype=np.int8), True
    return np.vstack([np.arange(tasks), deals_of(np.arange(tasks), most, rng)]), False


def chance(agree: np.ndarray, ways: np.ndarray, exact: bool = True) -> Estimate | float:
    """Share of the deals of names under which the same name agrees as much as it does.

    Parameters
    ----------
    agree
        Mean agreement of every task with every task, shape (tasks, tasks).
    ways, exact
        As from `deals`.

    Returns
    -------
    Estimate or float
        With the interval of the draws where the deals are drawn.
    """
    dealt = sum(agree[k, ways[:, k]] for k in range(len(agree)))
    # The order that the data have is one of the deals, and ties count as hits: the share is never 0.
    hits = int((dealt >= dealt[0] - 1e-9).sum())
    return hits / len(ways) if exact else of_share(hits, len(ways), "deals of the names")


def mean_agreement(agree: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Mean over pairs of sizes of the agreement of every task with every task, either size first."""
    mean = agree[pairs].mean(axis=0)
    return (mean + mean.T) / 2


def between_tasks(left: np.ndarray, other: np.ndarray | None = None) -> np.ndarray:
    """Agreement of every task with every task, shape (tasks, tasks).

    Parameters
    ----------
    left
        What is left of the curves of a family, shape (sizes, tasks, times): the mean over its pairs of sizes.
    other
        The same for a model of another family; then `left` is one model too, and the two are compared.
    """
    if other is not None:
        return across(left, other)[0, 0]
    return mean_agreement(across(left, left), neighbours(len(left)))


def within_domains(agree: np.ndarray, domains: np.ndarray) -> np.ndarray:
    """Mean agreement of two tasks of one domain less that of two tasks of different ones.

    Parameters
    ----------
    agree
        Shape (tasks, tasks).
    domains
        A whole number for each task, shape (..., tasks); a negative one has no domain and counts as
        different from all.
    """
    alike = domains[..., :, None] == domains[..., None, :]
    alike &= (domains >= 0)[..., None, :]
    alike &= ~np.eye(len(agree), dtype=bool)
    apart = ~alike & ~np.eye(len(agree), dtype=bool)
    return (agree * alike).sum(axis=(-2, -1)) / alike.sum(axis=(-2, -1)) - (agree * apart).sum(
        axis=(-2, -1)
    ) / apart.sum(axis=(-2, -1))


def chance_of_domains(
    agree: np.ndarray, domains: np.ndarray, most: int, rng: np.random.Generator
) -> Estimate:
    """Share of the deals of domains under which tasks of one domain move together as much as they do."""
    dealt = within_domains(agree, np.vstack([domains, deals_of(domains, most, rng)]))
    hits = int((dealt >= dealt[0] - 1e-9).sum())
    return of_share(hits, len(dealt), "deals of the domains")


def deals_of(labels: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """So many random orders of the labels, shape (most, labels)."""
    return rng.permuted(np.tile(labels, (most, 1)), axis=1)


def two_sizes_and_one(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Same task less different tasks between runs of two sizes, and between two runs of one size.

    Parameters
    ----------
    first, second
        What is left of the curves of two series of the same sizes, shape (sizes, tasks, times).

    Returns
    -------
    two, one
        From the data and from every resample of the sizes, as from `over_pairs`.
    """
    apart = same_less_other(across(first, second))
    drawn, _ = every_resample(len(apart))
    own = np.diag(apart)
    two = over_pairs(apart, ~np.eye(len(apart), dtype=bool))
    return two, np.concatenate([[own.mean()], own[drawn].mean(axis=1)])
