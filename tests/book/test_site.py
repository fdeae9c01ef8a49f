"""The built site: every page is there, every link inside leads somewhere, nothing is asked of another host."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from scalinglaws.book import chapters, suite
from scalinglaws.claims import verdicts
from scalinglaws.notebooks import files, scoreboard

#: An address that a browser fetches by itself, in a style sheet.
FETCHED = re.compile(r"""(?:url\(\s*['"]?|@import\s+['"])((?:https?:)?//[^'")\s]+)""")


def test_there_is_a_page_for_everything(pages):
    wanted = {
        "index.html",
        "scoreboard.html",
        "changes.html",
        "reference/index.html",
        "reference/commands.html",
    }
    wanted |= {f"notebooks/{name}.html" for name in files.names()}
    learn = (
        "start",
        "glossary",
        "choosing",
        "verdicts",
        "failures",
        "numbers",
        "adding",
        "data",
        "bibliography",
    )
    assert wanted | {f"learn/{name}.html" for name in learn} <= set(pages)


def test_every_claim_and_every_failure_is_named(pages):
    for name in verdicts.kept():
        found = verdicts.read(name)["verdicts"]
        board = pages["scoreboard.html"].html
        for id in (verdict["id"] for verdict in found):
            assert f"<code>{id}</code>" in board, (name, id)
        for id in scoreboard.failures(found):
            assert f">{id}</span>" in pages["learn/failures.html"].html, (name, id)
            assert f">{id}</span>" in pages[f"notebooks/{name}.html"].html, (name, id)


def test_no_link_inside_is_dead(site, pages):
    dead = []
    for place, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = ((site / place).parent / unquote(parts.path)).resolve() if parts.path else site / place
            inside = (
                target.relative_to(site.resolve()).as_posix() if target.is_relative_to(site.resolve()) else ""
            )
            anchors = pages[inside].anchors if inside in pages else {parts.fragment}
            if not target.is_file() or unquote(parts.fragment) not in {"", *anchors}:
                dead.append(f"{place}: {link}")
    assert sum(len(page.links) for page in pages.values()) > 1000
    assert sorted(set(dead)) == []


def test_nothing_is_asked_of_another_host(site, pages):
    asked = [
        f"{place}: {url}" for place, page in pages.items() for url in page.fetched if urlsplit(url).netloc
    ]
    for path in site.rglob("*.css"):
        asked += [f"{path.name}: {url}" for url in FETCHED.findall(path.read_text(encoding="utf-8"))]
    assert asked == []
    missing = [
        f"{place}: {url}"
        for place, page in pages.items()
        for url in page.fetched
        if not url.startswith("data:") and not ((site / place).parent / unquote(urlsplit(url).path)).is_file()
    ]
    assert missing == []


def test_every_picture_has_alternative_text(pages):
    lacking = [
        f"{place}: {picture['src']}"
        for place, page in pages.items()
        for picture in page.pictures
        # Logos that stand beside their own text are empty on purpose; ours have no logo.
        if not (picture.get("alt") or "").strip()
    ]
    assert lacking == []
    assert (
        sum("_images" in (picture["src"] or "") for page in pages.values() for picture in page.pictures) > 30
    )


def test_formulas_are_formulas(pages):
    left = {}
    for place, page in pages.items():
        if not place.startswith(("genindex", "py-modindex", "search", "reference/")):
            found = re.findall(r"\$[^$\n]{1,60}\$", page.text)
            left |= {place: found} if found else {}
    assert left == {}
    assert 'class="math' in pages["notebooks/10_chinchilla_third_approach.html"].html


def test_only_pages_with_formulas_load_mathjax(pages):
    for place, page in pages.items():
        loads = any("tex-svg.js" in url for url in page.fetched)
        assert loads == bool(re.search(r'class="[^"]*\bmath\b', page.html)), place


def test_notebooks_follow_each_other_in_reading_order(pages):
    """With the opening page of a chapter, where it has one, before its first notebook."""
    order = [
        place
        for title, here in suite.by_chapter(suite.findings()).items()
        for place in [chapters.address(title)] * chapters.opened(title)
        + [f"notebooks/{one.name}" for one in here]
    ]
    for before, after in pairwise(order):
        forward = re.search(r'<a class="right-next".*?>', pages[f"{before}.html"].html, re.DOTALL)[0]
        to = urljoin(f"{before}.html", re.search(r'href="(.*?)"', forward)[1])
        assert to == f"{after}.html"


def test_the_home_page_is_light(site, pages):
    """In bytes over the line, without the thumbnails, which are fetched when they come into view."""
    files_of = {url.partition("?")[0] for url in pages["index.html"].fetched if not url.startswith("data:")}
    files_of -= {picture["src"] for picture in pages["index.html"].pictures if "cover" not in picture["src"]}
    assert any("fontawesome" in name for name in files_of), "the icons count"
    assert sum(len(gzip.compress((site / name).read_bytes())) for name in {"index.html", *files_of}) < 500_000


def test_a_paper_is_found_by_its_author(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert all(f'"{name}":' in index for name in ("besiroglu", "porian", "sorscher"))


def test_scripts_are_scripts(site):
    """Also those that were made smaller."""
    if not (node := shutil.which("node")):
        pytest.skip("no node on this machine")
    for name in ("scripts/fontawesome.js", "scoreboard.js"):
        done = subprocess.run([node, "--check", site / "_static" / name], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_pages_tell_nothing_of_this_machine(site, pages):
    root = str(Path(__file__).resolve().parents[2])
    assert [place for place, page in pages.items() if root in page.html] == []


def test_the_downloads_are_there(site):
    assert (site / "claims.csv").is_file() and (site / "claims.json").is_file()
    for name in files.names():
        assert len(list(site.glob(f"_downloads/*/{name}.ipynb"))) == 1
