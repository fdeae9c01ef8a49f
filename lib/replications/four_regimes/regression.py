"""Exact losses of regression on random features, for drawn data and drawn projections.

A target is f(x) = sum_i u_i z_i over modes z_i of unit variance. A student sees P features,
projections of the modes weighted by the roots of their eigenvalues, at D examples, and is fitted
by least squares; where that leaves a choice it takes the solution of least norm. All matrices
follow the modes: `data` has shape (D, S), `projections` (S, P), both with entries of unit variance.

Nothing is estimated on a test set and no target is drawn: given the matrices, the mean over
targets and inputs is a trace. Source of the setting: Bahri et al. (2024), section 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import lapack, pinvh

from scalinglaws.spectra import Modes

#: Directions of features whose singular value is below this share of the largest are noughts with
#: rounding errors, such as a neuron that is silent on all examples drawn, and are given no weight.
NEGLIGIBLE = 1e-6


def gaussian(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Independent standard Gaussian entries."""
    return rng.standard_normal((rows, columns))


def signs(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Independent entries of -1 and 1, as likely as each other."""
    # Eight signs a byte: drawn one by one they would take a good part of the simulation's time.
    drawn = rng.integers(0, 256, -(-rows * columns // 8), dtype=np.uint8)
    return 2.0 * np.unpackbits(drawn, count=rows * columns).reshape(rows, columns) - 1.0


def by_data(modes: Modes, data: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Losses with all features, on the first n examples, for each n of `sizes`.

    The modes that are kept only as sums are many and weak. At n examples their part of the kernel
    matrix is close to its mean, `rest` times the identity, and so they act as a ridge; their part
    of the target acts as noise and is never learned. The sum errs as far as those modes would have
    been learned: eigenvalues i^-1.5 kept to rank 600 give 0.9 % too much loss at 256 examples.

    Parameters
    ----------
    modes
        Eigenvalues and signal, S of each.
    data
        Examples, shape (D, S) with D at least the largest size.
    sizes
        Numbers of examples.

    Returns
    -------
    ndarray
        Mean squared errors on the population, one a size, in the units of `signal`.

    Raises
    ------
    ValueError
        If the data have too few rows or another number of modes.
    """
    fits(data, max(sizes), modes.size)
    data = data[: max(sizes)]
    kernel = weighted(data, modes.variance) + modes.rest * np.eye(len(data))
    square = weighted(data, modes.variance**2)
    everything = modes.signal.sum() + modes.rest_signal
    if modes.impartial:
        # The targets then vary as the kernel does, and the two parts below add up to one.
        return everything - np.array([(inverse(kernel[:n, :n]) * square[:n, :n]).sum() for n in sizes])
    targets = weighted(data, modes.signal) + modes.rest_signal * np.eye(len(data))
    cross = weighted(data, modes.signal * modes.variance)
    losses = []
    for n in sizes:
        solved = inverse(kernel[:n, :n])
        spread = solved @ square[:n, :n] @ solved
        losses.append(everything - 2 * (solved * cross[:n, :n]).sum() + (spread * targets[:n, :n]).sum())
    return np.array(losses)


def by_features(modes: Modes, projections: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Losses with endless data, on the first n features, for each n of `sizes`.

    Parameters
    ----------
    modes
        Eigenvalues and signal, S of each.
    projections
        Shape (S, P) with P at least the largest size.
    sizes
        Numbers of features.

    Returns
    -------
    ndarray
        Mean squared errors on the population, one a size.

    Raises
    ------
    ValueError
        If the projections have too few columns or another number of modes.
    """
    fits(projections.T, max(sizes), modes.size)
    across = projections.T[: max(sizes)]
    covariance = weighted(across, modes.variance) + modes.rest * np.eye(len(across))
    cross = weighted(across, modes.signal * modes.variance)
    everything = modes.signal.sum() + modes.rest_signal
    explained = [(inverse(covariance[:n, :n]) * cross[:n, :n]).sum() for n in sizes]
    return everything - np.array(explained)


def by_both(modes: Modes, data: np.ndarray, projections: np.ndarray) -> float:
    """Loss with D examples and P features, both finite.

    Parameters
    ----------
    modes
        Eigenvalues and signal, S of each, without a rest.
    data, projections
        Shapes (D, S) and (S, P).

    Returns
    -------
    float
        Mean squared error on the population.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the modes have a rest: its part of a finite matrix is no
        multiple of the identity.
    """
    fits(data, 1, modes.size)
    fits(projections.T, 1, modes.size)
    if modes.rest:
        raise ValueError("with data and features both finite every mode must be kept: endless=False")
    seen = np.sqrt(modes.variance)[:, None] * projections
    solution = np.linalg.pinv(data @ seen, rcond=NEGLIGIBLE)
    # Whichever of the two is the smaller goes between, so that no matrix has S rows and S columns.
    if len(data) > projections.shape[1]:
        answers = solution @ data
        learned = (answers.T * (modes.signal[:, None] * seen)).sum()
        spread = ((answers * modes.signal) @ answers.T * (seen.T @ seen)).sum()
    else:
        answers = seen @ solution
        learned = (answers * (modes.signal[:, None] * data.T)).sum()
        spread = ((answers.T @ answers) * ((data * modes.signal) @ data.T)).sum()
    return float(modes.signal.sum() - 2 * learned + spread)


def exchanged(data: np.ndarray, projections: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Data in the role of projections and projections in the role of data."""
    return projections.T, data.T


def weighted(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Scalar products of all pairs of rows, each column with its weight."""
    half = rows * np.sqrt(weights)
    # A matrix times its own transpose costs half of what a product of two costs.
    return half @ half.T


def inverse(matrix: np.ndarray) -> np.ndarray:
    """The inverse of a symmetric matrix, or its pseudo-inverse where a draw is repeated or says nothing."""
    root, failed = lapack.dpotrf(matrix, lower=1)
    pivots = np.diag(root) ** 2
    # Pivots this far apart are rounding errors of a matrix that has no inverse.
    if failed or pivots.min() < NEGLIGIBLE**2 * pivots.max():
        return pinvh(matrix, rtol=NEGLIGIBLE**2)
    lower, _ = lapack.dpotri(root, lower=1)
    return lower + np.tril(lower, -1).T - np.triu(lower, 1)


def fits(rows: np.ndarray, least: int, size: int) -> None:
    """Refuse draws that are too few or belong to other modes.

    Raises
    ------
    ValueError
        If there are fewer than `least` rows, or a row has not `size` entries.
    """
    if rows.ndim != 2 or rows.shape[1] != size or len(rows) < least:
        raise ValueError(f"at least {least} draws of {size} modes are needed, not shape {rows.shape}")
