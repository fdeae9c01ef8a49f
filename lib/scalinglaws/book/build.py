"""Build the book: bring its sources together in a folder of their own, and let Sphinx make pages of them."""

from __future__ import annotations

import base64
import importlib.util
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from scalinglaws import repository
from scalinglaws.book import (
    access,
    board,
    changes,
    chapters,
    chart,
    failures,
    feed,
    home,
    lean,
    licences,
    notebook_page,
    quotable,
    reference,
)
from scalinglaws.book.answers import Answer, answers
from scalinglaws.book.markup import plain, slug
from scalinglaws.book.suite import BookError, Finding, by_chapter, findings, written
from scalinglaws.claims import verdicts
from scalinglaws.claims.stated import path_of
from scalinglaws.errors import EXTRAS, lacking
from scalinglaws.notebooks import files, overview, scoreboard
from scalinglaws.tables import loading

#: A line of a written page where something made is put in: a comment of MyST.
INSERT = re.compile(r"^% insert: ([\w-]+)$", re.MULTILINE)
#: Lies in every folder that the book was built into, and so may be replaced.
MADE = ".made-by-the-book"


def inserts(found: list[Finding], said: list[Answer], counts: chart.Counts) -> dict[str, Callable[[], str]]:
    """Name of what a written page may ask for -> what makes it, of all notebooks and what authors answered."""
    of_chapters = {
        slug(title): partial(home.papers, here, up="../") for title, here in by_chapter(found).items()
    }
    return of_chapters | {
        "tally": lambda: plain(overview.tally([{"verdicts": one.verdicts} for one in found])),
        "papers": lambda: home.papers(found),
        "cards": lambda: home.cards(found),
        "contents": lambda: home.contents(found),
        "cover": lambda: picture("made/cover.png", scoreboard.cover()[1]),
        "chart": lambda: picture("made/verdicts.png", chart.in_words(counts)),
        "board": lambda: board.board(found),
        "failures": lambda: failures.failures(found, said),
        "numbers": lambda: quotable.numbers(found, quotable.chosen(written() / "numbers.toml")),
        "tables": licences.overview,
        "origins": lambda: licences.sections(found),
        "changes": lambda: changes.changes(found),
        "restated": lambda: changes.restated(found),
        "withdrawn": lambda: changes.withdrawn(found),
        "releases": changes.releases,
        "modules": reference.index,
        "commands": reference.commands,
        "exits": reference.exits,
        "names": reference.names,
    }


def picture(place: str, alt: str) -> str:
    """A picture with its alternative text, as wide as the page; on a narrow screen it scrolls."""
    image = f"```{{image}} {place}\n:alt: {' '.join(alt.split())}\n:width: 100%\n```"
    return f":::{{container}} wide\n{image}\n:::"


def filled(text: str, where: str, known: dict[str, Callable[[], str]]) -> str:
    """A written page with everything put in that it asks for.

    Raises
    ------
    BookError
        If it asks for what nothing makes.
    """

    def made(asked: re.Match[str]) -> str:
        if asked[1] not in known:
            raise BookError(f"book/{where} asks for {asked[1]!r}; there are: {', '.join(sorted(known))}")
        return known[asked[1]]()

    return INSERT.sub(made, text)


def stage(source: Path) -> None:
    """Write everything that Sphinx reads into an empty folder."""
    found = findings()
    said = answers(found)
    counts = chart.counts(found)
    known = inserts(found, said, counts)
    shutil.copytree(written(), source, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for page in sorted(source.rglob("*.md")):
        where = page.relative_to(source).as_posix()
        text = chapters.cited(page.read_text(encoding="utf-8"), where, found)
        page.write_text(filled(text, where, known), encoding="utf-8")
    for place, text in reference.pages().items():
        repository.write_atomically(source / place, text)
    for finding in found:
        files.save(notebook_page.staged(finding, said), source / "notebooks" / f"{finding.name}.ipynb")
    originals(found, source / "originals")
    pictures(found, counts, source / "made")
    repository.write_atomically(source / "downloads" / "claims.json", board.as_json(found))
    repository.write_atomically(source / "downloads" / "claims.csv", board.as_csv(found))
    repository.write_atomically(source / "downloads" / "feed.xml", feed.atom(feed.entries(found)))


def originals(found: list[Finding], place: Path) -> None:
    """Copy the files that pages offer as downloads: notebooks, claims, verdicts, tables."""
    place.mkdir(parents=True)
    for finding in found:
        shutil.copy(files.locate(finding.name), place)
        if finding.stated is not None:
            shutil.copy(path_of(finding.name), place)
            shutil.copy(verdicts.folder() / f"{finding.name}.json", place)
    for name, folder in loading.folders().items():
        (place / name).mkdir()
        shutil.copy(folder / loading.source(name)["table"], place / name)


def pictures(found: list[Finding], counts: chart.Counts, place: Path) -> None:
    """Write the figure of the home page, the chart of the scoreboard, and the thumbnails."""
    place.mkdir(parents=True)
    (place / "cover.png").write_bytes(scoreboard.cover()[0])
    (place / "verdicts.png").write_bytes(chart.png(counts))
    for name, small in home.thumbnails(found).items():
        (place / f"{name}.png").write_bytes(base64.b64decode(small))


def emptied(folder: Path) -> Path:
    """A folder that holds nothing of an earlier book.

    Raises
    ------
    BookError
        If it holds something that is no earlier book.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MADE).is_file():
            raise BookError(f"{folder} is not empty, and the book did not make it: name another folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MADE).touch()
    return folder


def build(output: Path) -> Path:
    """Build the book.

    Parameters
    ----------
    output
        Folder of the site. Beside it, under its name with `-source` and `-doctrees`, lie what the
        pages are made of.

    Returns
    -------
    Path
        The home page.

    Raises
    ------
    BookError
        If an extra is missing, something cannot be made, or Sphinx has warned of anything.
    """
    for module in (name for name, extra in EXTRAS.items() if extra == "book"):
        if importlib.util.find_spec(module) is None:
            raise BookError(lacking(ModuleNotFoundError(name=module)))
    from sphinx.cmd.build import build_main

    site, source, trees = (
        emptied(output.with_name(output.name + end)) for end in ("", "-source", "-doctrees")
    )
    stage(source)
    options = ["--fail-on-warning", "--quiet", "-b", "html", "-d", str(trees)]
    if build_main([*options, str(source), str(site)]):
        raise BookError("the book has warnings, which count as errors; they stand above")
    access.accessible(site)
    lean.lean(site)
    return site / "index.html"
