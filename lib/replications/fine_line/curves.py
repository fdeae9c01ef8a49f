"""Curves of accuracy over training as arrays: one a model and task, on common times, and what is left of each
once the generic curve of its model is taken out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def pivoted(table: pd.DataFrame, time: str) -> tuple[list[float], list[str], np.ndarray, np.ndarray]:
    """Curves of models that were evaluated at the same times.

    Parameters
    ----------
    table
        One row a model, time and task: `n_params`, `task`, `accuracy` (share), and the column `time`.
    time
        Name of the column of times.

    Returns
    -------
    sizes, tasks, times, curves
        In ascending order; curves have the shape (sizes, tasks, times).

    Raises
    ------
    ValueError
        If a model lacks a task at one of the times.
    """
    wide = table.pivot_table("accuracy", ["n_params", "task"], time)
    sizes, tasks = (list(level) for level in wide.index.levels)
    if wide.isna().any(axis=None) or len(wide) != len(sizes) * len(tasks):
        raise ValueError("every model needs every task at every time")
    return sizes, tasks, wide.columns.to_numpy(float), wide.to_numpy().reshape(len(sizes), len(tasks), -1)


def interpolated(
    table: pd.DataFrame, time: str, times: np.ndarray
) -> tuple[list[float], list[str], np.ndarray]:
    """Curves of models that were evaluated at times of their own, read off at common ones.

    Parameters
    ----------
    table
        As in `pivoted`.
    time
        Name of the column of times.
    times
        Common times, positive; between two evaluations a curve is straight in their logarithm.

    Returns
    -------
    sizes, tasks, curves
        In ascending order; curves have the shape (sizes, tasks, times).

    Raises
    ------
    ValueError
        If a common time lies outside a model's evaluations.
    """
    sizes, tasks = (sorted(table[name].unique()) for name in ("n_params", "task"))
    curves = np.empty((len(sizes), len(tasks), len(times)))
    # A model that was evaluated twice at a time counts with the mean; before training there is no logarithm.
    table = table[table[time] > 0].groupby(["n_params", "task", time], as_index=False).accuracy.mean()
    for (size, task), part in table.groupby(["n_params", "task"]):
        if not part[time].min() <= times.min() <= times.max() <= part[time].max():
            raise ValueError(f"{size:g} parameters, {task}: not evaluated over all of the common times")
        at = sizes.index(size), tasks.index(task)
        curves[at] = np.interp(np.log(times), np.log(part[time].to_numpy(float)), part.accuracy)
    return sizes, tasks, curves


def standardised(curves: np.ndarray) -> np.ndarray:
    """Each curve less its mean over its spread, along the last axis.

    Raises
    ------
    ValueError
        If a curve does not vary.
    """
    spread = curves.std(axis=-1, keepdims=True)
    if (spread < 1e-12).any():
        raise ValueError("a curve that does not vary has no shape")
    return (curves - curves.mean(axis=-1, keepdims=True)) / spread


def generic(curves: np.ndarray) -> np.ndarray:
    """For each task the mean standardised curve of the same model's other tasks, shape as the curves."""
    each = standardised(curves)
    return standardised((each.sum(axis=-2, keepdims=True) - each) / (each.shape[-2] - 1))


def split(curves: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each standardised curve as a multiple of a background curve and what is left, by least squares.

    Parameters
    ----------
    curves
        Shape (..., tasks, times).
    background
        Standardised curves that are taken out, broadcast against `curves`.

    Returns
    -------
    loading, left
        The multiple, which is the correlation with the background, shape (..., tasks, 1); and the rest.
    """
    each = standardised(curves)
    loading = (each * background).mean(axis=-1, keepdims=True)
    return loading, each - loading * background


def leading(curves: np.ndarray) -> np.ndarray:
    """The first principal component of each model's standardised curves, shape (..., 1, times)."""
    return standardised(np.linalg.svd(standardised(curves), full_matrices=False)[2][..., :1, :])


def beyond_leading(curves: np.ndarray) -> np.ndarray:
    """What is left of each curve once the first principal component of its model's curves is taken out."""
    return split(curves, leading(curves))[1]


def beyond_generic(curves: np.ndarray) -> np.ndarray:
    """What is left of each curve once the mean curve of its model's other tasks is taken out."""
    return split(curves, generic(curves))[1]


def beyond_trend(curves: np.ndarray, times: np.ndarray) -> np.ndarray:
    """What is left of each curve once a line in the logarithm of time is taken out."""
    return split(curves, standardised(np.log(times)))[1]


def above_noise(curves: np.ndarray, n_questions: np.ndarray) -> np.ndarray:
    """Share of each curve's variance over time that drawing other questions at each time would not explain.

    It can be below zero. The questions are the same at all times, so that the noise is taken too large.

    Parameters
    ----------
    curves
        Shape (..., tasks, times), shares.
    n_questions
        Of each task, shape (tasks,).
    """
    noise = (curves * (1 - curves)).mean(axis=-1) / n_questions
    return 1 - noise / curves.var(axis=-1)
