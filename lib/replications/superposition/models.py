"""Losses of language models: a power of the width, and an offset for each family and corpus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from scalinglaws.uncertainty import Estimate, every_resample, from_draws, weighted_ends

#: Exponents among which the least squares are sought.
BETWEEN = (0.01, 6.0)


@dataclass(frozen=True)
class Fitted:
    """The least squares of loss = A m^-exponent + B.

    Attributes
    ----------
    exponent, amplitude
        Of the power of the width; A in nats a token.
    offsets
        B of each family and corpus, nats a token, by the names of both.
    error
        Mean squared residual, nats squared.
    """

    exponent: float
    amplitude: float
    offsets: pd.Series
    error: float


def fitted(table: pd.DataFrame, weights: np.ndarray | None = None) -> Fitted:
    """Fit one power for all rows, with an offset for each family and corpus.

    At a given exponent amplitude and offsets are linear, so that a search over the exponent alone is
    left: the profile of the sum of squares.

    Parameters
    ----------
    table
        Columns family, corpus, m (dimensions) and loss (nats a token).
    weights
        How often each row counts, shape (rows,); once by default. Rows that count not at all may be
        whole groups.

    Raises
    ------
    ValueError
        If the least squares lie at an end of the exponents that are searched.
    """
    group = table.groupby(["family", "corpus"], sort=False)
    code, weights = group.ngroup().to_numpy(), np.ones(len(table)) if weights is None else weights
    m, loss = table.m.to_numpy(float), table.loss.to_numpy(float)
    total = np.maximum(np.bincount(code, weights), 1e-12)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(code, weights * values) / total

    # The least squares do not depend on the unit of m; near its mean the power is of order one.
    unit = np.exp(np.log(m).mean())
    left = loss - mean(loss)[code]

    def scaled(exponent: float) -> tuple[np.ndarray, float]:
        power = (m / unit) ** -exponent
        power = power - mean(power)[code]
        return power, (weights * power * left).sum() / (weights * power**2).sum()

    def squares(exponent: float) -> float:
        power, factor = scaled(exponent)
        return float((weights * (left - factor * power) ** 2).sum())

    found = minimize_scalar(squares, bounds=BETWEEN, method="bounded", options={"xatol": 1e-10})
    if min(abs(found.x - end) for end in BETWEEN) < 1e-3:
        raise ValueError(f"the least squares are not between the exponents {BETWEEN}")
    amplitude = scaled(found.x)[1] * unit**found.x
    offsets = pd.Series(mean(loss - amplitude * m**-found.x), index=group.size().index)
    return Fitted(float(found.x), float(amplitude), offsets, found.fun / weights.sum())


def left_out(table: pd.DataFrame, unit: str) -> np.ndarray:
    """The exponent without each family, model or corpus in turn."""
    return np.array([fitted(table[table[unit] != one]).exponent for one in table[unit].unique()])


def redrawn(table: pd.DataFrame, unit: str) -> Estimate:
    """The exponent, with the interval of all samples that can be drawn with replacement from a few units."""
    code, names = pd.factorize(table[unit])
    samples, orders = every_resample(len(names))
    times = [np.bincount(units, minlength=len(names))[code].astype(float) for units in samples]
    ends = weighted_ends(np.array([fitted(table, one).exponent for one in times]), orders)
    how = f"all samples of {len(names)} of unit {unit}"
    return Estimate.around(fitted(table).exponent, *ends, how)


def reread(table: pd.DataFrame, error: float, rng: np.random.Generator, draws: int = 200) -> Estimate:
    """The exponent, with the interval that errors of reading, evenly spread, make by themselves."""
    shape = len(table)
    found = [
        fitted(table.assign(loss=table.loss + rng.uniform(-error, error, shape))).exponent
        for _ in range(draws)
    ]
    return from_draws(fitted(table).exponent, found, "each loss read anew; nothing else varies")


def planted(table: pd.DataFrame, fit: Fitted, exponent: float) -> pd.DataFrame:
    """The losses of a table with another exponent of the width, and the residuals from a fit that they have."""
    rest = table.loss - fit.amplitude * table.m**-fit.exponent
    middle = np.exp(np.log(table.m).mean())
    return table.assign(loss=rest + fit.amplitude * middle**-fit.exponent * (table.m / middle) ** -exponent)
