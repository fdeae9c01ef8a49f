"""When each ability is half grown."""

from __future__ import annotations

import numpy as np
from scipy.optimize import isotonic_regression


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
