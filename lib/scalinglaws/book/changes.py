"""The changelog of verdicts: what each claim's word and number were before, and why they moved."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from scalinglaws import repository
from scalinglaws.book import feed
from scalinglaws.book.markup import badge, interval, plain, table
from scalinglaws.book.suite import Finding
from scalinglaws.text import number


def changes(findings: list[Finding]) -> str:
    """The body of the page: a section a notebook, in it each reason with the claims that it moved."""
    parts = []
    for finding in findings:
        moves: dict[str, list[list[str]]] = {}
        for why, row in moved(finding.verdicts):
            moves.setdefault(why, []).append(row)
        if not moves:
            continue
        parts.append(
            f"(changed-{finding.digits})=\n## {finding.digits} [{plain(finding.title)}](notebooks/{finding.name}.ipynb)"
        )
        for why, rows in moves.items():
            parts += [
                plain(why[:1].upper() + why[1:]) + ":",
                table(["claim", "before", "after", "word"], rows),
            ]
    return "\n\n".join(parts)


def moved(found: list[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Each move of each claim: why, and a row that says from what to what."""
    for verdict in found:
        states = [*verdict.get("history", []), verdict]
        for before, after in pairwise(states):
            words = (
                badge(after["word"])
                if before["word"] == after["word"]
                else f"{badge(before['word'])} → {badge(after['word'])}"
            )
            yield before["why"], [f"`{verdict['id']}`", value(before), value(after), words]


def value(state: dict[str, Any]) -> str:
    """A number with its interval, as it was kept."""
    if state["measured"] is None:
        return "–"
    span = "" if state["low"] is None else f" {interval(state['low'], state['high'])}"
    return plain(number(float(state["measured"])) + span)


def restated(findings: list[Finding]) -> str:
    """The claims that were changed after their verdict had been kept, with when and why."""
    rows = []
    for one in findings:
        together: dict[str, list[str]] = {}
        for verdict in one.verdicts:
            if verdict.get("restated"):
                together.setdefault(verdict["restated"], []).append(f"`{verdict['id']}`")
        rows += [[link(one), ", ".join(ids), plain(why)] for why, ids in together.items()]
    return table(["notebook", "claims", "when and why"], rows) if rows else "None."


def withdrawn(findings: list[Finding]) -> str:
    """The claims that are no longer made, with the last word that was kept for them, and why they went."""
    rows = [
        [
            link(one),
            f"`{gone['id']}`: {plain(gone['statement'])}",
            value(gone),
            badge(gone["word"]),
            plain(gone["history"][-1]["why"]),
        ]
        for one in findings
        for gone in one.record.get("withdrawn", ())
    ]
    return table(["notebook", "claim", "ours", "last word", "why"], rows) if rows else "None."


def releases() -> str:
    """The releases that the feed tells of, the newest first."""
    citation = (repository.data_folder().parent / "CITATION.cff").read_text(encoding="utf-8")
    rows = [[f"`v{one.title.split()[-1]}`", one.when, plain(one.text)] for one in feed.releases(citation)]
    return table(["release", "date", "what"], rows)


def link(finding: Finding) -> str:
    """A notebook, by its number."""
    return f"[{finding.digits}](notebooks/{finding.name}.ipynb)"
