"""Many draws of data and projections, and the exact loss of each: the simulations of the notebook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from replications.four_regimes import regression
from scalinglaws.spectra import Modes


class World(Protocol):
    """Where examples and features come from, in the coordinates of their common modes."""

    @property
    def modes(self) -> Modes: ...

    def data(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n examples, shape (n, S)."""

    def projections(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n features, shape (S, n)."""


@dataclass(frozen=True)
class Ideal:
    """Gaussian examples and features that are projections by random signs.

    The two differ in kind on purpose: with Gaussian projections, losses by data and by features
    would have the same distribution, and comparing them would compare nothing.

    Attributes
    ----------
    modes
        Eigenvalues and signal, S of each.
    entries
        What draws the projections, from a generator, rows and columns; entries have unit variance.
    """

    modes: Modes
    entries: Callable[[np.random.Generator, int, int], np.ndarray] = regression.signs

    def data(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return regression.gaussian(rng, n, self.modes.size)

    def projections(self, rng: np.random.Generator, n: int) -> np.ndarray:
        return self.entries(rng, self.modes.size, n)


def by_data(world: World, sizes: Sequence[int], draws: int, rng: np.random.Generator) -> np.ndarray:
    """Losses with all features on the first n examples, shape (draws, sizes)."""
    return np.array(
        [regression.by_data(world.modes, world.data(rng, max(sizes)), sizes) for _ in range(draws)]
    )


def by_features(world: World, sizes: Sequence[int], draws: int, rng: np.random.Generator) -> np.ndarray:
    """Losses with endless data on the first n features, shape (draws, sizes)."""
    drawn = (world.projections(rng, max(sizes)) for _ in range(draws))
    return np.array([regression.by_features(world.modes, one, sizes) for one in drawn])


def jointly(world: World, n_data: int, n_features: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Losses with examples and features both finite, shape (draws,)."""
    drawn = ((world.data(rng, n_data), world.projections(rng, n_features)) for _ in range(draws))
    return np.array([regression.by_both(world.modes, *one) for one in drawn])


def across(
    world: World, sizes: Sequence[int], n_features: int, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Losses of a number of features at several numbers of examples, below it and above.

    Returns
    -------
    ndarray
        Shape (draws, sizes), NaN where the two numbers are equal: there the mean is infinite, and
        what a few draws give is an accident.
    """
    losses = np.full((draws, len(sizes)), np.nan)
    for column, n in enumerate(sizes):
        if n != n_features:
            losses[:, column] = jointly(world, n, n_features, draws, rng)
    return losses


def excess_by_data(
    world: World, few: int, sizes: Sequence[int], draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Loss of `few` features on n examples above that of the same features with endless data.

    Returns
    -------
    ndarray
        Shape (draws, sizes). Within a draw the examples are nested and the features are the same.
    """
    rows = []
    for _ in range(draws):
        data, projections = world.data(rng, max(sizes)), world.projections(rng, few)
        limit = regression.by_features(world.modes, projections, [few])[0]
        rows.append([regression.by_both(world.modes, data[:n], projections) - limit for n in sizes])
    return np.array(rows)


def excess_by_features(
    world: World, few: int, sizes: Sequence[int], draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Loss of n features on `few` examples above that of all features on the same examples.

    Returns
    -------
    ndarray
        Shape (draws, sizes). Within a draw the features are nested and the examples are the same.
    """
    rows = []
    for _ in range(draws):
        data, projections = world.data(rng, few), world.projections(rng, max(sizes))
        limit = regression.by_data(world.modes, data, [few])[0]
        rows.append([regression.by_both(world.modes, data, projections[:, :n]) - limit for n in sizes])
    return np.array(rows)
