"""Worlds in which the gain does not turn with the size of the data set, or turns by what was planted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from replications.medical_transfer.bottleneck import all_edges, arms, classes, clearness, in_lines, vee
from replications.medical_transfer.gains import SIZES, times_drawn


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


def exchanged_by_coin(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The table with pre-trained and scratch exchanged in all data sets of a family, or in none, by a coin."""
    codes, names = pd.factorize(table.family)
    coin = (rng.integers(2, size=len(names)) == 1)[codes]
    scratch, tuned = list(SIZES), [f"{size}_ft" for size in SIZES]
    world = table.copy()
    world.loc[coin, scratch + tuned] = table.loc[coin, tuned + scratch].to_numpy()
    return world


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
        Shares, one row for each thing planted.
    """
    n_train = table.n_train.to_numpy()
    flat, pairs, found = flattened(n_train, values), all_edges(n_train), []
    for rows, family in drawn_again(table.family, count, rng):
        n, times = n_train[rows], times_drawn(family, draws, rng)
        of, tried = classes(n), [classes(n, pair) for pair in pairs]
        for how, by in planted.items():
            y = (flat + vee(n_train, *by))[rows]
            above = {arm: it.low > 0 for arm, it in arms(y, of, times, "families drawn").items()}
            found.append(
                {"planted": how}
                | above
                | {"both": all(above.values()), "two lines": by_lines(n, y, family)}
                | {"best edges": clearness(y, tried).max() > clear}
            )
    return pd.DataFrame(found).groupby("planted", sort=False).mean()
