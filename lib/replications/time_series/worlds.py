"""Worlds in which it is known by how much the encoder's exponent exceeds the decoder's, and chance alone."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd

from replications.time_series.lines import ALONG, SAME, alike, curve, difference, line
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


def by_chance(losses: pd.DataFrame) -> pd.Series:
    """How often chance gives slopes as steep as those of log10 decoder's over encoder's loss on log10 size.

    If both had one law up to a factor, a pair's distance from the mean of all pairs would be above as often as below
    it. All 2^10 ways to turn the ten distances round are tried, each in all sets at once. This rests on no normal
    distribution.

    Returns
    -------
    pandas.Series
        By set, and for `all`, the share of ways whose slope is as far from zero as the one found; for all, whose
        three slopes all are.
    """
    ratios = []
    for name in SETS:
        (x, encoder), (_, decoder) = (curve(losses, "size", family, name) for family in FAMILIES)
        ratio = np.log10(decoder / encoder)
        ratios.append((x - x.mean()) * (ratio - ratio.mean()))
    turned = np.array(list(product((1, -1), repeat=len(ratios[0])))) @ np.array(ratios).T
    # The first way turns nothing round; a tie with it is as steep, whatever its last bits.
    as_steep = abs(turned) >= abs(turned[0]) * (1 - 1e-9)
    return pd.Series([*as_steep.mean(axis=0), as_steep.all(axis=1).mean()], [*SETS, "all"])


def without(losses: pd.DataFrame, figure: str, values: list[float]) -> pd.DataFrame:
    """The table without some sizes, or amounts of data, of one figure."""
    here = np.isclose(losses[[ALONG[figure]]], values, rtol=SAME).any(axis=1)
    return losses[~((losses.figure == figure) & here)]
