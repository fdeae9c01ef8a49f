"""Language models: losses are a power of the width and an offset for each family and corpus; overlaps are a power."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import least_squares, minimize_scalar

from scalinglaws.uncertainty import Estimate, every_resample, from_draws, from_left_out, weighted_ends

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


#: Offsets of each family and corpus as the authors print them, nats a token.
OFFSETS = {
    "opt": {"wikitext": 2.2074, "c4": 2.2745, "pile": 1.7193, "bookcorpus": 2.1845},
    "qwen2.5": {"wikitext": 1.6079, "c4": 2.1009, "pile": 1.4890, "bookcorpus": 1.9348},
    "gpt2": {"wikitext": 2.3018, "c4": 2.3546, "pile": 1.9413, "bookcorpus": 2.2961},
    "pythia": {"wikitext": 2.1407, "c4": 2.2998, "pile": 1.5203, "bookcorpus": 2.2415},
}
#: The fit as the authors print it: LLMs/nonlinearfit-3.ipynb, cell 6, its error in cell 5.
PRINTED = Fitted(
    0.9098,
    476.0763,
    pd.Series({(family, corpus): b for family, row in OFFSETS.items() for corpus, b in row.items()}),
    0.0052,
)


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


def exponent(table: pd.DataFrame, weights: np.ndarray | None = None) -> float:
    """The exponent of the losses in 1/m, offsets fitted; weights as in `fitted`."""
    return fitted(table, weights).exponent


def common_slope(table: pd.DataFrame, weights: np.ndarray | None = None) -> float:
    """One exponent of the overlaps in 1/m for all families, each with a height of its own.

    Parameters
    ----------
    table
        Columns family, m (dimensions) and overlap.
    weights
        How often each row counts, shape (rows,); once by default.
    """
    code = table.family.factorize()[0]
    weights = np.ones(len(table)) if weights is None else weights
    total = np.maximum(np.bincount(code, weights), 1e-12)
    x, y = -np.log(table.m.to_numpy(float)), np.log(table.overlap.to_numpy(float))
    x, y = (v - (np.bincount(code, weights * v) / total)[code] for v in (x, y))
    return float((weights * x * y).sum() / (weights * x * x).sum())


def falling_as(table: pd.DataFrame, power: float) -> pd.DataFrame:
    """The losses with another exponent, as high in the middle of the widths, and the residuals that they have."""
    fit, middle = fitted(table), np.exp(np.log(table.m).mean())
    was = fit.amplitude * table.m**-fit.exponent
    now = fit.amplitude * middle**-fit.exponent * (table.m / middle) ** -power
    return table.assign(loss=table.loss - was + now)


def overlapping_as(table: pd.DataFrame, power: float) -> pd.DataFrame:
    """The overlaps with another exponent in common, and the scatter that they have."""
    return table.assign(overlap=table.overlap * table.m ** (common_slope(table) - power))


def left_out(table: pd.DataFrame, unit: str, statistic: Callable[..., float] = exponent) -> np.ndarray:
    """A statistic without each family, model or corpus in turn."""
    return np.array([statistic(table[table[unit] != one]) for one in table[unit].unique()])


def without_each(table: pd.DataFrame, unit: str, statistic: Callable[..., float] = exponent) -> Estimate:
    """A statistic with Student's interval where one family, model or corpus is left out in turn."""
    found = left_out(table, unit, statistic)
    return from_left_out(statistic(table), found, f"one {unit} left out in turn, Student's interval")


def redrawn(table: pd.DataFrame, unit: str, statistic: Callable[..., float] = exponent) -> Estimate:
    """A statistic, with the interval of all samples that can be drawn with replacement from a few units."""
    code, names = pd.factorize(table[unit])
    samples, orders = every_resample(len(names))
    times = [np.bincount(units, minlength=len(names))[code].astype(float) for units in samples]
    ends = weighted_ends(np.array([statistic(table, one) for one in times]), orders)
    return Estimate.around(statistic(table), *ends, f"all samples of {len(names)} of unit {unit}")


def reread(
    table: pd.DataFrame,
    statistic: Callable[[pd.DataFrame], float],
    error: float,
    rng: np.random.Generator,
    shift: float = 0.0,
    draws: int = 200,
) -> Estimate:
    """A statistic of the losses, with the interval that errors of reading make by themselves.

    Parameters
    ----------
    table, statistic
        The losses, and what is made of them.
    error, shift
        How far each loss, and all of them together, may have been misread to either side, evenly spread.
    rng
        Source of randomness.
    draws
        How many times all losses are read anew.
    """
    off = rng.uniform(-error, error, (draws, len(table))) + rng.uniform(-shift, shift, (draws, 1))
    found = [statistic(table.assign(loss=table.loss + one)) for one in off]
    return from_draws(statistic(table), found, "each loss read anew; nothing else varies")


def logarithms(table: pd.DataFrame, fit: Fitted) -> np.ndarray:
    """Residuals of the logarithms of losses less known offsets, shape (rows,).

    The logarithm of a loss that lies below its offset is set to 0, as in the authors' notebook, cell 11.
    """
    offsets = fit.offsets.loc[list(zip(table.family, table.corpus, strict=True))].to_numpy()
    with np.errstate(invalid="ignore"):
        logs = np.nan_to_num(np.log(table.loss.to_numpy(float) - offsets))
    return logs - np.log(fit.amplitude * table.m.to_numpy(float) ** -fit.exponent)


def printed_error(table: pd.DataFrame) -> float:
    """The error of the exponent by the authors' formula, at their fit.

    It is that of a slope of logarithms, where all rows are independent and offsets are known.

    Source: the authors' repository, LLMs/nonlinearfit-3.ipynb, cell 11.
    """
    residuals, logs = logarithms(table, PRINTED), np.log(table.m.to_numpy(float))
    return float(np.sqrt((residuals**2).sum() / ((logs - logs.mean()) ** 2).sum() / (len(table) - 3)))


def first_order(table: pd.DataFrame, offsets: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """How fast the exponent moves with each loss, and the losses' residuals, each of shape (rows,).

    Products of the two are the shares of the exponent's error where losses are independent; where models
    are, its shares are their sums over each model (the sandwich, in clusters).

    Parameters
    ----------
    table
        The losses.
    offsets
        Whether offsets are fitted too, or taken for known.
    """
    fit, m = fitted(table), table.m.to_numpy(float)
    pair = list(zip(table.family, table.corpus, strict=True))
    power = fit.amplitude * m**-fit.exponent
    columns = [-power * np.log(m), power]
    if offsets:
        columns += [np.array([one == name for one in pair], float) for name in fit.offsets.index]
    residuals = table.loss.to_numpy(float) - power - fit.offsets.loc[pair].to_numpy()
    return np.linalg.pinv(np.column_stack(columns))[0], residuals


def error_of(shares: np.ndarray, rng: np.random.Generator, of: str = "models", draws: int = 2000) -> Estimate:
    """A standard error from the shares of independent units, with the interval of drawing the shares anew.

    The interval is a rough one: units are drawn, but the fit is not made again for each draw.

    Parameters
    ----------
    shares
        What each unit contributes, shape (units,): the error is the root of their sum of squares.
    rng
        Source of randomness.
    of
        What the units are, in the plural.
    draws
        How many resamples.
    """
    squares = np.asarray(shares, float) ** 2
    drawn = squares[rng.integers(len(squares), size=(draws, len(squares)))].sum(axis=1)
    return from_draws(np.sqrt(squares.sum()), np.sqrt(drawn), f"shares of {len(squares)} {of} drawn anew")


def errors(table: pd.DataFrame, without: str, rng: np.random.Generator) -> dict[str, Estimate]:
    """The error of the exponent by what is fitted and by what varies.

    Parameters
    ----------
    table
        The losses.
    without
        A model that is left out altogether in the last of the errors.
    rng
        Source of randomness, for the intervals of the errors.
    """
    (moves, rest), (alone, rest_of_known) = first_order(table), first_order(table, offsets=False)
    free = len(table) - 2 - table.groupby(["family", "corpus"]).ngroups
    found = {
        "offsets known, losses vary": (alone * rest_of_known, "losses"),
        "offsets fitted, losses vary alike": (np.linalg.norm(moves) * rest / np.sqrt(free), "losses"),
        "offsets fitted, losses vary": (moves * rest, "losses"),
        "offsets fitted, models vary": (np.bincount(table.model.factorize()[0], moves * rest), "models"),
    }
    for name, kept in (
        ("one model left out", table),
        (f"the same, {without} gone", table[table.model != without]),
    ):
        moved = left_out(kept, "model")
        found[name] = ((moved - moved.mean()) * np.sqrt(1 - 1 / len(moved)), "models")
    return {name: error_of(shares, rng, of) for name, (shares, of) in found.items()}


def otherwise(table: pd.DataFrame, logs: bool = False, huber: float = 0.0, apart: bool = False) -> float:
    """The exponent with another objective or another law; offsets are always fitted.

    Parameters
    ----------
    table
        The losses.
    logs
        Least squares of the logarithms of whole losses, and not of losses.
    huber
        Residual, in nats a token, from which on Huber's loss is linear; 0 for least squares.
    apart
        Whether each family has an amplitude of its own.
    """
    code = table.groupby(["family", "corpus"], sort=False).ngroup().to_numpy()
    kind = table.family.factorize()[0] * apart
    begin, loss = fitted(table), table.loss.to_numpy(float)
    unit, kinds = 2000.0, kind.max() + 1
    scale = np.log(table.m.to_numpy(float) / unit)

    def parts(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        power = np.exp(x[1 : 1 + kinds][kind] - x[0] * scale)
        return power, power + x[1 + kinds :][code]

    def residuals(x: np.ndarray) -> np.ndarray:
        _, whole = parts(x)
        return np.log(np.maximum(whole, 1e-9) / loss) if logs else whole - loss

    def slopes(x: np.ndarray) -> np.ndarray:
        power, whole = parts(x)
        own = power[:, None] * np.eye(kinds)[kind]
        found = np.column_stack([-power * scale, own, np.eye(code.max() + 1)[code]])
        return found / whole[:, None] if logs else found

    middle = np.log(begin.amplitude) - begin.exponent * np.log(unit)
    start = np.r_[begin.exponent, np.full(kinds, middle), begin.offsets]
    robust = {"loss": "huber", "f_scale": huber} if huber else {}
    exact = {"xtol": 1e-11, "ftol": 1e-11, "gtol": 1e-11}
    return float(least_squares(residuals, start, jac=slopes, **robust, **exact).x[0])
