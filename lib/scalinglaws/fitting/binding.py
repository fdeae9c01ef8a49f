"""What a fit is given, checked: every column, option and weight, with one clear sentence for what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.fitting.losses import Loss
from scalinglaws.fitting.problem import RESIDUALS, FitError, Problem
from scalinglaws.laws import Law


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
