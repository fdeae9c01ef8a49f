"""What streams are worth, read without a law of the streams: the plain model that has the same loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.interpolate import PchipInterpolator

from replications.parallel_scaling.forms import log_streams
from scalinglaws import fit, huber
from scalinglaws.uncertainty import of_mean, of_slope


def between(sizes: np.ndarray, losses: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """Parameters at a loss, on straight lines between plain models whose loss falls; nan beyond them."""
    return np.exp(np.interp(-loss, -losses, np.log(sizes), left=np.nan, right=np.nan))


def straight(plain: pd.DataFrame, loss: pd.Series) -> np.ndarray:
    """Parameters of a plain model with this loss, on a straight line between two runs; nan beyond them."""
    return between(plain.n_params.to_numpy(), plain.loss.to_numpy(), loss.to_numpy())


def smooth(plain: pd.DataFrame, loss: pd.Series) -> np.ndarray:
    """Parameters of a plain model with this loss, on a smooth curve through the runs; nan beyond them."""
    return np.exp(PchipInterpolator(-plain.loss, np.log(plain.n_params), extrapolate=False)(-loss))


def carried(plain: pd.DataFrame, loss: pd.Series) -> pd.Series:
    """The same by a law fitted to the plain runs, which goes on where they end."""
    alone = fit(log_streams, plain, loss=huber(1e-3), fixed={"k": 0.0}, strict=False)
    return 1e9 * ((loss - alone["E"]) / alone["B"]) ** (-1 / alone["alpha"])


def worth(table: pd.DataFrame, streams: int = 8, read: Callable = straight) -> pd.DataFrame:
    """Parameters of the plain model that does as well, over those of the model with streams.

    Parameters
    ----------
    table
        The runs of one text: n_params, streams, loss in nats per token.
    streams
        How many streams.
    read
        How the plain model is found, from the plain runs and the losses: parameters.

    Returns
    -------
    DataFrame
        The runs with so many streams whose loss can be read, with `worth` beside them.
    """
    wide = table[table.streams == streams]
    times = read(table[table.streams == 1], wide.loss) / wide.n_params
    return wide.assign(worth=times).dropna().reset_index(drop=True)


def false_alarms(table: pd.DataFrame, sets: np.ndarray, true: float) -> tuple[int, float, float]:
    """How the intervals of worth and slope do on losses in which eight streams are worth the same everywhere.

    Parameters
    ----------
    table
        The runs of one text.
    sets
        Losses made from a law, shape (sets, runs).
    true
        What eight streams are worth in them, in times the parameters.

    Returns
    -------
    count : int
        Sets that can be read: the larger of two plain models is the better one, and three sizes or more are read.
    rising, covered : float
        Share of them whose slope has an interval above 0, and whose mean worth has one that holds the true one.
    """
    plain, wide = (table.streams == 1).to_numpy(), (table.streams == 8).to_numpy()
    sizes, rising, covered = table.n_params.to_numpy(), [], []
    for made in sets[(np.diff(sets[:, plain]) < 0).all(axis=1)]:
        times = between(sizes[plain], made[plain], made[wide]) / sizes[wide]
        read = np.isfinite(times)
        if read.sum() < 3:
            continue
        slope = of_slope(np.log(sizes[wide][read]), times[read], "sizes")
        mean = of_mean(times[read], "sizes")
        rising.append(slope.low > 0)
        covered.append(mean.low <= true <= mean.high)
    return len(rising), float(np.mean(rising)), float(np.mean(covered))
