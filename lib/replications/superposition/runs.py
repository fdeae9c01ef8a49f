"""Losses, represented features and overlaps of small ReLU autoencoders, trained in two ways.

The model is y = ReLU(W W' x + b), with a row of W for each feature. `batches` trains it as the paper's
map was made (exp/exp-10.py and exp/adamw.py of liuyz0/SuperpositionScaling): feature i is active with
probability p_i, proportional to i to the power -alpha, the p_i adding up to one; its value is uniform
between 0 and 2; Adam at a rate of 0.01, a tenth of the steps to warm up, a cosine down to a twentieth.
Weight decay shrinks W; a decay below zero instead pulls the length of each row towards one. Number of
features and batch are an eighth of the paper's, so that each of even features is active as often in
a batch as there, and widths are an eighth too, as near as can be.

`descent` looks for the optimum of the same model where all rows have length one and exactly one feature
is active (`optimum`).
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from replications.superposition import optimum
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column

SLUG = "superposition"
SLUG_CI = "superposition_small"
TITLE = "Losses, represented features and overlaps of small ReLU autoencoders"
COLUMNS = {
    "training": {"unit": "text", "about": "batches: as the paper; descent: to the optimum, rows of length 1"},
    "n": number_column("features", "features of the data", 8, 1e5),
    "m": number_column("dimensions", "width of the hidden space", 1, 1e4),
    "alpha": number_column("1", "frequency of feature i is proportional to i^-alpha", 0, 4),
    "decay": number_column(
        "1", "weight decay of W; below 0 rows are pulled to length 1; 0 for descent", -4, 4
    ),
    "steps": number_column("steps", "optimiser steps; for descent, iterations at most", 1, 1e7),
    "seed": number_column("integer", "seed of initial weights and of batches", 0, 100),
    "loss": number_column("1", "squared error summed over features, mean over examples", 0, 1e4),
    "represented": number_column("fraction", "rows of W longer than a half", 0, 1),
    "overlap": number_column("1", "squared cosine of two rows, mean over pairs", 0, 1),
    "gradient": number_column("1", "largest component of the gradient, descent only", 0, 10, missing=True),
}

#: Peak rate of Adam, where the cosine ends as a fraction of it, and one step in so many warms up.
RATE, FINAL, WARMUP = 1e-2, 0.05, 10
BETAS, EPS = (0.9, 0.999), 1e-8
#: Examples a batch for each feature, as 2,048 for 1,000; and examples on which the loss is measured.
BATCH_A_FEATURE, MEASURED, PARTS = 2.048, 100_000, 50
#: A row longer than this stands for a represented feature.
LONG = 0.5
#: Ten decays of exp-10 from -1 to 1, and those of its exponents that are trained at scale `ci`.
DECAYS = tuple(round(-1 + 2 * k / 9, 4) for k in range(10))
SOME_DECAYS, SOME_ALPHAS = (-1.0, -0.3333, -0.1111, 0.1111, 0.3333, 1.0), (0.0, 0.5, 1.0, 1.5, 2.0)
KEYS = ("training", "n", "m", "alpha", "decay", "steps", "seed")


def frequencies(n: int, alpha: float) -> np.ndarray:
    """How often each feature is active, shape (n,); the sum is one."""
    each = np.arange(1, n + 1.0) ** -alpha
    return each / each.sum()


def examples(p: np.ndarray, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Examples, each feature active by itself, with values between 0 and 2; few features are active.

    Points fall at random on all cells, -log(1 - p) of them on average; a cell is then hit with
    probability p, whatever happens to the others.

    Returns
    -------
    x
        Shape (size, n), float32.
    active
        Places in the flattened x that are active; some may stand twice.
    """
    upto = np.cumsum(-np.log1p(-p))
    points = rng.poisson(size * upto[-1])
    feature = np.searchsorted(upto, upto[-1] * rng.random(points))
    active = rng.integers(size, size=points) * len(p) + feature
    x = np.zeros((size, len(p)), np.float32)
    x.ravel()[active] = 2 * rng.random(points, np.float32)
    return x, active


def rate(step: int, steps: int) -> float:
    """The rate of a step, the first being 1: linear up to a tenth of them, and then a cosine."""
    warmup = max(1, steps // WARMUP)
    if step < warmup:
        return RATE * step / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return RATE * (FINAL + (1 - FINAL) * 0.5 * (1 + math.cos(math.pi * done)))


def decayed(rows: np.ndarray, decay: float, rate: float) -> None:
    """Shrink W in place; or, where the decay is below zero, pull the length of each row towards one."""
    if decay >= 0:
        rows *= np.float32(1 - rate * decay)
    else:
        length = np.linalg.norm(rows, axis=1, keepdims=True) + np.float32(EPS)
        rows += np.float32(rate * decay) * rows * (1 - 1 / length)


def gradient(weights: np.ndarray, x: np.ndarray, active: np.ndarray, out: np.ndarray) -> None:
    """The gradient of the mean squared error of a batch, by W and b together.

    Parameters
    ----------
    weights
        W and, as its last column, b, shape (n, m + 1).
    x, active
        Examples, shape (size, n), and where they are active.
    out
        Where the gradient is written, shape (n, m + 1).
    """
    rows = weights[:, :-1]
    hidden = np.ones((len(x), weights.shape[1]), np.float32)
    np.matmul(x, rows, out=hidden[:, :-1])
    error = np.maximum(hidden @ weights.T, 0)
    # Outputs of nought have no gradient, whether or not their feature is active.
    given = error.ravel()[active]
    error.ravel()[active] = np.where(given > 0, given - x.ravel()[active], 0)
    np.matmul(error.T, hidden, out=out)
    out[:, :-1] += x.T @ (error @ rows)
    out *= np.float32(2 / x.size)


def train(start: np.ndarray, p: np.ndarray, decay: float, steps: int, rng: np.random.Generator) -> None:
    """Adam on W and b, in place, a batch of its own for each step.

    Parameters
    ----------
    start
        W and, as its last column, b, shape (n, m + 1), float32.
    p
        How often each feature is active, shape (n,).
    decay
        Weight decay of W, applied before the step.
    steps
        Optimiser steps.
    rng
        Source of the batches.
    """
    rows, batch = start[:, :-1], round(BATCH_A_FEATURE * len(p))
    slope, mean, square = (np.zeros_like(start) for _ in range(3))
    (first, second), single = BETAS, np.float32
    for step in range(1, steps + 1):
        gradient(start, *examples(p, batch, rng), slope)
        now = rate(step, steps)
        decayed(rows, decay, now)
        mean *= single(first)
        mean += single(1 - first) * slope
        square *= single(second)
        square += single(1 - second) * slope * slope
        spread = np.sqrt(square) / single(math.sqrt(1 - second**step)) + single(EPS)
        start -= single(now / (1 - first**step)) * mean / spread


def measured_loss(rows: np.ndarray, bias: np.ndarray, p: np.ndarray) -> float:
    """Squared error summed over features, mean over fresh examples, the same ones for all runs of a law."""
    rng, total = np.random.Generator(np.random.SFC64(len(p))), 0.0
    for _ in range(PARTS):
        x, _ = examples(p, MEASURED // PARTS, rng)
        total += float(np.square(np.maximum(x @ rows @ rows.T + bias, 0) - x).sum(dtype=float))
    return total / MEASURED


def geometry(rows: np.ndarray) -> dict[str, float]:
    """Share of rows that are long, and the mean squared cosine of two rows, both over all rows."""
    n, length = len(rows), np.linalg.norm(rows.astype(float), axis=1, keepdims=True)
    unit = rows / np.maximum(length, 1e-30)
    return {
        "represented": float((length > LONG).mean()),
        "overlap": float((np.square(unit @ unit.T).sum() - n) / (n * (n - 1))),
    }


def run(training: str, n: int, m: int, alpha: float, decay: float, steps: int, seed: int) -> dict[str, Any]:
    """Train one autoencoder, then measure its loss and its matrix.

    Parameters
    ----------
    training
        `batches` or `descent`.
    n, m
        Features, and dimensions that they share.
    alpha
        Exponent of the frequencies.
    decay
        Weight decay; below zero, rows are pulled to length one. Descent has no use for it.
    steps
        Optimiser steps, or the most iterations of the descent.
    seed
        Seed of initial weights and of batches.

    Raises
    ------
    ValueError
        If the training is of another kind.
    """
    rng, p = np.random.Generator(np.random.SFC64([seed, n, m])), frequencies(n, alpha)
    rows, bias = rng.standard_normal((n, m)) / math.sqrt(m), rng.standard_normal(n)
    if training == "descent":
        found = optimum.descend(rows, bias, p, steps)
        return {"loss": found.loss, "gradient": found.gradient} | geometry(found.rows)
    if training != "batches":
        raise ValueError(f"unknown training {training!r}; there are: batches, descent")
    weights = np.column_stack([rows, bias]).astype(np.float32)
    train(weights, p, decay, steps, rng)
    rows, bias = weights[:, :-1], weights[:, -1]
    return {"loss": measured_loss(rows, bias, p), "gradient": None} | geometry(rows)


def crossed(*values: tuple) -> list[dict[str, Any]]:
    """Every combination of values of the keys, as configurations."""
    return [dict(zip(KEYS, each, strict=True)) for each in itertools.product(*values)]


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale: all of exp-10's map, or some of its cells at an eighth of the size."""
    if scale != "ci":
        alphas, widths = tuple(k / 8 for k in range(17)), (10, 15, 25, 39, 63, 100)
        return crossed(("batches",), (1000,), widths, alphas, DECAYS, (20_000,), (0,))
    small = (("batches",), (125,), (4, 12))
    return [
        *crossed(("descent",), (125,), (4, 12), (0.0, 0.5, 1.0), (0.0,), (20_000,), (0, 1, 2, 3)),
        *crossed(("descent",), (125,), (36,), (0.0,), (0.0,), (20_000,), (0, 1)),
        *crossed(*small, SOME_ALPHAS, SOME_DECAYS, (20_000,), (0,)),
        *crossed(*small, (0.0, 1.0, 2.0), (-1.0, 0.3333), (10_000,), (0,)),
        *crossed(*small, (0.0, 1.0), (-1.0, -0.1111, 0.3333), (20_000,), (1,)),
    ]


def witnesses(scale: str) -> Witnesses:
    """Pull, no decay and decay, of even and of steep frequencies, twenty updates; and twenty of the descent."""
    drawn = crossed(("batches",), (40,), (5,), (0.0, 1.5), (-1.0, 0.0, 1.0), (20,), (0,))
    descents = crossed(("descent",), (40,), (5,), (0.0, 1.5), (0.0,), (20,), (0,))
    return Witnesses([*drawn, *descents], counted={"represented": 40})


def cost(training: str, n: int, m: int, steps: int, **_: Any) -> float:
    """Relative cost: steps times pairs of features; a descent ends long before its last iteration."""
    return steps * n**2 * (0.25 + m / 50 if training == "descent" else 1.0)


if __name__ == "__main__":
    command("replications.superposition.runs")
