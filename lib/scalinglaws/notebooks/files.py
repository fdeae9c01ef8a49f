"""Notebooks as files: where they are, what they declare, how they are kept in git."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scalinglaws import repository
from scalinglaws.errors import UserError
from scalinglaws.text import article, instead

if TYPE_CHECKING:
    from scalinglaws.notebooks.formats import NotebookNode

TAG_CLAIMS = "claims"
TAG_PARAMETERS = "parameters"
TAG_FIGURE = "figure"
TAG_FALSIFICATION = "falsification"
TAG_MUTATIONS = "mutations"
TAG_VERDICT = "nbval-check-output"
#: The cells of the verdict, one after the other: the words, which are tagged and compared
#: exactly; the table of numbers; the record, within whose tolerances `check` compares them.
VERDICT = ("paper.words()", "paper.verdicts()", "paper.record(scale, seed)")
#: A line that IPython understands and Python does not.
MAGIC = re.compile(r"^\s*[%!]", re.MULTILINE)


class NotebookError(UserError):
    """A notebook that is missing or not what it should be, with what to do."""


class ParameterError(NotebookError):
    """A parameter that a notebook does not take: who asked for it is wrong, not the notebook."""


def folder() -> Path:
    """The repository's `notebooks/` folder."""
    return repository.data_folder().parent / "notebooks"


def names() -> list[str]:
    """The names of all notebooks, in reading order."""
    return sorted(path.stem for path in folder().glob("[0-9][0-9]_*.ipynb"))


def without_claims(name: str) -> bool:
    """Whether a notebook replicates nothing: it shows how something is done, or looks at the suite itself.

    Those of chapter 0 do the one, those of chapter 9 the other. They state no claims, so they have no claims file, no
    verdict, and nothing that a mutation could break; in all else, in how they are read, run, tested and kept, they are
    notebooks like the others.
    """
    return name.startswith("0") or counts_verdicts(name)


def counts_verdicts(name: str) -> bool:
    """Whether a notebook is made from the verdicts of the others, and so runs after them whenever they are kept anew."""
    return name.startswith("9")


def replications() -> list[str]:
    """The names of the notebooks that state claims, in reading order."""
    return [name for name in names() if not without_claims(name)]


def locate(name: str) -> Path:
    """The path of a notebook, by its number, its name, a part of its name, or its file.

    Raises
    ------
    NotebookError
        If no notebook, or more than one, is meant; says which come near.
    """
    stem, known = Path(name).stem.lower(), names()
    found = [n for n in known if stem in (n, n.partition("_")[0])]
    if not found and stem and not stem.isdecimal():
        found = [n for n in known if stem in n]
    if len(found) == 1:
        return folder() / f"{found[0]}.ipynb"
    if found:
        raise NotebookError(f"{name!r} may be any of {', '.join(found)}: write more of the name")
    parts = {part: n for n in reversed(known) for part in (*n.split("_")[1:], n.partition("_")[2], n)}
    raise NotebookError(f"no notebook {name!r}; {instead(stem, parts)}")


def read(path: Path) -> NotebookNode:
    """Read a notebook.

    Raises
    ------
    NotebookError
        If the file is missing or no notebook.
    """
    from scalinglaws.notebooks.formats import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError as error:
        raise NotebookError(f"{path} does not exist") from error
    except Exception as error:
        raise NotebookError(f"{path} is no readable notebook: {error}") from error


def glance(path: Path) -> dict[str, Any]:
    """A notebook as the JSON it is kept in, which is there at once; `read` takes seconds to start.

    Raises
    ------
    NotebookError
        If the file is missing or no notebook.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotebookError(f"{path} does not exist") from error
    except (ValueError, RecursionError, OSError) as error:
        raise NotebookError(f"{path} is no readable notebook: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise NotebookError(f"{path} is no readable notebook: it holds no list of cells")
    return found


def dumps(notebook: NotebookNode) -> str:
    """A notebook as the text of its file."""
    from scalinglaws.notebooks.formats import nbformat

    return nbformat.writes(notebook) + "\n"


def save(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook so that a kill leaves the old file or the new one, whole."""
    repository.write_atomically(path, dumps(notebook))


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell.

    Raises
    ------
    NotebookError
        If they are no list of words.
    """
    found = cell.metadata.get("tags", [])
    if not isinstance(found, list) or not all(isinstance(tag, str) for tag in found):
        raise NotebookError(f"the tags of a cell are {found!r}, not a list of words")
    return found


def code(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells that are not empty."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def tagged(notebook: NotebookNode, tag: str) -> NotebookNode:
    """The one code cell with a tag.

    Raises
    ------
    NotebookError
        If there is none, or more than one.
    """
    found = [cell for cell in code(notebook) if tag in tags(cell)]
    if len(found) != 1:
        raise NotebookError(f"{len(found)} code cells are tagged {tag!r}; there must be one")
    return found[0]


def title(notebook: Mapping[str, Any]) -> str:
    """The heading of the first cell of a notebook, as `read` or `glance` gives it.

    Raises
    ------
    NotebookError
        If there is none.
    """
    try:
        lines = "".join(notebook["cells"][0]["source"]).strip().splitlines()
        found = lines[0].lstrip("# ").strip()
    except (IndexError, KeyError, TypeError):
        found = ""
    if not found:
        raise NotebookError("the first cell is no title")
    return found


def python(source: str, where: str) -> ast.Module:
    """The syntax tree of a cell.

    Raises
    ------
    NotebookError
        If it is no Python, in particular if it holds a magic.
    """
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:  # NUL characters are a ValueError
        if MAGIC.search(source):
            raise NotebookError(f"{where} holds a magic or shell line") from error
        raise NotebookError(f"{where} is no Python: {error}") from error


def trees(notebook: NotebookNode) -> list[ast.Module]:
    """The syntax trees of the code cells.

    Raises
    ------
    NotebookError
        If one is no Python.
    """
    return [python(cell.source, f"code cell {index}") for index, cell in enumerate(code(notebook), 1)]


def parameters(notebook: NotebookNode) -> dict[str, Any]:
    """The parameters cell as a dictionary; it holds plain assignments of literals only.

    Raises
    ------
    NotebookError
        If it holds anything else.
    """
    found = {}
    for node in python(tagged(notebook, TAG_PARAMETERS).source, "the parameters cell").body:
        try:
            (target,) = node.targets
            found[target.id] = ast.literal_eval(node.value)
        except (AttributeError, ValueError) as error:
            raise NotebookError(
                f"the parameters cell holds more than assignments of literals: {ast.unparse(node)}"
            ) from error
    return found


def given(notebook: NotebookNode, wanted: dict[str, Any]) -> dict[str, Any]:
    """Parameters to inject: known, and of the type of their default.

    papermill itself takes an unknown parameter for a new one and runs the defaults.

    Raises
    ------
    ParameterError
        For an unknown name, a wrong type, or an unknown scale.
    NotebookError
        If the notebook has no proper parameters cell.
    """
    defaults = parameters(notebook)
    for name, value in wanted.items():
        if name not in defaults:
            raise ParameterError(f"unknown parameter {name!r}; there are: {', '.join(defaults)}")
        kind = type(defaults[name])
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise ParameterError(f"parameter {name!r} is {article(kind.__name__)}, got {value!r}")
        if name == "scale" and value not in ("ci", "full"):
            raise ParameterError(f"scale is 'ci' or 'full', got {value!r}")
    return {name: value for name, value in wanted.items() if value != defaults[name]}


def uses(notebook: NotebookNode, name: str) -> bool:
    """Whether any cell reads a name, besides the last one, which only records it."""
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for tree in trees(notebook)[:-1]
        for node in ast.walk(tree)
    )


def records(notebook: NotebookNode) -> list[dict[str, Any]]:
    """The verdict records among the outputs, in order."""
    return [
        output.data["application/json"]
        for cell in code(notebook)
        for output in cell.get("outputs", [])
        if "application/json" in output.get("data", {})
    ]


def normalise(notebook: NotebookNode) -> NotebookNode:
    """The notebook as it is kept in git: the same run gives the same bytes.

    Keeps sources with their pasted pictures, tags, execution counts, text, tables, PNG with alt
    text and the verdict record; drops timings, identities and whatever the execution engine or
    an editor added.

    Raises
    ------
    NotebookError
        If a cell is of a type that there is not.
    """
    from scalinglaws.notebooks.formats import nbformat

    kept = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    prose = {"markdown": nbformat.v4.new_markdown_cell, "raw": nbformat.v4.new_raw_cell}
    for index, cell in enumerate(notebook.cells):
        metadata = {"tags": sorted(tags(cell))} if tags(cell) else {}
        clean = {"id": f"cell-{index:02d}", "metadata": metadata, "source": cell.source.rstrip()}
        if cell.cell_type in prose:
            pasted = {"attachments": cell.attachments} if cell.get("attachments") else {}
            kept.cells.append(prose[cell.cell_type](**clean, **pasted))
            continue
        if cell.cell_type != "code":
            raise NotebookError(
                f"cell {index + 1} is of the type {cell.cell_type!r}, which Jupyter does not have"
            )
        outputs = []
        for output in cell.outputs:
            if "metadata" in output:
                alt = output.metadata.get("image/png", {}).get("alt")
                output = output | {"metadata": {"image/png": {"alt": alt}} if alt else {}}
            # A kernel may flush one print in several pieces.
            if outputs and "text" in output and output.get("name") == outputs[-1].get("name"):
                outputs[-1].text += output.text
                continue
            outputs.append(nbformat.from_dict(output))
        kept.cells.append(
            nbformat.v4.new_code_cell(**clean, execution_count=cell.execution_count, outputs=outputs)
        )
    nbformat.validate(kept)
    return kept
