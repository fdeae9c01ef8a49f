"""Exponents of losses in a width, and intervals that draw whole laws of frequency and the error of reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import permutations

import numpy as np
import pandas as pd

from scalinglaws.spectra import slope
from scalinglaws.uncertainty import Estimate, cluster_resamples, from_draws, from_left_out, of_slope

#: The nine cells, alpha and decay, that the paper's Figure 5b draws, told by height and colour.
DRAWN_WEAK = (
    *((alpha, 0.3333) for alpha in (1.25, 1.5, 1.625, 1.75, 1.875, 2.0)),
    *((alpha, 0.1111) for alpha in (1.875, 2.0)),
    (1.625, 0.5556),
)


def over_alphas(
    statistic: Callable[[np.ndarray, np.ndarray], float],
    cells: pd.DataFrame,
    rng: np.random.Generator,
    error: float = 0.0,
    draws: int = 500,
) -> Estimate:
    """A statistic of a map of exponents; its interval draws whole alphas, and reads each cell anew.

    Parameters
    ----------
    statistic
        From alphas, shape (k,), and their cells, shape (k, columns), to a number.
    cells
        Exponents, a row for each alpha, by which it is indexed.
    rng
        Source of randomness.
    error
        How far a cell may have been misread, to either side.
    draws
        How many resamples; those of one alpha alone are left out.
    """
    alphas, values = cells.index.to_numpy(float), cells.to_numpy()
    found = [
        statistic(alphas[rows], values[rows] + error * rng.uniform(-1, 1, values.shape))
        for rows in cluster_resamples(alphas, draws, rng)
        if np.ptp(alphas[rows])
    ]
    how = f"{len(cells)} values of alpha drawn with replacement" + (" and read anew" if error else "")
    return from_draws(statistic(alphas, values), found, how)


def level(alphas: np.ndarray, cells: np.ndarray) -> float:
    """The mean exponent."""
    return float(cells.mean())


def rise(alphas: np.ndarray, cells: np.ndarray) -> float:
    """How much the exponents rise per unit of alpha: the slope of their mean over columns."""
    (xx, xy), _ = np.cov(alphas, cells.mean(axis=1))
    return float(xy / xx)


def misread(m: pd.Series, loss: pd.Series, error: float, rng: np.random.Generator) -> Estimate:
    """The exponent of a line of losses, with the interval that errors of reading alone make.

    Parameters
    ----------
    m, loss
        Widths and losses, of one law of frequency.
    error
        Standard deviation of the error of a loss, in its logarithm.
    rng
        Source of randomness.
    """
    draws = [slope(m, loss * np.exp(rng.normal(0, error, len(loss)))) for _ in range(400)]
    return from_draws(slope(m, loss), draws, "each point read anew; nothing else varies")


def falls(m: pd.Series, loss: pd.Series) -> Estimate:
    """The exponent of a line of losses, with Student's interval from the distances to the line."""
    return of_slope(-np.log(m), np.log(loss), "Student's interval of the line through the widths")


def straightness(m: pd.Series, loss: pd.Series) -> float:
    """R2 of the line through the logarithms."""
    return float(np.corrcoef(np.log(m), np.log(loss))[0, 1] ** 2)


def edge(weak: Mapping[str, pd.DataFrame], widths: Iterable[int]) -> Estimate:
    """R2 of the line for power-law frequencies, less the larger of the two others, over some widths.

    Its interval leaves out one width in turn.
    """

    def over(kept: set[int]) -> float:
        r2 = {
            name: straightness(*one[one.m.isin(kept)][["m", "loss"]].to_numpy().T)
            for name, one in weak.items()
        }
        return r2["power"] - max(r2["exponential"], r2["linear"])

    all_of = set(widths)
    return from_left_out(
        over(all_of), [over(all_of - {m}) for m in sorted(all_of)], "one width left out in turn"
    )


def by_cell(runs: pd.DataFrame, keys: list[str], of: str = "loss") -> pd.Series:
    """The exponent of a column in 1/m for each combination of the keys that has several widths."""
    groups = {key: one for key, one in runs.groupby(keys) if one.m.min() < one.m.max()}
    return pd.Series({key: slope(one.m, one[of]) for key, one in groups.items()}).rename_axis(keys)


def ordered_alike(ours: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """Share of pairs of cells that two maps order alike, among those with equal alpha and sign of decay.

    Sign of decay and alpha alone order no such pair, so that chance has a half.

    Parameters
    ----------
    ours, theirs
        Exponents, rows are alphas, columns decays, the same ones in the same order.
    """
    decays = ours.columns.to_numpy(float)
    one, two = np.triu_indices(len(decays), 1)
    one, two = (each[decays[one] * decays[two] > 0] for each in (one, two))
    apart = [table.to_numpy()[:, one] - table.to_numpy()[:, two] for table in (ours, theirs)]
    return float((apart[0] * apart[1] > 0).mean())


def cells_alike(ours: pd.DataFrame, theirs: pd.DataFrame) -> Estimate:
    """`ordered_alike` with Student's interval of the jackknife over alphas."""
    without = [ordered_alike(ours.drop(alpha), theirs.drop(alpha)) for alpha in ours.index]
    return from_left_out(ordered_alike(ours, theirs), without, "one alpha left out in turn")


def relabelled(ours: pd.DataFrame, theirs: pd.DataFrame) -> np.ndarray:
    """`ordered_alike` under all labels that decays of one sign can exchange among themselves, shape (k,)."""
    below, above = (ours.columns[ours.columns < 0], ours.columns[ours.columns > 0])
    columns = [[*low, *high] for low in permutations(below) for high in permutations(above)]
    return np.array([ordered_alike(ours[each].set_axis(ours.columns, axis=1), theirs) for each in columns])
