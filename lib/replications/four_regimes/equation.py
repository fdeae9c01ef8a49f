"""The self-consistent equation for the loss of regression on random features.

In large models the loss hardly depends on the draw. It follows from one number, the resolution
kappa: modes much stronger than it are learned, modes much weaker are not. Sources: Bordelon,
Canatar and Pehlevan (2020) and Canatar, Bordelon and Pehlevan (2021) for data; Simon, Karkada,
Ghosh and Belkin (2023) for data and features at once.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import hyp2f1, zeta

from scalinglaws import spectra
from scalinglaws.spectra import Modes


def resolution(modes: Modes, n: float) -> float:
    """The kappa at which n modes are learned, the rest among them; see `scalinglaws.spectra.resolution`."""
    # The modes of the rest count as weaker than kappa without end; `endless_resolution` does not.
    return spectra.resolution(modes.variance, n, rest=modes.rest)


def learned(modes: Modes, n: float) -> np.ndarray:
    """Share of each mode that is learned from n examples, or n features, where the other has no end."""
    return modes.variance / (modes.variance + resolution(modes, n))


def loss(modes: Modes, n_data: float = np.inf, n_features: float = np.inf) -> float:
    """Mean squared error without noise and without a ridge.

    Parameters
    ----------
    modes
        Eigenvalues and signal.
    n_data, n_features
        Numbers of examples and of features; infinite if left out.

    Returns
    -------
    float
        In the units of `signal`.

    Raises
    ------
    ValueError
        If both are infinite (nothing is left to learn from) or alike (the loss has no end).
    """
    if n_data == n_features:
        raise ValueError("examples and features must differ in number: at equality the loss diverges")
    few = min(n_data, n_features)
    share = learned(modes, few)
    square = (share**2).sum()
    missed = ((1 - share) * modes.signal).sum() + modes.rest_signal
    if n_features < n_data:
        # Fewer features than examples: what the features cannot express acts as noise.
        return missed / (1 - n_features / n_data)
    # With endless features, n_data / n_features is 0 and `wide` is 1.
    ratio = n_data / n_features
    wide = (1 - ratio) / (1 - square / n_features)
    leaked = (share * (1 - share) * modes.signal).sum()
    excess = (square * (1 - 2 * ratio) + n_data * ratio) / (n_data * (1 - square / n_features))
    return (missed - wide * leaked) / (1 - excess)


def local_exponents(modes: Modes, n: int) -> tuple[float, float]:
    """Exponents of the loss between n and 1.1 n, in data and in features, the other without end."""
    here, there = ([loss(modes, size), loss(modes, n_features=size)] for size in (n, 1.1 * n))
    in_data, in_features = np.log(np.divide(here, there)) / np.log(1.1)
    return float(in_data), float(in_features)


def beyond(alpha: float, kappa: float, start: int) -> float:
    """Learned modes of rank above `start`, of endless eigenvalues i^-(1 + alpha).

    The sum of 1 / (1 + kappa i^(1 + alpha)) is taken mode by mode over the next 2,000 ranks
    and as an integral, which has a closed form, from there on.
    """
    steep = 1 + alpha
    ranks = np.arange(start + 1.0, start + 2001)
    edge = start + 2000.5
    tail = edge**-alpha / (alpha * kappa)
    tail *= hyp2f1(1, alpha / steep, 1 + alpha / steep, -(edge**-steep) / kappa)
    return float((1 / (1 + kappa * ranks**steep)).sum() + tail)


def endless_resolution(alpha: float, n: float) -> float:
    """The resolution for endless eigenvalues i^-(1 + alpha), none of them cut off."""
    guess = -(1 + alpha) * np.log(n)
    return float(
        np.exp(brentq(lambda k: beyond(alpha, np.exp(k), 0) / n - 1, guess - 3, guess + 9, xtol=1e-13))
    )


def unresolved(alpha: float, n: int) -> float:
    """Share of the loss in modes of rank above n, for n examples and endless eigenvalues i^-(1 + alpha)."""
    return beyond(alpha, endless_resolution(alpha, n), n) / n


def tail_sum(alpha: float, n: int) -> float:
    """The sum of endless eigenvalues i^-(1 + alpha) beyond rank n: the loss by the paper's Eq. 5."""
    return float(zeta(1 + alpha, n + 1))
