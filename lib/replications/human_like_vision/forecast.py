"""Accuracy as a line in logarithms, behind a link: the line, its forecasts, and how sure they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit, stdtrit
from scipy.stats import norm

from scalinglaws.correlation import slopes
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

#: A form is the name of a link, and whether products are added.
FORMS = [(name, products) for name in LINKS for products in (False, True)]


def called(form: tuple[str, bool]) -> str:
    """A form in words."""
    return f"{form[0]}, products" if form[1] else form[0]


def factors(n_params: ArrayLike, hours: ArrayLike, pixels: ArrayLike) -> np.ndarray:
    """Decimal logarithms of parameters, hours and pixels a side, shape (..., 3)."""
    return np.stack(np.broadcast_arrays(np.log10(n_params), np.log10(hours), np.log10(pixels)), axis=-1)


#: The paper's example: 2.5 billion parameters, 20,000 hours, 952 pixels.
TARGET = factors(2.5e9, 2e4, 952.0)


def of_table(table: pd.DataFrame) -> np.ndarray:
    """The factors of a table of curves (`gains.curves`), shape (architectures, shares, 3)."""
    n_params, pixels = (table.index.get_level_values(k).to_numpy(float)[:, None] for k in (0, 1))
    return factors(n_params, HOURS * table.columns.to_numpy(float), pixels)


def columns(x: np.ndarray, products: bool) -> np.ndarray:
    """What is fitted: one, the three factors, and if wanted hours times parameters and hours times pixels."""
    pairs = x[..., 1:2] * x[..., [0, 2]] if products else x[..., :0]
    return np.concatenate([np.ones_like(x[..., :1]), x, pairs], axis=-1)


def coefficients(
    link: Link, table: pd.DataFrame, accuracy: ArrayLike, products: bool = False, below: float = np.inf
) -> np.ndarray:
    """Least squares behind a link, an architecture with one share of video counting once.

    Parameters
    ----------
    link, products
        What is a line, and in what.
    table
        The curves whose factors are taken.
    accuracy
        In per cent, shape (..., architectures, shares).
    below
        Only shares of video below this one are fitted.

    Returns
    -------
    numpy.ndarray
        Shape (..., 4), or (..., 6) with products.
    """
    less = table.columns.to_numpy(float) < below
    x, z = columns(of_table(table), products)[:, less], link.to_line(np.asarray(accuracy, float))[..., less]
    return z.reshape(*z.shape[:-2], -1) @ np.linalg.pinv(x.reshape(-1, x.shape[-1])).T


def foretold(
    link: Link, table: pd.DataFrame, accuracy: ArrayLike, at: np.ndarray, products: bool = False
) -> np.ndarray:
    """Accuracy in per cent at factors `at`, shape (3,) or (points, 3), by one fit of all curves."""
    fitted = coefficients(link, table, accuracy, products)
    return link.back(fitted @ columns(at, products).T)


def errors_of_whole(
    link: Link, table: pd.DataFrame, accuracy: ArrayLike, products: bool = False, below: float = 1.0
) -> np.ndarray:
    """Accuracy on all video less what smaller shares foretell, in points, shape (..., architectures)."""
    fitted = coefficients(link, table, accuracy, products, below)
    whole = columns(of_table(table)[:, -1], products)
    return np.asarray(accuracy, float)[..., -1] - link.back(fitted @ whole.T)


def at_target(
    link: Link, table: pd.DataFrame, accuracy: np.ndarray, many: np.ndarray, products: bool = False
) -> Estimate:
    """Accuracy at the paper's example in two steps, so that architectures are what varies.

    Each architecture's curve is prolonged to 20,000 hours, with products along its own line and without
    them along the mean slope of all; then a plane in parameters and pixels goes through the architectures.
    The value is that of one fit of all curves. Six architectures and a plane of three coefficients leave
    three degrees of freedom; the variance of redrawn subsets, which all architectures share, is added.

    Parameters
    ----------
    link, table, products
        As in `coefficients`.
    accuracy
        In per cent, shape (architectures, shares).
    many
        The same with subsets of video drawn anew, shape (draws, architectures, shares).
    """
    x = of_table(table)
    hours, plane = x[0, :, 1], np.c_[np.ones(len(x)), (x - TARGET)[:, 0, [0, 2]]]
    ahead, solve = TARGET[1] - hours.mean(), np.linalg.pinv(plane)

    def prolonged(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        z = link.to_line(a)
        slope = slopes(hours, z)
        return z.mean(-1) + ahead * (slope if products else slope.mean(-1, keepdims=True)), slope

    z, slope = prolonged(accuracy)
    left, free = z - plane @ (solve @ z), len(z) - plane.shape[1]
    variance = left @ left / free * (solve[0] @ solve[0]) + np.var(prolonged(many)[0] @ solve[0])
    if not products:
        variance += ahead**2 * slope.var(ddof=1) / len(slope)
    middle, half = solve[0] @ z, stdtrit(free, 0.975) * np.sqrt(variance)
    ends = (float(link.back(end)) for end in (middle, middle - half, middle + half))
    return Estimate(*ends, "Student's over six architectures, two steps; subsets of video drawn anew")


def by_form(
    table: pd.DataFrame, accuracy: np.ndarray, many: np.ndarray
) -> tuple[dict[tuple[str, bool], Estimate], dict[tuple[str, bool], float]]:
    """Accuracy at the paper's example by each form, and the mean size of the form's errors on all video, in points."""
    found = {form: at_target(LINKS[form[0]], table, accuracy, many, form[1]) for form in FORMS}
    return found, {form: float(error(form, table, accuracy)) for form in FORMS}


def error(form: tuple[str, bool], table: pd.DataFrame, accuracy: np.ndarray) -> np.ndarray:
    """Mean size of a form's errors on all video over architectures, in points, shape (...)."""
    return np.abs(errors_of_whole(LINKS[form[0]], table, accuracy, form[1])).mean(axis=-1)


def chosen(found: dict, wrong: dict) -> tuple[list, tuple[str, bool], tuple[str, bool]]:
    """The forms that foretell less than 100 %, that of them which errs least, and that which foretells most."""
    possible = [form for form, it in found.items() if it.value < 100] or list(found)
    return possible, min(possible, key=wrong.get), max(possible, key=lambda form: found[form].value)
