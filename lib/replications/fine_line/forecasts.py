"""The final score of a large model, foretold early: from a smaller model's curve, or without it."""

from __future__ import annotations

import numpy as np

from replications.fine_line.agreement import over_pairs
from scalinglaws.correlation import slopes


def errors_from_smaller(curves: np.ndarray, times: np.ndarray, now: int) -> dict[str, np.ndarray]:
    """Mean absolute errors of forecasts of a model's last scores from what is known at one checkpoint.

    Parameters
    ----------
    curves
        Shape (sizes, tasks, times), sizes in ascending order.
    times
        Tokens, shape (times,).
    now
        Position of the checkpoint.

    Returns
    -------
    dict
        Way of forecasting -> error by smaller (row) and larger size (column), shape (sizes, sizes).
    """
    final, here = curves[..., -1], curves[..., now]
    gain = final - here
    tasks = gain.shape[1]
    others = (gain.sum(axis=1, keepdims=True) - gain) / (tasks - 1)
    ahead = np.log(times[-1] / times[now])
    x = np.log(times[: now + 1])
    last_slope = (curves[..., now] - curves[..., now - 1]) / (x[-1] - x[-2])
    slope = slopes(x, curves[..., : now + 1])
    ways = {
        "the smaller model's gain": gain[:, None],
        "nothing": np.zeros_like(gain)[:, None],
        "its own line": (slope * ahead)[None, :],
        "the smaller model's gain on other tasks": others[:, None],
        "a line through its last two scores": (last_slope * ahead)[None, :],
        "half as steep a line": (last_slope * ahead / 2)[None, :],
    }
    return {
        how: abs(here[None] + added - final[None]).mean(axis=-1) + np.zeros((len(curves),) * 2)
        for how, added in ways.items()
    }


def less(errors: dict[str, np.ndarray], how: str, pairs: np.ndarray) -> np.ndarray:
    """Error with the smaller model's gain less that of another way, as from `agreement.over_pairs`."""
    return over_pairs(errors["the smaller model's gain"] - errors[how], pairs)


def errors_from_loss(scores: np.ndarray, loss: np.ndarray, known: int) -> tuple[np.ndarray, np.ndarray]:
    """Errors on later scores of a line in the loss, and of repeating the last score known.

    Parameters
    ----------
    scores
        Shape (tasks, times).
    loss
        Shape (times,).
    known
        How many times are known; the line is fitted to these by least squares.

    Returns
    -------
    line, last
        Mean absolute errors over the later times, shape (tasks,), in the unit of the scores.
    """
    x, y = loss[:known], scores[:, :known]
    line = y.mean(axis=1, keepdims=True) + slopes(x, y)[:, None] * (loss[known:] - x.mean())
    later = scores[:, known:]
    return abs(line - later).mean(axis=1), abs(y[:, -1:] - later).mean(axis=1)
