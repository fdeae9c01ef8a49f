"""Scales of people who compare triplets: the released least squares, the likelihood, and the released score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.optimize import nnls
from scipy.special import ndtri, stdtrit

from scalinglaws.uncertainty import Estimate

STIMULI = 13
#: Places of the pictures on the path from the first to the last.
PLACES = np.linspace(0, 1, STIMULI)
#: How near to 0 and 1 the released recipe lets a share of answers come before it takes the probit.
CLIP = 1e-3
#: Largest derivative of the log likelihood, a trial, that counts as zero.
FLAT = 1e-8
PROBIT = sm.families.Binomial(sm.families.links.Probit())


def contrasts(triplets: pd.DataFrame) -> np.ndarray:
    """What a triplet asks of a scale: the scale at its ends less twice that in its middle, which answers are about.

    Parameters
    ----------
    triplets
        Numbers of the pictures, in columns `first`, `middle` and `last`.

    Returns
    -------
    ndarray
        Shape (rows, 13): times a scale, negative where the last picture lies nearer to the middle one.
    """
    rows, asked = np.arange(len(triplets)), np.zeros((len(triplets), STIMULI))
    for name, weight in (("first", 1), ("middle", -2), ("last", 1)):
        asked[rows, triplets[name].to_numpy()] += weight
    return asked


def pooled(answers: pd.DataFrame) -> pd.DataFrame:
    """Answers of several people to one condition, added up for each triplet."""
    return answers.groupby(["first", "middle", "last"])[["shown", "last_nearer"]].sum().reset_index()


def monotone(asked: np.ndarray, shares: np.ndarray, clip: float = CLIP) -> np.ndarray:
    """The scale by the released recipe: least squares on the probits of shares, monotone, from 0 to 1.

    Steps that must not be negative make it a problem with one optimum, which is found exactly.

    Parameters
    ----------
    asked
        Contrasts of the triplets, shape (triplets, 13).
    shares
        How often the last picture was the nearer one, shape (triplets,).
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
    steps, _ = nnls(asked @ np.tri(STIMULI)[:, 1:], wanted)
    if not steps.sum() > 0:
        raise ValueError("answers without any order have no scale")
    return np.concatenate([[0], np.cumsum(steps)]) / steps.sum()


def least_squares(answers: pd.DataFrame, clip: float = CLIP) -> np.ndarray:
    """The released recipe's scale of all answers to one condition together.

    Parameters
    ----------
    answers
        `first`, `middle`, `last`, `shown` and `last_nearer`, a row a triplet or a triplet and person.
    clip
        As for `monotone`.
    """
    table = pooled(answers)
    return monotone(contrasts(table), (table.last_nearer / table.shown).to_numpy(), clip)


def regression(answers: pd.DataFrame, columns: np.ndarray):
    """Binomial regression of the answers, probit link and no constant, with its optimum proved.

    The log likelihood is concave, so that a point without slope is its only maximum.

    Parameters
    ----------
    answers
        As for `least_squares`.
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
    table = pooled(answers)
    asked = -contrasts(table) @ columns
    counts = np.column_stack([table.last_nearer, table.shown - table.last_nearer])
    found = sm.GLM(counts, asked, family=PROBIT).fit(tol=1e-13, maxiter=300)
    slope = found.model.score(found.params) / table.shown.sum()
    if not np.abs(slope).max() < FLAT:
        raise ValueError(f"the likelihood is not at its maximum: slope {np.abs(slope).max():.1e} a trial")
    return found


def likeliest(answers: pd.DataFrame) -> np.ndarray:
    """The scale of greatest likelihood, from 0 to 1, not held to be monotone: shape (13,)."""
    seen = regression(answers, np.eye(STIMULI)[:, 1:]).params
    return np.concatenate([[0], seen]) / seen[-1]


def noise(answers: pd.DataFrame) -> float:
    """Standard deviation of a comparison, where the whole scale is 1, by maximum likelihood."""
    return float(1 / regression(answers, np.eye(STIMULI)[:, 1:]).params[-1])


def amplitude(answers: pd.DataFrame, predicted: np.ndarray) -> float:
    """How much of a predicted departure from the straight line is seen: 0 none, 1 all.

    The seen scale is `PLACES + amplitude * (predicted - PLACES)`, over the noise; both have the
    greatest likelihood.
    """
    straight, departure = regression(answers, np.column_stack([PLACES, predicted - PLACES])).params
    return float(departure / straight)


def log_likelihood(answers: pd.DataFrame, predicted: np.ndarray) -> float:
    """Log likelihood of a given scale, its noise alone fitted, in nats."""
    return float(regression(answers, predicted[:, None]).llf)


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


def by_person(answers: pd.DataFrame, of: Callable[[pd.DataFrame], float]) -> np.ndarray:
    """A number of each person's answers to one condition."""
    return np.array([of(one) for _, one in answers.groupby("person")])


def of_people(answers: pd.DataFrame, of: Callable[[pd.DataFrame], float]) -> Estimate:
    """A number of all people's answers together, with the jackknife's interval.

    One person after another is left out; Student's distribution with one degree of freedom
    less than there are people widens what few of them can say.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, eq. 11.5.
    """
    people = answers.person.unique()
    value = of(answers)
    without = np.array([of(answers[answers.person != person]) for person in people])
    half = stdtrit(len(people) - 1, 0.975) * np.sqrt((len(people) - 1) * without.var())
    return Estimate(value, value - half, value + half, f"{len(people)} people, each left out in turn")
