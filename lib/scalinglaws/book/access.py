"""Mend in the built pages what the theme leaves undone for screen readers and for narrow screens."""

from __future__ import annotations

from pathlib import Path

from scalinglaws.notebooks import pages

#: The arrow that opens a branch of the sidebar's tree, as the theme writes it: it has no name.
ARROW = '<summary><span class="toctree-toggle"'


def accessible(site: Path) -> None:
    """Let tables be stacked on a narrow screen, and give a name to what has none.

    Parameters
    ----------
    site
        A built site; its pages are rewritten.
    """
    for page in site.rglob("*.html"):
        page.write_text(mended(page.read_text(encoding="utf-8")), encoding="utf-8")


def mended(html: str) -> str:
    """A page whose tables have labelled cells, and whose sidebar's arrows say what they open."""
    named = html.replace(ARROW, ARROW.replace("<summary>", '<summary aria-label="Pages below">'))
    return pages.labelled(named)
