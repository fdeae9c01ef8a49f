"""What notebooks there are and what became of their claims, read from files: nothing is executed or imported."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scalinglaws.claims import WORDS, ClaimError, stated, verdicts
from scalinglaws.notebooks import files, scoreboard
from scalinglaws.text import counted

#: What is told of a verdict; where a record lacks one it is empty.
TOLD = ("id", "role", "statement", "paper", "printed", "measured", "low", "high", "word", "unproved")


def entry(name: str, place: Path | None = None, need: bool = False) -> dict[str, Any]:
    """What the files say of a notebook.

    Parameters
    ----------
    name
        The notebook.
    place
        Folder of its verdicts; by default that of those kept.
    need
        Whether it is a problem if it has none yet.

    Returns
    -------
    dict
        `name`; `title` and `verdicts`, None where there are none; `cost`; `problems`, a line each.
    """
    found: dict[str, Any] = {"name": name, "title": None, "verdicts": None, "cost": {}, "problems": []}
    try:
        found["title"] = files.title(files.glance(files.locate(name)))
    except files.NotebookError as error:
        found["problems"].append(str(error))
    try:
        if not files.without_claims(name):
            stated(name)
    except ClaimError as error:
        found["problems"].append(str(error))
    try:
        found["cost"] = verdicts.costs().get(name, {})
        found["verdicts"] = [] if files.without_claims(name) else verdicts.read(name, place)["verdicts"]
    except verdicts.VerdictError as error:
        if need or not isinstance(error, verdicts.NoVerdicts):
            found["problems"].append(str(error))
    return found


def problems(entries: Iterable[dict[str, Any]]) -> list[str]:
    """A line for each thing that is wrong with a notebook."""
    return [f"{entry['name']}: {line}" for entry in entries for line in entry["problems"]]


def words(judged: Iterable[dict[str, Any]]) -> dict[str, int]:
    """How many verdicts have each word, in the order of the words."""
    found = [verdict["word"] for verdict in judged]
    return {word: found.count(word) for word in dict.fromkeys([*WORDS, *found]) if word in found}


def all_verdicts(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The verdicts of several notebooks."""
    return [verdict for entry in entries for verdict in entry["verdicts"] or ()]


def tally(entries: list[dict[str, Any]]) -> str:
    """How many notebooks and claims there are, and for each role how many of its claims hold."""
    judged = all_verdicts(entries)
    counts = f"{counted(len(entries), 'notebook')}, {counted(len(judged), 'claim')}"
    held = scoreboard.held_by_role(judged)
    return f"{counts}. What holds, by what was done for it: {held}." if held else counts


def totals(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """How many claims there are and how many have each word, as JSON: keys `claims` and `words`."""
    judged = all_verdicts(entries)
    return {"claims": len(judged), "words": words(judged)}


def listing(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """What `list --json` prints.

    Returns
    -------
    dict
        `notebooks`, each with `name`, `title`, `claims` (how many), `words` (how many of each),
        `ci_seconds`, `full_seconds` and `problems`, where None is what is not known; then `claims`
        and `words` of all.
    """
    told = [
        {
            "name": each["name"],
            "title": each["title"],
            "claims": None if each["verdicts"] is None else len(each["verdicts"]),
            "words": None if each["verdicts"] is None else words(each["verdicts"]),
            "ci_seconds": each["cost"].get("ci_seconds"),
            "full_seconds": each["cost"].get("full_seconds"),
            "problems": each["problems"],
        }
        for each in entries
    ]
    return {"notebooks": told} | totals(entries)


def scores(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """What `scoreboard --json` prints.

    Returns
    -------
    dict
        `notebooks`, each with `name`, `title`, `problems` and `verdicts`; of a verdict what `TOLD`
        names; then `claims` and `words` of all, as in `listing`.
    """
    told = [
        {
            "name": each["name"],
            "title": each["title"],
            "verdicts": [{key: v.get(key, "") for key in TOLD} for v in each["verdicts"] or ()],
            "problems": each["problems"],
        }
        for each in entries
    ]
    return {"notebooks": told} | totals(entries)
