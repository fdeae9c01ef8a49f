"""Worlds with a known answer: accuracies that follow a line, with the scatter of subsets that the runs have."""

from __future__ import annotations

import numpy as np
import pandas as pd

from replications.human_like_vision import forecast, gains


def following(
    link: forecast.Link,
    table: pd.DataFrame,
    many: np.ndarray,
    rng: np.random.Generator,
    products: bool = False,
) -> np.ndarray:
    """Accuracies that a line through the curves gives, plus the deviations of redrawn subsets.

    Runs on all video, of which there is one drawing, scatter as the mean of three subsets of a tenth would:
    by how much they do is not known.

    Parameters
    ----------
    link, table, products
        The line, and the curves that it goes through.
    many
        Curves with subsets drawn anew, shape (draws, architectures, shares).

    Returns
    -------
    numpy.ndarray
        In per cent, shape as `many`.
    """
    curve = table.to_numpy()
    off = many - curve
    off[..., -1] = off[rng.permutation(len(off)), :, -2]
    at = forecast.of_table(table)
    line = forecast.foretold(link, table, curve, at.reshape(-1, 3), products)
    return line.reshape(curve.shape) + off


def chance(
    form: tuple[str, bool], table: pd.DataFrame, many: np.ndarray, rng: np.random.Generator, size: float
) -> float:
    """How often a form's own worlds err on all video by `size` points or more, on the mean over architectures."""
    world = following(forecast.LINKS[form[0]], table, many, rng, form[1])
    return float((forecast.error(form, table, world) >= size).mean())


def chosen(table: pd.DataFrame, world: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the notebook's rule gives in each world: the form that errs least, and what it foretells.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        The form's place among `forecast.FORMS`, of all of them; and the forecast in per cent of that which
        errs least among those that stay below 100 %.
    """
    wrong = np.array([forecast.error(form, table, world) for form in forecast.FORMS])
    ahead = np.array(
        [forecast.foretold(forecast.LINKS[n], table, world, forecast.TARGET, p) for n, p in forecast.FORMS]
    )
    possible = np.where(ahead < 100, wrong, np.inf).argmin(0)
    return wrong.argmin(0), np.take_along_axis(ahead, possible[None], 0)[0]


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
    return float((np.abs(values.mean(1) - number) > gains.half_width(values, spread**2)).mean())
