"""Random ReLU features of handwritten digits, as modes: a world that is neither Gaussian nor independent.

The population is a set of images, each as likely as any other, and the teacher's features are a
pool of random neurons. Both are finite, so that the modes, what each image has of each, and what
each neuron has of each, follow exactly from one singular value decomposition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from replications.four_regimes.regression import signs
from scalinglaws.spectra import Modes
from scalinglaws.training.arrays import digits


@dataclass(frozen=True)
class Pool:
    """Images and neurons in the coordinates of their common modes: a `runs.World`.

    Attributes
    ----------
    modes
        Eigenvalues of the features' second moments; the signal of a teacher whose weights are
        drawn alike for all neurons.
    images
        Each image's part in each mode, shape (N, S), mean square 1 over the images.
    neurons
        Each neuron's part in each mode, shape (S, M), mean square 1 over the neurons.
    """

    modes: Modes
    images: np.ndarray
    neurons: np.ndarray

    def data(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n images drawn with replacement, shape (n, S)."""
        return self.images[rng.integers(len(self.images), size=n)]

    def projections(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n neurons drawn with replacement, shape (S, n)."""
        return self.neurons[:, rng.integers(self.neurons.shape[1], size=n)]


@dataclass(frozen=True)
class Mixed(Pool):
    """The same images, with features that are mixtures of all neurons with random signs."""

    def projections(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n mixtures, shape (S, n), mean square 1 over all choices of signs."""
        n_neurons = self.neurons.shape[1]
        return self.neurons @ signs(rng, n_neurons, n) / np.sqrt(n_neurons)


def pooled(pool: int) -> np.ndarray:
    """The 1,797 digits with each square of `pool` times `pool` pixels averaged, pixels in [0, 1].

    Raises
    ------
    ValueError
        If 8 is no multiple of `pool`.
    """
    if pool < 1 or 8 % pool:
        raise ValueError(f"8 by 8 pixels cannot be pooled by {pool}")
    squares = digits()[0].astype(float).reshape(-1, 8 // pool, pool, 8 // pool, pool)
    return squares.mean((2, 4)).reshape(len(squares), -1)


def relu_pool(pool: int, rng: np.random.Generator, *, bias: float = 0.0, n_neurons: int = 1200) -> Pool:
    """Random ReLU neurons of pooled digits.

    Pixels are centred by one mean and scaled by one standard deviation, weights are Gaussian with
    variance one over the inputs, biases Gaussian.

    Parameters
    ----------
    pool
        Side of the squares of pixels that are averaged.
    rng
        For the neurons.
    bias
        Standard deviation of the biases.
    n_neurons
        Size of the pool of neurons.
    """
    images = pooled(pool)
    images = (images - images.mean()) / images.std()
    weights = rng.standard_normal((images.shape[1], n_neurons)) / np.sqrt(images.shape[1])
    features = np.maximum(images @ weights + bias * rng.standard_normal(n_neurons), 0)
    return decomposed(features)


def decomposed(features: np.ndarray) -> Pool:
    """Images and neurons in the coordinates of their common modes, strongest first.

    Modes weaker than 1e-13 of the strongest are left out: below that the eigenvalues of the second
    moments are rounding errors.

    Parameters
    ----------
    features
        Activity of each neuron on each image, shape (N, M).
    """
    n_neurons = features.shape[1]
    variance, vectors = np.linalg.eigh(features.T @ features / features.size)
    strong = np.flatnonzero(variance > 1e-13 * variance[-1])[::-1]
    variance, vectors = variance[strong], vectors[:, strong]
    parts = features @ vectors / np.sqrt(n_neurons * variance)
    return Pool(Modes(variance, variance), parts, vectors.T * np.sqrt(n_neurons))
