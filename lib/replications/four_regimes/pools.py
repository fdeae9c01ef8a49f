"""Exponents of several pools of digits at once, of which the worst decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from replications.four_regimes.exponents import difference, exponent, worst
from replications.four_regimes.images import Pool
from scalinglaws.uncertainty import Estimate, distance

#: Losses of each pool by its name, each of shape (draws, sizes).
Losses = Mapping[str, np.ndarray]


def apart(
    sizes: Sequence[int], one: Losses, other: Losses, rng: np.random.Generator, part: slice = slice(None)
) -> Estimate:
    """Largest distance between the exponents of two sets of losses, on a part of the sizes."""
    gaps = [difference(sizes[part], one[name][:, part], other[name][:, part], rng) for name in one]
    return worst([distance(gap, 0) for gap in gaps])


def from_spectrum(
    sizes: Sequence[int],
    pools: Mapping[str, Pool],
    losses: Losses,
    rng: np.random.Generator,
    part: slice = slice(None),
) -> Estimate:
    """Largest distance of an exponent from that of the spectrum, on a part of the sizes and the same ranks."""
    used = sizes[part]
    found = {name: exponent(used, one[:, part], rng) for name, one in losses.items()}
    return worst([distance(found[name], pools[name].modes.steepness(used[0], used[-1])) for name in losses])


def unevenness(pool: Pool) -> float:
    """How uneven the neurons are: the 90th percentile of their mean squares over the 10th."""
    low, high = np.quantile((pool.neurons**2).T @ pool.modes.variance, [0.1, 0.9])
    return float(high / low)
