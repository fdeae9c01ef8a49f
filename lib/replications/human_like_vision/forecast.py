"""Accuracy as a line in logarithms, behind a link: the line, its forecasts, and how sure they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit, stdtrit
from scipy.stats import norm

from scalinglaws.uncertainty import Estimate

#: Hours of video of the whole (README of eminorhan/humanlike-vits).
HOURS = 5000.0


@dataclass(frozen=True)
class Link:
    """What of the accuracy is a line, and the way back; both take and give per cent."""

    name: str
    to_line: Callable[[np.ndarray], np.ndarray]
    back: Callable[[np.ndarray], np.ndarray]


#: That the logarithm of accuracy is linear makes accuracy itself a product of powers.
LINKS = {
    "linear": Link("linear", lambda a: a, lambda z: z),
    "logit": Link("logit", lambda a: logit(a / 100), lambda z: 100 * expit(z)),
    "probit": Link("probit", lambda a: norm.ppf(a / 100), lambda z: 100 * norm.cdf(z)),
    "power": Link("power", lambda a: -np.log(1 - a / 100), lambda z: 100 * -np.expm1(-z)),
    "growth": Link("growth", lambda a: np.log(a), lambda z: np.exp(z)),
}


def design(n_params: ArrayLike, hours: ArrayLike, pixels: ArrayLike) -> np.ndarray:
    """One, and the decimal logarithms of parameters, hours and pixels a side, shape (runs, 4)."""
    columns = np.broadcast_arrays(1.0, np.log10(n_params), np.log10(hours), np.log10(pixels))
    return np.stack(columns, axis=-1)


def of_runs(runs: pd.DataFrame) -> np.ndarray:
    """The design of a table of runs."""
    return design(runs.n_params, HOURS * runs.share, runs.pixels)


#: The paper's example: 2.5 billion parameters, 20,000 hours, 952 pixels.
TARGET = design(2.5e9, 2e4, 952.0)


def weights_of_cells(runs: pd.DataFrame) -> np.ndarray:
    """A weight for each run, so that an architecture with one amount of video counts once, however many subsets."""
    return 1 / runs.groupby(["arch", "pixels", "share"]).share.transform("size").to_numpy(float)


def coefficients(x: np.ndarray, z: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted least squares for many outcomes at once.

    Parameters
    ----------
    x
        Design, shape (runs, k).
    z
        Outcomes on the scale of the line, shape (..., runs).
    weights
        Of the runs, shape (runs,).

    Returns
    -------
    numpy.ndarray
        Shape (..., k).
    """
    root = np.sqrt(weights)
    return np.asarray(z, float) * root @ np.linalg.pinv(x * root[:, None]).T


def with_pairs(x: np.ndarray) -> np.ndarray:
    """A design with two products besides, of the logarithm of hours with those of parameters and of pixels."""
    return np.concatenate([x, x[..., 2:3] * x[..., [1, 3]]], axis=-1)


def foretold(
    link: Link,
    runs: pd.DataFrame,
    measure: ArrayLike,
    at: np.ndarray,
    form: Callable[[np.ndarray], np.ndarray] = lambda x: x,
    weigh: Callable[[pd.DataFrame], np.ndarray] = weights_of_cells,
) -> np.ndarray | float:
    """Accuracy foretold at the points of a design, in per cent.

    Parameters
    ----------
    link
        What is a line.
    runs
        The runs that are fitted.
    measure
        Their accuracies, in per cent, shape (..., runs).
    at
        Where it is foretold, shape (4,) or (points, 4).
    form, weigh
        From the design to the columns that are fitted, and the weights of the runs.

    Returns
    -------
    numpy.ndarray or float
        Shape (...) or (..., points).
    """
    columns = coefficients(form(of_runs(runs)), link.to_line(np.asarray(measure, float)), weigh(runs))
    return link.back(columns @ form(at).T)


def errors_of_whole(link: Link, runs: pd.DataFrame, measure: ArrayLike, below: float = 1.0) -> np.ndarray:
    """Accuracy of the runs on all video less what the runs on less of it foretell, in points.

    Parameters
    ----------
    link, runs
        What is a line, and all runs.
    measure
        Accuracies in per cent, shape (..., runs).
    below
        Runs on this share of the video and more are not fitted.

    Returns
    -------
    numpy.ndarray
        Shape (..., architectures), in the order of the runs.
    """
    y, share = np.asarray(measure, float), runs.share.to_numpy()
    whole, less = share == 1, share < below
    return y[..., whole] - foretold(link, runs[less], y[..., less], of_runs(runs[whole]))


def sure(
    statistic: Callable[[pd.DataFrame, np.ndarray], np.ndarray | float],
    runs: pd.DataFrame,
    measure: np.ndarray,
    drawn: np.ndarray,
) -> Estimate:
    """A number of all runs, with Student's interval of a jackknife over architectures and redrawn subsets.

    Parameters
    ----------
    statistic
        From runs and their accuracies, shape (..., runs), to a number for each set of accuracies.
    runs, measure
        The runs, and their accuracies in per cent.
    drawn
        The accuracies with subsets of video drawn anew, shape (draws, runs).

    Returns
    -------
    Estimate
        The jackknife's variance holds what each architecture has of its own, and that of the redrawn
        subsets what all share.
    """
    arch = runs.groupby(["n_params", "pixels"]).ngroup().to_numpy()
    left_out = [float(statistic(runs[arch != k], measure[arch != k])) for k in np.unique(arch)]
    n, value = len(left_out), float(statistic(runs, measure))
    variance = (n - 1) * np.var(left_out) + np.var(statistic(runs, drawn))
    half = stdtrit(n - 1, 0.975) * np.sqrt(variance)
    return Estimate(value, value - half, value + half, "architectures left out; subsets of video drawn anew")
