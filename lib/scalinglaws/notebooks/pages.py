"""Notebooks as pages: sanitised, and self-contained: nothing is asked of any other host, mathematics included.

Everything that comes out of a notebook, whichever way, passes one allow-list; a content policy in
each page is the second line: the only script that may run is our own copy of MathJax, known by its
hash.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import re
from copy import deepcopy
from functools import cache
from html import escape
from pathlib import Path

import nh3

from scalinglaws.claims import printing
from scalinglaws.notebooks import files as notebooks
from scalinglaws.notebooks.formats import NotebookNode

SITE = "Scaling Laws, Replicated"
#: Elements that vanish with all that is in them; of others that are not allowed the text stays.
DROPPED = {"script", "style", "svg", "math", "iframe", "object", "embed", "template", "noscript", "title"}
ATTRIBUTES = nh3.ALLOWED_ATTRIBUTES | {
    "*": {"class", "id", "style", "title", "lang", "dir"},
    "details": {"open"},
    "img": {"src", "alt", "width", "height"},
    "td": nh3.ALLOWED_ATTRIBUTES["td"] | {"data-label"},
}
STYLES = {
    "background-color", "border", "color", "font-style", "font-weight", "text-align", "text-decoration",
    "vertical-align", "white-space", "width",
}  # fmt: skip
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*")
#: What runs in a drawing that is opened by itself; shown in a page as a picture, as here, nothing does.
RUNS = re.compile(r"<\s*(?:\w+:)?(?:script|foreignobject)|\son\w+\s*=|javascript:|<!entity", re.IGNORECASE)
#: What a text must hold for MathJax to have anything to do in it.
MATHEMATICS = re.compile(r"\$|\\begin\{|\\\[|\\\(")
CONFIG = """\
window.MathJax = {
  tex: {inlineMath: [["$", "$"], ["\\\\(", "\\\\)"]], packages: {"[-]": ["require", "autoload"]}},
  svg: {fontCache: "local"},
  options: {enableMenu: false}
};"""
STYLE = """\
:root { color-scheme: light dark; }
body {
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif;
  color: #222; background: #fff; overflow-wrap: break-word;
}
h1, h2, h3 { line-height: 1.25; }
pre, code { font: 0.85rem/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; margin: 0.3rem 0; }
.highlight {
  background: #f6f7f9; color: #222; border-left: 3px solid #b8c4d6; padding: 0.4rem 0.8rem; margin: 0.8rem 0 0.3rem;
}
.output_stderr { background: #fdf0f0; color: #222; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: 0.2rem 0.7rem; border-bottom: 1px solid #ddd; text-align: right; vertical-align: top; }
table.rows th, table.rows td { text-align: left; }
img { max-width: 100%; height: auto; }
mjx-container[display="true"] { overflow-x: auto; overflow-y: hidden; }
.prompt, .anchor-link { display: none; }
a { color: #1f5fa8; }
@media (max-width: 40rem) {
  body { margin: 1rem auto; }
  h1 { font-size: 1.6rem; }
  pre { font-size: 0.75rem; }
  table.rows thead { display: none; }
  table.rows tbody, table.rows tr, table.rows td { display: block; }
  table.rows tr { padding: 0.5rem 0; border-bottom: 1px solid #ddd; }
  table.rows td { padding: 0; border: 0; }
  table.rows td:empty { display: none; }
  table.rows td:first-child { font-weight: bold; }
  table.rows td:not(:first-child)::before { content: attr(data-label) ": "; opacity: 0.7; }
}
@media (prefers-color-scheme: dark) {
  body { background: #16181c; color: #ddd; }
  img { background: #fff; color: #222; } a { color: #8ab4f0; } th, td, table.rows tr { border-color: #444; }
}"""


def kept(tag: str, attribute: str, value: str) -> str | None:
    """An attribute's value, unless it would make the page ask for something or run it."""
    if (tag, attribute) == ("img", "src"):
        return value if PICTURE.fullmatch(value) else None
    if attribute in ("href", "cite") and value.strip().lower().startswith("data:"):
        return None
    return value


def sanitised(html: str) -> str:
    """HTML without anything that runs, or that is fetched from elsewhere."""
    return nh3.clean(
        html,
        attributes=ATTRIBUTES,
        attribute_filter=kept,
        clean_content_tags=DROPPED,
        filter_style_properties=STYLES,
        tags=nh3.ALLOWED_TAGS - {"area", "map"},
        url_schemes={"http", "https", "mailto", "data"},
    )


@cache
def mathjax() -> str:
    """MathJax 3, which needs no other file: it draws with paths.

    Raises
    ------
    NotebookError
        If the package that carries it is not installed.
    """
    try:
        files = importlib.metadata.files("sphinx-mathjax-offline") or []
        (path,) = [file.locate() for file in files if file.name == "tex-svg.js"]
        script = Path(path).read_text(encoding="utf-8")
    except (importlib.metadata.PackageNotFoundError, ValueError, OSError) as error:
        raise notebooks.NotebookError(
            "pages need MathJax: run 'pip install sphinx-mathjax-offline'"
        ) from error
    return script.replace("</script", "<\\/script")


@cache
def highlighting() -> str:
    """Colours of code."""
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter().get_style_defs(".highlight")


def page(title: str, body: str, style: str = "") -> str:
    """A whole page around a sanitised body; mathematics is drawn where there is any."""
    scripts = [CONFIG, mathjax()] if MATHEMATICS.search(body) else []
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes) or "'none'"
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src {allowed}"
    )
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{STYLE}\n{style}\n</style>",
        *(f"<script>{script}</script>" for script in scripts),
        f"</head>\n<body>\n{body}\n</body>\n</html>\n",
    ]
    return "\n".join(lines)


def labelled(html: str) -> str:
    """HTML of which each cell of a table says its column, so that a narrow screen can stack the cells of a row.

    Tables of pandas stay as they are: rows of numbers are compared down a column, and scroll.
    """
    from bs4 import BeautifulSoup

    def stacking(found: re.Match[str]) -> str:
        # Without headings there is nothing to say of a cell; looking at such tables took long, too.
        if "<thead" not in found[0].lower():
            return found[0]
        table = BeautifulSoup(found[0], "html.parser").table
        headings = [cell.get_text(" ", strip=True) for cell in table.select("thead th")]
        body = table.select("tbody tr")
        cells = [row.find_all(["td", "th"], recursive=False) for row in body]
        if "dataframe" in table.get("class", []) or any(len(row) != len(headings) for row in cells):
            return found[0]
        table["class"] = [*table.get("class", []), "rows"]
        for row in cells:
            for cell, heading in zip(row, headings, strict=True):
                cell["data-label"] = heading
        return str(table)

    return re.sub(r"<table\b.*?</table>", stacking, html, flags=re.DOTALL | re.IGNORECASE)


def tabulate(notebook: NotebookNode) -> None:
    """Show the verdicts as a table of HTML, as wide as the screen, instead of as lines of text."""
    records = notebooks.records(notebook)
    cells = [cell for cell in notebooks.code(notebook) if cell.source.strip() == notebooks.VERDICT[1]]
    for output in (output for cell in cells for output in cell.outputs if len(records) == 1):
        found = records[0]["verdicts"]
        # Below a line for each verdict stand the data checks, and what is unproved.
        rest = output.get("data", {}).get("text/plain", "").splitlines()[1 + len(found) :]
        output.data = {
            "text/html": printing.verdicts_html(found) + "".join(f"<p>{escape(r)}</p>" for r in rest)
        }


def of_notebook(notebook: NotebookNode, title: str) -> str:
    """An executed notebook as a page."""
    from nbconvert import HTMLExporter

    notebook = deepcopy(notebook)
    tabulate(notebook)
    for output in (output for cell in notebooks.code(notebook) for output in cell.outputs):
        if RUNS.search(output.get("data", {}).get("image/svg+xml", "")):
            del output.data["image/svg+xml"]
            output.data["text/plain"] = "[a drawing that holds a script is left out]"
    # Of the template that is only a body: all of it passes the allow-list, whatever cell it came from.
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    back = f'<p><a href="index.html">{SITE}</a></p>'
    return page(title, sanitised(labelled(back + body)), highlighting())
