"""A fit as a JSON file: what was fitted, to what, and what came out; judged again when it is read.

No code is kept: a ready law is named, one of your own is given when the file is read.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scalinglaws.fitting.binding import bind
from scalinglaws.fitting.causes import FitWarning
from scalinglaws.fitting.descent import proved, typical
from scalinglaws.fitting.exact import minimise_exact
from scalinglaws.fitting.law import Formula, Law, RowByRow
from scalinglaws.fitting.losses import Loss
from scalinglaws.fitting.problem import FitError, Problem
from scalinglaws.fitting.solve import TIGHT, Points, evaluate
from scalinglaws.fitting.tied import GroupedFormula, TiedFormula
from scalinglaws.repository import write_atomically

if TYPE_CHECKING:
    from scalinglaws.fitting.result import Fit

#: Raised when files of an older layout can no longer be read.
FORMAT = 1
#: An objective that differs by more than this share is another one.
SAME_OBJECTIVE = 1e-9


def save(fit: Fit, path: str | Path) -> None:
    """Write a fit to a JSON file, with the data that it needs.

    Parameters
    ----------
    fit
        Any fit. Columns of its data that are numbers or text are kept, others are not.
    path
        Where to.
    """
    whole = fit.whole
    law, ties, per = taken_apart(whole.law)
    kept = {
        "format": FORMAT,
        "law": {"name": law.name, "columns": law.columns, "parameters": law.parameters},
        "y": whole.y_name,
        "residual": whole.residual,
        "loss": asdict(whole.loss),
        "fixed": dict(whole.fixed) | ties,
        "per": per,
        "bounds": {name: list(map(float, limits)) for name, limits in whole.bounds.items()},
        "weights": whole.weights.tolist() if whole.weighted else None,
        "params": fit.params,
        "at_bounds": fit.at_bounds,
        "objective": fit.objective,
        "status": fit.status.name,
        "message": fit.message,
        "proof": asdict(fit.proof),
        "data": table_of(fit.data, (*whole.law.columns, whole.y_name), len(whole.y)),
    }
    write_atomically(
        Path(path), json.dumps(as_json(kept), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    )


def read(path: str | Path, law: Law | None = None) -> dict[str, Any]:
    """Read a fit from a JSON file, and judge it again: nothing in the file is believed.

    Parameters
    ----------
    path
        A file that `save` wrote.
    law
        The law that was fitted, unless it is one of `scalinglaws.laws`.

    Returns
    -------
    dict
        The attributes of the `Fit`; its status by name and its proof as a dictionary.

    Raises
    ------
    FitError
        If the file is none of a fit, the law is not known or another one, the parameters do
        not give the objective that the file names, or are said to be optimal and are not.
    """
    try:
        kept = json.loads(Path(path).read_text(encoding="utf-8"))
        if kept["format"] != FORMAT:
            raise FitError(f"{path} has format {kept['format']}; this version reads format {FORMAT}")
        return attributes_of(kept, path, law)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise FitError(
            f"{path} is no file that `Fit.save` wrote, or is damaged ({error!r}): fit again"
        ) from error


def attributes_of(kept: Mapping[str, Any], path: str | Path, law: Law | None) -> dict[str, Any]:
    """The attributes of the fit that a file holds.

    Raises
    ------
    FitError
        As `read` does.
    """
    loss = Loss(kept["loss"]["kind"], float(kept["loss"]["delta"]), float(kept["loss"]["level"]))
    data = pd.DataFrame(kept["data"])
    weights = None if kept["weights"] is None else np.array(kept["weights"], float)
    fixed = {name: numbers_back(value) for name, value in kept["fixed"].items()}
    bounds = {name: tuple(map(float, limits)) for name, limits in kept["bounds"].items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitWarning)  # They were given when the fit was made.
        law = law_of(kept["law"], law)
        whole = bind(law, data, kept["y"], loss, kept["residual"], weights, fixed, bounds, kept["per"])
    at_bounds = {name: float(value) for name, value in kept["at_bounds"].items()}
    params = {name: float(value) for name, value in kept["params"].items()}
    problem = whole.fixing(at_bounds)
    point = place(problem, params)
    objective, proof = float(kept["objective"]), kept["proof"]
    now = float(problem.objective(point.theta))
    if not abs(now - objective) <= SAME_OBJECTIVE * abs(objective) + float(problem.floor):
        raise FitError(
            f"{path} says that the objective is {objective:.12g}, and its parameters give {now:.12g}: the law or the file "
            "has changed since; fit again"
        )
    if kept["status"] in ("CONVERGED", "BOUND_HIT") and not point.decrement < TIGHT:
        raise FitError(f"{path} says that its parameters are optimal, and they are not: fit again")
    return {
        "params": params,
        "status": kept["status"],
        "message": kept["message"],
        "objective": objective,
        "proof": {
            "scaled_gradient": float(proof["scaled_gradient"]),
            "agree": int(proof["agree"]),
            "starts": int(proof["starts"]),
            "second": float(proof["second"]),
        },
        "problem": problem,
        "point": point,
        "data": data,
        "whole": whole,
        "at_bounds": at_bounds,
    }


def place(problem: Problem, params: Mapping[str, float]) -> Points:
    """A set of parameters as a point, with its derivatives and the proof of its optimality."""
    theta = problem.theta(params)[None]
    if not problem.loss.kinked(typical(problem, theta)):
        point = evaluate(problem, theta)
        if problem.loss.kind != "huber" or point.decrement[0] < TIGHT:
            return point.take(0)
    # With a corner, what the exact method still gains from here is what this place lacks.
    _, value, proofs = minimise_exact(problem, theta)
    here = problem.objective(theta)
    lack = np.maximum((here - value) / np.maximum(here, problem.floor), proofs[0].gap)
    return proved(problem, theta, here, lack, np.zeros(theta.shape, bool)).take(0)


def taken_apart(law: Law) -> tuple[Law, dict[str, str], dict[str, str]]:
    """The law that a law was made of, which of its parameters are tied, and which are one a group."""
    ties: dict[str, str] = {}
    per: dict[str, str] = {}
    while isinstance(law.function, Formula):
        formula = law.function
        if isinstance(formula, TiedFormula):
            ties |= formula.ties
        elif isinstance(formula, GroupedFormula):
            per = dict(formula.per)
        elif not isinstance(formula, RowByRow):
            break
        law = formula.law
    return law, ties, per


def law_of(declared: Mapping[str, Any], law: Law | None) -> Law:
    """The law that a file names: the one that is given, or a ready one.

    Raises
    ------
    FitError
        If it is neither, or has other columns or parameters.
    """
    from scalinglaws import laws  # The laws import this package.

    name = declared["name"]
    if law is None:
        law = getattr(laws, name, None) if name in laws.__all__ else None
    if not isinstance(law, Law):
        raise FitError(f"the fit is one of the law {name}, which is none of scalinglaws.laws: give law=")
    if list(law.columns) != declared["columns"] or list(law.parameters) != declared["parameters"]:
        raise FitError(
            f"the fit is one of {name}({', '.join(declared['columns'])}; {', '.join(declared['parameters'])}), and the law "
            f"is {law!r}"
        )
    return law


def table_of(data: Any, needed: Iterable[str], count: int) -> dict[str, list[Any]]:
    """The columns of the data that are numbers or text; those that are needed first."""
    names = dict.fromkeys((*needed, *(name for name in data if isinstance(name, str))))
    table = {}
    for name in names:
        values = (
            pd.Series(np.asarray(data[name])) if np.ndim(data[name]) == 1 else pd.Series([], dtype=object)
        )
        numeric = values.dtype.kind in "biuf" and not np.isinf(values.astype(float)).any()
        if len(values) == count and (numeric or values.map(lambda value: isinstance(value, str)).all()):
            table[name] = values.astype(object).where(values.notna(), None).tolist()
    return table


def as_json(value: Any) -> Any:
    """The same with infinities and NaN as text, for which JSON has no numbers."""
    if isinstance(value, dict):
        return {key: as_json(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(entry) for entry in value]
    if isinstance(value, np.generic):
        return as_json(value.item())
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def numbers_back(value: Any) -> Any:
    """A fixed value: a number, or the name of a parameter."""
    return value if isinstance(value, str) else float(value)
