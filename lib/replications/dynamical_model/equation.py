"""The loss by the self-consistent equation for a random projection.

The matrix of gradient flow is a sample covariance of N rows. Its resolvent at z > 0 is, in the mean and
for many modes, that of the spectrum itself with a ridge kappa(z) in place of z:
z = kappa (1 - sum_k lambda_k / (lambda_k + kappa) / N). Sources: Silverstein and Bai (1995); for the
model arXiv:2402.01092.
"""

from __future__ import annotations

import numpy as np

from replications.dynamical_model.spectrum import Spectrum
from scalinglaws import spectra


def resolution(spectrum: Spectrum, n: float) -> float:
    """The ridge kappa that is left at z = 0, see `scalinglaws.spectra.resolution`."""
    return spectra.resolution(spectrum.rate, n, spectrum.count)


def unlearned(spectrum: Spectrum, n: float) -> np.ndarray:
    """Mean share of each mode outside the span of n features, kappa / (kappa + lambda_k), shape (m,)."""
    kappa = resolution(spectrum, n)
    return kappa / (kappa + spectrum.rate)


def after_training(spectrum: Spectrum, width: float) -> float:
    """Loss at finite width, endless data and time: the target outside the span of the features."""
    return float(spectrum.over(spectrum.signal * unlearned(spectrum, width)))


def after_training_on(spectrum: Spectrum, data: float) -> float:
    """Test loss at infinite width and endless time from finitely many data.

    The share of a mode that is not learned enters by its square, and what leaks into other modes
    enlarges the sum. Source: Canatar, Bordelon and Pehlevan (2021), without noise and ridge.
    """
    missed = unlearned(spectrum, data)
    leaked = spectrum.over((1 - missed) ** 2) / data
    return float(spectrum.over(spectrum.signal * missed**2) / (1 - leaked))


def infinitely_wide(spectrum: Spectrum, t: np.ndarray) -> np.ndarray:
    """Loss at infinite width and data: each mode decays as exp(-2 lambda t), shape of t."""
    return spectrum.over(spectrum.signal * np.exp(-2 * np.multiply.outer(t, spectrum.rate)))


def ridge(spectrum: Spectrum, width: float, z: np.ndarray) -> np.ndarray:
    """The ridge kappa(z) at complex z off the negative axis, shape of z.

    The map kappa -> z + sum_k lambda kappa / (lambda + kappa) / N takes the upper half plane into itself,
    so that its fixed point there is unique; Newton's method is started from the map's own iterates.

    Raises
    ------
    ValueError
        If Newton's method has not found it, on the side of the axis where z lies.
    """
    rate, count = spectrum.rate, spectrum.count / width
    kappa = z + rate @ count
    for step in range(80):
        shrunk = rate / (rate + kappa[:, None])
        value = kappa * (1 - shrunk @ count) - z
        if step < 12:
            kappa = kappa - value
            continue
        change = value / (1 - (shrunk * shrunk) @ count)
        kappa = kappa - change
        if np.all(np.abs(change) < 1e-13 * np.abs(kappa)):
            break
    else:
        raise ValueError(f"no ridge was found at width {width}")
    if np.any(kappa.imag * z.imag < 0):
        raise ValueError(f"the ridge found at width {width} is on the wrong side")
    return kappa


def talbot(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Points z t and weights for the inverse of a Laplace transform, upper half, shape (nodes,) each.

    Source: Weideman (2006), the cotangent contour with its best parameters.
    """
    theta = (2 * np.arange(nodes) + 1) * np.pi / (2 * nodes)
    cot = 1 / np.tan(0.6407 * theta)
    points = 2 * nodes * (-0.4814 + 0.6122 * theta * cot + 0.2645j * theta)
    slope = 2 * nodes * (0.6122 * cot - 0.6122 * 0.6407 * theta / np.sin(0.6407 * theta) ** 2 + 0.2645j)
    return points, np.exp(points) * slope / (1j * nodes)


def during_training(spectrum: Spectrum, width: float, t: float, nodes: int = 11) -> float:
    """Loss at finite width and time, endless data.

    Its Laplace transform over 2t is sum_k signal_k kappa(z) / (z (kappa(z) + lambda_k)).

    Parameters
    ----------
    spectrum
        Modes.
    width
        Number of random features; need not be whole.
    t
        Time of gradient flow, in units of the inverse variance of the first mode.
    nodes
        Points on the upper half of the contour.
    """
    points, weights = talbot(nodes)
    z = points / (2 * t)
    kappa = ridge(spectrum, width, z)
    transform = kappa / z * ((1 / (kappa[:, None] + spectrum.rate)) @ (spectrum.signal * spectrum.count))
    return float((weights * transform).sum().real / (2 * t))


def early_coefficient(spectrum: Spectrum, t: float) -> float:
    """What finite width costs early: N times the mean loss above that of infinite width, as N grows.

    The second order of the loss in what the drawn matrix lacks of its mean, whose entries have variance
    lambda_j lambda_k / N, twice that on the diagonal. Every mode must be given for itself (`finite`).
    """
    rate, decay = spectrum.rate, np.exp(-2 * t * spectrum.rate)
    apart = rate[:, None] - rate + np.eye(len(rate))
    once = (decay[:, None] - decay) / apart - 2 * t * np.diag(decay)
    twice = (np.diag(once)[:, None] - once) / apart
    np.fill_diagonal(twice, 2 * t**2 * decay)
    return float(spectrum.signal * rate @ (twice * (1 + np.eye(len(rate)))) @ rate)
