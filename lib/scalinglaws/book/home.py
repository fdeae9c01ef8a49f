"""What the home page shows of the suite: a row a paper, thumbnails by chapter, and the tree of all pages."""

from __future__ import annotations

from scalinglaws.book import chapters
from scalinglaws.book.markup import badge, plain, table
from scalinglaws.book.suite import Finding, by_chapter
from scalinglaws.notebooks import index_page, scoreboard

#: What leads from the home page to the opening page of a chapter.
OPENING = "What the field believed, what these notebooks found, what is open"


def papers(findings: list[Finding], up: str = "") -> str:
    """A row a paper: finding, headline, what held, evidence, cost; `up` leads from the page to the home page."""
    rows, headings = [], ["finding"]
    for finding in (one for one in findings if one.verdicts):
        said = scoreboard.standing(finding.name, finding.verdicts)
        headings = ["finding", *said]
        cells = [badge(text) if name == "headline" else plain(text) for name, text in said.items()]
        rows.append([f"[{plain(finding.title)}]({up}notebooks/{finding.name}.ipynb)", *cells])
    return table(headings, rows)


def thumbnails(findings: list[Finding]) -> dict[str, str]:
    """Name of a notebook -> its first figure, scaled down, as PNG in base64; without those that have none."""
    found = {}
    for finding in findings:
        if finding.picture and (small := index_page.thumbnail(finding.picture[0])):
            found[finding.name] = small
    return found


def cards(findings: list[Finding]) -> str:
    """A heading a chapter, below it the way to its opening page, if it has one, and a card a notebook."""
    parts = []
    for title, here in by_chapter(findings).items():
        inside = "\n\n".join(map(card, here))
        door = f"[{OPENING}]({chapters.address(title)}.md).\n\n" if chapters.opened(title) else ""
        parts.append(f"### {title}\n\n{door}:::::{{grid}} 1 2 2 3\n:gutter: 3\n\n{inside}\n:::::")
    return "\n\n".join(parts)


def card(finding: Finding) -> str:
    """One notebook: its first figure, its title as the link, and its headline."""
    options = [":class-card: thumbnail", f":link: notebooks/{finding.name}", ":link-type: doc"]
    if finding.picture:
        # An option of a directive is one line.
        alt = " ".join(finding.picture[1].split())
        options += [f":img-top: made/{finding.name}.png", f":img-alt: {alt}"]
    word = badge(scoreboard.headline(finding.name, finding.verdicts)) if finding.verdicts else ""
    lines = [f"::::{{grid-item-card}} {finding.digits} {plain(finding.title)}", *options, "", word, "::::"]
    return "\n".join(lines)


def contents(findings: list[Finding]) -> str:
    """The tree of the notebooks, a caption a chapter, in reading order, each after its opening page."""
    trees = []
    for title, here in by_chapter(findings).items():
        entries = "\n".join(
            [f"The chapter at a glance <{chapters.address(title)}>"] * chapters.opened(title)
            + [f"{one.digits} {one.title} <notebooks/{one.name}>" for one in here]
        )
        trees.append(f"```{{toctree}}\n:hidden:\n:titlesonly:\n:caption: {title}\n\n{entries}\n```")
    return "\n\n".join(trees)
