r"""Smooth growth from chance: a logistic curve in log size, $p = g + (1 - g) / (1 + e^{-k (x - m)})$ with $x = \log_{10} N$.

From a tenth to nine tenths of its rise it takes $2 \ln 9 / k$ decades of size. Any logistic curve bends upward in
its lower half and downward in its upper half, so that a smooth curve lies above the line through two smaller
models before its middle and below it afterwards.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit


def curve(sizes: np.ndarray, guess: np.ndarray, middle: np.ndarray, decades: np.ndarray) -> np.ndarray:
    """Chance of a right answer.

    Parameters
    ----------
    sizes
        Parameters, shape (sizes,).
    guess
        What guessing gives, a share; this and the next broadcast against `sizes`.
    middle
        log10 of the size at half of the rise.
    decades
        Of size, from a tenth to nine tenths of the rise.
    """
    steepness = 2 * np.log(9) / decades
    return guess + (1 - guess) * expit(steepness * (np.log10(sizes) - middle))


def likeliest(
    sizes: np.ndarray, right: np.ndarray, questions: np.ndarray, guess: np.ndarray, least: float
) -> np.ndarray:
    """The curve under which the counts of each task are likeliest, among those of a grid.

    Parameters
    ----------
    sizes
        Parameters, shape (sizes,).
    right, questions
        Right answers and questions, shape (tasks, sizes).
    guess
        What guessing gives on each task, shape (tasks,).
    least
        The fewest decades of size from a tenth to nine tenths of the rise.

    Returns
    -------
    ndarray
        Chances of a right answer, shape (tasks, sizes).
    """
    x = np.log10(sizes)
    middles = np.arange(x[0] - 3, x[-1] + 12, 0.1)
    middle, decades = (part.ravel() for part in np.meshgrid(middles, least * np.geomspace(1, 20, 48)))
    best = np.empty(right.shape)
    for chance in np.unique(guess):
        rows = guess == chance
        grid = np.clip(curve(sizes, chance, middle[:, None], decades[:, None]), 1e-9, 1 - 1e-9)
        wrong = questions[rows] - right[rows]
        heights = right[rows] @ np.log(grid).T + wrong @ np.log1p(-grid).T
        best[rows] = grid[heights.argmax(axis=1)]
    return best
