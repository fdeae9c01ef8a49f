"""Intervals from the curvature at the optimum: Wald, and the delta method for functions of the parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from scalinglaws.fitting.binding import columns_of
from scalinglaws.fitting.groups import clustered, group_codes
from scalinglaws.fitting.problem import FitError
from scalinglaws.text import article

if TYPE_CHECKING:
    from scalinglaws.fitting.result import Fit

#: A parameter, "log A" for the logarithm of one, or a function of the dictionary of parameters.
Quantity = str | Callable[[dict[str, float]], float]


def covariance(fit: Fit, by: Any = None) -> np.ndarray:
    """Covariance of the estimated coordinates (log of positive parameters), squared loss only.

    Infinite where the runs do not determine a parameter.

    Parameters
    ----------
    by
        One group label a run, or a column of the fitted data by its name: the residuals of a
        group may then depend on each other in any way (`groups.clustered`).

    Raises
    ------
    FitError
        For a robust loss, or groups that are none.
    """
    p = fit.problem
    if p.loss.kind != "squared":
        raise FitError(
            f"a Wald interval on {article(str(p.loss))} fit covers too little (84 to 92 % instead of 95 % where it "
            "was measured): use bootstrap(fit, n, seed).interval(...)"
        )
    if not fit.determined:
        return np.full((len(fit.free),) * 2, np.inf)
    size = np.sqrt(np.diag(fit.point.normal))
    root = p.jacobian(fit.point.theta) * np.sqrt(p.weights)[:, None] / size
    triangle = np.linalg.inv(np.linalg.qr(root, mode="r"))
    bread = (triangle @ triangle.T) / np.outer(size, size)
    if by is None:
        return variance(fit) * bread
    # A run without weight belongs to no group.
    used = p.weights > 0
    scores = p.jacobian(fit.point.theta) * (p.weights * fit.residuals)[:, None]
    codes = group_codes(fit, by)[used]
    if len(np.unique(codes)) < 2:
        raise FitError("all runs with a weight are in one group: nothing varies between groups")
    return clustered((scores @ bread)[used], codes)


def variance(fit: Fit) -> float:
    """Variance of the residual of a run of weight one."""
    return 2 * fit.objective / fit.degrees_of_freedom


def student(fit: Fit, level: float, by: Any = None) -> float:
    """Quantile of Student's t: degrees of freedom of the fit, or groups less one.

    Raises
    ------
    FitError
        If the level is no share.
    """
    if not 0 < level < 1:
        raise FitError(f"level is a share between 0 and 1, not {level}")
    freedom = fit.degrees_of_freedom
    if by is not None:
        freedom = len(np.unique(group_codes(fit, by)[fit.problem.weights > 0])) - 1
    return float(stdtrit(freedom, 0.5 + level / 2))


def interval(fit: Fit, what: Quantity, level: float = 0.95, by: Any = None) -> tuple[float, float]:
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
    by
        Groups of runs, as for `covariance`; t then has groups - 1 degrees of freedom. With
        few groups, or groups of very different size, it still covers too little.

    Raises
    ------
    FitError
        For a robust loss (use `bootstrap`), a fixed or unknown parameter, or a function that
        is not a finite number at and near the estimates.
    """
    quantile = student(fit, level, by)
    cov, theta = covariance(fit, by), fit.point.theta
    if callable(what):
        slope = np.empty(len(theta))
        for j in range(len(theta)):
            step = np.zeros_like(theta)
            step[j] = 1e-5 * max(1.0, abs(theta[j]))
            with np.errstate(all="ignore"):
                up, down = (float(what(fit.problem.params(theta + s))) for s in (step, -step))
                slope[j] = (up - down) / (2 * step[j])
        centre = float(what(fit.params))
        if not np.isfinite([centre, *slope]).all():
            raise FitError(
                "the function is not a finite number at and near the estimates, so it has no Wald interval: "
                "make one that is defined around them, or use bootstrap(fit, n, seed).interval(...)"
            )
        half = quantile * float(np.sqrt(slope @ cov @ slope)) if np.isfinite(cov).all() else np.inf
        return centre - half, centre + half
    j, log_wanted = fit.index(what)
    half = quantile * float(np.sqrt(cov[j, j]))
    low, high = float(theta[j] - half), float(theta[j] + half)
    if fit.problem.logged[j] and not log_wanted:
        return float(np.exp(low)), float(np.exp(high))
    return low, high


def prediction_interval(
    fit: Fit, data: Any, level: float = 0.95, *, new_run: bool = True, by: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    r"""Interval of the law, or of a new run, at other data; squared loss only.

    On the scale of the residual (the logarithm of y where that is "log") it is
    $\hat y \pm t \sqrt{g^T V g + s^2}$, with g the slopes of the law, V their `covariance` and
    $s^2$ the variance of a run of weight one, left out unless `new_run`.

    Parameters
    ----------
    data
        As for `Fit.predict`.
    level
        Confidence level, for each row alone.
    new_run
        Whether it is to hold a new run's value, or only the law's.
    by
        Groups of runs, as for `covariance`.

    Returns
    -------
    tuple of ndarray
        Lower and upper ends, one entry a row of the data, in the unit of y.

    Raises
    ------
    FitError
        For a robust loss (use `bootstrap(...).prediction_interval`), or data that
        `Fit.predict` refuses.

    Source: Seber & Wild (1989), Nonlinear Regression, section 5.1.
    """
    quantile, cov = student(fit, level, by), covariance(fit, by)
    predicted, p = fit.predict(data), fit.problem
    columns = columns_of(fit.law, data)
    ones = np.ones(len(predicted))
    there = replace(p, columns=columns, y=ones, weights=ones)
    slopes = there.jacobian(fit.point.theta)
    if not fit.determined:
        half = np.full(len(predicted), np.inf)
    else:
        law = np.einsum("ri,ij,rj->r", slopes, cov, slopes)
        half = quantile * np.sqrt(law + new_run * variance(fit))
    if p.residual == "log":
        return predicted * np.exp(-half), predicted * np.exp(half)
    return predicted - half, predicted + half
