"""The folded solutions of a notebook's exercises: they must run in the namespace that the notebook leaves behind."""

from __future__ import annotations

import re
from typing import Any

from scalinglaws.claims.snapshot import snapshot
from scalinglaws.notebooks.formats import NotebookNode
from scalinglaws.notebooks.permuted import OutOfTime, within
from scalinglaws.notebooks.prose import FOLDED

PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
#: CPU seconds that a solution is given; one that has raised nothing by then is taken to raise nothing.
PATIENCE = 10.0

RUN = """
from scalinglaws.notebooks.solutions import run as _run_solutions

_run_solutions(globals(), {sources!r})
"""


def solutions(notebook: NotebookNode) -> list[str]:
    """The code of each folded solution that has any, in order."""
    folded = [text for c in notebook.cells if c.cell_type == "markdown" for text in FOLDED.findall(c.source)]
    return [code for text in folded if (code := "\n".join(PYTHON.findall(text)))]


def run(names: dict[str, Any], sources: list[str], seconds: float = PATIENCE) -> None:
    """Run each solution on a copy of a notebook's names, which are as they were for the next one and at the end.

    Parameters
    ----------
    names
        The namespace.
    sources
        The solutions.
    seconds
        CPU seconds after which one is stopped.

    Raises
    ------
    Exception
        What a solution raises; its number is in the traceback.
    """
    for number, source in enumerate(sources, 1):
        try:
            with within(seconds):
                exec(compile(source, f"<solution {number}>", "exec"), snapshot(names))
        except OutOfTime:
            print(f"solution {number} was stopped after {seconds:g} s, without an error")
