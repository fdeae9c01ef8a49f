"""Huber's loss as a likelihood: its scale estimated together with the parameters.

The density of a residual r is exp(-huber(delta).rho(r / sigma)) over its integral. Where sigma comes out
far below the residuals, the threshold delta sigma does too, and the fit is one of least absolute
deviations but for a few digits: quasi-Newton methods stop early there.
Source: Besiroglu et al. (2024), arXiv:2404.10102, Table 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from scalinglaws.fitting.exact import minimise_exact
from scalinglaws.fitting.losses import huber
from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.result import Fit
from scalinglaws.fitting.solve import TIGHT

#: The scale moves by less than this share a round at the fixed point.
FIXED = 1e-12
#: Huber fits and scales in turn, at most.
ROUNDS = 50


@dataclass(frozen=True)
class HuberLikelihood:
    """The greatest likelihood over the parameters and the scale.

    Attributes
    ----------
    params
        Every parameter in natural units, the fixed ones too.
    sigma
        The scale, in the unit of the residuals.
    threshold
        delta sigma: the parameters are those of a fit with `huber(threshold)`.
    log_likelihood
        Natural logarithm of the likelihood.
    residuals
        Observed minus fitted, of the logarithms where the residual is "log".
    gap
        How far the optimality conditions of that fit are violated, as a share of its
        objective; below 1e-10.
    """

    params: dict[str, float]
    sigma: float
    threshold: float
    log_likelihood: float
    residuals: np.ndarray
    gap: float

    def __getitem__(self, name: str) -> float:
        return self.params[name]


def best_scale(
    residuals: np.ndarray, delta: float = 1e-3, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """The scale of greatest likelihood for given residuals, and the log-likelihood there.

    Parameters
    ----------
    residuals
        One a run.
    delta
        Threshold of Huber's loss, in units of the scale.
    weights
        How often each run counts; once if left out.

    Returns
    -------
    tuple
        Scale, in the unit of the residuals; natural logarithm of the likelihood.

    Raises
    ------
    FitError
        If more residuals vanish than a scale can be told from.
    """
    r = np.asarray(residuals, float)
    w = np.ones_like(r) if weights is None else np.asarray(weights, float)
    loss, total = huber(delta), float(w.sum())

    def slope(t: float) -> float:
        # It falls with the scale, from linear to quadratic in its inverse: there is one root at most.
        z = r * np.exp(-t)
        return float((w * loss.psi(z) * z).sum()) - total

    mean = float((w * np.abs(r)).sum()) / total
    if not 0 < mean < np.inf:
        raise FitError("residuals that all vanish, or are not finite, have no scale of greatest likelihood")
    # As if all residuals lay outside the threshold: the scale is no less than half of that, nor more than the
    # root mean square.
    low = np.log(min(delta, 1.0) * mean) - 5
    high = 0.5 * np.log((w * r**2).sum() / total) + 1
    while slope(low) <= 0:
        low -= 5
        if low < -700:
            raise FitError(
                "nearly all residuals vanish: the likelihood grows without limit as the scale shrinks"
            )
    t = brentq(slope, low, high, xtol=1e-14, rtol=1e-15)
    size = np.sqrt(2 * np.pi) * (1 - 2 * ndtr(-delta)) + 2 * np.exp(-(delta**2) / 2) / delta
    value = -float((w * loss.rho(r * np.exp(-t))).sum()) - total * (t + np.log(size))
    return float(np.exp(t)), value


def huber_likelihood(fit: Fit, delta: float = 1e-3) -> HuberLikelihood:
    """The parameters and the scale of greatest likelihood under Huber's density, from a fit of the same runs.

    For a given scale the parameters are an exact Huber fit, for given parameters the scale is
    the root of one equation; each in turn can only improve, until both stay.

    Parameters
    ----------
    fit
        A proved fit, with any loss; its law, runs, weights, bounds and fixed parameters are used.
    delta
        Threshold of Huber's loss, in units of the scale.

    Raises
    ------
    FitError
        If the Huber fit is not proved, or the scale does not settle.
    """
    problem, theta = fit.problem, fit.problem.theta(fit.params)
    weights = problem.weights
    sigma, _ = best_scale(problem.residuals(theta), delta, weights)
    for _ in range(ROUNDS):
        found, _, proofs = minimise_exact(problem.with_loss(huber(delta * sigma)), theta[None])
        theta, gap = found[0], proofs[0].gap
        residuals = problem.residuals(theta)
        before, (sigma, log_likelihood) = sigma, best_scale(residuals, delta, weights)
        if abs(np.log(sigma / before)) < FIXED:
            break
    else:
        raise FitError(f"the scale does not settle in {ROUNDS} rounds: the law may fit some runs exactly")
    if not gap < TIGHT:
        raise FitError("the optimum of the likelihood is not proved: start from a fit with absolute()")
    return HuberLikelihood(problem.params(theta), sigma, delta * sigma, log_likelihood, residuals, gap)
