"""Profile intervals by brute force: the linear parameters solved on a dense grid of the exponent, then polished."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq, minimize_scalar, nnls
from scipy.special import stdtrit

#: Exponents looked at; the law's own bounds are 0 and 3.
EXPONENTS = np.unique(np.r_[0.0, np.geomspace(1e-4, 3, 1500), np.linspace(0, 3, 1501)])


def short_range(seed: int) -> dict[str, np.ndarray]:
    """A few runs of a power law with a constant, over half to one and a half decades."""
    rng = np.random.default_rng([11, seed])
    n = int(rng.integers(7, 25))
    x = 10 ** np.sort(rng.uniform(0, rng.uniform(0.5, 1.5), n))
    floor, alpha, noise = rng.uniform(0.3, 2), rng.uniform(0.15, 0.9), 10 ** rng.uniform(-3, -1.5)
    return {"x": x, "loss": (floor + rng.uniform(0.5, 2) * x**-alpha) * np.exp(noise * rng.normal(size=n))}


def raw_sum(data: dict[str, np.ndarray], alpha: float) -> float:
    """Least half sum of squares of y, not of its logarithm, at an exponent: non-negative least squares."""
    basis = np.column_stack([np.ones_like(data["x"]), data["x"] ** -alpha])
    return 0.5 * nnls(basis, data["loss"])[1] ** 2


def exponent_interval(data: dict[str, np.ndarray], level: float = 0.95) -> tuple[float, float]:
    """Profile interval of the exponent of `E + A x^-alpha`, raw residuals."""
    values = np.array([raw_sum(data, a) for a in EXPONENTS])
    k = int(values.argmin())
    around = EXPONENTS[max(k - 1, 0)], EXPONENTS[min(k + 1, len(EXPONENTS) - 1)]
    best = minimize_scalar(
        lambda a: raw_sum(data, a), bounds=around, method="bounded", options={"xatol": 1e-12}
    )
    least = min(values[k], best.fun)
    freedom = len(data["x"]) - 3
    most = least * (1 + stdtrit(freedom, 0.5 + level / 2) ** 2 / freedom)
    inside = np.flatnonzero(values <= most)
    ends = []
    for first, step in ((inside[0], -1), (inside[-1], 1)):
        if not 0 <= first + step < len(EXPONENTS):
            ends.append(float(EXPONENTS[first]))
            continue
        a, b = EXPONENTS[first], EXPONENTS[first + step]
        ends.append(float(brentq(lambda v: raw_sum(data, v) - most, a, b, xtol=1e-13)))
    return ends[0], ends[1]
