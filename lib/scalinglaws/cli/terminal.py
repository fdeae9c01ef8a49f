"""What the command shows: failures, JSON, and tables that cut off no name and are coloured on a terminal only."""

from __future__ import annotations

import json
import shutil
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from scalinglaws import claims
from scalinglaws.claims import verdicts

#: Colours help to find a word; the word itself says all.
STYLES = {
    claims.REPLICATED: "green",
    claims.WIDER: "cyan",
    claims.PARTLY: "magenta",
    claims.INCONCLUSIVE: "yellow",
    claims.NOT_REPLICATED: "red",
    claims.UNTESTABLE: "dim",
}
#: A narrower terminal breaks lines by itself, so that names stay whole; a file or a pipe has no width.
NARROWEST, UNBOUNDED = 80, 1000
#: What the status says with which the command ends.
EXITS = {
    0: "all went well",
    1: "something failed, differs from what is kept, or is missing; a line that begins with 'error:' says what",
    2: "the call was not understood, and nothing was done: no such notebook, option or value",
    130: "it was interrupted by Ctrl-C; what it had kept until then is whole",
    143: "it was ended from outside (SIGTERM); what it had kept until then is whole",
}


def exits_in_words() -> str:
    """The statuses and what they say, a paragraph each, for the help."""
    return "\n\n".join(["It ends with status", *(f"{status}: {said}" for status, said in EXITS.items())])


def fail(message: str, status: int = 1) -> None:
    """Say what went wrong and stop with a status of EXITS."""
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(status)


def fail_if(problems: list[str]) -> None:
    """Say what went wrong, a line each, and stop; go on if nothing did."""
    if problems:
        fail("\n".join(problems))


def print_json(content: Any) -> None:
    """Print JSON for other programs: ASCII alone, so that it survives any console."""
    typer.echo(json.dumps(content, indent=1))


def columns() -> int:
    """How wide tables may be: what COLUMNS says, or the terminal's width."""
    return max(shutil.get_terminal_size((UNBOUNDED, 0)).columns, NARROWEST)


def show(table: Table) -> None:
    """Print a table."""
    Console(highlight=False, width=columns()).print(table)


def complaints() -> Console:
    """Where progress and failures are shown."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def plain(*headings: str | Column) -> Table:
    """A table without frames, of which long cells go on in the next line."""
    table = Table(*headings, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    return table


def listed(entries: list[dict[str, Any]]) -> Table:
    """Notebooks with their titles, claims and costs."""
    table = plain(
        Column("notebook", no_wrap=True),
        "title",
        Column("claims", justify="right"),
        Column("cost", no_wrap=True),
    )
    for each in entries:
        count = "none kept" if each["verdicts"] is None else str(len(each["verdicts"]))
        cells = each["name"], each["title"] or "–", count, verdicts.cost_in_words(each["cost"])
        table.add_row(*map(Text, cells))
    return table


def scoreboard(entries: list[dict[str, Any]]) -> Table:
    """Each claim with the paper's number, ours and the word, under the name of its notebook."""
    name = max((len(each["name"]) for each in entries), default=0)
    statements = [v["statement"] for each in entries for v in each["verdicts"] or ()]
    # Of fixed width, or the names in it would be cut up like any other text.
    width = min(max([name, *map(len, statements)]), max(name, columns() // 3))
    table = plain(
        Column("finding", width=width), "paper", "ours [95 % interval]", Column("verdict", no_wrap=True)
    )
    for each in entries:
        table.add_row(Text(each["name"], style="bold"))
        for verdict in each["verdicts"] or ():
            *cells, word = verdicts.row(verdict)
            word = Text(word.replace(", on", ",\non"), style=STYLES.get(verdict["word"], ""))
            table.add_row(*map(Text, cells), word)
        if each["verdicts"] is None:
            table.add_row(Text("no verdicts", style="italic"))
        table.add_section()
    return table


def tables_listed(rows: list[tuple[str, str, str, str]]) -> Table:
    """Tables of data: slug, where it is from, rows, title."""
    table = plain(Column("table", no_wrap=True), "from", Column("rows", justify="right"), "title")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
