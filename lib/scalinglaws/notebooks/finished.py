"""Runs that finished before something else stopped their command, taken up by the next one where nothing has changed.

`run --write` executes a notebook some six times before it keeps anything. What has finished stays in a
folder of its output, marked by all that it rests on: the notebook, its claims, our code, the tables,
and the versions of the packages. A run with another mark is made again.
"""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from scalinglaws import repository
from scalinglaws.notebooks import files
from scalinglaws.notebooks.execute import Outcome
from scalinglaws.notebooks.formats import NotebookNode

#: Tasks as `execute.outcomes` takes them: the notebook, where its executed copy is kept, its parameters.
Tasks = Mapping[str, tuple[NotebookNode, Path, dict[str, Any]]]
MARK = "rests_on"


def mark() -> str:
    """A digest of our code, of claims and tables, and of the versions of all packages."""
    root = repository.data_folder().parent
    texts = [*root.glob("lib/**/*.py"), *root.glob("data/claims/*.toml"), *root.glob("data/*/*/SOURCE.json")]
    digest = hashlib.sha256()
    for path in sorted(texts):
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    packages = {(each.metadata["Name"], each.version) for each in metadata.distributions()}
    digest.update(repr(sorted(map(str, packages))).encode())
    return digest.hexdigest()


def marked(tasks: Tasks) -> dict[str, tuple[NotebookNode, Path, dict[str, Any]]]:
    """The tasks with notebooks that carry the mark of their runs."""
    common, found = mark(), {}
    for name, (notebook, place, parameters) in tasks.items():
        sources = [(cell.cell_type, files.tags(cell), cell.source) for cell in notebook.cells]
        own = hashlib.sha256(json.dumps([common, sources, parameters]).encode()).hexdigest()
        notebook = copy.deepcopy(notebook)
        notebook.metadata[MARK] = own
        found[name] = notebook, place, parameters
    return found


def taken_up(tasks: Tasks) -> dict[str, Outcome]:
    """The outcomes of those marked tasks whose runs lie finished where they are kept."""
    found = {}
    for name, (notebook, place, _) in tasks.items():
        try:
            before = files.read(place)
        except files.NotebookError:
            continue
        if before.metadata.get(MARK) == notebook.metadata[MARK]:
            found[name] = Outcome(name, 0.0, notebook=before)
    return found


def forget(folder: Path) -> None:
    """Remove a folder of finished runs, once they have been kept or are of no use."""
    shutil.rmtree(folder, ignore_errors=True)
