"""Markdown of MyST from plain text, numbers and words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from scalinglaws.claims import printing, verdicts
from scalinglaws.text import number

#: What Markdown, MyST or a table would take for a mark.
MARKS = re.compile(r"([\\`*_{}\[\]<>|$#~^])")


def plain(text: str) -> str:
    """Text that is shown as it is, on one line, wherever it stands."""
    return MARKS.sub(r"\\\1", " ".join(text.split()))


def slug(text: str) -> str:
    """Text as a class or an address: "replicated, wider" becomes "replicated-wider"."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def badge(word: str) -> str:
    """The word of a verdict, to be coloured; what follows a semicolon stays beside it."""
    first, semicolon, rest = word.partition(";")
    return f"[{first}]{{.word .{slug(first)}}}{semicolon}{rest}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are Markdown without line breaks."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def ours(verdict: dict[str, Any]) -> str:
    """What we measured, with its interval and unit."""
    said = verdicts.row(verdict)[2]
    return said if verdict["measured"] is None else printing.in_unit(said, verdict.get("unit"))


def interval(low: float | None, high: float | None) -> str:
    """An interval in brackets; a dash where there is none."""
    # An end at infinity is kept as text, since JSON has no such number.
    return "–" if low is None or high is None else f"[{number(float(low))}, {number(float(high))}]"
