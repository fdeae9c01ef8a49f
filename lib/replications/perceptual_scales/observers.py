"""Simulated observers, and predictions dealt out among pairs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.special import ndtr

from replications.perceptual_scales.scales import (
    ASKED,
    PLACES,
    REPEATS,
    least_squares,
    monotone,
    of_people,
    score,
)
from scalinglaws.uncertainty import every_resample, weighted_ends


def shares(scale: np.ndarray, noise: float) -> np.ndarray:
    """Chance that the last picture of each triplet is called the nearer one: shape (..., 81).

    Parameters
    ----------
    scale
        Shape (..., 13), from 0 to 1.
    noise
        Standard deviation of a comparison.
    """
    # Equal distances are a tie on every processor: a share a bit above one half draws other numbers
    # than one half does.
    return ndtr(-np.round(scale @ ASKED.T, 12) / noise)


def answering(scale: np.ndarray, noise: float, people: int, rng: np.random.Generator) -> np.ndarray:
    """Counts of simulated people who all see one scale: shape (people, 81)."""
    return rng.binomial(REPEATS, shares(scale, noise), size=(people, len(ASKED)))


def scores(
    predicted: np.ndarray, seen: np.ndarray, noise: float, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Released scores of simulated populations of five, who all see one scale: shape (draws,)."""
    return np.array([score(predicted, least_squares(answering(seen, noise, 5, rng))) for _ in range(draws)])


def departures(seen: np.ndarray, noise: float, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Mean distance from the straight line of the released scales of such populations: shape (draws,)."""
    found = [least_squares(answering(seen, noise, 5, rng)) for _ in range(draws)]
    return np.abs(np.array(found) - PLACES).mean(axis=1)


def five_people(
    predicted: np.ndarray,
    amplitudes: tuple[float, float],
    noise: float,
    groups: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """How often intervals from five people hold the score of the population that they were drawn from.

    People see the prediction with amplitudes of their own, drawn from a normal distribution,
    and answer each triplet five times.

    Parameters
    ----------
    amplitudes
        Mean and standard deviation.
    groups
        Number of groups of five.

    Returns
    -------
    tuple
        Share of jackknife intervals, and of bootstraps over all 126 sets of five people, that hold it.
    """

    def chances(people: int) -> np.ndarray:
        seen = PLACES + rng.normal(*amplitudes, people)[:, None] * (predicted - PLACES)
        return shares(seen, noise)

    def of(answers: np.ndarray) -> float:
        return score(predicted, monotone(answers))

    truth, held = of(chances(4000).mean(axis=0)), np.zeros(2)
    sets, orders = every_resample(5)
    for _ in range(groups):
        answers = rng.binomial(REPEATS, chances(5)) / REPEATS
        found = of_people(answers, lambda some: of(some.mean(axis=0)))
        held[0] += found.low <= truth <= found.high
        low, high = weighted_ends(np.array([of(answers[some].mean(axis=0)) for some in sets]), orders)
        held[1] += low <= truth <= high
    return tuple(held / groups)


def dealt(
    measured: Mapping[str, np.ndarray],
    predicted: Mapping[str, np.ndarray],
    groups: Sequence[Sequence[str]],
    distance: Callable[[np.ndarray], float] = lambda off: np.mean(off**2),
) -> tuple[float, np.ndarray]:
    """Mean distance of scales from predictions: as they belong, and for all deals within groups.

    Parameters
    ----------
    measured, predicted
        Scales by pair.
    groups
        Pairs among which predictions are dealt out.
    distance
        Of a measured scale less a predicted one; without it the mean square.

    Returns
    -------
    tuple
        The distance as they belong, and shape (deals,), the true one among them.
    """
    totals = np.zeros(1)
    for group in groups:
        apart = np.array([[distance(measured[m] - predicted[p]) for p in group] for m in group])
        orders = np.array(list(itertools.permutations(range(len(group)))))
        sums = apart[np.arange(len(group)), orders].sum(axis=1)
        totals = (totals[:, None] + sums).ravel()
    totals /= sum(map(len, groups))
    return float(totals[0]), totals
