"""What in the data makes a fit fail or mislead, in words: causes of what was refused, and warnings."""

from __future__ import annotations

import sys
import warnings
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr

from scalinglaws.correlation import rank_correlation
from scalinglaws.fitting.examine import inside
from scalinglaws.fitting.problem import Problem
from scalinglaws.text import counted

#: A column with all its values in this range looks like decimal logarithms of counts.
LOG10 = 4.0, 30.0
#: Counts of parameters, tokens or FLOPs are larger than this.
FEW = 1e5
#: Cross-entropies in nats are smaller than this.
PERPLEXING = 20.0
#: Names of columns that hold large counts.
COUNTS = ("n_params", "n_tokens", "flops", "unique_params", "unique_tokens", "compute")


class FitWarning(UserWarning):
    """Data that can be fitted but look like a mistake; `warnings.simplefilter("ignore", FitWarning)` hides it."""


def cause(problem: Problem) -> str:
    """Why these runs may not determine the law, as far as the data tell: a sentence, or nothing.

    For a fit that was not proved, or ended at a bound; each cause is looked for in the runs alone.
    """
    found = (proportional(problem), logarithms(problem), flat(problem), rising(problem))
    return " ".join(sentence for sentence in found if sentence)


def used(problem: Problem) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The numeric columns and y at the runs with a positive weight."""
    rows = np.asarray(problem.weights > 0)
    rows = rows if rows.ndim == 1 else rows.any(0)
    columns = zip(problem.law.columns, problem.columns, strict=True)
    return {name: values[rows] for name, values in columns if name not in problem.law.labels}, problem.y[rows]


def proportional(problem: Problem) -> str:
    """Pairs of columns of which one is a power of the other, such as tokens and parameters at a constant ratio."""
    columns, _ = used(problem)
    varying = {n: np.log(v) for n, v in columns.items() if np.all(v > 0) and np.ptp(np.log(v)) > 1e-9}
    for (one, x), (other, y) in combinations(varying.items(), 2):
        if np.ptp(y - x) < 1e-2 * np.ptp(x):
            ratio = np.exp(np.median(y - x))
            return (
                f"{other} is always about {ratio:.3g} times {one}, so what each of them does cannot be told apart: "
                "add runs at other ratios, or fit a law of one of them."
            )
        slope, start = np.polyfit(x, y, 1)
        if np.ptp(y - slope * x - start) < 1e-2 * np.ptp(y):
            return (
                f"{other} is about {one} to the power {slope:.3g} in every run, so what each of them does cannot be "
                "told apart: add other runs, or fit a law of one of them."
            )
    return ""


def looks_logarithmic(name: str, values: np.ndarray) -> bool:
    """Whether a column of counts holds their decimal logarithms."""
    return name in COUNTS and bool(
        np.all((LOG10[0] <= values) & (values <= LOG10[1])) and np.ptp(values) < 12
    )


def logarithms(problem: Problem) -> str:
    """Columns of counts that hold logarithms."""
    names = [name for name, values in used(problem)[0].items() if looks_logarithmic(name, values)]
    if not names:
        return ""
    return f"Decimal logarithms, by their looks: {', '.join(names)}; give 10**{names[0]}, the count itself."


def flat(problem: Problem) -> str:
    """A y that does not change over the runs but for noise: a curve that is saturated."""
    columns, y = used(problem)
    spread = np.ptp(y) / np.max(np.abs(y)) if np.any(y) else 0.0
    if spread < 1e-3:
        changes = f"changes by {spread:.1g} of itself over all runs"
    elif len(y) >= 8 and columns and all(unrelated(values, y) for values in columns.values()):
        changes = f"goes neither up nor down with {' or '.join(columns)}, but for noise"
    else:
        return ""
    return f"{problem.y_name} {changes}: a curve that is saturated does not tell how it got there; add smaller runs."


def unrelated(values: np.ndarray, y: np.ndarray) -> bool:
    """Whether the ranks of two columns go together no more than chance makes them, at 10 %."""
    if np.ptp(values) == 0 or np.ptp(y) == 0:
        return False
    rank, free = float(rank_correlation(values, y)), len(y) - 2
    left = (1 + rank) * (1 - rank)
    return bool(left > 0 and 2 * stdtr(free, -abs(rank) * np.sqrt(free / left)) > 0.1)


def rising(problem: Problem) -> str:
    """A y that rises with what the law says lowers it: at its middle exponents the law falls, the runs rise."""
    columns, y = used(problem)
    words = []
    for name, values in columns.items():
        if np.ptp(values) == 0 or np.ptp(y) == 0:
            continue
        rank = rank_correlation(values, y)
        if rank > 0.5 and falls(problem, name):
            words.append(
                f"{problem.y_name} rises with {name} (rank correlation {rank:.2f}), where {problem.law.name} can only "
                "fall: look for swapped or mistaken columns, or fit `rising_power_law`."
            )
    return " ".join(words)


def falls(problem: Problem, name: str) -> bool:
    """Whether the law falls along a column at random places within its bounds, whatever the others are."""
    law, j = problem.law, problem.law.columns.index(name)
    more = tuple(c * 1.01 if k == j else c for k, c in enumerate(problem.columns))
    with np.errstate(all="ignore"):
        steps = [
            np.asarray(law(*more, **place)) - law(*problem.columns, **place)
            for place in inside(law, problem.fixed)
        ]
    finite = [step[np.isfinite(step)] for step in steps]
    return any(len(step) for step in finite) and all((step <= 0).all() for step in finite)


def warn_caller(sentence: str) -> None:
    """Warn at the line that called this package."""
    frame, level = sys._getframe(), 1
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("scalinglaws."):
        frame, level = frame.f_back, level + 1
    warnings.warn(sentence, FitWarning, stacklevel=level)


def warn_of_mistakes(problem: Problem) -> None:
    """Warn of data that look like a mistake."""
    for sentence in suspicions(problem):
        warn_caller(sentence)


def suspicions(problem: Problem) -> list[str]:
    """What in the data looks like a mistake, a sentence each."""
    found = []
    together = np.column_stack([*problem.columns, problem.y])
    twice = len(together) - len(np.unique(together, axis=0))
    if twice:
        found.append(
            f"{counted(twice, 'run is an exact duplicate', 'runs are exact duplicates')} of others, in every column and in {problem.y_name}: each counts on "
            "its own; drop them unless they are runs of their own"
        )
    for name, values in used(problem)[0].items():
        if looks_logarithmic(name, values):
            found.append(
                f"{name} looks like decimal logarithms (all in {np.min(values):.3g} to {np.max(values):.3g})"
            )
        elif name in ("n_params", "n_tokens") and in_billions(values):
            found.append(
                f"{name} goes to {np.max(values):.4g} only: given in millions or billions, the compute-optimal split "
                "and 6ND FLOPs come out wrong; give the number itself"
            )
    name = problem.y_name.lower()
    if ("loss" in name and np.median(problem.y) > PERPLEXING) or "perplexity" in name or name == "ppl":
        found.append(
            f"{problem.y_name} has a median of {np.median(problem.y):.4g}: that looks like a perplexity, where "
            "laws are of the cross-entropy, its logarithm"
        )
    return found


def in_billions(values: np.ndarray) -> bool:
    """Whether counts are so small, or so broken, that they are in a larger unit."""
    top = np.max(values)
    return bool(top < 1e3 or (top < FEW and np.any(values != np.round(values))))


def warn_of_runs(problem: Problem, data: Any) -> None:
    """Warn where rows are resampled one by one though a column `run` says that some belong together."""
    if "run" in (*problem.law.columns, problem.y_name) or "run" not in data:
        return
    labels = pd.Series(np.asarray(data["run"]))
    if 1 < labels.nunique() < len(labels):
        warn_caller(
            "the column 'run' says that several rows belong to one run, and nothing here uses it: such rows are not "
            "independent, so resample whole runs, with by='run'"
        )
