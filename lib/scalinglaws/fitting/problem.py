"""A law bound to data: checked columns, residuals and their Jacobian.

The optimiser sees coordinates theta: the logarithm of a positive parameter, the parameter
itself otherwise, fixed ones left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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

    Attributes
    ----------
    law, loss, residual
        What is fitted, and how misfit is measured.
    columns, y, weights
        The data, one entry a run.
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

    def __post_init__(self) -> None:
        names = tuple(name for name in self.law.parameters if name not in self.fixed)
        logged = np.array([name in self.law.positive for name in names])
        low, high = np.array([self.bounds.get(name, (-np.inf, np.inf)) for name in names], float).T
        with np.errstate(divide="ignore"):
            low = np.where(logged, np.log(np.maximum(low, 0)), low)
            high = np.where(logged, np.log(np.where(logged, high, 1)), high)
        target = np.log(self.y) if self.residual == "log" else self.y
        for key, value in {
            "names": names,
            "logged": logged,
            "low": low,
            "high": high,
            "target": target,
        }.items():
            object.__setattr__(self, key, value)

    @property
    def size(self) -> float:
        """A typical size of the target: residuals far below it are rounding."""
        return 1.0 if self.residual == "log" else float(np.sqrt(np.mean(self.y**2))) or 1.0

    @property
    def floor(self) -> float:
        """Objective below which a fit is exact up to rounding."""
        return float(np.sum(self.weights)) * (1e-13 * self.size) ** 2

    def params(self, theta: np.ndarray) -> dict[str, float]:
        """All parameters in natural units, the fixed ones too."""
        values = np.where(self.logged, np.exp(np.where(self.logged, theta, 0.0)), theta)
        found = dict(zip(self.names, values.tolist(), strict=True)) | dict(self.fixed)
        return {name: found[name] for name in self.law.parameters}

    def theta(self, params: Mapping[str, float]) -> np.ndarray:
        """The coordinates of a set of parameters, moved inside the bounds."""
        values = np.array([float(params[name]) for name in self.names])
        with np.errstate(divide="ignore", invalid="ignore"):
            theta = np.where(self.logged, np.log(values), values)
        return np.clip(theta, self.low, self.high)

    def residuals(self, theta: np.ndarray) -> np.ndarray:
        """Target minus prediction; infinite where the law cannot be evaluated."""
        with np.errstate(all="ignore"):
            predicted = np.broadcast_to(self.law(*self.columns, **self.params(theta)), self.y.shape)
            if self.residual == "log":
                predicted = np.log(predicted)
            r = self.target - predicted
        return np.where(np.isfinite(r), r, np.inf)

    def jacobian(self, theta: np.ndarray) -> np.ndarray:
        """Derivatives of the residuals by the coordinates, one row a run."""
        params = self.params(theta)
        with np.errstate(all="ignore"):
            gradient = self.law.gradient(*self.columns, **params)
            matrix = np.empty((len(self.y), len(self.names)))
            for j, name in enumerate(self.names):
                matrix[:, j] = gradient[name] * (-params[name] if self.logged[j] else -1.0)
            if self.residual == "log":
                matrix /= np.broadcast_to(self.law(*self.columns, **params), self.y.shape)[:, None]
        return matrix

    def objective(self, theta: np.ndarray) -> float:
        """Weighted sum of losses; infinite where the law cannot be evaluated."""
        r = self.residuals(theta)
        return float(self.weights @ self.loss.rho(r)) if np.isfinite(r).all() else np.inf

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """Derivative of the objective by the coordinates."""
        return self.jacobian(theta).T @ (self.weights * self.loss.psi(self.residuals(theta)))

    def with_weights(self, weights: np.ndarray) -> Problem:
        """The same problem with other weights."""
        return replace(self, weights=weights, weighted=True)

    def with_loss(self, loss: Loss) -> Problem:
        """The same problem with another loss."""
        return replace(self, loss=loss)


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
    return Problem(law, columns, target, y, loss, residual, w, weights is not None, fixed, limits)
