"""Exponents of mean losses, with intervals that draw whole draws again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scalinglaws.uncertainty import Estimate, distance, from_draws, of_mean

HOW = "bootstrap over draws"


def slopes(sizes: Sequence[float], losses: np.ndarray, rng: np.random.Generator, resamples: int = 1000):
    """Minus the slope of log mean loss against log size, and the same from resamples of the draws.

    Parameters
    ----------
    sizes
        Numbers of examples or features, shape (n,).
    losses
        One row a draw, shape (draws, n), all positive.
    rng
        For the resampling.
    resamples
        How many.

    Returns
    -------
    (float, ndarray)
        The exponent, and those of the resamples.
    """
    x = np.log(np.asarray(sizes, float))
    weights = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    counts = rng.multinomial(len(losses), np.full(len(losses), 1 / len(losses)), resamples)
    again = np.log(counts @ losses / len(losses)) @ weights
    return -float(np.log(losses.mean(0)) @ weights), -again


def exponent(sizes: Sequence[float], losses: np.ndarray, rng: np.random.Generator) -> Estimate:
    """The exponent by which a mean loss falls with the size; the interval draws whole draws again."""
    return from_draws(*slopes(sizes, losses, rng), HOW)


def typical(sizes: Sequence[float], losses: np.ndarray) -> Estimate:
    """The exponent of the typical loss, the mean of logarithms, which no single draw can carry."""
    x = np.log(np.asarray(sizes, float)) - np.log(sizes).mean()
    return of_mean(-np.log(losses) @ x / (x @ x), "Student's t over draws")


def difference(
    sizes: Sequence[float], one: np.ndarray, other: np.ndarray, rng: np.random.Generator
) -> Estimate:
    """The exponent of one set of draws less that of another, each drawn again by itself."""
    (first, again), (second, too) = slopes(sizes, one, rng), slopes(sizes, other, rng)
    return from_draws(first - second, again - too, HOW)


def straightness(sizes: Sequence[float], losses: np.ndarray, rng: np.random.Generator) -> Estimate:
    """The exponent between the last two sizes over that between the first two; 1 for a power law."""
    # The same resamples at both ends, since a draw spans them.
    same = int(rng.integers(2**32))
    (late, again), (early, too) = (
        slopes(sizes[part], losses[:, part], np.random.default_rng(same))
        for part in (slice(-2, None), slice(0, 2))
    )
    return from_draws(late / early, again / too, HOW)


def off(losses: np.ndarray, predicted: float) -> Estimate:
    """How far a mean loss is from a prediction, as a share of it, either way."""
    return distance(of_mean(losses / predicted - 1, "Student's t over draws"), 0.0)


def typically_off(losses: np.ndarray, predicted: float) -> Estimate:
    """How far a typical loss is from a prediction, either way: the mean of the logarithms of their ratios."""
    return distance(of_mean(np.log(losses / predicted), "Student's t over draws"), 0.0)


def worst(distances: Sequence[Estimate]) -> Estimate:
    """The largest of several distances, with its own interval."""
    return max(distances, key=lambda one: one.value)
