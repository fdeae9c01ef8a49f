"""Theory of random ReLU networks: infinite width layer by layer, infinite depth, and the scatter of finite width.

Kernels are inner products over the width. Inputs a and b have kernels aa = bb = q and ab = c, their
cosine is c / q. Derived in the notebook; `rectified` and `signed_squares` are the kernels of
Cho and Saul (2009), orders one and two.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special
from scipy.integrate import solve_ivp

from replications.width_depth_commute.networks import COSINE, scales


def rectified(q: float, c: float) -> float:
    """Mean product of two rectified Gaussians of variance q and covariance c."""
    r = min(1.0, c / q)
    return q / (2 * math.pi) * (math.sqrt(1 - r * r) + r * (math.pi - math.acos(r)))


def infinite_width(alphas: np.ndarray) -> tuple[float, float]:
    """Kernels aa and ab behind the last of infinitely wide layers with skip connections."""
    q, c = 1.0, COSINE
    for square in np.square(alphas):
        q, c = q + square * q / 2, c + square * rectified(q, c)
    return q, c


def plain_kernel(depth: int) -> float:
    """Kernel ab behind the last of infinitely wide layers without skip connections."""
    c = COSINE
    for _ in range(depth):
        c = 2 * rectified(1.0, c)
    return c


def flow() -> tuple[np.ndarray, np.ndarray]:
    """Infinite width and depth, branches over sqrt(depth): kernels (aa, ab), and what L layers lack of them.

    Returns
    -------
    tuple of ndarray
        The kernels at the end of the flow, and the coefficients of 1 / L in those of L layers. Layers are
        Euler's steps of the flow y' = f(y); their error e / L obeys e' = J e - y'' / 2, y'' = J f.

    Raises
    ------
    RuntimeError
        If the solver stops on the way.
    """

    def speed(_: float, state: np.ndarray) -> list[float]:
        q, c, lack_q, lack_c = state
        r = c / q
        by_q, by_c = math.sqrt(1 - r * r) / (2 * math.pi), (math.pi - math.acos(r)) / (2 * math.pi)
        dq, dc = q / 2, rectified(q, c)
        return [dq, dc, (lack_q - dq / 2) / 2, by_q * (lack_q - dq / 2) + by_c * (lack_c - dc / 2)]

    solved = solve_ivp(speed, (0, 1), [1, COSINE, 0, 0], rtol=1e-11, atol=1e-12)
    if not solved.success:
        raise RuntimeError(f"the flow was not solved: {solved.message}")
    return solved.y[:2, -1], solved.y[2:, -1]


def limit(network: str) -> tuple[float, float]:
    """Kernels aa and ab of infinite width and depth, of a resnet or a harmonic network.

    Raises
    ------
    ValueError
        For a network without a limit of its own.
    """
    if network == "resnet":
        return tuple(flow()[0])
    if network != "harmonic":
        raise ValueError(f"{network!r} has no limit but nought, one or infinity")
    # The tail of the sum of squares is 1 / L, so that twice the depth takes half of it away.
    half, whole = (np.array(infinite_width(scales("harmonic", depth))) for depth in (4000, 8000))
    return tuple(2 * whole - half)


def signed_squares(cosine: np.ndarray) -> np.ndarray:
    """Mean of sgn(x) x^2 sgn(y) y^2 for standard Gaussians x and y of this correlation."""
    angle = np.arccos(np.clip(cosine, -1, 1))
    return (3 * np.sin(2 * angle) + (np.pi - 2 * angle) * (1 + 2 * np.cos(angle) ** 2)) / np.pi


def scatter(alphas: np.ndarray) -> tuple[float, float]:
    """n times the variance of log aa at large width n, with skip connections: its two parts.

    Returns
    -------
    tuple of float
        What the weights of the layers put in, each for itself; and what comes of coordinates that keep
        their sign, so that a surplus of open ReLUs in one layer lasts into the next ones.
    """
    square = np.square(alphas)
    growth = 1 + square / 2
    weights = np.sum((2 * square + square**2 / 2) / growth**2)
    log_q = np.concatenate([[0], np.cumsum(np.log(growth))[:-1]])
    kept = signed_squares(np.exp(-np.abs(np.subtract.outer(log_q, log_q)) / 2))
    open_for = square / (2 * growth)
    return float(weights), float(open_for @ kept @ open_for)


def plain_layer(width: int) -> tuple[float, float]:
    """Mean and variance of the logarithm by which a layer of a plain network changes a squared norm.

    The factor is chi-square with K degrees of freedom over n / 2, and K, the coordinates above
    nought, is binomial; K = 0, where the network dies, is left out.
    """
    k = np.arange(1, width + 1)
    log_odds = -special.betaln(k + 1, width - k + 1) - np.log(width + 1)
    weight = np.exp(log_odds - special.logsumexp(log_odds))
    given_k = special.digamma(k / 2) + np.log(4 / width)
    mean = weight @ given_k
    return float(mean), float(weight @ (special.polygamma(1, k / 2) + (given_k - mean) ** 2))
