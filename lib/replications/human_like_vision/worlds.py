"""Worlds with a known answer: accuracies that follow a link, with the scatter of subsets that the runs have."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from replications.human_like_vision import forecast, gains


def following(
    link: forecast.Link, runs: pd.DataFrame, draws: int, rng: np.random.Generator, measure: str = "top5"
) -> np.ndarray:
    """Accuracies that a link's line through the runs gives, plus the deviations of redrawn subsets.

    Runs on all video, of which there is one drawing, scatter as the mean of three subsets of a tenth would:
    by how much they do is not known.

    Returns
    -------
    numpy.ndarray
        In per cent, shape (draws, runs).
    """
    y = runs[measure].to_numpy(float)
    keys = [runs.arch, runs.pixels, runs.share]
    mean = runs.groupby(keys)[measure].transform("mean").to_numpy()
    off = gains.redrawn(runs, measure, draws, rng) - mean
    whole = (runs.share == 1).to_numpy()
    tenth = ((runs.share == 0.1) & (runs.subset == 1)).to_numpy()
    off[:, whole] = off[:, tenth][rng.permutation(draws)] / np.sqrt(3)
    return forecast.foretold(link, runs, y, forecast.of_runs(runs)) + off


def admitted(runs: pd.DataFrame, worlds: np.ndarray, border: float) -> dict[str, float]:
    """The share of worlds in which each link foretells the runs on all video within a border, on the mean of sizes."""
    return {
        name: float((np.abs(forecast.errors_of_whole(it, runs, worlds)).mean(-1) < border).mean())
        for name, it in forecast.LINKS.items()
    }


def lead(runs: pd.DataFrame, worlds: np.ndarray, first: str, second: str) -> np.ndarray:
    """By how many points one link errs less than another on the runs on all video, one a world."""
    off = [
        np.abs(forecast.errors_of_whole(forecast.LINKS[k], runs, worlds)).mean(-1) for k in (second, first)
    ]
    return off[0] - off[1]


def excluded(values: np.ndarray, spread: float, number: float) -> float:
    """The share of worlds whose interval, made as `gains.crossed` makes it, excludes a number.

    Parameters
    ----------
    values
        One an architecture, shape (worlds, n).
    spread
        Standard deviation of their mean over redrawn subsets.
    number
        What the interval must not hold.
    """
    n = values.shape[1]
    half = stdtrit(n - 1, 0.975) * np.sqrt(values.var(axis=1, ddof=1) / n + spread**2)
    return float((np.abs(values.mean(1) - number) > half).mean())
