"""Everything that a report says, computed by the modules that compute it everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.fitting import Extrapolation, Fit, FitError, Loss, compare, extrapolate, fit, squared
from scalinglaws.fitting.causes import warn_of_runs
from scalinglaws.fitting.law import Law
from scalinglaws.report import concerns
from scalinglaws.report.intervals import Intervals
from scalinglaws.report.isoflops import Isoflops, isoflops
from scalinglaws.report.preparing import Prepared
from scalinglaws.text import counted
from scalinglaws.uncertainty import Estimate

#: Points of a curve against compute.
POINTS = 33


@dataclass(frozen=True)
class Asked:
    """What a person asks of their runs.

    Attributes
    ----------
    law, y, loss, residual
        What is fitted, and how; as for `scalinglaws.fit`.
    by
        Column of groups that are drawn, left out and held out whole.
    budget
        Compute for which the best split is wanted, FLOP.
    holdout
        Share of the largest runs that are predicted from the others; 0 for none.
    rivals
        Laws that are fitted to the same runs.
    resamples, seed
        Of the bootstrap.
    """

    law: Law
    y: str = "loss"
    loss: Loss = field(default_factory=squared)
    residual: str = "log"
    by: str | None = None
    budget: float | None = None
    holdout: float = 0.2
    rivals: Sequence[Law] = ()
    resamples: int = 1000
    seed: int = 0

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that the laws take."""
        return tuple(dict.fromkeys(c for law in (self.law, *self.rivals) for c in law.columns))


@dataclass(frozen=True)
class Split:
    """The compute-optimal split.

    Attributes
    ----------
    flops
        The budget, FLOP.
    n_params, n_tokens, tokens_per_param
        Best size, best tokens and their ratio at it.
    budgets, line, band
        Compute from the smallest run to the budget, FLOP; the best tokens per parameter, and the ends of its interval.
    """

    flops: float
    n_params: Estimate
    n_tokens: Estimate
    tokens_per_param: Estimate
    budgets: np.ndarray
    line: np.ndarray
    band: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Analysis:
    """What came out. Where a part has no result, `why_not` says why, under its name."""

    asked: Asked
    prepared: Prepared
    fit: Fit
    sure: Intervals
    parameters: dict[str, Estimate]
    derived: dict[str, Estimate]
    isoflops: Isoflops | None
    split: Split | None
    extrapolation: Extrapolation | None
    comparison: pd.DataFrame | None
    concerns: list[str]
    why_not: dict[str, str]

    @property
    def runs(self) -> pd.DataFrame:
        """The runs that were fitted."""
        return self.prepared.runs


def analysed(
    prepared: Prepared,
    asked: Asked,
    told: Callable[[str, int], Any] = lambda step, done: None,
    doubts: Sequence[str] = (),
) -> Analysis:
    """Fit, and find everything that a report says.

    Parameters
    ----------
    prepared
        The runs.
    asked
        What is wanted.
    told
        Called with the name of each step as it begins, and 0; for resamples with how many are made, too.
    doubts
        What is known to be doubtful about the table.

    Raises
    ------
    FitError
        If the law cannot be fitted to the runs, or its optimum is not proved.
    """
    runs, options = prepared.runs, {"loss": asked.loss, "residual": asked.residual}
    told("fit", 0)
    with concerns.heard() as first:
        found = fit(asked.law, runs, asked.y, **options)
    told("intervals", 0)
    sure = Intervals(found, asked.by, asked.resamples, asked.seed, lambda done: told("intervals", done))
    with concerns.heard() as more:
        parameters = {name: sure.of(name) for name in found.free}
        derived = {name: sure.of(defined(what)) for name, what in found.law.derived.items()}
        if not sure.resampled:
            warn_of_runs(found.whole, runs)
    why_not: dict[str, str] = {}
    told("allocation", 0)
    parted = attempted("split", why_not, lambda: split(sure, runs, asked.budget))
    curves = isoflops(runs, asked.y)
    if curves is None:
        why_not["isoflops"] = "no compute budget was given to four sizes or more"
    told("hold-out", 0)
    held = attempted("extrapolation", why_not, lambda: held_out(runs, asked, options))
    told("comparison", 0)
    table = compared(found, held, runs, asked, options, why_not) if asked.rivals else None
    said = [*doubts, *first, *more, *concerns.of_runs(runs, asked.y, asked.by, asked.budget)]
    said += concerns.of_residuals(found.residuals, prepared.words, prepared.others)
    if found.at_bounds:
        said.append(f"{found.message.rstrip('.')}: {found.status.value}")
    return Analysis(
        asked,
        prepared,
        found,
        sure,
        parameters,
        derived,
        curves,
        parted,
        held,
        table,
        list(dict.fromkeys(said)),
        why_not,
    )


def attempted(part: str, why_not: dict[str, str], work: Callable[[], Any]) -> Any:
    """What a part of the report gives, or None, with the reason kept."""
    try:
        with concerns.heard():  # Warnings are dropped: the fit of all runs has given the same.
            return work()
    except ValueError as error:  # FitError is a ValueError.
        why_not[part] = str(error)
        return None


def defined(what: Callable[[Mapping[str, float]], float]) -> Callable[[Mapping[str, float]], float]:
    """The same quantity, not a number for parameters for which there is none."""

    def quantity(params: Mapping[str, float]) -> float:
        try:
            return float(what(params))
        except (ValueError, ZeroDivisionError):
            return float("nan")

    return quantity


def split(sure: Intervals, runs: pd.DataFrame, budget: float | None) -> Split:
    """The compute-optimal split at a budget, by default that of the largest run, and along compute.

    Raises
    ------
    FitError
        If the law has none, or the compute of the runs is not known and no budget is given.
    """
    found = sure.fit
    if found.law.optimum is None:
        raise FitError(f"the law {found.law.name} has no compute-optimal split in closed form")
    if "flops" not in runs and budget is None:
        raise FitError("the compute of the runs is not known: give a budget, or a column flops")
    seen = runs.get("flops", [budget])
    flops = float(np.max(seen) if budget is None else budget)
    low, high = sorted((float(np.min(seen)), float(max(np.max(seen), flops))))
    budgets = np.geomspace(low, high if high > low else 10 * low, POINTS)

    def at(params: Mapping[str, float], compute: Any) -> Any:
        return found.law.optimum(found.law.complete(params), compute)

    def curve(params: Mapping[str, float]) -> np.ndarray:
        try:
            return at(params, budgets).tokens_per_param
        except ValueError:  # A resample in which a term vanishes has no best split.
            return np.full(POINTS, np.nan)

    def of(name: str) -> Estimate:
        # On the log scale, as all intervals of sizes in this package.
        log = sure.of(defined(lambda params: np.log(getattr(at(params, flops), name))))
        return Estimate(*np.exp([log.value, log.low, log.high]), log.how, log.fit)

    return Split(
        flops,
        of("n_params"),
        of("n_tokens"),
        of("tokens_per_param"),
        budgets,
        curve(found.params),
        sure.band(curve),
    )


def held_out(runs: pd.DataFrame, asked: Asked, options: dict[str, Any]) -> Extrapolation:
    """The largest runs, predicted from the others; large is what had much compute, or else much of the first column.

    Raises
    ------
    FitError
        If none are to be held out, or the others do not determine the law.
    """
    if not asked.holdout:
        raise FitError("no runs were held out: --holdout 0.2 holds out the largest fifth")
    return predicted_by(asked.law, runs, asked, options)


def predicted_by(law: Law, runs: pd.DataFrame, asked: Asked, options: dict[str, Any]) -> Extrapolation:
    """The largest runs, predicted by a law that is fitted to the others."""
    size = "flops" if "flops" in runs else asked.law.columns[0]
    return extrapolate(law, runs, asked.y, by=size, hold_out=asked.holdout, group=asked.by, **options)


def compared(
    found: Fit,
    held: Extrapolation | None,
    runs: pd.DataFrame,
    asked: Asked,
    options: dict[str, Any],
    why_not: dict[str, str],
) -> pd.DataFrame | None:
    """The law beside its rivals, each with its error on the runs held out; those that cannot be fitted are named."""
    fits, tried = {found.law.name: found}, {found.law.name: held}
    for law in asked.rivals:
        rival = attempted(law.name, why_not, partial(fit, law, runs, asked.y, **options))
        if rival is not None and law is not asked.law:
            fits[law.name] = rival
            predict = partial(predicted_by, law, runs, asked, options)
            tried[law.name] = attempted(f"{law.name} held out", why_not, predict) if held else None
    if len(fits) < 2:
        return None
    table = compare(fits)
    if held is None:
        return table
    errors = {name: one.errors["held out"].iloc[0] for name, one in tried.items() if one is not None}
    return table.assign(**{"held out": table.index.map(errors)})


def rejected(prepared: Prepared) -> str:
    """How many rows are no runs or were left out, in words; empty if none."""
    parts = [f"{counted(len(prepared.bad), 'row')} that could not be used"] if prepared.bad else []
    parts += [
        f"{counted(len(places), 'row')} ({reason})" for reason, places in prepared.left_out.items() if places
    ]
    return "; ".join(parts)
