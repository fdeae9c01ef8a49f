"""What AdamW leaves of a matrix that is driven by noise, calculated for finite steps, lengths and sizes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.signal import lfilter


def walk(eta: float, decay: float, first: float = 0.9, second: float = 0.95, draws: int = 200_000) -> float:
    """RMS of a weight that AdamW moves by independent normal gradients, over sqrt(eta / 2 decay).

    Parameters
    ----------
    eta, decay
        Learning rate and weight decay, which is multiplied by it.
    first, second
        What the averages of gradients and of their squares keep in a step.
    draws
        Gradients over which the mean is taken; with so many it is known to some 0.0002.

    Notes
    -----
    A move is an average m of gradients over the root of an average v of their squares. Given
    the squares, signs are independent: of the product of two moves, j steps apart, the mean over
    signs is first^j q / sqrt(v v'), with q the squares weighted by (1 - first)^2 first^2i. The sum
    over all j, as much of each as the decay leaves, is the variance of the walk.
    """
    kept = 1 - eta * decay
    squares = np.random.default_rng(0).standard_normal(draws) ** 2
    scale = lfilter([1 - second], [1, -second], squares) ** -0.5
    common = lfilter([(1 - first) ** 2], [1, -(first**2)], squares)
    later = lfilter([1], [1, -first * kept], scale[::-1])[::-1]
    # Both ends are left out, where the averages do not reach back, or on, far enough.
    gain = (common * scale * (2 * later - scale))[2000:-2000].mean()
    return float(np.sqrt(gain / (1 - eta * decay / 2)))


def ended(width: int, eta: float, decay: float, steps: float) -> float:
    """`walk` after so many steps from uniform weights within 1 / sqrt(width), as torch draws them.

    Parameters
    ----------
    width
        Side of the matrix.
    eta, decay
        Learning rate and weight decay.
    steps
        Optimiser steps.
    """
    left = (1 - eta * decay) ** (2 * steps)
    start = 1 / (3 * width) / (eta / (2 * decay))
    return float(np.sqrt(walk(eta, decay) ** 2 * (1 - left) + start * left))


def edge(width: ArrayLike) -> np.ndarray:
    """Mean of the largest singular value of a square matrix of independent normal numbers.

    Parameters
    ----------
    width
        Sides of the matrices, 16 or more.

    Notes
    -----
    The largest eigenvalue of its square has centre and scale as below, and its mean lies by 1.2065
    scales beneath the centre (Johnstone 2001, the law of Tracy and Widom). Right to 0.1 % at 32.
    """
    one, two = np.sqrt(np.asarray(width) - 1), np.sqrt(width)
    return np.sqrt((one + two) ** 2 - 1.2065 * (one + two) * (1 / one + 1 / two) ** (1 / 3))
