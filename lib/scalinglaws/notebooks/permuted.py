"""The library's own null: shuffle a column of a loaded table, and what rests on it must move.

A mutation is chosen by whoever states the claim, and can be aimed at the very constant that was
typed in. So the library breaks tables by a rule of its own: each numeric column of each loaded
table in turn is shuffled among its rows, and the cells that depend on the table run again. A
claim moves if its word changes, or its number by more than drift. One that no column moves is a
constant, or rests on the number of rows, and does not land.

Rows that hold no value keep none. A column of one value cannot be shuffled. A key that names
rows is shuffled like any other: where nothing but the names of rows changes nothing moves, and
where the notebook refuses a broken key its claims are stopped. What is stopped is kept apart and
is no proof: a typed number that stands behind a broken table is stopped, too. Statements that
read nothing of what could not be computed still run. A column that stops claims which no column
moved, or under which fits take far longer than on the data, is shuffled again in a tenth of its
rows, which a fit can bear.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import signal
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.caches import forget
from scalinglaws.claims import Mutation, drift
from scalinglaws.claims.snapshot import snapshot
from scalinglaws.notebooks import dependence, files, nudge
from scalinglaws.notebooks.formats import NotebookNode, nbformat
from scalinglaws.tables import loading

#: Seconds of the processor that the shuffled runs of a notebook may take, or this many unbroken runs.
SECONDS = 60.0
RUNS = 20
#: How many unbroken runs one shuffled run may take, and seconds besides: noise is slow to fit.
PATIENCE, BESIDES = 4, 5.0
#: The share of rows that is shuffled, and then that of a column which stopped claims or was cut short.
SHARES = (1.0, 0.1)


TRIED = """
from scalinglaws.notebooks.permuted import tried as _tried

_tried(globals(), {cells!r}, {excused!r}, {seconds})
"""
AGAIN = """
globals().update(_snapshot(_kept))
from scalinglaws.notebooks.permuted import again as _again

_again(globals(), {cells!r}, {column!r}, hidden={hidden})
"""


class OutOfTime(BaseException):
    """The seconds for shuffled runs are over; no cell may catch it as an error of its own."""


@dataclass(frozen=True)
class Shown:
    """A finding as JSON, which the runner reads from the outputs."""

    content: dict[str, Any]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {"application/json": self.content, "text/plain": "the null"}


@dataclass(frozen=True)
class Column:
    """A column of a table, and the share of its rows that is shuffled."""

    table: str
    column: str
    share: float = 1.0

    def shuffled(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with this column shuffled: each chosen row gets the value of another one.

        The rows are put into a random order, the same on every machine, and each takes the value
        of the one before it; so no row keeps its own, and two rows swap.
        """
        found = table.copy()
        seed = zlib.crc32(f"{self.table}.{self.column}".encode())
        present = np.flatnonzero(table[self.column].notna())
        rows = np.random.RandomState(seed).permutation(present)
        rows = rows[: max(2, round(self.share * len(rows)))]
        place = table.columns.get_loc(self.column)
        found.iloc[rows, place] = table[self.column].to_numpy()[np.roll(rows, 1)]
        found.attrs = dict(table.attrs)
        return found


def numeric(table: pd.DataFrame) -> dict[str, int]:
    """The columns that hold numbers, of which at least two differ, and how many do."""
    found = {str(c): len(table[c].dropna().unique()) for c in table.select_dtypes(["number", "bool"])}
    return {column: values for column, values in found.items() if values > 1}


@dataclass
class Unbroken:
    """What a notebook measured unbroken, and what each claim and table has to do with its cells.

    Attributes
    ----------
    cells
        Those that its measurements rest on.
    names
        What they leave behind.
    measured
        The verdict of each claim.
    place
        The cell that measures each claim.
    columns
        The columns of each table that was loaded, each with how many values it holds.
    reruns
        The cells that depend on each table.
    hidden
        Tables that the library loads, whose caches must be emptied.
    """

    cells: list[NotebookNode]
    names: dict[str, Any] = field(default_factory=dict)
    measured: dict[str, dict[str, Any]] = field(default_factory=dict)
    place: dict[str, int] = field(default_factory=dict)
    columns: dict[str, dict[str, int]] = field(default_factory=dict)
    reruns: dict[str, list[int]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def reached(self, table: str) -> set[str]:
        """The claims that are measured anew where a table is another."""
        return {claim for claim, place in self.place.items() if place in self.reruns[table]}


def as_text(cells: list[NotebookNode]) -> str:
    """Cells as text that can stand in another cell."""
    return json.dumps([{"source": c.source, "tags": files.tags(c)} for c in cells])


def from_text(text: str) -> list[NotebookNode]:
    """The cells of such a text."""
    return [nbformat.v4.new_code_cell(c["source"], metadata={"tags": c["tags"]}) for c in json.loads(text)]


def statements(source: str, names: dict[str, Any], constant: set[str], lost: set[str]) -> list[str]:
    """Run a cell, but for what reads something that could not be computed; say what was raised.

    Parameters
    ----------
    source
        The cell.
    names
        The notebook's names.
    constant
        Those that no statement makes another thing of.
    lost
        Those that could not be computed; what depends on them is added.
    """
    raised = []
    for statement in ast.parse(source).body:
        read, changed = dependence.names_in(statement)
        changed -= constant
        if read & lost:
            lost |= changed
            continue
        try:
            exec(compile(ast.Module([statement], []), "<cell>", "exec"), names)
            lost -= changed
        except Exception as error:
            raised.append(f"{type(error).__name__}: {error}"[:200])
            lost |= changed
    return raised


def unbroken(cells: list[NotebookNode], names: dict[str, Any]) -> Unbroken:
    """Run the cells as they are, and see which loads what and which measures what."""
    base = Unbroken(cells)
    current = 0

    def watch(slug: str, table: pd.DataFrame) -> pd.DataFrame:
        base.columns.setdefault(slug, numeric(table))
        # Above this function stand the replaced `load`, and who called it.
        if sys._getframe(2).f_globals is not names:
            base.hidden.add(slug)
        return table

    nudge.alter_loads(watch)
    forgotten()
    for current, cell in enumerate(cells):
        exec(compile(cell.source, f"<cell {current}>", "exec"), names)
        for claim in names["paper"].found if "paper" in names else ():
            base.place.setdefault(claim, current)
    base.measured = {id: verdict.record() for id, verdict in names["paper"].found.items()}
    base.names = snapshot(names)
    base.reruns = {slug: depending(cells, slug, slug in base.hidden) for slug in base.columns}
    return base


def depending(
    cells: list[NotebookNode], slug: str, hidden: bool, ran: list[NotebookNode] | None = None
) -> list[int]:
    """The cells that must run again where a table is another; all of them if library code loads it."""
    if hidden:  # what the library makes of it shows in no name of the notebook
        again = list(cells)
    elif any(dependence.binds(cell.source, "load") for cell in cells):
        again = dependence.dependent(cells, Mutation("null", ("any",), table=slug), mended=True, ran=ran)
    else:
        again = []
    kept = {files.TAG_CLAIMS, files.TAG_PARAMETERS, files.TAG_MUTATIONS}
    return [
        place
        for place, cell in enumerate(cells)
        if cell in again and not kept & set(files.tags(cell)) and cell.source.strip() not in files.VERDICT
    ]


def forgotten() -> None:
    """Empty the caches of our packages, which may hold what was made of a table."""
    ours = ("scalinglaws", "replications")
    forget([m for name, m in list(sys.modules.items()) if name.partition(".")[0] in ours])


def shuffled_run(
    names: dict[str, Any], cells: list[NotebookNode], column: Column, *, hidden: bool
) -> list[str]:
    """Run cells with a column shuffled; the notebook's names must be those of the unbroken run."""

    def change(slug: str, table: pd.DataFrame) -> pd.DataFrame:
        return column.shuffled(table) if slug == column.table else table

    nudge.alter_loads(change)
    if hidden:
        forgotten()
    if "load" in names:
        names["load"] = loading.load
    paper, lost, raised = names["paper"], set(), []
    paper.found = {}
    paper.mutated = f"{column.table}.{column.column} shuffled"
    constant = dependence.constant(cells)
    try:
        for cell in cells:
            raised += statements(cell.source, names, constant, lost)
    finally:
        nudge.alter_loads(lambda slug, table: table)
    return raised


def moved(fresh: dict[str, Any], kept: dict[str, Any], margin: float = 1.0) -> bool:
    """Whether a claim has another word, or a number that lies beyond so many times the drift allowed."""
    if fresh["word"] != kept["word"] or type(fresh["measured"]) is not type(kept["measured"]):
        return True
    if not isinstance(kept["measured"], float):
        return fresh["measured"] != kept["measured"]
    return not abs(fresh["measured"] - kept["measured"]) <= margin * drift.allowed(kept)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` after so many seconds of the processor in the block."""

    def stop(signum: int, frame: Any) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGPROF, stop)
    # Again each second: code that turns whatever is raised into a record of a failed run goes on.
    signal.setitimer(signal.ITIMER_PROF, max(seconds, 1e-3), 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def in_turn(base: Unbroken) -> list[Column]:
    """The columns in the order in which they are shuffled.

    First come those that the notebook names, whole or by a beginning such as `loss_at_`: of each
    table in turn the one that holds most values, as what was measured does, then the next.
    """
    words = set(re.findall(r"\w+", "\n".join(cell.source for cell in base.cells)))
    begun = tuple(word for word in words if word.endswith("_") and word.strip("_"))
    found = []
    for slug, columns in base.columns.items():
        by_values = sorted(columns, key=lambda column: -columns[column])
        named = [column for column in by_values if column in words or column.startswith(begun)]
        unnamed = [column for column in by_values if column not in named]
        for group, some in enumerate((named, unnamed)):
            found += [(group, rank, Column(slug, column)) for rank, column in enumerate(some)]
    return [column for *_, column in sorted(found, key=lambda each: each[:2])]


def tried(names: dict[str, Any], text: str, excused: list[str], seconds: float) -> Shown:
    """Run a notebook unbroken, then with one column shuffled after another until each claim has moved.

    Columns are left out on whose table no claim that is waited for rests.

    Parameters
    ----------
    names
        The namespace to run in.
    text
        The cells, from `as_text`.
    excused
        Claims that no column need move: no column is shuffled for their sake alone.
    seconds
        What the shuffled runs may take together; more if that is less than `RUNS` unbroken ones.

    Returns
    -------
    Shown
        `columns`, each with `table`, `column`, `share`, the claims that `moved`, stayed the `same`
        or were `stopped`, whether it was `cut` short, what was `raised`, and its `seconds`;
        `untried` columns; `unmoved` claims; `hidden` tables, which library code loads;
        and whether the time was too `short`.
    """
    cells = from_text(text)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        started = time.process_time()
        base = unbroken(cells, names)
        usual = time.process_time() - started
        still, found, untried = set(base.measured) - set(excused), [], []
        ends = time.process_time() + (max(seconds, RUNS * usual) if seconds else 0.0)
        for column in in_turn(base):
            wanted, shares = still & base.reached(column.table), [*SHARES]
            if not wanted or time.process_time() >= ends:
                untried.append(f"{column.table}.{column.column}")
            while wanted and shares and (left := ends - time.process_time()) > 0:
                tried = one(
                    base, names, replace(column, share=shares.pop(0)), min(left, PATIENCE * usual + BESIDES)
                )
                found.append(tried)
                still -= set(tried["moved"])
                # Where a claim was measured as it was, fewer shuffled rows would not move it either.
                wanted = still & (base.reached(column.table) - set(tried["same"]))
        names.update(snapshot(base.names))
    return Shown(
        {
            "columns": found,
            "untried": untried,
            "unmoved": sorted(set(base.measured) - {id for column in found for id in column["moved"]}),
            "hidden": sorted(base.hidden),
            "short": time.process_time() >= ends,
        }
    )


def one(base: Unbroken, names: dict[str, Any], column: Column, seconds: float) -> dict[str, Any]:
    """Which claims a shuffled column moves, which it leaves, and which it stops from being measured."""
    names.update(snapshot(base.names))
    cells = [base.cells[i] for i in base.reruns[column.table]]
    started, raised, cut = time.process_time(), [], False
    try:
        with within(seconds):
            raised = shuffled_run(names, cells, column, hidden=column.table in base.hidden)
    except OutOfTime:
        cut = True
    after = {id: verdict.record() for id, verdict in names["paper"].found.items()}
    others = {id for id in after if moved(after[id], base.measured[id])}
    return {
        "table": column.table,
        "column": column.column,
        "share": column.share,
        "moved": sorted(others),
        "same": sorted(set(after) - others),
        "stopped": [] if cut else sorted(base.reached(column.table) - set(after)),
        "cut": cut,
        "raised": raised,
        "seconds": round(time.process_time() - started, 1),
    }


def again(names: dict[str, Any], text: str, column: tuple[str, str, float], *, hidden: bool) -> Shown:
    """Shuffle one column once more, in a notebook that has run; show what its claims measure then.

    Where the table is `hidden`, caches of the library may hold what was made of it.
    """
    cells, chosen = from_text(text), Column(*column)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        raised = shuffled_run(names, cells, chosen, hidden=hidden)
    found = {id: verdict.record() for id, verdict in names["paper"].found.items()}
    return Shown({"shuffled": list(column), "verdicts": found, "raised": raised})
