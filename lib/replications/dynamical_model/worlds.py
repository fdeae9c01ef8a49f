"""Worlds without the paper's powers, and worlds in which the ones that failed are planted."""

from __future__ import annotations

import numpy as np

from replications.dynamical_model.equation import infinitely_wide, unlearned
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


def bottlenecks_added(spectrum: Spectrum, width: float, t: float) -> float:
    """Loss at finite width and time as the paper's rule for compute has it: two bottlenecks, added.

    That of time at infinite width, and that of width with squared shares, so that it falls with
    min(a-1, 2b). Source: the authors' account, which calls the sum an approximation.
    """
    return float(infinitely_wide(spectrum, np.array(t))) + endless_ensemble(spectrum, width)
