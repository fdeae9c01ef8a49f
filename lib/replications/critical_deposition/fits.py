"""Numbers out of efficiencies that have no noise, and how far the terms that are left out move them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from scalinglaws.uncertainty import Estimate

#: Powers of St - St_c in ln efficiency, in the order in which theory has them.
POWERS = (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
#: What the ends of all estimates here are; the numbers have no noise, and nothing is resampled.
HOW = "how far the cruder truncations of a series in St - St_c lie (no noise: no 95 % of anything)"


def series(excess: ArrayLike, log_efficiency: ArrayLike, terms: int) -> np.ndarray:
    """Least-squares factors of the first so many `POWERS` of St - St_c.

    Parameters
    ----------
    excess, log_efficiency
        St - St_c and the natural logarithm of the efficiency, shape (n,).
    terms
        How many powers; at most n.

    Raises
    ------
    ValueError
        If there are more terms than points, or than powers.
    """
    excess, log_efficiency = np.asarray(excess, float), np.asarray(log_efficiency, float)
    if not 0 < terms <= min(len(excess), len(POWERS)):
        raise ValueError(f"{terms} terms for {len(excess)} points; there are {len(POWERS)} powers")
    basis = excess[:, None] ** np.array(POWERS[:terms])
    return np.linalg.lstsq(basis / abs(basis).max(0), log_efficiency)[0] / abs(basis).max(0)


def term(excess: ArrayLike, log_efficiency: ArrayLike, power: float, terms: int) -> Estimate:
    """The factor of one power of the series, and how far the terms that are left out may move it.

    Parameters
    ----------
    excess, log_efficiency, terms
        As in `series`; three terms at least.
    power
        One of `POWERS` that is among the first `terms` - 2.
    """
    place = POWERS.index(power)
    return around(*(series(excess, log_efficiency, terms - fewer)[place] for fewer in range(3)))


def around(value: float, *cruder: float) -> Estimate:
    """A number of which cruder approximations are known, by one term fewer each.

    The ends lie as far off, on both sides, as the largest change from one approximation to the
    next. One change alone may be small by chance, where two neglected terms happen to cancel.
    """
    half = np.abs(np.diff([value, *cruder])).max()
    return Estimate(value, value - half, value + half, HOW)


def misses(excess: ArrayLike, log_efficiency: ArrayLike) -> tuple[float, float]:
    """Root mean squares of what a power of St - St_c, and a - c (St - St_c)^(-1/2), leave of ln efficiency.

    Each form has two free numbers; arguments as in `series`.
    """
    excess, log_efficiency = np.asarray(excess, float), np.asarray(log_efficiency, float)
    power, root = (
        log_efficiency - np.polyval(np.polyfit(x, log_efficiency, 1), x)
        for x in (np.log(excess), excess**-0.5)
    )
    return float(np.sqrt(np.mean(power**2))), float(np.sqrt(np.mean(root**2)))


def local_exponents(excess: ArrayLike, values: ArrayLike) -> np.ndarray:
    """Exponents p of a + b excess^p through each three neighbours of a geometric row, free of a and b.

    Parameters
    ----------
    excess
        St - St_c in ascending order, each the same multiple of the one before, shape (n,).
    values
        What depends on it, shape (n,).

    Returns
    -------
    ndarray
        n - 2 exponents: the ratio of successive differences is the multiple to the power p.

    Raises
    ------
    ValueError
        If the row is not geometric.
    """
    ratios = np.diff(np.log(excess))
    if not np.allclose(ratios, ratios[0]):
        raise ValueError("local exponents need values of St - St_c in a geometric row")
    steps = np.diff(values)
    return np.log(np.abs(steps[1:] / steps[:-1])) / ratios[0]


def at_threshold(excess: ArrayLike, values: ArrayLike, orders: Sequence[float] = (1.0, 1.5, 2.0)) -> Estimate:
    """The limit of values at the threshold, which they approach as a series in powers of d = St - St_c.

    Parameters
    ----------
    excess
        St - St_c in ascending order, shape (n,), n more than the number of orders.
    values
        Values at these points; the nearest are solved for the limit, one more than there are orders.
    orders
        Powers of d in the series; the cruder limits are without the last, and the last two.
    """
    excess, values = np.asarray(excess, float), np.asarray(values, float)
    limits = []
    for count in range(len(orders) + 1, max(0, len(orders) - 2), -1):
        basis = (excess[:count, None] / excess[0]) ** np.array([0, *orders])[:count]
        limits.append(np.linalg.solve(basis, values[:count])[0])
    return around(*limits)


def diverging_at(stokes: ArrayLike, times: ArrayLike) -> Estimate:
    """Stokes number at which times to the surface diverge as its excess to the power -1/2.

    Parameters
    ----------
    stokes, times
        Stokes numbers and times, shape (n,), n at least 6.

    Returns
    -------
    Estimate
        Of K St / sqrt(St - St_c) - t0 - t1 d - t2 d^2, d = St - St_c, fitted in all five numbers;
        the cruder ones are without t2, and without t1 as well.

    Raises
    ------
    ValueError
        If a time is not finite.
    """
    stokes, times = np.asarray(stokes, float), np.asarray(times, float)
    if not np.isfinite(times).all():
        raise ValueError("a particle that never arrives has no time to extrapolate")

    def left(p: np.ndarray) -> np.ndarray:
        excess = stokes - stokes.min() + np.exp(p[1])
        return p[0] * stokes / np.sqrt(excess) - sum(t * excess**k for k, t in enumerate(p[2:])) - times

    found = []
    for more in (3, 2, 1):
        fit = least_squares(left, [2.0, -6.0, *np.zeros(more)], xtol=1e-15, ftol=1e-15, gtol=1e-15)
        found.append(stokes.min() - np.exp(fit.x[1]))
    return around(*found)
