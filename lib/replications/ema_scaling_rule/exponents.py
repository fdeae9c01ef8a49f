"""Exponents of distances and of best momenta in the batch, and limits of small batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from replications.ema_scaling_rule.parabola import Parabola, best_momentum
from scalinglaws.correlation import log_slope


def best_exponent(parabola: Parabola, kappas: Sequence[int]) -> float:
    """p in ln(best momentum) = kappa^p ln(rho), by least squares in logs."""
    momenta = [best_momentum(parabola, kappa) for kappa in kappas]
    return log_slope(kappas, np.log(momenta) / np.log(parabola.momentum))


def at_one(kappas: Sequence[int], values: Sequence[float]) -> float:
    """Values at some kappa, both of shape (n,), extrapolated along a straight line to kappa = 1."""
    return float(np.polyval(np.polyfit(kappas, values, 1), 1))
