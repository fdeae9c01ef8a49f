"""The fit of the third route for many draws of the runs at once, on a grid of its exponents.

Where the valley of a fit is flat, an optimiser that must prove its end fails on some draws, and on
the flattest of them most often. On a grid none fails: with both exponents given the law is linear.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalinglaws.uncertainty import cluster_resamples

#: Exponents that are tried. The authors refuse fits whose exponents are not between 0.1 and 1.
VOCABULARY_EXPONENTS = np.array([0.1, 0.2, 0.35, 0.5, 0.6, 0.67, 0.75, 0.87, 1])
DATA_EXPONENTS = np.array([0.32, 0.36, 0.40, 0.44, 0.48, 0.52, 0.56, 0.60])
#: Threshold of the authors' Huber loss, nats per token, and how often weights are made anew at each place.
DELTA, ROUNDS = 1e-3, 16


@dataclass(frozen=True)
class Draws:
    """The best place of the grid for each draw: sum of losses, and the parameters there, shape (m,)."""

    objective: np.ndarray
    A2: np.ndarray
    B: np.ndarray
    alpha2: np.ndarray
    beta: np.ndarray


def cluster_weights(runs: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """How often each row is drawn when whole runs are drawn with replacement, shape (n, rows)."""
    rows = cluster_resamples(runs, n, rng)
    return np.array([np.bincount(drawn, minlength=len(runs)) for drawn in rows], float)


def left_out_weights(groups: np.ndarray) -> np.ndarray:
    """A row of weights for each group that is left out, in the order of the groups' names."""
    return (np.unique(groups)[:, None] != groups).astype(float)


def _solved(design: np.ndarray, y: np.ndarray, weights: np.ndarray, start: np.ndarray) -> tuple:
    """Coefficients and sums of Huber losses of a linear law, for each row of weights, by reweighting."""
    columns = design.shape[1]
    pairs = np.triu_indices(columns)
    products = design[:, pairs[0]] * design[:, pairs[1]]
    coefficients = start
    for _ in range(ROUNDS):
        off = np.abs(y - coefficients @ design.T)
        scaled = weights / np.maximum(off, DELTA)
        normal = np.empty((len(weights), columns, columns))
        normal[:, pairs[0], pairs[1]] = normal[:, pairs[1], pairs[0]] = scaled @ products
        coefficients = np.linalg.solve(normal, ((scaled * y) @ design)[..., None])[..., 0]
    off = np.abs(y - coefficients @ design.T)
    terms = np.where(off <= DELTA, off**2 / 2, DELTA * (off - DELTA / 2))
    return coefficients, (weights * terms).sum(1)


def on_grid(table: pd.DataFrame, weights: np.ndarray, losses: np.ndarray | None = None) -> Draws:
    """The authors' objective at its least place of the grid, for each row of weights.

    Parameters
    ----------
    table
        Columns N and Nv (millions), D (billions of tokens) and loss (nats per token).
    weights
        How often each row of the table counts, shape (m, rows).
    losses
        Other losses for each row of weights, such as planted ones, shape (m, rows), nats per token.

    Notes
    -----
    With both exponents given the sum of Huber losses is convex in the other parameters. Where the
    least sum would have a negative vocabulary term the term is left out.
    """
    N, Nv, D, y = (table[name].to_numpy(float) for name in ("N", "Nv", "D", "loss"))
    y = y if losses is None else losses
    best = np.full(len(weights), np.inf)
    found = np.zeros((4, len(weights)))
    ones = np.ones_like(N)
    for beta in DATA_EXPONENTS:
        base = np.column_stack([ones, N**-beta, D**-beta])
        plain = np.linalg.lstsq(base, np.atleast_2d(y).T, rcond=None)[0].T
        start = np.broadcast_to(plain, (len(weights), 3))
        without, sums = _solved(base, y, weights, start)
        lower = sums < best
        best[lower] = sums[lower]
        found[:, lower] = np.array([0 * sums, without[:, 2], 0 * sums, 0 * sums + beta])[:, lower]
        start = np.column_stack([without, np.zeros(len(weights))])
        for alpha in VOCABULARY_EXPONENTS:
            start, sums = _solved(np.column_stack([base, Nv**-alpha]), y, weights, start)
            lower = (sums < best) & (start[:, 3] > 0)
            best[lower] = sums[lower]
            found[:, lower] = np.array([start[:, 3], start[:, 2], 0 * sums + alpha, 0 * sums + beta])[
                :, lower
            ]
    return Draws(best, *found)
