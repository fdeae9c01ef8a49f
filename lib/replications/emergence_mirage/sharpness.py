"""Three measures of how sharply a score rises with size: the emergence score, the bend, the last step."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def emergence(y: ArrayLike, noise: ArrayLike = 0.0) -> np.ndarray:
    """The emergence score (equation 1 of Schaeffer et al. 2023, from Srivastava et al. 2022).

    Parameters
    ----------
    y
        A score at each size, in the order of the sizes, shape (..., sizes).
    noise
        Standard error of a step, in the unit of y, shape (...,): its square is added to the median
        squared step. 0 gives the published score.

    Returns
    -------
    ndarray
        Range over the root of the median squared step, with the sign of the direction, shape
        (...,). Infinite where more than half of the steps are zero; zero where all are.
    """
    y = np.asarray(y, float)
    direction = np.sign(y.argmax(-1) - y.argmin(-1))
    typical = np.sqrt(np.median(np.diff(y) ** 2, axis=-1) + np.square(noise))
    reach = np.ptp(y, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(reach > 0, direction * (reach / typical), 0.0)


def step_error(share: ArrayLike, questions: ArrayLike) -> np.ndarray:
    """Standard error of a step between two shares of right answers, typical of a curve, shape (...,).

    Parameters
    ----------
    share
        Of right answers, shape (..., sizes).
    questions
        How many there are, shape (...,). The answers of two sizes are taken as independent.
    """
    # A share of 0 or 1 has an error too: a question and a half are added on either side.
    smoothed = (np.asarray(share) * np.expand_dims(questions, -1) + 1.5) / (
        np.expand_dims(questions, -1) + 3.0
    )
    return np.sqrt(2 * (smoothed * (1 - smoothed)).mean(-1) / questions)


def bend(x: ArrayLike, y: ArrayLike, per: str = "rise") -> np.ndarray:
    """By how much more a score rises in the upper half of the range of x than in the lower, as share of its rise.

    A parabola is fitted by least squares; with b and c its linear and quadratic coefficient where x
    runs from -1 to 1 the bend is c / b. A straight line has 0; 1 is a curve that on balance is flat
    in the lower half and rises in the upper. Adding to a score or multiplying it leaves the bend.

    Parameters
    ----------
    x
        Logarithms of size or compute, shape (n,).
    y
        Scores, shape (..., n).
    per
        "rise", or "spread" for c over the standard deviation of the scores: it does not explode
        where a score hardly rises.

    Returns
    -------
    ndarray
        Shape (...,).

    Raises
    ------
    ValueError
        If there are fewer than three different x, or `per` is neither word.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if len(np.unique(x)) < 3:
        raise ValueError("a bend needs three different sizes at least")
    if per not in ("rise", "spread"):
        raise ValueError(f"a bend is per rise or per spread, not per {per!r}")
    rows = y.reshape(-1, len(x)).T
    c, b, _ = np.polyfit(2 * (x - x.min()) / np.ptp(x) - 1, rows, 2)
    found = c / (b if per == "rise" else rows.std(0))
    return found.reshape(y.shape[:-1])


def last_step(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Share of the whole change that comes with the last step, less that step's share of the range of x.

    Parameters
    ----------
    x
        Logarithms of the sizes, ascending, shape (sizes,).
    y
        Scores, shape (..., sizes).
    """
    return (y[..., -1] - y[..., -2]) / (y[..., -1] - y[..., 0]) - (x[-1] - x[-2]) / (x[-1] - x[0])


def ranked(ours: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Share of simulated scores below each of ours, half of the ties counted.

    Parameters
    ----------
    ours
        Shape (tasks,).
    null
        Shape (tasks, draws).
    """
    ours = np.expand_dims(ours, -1)
    return (ours > null).mean(-1) + 0.5 * (ours == null).mean(-1)


def exact_mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """Two-sided p-value that as many pairs have only the first as only the second, by McNemar's exact test."""
    from scipy.stats import binomtest

    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    if not only_first + only_second:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)
