"""What the two regimes predict without training: the tail of rare features, and overlaps of directions."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from scalinglaws.spectra import slope


def tail(n: int, alpha: float, m: int) -> float:
    """Expected number of active features among all but the m most frequent of n, where one is active in all.

    Source: Liu, Liu & Gore (2025), the weak regime: a width of m represents the m most frequent features.
    """
    p = np.arange(1, n + 1.0) ** -alpha
    return float(p[m:].sum() / p.sum())


@lru_cache
def tail_exponent(n: int, alpha: float, widths: tuple[int, ...]) -> float:
    """The exponent of `tail` in 1/m as a line through these widths has it; alpha - 1 where n is endless."""
    return slope(widths, [tail(n, alpha, m) for m in widths])


def welch(n: int, m: int) -> float:
    """The least mean squared cosine of n directions in m dimensions, over pairs (Welch 1974)."""
    return (n - m) / (m * (n - 1))


def welch_exponent(n: int, widths: tuple[int, ...]) -> float:
    """The exponent of `welch` in 1/m as a line through these widths has it; 1 where n is endless."""
    return slope(widths, [welch(n, m) for m in widths])


def directions(n: int, m: int, rng: np.random.Generator, common: float = 0.0) -> np.ndarray:
    """Random unit vectors, shape (n, m), to which a common vector of a given length may have been added."""
    vectors = rng.standard_normal((n, m)) / np.sqrt(m)
    vectors[:, 0] += common
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
