"""Extrapolation: fit the small runs, predict the large ones, and say what that is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.fitting.binding import aligned, column, index_of
from scalinglaws.fitting.estimate import fit
from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.result import Fit
from scalinglaws.fitting.wald import prediction_interval
from scalinglaws.text import counted


@dataclass(frozen=True, repr=False, eq=False)
class Extrapolation:
    """The result of `extrapolate`.

    Attributes
    ----------
    fit
        The fit of the smaller runs.
    errors
        Rows: the law, and two predictions that need no law. Columns: mean absolute error of
        the fitted and of the held-out runs; relative (of the logarithm) where the residual
        is "log", in the unit of y otherwise.
    held_out
        The held-out runs: `by`, observed, predicted and error (observed minus predicted, of
        the logarithm where the residual is "log"); for squared loss also low and high, the ends
        of the 95 % prediction interval of each (`scalinglaws.fitting.wald.prediction_interval`).
        For a robust loss `bootstrap(extrapolation.fit, n).prediction_interval(data)` gives them.
    """

    fit: Fit
    errors: pd.DataFrame
    held_out: pd.DataFrame
    by: str

    @property
    def beats_baselines(self) -> bool:
        """Whether the law predicts the held-out runs better than both simple predictions."""
        law, *others = self.errors["held out"]
        return bool(law < min(others))

    @property
    def inside(self) -> float:
        """Share of the held-out runs inside their 95 % prediction interval; NaN where there is none."""
        table = self.held_out
        if "low" not in table:
            return np.nan
        return float(np.mean((table["low"] <= table["observed"]) & (table["observed"] <= table["high"])))

    def __repr__(self) -> str:
        inside = self.inside
        words = (
            ""
            if np.isnan(inside)
            else f"\n{inside:.0%} of the held-out runs lie in their 95 % prediction interval"
        )
        fitted, held = self.fit.data[self.by], self.held_out[self.by]
        return (
            f"{counted(self.fit.n, 'run')} fitted ({self.by} to {np.max(fitted):.4g}), "
            f"{len(held)} held out (from {np.min(held):.4g} to {np.max(held):.4g}); mean absolute error:\n"
            + self.errors.map("{:.4g}".format).to_string()
            + words
        )


def extrapolate(
    law: Any,
    data: pd.DataFrame,
    y: str = "loss",
    *,
    by: str,
    hold_out: float = 0.2,
    above: float | None = None,
    group: str | None = None,
    **options: Any,
) -> Extrapolation:
    """Hold out the largest runs, fit the others, and compare the errors.

    The baselines: the value of the largest fitted run ("last value"), and the mean of the
    fitted runs ("constant"; geometric for log residuals).

    Parameters
    ----------
    law, data, y, **options
        As for `fit`.
    by
        Column that says how large a run is: compute, parameters, tokens.
    hold_out
        Share of the runs, or of the groups, to hold out: those largest by `by`.
    above
        Hold out the runs with `by` above this value instead.
    group
        Column of groups that are held out whole (all checkpoints of one run); a group is as
        large as its largest run.

    Returns
    -------
    Extrapolation

    Raises
    ------
    FitError
        If nothing, or everything, would be held out; and as `fit` does.
    """
    if isinstance(options.get("weights"), pd.Series):
        index = index_of(data, tuple(data), len(options["weights"]))
        options["weights"] = aligned(options["weights"], index).to_numpy()
    data = pd.DataFrame(data).reset_index(drop=True)
    size = pd.Series(column(data, by))
    if group is not None:
        if group not in data:
            raise FitError(f"no column {group!r} in the data to hold out by")
        size = size.groupby(data[group]).transform("max")
    if above is None:
        if not 0 < hold_out < 1:
            raise FitError(f"hold_out is a share between 0 and 1, not {hold_out}")
        units = size if group is None else size.groupby(data[group]).first()
        held = size > np.quantile(units, 1 - hold_out, method="lower")
    else:
        held = size > above
    if not held.any() or held.all():
        raise FitError(
            f"{int(held.sum())} of {counted(len(held), 'run')} would be held out by {by!r}: choose another limit"
        )
    if isinstance(options.get("weights"), (list, np.ndarray, pd.Series)):
        options["weights"] = np.asarray(options["weights"])[~held]
    small, large = data[~held].reset_index(drop=True), data[held].reset_index(drop=True)
    found = fit(law, small, y, **options)
    scale = np.log if found.problem.residual == "log" else np.asarray
    seen, new = scale(column(small, y)), scale(column(large, y))
    largest = column(small, by) == column(small, by).max()
    predictions = {
        law.name: (scale(found.predict(small)), scale(found.predict(large))),
        "last value": (seen[largest].mean(), seen[largest].mean()),
        "constant": (seen.mean(), seen.mean()),
    }
    errors = pd.DataFrame(
        {
            name: {"fitted": np.abs(seen - old).mean(), "held out": np.abs(new - later).mean()}
            for name, (old, later) in predictions.items()
        }
    ).T
    predicted = found.predict(large)
    table = pd.DataFrame(
        {by: large[by], "observed": large[y], "predicted": predicted, "error": new - scale(predicted)}
    )
    if found.problem.loss.kind == "squared":
        table["low"], table["high"] = prediction_interval(found, large)
    return Extrapolation(found, errors, table, by)
