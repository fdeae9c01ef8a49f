"""The page that leads to all others: a card for each notebook, with its finding, its words and a figure."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from scalinglaws import notebooks, overview, pages, scoreboard
from scalinglaws.claims import ClaimError, stated
from scalinglaws.nbformats import NotebookNode
from scalinglaws.repository import write_atomically

#: The most pixels of a thumbnail, across and down: twice what a card shows, for fine screens.
THUMBNAIL = (640, 440)
STYLE = """\
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); gap: 1rem; }
.cards, .cards ul { list-style: none; margin: 0; padding: 0; }
.card { position: relative; border: 1px solid #ccd; border-radius: 6px; padding: 0.8rem; }
.card h2 { font-size: 1.05rem; margin: 0 0 0.5rem; }
.card a::after { content: ""; position: absolute; inset: 0; }
.card:focus-within, .card:hover { border-color: #1f5fa8; }
.card img { display: block; width: 100%; height: 9rem; object-fit: contain; background: #fff; }
.card p, .card dl { font-size: 0.88rem; line-height: 1.4; margin: 0.5rem 0 0; }
.card dl { display: grid; grid-template-columns: auto 1fr; gap: 0 0.7rem; }
.card dt { opacity: 0.7; }
.card dd { margin: 0; }
.failed { color: #a11; }
@media (prefers-color-scheme: dark) { .card { border-color: #444; } .failed { color: #ff9a9a; } }"""


def figure(notebook: NotebookNode) -> tuple[str, str] | None:
    """A notebook's first figure: PNG as base64, and its alt text; None where it has none."""
    for output in (output for cell in notebooks.code(notebook) for output in cell.outputs):
        if "image/png" in output.get("data", {}):
            return output.data["image/png"], output.metadata.get("image/png", {}).get("alt", "")
    return None


def thumbnail(png: str) -> str | None:
    """A PNG in base64, scaled down and in few colours; None if it is no picture."""
    from PIL import Image

    small = io.BytesIO()
    try:
        with Image.open(io.BytesIO(base64.b64decode(png)), formats=["PNG"]) as whole:
            scaled = whole.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):  # what Pillow says of damage
        return None
    paper = Image.new("RGBA", scaled.size, "white")
    paper.alpha_composite(scaled)
    paper.thumbnail(THUMBNAIL)
    paper.convert("RGB").quantize(64).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode()


def title(name: str, notebook: NotebookNode) -> str:
    """What a notebook is called: by its first heading, or else by its name."""
    try:
        return notebooks.title(notebook)
    except notebooks.NotebookError:
        return name


def finding(name: str) -> str:
    """The sentence of a claims file; empty where there is none that can be read."""
    try:
        return stated(name).sentence
    except ClaimError:
        return ""


def judged(notebook: NotebookNode) -> list[dict[str, Any]]:
    """The verdicts that a notebook ends with."""
    return [verdict for record in notebooks.records(notebook) for verdict in record["verdicts"]]


def card(name: str, notebook: NotebookNode) -> str:
    """What the index says of one notebook; all of the card is its link."""
    parts = [f'<h2><a href="{escape(name)}.html">{escape(title(name, notebook))}</a></h2>']
    shown = figure(notebook)
    if shown and (small := thumbnail(shown[0])):
        parts.append(f'<img src="data:image/png;base64,{small}" alt="{escape(shown[1])}">')
    if sentence := finding(name):
        parts.append(f"<p>The finding: {escape(sentence)}</p>")
    if sentence and (found := judged(notebook)):
        said = scoreboard.standing(name, found)
        terms = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in said.items())
        parts.append(f"<dl>{terms}</dl>")
        if ids := scoreboard.failures(found):
            named = ", ".join(f"<code>{escape(id)}</code>" for id in ids)
            parts.append(f'<p class="failed">did not replicate: {named}</p>')
    return f'<li class="card">{"".join(parts)}</li>'


def index(executed: Mapping[str, NotebookNode], failed: Mapping[str, str]) -> str:
    """The page of cards; above them the count of all words, and what did not run."""
    entries = [{"verdicts": judged(notebook)} for notebook in executed.values()]
    parts = [f"<h1>{pages.SITE}</h1>", f"<p>{escape(overview.tally(entries))}</p>"]
    parts += [
        f'<p class="failed">{escape(name)} did not run: {escape(why)}</p>' for name, why in failed.items()
    ]
    cards = "\n".join(card(name, notebook) for name, notebook in executed.items())
    body = "\n".join([*parts, f'<ul class="cards">\n{cards}\n</ul>'])
    return pages.page(pages.SITE, pages.sanitised(body), STYLE)


def export(
    executed: Mapping[str, NotebookNode], output: Path, failed: Mapping[str, str] | None = None
) -> Path:
    """Write a page for each executed notebook, and the index of them.

    Parameters
    ----------
    executed
        Name -> notebook with its outputs.
    output
        Folder of the pages.
    failed
        Name of a notebook that did not run -> why.

    Returns
    -------
    Path
        The index.
    """
    for name, notebook in executed.items():
        write_atomically(output / f"{name}.html", pages.of_notebook(notebook, title(name, notebook)))
    path = output / "index.html"
    write_atomically(path, index(executed, failed or {}))
    return path


def where_to_look(index: Path) -> str:
    """What a run says at its end of the pages that it wrote."""
    return (
        f"Look at {index} in a browser: a card for each notebook leads to its page.\n"
        f"Beside it in {index.parent}: NAME.html, the page; NAME.ipynb, the executed notebook; "
        "verdicts/NAME.json, its words and numbers."
    )
