"""The modes of a linear model: how much each varies, and how much of the target lies along it.

A linear model of features is known, up to a rotation, by the eigenvalues of its kernel and by
the target's power along each eigenvector. Both fall with the rank; how fast is what decides how
the loss scales.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import zeta

from scalinglaws.correlation import log_slope


@dataclass(frozen=True)
class Modes:
    """Eigenvalues of a kernel and the power of the target along its eigenvectors.

    Attributes
    ----------
    variance
        Eigenvalues, strongest first, shape (S,): the mean squares of the features.
    signal
        Mean square of the target's part along each mode, shape (S,); its sum is the loss of
        a model that predicts nothing. A teacher whose weights are drawn alike for all
        features has `signal` equal to `variance`.
    rest
        Sum of the eigenvalues beyond the S kept.
    rest_signal
        Sum of the target's power beyond the S kept.

    Raises
    ------
    ValueError
        If the two arrays differ in shape, an eigenvalue is not positive, or a power or a
        rest is negative.
    """

    variance: np.ndarray
    signal: np.ndarray
    rest: float = 0.0
    rest_signal: float = 0.0

    def __post_init__(self) -> None:
        if self.variance.ndim != 1 or self.variance.shape != self.signal.shape:
            raise ValueError(
                f"one eigenvalue and one power a mode, not {self.variance.shape} and {self.signal.shape}"
            )
        if not (self.variance > 0).all() or (self.signal < 0).any() or min(self.rest, self.rest_signal) < 0:
            raise ValueError("eigenvalues must be positive, powers and rests must not be negative")

    @property
    def size(self) -> int:
        """How many modes are kept one by one."""
        return len(self.variance)

    @property
    def impartial(self) -> bool:
        """Whether the teacher has no preferences: its weights are drawn alike for all features."""
        return self.rest == self.rest_signal and np.array_equal(self.variance, self.signal)

    def steepness(self, low: int, high: int) -> float:
        """The exponent by which the eigenvalues fall from rank `low` to rank `high`, less 1: alpha_K."""
        return slope(np.arange(low, high + 1), self.variance[low - 1 : high]) - 1


def power_law(size: int, variance: float, signal: float | None = None, endless: bool = False) -> Modes:
    """Modes whose eigenvalues fall as i^-variance and whose signal falls as i^-signal.

    Parameters
    ----------
    size
        Number of modes that are kept one by one.
    variance
        Exponent of the eigenvalues, above 1.
    signal
        Exponent of the target's power, above 1; that of the eigenvalues if left out.
    endless
        Whether the modes beyond `size` are there as well, as sums.

    Raises
    ------
    ValueError
        If an exponent is not above 1: the sums would have no end.
    """
    signal = variance if signal is None else signal
    if min(variance, signal) <= 1:
        raise ValueError(f"exponents must exceed 1, not {variance} and {signal}")
    ranks = np.arange(1.0, size + 1)
    # Hurwitz's zeta is the sum from `size + 1` on.
    rests = (zeta(variance, size + 1), zeta(signal, size + 1)) if endless else (0.0, 0.0)
    return Modes(ranks**-variance, ranks**-signal, *rests)


def exponential(size: int, length: float) -> Modes:
    """Modes that fall as exp(-i / length), eigenvalues and signal alike: no power law anywhere."""
    falling = np.exp(-np.arange(1.0, size + 1) / length)
    return Modes(falling, falling)


def resolution(variance: np.ndarray, n: float, count: np.ndarray | None = None, rest: float = 0.0) -> float:
    """The kappa at which n modes are learned: the sum of count variance / (variance + kappa) is n.

    Modes much stronger than it are learned from n examples, or span n features; modes much weaker are not.

    Parameters
    ----------
    variance
        Eigenvalues, shape (m,).
    n
        Examples or features.
    count
        How many modes there are of each eigenvalue, or the weight of one that stands for many,
        shape (m,); one each by default.
    rest
        Sum of further eigenvalues, all of which count as weaker than kappa without end.

    Raises
    ------
    ValueError
        If n is not positive, or there are not more than n modes.

    Source: Bordelon, Canatar and Pehlevan (2020), arXiv:2002.02561; the same for a random projection,
    Silverstein and Bai (1995).
    """
    count = np.ones(len(variance)) if count is None else count
    total = np.inf if rest else count.sum()
    if not 0 < n < total:
        raise ValueError(
            f"between 0 and {total:.6g} modes can be learned, not {n}: no equation is left to solve"
        )

    def surplus(log_kappa: float) -> float:
        kappa = np.exp(log_kappa)
        return np.log((variance / (variance + kappa) @ count + rest / kappa) / n)

    highest = np.log((variance @ count + rest) / n)
    lowest = highest - 1
    while surplus(lowest) < 0:
        lowest -= 4
    return float(np.exp(brentq(surplus, lowest, highest, xtol=1e-13)))


def slope(sizes: ArrayLike, losses: ArrayLike) -> float:
    """The exponent by which losses fall with a size: minus the slope of log loss against log size, all positive."""
    return -log_slope(sizes, losses)
