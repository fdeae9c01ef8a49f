"""The null of each notebook, as it is kept: which claims move under which shuffled column.

It is found when verdicts are written (or by `scalinglaws null`), kept beside them in
`data/verdicts/null`, and one column of each is shuffled again by the tests. A claim that moves
under no column does not land, but for two kinds that no column could move: `arithmetic`, which
follows from other claims or from counting and is never tallied; and what is computed here from
no table, live or in theory. Of that a stated mutation must break what computes it: a formula of
its arguments, or a name that is made, through other names of the notebook, by code which it
imports. A typed number is not, nor is a function that gives one back. Where such a claim is
unstable it is inconclusive whatever is measured, and there is nothing to break.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scalinglaws import repository
from scalinglaws.claims import Claim, Stated, verdicts
from scalinglaws.errors import UserError
from scalinglaws.notebooks import dependence, files, permuted
from scalinglaws.notebooks.formats import NotebookNode, nbformat
from scalinglaws.text import counted

#: A kept move must come out again by this part of the drift; a new one counts beyond its inverse.
MARGIN = 0.1
#: Packages that compute nothing by themselves: `np.round(1.0)` is as typed as 1.0.
PLAIN = {"numpy", "pandas", "math", "functools", "itertools", "collections", "warnings"}
#: Names that a notebook imports and that compute nothing that it could claim.
NOTHING = {"load", "provenance", "paper", "Replication"}


class NoNull(UserError):
    """No null of a notebook is kept, or it is damaged; with what to do."""


def path_of(name: str) -> Path:
    """Where the null of a notebook is kept."""
    return verdicts.folder() / "null" / f"{name}.json"


def read(name: str) -> dict[str, Any]:
    """The null that is kept of a notebook.

    Raises
    ------
    NoNull
        If there is none, or it is damaged.
    """
    path = path_of(name)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoNull(f"no null of {name} is kept; 'scalinglaws null {name} --write' keeps it") from error
    except ValueError as error:
        raise NoNull(f"{path} is damaged ({error}); restore it with git") from error


def keep(name: str, record: dict[str, Any]) -> None:
    """Keep the null of a notebook."""
    path_of(name).parent.mkdir(exist_ok=True)
    repository.write_atomically(path_of(name), verdicts.dumps(record))


def prepared(notebook: NotebookNode, excused: list[str], seconds: float) -> NotebookNode:
    """A notebook of one cell, which runs another one unbroken and then with its columns shuffled."""
    text = permuted.as_text(dependence.resting(notebook))
    source = permuted.TRIED.strip().format(cells=text, excused=excused, seconds=seconds)
    return nbformat.v4.new_notebook(metadata=notebook.metadata, cells=[nbformat.v4.new_code_cell(source)])


def record(found: dict[str, Any], paper: Stated, notebook: NotebookNode) -> dict[str, Any]:
    """What is kept of a null.

    Parameters
    ----------
    found
        What `permuted.tried` shows.
    paper, notebook
        What is claimed, and the notebook.

    Returns
    -------
    dict
        `columns` in the order in which they were shuffled, each with `table`, `column`, `share`
        of the rows, the claims that it `moved` and `stopped`, and whether it was `cut` short;
        `untried` columns, which no claim was waiting for or no time was left for; `hidden`
        tables; whether the time was too `short`; `covered`, of what rests on no table: claim ->
        why no column need move it; `unmoved`, the claims that do not land.
    """
    said = ("table", "column", "share", "moved", "stopped", "cut")
    excused = excuses(paper, notebook)
    return {
        "columns": [{key: column[key] for key in said} for column in found["columns"]],
        "untried": found["untried"],
        "hidden": found["hidden"],
        "short": found["short"],
        "covered": {id: excused[id] for id in found["unmoved"] if id in excused},
        "unmoved": [id for id in found["unmoved"] if id not in excused],
    }


def excuses(paper: Stated, notebook: NotebookNode) -> dict[str, str]:
    """The claims that no column need move, and why."""
    found = {claim.id: excuse(claim, paper, notebook) for claim in paper.claims}
    return {id: said for id, said in found.items() if said}


def excuse(claim: Claim, paper: Stated, notebook: NotebookNode) -> str:
    """Why no column need move a claim; empty if one must."""
    if claim.role == "arithmetic":
        return "arithmetic"
    if claim.role != "live" and claim.evidence != "theory":
        return ""
    # The word is inconclusive whatever is measured, so that neither a mutation nor a shuffle can move it.
    if claim.unstable:
        return "unstable: inconclusive whatever is measured"
    by = [m.name for m in paper.mutations if claim.id in m.changes and computes(notebook, m.target)]
    return "; ".join(f"mutation: {name}" for name in by)


def computes(notebook: NotebookNode, target: str) -> bool:
    """Whether a name of a notebook is made by code which it imports, or is a formula of its arguments."""
    made: dict[str, set[str]] = {}
    brought: set[str] = set()
    for cell in files.code(notebook):
        for statement in ast.parse(cell.source).body:
            read, changed = dependence.names_in(statement)
            if isinstance(statement, ast.FunctionDef) and statement.name == target and formula(statement):
                return True
            if isinstance(statement, ast.ImportFrom | ast.Import):
                origin = getattr(statement, "module", None) or statement.names[0].name
                brought |= changed if origin.partition(".")[0] not in PLAIN else set()
            for name in changed:
                made[name] = made.get(name, set()) | read
    reached, waiting = set(), {target}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= made.get(name, set()) - reached - NOTHING
    return bool(reached & brought - NOTHING)


def formula(function: ast.FunctionDef) -> bool:
    """Whether a function reads what it is called with."""
    arguments = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    read = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return bool(arguments & read)


def told(name: str, kept: dict[str, Any]) -> str:
    """What a null found, in a line."""
    moved = {id for column in kept["columns"] for id in column["moved"]}
    tried = len({(column["table"], column["column"]) for column in kept["columns"]})
    rest = f"; on no table rest {', '.join(kept['covered'])}" if kept["covered"] else ""
    return (
        f"{name}: {counted(tried, 'column')} shuffled, {len(kept['untried'])} not; "
        f"{counted(len(moved), 'claim')} moved{rest}"
    )


def problems(name: str, kept: dict[str, Any]) -> list[str]:
    """A sentence for each claim that no column moves."""
    tried = counted(len({(column["table"], column["column"]) for column in kept["columns"]}), "column")
    stopped = {id for column in kept["columns"] for id in column["stopped"]}
    typed = "it is a typed number, or rests on the number of rows alone"
    if kept["short"] or any(column["cut"] for column in kept["columns"]):
        typed += f", or on columns not reached in time: try 'scalinglaws null {name} --seconds 600'"
    halted = "it was stopped, and never measured as anything else"
    return [
        f"{name}: no column moves {id!r} ({tried} shuffled): {halted if id in stopped else typed}"
        for id in kept["unmoved"]
    ]


def strongest(kept: dict[str, Any]) -> permuted.Column | None:
    """The column that moved most claims, of those that were not cut short; None if none moved any."""
    whole = [column for column in kept["columns"] if not column["cut"]]
    best = max(whole, key=lambda column: len(column["moved"]), default={"moved": []})
    return permuted.Column(best["table"], best["column"], best["share"]) if best["moved"] else None


def repeated(broken: NotebookNode, notebook: NotebookNode, kept: dict[str, Any]) -> NotebookNode:
    """A mutated notebook that shuffles one column at its end, as the kept null did."""
    if column := strongest(kept):
        cells, hidden = dependence.resting(notebook), column.table in kept["hidden"]
        again = permuted.depending(cells, column.table, hidden, files.code(notebook))
        source = permuted.AGAIN.strip().format(
            cells=permuted.as_text([cells[place] for place in again]),
            column=(column.table, column.column, column.share),
            hidden=hidden,
        )
        broken.cells.append(nbformat.v4.new_code_cell(source))
    return broken


def parted(records: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The records of a mutated run, and what it measured with a column shuffled, if it did so."""
    plain = [record for record in records if "shuffled" not in record]
    return plain, next((record for record in records if "shuffled" in record), None)


def departures(kept: dict[str, Any], found: Mapping[str, Any] | None, pinned: dict[str, Any]) -> list[str]:
    """Where a column that is shuffled once more moves other claims than are kept.

    Parameters
    ----------
    kept
        The null.
    found
        What `permuted.again` shows; None if it never ran.
    pinned
        The verdict record kept.
    """
    column = strongest(kept)
    if column is None:
        return []
    if found is None or list(found["shuffled"]) != [column.table, column.column, column.share]:
        return [f"the run ended before {column.table}.{column.column} was shuffled"]
    (entry,) = [
        each
        for each in kept["columns"]
        if permuted.Column(each["table"], each["column"], each["share"]) == column
    ]
    before = {verdict["id"]: verdict for verdict in pinned["verdicts"]}
    called = f"{column.table}.{column.column} shuffled"
    others = []
    for id in entry["moved"]:
        if id not in found["verdicts"]:
            if not found["raised"]:
                others.append(f"{called} does not reach {id!r}, which it moved")
        elif id in before and not permuted.moved(found["verdicts"][id], before[id], MARGIN):
            others.append(f"{called} leaves {id!r} as it was, which it moved")
    for id, verdict in found["verdicts"].items():
        stayed = id in before and id not in entry["moved"] and id not in entry["stopped"]
        if stayed and permuted.moved(verdict, before[id], 1 / MARGIN):
            others.append(f"{called} moves {id!r}, which it left as it was")
    return others
