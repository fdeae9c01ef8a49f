"""Runs out of rows: columns found, computed and checked; what is left out is named with its place and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scalinglaws.errors import UserError
from scalinglaws.fitting.causes import COUNTS
from scalinglaws.report.expressions import condition, evaluated
from scalinglaws.report.names import CHART, meant
from scalinglaws.report.reading import Table, numbers
from scalinglaws.text import counted, instead

#: Columns that laws divide by or take powers of.
POSITIVE = {*COUNTS, "x"}
#: So many columns are named in an error.
MOST_NAMES = 30
#: What is known of a run beside what its law takes: of the three counts two give the third, by 6ND.
USEFUL = ("n_params", "n_tokens", "flops")
SIX_ND = {
    "n_tokens": "flops / (6 * n_params)",
    "flops": "6 * n_params * n_tokens",
    "n_params": "flops / (6 * n_tokens)",
}


class PreparingError(UserError):
    """A table that does not hold the runs that were asked for."""


@dataclass(frozen=True)
class Prepared:
    """Runs, ready to be fitted.

    Attributes
    ----------
    name
        Of the file.
    runs
        One row a run: the law's columns, y, the counts that are known, and labels of groups.
    others
        The table's further columns of numbers, for the same rows: learning rate, batch size, width.
    words
        Its further columns of words: data set, architecture.
    places
        Where each run stands in the file.
    origins
        Column of `runs` -> where it is from, in words, if not from a column of that name.
    bad
        Place and reason of each row that is no run.
    left_out
        Reason, as it was asked for -> places of the rows that are left out for it.
    """

    name: str
    runs: pd.DataFrame
    others: pd.DataFrame
    words: pd.DataFrame
    places: list[str]
    origins: dict[str, str] = field(default_factory=dict)
    bad: list[tuple[str, str]] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=dict)


class Columns:
    """The columns of a table by our names: assigned, in the table, called otherwise there, or by 6ND."""

    def __init__(self, table: Table, assigned: Mapping[str, str], wanted: Iterable[str]) -> None:
        self.table, self.assigned = table, dict(assigned)
        self.elsewhere = meant(table.frame.columns, [name for name in wanted if name not in assigned])
        self.underway: list[str] = []
        self.origins: dict[str, str] = {}

    def known(self, name: str) -> bool:
        """Whether there is such a column without computing one by 6ND."""
        return name in self.assigned or name in self.table.frame or name in self.elsewhere

    def source(self, name: str) -> str:
        """The column of the table that a name stands for.

        Raises
        ------
        KeyError
            If there is none; its further arguments are the names that there are.
        """
        name = name if name in self.table.frame else self.elsewhere.get(name, name)
        if name not in self.table.frame:
            raise KeyError(name, *map(str, self.table.frame.columns))
        return name

    def numbers(self, name: str) -> np.ndarray:
        """A column as numbers; in the expression that assigns a name this name is the table's column."""
        if name in self.assigned and name not in self.underway:
            self.underway.append(name)
            try:
                found = evaluated(self.assigned[name], self.numbers)
            finally:
                self.underway.pop()
            self.origins[name] = self.assigned[name]
            return np.broadcast_to(np.asarray(found, float), (len(self.table.frame),)).copy()
        if name in SIX_ND and not self.known(name) and all(map(self.known, {*SIX_ND} - {name})):
            self.origins[name] = f"{SIX_ND[name]}, by the convention C = 6ND"
            with np.errstate(all="ignore"):
                return evaluated(SIX_ND[name], self.numbers)
        source = self.source(name)
        if source != name:
            self.origins[name] = source
        return numbers(self.table.frame[source])

    def labels(self, name: str) -> pd.Series:
        """A column as words, missing where a cell is empty."""
        if name in self.assigned and (expression := self.assigned[name]) in self.table.frame:
            name = expression
        source = self.source(name)
        if source != name:
            self.origins[name] = source
        values = self.table.frame[source]
        return values.where(values.notna() & (values != "")).map(str, na_action="ignore")

    def cell(self, name: str, row: int) -> str:
        """What stands in the file where a column has no number, or the arithmetic that gives none."""
        told = self.assigned.get(name, self.elsewhere.get(name, name))
        if told not in self.table.frame:
            return self.origins.get(name, "")
        return str(self.table.frame[told].iloc[row]).strip()


def prepared(
    table: Table,
    needed: Iterable[str],
    y: str,
    *,
    assigned: Mapping[str, str] | None = None,
    where: str = "",
    by: str | None = None,
    best: bool = False,
    logarithm: bool = True,
) -> Prepared:
    """Make runs of the rows of a table.

    Parameters
    ----------
    table
        The table as it was read.
    needed
        Columns that the laws take.
    y
        Column that they predict.
    assigned
        Name -> arithmetic on the table's columns; see `scalinglaws.report.expressions`.
    where
        Condition that rows must fulfil.
    by
        Column that names groups of rows which are not independent.
    best
        Whether only the lowest y is kept of the rows that agree in all that the laws take.
    logarithm
        Whether the logarithm of y will be taken.

    Raises
    ------
    UserError
        If a column is missing or may be either of two, or no run is left.
    """
    assigned = dict(assigned or {})
    needed = list(dict.fromkeys(needed))
    columns = Columns(table, assigned, [*needed, y, *USEFUL, *([by] if by else []), "run"])
    values = {name: column_of(columns, name, needed, y) for name in (*needed, y)}
    reasons = {name: wrong(columns, name, values[name], y if logarithm else None) for name in values}
    groups = {}
    for name in dict.fromkeys(filter(None, (by, "run"))):
        try:
            groups[name] = columns.labels(name)
        except KeyError as error:
            if name == by:
                raise PreparingError(
                    f"no column {by!r} to group by; {instead(by, {n: n for n in error.args[1:]})}"
                ) from error
    if by:
        reasons[by] = np.where(groups[by].isna(), f"{by} is missing", "")
    kept = condition(where, columns.numbers, columns.labels) if where else np.ones(len(table.frame), bool)
    told = ["; ".join(filter(None, row)) for row in zip(*reasons.values(), strict=True)]
    good = np.array([not reason for reason in told]) & kept
    left_out = {f"not {where}": ~kept} if where else {}
    if best and good.any():
        lowest = lowest_of(pd.DataFrame(values), needed, y, good)
        left_out[f"not the lowest {y} at its {', '.join(needed)}"] = good & ~lowest
        good = good & lowest
    if not good.any():
        first = next(((p, r) for p, r in zip(table.places, told, strict=True) if r), None)
        why = f"{first[0]}: {first[1]}" if first else f"no row fulfils {where!r}"
        raise PreparingError(f"{table.name}: of {counted(len(told), 'row')} none is a run; {why}")
    runs = pd.DataFrame(values)
    for name in USEFUL:
        if name not in runs and (found := useful(columns, name, good)) is not None:
            runs[name] = found
    for name, labels in groups.items():
        if name not in runs and labels[good].notna().all():
            runs[name] = labels.to_numpy()
    return Prepared(
        table.name,
        runs[good].reset_index(drop=True),
        *further(table, columns, runs, good),
        [place for place, is_run in zip(table.places, good, strict=True) if is_run],
        {name: origin for name, origin in columns.origins.items() if name in runs},
        in_order(
            [
                *table.unread,
                *((p, r) for p, r, ask in zip(table.places, told, kept, strict=True) if r and ask),
            ]
        ),
        {
            reason: [place for place, out in zip(table.places, rows, strict=True) if out]
            for reason, rows in left_out.items()
        },
    )


def in_order(bad: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Places with reasons in the order of the file."""
    return sorted(bad, key=lambda each: int(each[0].split()[1]))


def lowest_of(values: pd.DataFrame, needed: list[str], y: str, good: np.ndarray) -> np.ndarray:
    """Which rows have the lowest y among the good ones that agree in what the laws take; the first of equals."""
    chosen = values[good].groupby(needed, sort=False)[y].idxmin()
    return values.index.isin(chosen)


def column_of(columns: Columns, name: str, needed: list[str], y: str) -> np.ndarray:
    """A column that a fit cannot do without.

    Raises
    ------
    PreparingError
        If the table has none by any name.
    """
    try:
        return columns.numbers(name)
    except KeyError as error:
        there = [str(column) for column in columns.table.frame.columns]
        if any(CHART.fullmatch(column) for column in there):
            raise PreparingError(
                f"{columns.table.name} is the export of a chart of Weights & Biases, with a column for each run: export the table "
                "of runs instead, which has a row for each"
            ) from error
        stem = name.removeprefix("n_").rstrip("s")
        likely = [column for column in there if stem in column.lower()]
        role = "is predicted" if name == y else "the law takes"
        raise PreparingError(
            f"{columns.table.name} has no column {name!r}, which {role} (needed are {', '.join([*needed, y])}): say what it "
            f"is, with --columns {name}='{likely[0] if likely else '...'}'; there are: {', '.join(there[:MOST_NAMES])}"
            + (f" and {counted(len(there) - MOST_NAMES, 'more')}" if len(there) > MOST_NAMES else "")
        ) from error


def wrong(columns: Columns, name: str, values: np.ndarray, logarithm_of: str | None) -> list[str]:
    """What is wrong with each value of a column; empty where nothing is."""
    said = []
    for row, number in enumerate(values):
        if np.isnan(number):
            cell = columns.cell(name, row)
            missing = cell.lower() in ("", "nan", "none", "null", "na", "n/a", "<na>")
            said.append(f"{name} is missing" if missing else f"{name} is no number: {cell[:40]!r}")
        elif np.isinf(number):
            said.append(f"{name} is infinite")
        elif number <= 0 and name in POSITIVE:
            said.append(f"{name} is {number:.4g}, and must be positive")
        elif number <= 0 and name == logarithm_of:
            said.append(f"{name} is {number:.4g}, which has no logarithm")
        else:
            said.append("")
    return said


def useful(columns: Columns, name: str, good: np.ndarray) -> np.ndarray | None:
    """A count that no law asks for, if every run has it."""
    try:
        found = columns.numbers(name)
    except KeyError:
        found = np.full(len(good), np.nan)
    if np.all(np.isfinite(found[good]) & (found[good] > 0)):
        return found
    columns.origins.pop(name, None)
    return None


def further(
    table: Table, columns: Columns, runs: pd.DataFrame, good: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The columns that nothing is made of and that differ between runs: of numbers, and of words."""
    taken = {*runs, *columns.elsewhere.values(), *columns.origins.values()}
    found: dict[str, np.ndarray] = {}
    words: dict[str, np.ndarray] = {}
    for name in (name for name in table.frame.columns if name not in taken):
        values = numbers(table.frame[name])[good]
        if np.isfinite(values).all():
            if np.ptp(values) > 0:
                found[str(name)] = values
        elif np.isnan(values).all() and len(columns.labels(name)[good].unique()) > 1:
            words[str(name)] = columns.labels(name)[good].fillna("").to_numpy(str)
    return pd.DataFrame(found), pd.DataFrame(words)
