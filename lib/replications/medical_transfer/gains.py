"""Gains by pre-training, in three measures, and how their means vary with the families of data sets drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from scalinglaws.uncertainty import Estimate, cluster_counts, from_draws

SIZES = ("base", "large", "huge")
#: Dice nearer to 0 or 1 than this are moved there before odds are taken: a Dice of exactly 0 has none.
EDGE = 0.005


def difference(pre_trained: np.ndarray, scratch: np.ndarray) -> np.ndarray:
    """Gain in Dice."""
    return pre_trained - scratch


def share_of_error(pre_trained: np.ndarray, scratch: np.ndarray) -> np.ndarray:
    """Gain as a share of what could be gained, 1 less the Dice from scratch."""
    return (pre_trained - scratch) / (1 - scratch)


def log_odds(pre_trained: np.ndarray, scratch: np.ndarray) -> np.ndarray:
    """Gain in the logarithm of the odds of Dice, in which no end is nearer than another."""
    high, low = (np.clip(dice, EDGE, 1 - EDGE) for dice in (pre_trained, scratch))
    return np.log(high / (1 - high)) - np.log(low / (1 - low))


MEASURES = {"Dice": difference, "share of the error": share_of_error, "log odds": log_odds}


def by_size(table: pd.DataFrame, measure=difference) -> pd.DataFrame:
    """Gain of each row at each size of the model: columns base, large and huge."""
    return pd.DataFrame({size: measure(table[f"{size}_ft"], table[size]) for size in SIZES})


def times_drawn(groups: pd.Series | np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """`cluster_counts` with the groups in the order in which they appear: whole numbers, shape (draws, rows)."""
    return cluster_counts(pd.factorize(groups)[0], draws, rng)


def means(values: np.ndarray, among: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Mean of the values among some rows, in each draw; nan where none of the rows was drawn.

    Parameters
    ----------
    values
        Shape (rows,).
    among
        Which rows count, bool, shape (rows,).
    times
        As from `times_drawn`.
    """
    count = times @ among
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, times @ (values * among) / count, np.nan)


def medians(values: np.ndarray, among: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Median of the values among some rows, in each draw; otherwise as `means`."""
    order = np.argsort(values[among])
    ranked, upto = values[among][order], times[:, among][:, order].cumsum(axis=1)
    total = upto[:, -1:]
    # Of an even number of values the median is the mean of the two in the middle.
    both = ranked[(2 * upto >= total).argmax(axis=1)] + ranked[(2 * upto > total).argmax(axis=1)]
    return np.where(total[:, 0] > 0, both / 2, np.nan)


Centre = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def middle(
    values: np.ndarray,
    times: np.ndarray,
    how: str,
    among: np.ndarray | None = None,
    centre: Centre = means,
) -> Estimate:
    """Mean (or median) of the values among some rows, with the interval of the draws."""
    values = np.asarray(values, float)
    among = np.ones(len(values), bool) if among is None else np.asarray(among, bool)
    once = np.ones((1, len(values)))
    return from_draws(centre(values, among, once)[0], centre(values, among, times), how)


def apart(
    values: np.ndarray,
    these: np.ndarray,
    those: np.ndarray,
    times: np.ndarray,
    how: str,
    centre: Centre = means,
) -> Estimate:
    """Mean (or median) among these rows less that among those, with the interval of the draws."""
    values, these, those = np.asarray(values, float), np.asarray(these, bool), np.asarray(those, bool)
    found, drawn = (
        centre(values, these, it) - centre(values, those, it) for it in (np.ones((1, len(values))), times)
    )
    return from_draws(found[0], drawn, how)


def slope(x: np.ndarray, y: np.ndarray, times: np.ndarray, how: str) -> Estimate:
    """Slope of the least-squares line, in y per x, with the interval of the draws."""
    x, y = np.asarray(x, float), np.asarray(y, float)

    def of(weights: np.ndarray) -> np.ndarray:
        n = weights.sum(-1)
        sx, sy, sxy, sxx = (weights @ it for it in (x, y, x * y, x * x))
        return (n * sxy - sx * sy) / (n * sxx - sx**2)

    return from_draws(float(of(np.ones(len(x)))), of(times), how)


def midranks(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Rank of each row among the rows that were drawn, less one half; equal values share their mean rank.

    Parameters
    ----------
    values
        Shape (rows,).
    times
        As from `times_drawn`.
    """
    codes = np.unique(values, return_inverse=True)[1]
    count = times @ np.eye(codes.max() + 1)[codes]
    return (count.cumsum(axis=1) - count / 2)[:, codes]


def ranked_together(x: np.ndarray, y: np.ndarray, times: np.ndarray, how: str) -> Estimate:
    """Spearman's rank correlation with the interval of the draws; ranks are taken anew in each."""
    x, y = np.asarray(x, float), np.asarray(y, float)

    def of(weights: np.ndarray) -> np.ndarray:
        total = weights.sum(axis=1, keepdims=True)
        ranks = [midranks(it, weights) for it in (x, y)]
        a, b = (it - (weights * it).sum(axis=1, keepdims=True) / total for it in ranks)
        ab, aa, bb = ((weights * it).sum(axis=1) for it in (a * b, a * a, b * b))
        return ab / np.sqrt(aa * bb)

    return from_draws(float(of(np.ones((1, len(x))))[0]), of(times), how)


def adjusted(
    values: np.ndarray, classes: Mapping[str, np.ndarray], others: np.ndarray, times: np.ndarray, how: str
) -> dict[str, Estimate]:
    """By how much each class differs from the rest at equal other properties, by one linear regression.

    Parameters
    ----------
    values
        Shape (rows,).
    classes
        Names -> which rows are in the class; the rows that are in none are what they are compared with.
    others
        What is held equal, shape (rows, properties).
    times
        As from `times_drawn`.
    how
        What was drawn, in words.
    """
    x = np.column_stack([*classes.values(), others, np.ones(len(values))]).astype(float)

    def of(weights: np.ndarray) -> np.ndarray:
        squares = np.einsum("...r,ri,rj->...ij", weights, x, x)
        return np.linalg.solve(squares, ((weights * values) @ x)[..., None])[..., 0]

    once, drawn = of(np.ones((1, len(x))))[0], of(times)
    return {name: from_draws(once[k], drawn[:, k], how) for k, name in enumerate(classes)}
