"""Worlds at the same sizes and amounts, in which it is known which law holds and what it leaves out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from replications.tabular_law.laws import fitted
from replications.tabular_law.missed import extra
from scalinglaws.fitting import redrawn
from scalinglaws.laws import chinchilla

#: A zigzag of so much (of the logarithm) stands for noise where a world has none: no fit is then perfect.
ZIGZAG = 0.003
TESTS = ("sizes", "amounts", "curves")


def at(
    losses: pd.DataFrame, predicted: np.ndarray, scatter: np.ndarray | float | None = None
) -> pd.DataFrame:
    """The table with excess losses on a law, off it by `scatter` in logarithms (by a small zigzag if there is none)."""
    if scatter is None:
        scatter = ZIGZAG * (-1.0) ** np.arange(len(losses))
    return losses.assign(excess_loss=np.asarray(predicted, float) * np.exp(scatter))


def on_sum(losses: pd.DataFrame, A: float, alpha: float, B: float, beta: float) -> np.ndarray:
    """Excess losses by a sum of two power laws, one number a point."""
    return chinchilla(losses.n_params, losses.cells, E=0.0, A=A, B=B, alpha=alpha, beta=beta).to_numpy(float)


def curves_apart(losses: pd.DataFrame, law: tuple[float, ...], apart: float) -> np.ndarray:
    """Excess losses whose exponent of size is larger by `apart` at every second amount of data, and else less by it.

    All curves keep their size term at 3.5 million parameters, the middle of the seven sizes.
    """
    A, alpha, B, beta = law
    sign = losses.cells.map({cells: (-1) ** k for k, cells in enumerate(sorted(losses.cells.unique()))})
    of_size = A * losses.n_params**-alpha * (losses.n_params / 3.47e6) ** (-apart * sign)
    return (of_size + B * losses.cells**-beta).to_numpy(float)


def found_missing(
    losses: pd.DataFrame, predicted: np.ndarray, scatter: float, worlds: int, rng: np.random.Generator
) -> pd.DataFrame:
    """What the three tests of missing parts say in worlds on a law with noise, each fitted anew.

    Parameters
    ----------
    losses
        The table, for its sizes and amounts.
    predicted
        Excess losses by the law of the worlds.
    scatter
        Standard deviation of the noise, of the logarithm.
    worlds
        How many are drawn.
    rng
        Source of randomness.

    Returns
    -------
    DataFrame
        One row a world, a column a test: its p-value.
    """
    noise = scatter * rng.standard_normal((worlds, len(losses)))
    values = predicted * np.exp(noise)
    params = redrawn(fitted(at(losses, predicted)), values).to_dict("records")
    # Arrays, since a table made anew for each world would take most of the time.
    grid = {way: losses[way].to_numpy(float) for way in ("n_params", "cells")}
    return pd.DataFrame(
        [
            {what: extra(grid | {"excess_loss": y}, p, what).p for what in TESTS}
            for y, p in zip(values, params, strict=True)
        ]
    )


def rises(grid: np.ndarray) -> np.ndarray:
    """How often loss rises: from size to size, from amount to amount, and from the last size but one to the last.

    Parameters
    ----------
    grid
        Losses, shape (..., sizes, amounts), nan where there is no model.

    Returns
    -------
    numpy.ndarray
        Shape (..., 3).
    """
    by_size, by_amount = np.diff(grid, axis=-2) > 0, np.diff(grid, axis=-1) > 0
    counts = by_size.sum((-2, -1)), by_amount.sum((-2, -1)), by_size[..., -1, :].sum(-1)
    return np.stack(counts, axis=-1)


def rises_by_noise(
    losses: pd.DataFrame, predicted: np.ndarray, scatter: float, worlds: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Rises of the table, and in what share of worlds on a law with noise there are at least as many.

    Parameters
    ----------
    losses
        The table.
    predicted, scatter, worlds, rng
        As for `found_missing`.

    Returns
    -------
    tuple of numpy.ndarray
        Counts as `rises` has them, and shares, each of shape (3,).
    """
    here, law = (
        np.log(losses.assign(y=y).pivot_table("y", "n_params", "cells").to_numpy())
        for y in (losses.excess_loss, predicted)
    )
    noise = scatter * rng.standard_normal((worlds, *law.shape))
    seen = rises(here)
    return seen, (rises(law + noise) >= seen).mean(0)
