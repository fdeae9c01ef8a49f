"""Draws of the model: random features, gradient flow solved by an eigendecomposition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import zeta


@dataclass(frozen=True)
class Draw:
    """One network of random features, and what gradient flow makes of it.

    Parameters
    ----------
    start
        Loss before training.
    eigenvalues
        Of the kernel between features, shape (N,).
    learned
        Loss that each of its directions can take away, shape (N,).
    """

    start: float
    eigenvalues: np.ndarray
    learned: np.ndarray

    def loss(self, t: np.ndarray) -> np.ndarray:
        """Loss at times of gradient flow, shape (len(t),); `np.inf` is allowed."""
        decayed = -np.expm1(-2 * np.multiply.outer(t, self.eigenvalues))
        return self.start - decayed @ self.learned


def draw(a: float, b: float, width: int, rng: np.random.Generator, modes_each: int = 8) -> Draw:
    """A network on endless modes of variance k^-b that hold a loss of k^-a each.

    The first `modes_each` * width modes are drawn. All others are so many and so weak that they add
    their mean to the kernel between features, a multiple of the identity, and likewise to what the
    features see of the target. The signs of the target's coefficients are averaged over: features are as
    likely as their mirror images, so that the mean loss does not depend on the signs, and scatters less.
    """
    modes = modes_each * width
    k = np.arange(1.0, modes + 1)
    rows = rng.standard_normal((width, modes)) * (k ** (-b / 2) / np.sqrt(width))
    kernel = rows @ rows.T
    kernel[np.diag_indices(width)] += zeta(b, modes + 1) / width
    eigenvalues, vectors = np.linalg.eigh(kernel)
    seen = (vectors.T @ rows) ** 2 @ k**-a + zeta(a + b, modes + 1) / width
    return Draw(zeta(a), eigenvalues, seen / eigenvalues)


def networks(
    a: float, b: float, widths: list[int], effort: int, rng: np.random.Generator
) -> dict[int, list[Draw]]:
    """Networks of each width: `effort` / width of them, at least 6 and at most 200."""
    return {
        width: [draw(a, b, width, rng) for _ in range(int(np.clip(effort / width, 6, 200)))]
        for width in widths
    }


def resampled(groups: list[np.ndarray], times: int, rng: np.random.Generator) -> np.ndarray:
    """Means over the draws of each group, and of `times` resamples with replacement.

    Parameters
    ----------
    groups
        One array a size, shape (draws, ...), with its own number of draws.
    times
        Number of resamples.
    rng
        Draws them, each group for itself.

    Returns
    -------
    ndarray
        Shape (groups, ..., 1 + times); the first column is of the draws as they are.
    """
    means = []
    for group in groups:
        count = len(group)
        again = rng.multinomial(count, np.full(count, 1 / count), times) / count
        every = np.vstack([np.full(count, 1 / count), again])
        means.append(np.moveaxis(np.tensordot(every, group, 1), 0, -1))
    return np.array(means)


def early_excess(
    a: float, b: float, width: int, t: float, rng: np.random.Generator, modes: int = 256
) -> float:
    """Loss at an early time above that of infinite width, less a part of mean nought.

    To first order in what the drawn kernel lacks of its mean, the loss changes by a sum whose mean is
    exactly nought and whose scatter falls as N^-1/2 only. It is taken out, so that few draws show the mean.
    The modes are cut off.
    """
    k = np.arange(1.0, modes + 1)
    rate, target = k**-b, k ** (-a / 2)
    rows = rng.standard_normal((width, modes)) * np.sqrt(rate / width)
    eigenvalues, vectors = np.linalg.eigh(rows.T @ rows if width > modes else rows @ rows.T)
    learned = (vectors.T @ target) ** 2 if width > modes else (vectors.T @ rows @ target) ** 2 / eigenvalues
    decays = np.exp(-2 * t * rate)
    excess = (target**2).sum() + learned @ np.expm1(-2 * t * eigenvalues) - target**2 @ decays
    apart = rate[:, None] - rate + np.eye(modes)
    slopes = (decays[:, None] - decays) / apart - 2 * t * np.diag(decays)
    weights = target[:, None] * slopes * target
    return float(excess - ((rows @ weights * rows).sum() - np.diag(weights) @ rate))


def on_data(
    a: float,
    b: float,
    data: int,
    t: np.ndarray,
    rng: np.random.Generator,
    modes_each: int = 8,
    fresh: int = 0,
) -> np.ndarray:
    """Losses at infinite width when finitely many data are used again at every step.

    The first `modes_each` * data modes are drawn; the others add their means, as in `draw`: to the
    kernel between examples, as noise to the targets, and as noise to what is predicted.

    Parameters
    ----------
    a, b
        Exponents of the target and of the spectrum.
    data
        Number of examples P.
    t
        Times of gradient flow, shape (n,); `np.inf` is allowed.
    rng
        Draws the examples.
    modes_each
        Modes that are drawn, over P.
    fresh
        Number of examples to test on besides.

    Returns
    -------
    ndarray
        Mean squared error over all inputs, on the examples, and, if asked for, on the fresh ones,
        shape (2, n) or (3, n).
    """
    modes = modes_each * data
    k = np.arange(1.0, modes + 1)
    rate, target = k**-b, k ** ((b - a) / 2)
    rows = rng.standard_normal((data, modes)) * np.sqrt(rate / data)
    kernel = rows @ rows.T
    kernel[np.diag_indices(data)] += zeta(b, modes + 1) / data
    eigenvalues, vectors = np.linalg.eigh(kernel)
    noise = rng.standard_normal(data) * np.sqrt(zeta(a, modes + 1) / data)
    seen = vectors.T @ (rows @ target + noise)
    decayed = np.exp(-np.multiply.outer(t, eigenvalues))
    weights = (1 - decayed) * seen / eigenvalues
    left = target - weights @ (vectors.T @ rows)
    beyond = zeta(a, modes + 1) + zeta(2 * b, modes + 1) / data * (weights**2).sum(1)
    losses = [left**2 @ rate + beyond, ((decayed * seen) ** 2).sum(1)]
    if fresh:
        inputs = rng.standard_normal((modes, fresh)) * np.sqrt(rate)[:, None]
        losses.append(((left @ inputs + np.outer(np.sqrt(beyond), rng.standard_normal(fresh))) ** 2).mean(1))
    return np.array(losses)
