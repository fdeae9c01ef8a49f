"""Worlds without the paper's powers, and worlds in which the ones that failed are planted."""

from __future__ import annotations

import numpy as np

from replications.dynamical_model.equation import unlearned
from replications.dynamical_model.spectrum import Spectrum, finite


def first_mode_only(b: float, modes: int = 4096) -> Spectrum:
    """A power-law spectrum with a target on its first mode alone."""
    return finite(np.arange(1.0, modes + 1) ** -b, np.eye(1, modes)[0])


def all_alike(a: float, modes: int = 4096) -> Spectrum:
    """Modes of the same variance."""
    return finite(np.ones(modes), np.arange(1.0, modes + 1) ** -a)


def exponential(modes: int = 400) -> Spectrum:
    """Variance and target that halve with every fourth mode."""
    halved = 2 ** (-np.arange(modes) / 4)
    return finite(halved, halved)


def endless_ensemble(spectrum: Spectrum, width: float) -> float:
    """Loss after training of the mean output of endlessly many networks: the bias of one.

    The projectors of two independent networks multiply, so that the unlearned share enters by its square.
    """
    return float(spectrum.over(spectrum.signal * unlearned(spectrum, width) ** 2))


def two_bottlenecks(a: float, b: float, compute: np.ndarray) -> np.ndarray:
    """Least of t^-((a-1)/b) + N^-(a-1) at each compute N t, shape of `compute`."""
    width = np.geomspace(1, 1e9, 20001)
    return ((compute[:, None] / width) ** (-(a - 1) / b) + width ** (1.0 - a)).min(1)
