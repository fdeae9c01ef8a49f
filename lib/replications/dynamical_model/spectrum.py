"""Power-law spectra with all their modes, none cut off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Spectrum:
    """Modes of the features and of the target.

    Parameters
    ----------
    rate
        Variance of each mode, the rate at which gradient flow of infinite width learns it, shape (m,).
    signal
        Loss that the mode holds before training, shape (m,).
    count
        How many modes of this kind there are, shape (m,): one, or the weight of a node that stands for
        a stretch of the tail.
    """

    rate: np.ndarray
    signal: np.ndarray
    count: np.ndarray

    def over(self, values: np.ndarray) -> np.ndarray:
        """The sum of `values` over all modes, which lie along its last axis."""
        return values @ self.count


def power_law(a: float, b: float, modes: float = np.inf, single: int = 256, nodes: int = 100) -> Spectrum:
    """Modes of variance k^-b that hold a loss of k^-a each.

    The tail is kept as weighted nodes, not as one sum (as in `scalinglaws.spectra`), because the ridge
    falls far below the last mode that is kept for itself.

    Parameters
    ----------
    a, b
        Exponents of the target and of the spectrum.
    modes
        How many there are; if they have no end, both exponents must be above 1.
    single
        Modes that are kept one by one; sums over the others are integrals from half a step further on.
    nodes
        Gauss-Legendre nodes, in log k, for these integrals. Endless ones stop at k = e^60.

    Raises
    ------
    ValueError
        If a sum over the modes has no end, or there are no more than `single`.

    Source: the model of arXiv:2402.01092 by its authors' account (Kempner Institute, 12 June 2024); that
    k^-a is the squared target weight times the variance is what the account's sum over modes needs.
    """
    if modes == np.inf and min(a, b) <= 1:
        raise ValueError(f"the sums over endless modes need exponents above 1, not {a} and {b}")
    if modes <= single:
        raise ValueError(f"{modes} modes are no more than the {single} that are kept one by one: give all")
    start, end = np.log(single + 0.5), min(60.0, np.log(modes + 0.5))
    x, w = np.polynomial.legendre.leggauss(nodes)
    far = np.exp(start + (end - start) * (x + 1) / 2)
    k = np.concatenate([np.arange(1.0, single + 1), far])
    count = np.concatenate([np.ones(single), w * far * (end - start) / 2])
    return Spectrum(k**-b, k**-a, count)


def finite(rate: np.ndarray, signal: np.ndarray) -> Spectrum:
    """Modes that are all given, each counted once."""
    return Spectrum(np.asarray(rate, float), np.asarray(signal, float), np.ones(len(rate)))
