"""Find the null of several notebooks, side by side."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scalinglaws.claims import ClaimError, stated
from scalinglaws.cli import batch
from scalinglaws.notebooks import files, null, permuted


def tried(
    names: Sequence[str], jobs: int, timeout: float, seconds: float = permuted.SECONDS
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Find the null of notebooks.

    Parameters
    ----------
    names
        The notebooks.
    jobs, timeout
        How many run at a time, and the seconds that one may take.
    seconds
        What the shuffled runs of each may take together.

    Returns
    -------
    dict, list of str
        The nulls as they are kept, by notebook; and a sentence for each that could not be found.
    """
    problems, books, papers = [], {}, {}
    for name in names:
        try:
            books[name], papers[name] = files.read(files.locate(name)), stated(name)
            files.trees(books[name])  # names a cell that is no Python
        except (files.NotebookError, ClaimError) as error:
            problems.append(f"{name}: {error}")
    with tempfile.TemporaryDirectory() as scratch:
        tasks = {
            f"{name} null": (
                null.prepared(book, [*null.excuses(papers[name], book)], seconds),
                Path(scratch) / f"{name}.ipynb",
                {},
            )
            for name, book in books.items()
        }
        done = batch.run_all(tasks, jobs, timeout) if tasks else {}
    found = {}
    for name in books:
        outcome = done[f"{name} null"]
        if not outcome.error:
            found[name] = null.record(outcome.record, papers[name], books[name])
    return found, problems + batch.failures(done)
