"""When each ability is half grown, and how far sizes agree about the order."""

from __future__ import annotations

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.stats import rankdata

from replications.fine_line.agreement import neighbours, of_sizes, over_pairs
from scalinglaws.correlation import correlation
from scalinglaws.uncertainty import Estimate


def half_grown(times: np.ndarray, curve: np.ndarray) -> float:
    """The time at which half of a curve's gain is reached, in the unit of the times.

    The curve is first made to rise: the nearest curve that never falls (isotonic regression). Between
    two times it is straight in the logarithm of time. A curve without a gain is never half grown: infinite.
    """
    risen = isotonic_regression(curve).x
    if risen[-1] - risen[0] < 1e-12:
        return float("inf")
    middle = (risen[0] + risen[-1]) / 2
    after = int(np.argmax(risen >= middle - 1e-12))
    part = (middle - risen[after - 1]) / (risen[after] - risen[after - 1])
    logs = np.log(times)
    return float(np.exp(logs[after - 1] + part * (logs[after] - logs[after - 1])))


def gains_in_errors(curves: np.ndarray, n_questions: np.ndarray) -> np.ndarray:
    """Gain of each curve from its first to its last time, in standard errors of a difference.

    Parameters
    ----------
    curves
        Shape (sizes, tasks, times), shares.
    n_questions
        Of each task, shape (tasks,).

    Returns
    -------
    ndarray
        Shape (sizes, tasks). The errors are those of two separate sets of questions, and so too wide.
    """
    ends = curves[..., [0, -1]]
    error = np.sqrt((ends * (1 - ends)).sum(axis=-1) / n_questions)
    return (ends[..., 1] - ends[..., 0]) / error


def agreement_of_orders(halves: np.ndarray) -> np.ndarray:
    """Rank correlation of the order of tasks between every two sizes; halves have the shape (sizes, tasks)."""
    ranks = rankdata(halves, axis=1)
    return correlation(ranks[:, None], ranks[None])


def concordance(mean_agreement: np.ndarray, sizes: int) -> np.ndarray:
    """Kendall's W of so many orders from their mean rank correlation between two of them."""
    return (mean_agreement * (sizes - 1) + 1) / sizes


def order(times: np.ndarray, curves: np.ndarray) -> tuple[np.ndarray, Estimate]:
    """When tasks are half grown, and how far the sizes agree about the order.

    Parameters
    ----------
    times
        Shape (times,).
    curves
        Shape (sizes, tasks, times).

    Returns
    -------
    ndarray
        Times, shape (sizes, tasks).
    Estimate
        Kendall's W, sizes drawn again.
    """
    halves = np.array([[half_grown(times, curve) for curve in model] for model in curves])
    alike = over_pairs(agreement_of_orders(halves), neighbours(len(halves)))
    return halves, of_sizes(concordance(alike, len(halves)))
