"""What several commands take: notebooks, how many at a time, where to put what they make."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from scalinglaws.cli.terminal import fail
from scalinglaws.errors import UserError
from scalinglaws.notebooks import files


def completed(incomplete: str) -> Iterator[str]:
    """The notebooks that a word on the command line may become."""
    with contextlib.suppress(UserError):
        yield from (name for name in files.names() if name.startswith(incomplete))


def scales(incomplete: str) -> Iterator[str]:
    """The scales that a word on the command line may become."""
    return (scale for scale in ("ci", "full") if scale.startswith(incomplete))


Names = Annotated[
    list[str] | None,
    typer.Argument(
        help="Notebooks: their numbers, names or parts of names.",
        show_default=False,
        autocompletion=completed,
    ),
]
Everything = Annotated[bool, typer.Option("--all", help="Every notebook.")]
Jobs = Annotated[int, typer.Option(min=1, help="How many notebooks at a time.")]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds that one cell may take.")]
Output = Annotated[Path, typer.Option(help="Folder for executed copies, HTML and verdicts.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs instead.")]


def chosen(names: list[str] | None, everything: bool, claiming: bool = False) -> list[str]:
    """The notebooks meant by the command line, in reading order; `claiming`: only such as state claims."""
    if everything == bool(names):
        fail("name notebooks, or say --all", 2)
    try:
        picked = sorted({files.locate(name).stem for name in names or files.names()})
    except files.NotebookError as error:
        fail(str(error), 2)
    if claiming and names and (guides := [name for name in picked if files.without_claims(name)]):
        fail(f"{', '.join(guides)}: states no claims, so that there are no verdicts to look at", 2)
    return [name for name in picked if not (claiming and files.without_claims(name))]
