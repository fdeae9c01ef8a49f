"""Worlds in which laws of size and data are all there is, fitted again as the models were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from replications.loss_to_loss.translation import at
from scalinglaws import Fit
from scalinglaws.fitting import redrawn


class World(NamedTuple):
    """Planted losses, nats per token, and what laws that are fitted to them say.

    Attributes
    ----------
    runs
        The small runs with planted losses.
    large
        Data set -> planted loss of its large model.
    floors, scatter
        Data set -> floor, in nats per token, and root mean square of the log residuals, in %, of the
        law that floors are taken from.
    error
        Data set -> error of the other law at the large model, predicted less planted, in %.
    """

    runs: pd.DataFrame
    large: pd.Series
    floors: pd.Series
    scatter: pd.Series
    error: pd.Series


def worlds(
    truth: Mapping[str, Fit],
    floored: Mapping[str, Fit],
    single: Mapping[str, Fit],
    runs: pd.DataFrame,
    large: pd.DataFrame,
    count: int,
    seed: int,
) -> list[World]:
    """Losses that are a law's times its residuals, shuffled among its runs, so that equal models share no luck.

    Parameters
    ----------
    truth
        Data set -> the law that is planted, fitted to its small runs; the large model draws a residual, too.
    floored, single
        Data set -> the fits that are made again: for floors and scatter, and to predict the large model.
    runs, large
        The small runs with train_set, and the large ones by data set, with sizes and tokens.
    count, seed
        How many worlds, and of what seed.
    """
    rng = np.random.default_rng([seed, 1])
    losses, stars, columns = [runs.loss.copy() for _ in range(count)], [], []
    for name, law in truth.items():
        here, star = runs[runs.train_set == name], large.loc[[name]]
        sets = np.exp([rng.permutation(law.residuals) for _ in range(count)]) * law.predict(here)
        stars.append(law.predict(star)[0] * np.exp(rng.choice(law.residuals, count)))
        for world, values in zip(losses, sets, strict=True):
            world[here.index] = values
        floor, other = (redrawn(laws[name], sets) for laws in (floored, single))
        columns.append([floor.E, scatters(floored[name], floor, sets), at(single[name], other, star)[:, 0]])
    names = [*truth]
    return [
        World(
            runs.assign(loss=losses[k]),
            pd.Series([star[k] for star in stars], names),
            *(pd.Series([one[j][k] for one in columns], names) for j in (0, 1)),
            pd.Series([100 * (one[2][k] / s[k] - 1) for one, s in zip(columns, stars, strict=True)], names),
        )
        for k in range(count)
    ]


def scatters(fit: Fit, again: pd.DataFrame, sets: np.ndarray) -> np.ndarray:
    """Root mean square of the log residuals of each set about its law, in %, shape (sets,)."""
    return 100 * np.sqrt((np.log(sets / at(fit, again, pd.DataFrame(fit.data))) ** 2).mean(axis=1))
