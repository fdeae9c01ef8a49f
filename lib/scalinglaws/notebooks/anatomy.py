"""What every notebook must have, checked as text; and a new one that has it, unfilled."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from scalinglaws import repository
from scalinglaws.claims import ClaimError, stated
from scalinglaws.claims.checklist import BLANK
from scalinglaws.claims.stated import path_of
from scalinglaws.notebooks import cost, files, loose, prose
from scalinglaws.notebooks.formats import NotebookNode, nbformat
from scalinglaws.text import FILL, counted

MOST_CELLS = 40  # besides those of the verdict, which are the same everywhere
MOST_LINES = 240  # besides mutations and the checklist, which list what they must
MOST_LINES_A_CELL = 25
MOST_BYTES = 1_500_000
MOST_PARAMETERS = 6
FEWEST_WORDS = 400
OUTPUT_TYPES = {"text/plain", "text/html", "image/png", "application/json"}
UNJUDGED = "the falsification cell judges nothing: call paper.without_effect(...), which returns the word and keeps it"

FORBIDDEN = {
    files.MAGIC.pattern: "a magic or shell line",
    r"\bpip\b": "pip",
    r"sys\.path": "sys.path",
    r"https?://": "a web address in code",
    r"\bimport\s+\*": "a star import",
    r"\b(?:requests|urllib|socket|pooch|wandb|huggingface_hub)\b": "a network library",
    r"\bpickle\b|\.pkl\b": "pickle",
    r"""["'](?:/|~/|[A-Za-z]:\\)\w""": "an absolute path",
    r"\btqdm\b": "a progress bar",
}


def lines(cell: NotebookNode) -> int:
    """Lines of a cell that are not blank."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def lists(cell: NotebookNode) -> bool:
    """Whether a cell only lists what it must: the mutations, or the answers to the checklist."""
    return files.TAG_MUTATIONS in files.tags(cell) or cell.source.startswith("checklist(")


def problems(name: str) -> list[str]:
    """Everything in which a notebook departs from the anatomy, one sentence each."""
    path = files.locate(name)
    notebook, guide = files.read(path), files.without_claims(path.stem)
    if not notebook.cells:
        return ["it has no cells"]
    found = structure(notebook, guide) + cost.problems(notebook, path.stem)
    found += sources(notebook) + outputs(notebook, guide)
    if path.stat().st_size > MOST_BYTES:
        found.append(f"{path.stat().st_size // 1024} KB; at most {MOST_BYTES // 1024}")
    if not found and not guide and (named := named_by(notebook)) != path.stem:
        found.append(f"its Replication is named {named!r}; write its name out, and nothing else")
    claims_file = path_of(path.stem)
    if claims_file.is_file() and FILL.encode() in claims_file.read_bytes():
        found.append(f"not filled in: data/claims/{path.stem}.toml")
    try:
        claims = None if guide else stated(path.stem)
    except ClaimError as error:
        found.append(str(error))
    if found:
        return found
    unsaid = loose.measurements(notebook)
    return prose.problems(notebook, claims) + [
        f"code cell {number} measures a fit made with strict=False and names neither fit= nor unproved=: {call}"
        for number, call in unsaid
    ]


def named_by(notebook: NotebookNode) -> str | None:
    """The name that the claims cell gives its Replication, read as text: nothing is executed."""
    for node in ast.walk(ast.parse(files.tagged(notebook, files.TAG_CLAIMS).source)):
        match node:
            case ast.Call(func=ast.Name("Replication"), args=[ast.Constant(str(name))], keywords=[]):
                return name
    return None


def judges(cell: NotebookNode) -> bool:
    """Whether a cell calls `paper.without_effect`: in code, not in a comment or a text.

    Raises
    ------
    NotebookError
        If the cell is no Python.
    """
    for node in ast.walk(files.python(cell.source, "the falsification cell")):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("paper"), attr="without_effect")):
                return True
    return False


def structure(notebook: NotebookNode, guide: bool = False) -> list[str]:
    """Order, tags, sizes; of a guide without what claims and verdicts ask for."""
    found = []
    code = files.code(notebook)
    own = [cell for cell in notebook.cells if cell.source.strip() not in files.VERDICT]
    if len(own) > MOST_CELLS:
        found.append(f"{counted(len(own), 'cell')} besides the verdict's; at most {MOST_CELLS}")
    if (total := sum(lines(cell) for cell in code if cell in own and not lists(cell))) > MOST_LINES:
        found.append(f"{counted(total, 'line')} of code; at most {MOST_LINES}")
    for index, cell in enumerate(code, 1):
        if not lists(cell) and lines(cell) > MOST_LINES_A_CELL:
            found.append(f"code cell {index} has {counted(lines(cell), 'line')}; at most {MOST_LINES_A_CELL}")
        if "# fmt: off" in cell.source:
            found.append(f"code cell {index} turns the formatter off; let it break lines as everywhere")
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        found.append("the first cell is no title")
    if "arxiv.org/abs/" not in first.source:
        found.append("the title cell cites no paper (a link to arxiv.org/abs/...)")
    words = sum(len(c.source.split()) for c in notebook.cells if c.cell_type == "markdown")
    if words < FEWEST_WORDS:
        found.append(f"{counted(words, 'word')} of prose; a student needs at least {FEWEST_WORDS}")
    if not guide:
        found += judgement(notebook)
    try:
        declared = files.parameters(notebook)
    except files.NotebookError as error:
        return [*found, str(error)]
    if code.index(files.tagged(notebook, files.TAG_PARAMETERS)) != (0 if guide else 1):
        found.append(f"the parameters are not the {'first' if guide else 'second'} code cell")
    if (declared.get("scale"), declared.get("seed")) != ("ci", 0):
        found.append('the parameters do not start with scale = "ci" and seed = 0')
    if len(declared) > MOST_PARAMETERS:
        found.append(f"{counted(len(declared), 'parameter')}; at most {MOST_PARAMETERS}")
    return found


def judgement(notebook: NotebookNode) -> list[str]:
    """The claims before any result; falsification, mutations and verdict, in this order."""
    found, places, code = [], {}, files.code(notebook)
    for tag in (files.TAG_CLAIMS, files.TAG_FALSIFICATION, files.TAG_MUTATIONS, files.TAG_VERDICT):
        try:
            places[tag] = code.index(files.tagged(notebook, tag))
        except files.NotebookError as error:
            found.append(str(error))
    if found:
        return found
    if places[files.TAG_CLAIMS] != 0:
        found.append("the claims are not the first code cell: state them before any result")
    falsification = code[places[files.TAG_FALSIFICATION]]
    if re.search(r"paper\.(measured|data_check)", falsification.source):
        found.append("the falsification cell measures a claim; mutated runs leave that cell out")
    try:
        if not judges(falsification):
            found.append(UNJUDGED)
    except files.NotebookError as error:
        found.append(str(error))
    verdict = places[files.TAG_VERDICT]
    if not places[files.TAG_FALSIFICATION] < places[files.TAG_MUTATIONS] < verdict:
        found.append("the order is not: falsification, mutations, verdict")
    shown = [cell.source.strip() for cell in code[verdict : verdict + len(files.VERDICT)]]
    if shown != [*files.VERDICT]:
        found.append(f"the verdict is not these cells, the first one tagged: {', '.join(files.VERDICT)}")
    return found


def sources(notebook: NotebookNode) -> list[str]:
    """What code may not contain, and what must have been filled in."""
    found = []
    for index, cell in enumerate(files.code(notebook), 1):
        for pattern, what in FORBIDDEN.items():
            if re.search(pattern, cell.source, re.MULTILINE):
                found.append(f"code cell {index} holds {what}")
        try:
            files.python(cell.source, f"code cell {index}")
        except files.NotebookError as error:
            if str(error) not in found:
                found.append(str(error))
    for cell in notebook.cells:
        if FILL in cell.source or "TODO" in cell.source:
            found.append(f"not filled in: {cell.source.strip().splitlines()[0][:60]!r}")
    return found


def outputs(notebook: NotebookNode, guide: bool = False) -> list[str]:
    """Execution counts in order; only text, tables, PNG with alt text and the record stored."""
    found = []
    code = files.code(notebook)
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        found.append(
            "execution counts are not 1..n: run 'scalinglaws run NAME --write'; the numbers of its prose are "
            "looked for in the outputs that this stores, and not before"
        )
    for index, cell in enumerate(code, 1):
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"code cell {index} stores an error")
            if output.get("name") == "stderr":
                found.append(f"code cell {index} stores text of stderr")
            kinds = set(output.get("data", {}))
            if kinds - OUTPUT_TYPES:
                found.append(f"code cell {index} stores {sorted(kinds - OUTPUT_TYPES)}")
            if "image/png" in kinds and not output.metadata.get("image/png", {}).get("alt"):
                found.append(f"code cell {index} stores a figure without alt text")
            text = str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))
            if BLANK in text:
                found.append(f"code cell {index} leaves a blank ({BLANK}) in the checklist")
            if "MUTATED" in text:
                found.append(f"code cell {index} stores the output of a mutated run")
    if not found and not guide and len(files.records(notebook)) != 1:
        found.append("the verdict record is not stored exactly once")
    return found


def start(name: str) -> Path:
    """Write `notebooks/NN_name.ipynb` and its claims file, to be filled in.

    Raises
    ------
    NotebookError
        If the name is not of the form `NN_short_finding`, or is taken.
    """
    if not re.fullmatch(r"\d\d_[a-z0-9_]+", name):
        raise files.NotebookError(f"name a notebook NN_short_finding, not {name!r}")
    path = files.folder() / f"{name}.ipynb"
    if path.exists():
        raise files.NotebookError(f"{path} exists already")
    notebook = nbformat.v4.new_notebook()
    for kind, tag, source in TEMPLATE:
        text = source.strip().replace("NAME", name)
        if kind == "markdown":
            cell = nbformat.v4.new_markdown_cell(text)
        else:
            cell = nbformat.v4.new_code_cell(text, metadata={"tags": [tag]} if tag else {})
        notebook.cells.append(cell)
    repository.write_atomically(path_of(name), CLAIMS_FILE)
    files.save(files.normalise(notebook), path)
    return path


CLAIMS_FILE = """\
finding = "FILL IN: one sentence; behind each clause the claims it rests on [slope]."

[[claim]]
id = "slope"
group = "FILL IN: the one thing that this claim states a part of"
role = "independent"  # recomputed, re-analysed, independent, live or arithmetic
evidence = "third-party data"  # authors' data, third-party data, own training or theory
kind = "value"  # value, sign, order or bound
statement = "FILL IN: the claim in words"
paper = 1.0
unit = ""
printed = ""
source = "FILL IN: table or figure of the paper"
quote = ""
rival = 0.0
within = 0.1
tolerance = "named choice: FILL IN"  # or printed rounding, Monte Carlo, the paper's own
why = "FILL IN: why this tolerance, why this rival"
pilot = ""  # what is known of our own result beforehand

[[mutation]]
name = "losses shuffled"
table = "FILL IN: slug"
changes = ["slope"]
"""


TEMPLATE: list[tuple[str, str, str]] = [
    (
        "markdown",
        "",
        """
# FILL IN: the finding, as a sentence

*FILL IN: authors (year), "title", [arXiv:0000.00000](https://arxiv.org/abs/0000.00000)* · CI

FILL IN: the question, the answer, and what could be wrong with it.
""",
    ),
    (
        "markdown",
        "",
        "## What is claimed\n\nFILL IN: each claim in words, where it was read, what would refute it.",
    ),
    (
        "code",
        files.TAG_CLAIMS,
        """
from scalinglaws import Replication

paper = Replication("NAME")
paper
""",
    ),
    ("code", files.TAG_PARAMETERS, 'scale = "ci"\nseed = 0'),
    ("code", "", "from scalinglaws import load, provenance"),
    ("markdown", "", "## Data\n\nFILL IN: units, and which parameters and FLOPs are counted."),
    ("code", "", 'table = load("FILL IN: slug")\nprovenance(table)'),
    ("markdown", "", "## The law\n\nFILL IN: the equation, then the same thing as a short function."),
    ("code", "", "# FILL IN: fit, one call; then paper.measured(...)"),
    ("markdown", "", "FILL IN: does the number match? In words."),
    ("code", files.TAG_FIGURE, "# FILL IN: the paper's figure, its own curve dashed"),
    ("markdown", "", "## How sure, and what could break it\n\nFILL IN."),
    ("markdown", "", "## Can it fail?\n\nFILL IN: the same analysis where the effect was removed."),
    ("code", files.TAG_FALSIFICATION, "# FILL IN: paper.without_effect(...)"),
    (
        "code",
        files.TAG_MUTATIONS,
        """
paper.mutations(
    {
        "losses shuffled": lambda t: t.assign(loss=t.loss.sample(frac=1, random_state=0).to_numpy()),
    }
)
""",
    ),
    ("markdown", "", "## Verdict"),
    ("code", files.TAG_VERDICT, files.VERDICT[0]),
    *(("code", "", source) for source in files.VERDICT[1:]),
    ("markdown", "", "## What did not replicate, limits, exercises, references\n\nFILL IN."),
]
