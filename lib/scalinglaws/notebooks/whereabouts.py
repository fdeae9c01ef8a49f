"""Where everything of a finding lies: what was stated, kept, computed, loaded, and checked independently."""

from __future__ import annotations

import ast
from pathlib import Path

from scalinglaws import repository
from scalinglaws.claims import verdicts
from scalinglaws.claims.stated import path_of
from scalinglaws.notebooks import files, null
from scalinglaws.notebooks.formats import NotebookNode
from scalinglaws.tables import loading


def places(name: str) -> dict[str, Path]:
    """What a finding consists of -> its file or folder, found by the stem rule whether or not it is there."""
    root, stem = repository.data_folder().parent, name.partition("_")[2]
    return {
        "claims": path_of(name),
        "verdicts": verdicts.folder() / f"{name}.json",
        "code": root / "lib" / "replications" / stem,
        "oracle": root / "tests" / "replications" / f"test_{stem}.py",
    }


def tables(name: str, notebook: NotebookNode) -> list[str]:
    """The stored tables that a notebook loads: those that its code names, and those that its null saw loaded."""
    named = {
        node.value
        for tree in files.trees(notebook)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    if null.path_of(name).is_file():
        kept = null.read(name)
        # Code that the notebook imports may load a table which the notebook never names.
        named |= {column["table"] for column in kept["columns"]} | set(kept["hidden"])
        named |= {column.partition(".")[0] for column in kept["untried"]}
    return [slug for slug in loading.folders() if slug in named]


def moved_with(name: str) -> dict[str, list[str]]:
    """Claim -> the tables of which one shuffled column was seen to move it; without claims that none moved."""
    if not null.path_of(name).is_file():
        return {}
    found: dict[str, list[str]] = {}
    for column in null.read(name)["columns"]:
        for id in column["moved"]:
            found.setdefault(id, [])
            if column["table"] not in found[id]:
                found[id].append(column["table"])
    return found
