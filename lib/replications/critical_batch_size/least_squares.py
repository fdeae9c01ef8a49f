"""Expected risk of stochastic gradient descent on Gaussian least squares, by its exact recursion."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import zeta


def spectrum(dimension: int, alpha: float, beta: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Eigenvalues, initial risk by direction, and the risk of the directions that are left out.

    Parameters
    ----------
    dimension
        Number of directions that are learned.
    alpha, beta
        Powers of the eigenvalues i^-alpha and of the initial risk lambda_i w_i^2 = i^-beta, above 1.

    Returns
    -------
    tuple
        Two arrays of shape (dimension,), and the sum of i^-beta beyond the dimension.
    """
    i = np.arange(1, dimension + 1.0)
    return i**-alpha, i**-beta, float(zeta(beta, dimension + 1))


def risks(
    eigenvalues: ArrayLike,
    initial: ArrayLike,
    noise: float,
    rates: ArrayLike,
    batches: ArrayLike,
    steps: int,
    average: bool = False,
) -> np.ndarray:
    """Expected excess risk after each step, for all learning rates and batch sizes at once.

    Each step takes fresh samples, x normal with these variances along its axes, and the mean
    gradient of (w x - y)^2 / 2 over the batch. With m_i the expected squared error of a weight,

        m_i <- (1 - 2 eta l_i + eta^2 l_i^2 (1 + 1/B)) m_i + eta^2 l_i (sum_j l_j m_j + noise) / B,

    which is exact for normal x: the fourth moments of a normal distribution give the two terms.
    The error of a later weight, given an earlier one, is that one times 1 - eta l_i for each step
    in between, since the noise of the steps has mean 0; so the squares of averages are sums, too.

    Parameters
    ----------
    eigenvalues
        Variances l_i, shape (d,).
    initial
        l_i m_i at the start, shape (d,).
    noise
        Variance of the label. Directions that are left out act as noise of the label, since they
        are independent of the others: add their risk.
    rates
        Learning rates, shape (r,).
    batches
        Batch sizes, shape (k,).
    steps
        Number of steps.
    average
        Whether the risk is that of the average of all weights from the start, not of the last.

    Returns
    -------
    ndarray
        Sum of l_i m_i, shape (steps + 1, r, k); infinite where a rate is too large to be stable.
    """
    eigenvalues = np.asarray(eigenvalues, float)
    rate = np.asarray(rates, float)[:, None, None] * eigenvalues
    share = 1 / np.asarray(batches, float)[:, None]
    # In terms of the risk by direction, q_i = l_i m_i, the second term has another factor l_i.
    keep, gain = 1 - 2 * rate + rate**2 * (1 + share), rate**2 * share
    by_direction = np.broadcast_to(np.asarray(initial, float), keep.shape).copy()
    # Of the sum of all weights so far: its square, and its product with the last weight.
    square, product = by_direction.copy(), by_direction.copy()
    found = np.empty((steps + 1, *keep.shape[:2]))
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(steps + 1):
            last = by_direction.sum(axis=-1)
            found[step] = square.sum(axis=-1) / (step + 1) ** 2 if average else last
            by_direction *= keep
            by_direction += gain * (last + noise)[..., None]
            if average:
                product *= 1 - rate
                square += 2 * product + by_direction
                product += by_direction
    return np.nan_to_num(found, nan=np.inf, posinf=np.inf)


def least_steps(risk: ArrayLike, targets: ArrayLike) -> np.ndarray:
    """Fewest steps to each target, over the learning rates; between two steps log risk is a line.

    Parameters
    ----------
    risk
        As `risks` gives it, shape (steps + 1, r, k), with whatever is never learned added.
    targets
        Risks to be reached, shape (t,), below the risk at the start.

    Returns
    -------
    ndarray
        Shape (t, k); infinite where no rate reaches the target.
    """
    logs = np.log(np.asarray(risk, float))
    found = []
    for target in np.log(np.asarray(targets, float)):
        reached = logs <= target
        after = np.maximum(reached.argmax(axis=0), 1)[None]
        high, low = (np.take_along_axis(logs, k, axis=0)[0] for k in (after - 1, after))
        with np.errstate(invalid="ignore"):
            at = after[0] - 1 + (high - target) / (high - low)
        found.append(np.where(reached.any(axis=0), at, np.inf).min(axis=0))
    return np.array(found)


def tuned_steps(
    dimension: int,
    alpha: float,
    beta: float,
    noise: float,
    targets: ArrayLike,
    batches: ArrayLike,
    rates: ArrayLike,
    samples: int,
    average: bool = False,
) -> np.ndarray:
    """Fewest steps to shares of the first total risk, on a power-law spectrum, over learning rates.

    The total risk has that of the directions which are left out, so that all dimensions start
    from the same risk and aim for the same.

    Parameters
    ----------
    dimension, alpha, beta
        As in `spectrum`.
    noise
        Variance of the label, without the directions that are left out.
    targets
        Shares of the first total risk, shape (t,).
    batches, rates
        Shapes (k,) and (r,).
    samples
        What small batches may take; batches of more than 3 may take up to three times as
        many, and 400 steps more.
    average
        As in `risks`.

    Returns
    -------
    ndarray
        Shape (t, k); infinite where no rate reaches the target within these samples.
    """
    eigenvalues, initial, rest = spectrum(dimension, alpha, beta)
    goals = np.asarray(targets, float) * (initial.sum() + rest)
    columns = []
    for batch in np.asarray(batches, float):
        steps = int(min(samples, 3 * samples / batch + 400))
        risk = risks(eigenvalues, initial, noise + rest, rates, [batch], steps, average) + rest
        columns.append(least_steps(risk, goals))
    return np.hstack(columns)


def corollary(alpha: float, beta: float) -> float:
    """The theorem's power of the critical batch in the samples, for the average of all weights.

    Source: Zhang et al. (2024), arXiv:2410.21676, corollary on least squares, as reviews quote it.
    """
    return 1 - alpha / min(beta, 2 * alpha + 1)


def slope_between(samples: ArrayLike, values: ArrayLike, at: int = -1) -> float:
    """Slope of log values in log samples between two neighbours; at -1 they are the last two."""
    return float((np.diff(np.log(values)) / np.diff(np.log(samples)))[at])
