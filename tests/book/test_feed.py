"""The feed of verdicts that moved, and where the repository is said to lie."""

from __future__ import annotations

import re
from datetime import datetime
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from scalinglaws.book import address, feed, suite
from scalinglaws.book.suite import BookError

CITATION = "title: x\nversion: 1.2.0\ndate-released: 2026-11-22\n"


def finding(*verdicts, withdrawn=()):
    """What the feed reads of a notebook."""
    return SimpleNamespace(
        digits="10", title="A law & more", verdicts=list(verdicts), record={"withdrawn": list(withdrawn)}
    )


def state(word: str, why: str, **when) -> dict:
    """What a claim was before a move."""
    return {"word": word, "measured": 1.0, "why": why, **when}


MOVED = {
    "id": "one",
    "word": "replicated",
    "history": [
        state("inconclusive", "an old move"),
        state("not replicated", "judged anew", when="2026-11-29"),
    ],
}
ALIKE = {"id": "two", "word": "partly", "history": [state("partly", "judged anew", when="2026-11-29")]}
GONE = {
    "id": "three",
    "word": "replicated",
    "history": [state("replicated", "says the same", when="2026-11-30")],
}


def test_a_day_and_a_reason_make_one_entry_and_a_move_of_an_unknown_day_makes_none():
    first, second = feed.moves([finding(MOVED, ALIKE, {"id": "four", "word": "partly"}, withdrawn=[GONE])])
    assert first.text == "Judged anew. one: not replicated → replicated; two: partly."
    assert second.text == "Says the same. three: replicated → withdrawn."
    assert (first.when, second.when) == ("2026-11-29", "2026-11-30")
    assert first.place == "changes.html#changed-10"


def test_the_feed_is_atom_and_the_same_news_keeps_its_identity():
    news = [*feed.moves([finding(MOVED)]), *feed.releases(CITATION)]
    said = feed.atom(news)
    assert said == feed.atom(news)
    tree = ElementTree.fromstring(said)
    name = f"{{{feed.ATOM}}}"
    assert tree.tag == f"{name}feed" and tree.find(f"{name}author/{name}name").text
    entries = tree.findall(f"{name}entry")
    assert [entry.find(f"{name}title").text for entry in entries] == ["10 A law & more", "Release 1.2.0"]
    for part in (tree, *entries):
        datetime.fromisoformat(part.find(f"{name}updated").text.replace("Z", "+00:00"))
        assert part.find(f"{name}link[@rel='alternate']").get("href")
    ids = [part.find(f"{name}id").text for part in (tree, *entries)]
    assert len(set(ids)) == 3 and all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", id) for id in ids)
    later = feed.atom([feed.Entry("2026-12-01", "Later", "More.", "changes.html"), *news])
    assert all(id in later for id in ids)


def test_the_newest_comes_first_and_the_release_is_that_of_the_citation_file(repository):
    news = feed.entries(suite.findings())
    assert [one.when for one in news] == sorted((one.when for one in news), reverse=True)
    version = re.search(r"^version: (\S+)", (repository / "CITATION.cff").read_text(), re.MULTILINE)[1]
    assert f"Release {version}" in {one.title for one in news}


def test_a_release_without_a_date_is_said():
    with pytest.raises(BookError, match="lacks version or date-released"):
        feed.releases("version: 1.0\n")


@pytest.mark.parametrize(
    ("citation", "environment", "known"),
    [
        ("title: x\n", {}, ""),
        ('repository-code: "https://github.com/a/b/"\n', {}, "https://github.com/a/b"),
        ("title: x\n", {"GITHUB_REPOSITORY": "c/d"}, "https://github.com/c/d"),
        ("repository-code: https://github.com/a/b\n", {"GITHUB_REPOSITORY": "c/d"}, "https://github.com/c/d"),
    ],
)
def test_the_address_comes_from_the_citation_file_or_from_the_machine_that_publishes(
    empty_repository, citation, environment, known
):
    (empty_repository / "CITATION.cff").write_text(citation)
    assert address.of_repository(environment) == known


def test_binder_is_linked_to_only_where_it_can_be():
    assert address.binder("https://github.com/a/b", "notebooks/x.ipynb") == (
        "https://mybinder.org/v2/gh/a/b/HEAD?labpath=notebooks/x.ipynb"
    )
    assert address.binder("", "notebooks/x.ipynb") == address.binder("https://example.org/a", "x") == ""
