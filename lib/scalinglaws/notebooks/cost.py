"""The cost that a notebook's title tells: the runner's own words, as it measured it, and typed by nobody."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from scalinglaws.claims import verdicts
from scalinglaws.notebooks import files

if TYPE_CHECKING:
    from scalinglaws.notebooks.formats import NotebookNode

#: Where the title cell tells the cost: what follows the citation, to the end of its line.
PLACE = re.compile(r"(?<= · )CI\b.*$", re.MULTILINE)
NO_PLACE = "the title cell has no place for the cost: end the line of the citation with ' · CI'"


def in_words(name: str) -> str:
    """The cost of a notebook's last kept runs, for people; empty before the first one."""
    kept = verdicts.costs().get(name)
    return verdicts.cost_in_words(kept) if kept else ""


def keep(name: str, scale: str, cpu_seconds: float) -> None:
    """Keep what a run at CI or full scale cost, and have the notebook's title tell it."""
    at_ci = {"ci_seconds": cpu_seconds, "device": f"{os.cpu_count()} CPU cores"}
    verdicts.add_cost(name, **(at_ci if scale == "ci" else {"full_seconds": cpu_seconds}))
    path = files.locate(name)
    notebook = files.read(path)
    notebook.cells[0].source = PLACE.sub(in_words(name), notebook.cells[0].source, count=1)
    files.save(notebook, path)


def problems(notebook: NotebookNode, name: str) -> list[str]:
    """Whether the title tells another cost than the runner measured, in a sentence."""
    told, cost = PLACE.search(notebook.cells[0].source), in_words(name)
    if not told:
        return [NO_PLACE]
    if cost and told[0] != cost:
        return [
            f"its title tells the cost {told[0]!r}; the last run's was {cost!r}: 'run {name} --write' tells it"
        ]
    return []
