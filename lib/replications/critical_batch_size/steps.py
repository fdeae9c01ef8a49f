"""Critical batch sizes from the steps to a target loss, for many draws of the steps at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import elementwise, minimize_scalar

from scalinglaws.uncertainty import Estimate, from_left_out

#: Question -> batch that samples are compared with, in sequences; 0 is no reference.
REFERENCES = {"reference 256": 256, "reference 64": 64, "no reference": 0}


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


def over_models(question: Callable[[np.ndarray], float], m: int) -> Estimate:
    """An answer from m models, with Student's interval of its jackknife, which leaves out one at a time.

    Parameters
    ----------
    question
        The answer, a number, from the row numbers of the models that are kept.
    m
        Number of models, above 2.
    """
    rows = np.arange(m)
    left_out = [float(question(np.delete(rows, k))) for k in rows]
    return from_left_out(float(question(rows)), left_out, "jackknife over models", corrected=True)


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


def slope_over_models(x: ArrayLike, y: ArrayLike) -> Estimate:
    """`exponent` of y in x with the interval of `over_models`, one value a model, both of shape (m,)."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    return over_models(lambda kept: exponent(x[kept], y[kept]), len(x))


def growth(
    size: ArrayLike, loss: ArrayLike, ratio: ArrayLike, overhead: float = 0.2
) -> dict[str, tuple[ArrayLike, np.ndarray]]:
    """What is set against what when growth is asked for.

    Parameters
    ----------
    size, loss
        Parameters, or data, and target losses of the models, shape (m,).
    ratio
        b / a, in sequences, shape (..., m).
    overhead
        As in `critical`.

    Returns
    -------
    dict
        Question -> x of shape (m,) and y of shape (..., m): critical batch against size, by
        reference, and the ratio against `loss`.
    """
    by_size = {name: (size, critical(ratio, at, overhead)) for name, at in REFERENCES.items()}
    return by_size | {"loss": (loss, np.asarray(ratio, float))}


def asked(size: ArrayLike, loss: ArrayLike, ratio: ArrayLike, overhead: float = 0.2) -> dict[str, Estimate]:
    """The exponents of `growth`, whose arguments it takes, each with the interval of `over_models`."""
    return {name: slope_over_models(*xy) for name, xy in growth(size, loss, ratio, overhead).items()}


def twice_the_least(batch: ArrayLike, counts: ArrayLike, powers: ArrayLike) -> np.ndarray:
    """The batch that needs twice the least steps, on steps = a + b / batch^p, shape (m,).

    Parameters
    ----------
    batch
        Shape (k,).
    counts
        Steps to the target, shape (m, k).
    powers
        The power p of each model, shape (m,).
    """
    batch = np.asarray(batch, float)
    return np.array([ratios(batch**p, row) ** (1 / p) for p, row in zip(powers, counts, strict=True)])
