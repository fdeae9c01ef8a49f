"""A law bound to data: checked columns, residuals and their Jacobian.

The optimiser sees coordinates theta: the logarithm of a positive parameter, the parameter
itself otherwise, fixed ones left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from scalinglaws.fitting.law import Law
from scalinglaws.fitting.losses import Loss

RESIDUALS = ("log", "raw")


class FitError(ValueError):
    """A fit that cannot be made or cannot be trusted: says what is wrong and what to do.

    Attributes
    ----------
    fit
        The fit that failed, where it got that far.
    """

    fit: Any = None


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything that defines an objective, and how to evaluate it.

    Coordinates may be one point, of shape (parameters,), or a batch, of shape (rows,
    parameters); results then have a leading axis of rows.

    Attributes
    ----------
    law, loss, residual
        What is fitted, and how misfit is measured.
    columns, y
        The data, one entry a run; y of a batch of redrawn sets has one a row and run, as their weights do.
    weights
        One a run; or one a row and run, for a batch of resamples.
    fixed
        Parameters that are not estimated, in natural units.
    bounds
        Name -> (low, high) in natural units, for the estimated ones.
    """

    law: Law
    columns: tuple[np.ndarray, ...]
    y: np.ndarray
    y_name: str
    loss: Loss
    residual: str
    weights: np.ndarray
    weighted: bool
    fixed: Mapping[str, float]
    bounds: Mapping[str, tuple[float, float]]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The estimated parameters."""
        return tuple(name for name in self.law.parameters if name not in self.fixed)

    @cached_property
    def logged(self) -> np.ndarray:
        """Which of them are estimated on the log scale."""
        return np.array([name in self.law.positive for name in self.names])

    @cached_property
    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Least and greatest coordinates."""
        low, high = np.array([self.bounds.get(name, (-np.inf, np.inf)) for name in self.names], float).T
        with np.errstate(divide="ignore"):
            low = np.where(self.logged, np.log(np.maximum(low, 0)), low)
            high = np.where(self.logged, np.log(np.where(self.logged, high, 1)), high)
        return low, high

    @cached_property
    def target(self) -> np.ndarray:
        """What residuals are measured from."""
        return np.log(self.y) if self.residual == "log" else self.y

    @cached_property
    def size(self) -> Any:
        """A typical size of the target, one a row of y: residuals far below it are rounding."""
        root = np.sqrt(np.mean(self.y**2, axis=-1)) if self.residual == "raw" else np.float64(1.0)
        return np.where(root > 0, root, 1.0)[()]

    @cached_property
    def floor(self) -> Any:
        """Objective below which a fit is exact up to rounding, one a row of weights."""
        return self.weights.sum(-1) * (1e-13 * self.size) ** 2

    def fixing(self, values: Mapping[str, float]) -> Problem:
        """The problem with some parameters fixed, in natural units: one of its faces where a value is a bound."""
        bounds = {name: limits for name, limits in self.bounds.items() if name not in values}
        return replace(self, fixed=dict(self.fixed) | dict(values), bounds=bounds)

    def natural_value(self, j: int, coordinate: float) -> float:
        """A value of one coordinate in natural units."""
        return float(np.exp(coordinate) if self.logged[j] else coordinate)

    def params(self, theta: np.ndarray) -> dict[str, float]:
        """All parameters at one point in natural units, the fixed and the tied ones too."""
        found = {name: float(value[0]) for name, value in self.natural(theta).items()}
        return self.law.complete({name: found[name] for name in self.law.parameters})

    def theta(self, params: Mapping[str, float]) -> np.ndarray:
        """The coordinates of a set of parameters, moved inside the bounds."""
        values = np.array([float(params[name]) for name in self.names])
        with np.errstate(divide="ignore", invalid="ignore"):
            theta = np.where(self.logged, np.log(values), values)
        return np.clip(theta, *self.limits)

    def natural(self, theta: np.ndarray) -> dict[str, Any]:
        """Parameters in natural units with a trailing axis of length one, to broadcast against the runs."""
        values = np.where(self.logged, np.exp(np.where(self.logged, theta, 0.0)), theta)
        free = {name: values[..., j, None] for j, name in enumerate(self.names)}
        return free | {name: np.array([value]) for name, value in self.fixed.items()}

    def predict(self, theta: np.ndarray, params: Mapping[str, Any] | None = None) -> np.ndarray:
        """The law's values; `params` are those of theta in natural units, where they are at hand."""
        shape = (*theta.shape[:-1], self.y.shape[-1])
        values = np.asarray(self.law(*self.columns, **(params or self.natural(theta))))
        # A law evaluated row by row answers with an axis of rows even for a single point.
        return np.broadcast_to(values if values.ndim <= len(shape) else values[0], shape)

    def residuals_of(self, predicted: np.ndarray) -> np.ndarray:
        """Target minus prediction; infinite where the law cannot be evaluated."""
        r = self.target - (np.log(predicted) if self.residual == "log" else predicted)
        return np.where(np.isfinite(r), r, np.inf)

    def residuals(self, theta: np.ndarray) -> np.ndarray:
        """Target minus prediction at theta."""
        with np.errstate(all="ignore"):
            return self.residuals_of(self.predict(theta))

    def slopes(self, theta: np.ndarray) -> np.ndarray:
        """Derivatives of the law by the coordinates, shape (..., parameters, runs)."""
        params = self.natural(theta)
        return self.chained(theta, params, self.law.gradient(*self.columns, **params))

    def chained(
        self, theta: np.ndarray, params: Mapping[str, Any], gradient: Mapping[str, Any]
    ) -> np.ndarray:
        """Derivatives by the coordinates from those by the parameters, shape (..., parameters, runs)."""
        found = np.empty((*theta.shape[:-1], len(self.names), self.y.shape[-1]))
        for j, name in enumerate(self.names):
            found[..., j, :] = gradient[name] * params[name] if self.logged[j] else gradient[name]
        return found

    def jacobian(self, theta: np.ndarray) -> np.ndarray:
        """Derivatives of the residuals by the coordinates, shape (..., runs, parameters)."""
        with np.errstate(all="ignore"):
            slopes = self.slopes(theta)
            if self.residual == "log":
                slopes = slopes / self.predict(theta)[..., None, :]
        return -np.swapaxes(slopes, -1, -2)

    def bend(
        self,
        params: Mapping[str, Any],
        slopes: np.ndarray,
        pull: np.ndarray,
        gradient: Mapping[str, np.ndarray] | None = None,
    ) -> np.ndarray:
        """Second derivatives of the law, summed over the runs with the weights `pull`.

        Parameters
        ----------
        params
            Parameters in natural units.
        slopes
            The law's derivatives there by the coordinates, (..., parameters, runs).
        pull
            Weights, (..., runs).
        gradient
            The derivatives by the parameters, where they are at hand.

        Returns
        -------
        ndarray
            By pairs of coordinates, (..., parameters, parameters).
        """
        index = {name: j for j, name in enumerate(self.names)}
        found = np.zeros((*slopes.shape[:-1], len(index)))
        for (first, second), values in self.law.second(self.columns, params, gradient).items():
            if first in index and second in index:
                i, j = index[first], index[second]
                total = (pull * values).sum(-1)
                for name in (first, second):
                    if self.logged[index[name]]:
                        total = total * params[name][..., 0]
                found[..., i, j] = found[..., j, i] = total
        for j in np.flatnonzero(self.logged):
            # The chain rule's second term: the coordinate is a logarithm.
            found[..., j, j] += (pull * slopes[..., j, :]).sum(-1)
        return found

    def objective(self, theta: np.ndarray) -> Any:
        """Weighted sum of losses; infinite where the law cannot be evaluated."""
        value = (self.weights * self.loss.rho(self.residuals(theta))).sum(-1)
        return np.where(np.isnan(value), np.inf, value)[()]

    def objective_and_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective at one point and its derivative by the coordinates."""
        with np.errstate(all="ignore"):
            predicted = self.predict(theta)
            r = self.residuals_of(predicted)
            value = float(self.weights @ self.loss.rho(r))
            pull = self.weights * self.loss.psi(r)
            gradient = -self.slopes(theta) @ (pull / predicted if self.residual == "log" else pull)
        return (value if np.isfinite(value) else np.inf), gradient

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """Derivative of the objective by the coordinates at one point."""
        return self.objective_and_gradient(theta)[1]

    def with_weights(self, weights: np.ndarray) -> Problem:
        """The same problem with other weights."""
        return replace(self, weights=weights, weighted=True)

    def with_loss(self, loss: Loss) -> Problem:
        """The same problem with another loss."""
        return replace(self, loss=loss)

    def take(self, rows: np.ndarray | int) -> Problem:
        """The problem of some rows of a batch; of a single one without the axis of rows."""
        if self.weights.ndim == 1:
            return self
        return replace(self, weights=self.weights[rows], y=self.y[rows] if self.y.ndim > 1 else self.y)
