"""The site that several test files look at, built once."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scalinglaws.errors import EXTRAS

try:
    import fcntl
except ImportError:  # Windows: there each process of tests builds a site of its own
    fcntl = None

LACKING = [name for name, extra in EXTRAS.items() if extra == "book" and not importlib.util.find_spec(name)]


@dataclass
class Page(HTMLParser):
    """What a page links to, what it fetches, its pictures, and its text outside code."""

    html: str
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    pictures: list[dict[str, str | None]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.silent: list[str] = []
        self.feed(self.html)

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        if has.get("id"):
            self.anchors.add(has["id"])
        if tag == "a" and has.get("href"):
            self.links.append(has["href"])
        if (
            tag == "link"
            and has.get("href")
            and not {"alternate", "canonical", "next", "prev", "search", "index"} & {*has["rel"].split()}
        ):
            self.fetched.append(has["href"])
        if tag in ("script", "img", "iframe", "source", "video", "audio", "embed") and has.get("src"):
            self.fetched.append(has["src"])
        if tag == "img":
            self.pictures.append(has)
        if (
            tag in ("script", "style", "pre", "code")
            or "math" in (has.get("class") or "").split()
            or (self.silent and self.silent[-1] == tag)
        ):
            self.silent.append(tag)

    def handle_endtag(self, tag):
        if self.silent and self.silent[-1] == tag:
            self.silent.pop()

    def handle_data(self, data):
        if not self.silent:
            self.text += data


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The book, built once for all processes that test; it must not warn of anything.

    With SCALINGLAWS_SITE the site that lies in that folder is looked at, such as the one that is to be published.
    """
    if named := os.environ.get("SCALINGLAWS_SITE"):
        return Path(named)
    if LACKING:
        pytest.skip(f"the extra 'book' is not installed: {', '.join(LACKING)}; 'make book' brings it")
    base = tmp_path_factory.getbasetemp()
    together = fcntl and "PYTEST_XDIST_WORKER" in os.environ
    folder = (base.parent if together else base) / "book"
    with (folder.with_name("book.lock")).open("w") as lock:
        if together:
            fcntl.flock(lock, fcntl.LOCK_EX)
        # Written last, by whichever process came first.
        whole = folder.with_name("book-is-whole")
        if not whole.exists():
            build(folder)
            whole.touch()
    return folder


def build(folder: Path) -> None:
    """Build the book as `make book` does."""
    command = [sys.executable, "-m", "scalinglaws.book", "--output", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.fixture(scope="session")
def pages(site) -> dict[str, Page]:
    """Every page by its place in the site; what the theme keeps among its static files is none."""
    places = {path.relative_to(site).as_posix(): path for path in site.rglob("*.html")}
    return {
        place: Page(path.read_text(encoding="utf-8"))
        for place, path in places.items()
        if not place.startswith("_static/")
    }
