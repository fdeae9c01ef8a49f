"""Fresh verdicts against those kept; and, where that is asked for, a run that becomes the one kept."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from scalinglaws import repository
from scalinglaws.claims import ClaimError, Stated, drift, stated, verdicts
from scalinglaws.cli import batch
from scalinglaws.notebooks import cost, execute, files, finished, null, permuted
from scalinglaws.notebooks.formats import NotebookNode

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


def write_back(
    good: dict[str, execute.Outcome], jobs: int, timeout: float, output: Path, why: str = ""
) -> list[str]:
    """Replace the committed outputs, verdicts, nulls and costs.

    They are replaced if the words hold over the seeds, and each claim moves under some column. Other
    seeds and nulls run side by side. What finishes is kept in the folder `unfinished` of the output
    until all of its notebook has, so that a run which fails or is stopped costs no other.
    """
    mutated = [name for name, outcome in good.items() if outcome.record["mutated"]]
    books, papers, problems = readable([name for name in good if name not in mutated])
    problems = [*(f"{name}: a mutated run is never written back" for name in mutated), *problems]
    folder = output / "unfinished"
    tasks = {
        f"{n} null": (shuffling(papers[n], book), folder / n / "null.ipynb", {}) for n, book in books.items()
    }
    seeds = {name: SEEDS[1:] if files.uses(book, "seed") else () for name, book in books.items()}
    # The nulls go first, since they take longest.
    tasks |= {
        f"{name} seed {seed}": (book, folder / name / f"{seed}.ipynb", {"seed": seed})
        for name, book in books.items()
        for seed in seeds[name]
    }
    tasks = finished.marked(tasks)
    done = finished.taken_up(tasks)
    fresh = batch.run_all({each: task for each, task in tasks.items() if each not in done}, jobs, timeout)
    done |= fresh
    if failed := batch.failures(fresh):
        problems += [*failed, f"what has finished is in {folder}, and the next --write takes it up"]
    for name, book in books.items():
        shuffled, others = done[f"{name} null"], [done[f"{name} seed {seed}"] for seed in seeds[name]]
        if any(outcome.error for outcome in (shuffled, *others)):
            continue
        moves = null.record(shuffled.record, papers[name], book)
        wrong = unsteady(name, [good[name].record, *(other.record for other in others)])
        wrong += null.problems(name, moves)
        if not wrong:
            keep(name, good[name], why)
            null.keep(name, moves)
            finished.forget(folder / name)
        problems += wrong
    return problems


def readable(
    names: Sequence[str],
) -> tuple[dict[str, NotebookNode], dict[str, Stated], list[str]]:
    """Notebooks, what each states, and a sentence for each that cannot be read or is no Python."""
    books, papers, problems = {}, {}, []
    for name in names:
        try:
            book, paper = files.read(files.locate(name)), stated(name)
            files.trees(book)  # names a cell that is no Python
            books[name], papers[name] = book, paper
        except (files.NotebookError, ClaimError) as error:
            problems.append(f"{name}: {error}")
    return books, papers, problems


def shuffling(paper: Stated, book: NotebookNode, seconds: float = permuted.SECONDS) -> NotebookNode:
    """The notebook that finds the null of another one."""
    return null.prepared(book, [*null.excuses(paper, book)], seconds)


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
    books, papers, problems = readable(names)
    with tempfile.TemporaryDirectory() as scratch:
        tasks = {
            f"{name} null": (shuffling(papers[name], book, seconds), Path(scratch) / f"{name}.ipynb", {})
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
    cost.keep(name, "ci", outcome.cpu_seconds)


def keep_guide(name: str, outcome: execute.Outcome, scale: str) -> None:
    """Make the run of a notebook without claims the committed one; at full scale its cost alone is kept."""
    if scale == "ci":
        files.save(files.normalise(outcome.notebook), files.locate(name))
    cost.keep(name, scale, outcome.cpu_seconds)


def as_json(differ: dict[str, list[drift.Difference]]) -> list[dict[str, Any]]:
    """Differences as JSON, each with `notebook`, `text`, `claim` (its id, if it was kept) and `verdict` (moved?)."""
    return [
        {"notebook": name, "text": each.text, "claim": each.claim, "verdict": each.verdict}
        for name, found in differ.items()
        for each in found
    ]
