"""Break what the claims rest on, run the notebook again, and see the words change.

One execution of a mutated notebook runs it unbroken, then once more for each declared mutation;
throughout, the tables that it loads are nudged in their last digits. In the tests the unbroken run is
nbval's own, and the mutations follow in its kernel. An injected cell replaces the name that the
mutation targets (`load`, a law, a constant) in the notebook's namespace; nothing in the library
knows of it. Of the notebook's own cells only those run again that depend on that name, directly or
through other names, and those that make for them what a later cell calls by the same name. What they fit
as before, the same formula to the same numbers, is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scalinglaws.claims import (
    NOT_REPLICATED,
    REPLICATED,
    ClaimError,
    Mutation,
    Stated,
    drift,
    stated,
    verdicts,
)
from scalinglaws.notebooks import files, nudge
from scalinglaws.notebooks.dependence import dependent, resting
from scalinglaws.notebooks.formats import NotebookNode, nbformat
from scalinglaws.text import counted

NUDGED = """
from scalinglaws.fitting.remembered import remember as _remember
from scalinglaws.notebooks.nudge import nudge_loads as _nudge_loads

_nudge_loads({draw})
_remember()
"""
#: Which draws nudge the tables; any would do. The first of these catch the fault told of in `nudge`.
DRAWS = (3, 4, 5)
#: CPU seconds that the unbroken passes may take together; the first one is taken in any case.
UNBROKEN = 12.0

SNAPSHOT = """
from scalinglaws.claims.snapshot import snapshot as _snapshot

_kept = _snapshot(globals())
"""
INJECTED = """
globals().update(_snapshot(_kept))
paper.mutated = {name!r}
{target} = paper.broken({target})
print("MUTATED: " + paper.mutated)
"""


def draws(name: str) -> tuple[int, ...]:
    """The draws by which a notebook's tables are nudged: several where that costs little."""
    seconds = verdicts.costs().get(name, {}).get("ci_seconds", UNBROKEN)
    return DRAWS[: max(1, int(UNBROKEN / seconds))]


def mutated(name: str, notebook: NotebookNode, mutations: Sequence[Mutation]) -> NotebookNode:
    """A notebook that runs unbroken on nudged tables, once a draw, and then once for each mutation.

    Figures, the falsification and whatever else no measurement rests on are left out.
    """
    cells = resting(notebook)
    whole = broken(name, notebook, mutations)
    whole.cells = [*map(nbformat.v4.new_code_cell, unbroken(cells, DRAWS[0])), *whole.cells]
    return whole


def unbroken(cells: list[NotebookNode], draw: int) -> list[str]:
    """The sources of an unbroken pass on nudged tables."""
    return [NUDGED.format(draw=draw).strip(), *(cell.source for cell in cells)]


def broken(name: str, notebook: NotebookNode, mutations: Sequence[Mutation]) -> NotebookNode:
    """What follows on a first unbroken pass in its kernel: passes of other draws, then the mutations.

    It may have been a pass of all cells, or of those that its measurements rest on.
    """
    cells = resting(notebook)
    sources = [source for draw in draws(name)[1:] for source in unbroken(cells, draw)]
    sources.append(SNAPSHOT.strip())
    for mutation in mutations:
        sources.append(INJECTED.format(name=mutation.name, target=mutation.target).strip())
        sources += [cell.source for cell in dependent(cells, mutation, ran=files.code(notebook))]
    book = nbformat.v4.new_notebook(metadata=notebook.metadata)
    book.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return book


def prepared(names: list[str]) -> tuple[dict[str, NotebookNode], dict[str, Stated], list[str]]:
    """Notebooks as they run mutated, what each states, and a line for each that cannot be mutated."""
    books, papers, problems = {}, {}, []
    for name in names:
        try:
            notebook, paper = files.read(files.locate(name)), stated(name)
            files.trees(notebook)  # names a cell that is no Python
            if not paper.mutations:
                raise ClaimError("it states no mutation, so that nothing would be tested")
            books[name], papers[name] = mutated(name, notebook, paper.mutations), paper
        except (files.NotebookError, ClaimError) as error:
            problems.append(f"{name}: {error}")
    return books, papers, problems


def survivors(paper: Stated, pinned: dict[str, Any], found: list[dict[str, Any]]) -> list[str]:
    """What a mutated run should have changed and did not, or changed and should not have.

    Parameters
    ----------
    paper
        What the claims file states.
    pinned
        The verdict record kept in `data/verdicts`.
    found
        The records of the mutated run: one per unbroken pass on nudged tables, then one per mutation.

    Returns
    -------
    list of str
        One sentence for each offence; empty if every mutation did what it says, and every sign
        and every order that is kept as replicated was turned into its reverse by one of them.
    """
    before = {verdict["id"]: verdict["word"] for verdict in pinned["verdicts"]}
    unbroken = len(found) - len(paper.mutations)
    expected = [None] * max(1, unbroken) + [mutation.name for mutation in paper.mutations]
    if [record["mutated"] for record in found] != expected:
        return [f"the mutated run ended with {len(found)} of at least {counted(len(expected), 'record')}"]
    drifted = [str(line) for record in found[:unbroken] for line in drift.differences(record, pinned)]
    problems = [f"unbroken, the tables nudged by a relative {nudge.SIZE:g}: {line}" for line in drifted]
    reversible = {
        c.id for c in paper.claims if c.kind in ("sign", "order") and before.get(c.id) == REPLICATED
    }
    for mutation, record in zip(paper.mutations, found[unbroken:], strict=True):
        after = {verdict["id"]: verdict["word"] for verdict in record["verdicts"]}
        for claim, word in ((claim, word) for claim, word in before.items() if claim in after):
            if claim in mutation.changes and after[claim] == word:
                problems.append(f"{mutation.name!r} leaves {claim!r} {word!r}, but should change it")
            if claim not in mutation.changes and after[claim] != word:
                problems.append(
                    f"{mutation.name!r} turns {claim!r} from {word!r} to {after[claim]!r}, "
                    "but does not name it"
                )
        reversible -= {claim for claim, word in after.items() if word == NOT_REPLICATED}
    return problems + [f"no mutation turns {claim!r} into {NOT_REPLICATED!r}" for claim in sorted(reversible)]
