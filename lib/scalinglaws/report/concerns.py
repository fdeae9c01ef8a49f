"""What about a table of runs looks like a mistake, or limits what can be concluded: a sentence each."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from scalinglaws.counting import training_flops
from scalinglaws.fitting.resample import ENOUGH_GROUPS
from scalinglaws.report.reading import Table
from scalinglaws.text import counted

#: How the library says it, and how it is typed.
AS_TYPED = "by='run'", "--by run"
#: Words by which trackers mark a run that did not end as it should.
UNFINISHED = {"crashed", "failed", "killed", "running", "preempted", "pending"}
#: FLOPs may be counted in several ways, which differ from 6ND by no more than this factor.
COUNTED_OTHERWISE = 3.0
#: A column of words that accounts for this share of the variance of the residuals parts runs of several laws.
PARTING = 0.3
#: So large a rank correlation of the residuals with a further column does not come by chance, nor is it small.
TELLING = 0.5
#: So many such columns are named, the most telling first.
MOST_NAMED = 3
#: So many times beyond the largest run a law has not been seen to hold.
FAR = 100.0


@contextmanager
def heard() -> Iterator[list[str]]:
    """Collect warnings as sentences instead of showing them."""
    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield said
    told = (str(one.message) for one in caught if issubclass(one.category, UserWarning))
    said += dict.fromkeys(sentence.replace(*AS_TYPED) for sentence in told)


def of_table(table: Table) -> list[str]:
    """What the file says of its runs beside their numbers: those that a tracker calls unfinished."""
    found = []
    for name in table.frame.columns:
        if str(name).lower() in ("state", "status"):
            words = table.frame[name].map(str).str.lower()
            counts = words[words.isin(UNFINISHED)].value_counts()
            told = ", ".join(f"{count} {word}" for word, count in counts.items())
            if told:
                found.append(
                    f"the column {name!r} says that not all runs have finished ({told}), and they count like the others: "
                    f"leave them out with --where '{name} == \"finished\"'"
                )
    return found


def of_runs(runs: pd.DataFrame, y: str, by: str | None, budget: float | None) -> list[str]:
    """What the numbers themselves say, beside what a fit warns of."""
    found = []
    units = len(runs) if by is None else runs[by].nunique()
    told = counted(units, "run") if by is None else f"{counted(units, 'group')} by {by!r}"
    if units < ENOUGH_GROUPS:
        found.append(
            f"{told}: with fewer than {ENOUGH_GROUPS} no interval is sure to hold the truth as often as it says"
        )
    known = {"n_params", "n_tokens"} <= {*runs}
    if known and by is None and "run" not in runs:
        again = runs.duplicated(["n_params", "n_tokens"], keep=False) & ~runs.duplicated(
            ["n_params", "n_tokens", y], keep=False
        )
        if again.mean() > 0.2:
            found.append(
                f"{counted(int(again.sum()), 'run shares', 'runs share')} size and tokens with others and differ in {y}: if they "
                "differ in learning rate or batch size, a law of the best runs needs --best, which keeps the lowest of each"
            )
    if known and "flops" in runs:
        ratio = runs["flops"] / training_flops(runs["n_params"], runs["n_tokens"])
        if ratio.max() > COUNTED_OTHERWISE or ratio.min() < 1 / COUNTED_OTHERWISE:
            found.append(
                f"flops are {ratio.min():.3g} to {ratio.max():.3g} times 6 n_params n_tokens: look at the units, or say how "
                "each of them is counted"
            )
    if budget is not None and "flops" in runs and budget > FAR * runs["flops"].max():
        found.append(
            f"the budget is {budget / runs['flops'].max():,.0f} times the compute of the largest run: no interval knows whether the "
            "law still holds there"
        )
    return found


def of_residuals(residuals: np.ndarray, words: pd.DataFrame, others: pd.DataFrame) -> list[str]:
    """Columns that the law does not take and that tell what it leaves: data set, family; learning rate, epochs."""
    ranks = {name: float(spearmanr(values, residuals).statistic) for name, values in others.items()}
    told = sorted((name for name in ranks if abs(ranks[name]) > TELLING), key=lambda name: -abs(ranks[name]))
    found = []
    if told:
        named = ", ".join(f"{name!r} (rank correlation {ranks[name]:+.2f})" for name in told[:MOST_NAMED])
        found.append(
            f"what the law leaves goes with {named}, which it does not take: runs that differ in it are not of one law"
        )
    for name, labels in words.items():
        groups = pd.Series(residuals).groupby(labels.to_numpy())
        if groups.ngroups > len(residuals) / 3 or not np.var(residuals):
            continue
        # Of as many groups of pure noise each takes one degree of freedom; the share is of what is beyond it.
        freedom = (len(residuals) - 1) / (len(residuals) - groups.ngroups)
        within = float(((residuals - groups.transform("mean")) ** 2).mean() / np.var(residuals)) * freedom
        if 1 - within > PARTING:
            shown = ", ".join(sorted(map(repr, groups.groups))[:4])
            found.append(
                f"{1 - within:.0%} of the variance of the residuals goes with the column {name!r} ({shown}): runs that differ in it "
                f"follow laws of their own; fit one at a time, with --where '{name} == \"...\"'"
            )
    return found
