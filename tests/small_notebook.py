"""A notebook of a few cells with all that the runner needs, and its claims file, to run and to break."""

from __future__ import annotations

import nbformat

from scalinglaws.notebooks import files


def stating(id: str, paper: float, rival: float) -> str:
    """One claim of a claims file."""
    return f"""
[[claim]]
id = "{id}"
group = "numbers"
role = "independent"
evidence = "theory"
kind = "value"
statement = "s"
paper = {paper}
source = "Table 1"
rival = {rival}
within = 0.1
tolerance = "named choice: a tenth"
why = "the rival is the other number"
"""


FINDING = 'finding = "One is one, and two is two [one, two]."\n'
MUTATIONS = """
[[mutation]]
name = "one is two"
target = "one"
changes = ["one"]

[[mutation]]
name = "two is one"
target = "two"
changes = ["two"]
"""
#: The claims file of each small notebook.
STATED = FINDING + stating("one", 1.0, 2.0) + stating("two", 2.0, 1.0) + MUTATIONS
CLAIMS = """
from scalinglaws import Replication

paper = Replication("NAME")
"""
#: A claims cell that brings its claims along, for notebooks that are executed where they have no file.
ALONE = f"""
from scalinglaws import Replication
from scalinglaws.claims.stated import parsed

paper = Replication("NAME", parsed({STATED!r}, "claims"))
"""
EDITS = """
paper.mutations({"one is two": lambda f: lambda: 2.0, "two is one": lambda f: lambda: 1.0})
"""
LAWS = """
def one():
    return 1.0


def two():
    return 2.0
"""
MEASURE = 'paper.measured("one", one())\npaper.measured("two", two())'
FALSIFY = 'paper.without_effect("one taken for two", "one", 2.0)'


def small(
    name: str,
    body: str = "",
    measure: str = MEASURE,
    claims: str = CLAIMS,
    falsify: str = FALSIFY,
    edits: str = EDITS,
) -> nbformat.NotebookNode:
    """A notebook of a few cells with the tags that the runner needs."""
    cells = [
        (files.TAG_CLAIMS, claims.replace("NAME", name)),
        (files.TAG_PARAMETERS, 'scale = "ci"\nseed = 0\ndraws = 10'),
        ("", LAWS),
        ("", body or "draws"),
        ("", measure),
        (files.TAG_FALSIFICATION, falsify),
        (files.TAG_MUTATIONS, edits),
        (files.TAG_VERDICT, files.VERDICT[0]),
        *(("", source) for source in files.VERDICT[1:]),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# {name}")])
    for tag, source in cells:
        metadata = {"tags": [tag]} if tag else {}
        notebook.cells.append(nbformat.v4.new_code_cell(source.strip(), metadata=metadata))
    return notebook
