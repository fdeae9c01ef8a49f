"""Critical batch sizes from the steps to a target loss, for many draws of the steps at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import elementwise, minimize_scalar

from scalinglaws.uncertainty import Estimate, from_draws, of_mean

#: Claims on the exponent -> batch that samples are compared with, in sequences.
REFERENCED = {"grows": 256, "ref-64": 64, "ref-none": 0}


def centred(values: np.ndarray) -> np.ndarray:
    """Values less their mean over the last axis."""
    return values - values.mean(axis=-1, keepdims=True)


def ratios(batch: ArrayLike, steps: ArrayLike) -> np.ndarray:
    """The ratio b / a of steps = a + b / batch, by least squares on the logarithm of the steps.

    The constant a follows from the ratio, so that one number is searched for each curve, and
    curves are searched together.

    Parameters
    ----------
    batch
        Batch sizes, shape (k,), in any unit, which is that of the ratio.
    steps
        Steps to the target, shape (..., k).

    Returns
    -------
    ndarray
        Shape (...). Steps that do not fall have a thousandth of the least batch, and steps that
        fall as one over the batch throughout have a thousand times the largest: an optimum that
        lies beyond is put at that end, where it leaves the order of several curves as it is.
    """
    batch, logs = np.asarray(batch, float), centred(np.log(np.asarray(steps, float)))

    def slope(logarithm: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Derivative of half the sum of squares in the logarithm of the ratio."""
        ratio = np.exp(logarithm)[..., None]
        left = flat[rows.astype(int)] - centred(np.log1p(ratio / batch))
        return -(left * ratio / (batch + ratio)).sum(axis=-1)

    flat = logs.reshape(-1, len(batch))
    rows = np.arange(len(flat))
    ends = np.log([batch.min() / 1e3, batch.max() * 1e3])
    low, high = (np.full(len(flat), end) for end in ends)
    found = elementwise.find_root(slope, (low, high), args=(rows,))
    beyond = np.where(slope(low, rows) > 0, low, high)
    return np.exp(np.where(found.success, found.x, beyond)).reshape(logs.shape[:-1])


def residuals(batch: ArrayLike, steps: ArrayLike) -> np.ndarray:
    """Logarithm of the steps less that of the fitted curves a + b / batch, in the shape of the steps.

    Parameters
    ----------
    batch, steps
        As in `ratios`.
    """
    batch = np.asarray(batch, float)
    return centred(np.log(steps)) - centred(np.log1p(ratios(batch, steps)[..., None] / batch))


def spread(batch: ArrayLike, steps: ArrayLike) -> float:
    """Standard deviation of log steps about the fitted curves, two parameters a curve.

    Parameters
    ----------
    batch, steps
        As in `ratios`; the curves are taken together.
    """
    left = residuals(batch, steps)
    return float(np.sqrt((left**2).sum() / (left.size - 2 * left[..., 0].size)))


def shared_power(batch: ArrayLike, steps: ArrayLike) -> float:
    """The power p of steps = a + b / batch^p that fits several curves best, a and b of each its own.

    Parameters
    ----------
    batch, steps
        As in `ratios`. The power is looked for from 0.2 to 2.
    """
    batch = np.asarray(batch, float)
    best = minimize_scalar(
        lambda power: (residuals(batch**power, steps) ** 2).sum(),
        bounds=(0.2, 2.0),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(best.x)


def shared_power_over_models(batch: ArrayLike, steps: ArrayLike) -> Estimate:
    """`shared_power` with Student's interval of its jackknife, which leaves out one model at a time.

    Parameters
    ----------
    batch, steps
        As in `ratios`; steps have shape (m, k), m above 2.

    Source: Tukey's pseudo-values; Efron & Tibshirani (1993), An Introduction to the Bootstrap, section 11.5.
    """
    steps = np.asarray(steps, float)
    m, whole = len(steps), shared_power(batch, steps)
    left_out = np.array([shared_power(batch, np.delete(steps, k, axis=0)) for k in range(m)])
    pseudo = of_mean(m * whole - (m - 1) * left_out, "jackknife over models")
    return Estimate.around(whole, pseudo.low, pseudo.high, pseudo.how)


def critical(ratio: ArrayLike, reference: float, overhead: float = 0.2) -> np.ndarray:
    """The batch that needs more samples than a reference batch, by a given share, on steps = a + b / batch.

    Parameters
    ----------
    ratio
        b / a, in sequences.
    reference
        Batch that samples are compared with, in sequences. At 0 the result is a share of the
        ratio itself.
    overhead
        Share of samples that are needed in addition.

    Source: Zhang et al. (2024), arXiv:2410.21676, with a reference of 256 sequences and 20 %.
    """
    return overhead * np.asarray(ratio, float) + (1 + overhead) * reference


def exponent(size: ArrayLike, value: ArrayLike) -> np.ndarray:
    """Slope of the logarithm of a value in the logarithm of a size, by least squares.

    Parameters
    ----------
    size
        Shape (m,).
    value
        Shape (..., m).

    Returns
    -------
    ndarray
        Shape (...).
    """
    x = centred(np.log(np.asarray(size, float)))
    return centred(np.log(np.asarray(value, float))) @ x / (x @ x)


def interpolated(batch: ArrayLike, steps: ArrayLike, reference: float, overhead: float = 0.2) -> np.ndarray:
    """The critical batch read off the points: where log samples, joined by lines, first reach the overhead.

    Parameters
    ----------
    batch
        Batch sizes in rising order, shape (k,).
    steps
        Steps to the target, shape (..., k).
    reference
        A batch size of the list.
    overhead
        As in `critical`.

    Returns
    -------
    ndarray
        Shape (...), in the unit of the batch; the largest batch where the overhead is never reached.

    Raises
    ------
    ValueError
        If the reference is not in the list.
    """
    batch = np.asarray(batch, float)
    if reference not in batch:
        raise ValueError(f"{reference} is none of the batch sizes {batch}")
    x, y = np.log(batch), np.log(batch * np.asarray(steps, float))
    start = int(np.flatnonzero(batch == reference)[0])
    over = y - y[..., [start]] - np.log1p(overhead)
    above = (over > 0) & (np.arange(len(batch)) > start)
    after = above.argmax(axis=-1)[..., None]
    high, low = (np.take_along_axis(over, k, axis=-1)[..., 0] for k in (after, after - 1))
    right, left = x[after[..., 0]], x[after[..., 0] - 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = np.exp(left + (right - left) * low / (low - high))
    return np.where(above.any(axis=-1), crossing, batch[-1])


def redrawn(steps: ArrayLike, spread: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Steps with a normal noise of their logarithm on each, shape (n, *steps.shape).

    Parameters
    ----------
    steps
        Steps without noise, or as measured.
    spread
        Standard deviation of the logarithm.
    n
        Number of draws.
    rng
        Source of randomness.
    """
    return np.asarray(steps, float) * np.exp(spread * rng.standard_normal((n, *np.shape(steps))))


def answers(
    batch: ArrayLike,
    counts: ArrayLike,
    size: ArrayLike,
    loss: ArrayLike,
    n: int,
    rng: np.random.Generator,
    noise: float | None = None,
    overhead: float = 0.2,
) -> dict[str, Estimate]:
    """What step counts say to each question about growth; intervals draw their noise about the curves.

    Parameters
    ----------
    batch
        Batch sizes in rising order, in sequences, shape (k,); 256 is one of them.
    counts
        Steps to the target, shape (m, k).
    size, loss
        Parameters and target losses of the models in order of size, shape (m,).
    n, rng
        Number of draws, and their source.
    noise
        Standard deviation of the logarithm of a count; that of these counts if none is given.
    overhead
        As in `critical`.

    Returns
    -------
    dict
        Claim -> exponent of the critical batch in size, by reference; its exponent in the loss,
        without reference; and for `ordered` the smallest gap of those read off by interpolation.
    """
    own, how = ratios(batch, counts), "noise of the counts drawn"
    noise = spread(batch, counts) if noise is None else noise
    again = redrawn(1 + own[:, None] / np.asarray(batch, float), noise, n, rng)
    drawn = ratios(batch, again)
    found = {}
    for claim, reference in REFERENCED.items():
        values = (exponent(size, critical(ratio, reference, overhead)) for ratio in (own, drawn))
        found[claim] = from_draws(*values, how)
    found["with-loss"] = found["kaplan"] = from_draws(exponent(loss, own), exponent(loss, drawn), how)
    gaps = (np.diff(interpolated(batch, each, 256, overhead)).min(axis=-1) for each in (counts, again))
    return found | {"ordered": from_draws(*gaps, how)}
