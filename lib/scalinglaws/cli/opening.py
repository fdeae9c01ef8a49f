"""The command that shows a notebook: its page in a browser, or the notebook itself in JupyterLab."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from scalinglaws.cli.options import Output, completed
from scalinglaws.cli.terminal import fail
from scalinglaws.notebooks import files

HOW = "'make book' makes the site of all notebooks, 'scalinglaws run {what} --html' pages of a run of yours"


def open_(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Notebook: its number, its name or a part of it. Without one: the page that leads to all.",
            show_default=False,
            autocompletion=completed,
        ),
    ] = None,
    lab: Annotated[
        bool, typer.Option("--lab", help="Open the notebook in JupyterLab, to change and run it.")
    ] = False,
    output: Output = Path("out"),
) -> None:
    """Show a notebook: its page in a browser, or else itself in JupyterLab.

    The page is that of the book (`make book`), or else that of your last
    run with --html. Where there is neither, JupyterLab opens the notebook.
    Exit 1 if there is nothing to show, or nothing to show it with.
    """
    try:
        notebook = None if name is None else files.locate(name)
    except files.NotebookError as error:
        fail(str(error), 2)
    page = None if lab else page_of(notebook, output)
    if page is not None:
        show(page)
        return
    if not lab:
        how = HOW.format(what=notebook.stem[:2] if notebook else "--all")
        if notebook is None:
            fail(f"there is no page in {output} yet: {how}")
        typer.echo(f"there is no page of {notebook.stem} in {output} yet ({how})", err=True)
    start(notebook or files.folder())


def page_of(notebook: Path | None, output: Path) -> Path | None:
    """The page of a notebook, or the one that leads to all: the book's, or else that of a run; None without any."""
    book = output / "book"
    if notebook is None:
        places = [book / "index.html", output / "index.html"]
    else:
        places = [book / "notebooks" / f"{notebook.stem}.html", output / f"{notebook.stem}.html"]
    return next(filter(Path.is_file, places), None)


def show(page: Path) -> None:
    """Open a page in the browser that the machine has chosen."""
    if not webbrowser.open(page.resolve().as_uri()):
        fail(f"there is no browser to be opened from here; the page is {page}")
    typer.echo(f"opened {page}")


def start(place: Path) -> None:
    """Run JupyterLab on a notebook or a folder until it is closed; its status is ours."""
    if importlib.util.find_spec("jupyterlab") is None:
        fail("JupyterLab is not installed: run pip install 'scalinglaws[notebooks]'")
    typer.echo(f"JupyterLab opens {place.name}; Ctrl-C here ends it", err=True)
    if subprocess.call([sys.executable, "-m", "jupyterlab", str(place)]):
        fail("JupyterLab ended with an error, which stands above")
