"""Numbers that one may quote: constants of the field as measured here, with interval, verdict and source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from scalinglaws.book.markup import badge, interval, plain, table
from scalinglaws.book.suite import BookError, Finding
from scalinglaws.claims import printing
from scalinglaws.text import number


@dataclass(frozen=True)
class Quotable:
    """An entry `[[number]]` of `book/numbers.toml`: what is called what, never the number itself.

    Attributes
    ----------
    group
        The heading that it stands under.
    constant
        The constant in words, with the conditions under which it holds.
    notebook, claim
        The verdict that the number is read from.
    spread
        The claim that measures its standard error, where its own verdict has no interval.
    """

    group: str
    constant: str
    notebook: str
    claim: str
    spread: str = ""


def chosen(path: Path) -> list[Quotable]:
    """The entries of a file.

    Raises
    ------
    BookError
        If an entry lacks something, or has more than it may.
    """
    known = {field.name for field in fields(Quotable)}
    found = []
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("number", []):
        if not known - {"spread"} <= entry.keys() <= known:
            raise BookError(f"{path.name}: a [[number]] has {', '.join(sorted(known))}, not {sorted(entry)}")
        found.append(Quotable(**entry))
    return found


def numbers(findings: list[Finding], entries: list[Quotable]) -> str:
    """The body of the page: a table for each group.

    Raises
    ------
    BookError
        If an entry names a verdict that there is not, or that has no number.
    """
    known = {one.name: one for one in findings}
    parts = []
    for group in dict.fromkeys(entry.group for entry in entries):
        rows = [row(known, entry) for entry in entries if entry.group == group]
        parts.append(f"## {group}\n\n{table(HEADINGS, rows)}")
    return "\n\n".join(parts)


HEADINGS = (
    "constant",
    "value",
    "95 % interval, or standard error",
    "how",
    "the paper says",
    "verdict",
    "source",
)


def row(known: dict[str, Finding], entry: Quotable) -> list[str]:
    """One number with everything that belongs to it."""
    verdict = quoted(known, entry, entry.claim)
    if verdict["low"] is not None:
        span, how = interval(verdict["low"], verdict["high"]), verdict["how"] or "see the notebook"
    elif entry.spread:
        error = float(quoted(known, entry, entry.spread)["measured"])
        span, how = f"± {number(error)}", f"standard error: `{entry.spread}`"
    else:
        span, how = "–", "recomputed: no sampling error is attached"
    return [
        entry.constant,
        plain(printing.in_unit(number(float(verdict["measured"])), verdict["unit"])),
        plain(span),
        how if entry.spread else plain(how),
        plain(printing.of_paper(verdict)),
        badge(verdict["word"]),
        f"[{known[entry.notebook].digits} `{entry.claim}`](../notebooks/{entry.notebook}.ipynb); {verdict['role']}",
    ]


def quoted(known: dict[str, Finding], entry: Quotable, id: str) -> dict[str, Any]:
    """The verdict that a number is read from."""
    found = [v for v in known[entry.notebook].verdicts if v["id"] == id] if entry.notebook in known else []
    if not found or found[0]["measured"] is None:
        raise BookError(
            f"book/numbers.toml quotes {id!r} of {entry.notebook!r}, of which no number is kept; "
            "name another claim, or take the entry out"
        )
    return found[0]
