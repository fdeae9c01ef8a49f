"""What the book is made of: each notebook with its claims, its kept verdicts and its cost, read once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scalinglaws import repository
from scalinglaws.claims import verdicts
from scalinglaws.claims.stated import Stated, path_of, stated
from scalinglaws.errors import UserError
from scalinglaws.notebooks import files, index_page, prose, whereabouts
from scalinglaws.notebooks.formats import NotebookNode

#: The tens digit of a notebook -> its chapter.
CHAPTERS = {
    0: "Your own runs",
    1: "Compute-optimal laws",
    2: "Training dynamics",
    3: "Data",
    4: "Downstream and inverse scaling",
    5: "Vision and multimodal",
    6: "Other domains",
    7: "Theory",
    9: "The suite itself",
}
#: The paragraph of a title cell that cites the paper: in italics, with its address; behind it the cost.
CITATION = re.compile(r"^\*(?P<paper>[^\n]*arxiv\.org[^\n]*)\*(?P<cost>[^\n*]*)$", re.MULTILINE)
#: The heading of the section that says why claims failed.
WHY = re.compile(r"## What did not\b")


class BookError(UserError):
    """Something that the book cannot be made of, with what to do."""


def written() -> Path:
    """The folder of what people wrote."""
    return repository.data_folder().parent / "book"


@dataclass(frozen=True)
class Finding:
    """A notebook and everything that is kept of it.

    Attributes
    ----------
    name
        Its name, `10_chinchilla_third_approach`.
    notebook
        The notebook with its stored outputs.
    stated
        Its claims file; None for a notebook of no paper.
    record
        Its kept verdicts, `{"verdicts": [...], ...}`; without entries for a notebook of no paper.
    cost
        Measured seconds by scale.
    """

    name: str
    notebook: NotebookNode
    stated: Stated | None
    record: dict[str, Any]
    cost: dict[str, Any]

    @property
    def digits(self) -> str:
        """The two digits that the name begins with."""
        return self.name[:2]

    @property
    def chapter(self) -> int:
        """The tens digit."""
        return int(self.name[0])

    @cached_property
    def title(self) -> str:
        """The heading of the notebook."""
        return files.title(self.notebook)

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """What became of each claim, in the order of the claims file."""
        return self.record["verdicts"]

    @cached_property
    def citation(self) -> str:
        """The papers as the title cell cites them, in Markdown; empty where it cites none."""
        found = CITATION.search(self.notebook.cells[0].source)
        return found["paper"] if found else ""

    @cached_property
    def picture(self) -> tuple[str, str] | None:
        """Its first figure, PNG as base64, and the alt text; None where it has none."""
        return index_page.figure(self.notebook)

    @cached_property
    def tables(self) -> list[str]:
        """The stored tables that it loads."""
        return whereabouts.tables(self.name, self.notebook)

    def reasons(self, id: str) -> list[str]:
        """The paragraphs, in Markdown, in which the notebook says why a claim did not replicate.

        They stand in the section on what did not; where that says nothing of the claim, elsewhere.
        """
        sections = [part.prose for part in prose.parts(self.notebook) if part.prose]
        section = [text for text in sections if WHY.match(text)]
        saying = [text for text in sections if not WHY.match(text)]
        named = [one for text in section for one in paragraphs(text) if prose.names(one, id)]
        return named or [
            one
            for text in saying
            for one in paragraphs(text)
            if prose.names(one, id) and "not replicated" in one.lower()
        ]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a piece of Markdown, and the items of its lists, without marks and headings."""
    blocks = re.split(r"\n\s*\n|(?m:^(?:[-*]|\d+\.) )", re.sub(r"(?m)^#.*$", "", text))
    return [block.strip() for block in blocks if block.strip()]


def finding(name: str) -> Finding:
    """Everything of one notebook.

    Raises
    ------
    UserError
        If its claims or verdicts are missing or damaged.
    """
    paper = path_of(name).is_file()
    return Finding(
        name=name,
        notebook=files.read(files.locate(name)),
        stated=stated(name) if paper else None,
        record=verdicts.read(name) if paper else {"verdicts": []},
        cost=verdicts.costs().get(name, {}),
    )


def findings() -> list[Finding]:
    """All notebooks, in reading order.

    Raises
    ------
    BookError
        If a notebook belongs to a chapter that has no name.
    """
    found = [finding(name) for name in files.names()]
    if nameless := sorted(
        {one.name for one in found} - {one.name for one in found if one.chapter in CHAPTERS}
    ):
        raise BookError(
            f"no chapter is named for {', '.join(nameless)}: add it to scalinglaws.book.suite.CHAPTERS"
        )
    return found


def by_chapter(found: list[Finding]) -> dict[str, list[Finding]]:
    """Name of a chapter -> its notebooks; chapters without any are left out."""
    return {
        title: here
        for digit, title in CHAPTERS.items()
        if (here := [one for one in found if one.chapter == digit])
    }
