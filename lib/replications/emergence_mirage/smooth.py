"""Smooth curves with the noise of a test set: what there would be to see if nothing emerged.

The curve of a task is the paper's own law, accuracy = chance + (1 - chance) exp(-t (N / M)^-a), with
M the geometric mean of the sizes and t the loss of an answer there. Smooth means that the exponent a
is bounded. Both are found on a grid by the greatest likelihood of the counts of right answers, so
that thousands of simulated tasks are fitted by products of matrices, and no optimiser can stop early.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.special import xlogy

#: Losses at the mean size, nats an answer: from always right to never.
LOSSES = np.geomspace(1e-3, 300, 60)
#: How many exponents are tried, from almost flat to the steepest that counts as smooth.
EXPONENTS = 16
#: Draws that are fitted in one go.
AT_ONCE = 1000


class Grid(NamedTuple):
    """Curves that are tried: accuracies, and the logarithms of them and of what they miss; all (curves, sizes)."""

    accuracy: np.ndarray
    right: np.ndarray
    wrong: np.ndarray


def grid(n_params: np.ndarray, chances: Sequence[float], steepest: float) -> Grid:
    """All curves that are tried.

    Parameters
    ----------
    n_params
        Sizes, shape (sizes,).
    chances
        What guessing may give, shares: one that is known, or several of which the best is taken.
    steepest
        The largest exponent.
    """
    relative = np.log(n_params) - np.log(n_params).mean()
    a, t = np.meshgrid(np.geomspace(0.004, steepest, EXPONENTS), LOSSES, indexing="ij")
    loss = t.ravel()[:, None] * np.exp(-a.ravel()[:, None] * relative)
    # Above zero and below one, so that an answer against all odds has a likelihood.
    rising = np.exp(-loss)
    accuracy = np.clip(np.vstack([g + (1 - g) * rising for g in chances]), 1e-5, 1 - 1e-5)
    return Grid(accuracy, np.log(accuracy), np.log1p(-accuracy))


def fitted(curves: Grid, right: np.ndarray, questions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best curve of each row of counts, and how far its last size lies above what the others allow.

    Parameters
    ----------
    curves
        What is tried.
    right
        Counts of right answers, shape (rows, sizes).
    questions
        How many were asked, shape (sizes,).

    Returns
    -------
    (ndarray, ndarray)
        Which curve has the greatest likelihood, shape (rows,); and the signed root of twice what
        the log-likelihood gains if the last size may leave the curve, shape (rows,). Where the
        curve is true and questions are many, it is spread like the positive and negative part
        of a standard normal.
    """
    wrong = questions - right
    before = right[:, :-1] @ curves.right[:, :-1].T + wrong[:, :-1] @ curves.wrong[:, :-1].T
    joint = before + np.outer(right[:, -1], curves.right[:, -1]) + np.outer(wrong[:, -1], curves.wrong[:, -1])
    chosen = joint.argmax(1)
    last = right[:, -1] / questions[-1]
    free = before.max(1) + xlogy(right[:, -1], last) + xlogy(wrong[:, -1], 1 - last)
    gain = np.maximum(free - joint[np.arange(len(right)), chosen], 0)
    return chosen, np.sign(last - curves.accuracy[chosen, -1]) * np.sqrt(2 * gain)


class Simulated(NamedTuple):
    """A task's best smooth curve, test sets drawn from it, and how the last size departs from curves.

    `curve` and `questions` have shape (sizes,); `right`, counts of right answers, (draws, sizes). `excess` is
    one number, as `fitted` gives it, and `excesses`, of the draws fitted again, has shape (draws,).
    """

    curve: np.ndarray
    right: np.ndarray
    questions: np.ndarray
    excess: float
    excesses: np.ndarray

    @property
    def p_value(self) -> float:
        """How often the last size of a draw lies as far above its curve as that of the task."""
        return float((1 + (self.excesses >= self.excess).sum()) / (1 + len(self.excesses)))


def simulate(
    n_params: np.ndarray,
    right: np.ndarray,
    questions: np.ndarray,
    chances: Sequence[float],
    draws: int,
    rng: np.random.Generator,
    steepest: float = 0.5,
) -> Simulated:
    """Fit a smooth curve to a task and draw test sets from it.

    Parameters
    ----------
    n_params
        Sizes, ascending, shape (sizes,).
    right
        Counts of right answers, shape (sizes,).
    questions
        How many were asked, shape (sizes,).
    chances
        As for `grid`.
    draws, rng
        How many test sets are drawn, and the source of randomness.
    steepest
        The largest exponent that counts as smooth.
    """
    curves = grid(n_params, chances, steepest)
    (chosen,), (excess,) = fitted(curves, np.atleast_2d(right), questions)
    curve = curves.accuracy[chosen]
    drawn = rng.binomial(np.asarray(questions, int), curve, (draws, len(curve)))
    parts = [drawn[k : k + AT_ONCE] for k in range(0, draws, AT_ONCE)]
    excesses = [fitted(curves, part, questions)[1] for part in parts]
    return Simulated(curve, drawn, questions, float(excess), np.concatenate(excesses))


def discoveries(p_values: np.ndarray, share: float = 0.05) -> np.ndarray:
    """Which p-values are discoveries where a share of these may be false (Benjamini and Hochberg 1995)."""
    return stats.false_discovery_control(p_values) <= share
