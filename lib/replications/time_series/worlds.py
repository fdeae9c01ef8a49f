"""Worlds in which it is known by how much the encoder's exponent exceeds the decoder's, and chance alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd

from replications.time_series.lines import ALONG, SAME, alike, beyond, curve, difference, largest, line
from replications.time_series.printed import FAMILIES, SETS


def with_gap(losses: pd.DataFrame, figure: str, gap: float) -> pd.DataFrame:
    """The table with both architectures on laws whose exponents differ by `gap`, encoder's less decoder's, in each set.

    Each curve keeps its mean, and each point its distance to its line; the two exponents of a set keep their mean.
    """
    changed = losses.copy()
    for name in SETS:
        curves = [curve(losses, figure, family, name) for family in FAMILIES]
        slopes = [line(x, np.log10(y)).slope for x, y in curves]
        for (x, y), family, slope, sign in zip(curves, FAMILIES, slopes, (-1, 1), strict=True):
            here = (losses.figure == figure) & (losses.family == family) & (losses.eval_set == name)
            turn = np.mean(slopes) + sign * gap / 2 - slope
            changed.loc[here, "nll"] = y * 10 ** (turn * (x - x.mean()))
    return changed


def found_in(
    losses: pd.DataFrame,
    figure: str,
    gap: Mapping[str, float],
    reading: float,
    worlds: int,
    rng: np.random.Generator,
) -> pd.Series:
    """In what share of worlds the interval of the difference of exponents lies above zero, set by set.

    Parameters
    ----------
    losses, figure
        Where the points lie, and how wide they scatter about their lines; in a world the scatter is normal.
    gap
        Set -> encoder's exponent less the decoder's in the worlds.
    reading
        As in `steeper`.
    """
    found = {}
    for name, between in gap.items():
        curves = [curve(losses, figure, family, name) for family in FAMILIES]
        lines = [line(x, np.log10(y)) for x, y in curves]
        middle = np.mean([it.slope for it in lines])
        drawn = [
            (middle + sign * between / 2) * (x - x.mean()) + rng.normal(0, it.scatter, (worlds, len(x)))
            for (x, _), it, sign in zip(curves, lines, (-1, 1), strict=True)
        ]
        (x, _), (other, _) = curves
        value, half = difference(x, drawn[0], other, drawn[1], reading, alike(x, other))
        found[name] = (value > half).mean()
    return pd.Series(found)


def turned_round(losses: pd.DataFrame) -> np.ndarray:
    """Slopes of log10 decoder's over encoder's loss on log10 size, after chance has turned pairs round.

    If both had one law up to a factor, a pair's distance from the mean of all pairs would be above as often as below
    it. All 2^10 ways to turn the ten distances round are tried, each in all sets at once, since one model has three
    losses. The first way turns nothing round.

    Returns
    -------
    numpy.ndarray
        Ways by sets, each slope over the root mean square of its set's, so that those of different sets compare.
    """
    moments = []
    for name in SETS:
        (x, encoder), (_, decoder) = (curve(losses, "size", family, name) for family in FAMILIES)
        ratio = np.log10(decoder / encoder)
        moments.append((x - x.mean()) * (ratio - ratio.mean()))
    slopes = np.array(list(product((1, -1), repeat=len(moments[0])))) @ np.array(moments).T
    return slopes / np.sqrt((slopes**2).mean(axis=0))


def as_far(statistic: np.ndarray) -> float:
    """In what share of ways a statistic, one a way, is as large as in the first; a tie is as large."""
    return float((statistic >= statistic[0] * (1 - 1e-9)).mean())


def by_chance(slopes: np.ndarray) -> pd.DataFrame:
    """How often chance gives slopes as steep as those found, which are the first of `turned_round`.

    Returns
    -------
    pandas.DataFrame
        By set, `alone`: as steep on this set; `of three`: the same, corrected for looking at three sets, by the largest
        slope of those that are not steeper than this set's. In the row `together` the sum over the sets is asked for,
        which is one question and needs no correction.

    Source: Westfall & Young (1993), Resampling-Based Multiple Testing, algorithm 2.8.
    """
    far = abs(slopes)
    alone = [as_far(column) for column in far.T]
    order = np.argsort(-far[0])
    stepped = np.maximum.accumulate([as_far(far[:, order[k:]].max(axis=1)) for k in range(len(SETS))])
    table = pd.DataFrame({"alone": alone, "of three": stepped[np.argsort(order)]}, index=list(SETS))
    table.loc["together"] = as_far(abs(slopes.sum(axis=1)))
    return table


def over_floor(x: np.ndarray, loss: np.ndarray, share: float, fall: float | None = None) -> np.ndarray:
    """A curve on a power law over a floor, with its own scatter.

    Parameters
    ----------
    x, loss
        log10 of the size, ascending, and the loss, shape (n,).
    share
        The floor, over the law's last loss.
    fall
        The law's first loss over its last; by default that of the line through the points.
    """
    straight = 10 ** line(x, np.log10(loss)).at(x)
    fall = straight[0] / straight[-1] if fall is None else fall
    power = ((fall - share) / (1 - share)) ** ((x[-1] - x) / (x[-1] - x[0]))
    return (share + (1 - share) * power) * loss / straight


def with_last(losses: pd.DataFrame, over: float) -> pd.DataFrame:
    """The table with the encoder called 1B that far over the lines of size, in the mean of three sets."""
    rows = largest(losses).index
    factor = (1 + over) / (1 + beyond(losses).value)
    return losses.assign(nll=losses.nll.where(~losses.index.isin(rows), losses.nll * factor))


def without(losses: pd.DataFrame, figure: str, values: list[float]) -> pd.DataFrame:
    """The table without some sizes, or amounts of data, of one figure."""
    here = np.isclose(losses[[ALONG[figure]]], values, rtol=SAME).any(axis=1)
    return losses[~((losses.figure == figure) & here)]
