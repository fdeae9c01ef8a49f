"""What the stagnation point says of the efficiency just above the threshold, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def threshold(strain: float) -> float:
    """Critical Stokes number: the oscillator St s'' + s' + strain s = 0 is damped critically."""
    return 1 / (4 * strain)


def exponent(excess: ArrayLike, strain: float = 2.0, spread: float = 2.0, curved: bool = True) -> np.ndarray:
    """How far ln efficiency lies below a constant: the passage's time, times the rates.

    Parameters
    ----------
    excess
        Stokes number less the threshold.
    strain, spread
        Rates of the air at the stagnation point, towards the surface and along it; 2 and 2 for a
        cylinder, 3 and 1.5 for a sphere.
    curved
        Whether the surface recedes from the front; without it only the distance from the axis grows.

    Returns
    -------
    ndarray
        (mu + k / 2) T with T = pi / frequency, mu and k at the very Stokes number.

    Notes
    -----
    2 St mu = sqrt(1 + 4 spread St) - 1, k = 1 / (2 St), and half a period of the oscillation is
    2 pi St / sqrt(4 strain St - 1).
    """
    excess = np.asarray(excess, float)
    stokes = threshold(strain) + excess
    rates = np.sqrt(1 + 4 * spread * stokes) - 1 + 0.5 * curved
    return np.pi * rates / np.sqrt(4 * strain * excess)


def coefficient(strain: float = 2.0, spread: float = 2.0, curved: bool = True) -> float:
    """c of ln efficiency = a - c excess^(-1/2): `exponent` at the threshold; arguments as there."""
    rates = np.sqrt(1 + spread / strain) - 1 + 0.5 * curved
    return float(np.pi * rates / np.sqrt(4 * strain))
