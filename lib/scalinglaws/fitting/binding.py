"""What a fit is given, checked: every column, option and weight, with one clear sentence for what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.fitting.causes import warn_of_mistakes
from scalinglaws.fitting.examine import examined
from scalinglaws.fitting.law import Law
from scalinglaws.fitting.losses import Loss
from scalinglaws.fitting.problem import RESIDUALS, FitError, Problem
from scalinglaws.fitting.tied import grouped, tied
from scalinglaws.text import counted

#: The largest number whose square, times a few more, is still a floating-point number; and its inverse.
HUGE = 1e150
TINY = 1 / HUGE


def column(data: Any, name: str) -> np.ndarray:
    """One column of the data as finite floating-point numbers.

    Raises
    ------
    FitError
        If it is missing, not numeric, or holds missing, masked, infinite or extreme values.
    """
    if name not in data:
        raise FitError(f"no column {name!r} in the data; there are: {', '.join(map(str, data))}")
    return numbers(data[name], f"column {name!r}")


def numbers(values: Any, what: str) -> np.ndarray:
    """Finite floating-point numbers, one a run; `what` they are is said in errors.

    Raises
    ------
    FitError
        As `column` does.
    """
    if np.ma.is_masked(values):
        raise FitError(
            f"{what} has {counted(int(np.ma.getmaskarray(values).sum()), 'masked value')}: drop those runs from every "
            "column, and say so"
        )
    if isinstance(values, pd.Series) and pd.api.types.is_extension_array_dtype(values.dtype):
        if not pd.api.types.is_numeric_dtype(values.dtype):
            raise FitError(f"{what} has dtype {values.dtype}: convert it with astype(float)")
        values = values.to_numpy(float, na_value=np.nan)
    values = np.asarray(values)
    if values.dtype.kind not in "iuf":
        raise FitError(f"{what} has dtype {values.dtype}: convert it to numbers with astype(float)")
    if values.ndim != 1:
        raise FitError(f"{what} has {values.ndim} dimensions: give one number a run")
    if values.dtype.kind == "i" and np.any(values < 0):
        raise FitError(
            f"integer {what} is negative in row {int(np.argmax(values < 0))}: {values.dtype} "
            "overflows where products like 6ND exceed its range; compute them with astype(float)"
        )
    values = values.astype(float)
    if not np.isfinite(values).all():
        bad = np.flatnonzero(~np.isfinite(values))
        raise FitError(
            f"{what} holds {counted(len(bad), 'missing or infinite value')} (first in row {bad[0]}): "
            "drop those runs, and say so"
        )
    size = np.abs(values).max(initial=0.0)
    if size and not TINY <= size <= HUGE:
        raise FitError(
            f"{what} goes to {size:.3g}, whose square is no floating-point number any more: give it in another unit"
        )
    return values


def labelled(
    data: Any, name: str, labels: tuple[str, ...] | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """A column that names groups: the place of each run's label among the labels, and these.

    Parameters
    ----------
    data, name
        The data and the column.
    labels
        The labels that are known; all that occur, in order, if not given.

    Raises
    ------
    FitError
        If the column is missing, or holds missing or unknown labels.
    """
    if name not in data:
        raise FitError(f"no column {name!r} in the data to group by; there are: {', '.join(map(str, data))}")
    values = pd.Series(np.asarray(data[name]))
    if values.isna().any() or np.ma.is_masked(data[name]):
        raise FitError(f"column {name!r} to group by has missing labels: drop those runs, and say so")
    if labels is None:
        labels = tuple(map(str, sorted(values.unique(), key=lambda v: (isinstance(v, str), v))))
    words = values.map(str)
    if unknown := set(words) - set(labels):
        raise FitError(
            f"column {name!r} holds {', '.join(sorted(unknown))}, which no fitted run had; known are {', '.join(labels)}"
        )
    place = {label: k for k, label in enumerate(labels)}
    return words.map(place).to_numpy(float), labels


def columns_of(law: Law, data: Any) -> tuple[np.ndarray, ...]:
    """The columns that a law takes, labels of groups as their places.

    Raises
    ------
    FitError
        As `column` does, and if Series of one mapping have different indices.
    """
    refuse_misaligned(data, law.columns)
    return tuple(
        labelled(data, name, law.labels[name])[0] if name in law.labels else column(data, name)
        for name in law.columns
    )


def refuse_misaligned(data: Any, names: tuple[str, ...]) -> None:
    """Raise if the Series of a mapping have their rows in different orders."""
    if isinstance(data, pd.DataFrame):
        return
    series = [data[name] for name in names if name in data and isinstance(data[name], pd.Series)]
    if any(not one.index.equals(series[0].index) for one in series[1:]):
        raise FitError(
            "the columns are Series with different indices, and would be paired by position: make them one "
            "DataFrame first, which aligns them (pd.DataFrame({...}))"
        )


def refuse_ragged(*columns: np.ndarray) -> None:
    """Raise if columns have different lengths."""
    if len({len(values) for values in columns}) != 1:
        raise FitError("the columns have different lengths: give one entry a run in each")


def weighed(weights: Any, data: Any, names: tuple[str, ...], count: int, free: int) -> np.ndarray:
    """The weights, one a run, a Series aligned with the data by its index.

    Parameters
    ----------
    weights
        As for `fit`.
    data, names
        The data and the columns of it that are used.
    count, free
        How many runs and how many free parameters there are.

    Raises
    ------
    FitError
        For weights that are no finite, non-negative numbers, one a run, more of them positive
        than parameters; and for an index that is not the data's.
    """
    if weights is None:
        return np.ones(count)
    if isinstance(weights, str):
        refuse_misaligned(data, (*names, weights))
        weights = column(data, weights)
    elif isinstance(weights, pd.Series):
        weights = aligned(weights, index_of(data, names, count))
    try:
        w = numbers(as_floats(weights), "weights")
    except TypeError:
        w = np.empty(0)
    if w.shape != (count,) or np.any(w < 0) or np.sum(w > 0) <= free:
        raise FitError(
            f"weights must be one finite, non-negative number a run, more than {free} of them positive"
        )
    return w


def as_floats(values: Any) -> Any:
    """Values as floating-point numbers, masked ones and those missing from a Series still told apart.

    Raises
    ------
    TypeError
        If they are no numbers.
    """
    if isinstance(values, pd.Series):
        return values
    try:
        return np.ma.asarray(values, float) if np.ma.isMaskedArray(values) else np.asarray(values, float)
    except ValueError as error:
        raise TypeError(str(error)) from error


def index_of(data: Any, names: tuple[str, ...], count: int) -> pd.Index:
    """The index of the data: a DataFrame's or its Series' own, else 0, 1, 2, ..."""
    if isinstance(data, pd.DataFrame):
        return data.index
    series = (data[name] for name in names if isinstance(data[name], pd.Series))
    return next((one.index for one in series), pd.RangeIndex(count))


def aligned(weights: pd.Series, index: pd.Index) -> pd.Series:
    """Weights in the order of the data.

    Raises
    ------
    FitError
        If their index holds other labels than the data's, or one twice.
    """
    if weights.index.equals(index):
        return weights
    unique = weights.index.is_unique and index.is_unique
    if not unique or len(weights) != len(index) or not index.isin(weights.index).all():
        raise FitError(
            "weights is a Series whose index is not that of the data: give it the data's index, or give "
            "weights.to_numpy() if its order is that of the runs"
        )
    return weights.reindex(index)


def refuse_extreme(loss: Loss) -> None:
    """Raise if a loss cannot be computed for residuals of ordinary size."""
    residuals = np.array([1e-3, 1.0])
    try:
        with np.errstate(all="ignore"):
            sound = np.isfinite([loss.rho(residuals), loss.psi(residuals)]).all()
    except OverflowError:
        sound = False
    if not sound:
        raise FitError(
            f"{loss} cannot be computed in floating-point numbers: a delta far above all residuals is "
            "squared(), one far below them absolute()"
        )


def split(fixed: Mapping[str, float | str] | None) -> tuple[dict[str, float], dict[str, str]]:
    """What is fixed at a number, and what is tied to another parameter.

    Raises
    ------
    FitError
        For a value that is neither a finite number nor a name.
    """
    values = {name: value for name, value in (fixed or {}).items() if not isinstance(value, str)}
    for name, value in values.items():
        if not isinstance(value, (int, float, np.number)) or not np.isfinite(value):
            raise FitError(
                f"fixed values must be finite numbers, or names of parameters to tie to: {name!r} is {value!r}"
            )
    return values, {name: value for name, value in (fixed or {}).items() if isinstance(value, str)}


def some(given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The entries under some of the names."""
    names = set(names)
    return {name: value for name, value in given.items() if name in names}


def declared(
    law: Law,
    columns: tuple[np.ndarray, ...],
    values: Mapping[str, float],
    ties: Mapping[str, str],
    bounds: Mapping[str, tuple[float, float]],
    per: Mapping[str, str],
    data: Any,
) -> Law:
    """The law that is fitted: examined, within the caller's bounds, its parameters tied or one a group.

    Names in `fixed` and `bounds` mean the law's parameters, or, such as `A[web]`, those of one group.
    """
    if wrong := [name for name, (low, high) in bounds.items() if not low < high]:
        raise FitError(f"bounds must be (low, high) with low < high, not so for {wrong}")
    own = law.parameters
    law = law.with_bounds(**some(bounds, own))
    if len(columns[0]):
        law = examined(law, columns, some(values, own))
    law = tied(law, some(ties, own))
    law = grouped(law, per, {name: labelled(data, name)[1] for name in dict.fromkeys(per.values())})
    law = tied(law, some(ties, set(ties) - set(own)))
    if unknown := (set(values) | set(bounds)) - set(own) - set(law.parameters):
        raise FitError(f"{law.name} has no parameter {sorted(unknown)}; it has {', '.join(law.parameters)}")
    if gone := set(values) - set(law.parameters):
        raise FitError(
            f"{', '.join(sorted(gone))} cannot be fixed: it is tied, or one a group; there are "
            f"{', '.join(law.parameters)}"
        )
    return law.with_bounds(**some(bounds, set(law.parameters) - set(own)))


def bind(
    law: Law,
    data: Any,
    y: str,
    loss: Loss,
    residual: str,
    weights: Any,
    fixed: Mapping[str, float | str] | None,
    bounds: Mapping[str, tuple[float, float]] | None,
    per: Mapping[str, str] | None = None,
) -> Problem:
    """Check everything that a fit is given and make the problem.

    Parameters
    ----------
    law, data, y, loss, residual, weights, bounds
        As for `fit`.
    fixed
        Name -> value in natural units, or the name of the parameter that it equals.
    per
        Name -> column of the data that names groups, each of which has this parameter of its own.

    Raises
    ------
    FitError
        One clear sentence for the first thing that is wrong.

    Warns
    -----
    FitWarning
        For data that look like a mistake.
    """
    if not isinstance(law, Law):
        raise FitError("the law is a plain function: decorate it with scalinglaws.law")
    if not isinstance(loss, Loss):
        raise FitError(f"loss {loss!r}: give squared(), huber(delta) or soft_l1(delta)")
    refuse_extreme(loss)
    if residual not in RESIDUALS:
        raise FitError(f"residual {residual!r} is none of {RESIDUALS}")
    refuse_misaligned(data, (*law.columns, y))
    columns = tuple(column(data, name) for name in law.columns)
    target = column(data, y)
    if residual == "log" and np.any(target <= 0):
        raise FitError(
            f"{y!r} is not positive in {counted(int(np.sum(target <= 0)), 'run')} "
            f"(first in row {int(np.argmax(target <= 0))}): log residuals need positive values; drop those runs, or use residual='raw'"
        )
    if residual == "log" and np.min(target, initial=1.0) < TINY:
        raise FitError(f"{y!r} goes down to {np.min(target):.3g}: give it in another unit")
    refuse_ragged(*columns, target)
    values, ties = split(fixed)
    law = declared(law, columns, values, ties, bounds or {}, per or {}, data)
    codes = tuple(labelled(data, name, labels)[0] for name, labels in law.labels.items())
    refuse_ragged(*codes, target)
    free = [name for name in law.parameters if name not in values]
    if not free:
        raise FitError("every parameter is fixed: nothing is left to fit")
    if len(target) < len(free) + 1:
        raise FitError(
            f"{counted(len(target), 'run')} for {counted(len(free), 'parameter')}: at least {len(free) + 1} are needed; "
            "add runs, or fix parameters with fixed={...}"
        )
    w = weighed(weights, data, (*law.columns, y), len(target), len(free))
    limits = {name: limit for name, limit in law.bounds.items() if name not in values}
    problem = Problem(
        law, (*columns, *codes), target, y, loss, residual, w, weights is not None, values, limits
    )
    warn_of_mistakes(problem)
    return problem
