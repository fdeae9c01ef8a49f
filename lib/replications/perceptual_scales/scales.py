"""Scales of people who compare triplets: the released least squares, the likelihood, and the released score."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.optimize import nnls
from scipy.special import ndtri, stdtrit

from scalinglaws.uncertainty import Estimate

#: Pictures on a path, the largest gap within a triplet, and how often a person saw each triplet.
STIMULI, FAR, REPEATS = 13, 3, 5
#: Places of the pictures on the path from the first to the last.
PLACES = np.linspace(0, 1, STIMULI)
#: How near to 0 and 1 the released recipe lets a share of answers come before it takes the probit.
CLIP = 1e-3
#: Largest derivative of the log likelihood, a trial, that counts as zero.
FLAT = 1e-8
PROBIT = sm.families.Binomial(sm.families.links.Probit())


def contrasts() -> np.ndarray:
    """What each triplet asks of a scale: the scale at its ends less twice that in its middle.

    Returns
    -------
    ndarray
        Shape (81, 13), in lexicographic order of the triplets: times a scale, negative where the
        last picture lies nearer to the middle one than the first does.

    Source: JonathanVacher/perceptual_metric, src/mlds/mlds.py.
    """
    near = [t for t in itertools.combinations(range(STIMULI), 3) if max(np.diff(t)) <= FAR]
    asked = np.zeros((len(near), STIMULI))
    for row, triplet in zip(asked, near, strict=True):
        row[list(triplet)] = 1, -2, 1
    return asked


ASKED = contrasts()


def by_condition(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Of each condition the counts of `last_nearer`, of five: shape (people, 81)."""
    names = sorted(table.condition.unique())
    counts = table.sort_values(["condition", "person", "triplet"]).last_nearer.to_numpy()
    return dict(zip(names, counts.reshape(len(names), -1, len(ASKED)), strict=True))


def monotone(shares: np.ndarray, clip: float = CLIP) -> np.ndarray:
    """The scale by the released recipe: least squares on the probits of shares, monotone, from 0 to 1.

    Steps that must not be negative make it a problem with one optimum, which is found exactly.

    Parameters
    ----------
    shares
        How often the last picture of each triplet was the nearer one, shape (81,).
    clip
        Distance from 0 and 1 that shares are held at.

    Returns
    -------
    ndarray
        Shape (13,).

    Raises
    ------
    ValueError
        If no step is positive: such answers have no scale.
    """
    wanted = -ndtri(np.clip(shares, clip, 1 - clip))
    steps, _ = nnls(ASKED @ np.tri(STIMULI)[:, 1:], wanted)
    if not steps.sum() > 0:
        raise ValueError("answers without any order have no scale")
    return np.concatenate([[0], np.cumsum(steps)]) / steps.sum()


def least_squares(answers: np.ndarray, clip: float = CLIP) -> np.ndarray:
    """The released recipe's scale of all people together, from their counts, shape (people, 81)."""
    return monotone(answers.mean(axis=0) / REPEATS, clip)


def regression(answers: np.ndarray, columns: np.ndarray):
    """Binomial regression of the answers, probit link and no constant, with its optimum proved.

    The log likelihood is concave, so that a point without slope is its only maximum.

    Parameters
    ----------
    answers
        Counts, shape (people, 81), of people who are taken to see the same scale.
    columns
        Shape (13, k): scales; the coefficient of each is its weight in the seen scale over the noise.

    Returns
    -------
    statsmodels' results

    Raises
    ------
    ValueError
        If the derivative does not vanish: the answers may be told apart without error.
    """
    nearer, shown = answers.sum(axis=0), REPEATS * len(answers)
    counts = np.column_stack([nearer, shown - nearer])
    found = sm.GLM(counts, -ASKED @ columns, family=PROBIT).fit(tol=1e-13, maxiter=300)
    slope = found.model.score(found.params) / counts.sum()
    if not np.abs(slope).max() < FLAT:
        raise ValueError(f"the likelihood is not at its maximum: slope {np.abs(slope).max():.1e} a trial")
    return found


def likeliest(answers: np.ndarray) -> np.ndarray:
    """The scale of greatest likelihood, from 0 to 1, not held to be monotone: shape (13,)."""
    seen = regression(answers, np.eye(STIMULI)[:, 1:]).params
    return np.concatenate([[0], seen]) / seen[-1]


def noise(answers: np.ndarray) -> float:
    """Standard deviation of a comparison, where the whole scale is 1, by maximum likelihood."""
    return float(1 / regression(answers, np.eye(STIMULI)[:, 1:]).params[-1])


def amplitude(answers: np.ndarray, predicted: np.ndarray) -> float:
    """How much of a predicted departure from the straight line is seen: 0 none, 1 all.

    The seen scale is `PLACES + amplitude * (predicted - PLACES)`, over the noise; both have the
    greatest likelihood.
    """
    straight, departure = regression(answers, np.column_stack([PLACES, predicted - PLACES])).params
    return float(departure / straight)


def log_likelihood(answers: np.ndarray, predicted: np.ndarray) -> float:
    """Log likelihood of a given scale, its noise alone fitted, in nats."""
    return float(regression(answers, predicted[:, None]).llf)


def gain(answers: np.ndarray, predicted: np.ndarray, over: np.ndarray = PLACES) -> float:
    """Log likelihood of one given scale less that of another, the straight line, in nats."""
    return log_likelihood(answers, predicted) - log_likelihood(answers, over)


def score(predicted: np.ndarray, measured: np.ndarray) -> float:
    """The released score: area of the predicted departure on the measured side, over the measured area.

    1 where prediction and measurement agree, 0 for a straight line, above 1 where the
    prediction departs further than the measurement.
    """
    off = measured - PLACES
    return float(np.sum(np.sign(off) * (predicted - PLACES)) / np.abs(off).sum())


def projection(predicted: np.ndarray, measured: np.ndarray) -> float:
    """The measured departure along the predicted one, 1 where they agree: the slope of a line through zero."""
    off, wanted = measured - PLACES, predicted - PLACES
    return float(off @ wanted / (wanted @ wanted))


def area(measured: np.ndarray) -> float:
    """Mean height of a scale over the straight line: positive where it changes early."""
    return float((measured - PLACES).mean())


def by_person(answers: np.ndarray, of: Callable[[np.ndarray], float]) -> np.ndarray:
    """A number of each person's answers to one condition."""
    return np.array([of(one[None]) for one in answers])


def of_people(answers: np.ndarray, of: Callable[[np.ndarray], float]) -> Estimate:
    """A number of all people's answers together, with the jackknife's interval.

    One person after another is left out; Student's distribution with one degree of freedom
    less than there are people widens what few of them can say.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, eq. 11.5.
    """
    value, people = of(answers), len(answers)
    without = np.array([of(np.delete(answers, k, axis=0)) for k in range(people)])
    half = stdtrit(people - 1, 0.975) * np.sqrt((people - 1) * without.var())
    return Estimate(value, value - half, value + half, f"{people} people, each left out in turn")
