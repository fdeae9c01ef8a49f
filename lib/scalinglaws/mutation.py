"""Break what the claims rest on, run the notebook again, and see the words change.

One execution of a mutated notebook holds one pass per declared mutation. In each pass the
notebook's own cells run from a clean namespace, but right after the cell that binds the
mutation's target an injected cell replaces that name. Nothing in the library knows of it.
"""

from __future__ import annotations

import ast
from typing import Any

import nbformat
from nbformat import NotebookNode

from scalinglaws import notebooks
from scalinglaws.replication import Replication

CLEAN = "get_ipython().run_line_magic('reset', '-f')"
INJECTED = """
_mutation = {{m.name: m for m in paper.declared_mutations}}[{name!r}]
{target} = _mutation.apply({target})
print("MUTATED:", _mutation.name)
"""
MARK = """
paper.mutated = {name!r}
print("MUTATED:", paper.mutated)
"""


def binds(source: str, name: str) -> bool:
    """Whether a cell imports, defines or assigns a name at its top level."""
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound = [(alias.asname or alias.name).split(".")[0] for alias in node.names]
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound = [node.name]
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            bound = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        else:
            continue
        if name in bound:
            return True
    return False


def mutated(notebook: NotebookNode, paper: Replication) -> NotebookNode:
    """A notebook that runs one pass per mutation; figures are left out.

    Raises
    ------
    NotebookError
        If a mutation's target is bound nowhere in the notebook.
    """
    broken = nbformat.v4.new_notebook(metadata=notebook.metadata)

    def add(source: str) -> None:
        broken.cells.append(nbformat.v4.new_code_cell(source.strip()))

    for mutation in paper.declared_mutations:
        add(CLEAN)
        injected = False
        for cell in notebooks.code(notebook):
            if notebooks.TAG_FIGURE in notebooks.tags(cell):
                continue
            add(cell.source)
            if notebooks.TAG_CLAIMS in notebooks.tags(cell):
                add(MARK.format(name=mutation.name))
            if not injected and binds(cell.source, mutation.target):
                add(INJECTED.format(name=mutation.name, target=mutation.target))
                injected = True
        if not injected:
            raise notebooks.NotebookError(f"mutation {mutation.name!r}: no cell binds {mutation.target!r}")
    return broken


def survivors(paper: Replication, pinned: dict[str, Any], found: list[dict[str, Any]]) -> list[str]:
    """What a mutated run should have changed and did not, or changed and should not have.

    Parameters
    ----------
    paper
        The notebook's declarations.
    pinned
        The verdict record kept in `data/verdicts`.
    found
        The records of the mutated run, one per mutation, in order.

    Returns
    -------
    list of str
        One sentence for each offence; empty if every mutation did what it says.
    """
    before = {verdict["id"]: verdict["word"] for verdict in pinned["verdicts"]}
    problems = []
    if [record["mutated"] for record in found] != [m.name for m in paper.declared_mutations]:
        return [f"the mutated run ended with {len(found)} of {len(paper.declared_mutations)} records"]
    for mutation, record in zip(paper.declared_mutations, found, strict=True):
        after = {verdict["id"]: verdict["word"] for verdict in record["verdicts"]}
        for claim, word in before.items():
            if claim in mutation.changes and after[claim] == word:
                problems.append(f"{mutation.name!r} leaves {claim!r} {word!r}, but should change it")
            if claim not in mutation.changes and after[claim] != word:
                problems.append(
                    f"{mutation.name!r} turns {claim!r} from {word!r} to {after[claim]!r}, "
                    "but does not name it"
                )
    return problems
