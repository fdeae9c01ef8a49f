"""A fit repeated with other weights of its runs, and a quantity read off each repetition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.fitting.boundary import optima
from scalinglaws.fitting.causes import warn_of_runs
from scalinglaws.fitting.groups import group_codes
from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.result import Fit
from scalinglaws.fitting.solve import CHUNK
from scalinglaws.fitting.wald import Quantity
from scalinglaws.text import counted


def values_of(fit: Fit, samples: pd.DataFrame, what: Quantity) -> np.ndarray:
    """A parameter, its logarithm or a function of the parameters, for each row of samples."""
    if callable(what):
        rows = samples[list(fit.params)].to_dict("records")
        with np.errstate(all="ignore"):
            return np.array([float(what(row)) for row in rows])
    name = what.removeprefix("log ")
    if name not in fit.params:
        raise FitError(f"no parameter {name!r}; there are {', '.join(fit.params)}")
    values = samples[name].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values) if name != what else values


def finite(values: np.ndarray, what: Quantity) -> np.ndarray:
    """The values, if a standard deviation of them means something.

    Raises
    ------
    FitError
        If some are not finite.
    """
    if bad := int(np.sum(~np.isfinite(values))):
        raise FitError(
            f"{what if isinstance(what, str) else 'the function'} is not finite in {bad} of {len(values)} "
            "fits, so it has no standard error: ask for the parameter instead of its logarithm, or for an interval"
        )
    return values


def refits(
    fit: Fit, times: Callable[[int], np.ndarray], labels: Sequence[Any]
) -> tuple[pd.DataFrame, tuple[Any, ...]]:
    """Fit again with run i counted `times(label)[i]` times, for each label; and the labels that failed."""
    if not fit.proved:
        raise FitError(f"only a converged fit can be resampled; this one: {fit.message}")
    problem, labels = fit.whole, list(labels)
    size = max(1, CHUNK // fit.n)
    chunks = [labels[i : i + size] for i in range(0, len(labels), size)]
    found = [
        optima(problem.with_weights(problem.weights * np.stack([times(k) for k in chunk])), fit.params)
        for chunk in chunks
    ]
    value, solved = (np.concatenate([np.empty(0), *(f[i] for f in found)]) for i in (1, 2))
    failed = tuple(label for label, good in zip(labels, solved, strict=True) if not good)
    if len(failed) > 0.2 * len(labels):
        raise FitError(
            f"{len(failed)} of {counted(len(labels), 'resample')} did not converge: the runs hardly "
            "determine the parameters; fix one, or fit a smaller law"
        )
    kept = np.flatnonzero(solved)
    table = fit.law.complete(
        {
            name: np.concatenate([np.empty(0), *(f[0][name] for f in found)])[kept]
            for name in fit.law.parameters
        }
    )
    table["objective"] = value[kept]
    return pd.DataFrame(table, index=[labels[k] for k in kept]), failed


def units_of(fit: Fit, by: Any) -> np.ndarray:
    """The unit that each run is drawn with, by number: itself, or its group."""
    if by is not None:
        return group_codes(fit, by)
    warn_of_runs(fit.whole, fit.data)
    return np.arange(fit.n)
