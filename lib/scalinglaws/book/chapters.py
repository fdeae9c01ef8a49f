"""The opening page of a chapter: written by people, its numbers and words read from the kept verdicts."""

from __future__ import annotations

import re
from typing import Any

from scalinglaws.book.markup import badge, ours, plain, slug
from scalinglaws.book.suite import BookError, Finding, written

#: A mark in a written page that stands for what is kept of a claim: {ours}`50 laion-imagenet`.
MARK = re.compile(r"\{(?P<what>ours|word)\}`(?P<notebook>\d\d) (?P<claim>[^`\s]+)`")


def address(title: str) -> str:
    """The address of a chapter's opening page in the book, without its ending."""
    return f"chapters/{slug(title)}"


def opened(title: str) -> bool:
    """Whether somebody has written the opening page of a chapter."""
    return (written() / f"{address(title)}.md").is_file()


def cited(text: str, where: str, findings: list[Finding]) -> str:
    """A written page in which every mark became the number, or the word, that is kept of its claim.

    Raises
    ------
    BookError
        If a mark names a claim of which no verdict is kept, or the number of one that has none.
    """
    kept = {(one.digits, verdict["id"]): verdict for one in findings for verdict in one.verdicts}

    def said(mark: re.Match[str]) -> str:
        verdict = kept.get((mark["notebook"], mark["claim"]))
        if verdict is None or (mark["what"] == "ours" and verdict["measured"] is None):
            raise BookError(
                f"book/{where} cites {mark['claim']!r} of notebook {mark['notebook']}, of which no "
                f"{'verdict' if verdict is None else 'number'} is kept; cite another claim"
            )
        return plain(ours(verdict)) if mark["what"] == "ours" else word(verdict)

    return MARK.sub(said, text)


def word(verdict: dict[str, Any]) -> str:
    """The word of a verdict, with a star where other reasonable choices give another one."""
    return badge(verdict["word"]) + (r"\*" if verdict["fragile"] else "")
