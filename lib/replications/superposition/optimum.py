"""The least expected loss of a ReLU autoencoder whose rows have length one, by second-order descent.

One feature is active at a time, feature i with probability p_i, and its value is uniform between 0
and 2. The expected squared error is then a sum over pairs of features in closed form, so that no
example is drawn and the gradient can vanish.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize


def expected(rows: np.ndarray, bias: np.ndarray, p: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Expected squared error, summed over features, and its gradients by rows and bias.

    Where feature j is active with value v, output i is ReLU(v g + b) with g = W_i . W_j and b = b_i. It
    is above zero on an interval of v that ends at -b / g, or at 0 and 2. With M_k the integral of
    v^k / 2 over it, the expected square of output i is g^2 M_2 + 2 g b M_1 + b^2 M_0, and where i = j
    the error has 4/3 - 2 (g M_2 + b M_1) besides. The ends may be held fixed in the gradient, as the
    output is zero where they move.

    Parameters
    ----------
    rows, bias
        W, shape (n, m), and b, shape (n,).
    p
        How often each feature is active, shape (n,).
    """
    g, b = rows @ rows.T, bias[:, None]
    # Products of exactly zero have no end: the output is above zero for all v or for none.
    end = np.clip(-b / np.where(g == 0, -1e-300, g), 0, 2)
    rising = g > 0
    # M_k is the integral up to the end where the output falls, and what is left of it where it rises.
    m0, m1, m2 = (
        np.where(rising, whole - part, part)
        for whole, part in ((1, end / 2), (1, end**2 / 4), (4 / 3, end**3 / 6))
    )
    by_g, by_b = g * m2 + b * m1, g * m1 + b * m0  # half the derivatives of the square of each output
    loss = ((g * by_g + b * by_b) @ p).sum() + (p * (4 / 3 - 2 * by_g.diagonal())).sum()
    to_g = 2 * p * (by_g - np.diag(m2.diagonal()))
    return float(loss), (to_g + to_g.T) @ rows, 2 * (by_b @ p) - 2 * p * m1.diagonal()


@dataclass(frozen=True)
class Found:
    """What the descent ends at.

    Attributes
    ----------
    rows, bias
        W with rows of length 1, shape (n, m), and b, shape (n,).
    loss
        Expected squared error, summed over features.
    gradient
        The largest component of the gradient there, along the sphere for the rows.
    """

    rows: np.ndarray
    bias: np.ndarray
    loss: float
    gradient: float


def descend(rows: np.ndarray, bias: np.ndarray, p: np.ndarray, iterations: int) -> Found:
    """L-BFGS from a start, over all directions of rows and all biases.

    Parameters
    ----------
    rows, bias
        The start, shapes (n, m) and (n,); lengths of rows do not count.
    p
        How often each feature is active, shape (n,).
    iterations
        How many are made at most.
    """

    def split(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        free = x[: rows.size].reshape(rows.shape)
        length = np.linalg.norm(free, axis=1, keepdims=True)
        return free / length, length, x[rows.size :]

    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        unit, length, b = split(x)
        loss, to_rows, to_bias = expected(unit, b, p)
        along = to_rows - (to_rows * unit).sum(axis=1, keepdims=True) * unit
        return loss, np.concatenate([(along / length).ravel(), to_bias])

    options = {"maxiter": iterations, "maxfun": 2 * iterations, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 20}
    found = minimize(
        objective, np.concatenate([rows.ravel(), bias]), jac=True, method="L-BFGS-B", options=options
    )
    unit, _, b = split(found.x)
    loss, to_rows, to_bias = expected(unit, b, p)
    along = to_rows - (to_rows * unit).sum(axis=1, keepdims=True) * unit
    return Found(unit, b, loss, float(max(np.abs(along).max(), np.abs(to_bias).max())))
