"""Fresh verdicts against those kept; and, where that is asked for, a run that becomes the one kept."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from scalinglaws import repository
from scalinglaws.claims import ClaimError, drift, stated, verdicts
from scalinglaws.cli import batch
from scalinglaws.notebooks import execute, files, null, permuted

#: Seeds under which the words must be the same before they are kept.
SEEDS = (0, 1, 2, 3, 4)


def compared(name: str, record: dict[str, Any]) -> list[drift.Difference]:
    """Differences from the verdicts kept; at full scale and with other seeds, of words only."""
    if name not in verdicts.kept():
        text = f"no verdicts are kept; 'scalinglaws run {name} --write' keeps them"
        return [drift.Difference(text, True)]
    as_kept = (record["scale"], record["seed"]) == ("ci", SEEDS[0])
    return drift.differences(record, verdicts.read(name), numbers=as_kept)


def told(differ: dict[str, list[drift.Difference]]) -> list[str]:
    """One line a difference, and at the end what to do about them."""
    lines = [f"{name}: {difference}" for name, found in differ.items() for difference in found]
    return lines + ([said] if (said := advice(differ)) else [])


def advice(differ: dict[str, list[drift.Difference]]) -> str:
    """What to do about claims that differ; empty if none does."""
    concerned = [name for name, found in differ.items() if any(d.claim for d in found)]
    moved = [difference for found in differ.values() for difference in found if difference.claim]
    return drift.advice(moved, " ".join(concerned)) if moved else ""


def unsteady(name: str, records: list[dict[str, Any]]) -> list[str]:
    """Claims whose word depends on the seed, and are not declared so."""
    words: dict[str, dict[int, str]] = {}
    for record in records:
        for verdict in record["verdicts"]:
            words.setdefault(verdict["id"], {})[record["seed"]] = verdict["word"]
    return [
        f"{name}: the word of {claim!r} depends on the seed: {found}; set unstable="
        for claim, found in words.items()
        if len(set(found.values())) > 1
    ]


def write_back(good: dict[str, execute.Outcome], jobs: int, timeout: float, why: str = "") -> list[str]:
    """Replace the committed outputs, verdicts, nulls and costs.

    They are replaced if the words hold over the seeds, and each claim moves under some column.
    """
    marked = [name for name, outcome in good.items() if outcome.record["mutated"]]
    problems = [f"{name}: a mutated run is never written back" for name in marked]
    steady = [name for name in good if name not in marked]
    refused: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        tasks = {}
        for name in steady:
            notebook = files.read(files.locate(name))
            try:
                seeded = files.uses(notebook, "seed")
            except files.NotebookError as error:
                refused[name] = f"{name}: {error}"
                continue
            for seed in SEEDS[1:] if seeded else ():
                keep_at = Path(scratch) / f"{name}-{seed}.ipynb"
                tasks[f"{name} seed {seed}"] = (notebook, keep_at, {"seed": seed})
        others = batch.run_all(tasks, jobs, timeout) if tasks else {}
    problems += [*refused.values(), *batch.failures(others)]
    landing = []
    for name in [name for name in steady if name not in refused]:
        mine = [others[f"{name} seed {seed}"] for seed in SEEDS[1:] if f"{name} seed {seed}" in others]
        if any(other.error for other in mine):
            continue
        wrong = unsteady(name, [good[name].record, *(other.record for other in mine)])
        landing += [] if wrong else [name]
        problems += wrong
    found, wrong = nulls(landing, jobs, timeout)
    problems += wrong
    for name, shuffled in found.items():
        wrong = null.problems(name, shuffled)
        if not wrong:
            keep(name, good[name], why)
            null.keep(name, shuffled)
        problems += wrong
    return problems


def nulls(
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


def keep(name: str, outcome: execute.Outcome, why: str = "") -> None:
    """Make a run the committed one: outputs, verdicts with their history, cost."""
    before = verdicts.read(name) if name in verdicts.kept() else None
    record = drift.succeeded(outcome.record, before, why, date.today().isoformat())
    record = {key: value for key, value in record.items() if key not in ("mutated", "seed")}
    files.save(files.normalise(outcome.notebook), files.locate(name))
    path = verdicts.folder() / f"{name}.json"
    repository.write_atomically(path, verdicts.dumps(record | {"seeds": list(SEEDS)}))
    verdicts.add_cost(name, ci_seconds=outcome.cpu_seconds, device=f"{os.cpu_count()} CPU cores")


def keep_guide(name: str, outcome: execute.Outcome, scale: str) -> None:
    """Make the run of a notebook without claims the committed one; at full scale its cost alone is kept."""
    if scale == "full":
        verdicts.add_cost(name, full_seconds=outcome.cpu_seconds)
        return
    files.save(files.normalise(outcome.notebook), files.locate(name))
    verdicts.add_cost(name, ci_seconds=outcome.cpu_seconds, device=f"{os.cpu_count()} CPU cores")


def as_json(differ: dict[str, list[drift.Difference]]) -> list[dict[str, Any]]:
    """Differences as JSON, each with `notebook`, `text`, `claim` (its id, if it was kept) and `verdict` (moved?)."""
    return [
        {"notebook": name, "text": each.text, "claim": each.claim, "verdict": each.verdict}
        for name, found in differ.items()
        for each in found
    ]
