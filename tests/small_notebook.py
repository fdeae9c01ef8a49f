"""A notebook of a few cells with all that the runner needs, for tests to run and to break."""

from __future__ import annotations

import nbformat

from scalinglaws import notebooks

CLAIMS = """
from scalinglaws import Claim, Mutation, Replication

paper = Replication("{name}")
said = dict(statement="s", source="Table 1", why="rounding", evidence="theory")
paper.claims(
    Claim("one", paper=1.0, rival=2.0, within=0.1, **said),
    Claim("two", paper=2.0, rival=1.0, within=0.1, **said),
)
paper.mutations(
    Mutation("one is two", ("one",), lambda f: lambda: 2.0, target="one"),
    Mutation("two is one", ("two",), lambda f: lambda: 1.0, target="two"),
)
"""
LAWS = """
def one():
    return 1.0


def two():
    return 2.0
"""
MEASURE = 'paper.measured("one", one())\npaper.measured("two", two())'


def small(name: str, body: str = "", measure: str = MEASURE, claims: str = CLAIMS) -> nbformat.NotebookNode:
    """A notebook of a few cells with the tags that the runner needs."""
    cells = [
        ("claims", claims.format(name=name)),
        ("parameters", 'scale = "ci"\nseed = 0\ndraws = 10'),
        ("", LAWS),
        ("", body or "draws"),
        ("", measure),
        ("nbval-check-output", notebooks.VERDICT[0]),
        *(("", source) for source in notebooks.VERDICT[1:]),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# {name}")])
    for tag, source in cells:
        metadata = {"tags": [tag]} if tag else {}
        notebook.cells.append(nbformat.v4.new_code_cell(source.strip(), metadata=metadata))
    return notebook
