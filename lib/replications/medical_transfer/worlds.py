"""Worlds in which the gain does not turn with the size of the data set, or turns by what was planted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from replications.medical_transfer.bottleneck import all_edges, arms, classes, clearness, in_lines, vee
from replications.medical_transfer.gains import SIZES, slope, times_drawn


def flattened(n_train: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Gains without a trend: a line is taken off within each class of size, and the mean of all put in its place.

    To take the means of the classes off would not do. A rise among the large data sets alone would stay, and
    two lines would find it.
    """
    x, values = np.log10(np.asarray(n_train, float)), np.asarray(values, float)
    flat = np.full(len(values), values.mean())
    for it in classes(n_train):
        flat[it] += values[it] - np.polyval(np.polyfit(x[it], values[it], 1), x[it])
    return flat


def drawn_again(
    family: pd.Series, count: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of tables whose families are drawn with replacement; one that was drawn twice is two families.

    A world so made keeps how gains scatter, how skewed they are, and how much a family shares.

    Parameters
    ----------
    family
        Of each data set.
    count
        Number of worlds.
    rng
        Source of randomness.

    Yields
    ------
    tuple of numpy.ndarray
        Row numbers, and for each the number of the draw that brought it, which is its family.
    """
    codes, names = pd.factorize(family)
    members = [np.flatnonzero(codes == code) for code in range(len(names))]
    for _ in range(count):
        drawn = [members[k] for k in rng.integers(len(names), size=len(names))]
        yield np.concatenate(drawn), np.repeat(np.arange(len(drawn)), [len(rows) for rows in drawn])


def coin(groups: pd.Series, rng: np.random.Generator) -> np.ndarray:
    """Heads or tails for each row, bool, the same for all rows of a group."""
    codes, names = pd.factorize(groups)
    return (rng.integers(2, size=len(names)) == 1)[codes]


def exchanged_by_coin(table: pd.DataFrame, groups: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """The table with pre-trained and scratch exchanged in all rows of a group, or in none, by a coin."""
    heads, scratch, tuned = coin(groups, rng), list(SIZES), [f"{size}_ft" for size in SIZES]
    world = table.copy()
    world.loc[heads, scratch + tuned] = table.loc[heads, tuned + scratch].to_numpy()
    return world


def nnunet_by_coin(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The table with nnU-Net as far above the pre-trained models as it is below, by a coin for each family."""
    tuned = [f"{size}_ft" for size in SIZES]
    ahead = 2 * (table[tuned].mean(axis=1) - table.nnunet)
    return table.assign(nnunet=table.nnunet + ahead.where(coin(table.family, rng), 0))


def sizes_in_any_order(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The table with the three sizes of the model put in a random order in each data set."""
    order, world = rng.permuted(np.tile(range(3), (len(table), 1)), axis=1), table.copy()
    for columns in (list(SIZES), [f"{size}_ft" for size in SIZES]):
        world[columns] = np.take_along_axis(table[columns].to_numpy(), order, axis=1)
    return world


def by_lines(n_train: np.ndarray, values: np.ndarray, family: np.ndarray) -> bool:
    """Whether both of Simonsohn's lines are established; where one has too few sizes to be drawn, it is not."""
    try:
        return in_lines(n_train, values, family).low > 0
    except ValueError:
        return False


def established(
    table: pd.DataFrame,
    values: np.ndarray,
    planted: Mapping[str, tuple[float, float]],
    clear: float,
    count: int,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """In what share of worlds each part of a U is established, and the whole of it by three tests.

    Parameters
    ----------
    table
        One row a data set: family, n_train.
    values
        Gains, shape (data sets,).
    planted
        What was planted, in words -> by how much small and large data sets gain more than medium ones.
    clear
        Clearness at the best of all edges that one in twenty deals reaches.
    count, draws
        Number of worlds, and of draws for each interval.
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        Shares, one row for each thing planted; the last column is how often the interval of the small arm
        ends below what was planted.
    """
    n_train = table.n_train.to_numpy()
    flat, pairs, found = flattened(n_train, values), all_edges(n_train), []
    for rows, family in drawn_again(table.family, count, rng):
        n, times = n_train[rows], times_drawn(family, draws, rng)
        of, tried = classes(n), [classes(n, pair) for pair in pairs]
        for how, by in planted.items():
            y = (flat + vee(n_train, *by))[rows]
            seen = arms(y, of, times, "families drawn")
            above = {arm: it.low > 0 for arm, it in seen.items()}
            found.append(
                {"planted": how}
                | above
                | {"both": all(above.values()), "two lines": by_lines(n, y, family)}
                | {"best edges": clearness(y, tried).max() > clear}
                | {"small short": seen["small"].high < by[0]}
            )
    return pd.DataFrame(found).groupby("planted", sort=False).mean()


def at_most(
    table: pd.DataFrame,
    values: np.ndarray,
    seen: tuple[float, float],
    depths: Sequence[float],
    count: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """In what share of worlds each arm is at most as high as it is seen, where the true U is so many times as deep.

    Parameters
    ----------
    table
        One row a data set: family, n_train.
    values
        Gains, shape (data sets,).
    seen
        By how much small and large data sets are seen to gain more than medium ones.
    depths
        True U, in times of the one that is seen.
    count
        Number of worlds.
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        Shares, one row a depth.
    """
    n_train, found = table.n_train.to_numpy(), []
    flat, once = flattened(n_train, values), vee(n_train, *seen)
    for rows, _ in drawn_again(table.family, count, rng):
        of = classes(n_train[rows])
        for depth in depths:
            y = (flat + depth * once)[rows]
            arm = [y[it].mean() - y[of.medium].mean() for it in (of.small, of.large)]
            found.append((depth, *(np.array(arm) <= seen)))
    return pd.DataFrame(found, columns=["times as deep", "small", "large"]).groupby("times as deep").mean()


def falls_found(
    table: pd.DataFrame,
    values: np.ndarray,
    falls: Sequence[float],
    count: int,
    draws: int,
    rng: np.random.Generator,
) -> dict[float, float]:
    """In what share of worlds a straight fall is established, by what the gain loses per tenfold training cases.

    Parameters
    ----------
    table
        One row a data set: family, n_train.
    values
        Gains, shape (data sets,).
    falls
        What is planted, in gain per tenfold training cases.
    count, draws
        Number of worlds, and of draws for each interval.
    rng
        Source of randomness.
    """
    x, found = np.log10(table.n_train.to_numpy(float)), dict.fromkeys(falls, 0)
    flat = flattened(table.n_train, values)
    for rows, family in drawn_again(table.family, count, rng):
        times = times_drawn(family, draws, rng).astype(float)
        for fall in falls:
            found[fall] += slope(x[rows], (flat - fall * x)[rows], times, "families drawn").high < 0
    return {fall: hits / count for fall, hits in found.items()}
