"""The lower edge of a cloud of runs as the authors take it, and the saturating law through it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from scalinglaws.frontier import envelope

#: The number of stretches is how often compute can be halved until this many GFLOPs are left.
LEAST = 1500
#: Box of the exponent, and of the logarithm to base 10 of the shift in 1e9 GFLOPs.
EXPONENTS, SHIFTS = (0.01, 2.0), (-6.0, 2.0)
#: Where the search begins: exponent, and logarithm of the shift.
START = (0.22, -1.0)


def lower_edge(compute: ArrayLike, error: ArrayLike, least: float = LEAST) -> np.ndarray:
    """Runs on the lower edge of error against compute, by the authors' rule.

    Compute is cut into stretches of equal ratio. The least error of each stretch is kept if it
    is lower than that of every stretch before. The run of most compute lies in no stretch and is
    added if it is lower still.

    Parameters
    ----------
    compute
        Compute of each run, GFLOPs, shape (n,).
    error
        Share of wrong answers, shape (n,).
    least
        GFLOPs that sets the number of stretches, as `LEAST` does.

    Returns
    -------
    ndarray of int
        Row numbers in order of rising compute and falling error.

    Raises
    ------
    ValueError
        If compute is not positive, or all the same.

    Source: `pareto_frontier_bins` in scaling_laws/utils.py of LAION-AI/scaling-laws-for-comparison.
    """
    compute, error = np.asarray(compute, float), np.asarray(error, float)
    order = np.lexsort([error, compute])
    x, y = compute[order], error[order]
    if not 0 < x[0] < x[-1]:
        raise ValueError(f"an edge needs runs of positive compute that differ, not {x[0]} to {x[-1]}")
    edges = np.geomspace(x[0], x[-1], max(2, int(np.log2(x[-1] / least))))
    first = np.searchsorted(x, edges)
    found, lowest = [], np.inf
    for begin, end in zip(first, [*first[1:], len(x)], strict=True):
        if end > begin:
            row = begin + y[begin:end].argmin()
            if y[row] < lowest:
                found.append(row)
                lowest = y[row]
    return order[found]


def inside(value: float, box: tuple[float, float]) -> float:
    """A number, moved to the nearer end of an interval that it lies outside of (numpy's clip takes longer)."""
    return min(max(float(value), box[0]), box[1])


def factor_and_floor(power: np.ndarray, error: np.ndarray) -> tuple[float, float]:
    """Least squares of errors on falling powers, which get a factor, and a floor that is not below zero."""
    ones = np.ones(len(power))
    n, p, e = len(power), ones @ power, ones @ error
    pp, pe = power @ power, power @ error
    floor = (pp * e - p * pe) / (n * pp - p * p)
    return ((n * pe - p * e) / (n * pp - p * p), floor) if floor > 0 else (pe / pp, 0.0)


def saturating_law(compute: np.ndarray, error: np.ndarray) -> np.ndarray:
    r"""Least squares of $A\,(C + B)^{-a} + E$ through one edge, fast enough to be drawn hundreds of times.

    For a given exponent and shift the rest is linear, so that only these two are searched, by
    MINPACK from one start. Nothing is proved here; `scalinglaws.fit` does that once for each law
    that a number is quoted of, and a test holds this search against a dense mesh on drawn edges.

    Parameters
    ----------
    compute, error
        GFLOPs and shares of wrong answers on the edge, shape (n,), four at least.

    Returns
    -------
    ndarray
        A (error above the floor at 1e9 GFLOPs, were there no shift), B in 1e9 GFLOPs, a and E.
    """
    x = compute / 1e9

    def law(place):
        exponent, shift = inside(place[0], EXPONENTS), 10 ** inside(place[1], SHIFTS)
        power = (x + shift) ** -exponent
        factor, floor = factor_and_floor(power, error)
        return np.array([factor, shift, exponent, floor]), error - factor * power - floor

    place, _ = optimize.leastsq(lambda place: law(place)[1], START, ftol=1e-11, xtol=1e-9)
    return law(place)[0]


def error_at(laws: ArrayLike, compute: ArrayLike) -> np.ndarray:
    """Errors by laws as `saturating_law` gives them, shape (..., 4), at GFLOPs, shape (n,): shape (..., n)."""
    factor, shift, exponent, floor = np.moveaxis(np.asarray(laws, float)[..., None], -2, 0)
    return factor * (np.asarray(compute) / 1e9 + shift) ** -exponent + floor


def compute_at(laws: ArrayLike, error: ArrayLike) -> np.ndarray:
    """GFLOPs at which laws of shape (..., 4) have these errors, shape (...).

    An error at or below the floor takes the most that is considered, 1e16 GFLOPs.
    """
    factor, shift, exponent, floor = np.moveaxis(np.asarray(laws, float), -1, 0)
    above = np.maximum(np.asarray(error) - floor, 1e-9)
    return np.clip(1e9 * ((factor / above) ** (1 / exponent) - shift), 1e6, 1e16)


def undominated(compute: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Another edge: runs that no run of less compute beats."""
    return envelope(compute, error, "running minimum", stretches=10**6)


def half_as_many(compute: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Another edge: by the authors' rule, from half as many stretches."""
    return lower_edge(compute, error, least=np.sqrt(LEAST * compute.max()))
