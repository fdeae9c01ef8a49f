"""The best width at each compute, and how it grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar

from replications.dynamical_model.equation import during_training
from replications.dynamical_model.spectrum import Spectrum
from scalinglaws.frontier import isoflop_optimum


class Frontier(NamedTuple):
    """Best width and least loss at each compute C = N t, shape (n,) each, or (n, resamples)."""

    compute: np.ndarray
    width: np.ndarray
    loss: np.ndarray

    def exponents(self) -> np.ndarray:
        """Exponents in compute of the loss (its fall), steps and parameters: least squares, shape (3, ...)."""
        x = np.log(self.compute) - np.log(self.compute).mean()
        fall, width = (np.tensordot(x, np.log(y), 1) / (x @ x) for y in (self.loss, self.width))
        return np.array([-fall, 1 - width, width])


def in_theory(spectrum: Spectrum, compute: np.ndarray) -> Frontier:
    """The frontier by the self-consistent equation, over widths that need not be whole."""
    found = []
    for c in compute:

        def loss(log_width: float, c: float = c) -> float:
            return np.log(during_training(spectrum, np.exp(log_width), c / np.exp(log_width)))

        low = minimize_scalar(loss, bounds=(0.5, np.log(c)), method="bounded", options={"xatol": 1e-3})
        found.append((np.exp(low.x), np.exp(low.fun)))
    return Frontier(np.asarray(compute, float), *np.transpose(found))


def between_widths(widths: np.ndarray, compute: np.ndarray, losses: np.ndarray) -> Frontier:
    """The frontier between the widths that there are: at each compute the vertex of a parabola.

    Parameters
    ----------
    widths, compute
        Shapes (w,) and (n,).
    losses
        At t = C / N, shape (w, n, resamples).

    Raises
    ------
    ValueError
        If a best width lies at the edge of the widths.
    """
    best = [isoflop_optimum(widths, curves, "parabola") for curves in np.swapaxes(losses, 0, 1)]
    if any(low.at_edge.any() for low in best):
        raise ValueError("a best width lies at the edge of the widths")
    width, loss = (np.array([getattr(low, name) for low in best]) for name in ("n_params", "loss"))
    return Frontier(np.asarray(compute, float), width, loss)


def by_law(
    law: Callable[[Spectrum, float, float], float],
    spectrum: Spectrum,
    widths: np.ndarray,
    compute: np.ndarray,
) -> np.ndarray:
    """Losses by a law of spectrum, width and time at t = C / N, shape (widths, compute)."""
    return np.array([[law(spectrum, n, c / n) for c in compute] for n in widths])


def on_grid(spectrum: Spectrum, compute: np.ndarray, widths: np.ndarray) -> Frontier:
    """The frontier of a few widths, nothing interpolated: at each compute the best that there is."""
    losses = by_law(during_training, spectrum, widths, compute)
    return Frontier(np.asarray(compute, float), np.asarray(widths)[losses.argmin(0)], losses.min(0))
