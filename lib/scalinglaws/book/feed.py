"""The feed of what changed: releases, and verdicts that moved, as Atom (RFC 4287)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

from scalinglaws import repository
from scalinglaws.book.suite import BookError, Finding

ATOM = "http://www.w3.org/2005/Atom"
#: What the identities of entries are made in: two books that tell the same move give it the same one.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "scaling-laws-replicated")
TITLE = "Scaling Laws, Replicated: verdicts that moved"


@dataclass(frozen=True)
class Entry:
    """One piece of news.

    Attributes
    ----------
    when
        The day, as YYYY-MM-DD.
    title, text
        What happened, and to which claims.
    place
        Where the book says more, from the home page.
    """

    when: str
    title: str
    text: str
    place: str


def releases(citation: str) -> list[Entry]:
    """The release that a text of CITATION.cff describes.

    Raises
    ------
    BookError
        If it lacks a version or a date.
    """
    said = dict(re.findall(r"^(version|date-released): ['\"]?([^\s'\"]+)", citation, re.MULTILINE))
    if len(said) != 2:
        raise BookError("CITATION.cff lacks version or date-released, which the feed tells of")
    version = said["version"]
    text = f"Release {version}. The tag v{version} of the repository is this state of notebooks and verdicts."
    return [Entry(said["date-released"], f"Release {version}", text, "changes.html#releases")]


def moves(findings: Iterable[Finding]) -> list[Entry]:
    """An entry for each notebook, day and reason for which verdicts moved; moves of an unknown day have none."""
    found = []
    for finding in findings:
        together: dict[tuple[str, str], list[str]] = {}
        gone = [verdict | {"word": "withdrawn"} for verdict in finding.record.get("withdrawn", ())]
        for verdict in [*finding.verdicts, *gone]:
            history = verdict.get("history", [])
            for before, after in pairwise([*history, verdict]):
                if day := before.get("when"):
                    word = " → ".join(dict.fromkeys((before["word"], after["word"])))
                    together.setdefault((day, before["why"]), []).append(f"{verdict['id']}: {word}")
        for (day, why), claims in together.items():
            text = f"{why[:1].upper()}{why[1:]}. {'; '.join(claims)}."
            place = f"changes.html#changed-{finding.digits}"
            found.append(Entry(day, f"{finding.digits} {finding.title}", text, place))
    return found


def entries(findings: Iterable[Finding]) -> list[Entry]:
    """All news, the newest first."""
    citation = (repository.data_folder().parent / "CITATION.cff").read_text(encoding="utf-8")
    return sorted([*moves(findings), *releases(citation)], key=lambda entry: entry.when, reverse=True)


def atom(news: list[Entry]) -> str:
    """News as a feed.

    Links are relative to the feed, as Atom allows, so that it holds wherever the book is published.
    """
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    add(feed, "title", TITLE)
    add(feed, "id", uuid.uuid5(NAMESPACE, TITLE).urn)
    add(feed, "updated", moment(news[0].when))
    add(feed, "link", rel="self", href="feed.xml")
    add(feed, "link", rel="alternate", href="changes.html")
    add(add(feed, "author"), "name", "The developers of Scaling Laws, Replicated")
    for one in news:
        entry = add(feed, "entry")
        add(entry, "title", one.title)
        add(entry, "id", uuid.uuid5(NAMESPACE, f"{one.when} {one.title} {one.text}").urn)
        add(entry, "updated", moment(one.when))
        add(entry, "link", rel="alternate", href=one.place)
        add(entry, "content", one.text, type="text")
    ElementTree.indent(feed)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(feed, encoding="unicode") + "\n"


def add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    """A new element below another."""
    child = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    child.text = text or None
    return child


def moment(day: str) -> str:
    """A day as Atom wants it."""
    return f"{day}T00:00:00Z"
