"""Intervals from the curvature at the optimum: Wald, and the delta method for functions of the parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from scalinglaws.fitting.problem import FitError

if TYPE_CHECKING:
    from scalinglaws.fitting.result import Fit

#: A parameter, "log A" for the logarithm of one, or a function of the dictionary of parameters.
Quantity = str | Callable[[dict[str, float]], float]


def covariance(fit: Fit) -> np.ndarray:
    """Covariance of the estimated coordinates (log of positive parameters), squared loss only.

    Infinite where the runs do not determine a parameter.

    Raises
    ------
    FitError
        For a robust loss.
    """
    p = fit.problem
    if p.loss.kind != "squared":
        raise FitError(
            f"a Wald interval on a {p.loss} fit covers too little (84 to 92 % instead of 95 % where it "
            "was measured): use bootstrap(fit, n, seed).interval(...)"
        )
    if not fit.determined:
        return np.full((len(fit.free),) * 2, np.inf)
    size = np.sqrt(np.diag(fit.point.normal))
    root = p.jacobian(fit.point.theta) * np.sqrt(p.weights)[:, None] / size
    triangle = np.linalg.inv(np.linalg.qr(root, mode="r"))
    spread = 2 * fit.objective / fit.degrees_of_freedom
    return spread * (triangle @ triangle.T) / np.outer(size, size)


def interval(fit: Fit, what: Quantity, level: float = 0.95) -> tuple[float, float]:
    """Wald interval of a parameter, or of a function of the parameters; squared loss only.

    For a positive parameter it is the exponential of the interval of its logarithm;
    a symmetric interval in natural units is not offered, since it covers too little.

    Parameters
    ----------
    what
        A parameter; `"log A"` for a logarithm; or a function of the dictionary of
        parameters, such as `scalinglaws.frontier.size_exponent` (delta method).
    level
        Confidence level.

    Raises
    ------
    FitError
        For a robust loss (use `bootstrap`), a fixed or unknown parameter.
    """
    if not 0 < level < 1:
        raise FitError(f"level is a share between 0 and 1, not {level}")
    cov, theta = covariance(fit), fit.point.theta
    quantile = float(stdtrit(fit.degrees_of_freedom, 0.5 + level / 2))
    if callable(what):
        slope = np.empty(len(theta))
        for j in range(len(theta)):
            step = np.zeros_like(theta)
            step[j] = 1e-5 * max(1.0, abs(theta[j]))
            up, down = (what(fit.problem.params(theta + s)) for s in (step, -step))
            slope[j] = (up - down) / (2 * step[j])
        centre = float(what(fit.params))
        half = quantile * float(np.sqrt(slope @ cov @ slope)) if np.isfinite(cov).all() else np.inf
        return centre - half, centre + half
    j, log_wanted = fit.index(what)
    half = quantile * float(np.sqrt(cov[j, j]))
    low, high = float(theta[j] - half), float(theta[j] + half)
    if fit.problem.logged[j] and not log_wanted:
        return float(np.exp(low)), float(np.exp(high))
    return low, high
