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
import pandas as pd

from scalinglaws.fitting.losses import Loss
from scalinglaws.laws import Law

RESIDUALS = ("log", "raw")


class FitError(ValueError):
    """A fit that cannot be made or cannot be trusted: says what is wrong and what to do.

    Attributes
    ----------
    fit
        The fit that failed, where it got that far.
    """

    fit: Any = None


def column(data: Any, name: str) -> np.ndarray:
    """One column of the data as finite floating-point numbers.

    Raises
    ------
    FitError
        If it is missing, not numeric, or holds missing or infinite values.
    """
    if name not in data:
        raise FitError(f"no column {name!r} in the data; there are: {', '.join(map(str, data))}")
    values = data[name]
    if isinstance(values, pd.Series) and pd.api.types.is_extension_array_dtype(values.dtype):
        if not pd.api.types.is_numeric_dtype(values.dtype):
            raise FitError(f"column {name!r} has dtype {values.dtype}: convert it with astype(float)")
        values = values.to_numpy(float, na_value=np.nan)
    values = np.asarray(values)
    if values.dtype.kind not in "iuf":
        raise FitError(f"column {name!r} has dtype {values.dtype}: convert it to numbers with astype(float)")
    if values.ndim != 1:
        raise FitError(f"column {name!r} has {values.ndim} dimensions: give one number a run")
    if values.dtype.kind == "i" and np.any(values < 0):
        raise FitError(
            f"integer column {name!r} is negative in row {int(np.argmax(values < 0))}: {values.dtype} "
            "overflows where products like 6ND exceed its range; compute them with astype(float)"
        )
    values = values.astype(float)
    if not np.isfinite(values).all():
        bad = np.flatnonzero(~np.isfinite(values))
        raise FitError(
            f"column {name!r} holds {len(bad)} missing or infinite values (first in row {bad[0]}): "
            "drop those runs, and say so"
        )
    return values


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
        The data, one entry a run.
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
    def size(self) -> float:
        """A typical size of the target: residuals far below it are rounding."""
        return 1.0 if self.residual == "log" else float(np.sqrt(np.mean(self.y**2))) or 1.0

    @property
    def floor(self) -> Any:
        """Objective below which a fit is exact up to rounding, one a row of weights."""
        return self.weights.sum(-1) * (1e-13 * self.size) ** 2

    def params(self, theta: np.ndarray) -> dict[str, float]:
        """All parameters at one point in natural units, the fixed ones too."""
        found = {name: float(value[0]) for name, value in self.natural(theta).items()}
        return {name: found[name] for name in self.law.parameters}

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

    def predict(self, theta: np.ndarray) -> np.ndarray:
        """The law's values."""
        shape = (*theta.shape[:-1], len(self.y))
        values = np.asarray(self.law(*self.columns, **self.natural(theta)))
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
        gradient = self.law.gradient(*self.columns, **params)
        found = np.empty((*theta.shape[:-1], len(self.names), len(self.y)))
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

    def bend(self, theta: np.ndarray, slopes: np.ndarray, pull: np.ndarray) -> np.ndarray:
        """Second derivatives of the law, summed over the runs with the weights `pull`."""
        params, index = self.natural(theta), {name: j for j, name in enumerate(self.names)}
        found = np.zeros((*theta.shape, theta.shape[-1]))
        for (first, second), values in self.law.hessian(*self.columns, **params).items():
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

    def take(self, rows: np.ndarray) -> Problem:
        """The problem of some rows of a batch."""
        return self if self.weights.ndim == 1 else replace(self, weights=self.weights[rows])


def bind(
    law: Law,
    data: Any,
    y: str,
    loss: Loss,
    residual: str,
    weights: Any,
    fixed: Mapping[str, float] | None,
    bounds: Mapping[str, tuple[float, float]] | None,
) -> Problem:
    """Check everything that a fit is given and make the problem.

    Raises
    ------
    FitError
        One clear sentence for the first thing that is wrong.
    """
    if not isinstance(law, Law):
        raise FitError("the law is a plain function: decorate it with scalinglaws.law")
    if not isinstance(loss, Loss):
        raise FitError(f"loss {loss!r}: give squared(), huber(delta) or soft_l1(delta)")
    if residual not in RESIDUALS:
        raise FitError(f"residual {residual!r} is none of {RESIDUALS}")
    fixed, limits = dict(fixed or {}), dict(law.bounds) | dict(bounds or {})
    if unknown := (set(fixed) | set(limits)) - set(law.parameters):
        raise FitError(f"{law.name} has no parameter {sorted(unknown)}; it has {', '.join(law.parameters)}")
    if wrong := [name for name, value in fixed.items() if not np.isfinite(value)]:
        raise FitError(f"fixed values must be finite numbers, not so for {wrong}")
    if wrong := [name for name, (low, high) in limits.items() if not low < high]:
        raise FitError(f"bounds must be (low, high) with low < high, not so for {wrong}")
    limits = {name: limit for name, limit in limits.items() if name not in fixed}
    columns = tuple(column(data, name) for name in law.columns)
    target = column(data, y)
    if residual == "log" and np.any(target <= 0):
        raise FitError(
            f"{y!r} is not positive in {int(np.sum(target <= 0))} runs "
            f"(first in row {int(np.argmax(target <= 0))}): log residuals need positive values; drop those runs, or use residual='raw'"
        )
    if len({len(values) for values in (*columns, target)}) != 1:
        raise FitError("the columns have different lengths: give one entry a run in each")
    free = [name for name in law.parameters if name not in fixed]
    if not free:
        raise FitError("every parameter is fixed: nothing is left to fit")
    if len(target) < len(free) + 1:
        raise FitError(
            f"{len(target)} runs for {len(free)} parameters: at least {len(free) + 1} are needed; "
            "add runs, or fix parameters with fixed={...}"
        )
    if isinstance(weights, str):
        weights = column(data, weights)
    w = np.ones(len(target)) if weights is None else np.asarray(weights, float)
    if w.shape != target.shape or not np.isfinite(w).all() or np.any(w < 0) or np.sum(w > 0) <= len(free):
        raise FitError(
            f"weights must be one finite, non-negative number a run, more than {len(free)} of them positive"
        )
    law = law if broadcasts(law, columns, limits) else law.row_by_row()
    return Problem(law, columns, target, y, loss, residual, w, weights is not None, fixed, limits)


def broadcasts(law: Law, columns: tuple[np.ndarray, ...], bounds: Mapping[str, tuple[float, float]]) -> bool:
    """Whether the formula takes a column of values for each parameter, and gives a row for each."""
    with np.errstate(all="ignore"):
        middle = {name: float(np.mean(bounds.get(name, 1.0))) for name in law.parameters}
        middle = {name: value if np.isfinite(value) else 1.0 for name, value in middle.items()}
        one = law.gradient(*columns, **middle) | {"": law(*columns, **middle)}
        try:
            column = {name: np.full((2, 1), value) for name, value in middle.items()}
            both = law.gradient(*columns, **column) | {"": law(*columns, **column)}
            shape = (2, len(columns[0]))
            return all(
                np.array_equal(
                    np.broadcast_to(both[n], shape)[1], np.broadcast_to(v, shape[1:]), equal_nan=True
                )
                for n, v in one.items()
            )
        except (TypeError, ValueError):
            return False
