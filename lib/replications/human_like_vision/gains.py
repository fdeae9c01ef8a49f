"""Gains of accuracy a decade, and intervals for means over architectures that saw the same subsets of video."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from scalinglaws.correlation import slopes
from scalinglaws.uncertainty import Estimate, of_mean


def curves(runs: pd.DataFrame, measure: str = "top5") -> pd.DataFrame:
    """Mean accuracy by architecture and share of video, a row an architecture in order of size and pixels."""
    return runs.pivot_table(measure, ["n_params", "pixels"], "share")


def of_child(videos: pd.DataFrame, measure: str = "top1") -> pd.DataFrame:
    """Accuracy by share of the child's videos, a row a test and number of examples."""
    return videos[videos.pretraining == "child"].pivot_table(measure, ["test", "shots"], "share")


def last_over_before(accuracy: ArrayLike) -> np.ndarray:
    """Gain of the last step over the mean gain of those before; along a line with even steps it is 1.

    Parameters
    ----------
    accuracy
        At even steps of the logarithm of data, the last axis.
    """
    steps = np.diff(np.asarray(accuracy, float), axis=-1)
    return steps[..., -1] / steps[..., :-1].mean(axis=-1)


def last_over_middle(accuracy: ArrayLike) -> np.ndarray:
    """Gain of the last step over the mean gain of those before it, the first left out."""
    return last_over_before(np.asarray(accuracy, float)[..., 1:])


def first_over_after(accuracy: ArrayLike) -> np.ndarray:
    """Gain of the first step over the mean gain of those after it, as `last_over_before`."""
    steps = np.diff(np.asarray(accuracy, float), axis=-1)
    return steps[..., 0] / steps[..., 1:].mean(axis=-1)


def error_of_largest(sizes: ArrayLike, accuracy: ArrayLike) -> np.ndarray:
    """Accuracy of the largest model less what the line through the smaller ones foretells.

    Parameters
    ----------
    sizes
        Numbers of parameters, ascending, shape (models,).
    accuracy
        Shape (..., models).
    """
    x, y = np.log10(np.asarray(sizes, float)), np.asarray(accuracy, float)
    smaller = y[..., :-1]
    return y[..., -1] - smaller.mean(-1) - slopes(x[:-1], smaller) * (x[-1] - x[:-1].mean())


def deviations(runs: pd.DataFrame, measure: str = "top5") -> pd.DataFrame:
    """Accuracy less the mean of its architecture and share, where there are several subsets: a column an architecture."""
    several = runs[runs.share < 1]
    off = several[measure] - several.groupby(["arch", "pixels", "share"])[measure].transform("mean")
    return several.assign(off=off).pivot_table("off", ["share", "subset"], ["n_params", "pixels"])


def redrawn(runs: pd.DataFrame, measure: str, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Accuracies of the runs with the subsets of each share drawn anew, the same for all architectures.

    A subset's deviation is scaled by the root of 3/2, since three deviations from their own mean vary by
    a third too little.

    Returns
    -------
    numpy.ndarray
        Shape (draws, runs); runs on all video, of which there is one drawing, stay as they are.
    """
    y = runs[measure].to_numpy(float)
    keys = [runs.arch, runs.pixels, runs.share]
    mean = runs.groupby(keys).transform("mean", numeric_only=True)[measure].to_numpy()
    place = {row: k for k, row in enumerate(zip(*keys, runs.subset, strict=True))}
    shares = sorted(set(runs.share[runs.share < 1]))
    chosen = rng.integers(1, 4, (draws, len(shares), 3))
    found = np.tile(y, (draws, 1))
    for (arch, pixels, share, subset), k in place.items():
        if share == 1:
            continue
        off = np.array([y[place[arch, pixels, share, s]] - mean[k] for s in (1, 2, 3)])
        picks = chosen[:, shares.index(share), subset - 1]
        found[:, k] = mean[k] + np.sqrt(1.5) * off[picks - 1]
    return found


def over_curves(runs: pd.DataFrame, measured: np.ndarray) -> np.ndarray:
    """Curves of redrawn accuracies, shape (draws, architectures, shares), as `curves` has them."""
    cells = runs.groupby(["n_params", "pixels", "share"]).ngroup().to_numpy()
    sums = np.zeros((len(measured), cells.max() + 1))
    np.add.at(sums.T, cells, measured.T)
    means = sums / np.bincount(cells)
    return means.reshape(len(measured), -1, runs.share.nunique())


def half_width(values: np.ndarray, extra: float) -> np.ndarray:
    """Half of Student's interval for means along the last axis; `extra` is a variance that all values share."""
    n = values.shape[-1]
    return stdtrit(n - 1, 0.975) * np.sqrt(values.var(axis=-1, ddof=1) / n + extra)


def crossed(values: ArrayLike, drawn: ArrayLike, what: str) -> Estimate:
    """A mean over architectures, or over shares, whose runs shared their subsets of video.

    Student's interval, with the variance between the values and, besides, that of the mean over redrawn
    subsets. The two overlap a little, so that the interval is rather too wide.

    Parameters
    ----------
    values
        One an architecture or share, shape (n,).
    drawn
        The same mean where subsets are drawn anew, shape (draws,).
    what
        What the values are one of.
    """
    values = np.asarray(values, float)
    half = float(half_width(values, np.var(drawn)))
    return Estimate(
        values.mean(),
        values.mean() - half,
        values.mean() + half,
        f"Student's over {what}; subsets drawn anew",
    )


def geometric(ratios: ArrayLike, how: str) -> Estimate:
    """The geometric mean of ratios, with Student's interval of their logarithms."""
    it = of_mean(np.log(np.asarray(ratios, float)), how)
    return Estimate(*np.exp([it.value, it.low, it.high]), it.how)


def welch(a: ArrayLike, b: ArrayLike, how: str, extra: float = 0.0) -> Estimate:
    """The difference of two means with Welch's interval; `extra` is a variance that the first does not show."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    parts = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    free = sum(parts) ** 2 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1))
    middle = a.mean() - b.mean()
    half = stdtrit(free, 0.975) * np.sqrt(sum(parts) + extra)
    return Estimate(middle, middle - half, middle + half, how)
