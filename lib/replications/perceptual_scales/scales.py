"""Scales of people who compare triplets: the released least squares, the likelihood, and the released score."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.special import log_ndtr, ndtri

from scalinglaws.uncertainty import Estimate, from_left_out

#: Pictures on a path, the largest gap within a triplet, and how often a person saw each triplet.
STIMULI, FAR, REPEATS = 13, 3, 5
#: Places of the pictures on the path from the first to the last.
PLACES = np.linspace(0, 1, STIMULI)
#: How near to 0 and 1 the released recipe lets a share of answers come before it takes the probit.
CLIP = 1e-3
#: Largest derivative of the log likelihood, a trial, that counts as zero.
FLAT = 1e-10
#: Answers as sure as this many standard deviations of the noise leave none to be estimated.
CERTAIN = 20.0


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


#: Columns of the table of answers, one a person.
PEOPLE = [f"person_{k}" for k in range(1, 6)]


def by_condition(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Of each condition how often the last picture was the nearer one, of five: shape (people, 81)."""
    names = sorted(table.condition.unique())
    counts = table.sort_values(["condition", "triplet"])[PEOPLE].to_numpy()
    parts = counts.reshape(len(names), len(ASKED), len(PEOPLE)).transpose(0, 2, 1)
    return dict(zip(names, parts, strict=True))


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


@dataclass(frozen=True)
class Regression:
    """Binomial regressions, one a person, at the greatest likelihood.

    Attributes
    ----------
    coefficients
        Shape (people, k).
    log_likelihood
        In nats, less a constant of the answers alone: shape (people,).
    """

    coefficients: np.ndarray
    log_likelihood: np.ndarray


def regression(
    answers: np.ndarray, columns: np.ndarray, shown: int = REPEATS, rounds: int = 60
) -> Regression:
    """Regress the answers of each row on scales: probit link, no constant, the optimum proved.

    The log likelihood is concave, so that a point without slope is its only maximum.

    Parameters
    ----------
    answers
        Counts: shape (people, 81).
    columns
        Shape (13, k): scales; the coefficient of each is its weight in the seen scale over the noise.
    shown
        How often each triplet was answered, so that the counts are of so many.
    rounds
        At most so many steps of Fisher scoring.

    Raises
    ------
    ValueError
        If the slope does not vanish, or only where the noise does: the answers are told apart without error.
    """
    asked, trials = -ASKED @ columns, shown * len(ASKED)
    found = np.zeros((len(answers), asked.shape[1]))
    for _ in range(rounds):
        z = found @ asked.T
        log_nearer, log_further = log_ndtr(z), log_ndtr(-z)
        density = -(z**2) / 2 - np.log(2 * np.pi) / 2
        up, down = np.exp(density - log_nearer), np.exp(density - log_further)
        slope = (answers * up - (shown - answers) * down) @ asked / trials
        if np.abs(z).max() > CERTAIN:
            break
        if np.abs(slope).max() < FLAT:
            return Regression(found, (answers * log_nearer + (shown - answers) * log_further).sum(axis=1))
        information = np.einsum("nt,tk,tl->nkl", shown * up * down, asked, asked) / trials
        found = found + np.linalg.solve(information, slope[..., None])[..., 0]
    raise ValueError(
        f"the likelihood is not at its maximum: slope {np.abs(slope).max():.1e} a trial, answers sure to "
        f"{np.abs(z).max():.0f} times the noise"
    )


def of_everybody(answers: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Coefficients of one regression of all people, who are taken to see the same scale: shape (k,)."""
    everybody = answers.sum(axis=0, keepdims=True)
    return regression(everybody, columns, REPEATS * len(answers)).coefficients[0]


def likeliest(answers: np.ndarray) -> np.ndarray:
    """The scale of greatest likelihood of all people together, from 0 to 1, not held to be monotone: shape (13,)."""
    seen = of_everybody(answers, np.eye(STIMULI)[:, 1:])
    return np.concatenate([[0], seen]) / seen[-1]


def noise(answers: np.ndarray) -> float:
    """Standard deviation of a comparison, where the whole scale is 1, by maximum likelihood."""
    return float(1 / of_everybody(answers, np.eye(STIMULI)[:, 1:])[-1])


def amplitudes(answers: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """How much of a predicted departure from the straight line each person sees: 0 none, 1 all.

    The seen scale is `PLACES + amplitude * (predicted - PLACES)`, over the noise; both have the
    greatest likelihood. Shape (people,).
    """
    straight, departure = regression(answers, np.column_stack([PLACES, predicted - PLACES])).coefficients.T
    return departure / straight


def gains(answers: np.ndarray, predicted: np.ndarray, over: np.ndarray = PLACES) -> np.ndarray:
    """Of each person the log likelihood of one scale less that of another, the straight line, in nats.

    Both are given scales, so that only the noise is fitted.
    """
    one, other = (regression(answers, scale[:, None]).log_likelihood for scale in (predicted, over))
    return one - other


def score(predicted: np.ndarray, measured: np.ndarray) -> float:
    """The released score: area of the predicted departure on the measured side, over the measured area.

    1 where prediction and measurement agree, 0 for a straight line, above 1 where the
    prediction departs further than the measurement.
    """
    off = measured - PLACES
    return float(np.sum(np.sign(off) * (predicted - PLACES)) / np.abs(off).sum())


def departing(scale: np.ndarray, strength: float) -> np.ndarray:
    """The scale whose departure from the straight line is `strength` times that of another."""
    return PLACES + strength * (scale - PLACES)


def area(measured: np.ndarray) -> float:
    """Mean height of a scale over the straight line: positive where it changes early."""
    return float((measured - PLACES).mean())


def of_people(answers: np.ndarray, of: Callable[[np.ndarray], float]) -> Estimate:
    """A number of all people's answers together, with the jackknife's interval.

    One person after another is left out; Student's distribution with one degree of freedom
    less than there are people widens what few of them can say.
    """
    people = len(answers)
    without = [of(np.delete(answers, k, axis=0)) for k in range(people)]
    return from_left_out(of(answers), without, f"{people} people, each left out in turn")
