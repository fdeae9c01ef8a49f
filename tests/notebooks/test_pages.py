"""Pages of notebooks: nothing of theirs runs, nothing is asked of another host, titles are text."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from small_notebook import STATED

from scalinglaws import Replication
from scalinglaws.claims import printing
from scalinglaws.claims.stated import parsed
from scalinglaws.notebooks import files, pages
from scalinglaws.uncertainty import Estimate

BAD = '<script>alert(1)</script><img src=x onerror="alert(2)"><iframe src="https://evil.example"></iframe>'
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg"><{} onload="alert(3)"/><rect width="9" height="9"/></svg>'


class Seen(HTMLParser):
    """The elements of a page with their attributes, its scripts, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def shown(data: dict, **metadata) -> nbformat.NotebookNode:
    """A cell that displays something."""
    cell = new_code_cell("1", execution_count=1)
    cell.outputs = [new_output("display_data", data, metadata=metadata)]
    return cell


HOSTILE = {
    "title": new_markdown_cell(f"# {BAD} a title"),
    "markdown": new_markdown_cell(
        f"{BAD}\n\n[a](javascript:alert(4)) [b](data:text/html;base64,AAAA) <a href=' JaVascript:x'>c</a> "
        "![d](https://evil.example/d.png) <b style='background:url(https://evil.example)'>e</b> "
        "<form action='https://evil.example'><input></form> <meta http-equiv=refresh content='0;url=//e'> <style>*{}</style>"
    ),
    "raw": new_raw_cell(BAD),
    "html": shown({"text/html": f"<div onclick='alert(5)'>{BAD}</div>"}),
    "isolated": shown({"text/html": BAD}, **{"text/html": {"isolated": True}}),
    "markdown output": shown({"text/markdown": BAD}),
    "latex": shown({"text/latex": f"$x$ {BAD}"}),
    "javascript": shown({"application/javascript": "alert(6)"}),
    "svg": shown({"image/svg+xml": DRAWING.format("script")}),
    "svg handler": shown({"image/svg+xml": DRAWING.format("g")}),
    "png": shown(
        {"image/png": f'AAAA"><script>alert(7)</script>{BAD}'}, **{"image/png": {"alt": f'">{BAD}'}}
    ),
    "plain": shown({"text/plain": BAD}),
    "widget": shown({"application/vnd.jupyter.widget-view+json": {"model_id": "</script>" + BAD}}),
    "source": new_code_cell(BAD),
}


@pytest.mark.parametrize("place", HOSTILE)
def test_nothing_of_a_notebook_runs_or_asks_another_host(place):
    cells = [HOSTILE[place]] if place == "title" else [new_markdown_cell("# A title, $x$"), HOSTILE[place]]
    notebook = new_notebook(cells=cells, metadata={"title": BAD})
    html = pages.of_notebook(notebook, BAD)
    seen = Seen(html)
    policy = next(
        a["content"] for tag, a in seen.elements if a.get("http-equiv") == "Content-Security-Policy"
    )
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in seen.scripts]
    assert re.findall(r"'sha256-([^']+)'", policy) == digests
    assert len(digests) == len([tag for tag, _ in seen.elements if tag == "script"]), "ours, and no other"
    assert "default-src 'none'" in policy
    for tag, attributes in seen.elements:
        assert tag not in {"iframe", "object", "embed", "form", "input", "base", "link", "svg"}, tag
        assert tag != "meta" or attributes.get("http-equiv") in (None, "Content-Security-Policy")
        assert not [name for name in attributes if name.startswith("on")], attributes
        assert "url(" not in (attributes.get("style") or "")
        assert (attributes.get("src") or "data:image/").startswith("data:image/"), attributes
        assert re.match(r"https?:|mailto:|#|[\w./-]+$", attributes.get("href") or "#"), attributes
    assert "alert(3)" not in base64.b64decode("".join(re.findall(r"svg\+xml;base64,(\S+?)\"", html))).decode()


def test_what_belongs_in_a_page_is_kept():
    figure = shown({"image/png": "iVBORw0KGgo="}, **{"image/png": {"alt": "a curve that <falls>"}})
    drawing = shown({"image/svg+xml": DRAWING.format("g").replace(' onload="alert(3)"', "")})
    table = shown({"text/html": '<table><tr><td style="text-align: left" colspan="2">cell</td></tr></table>'})
    prose = "# A title\n\n$a < b$ and $$\\frac{x}{y}$$\n\n<details><summary>Solution</summary>two</details>"
    notebook = new_notebook(
        cells=[new_markdown_cell(prose), new_code_cell("x = 1 < 2"), figure, drawing, table]
    )
    seen = Seen(pages.of_notebook(notebook, "A & B"))
    assert ("title", {}) in seen.elements and "A & B" in seen.text
    assert "$a < b$" in seen.text and "\\frac{x}{y}" in seen.text and "Solution" in seen.text
    images = [attributes for tag, attributes in seen.elements if tag == "img"]
    assert images[0]["alt"] == "a curve that <falls>" and images[0]["src"].endswith("iVBORw0KGgo=")
    assert b"<rect" in base64.b64decode(images[1]["src"].partition("base64,")[2])
    (cell,) = [attributes for tag, attributes in seen.elements if tag == "td"]
    assert cell == {"style": "text-align:left", "colspan": "2"}
    assert any(a.get("name") == "viewport" for tag, a in seen.elements)


def test_mathematics_needs_no_other_file_and_only_pages_with_some_carry_it():
    with_some = pages.of_notebook(new_notebook(cells=[new_markdown_cell("# A\n\n$x$")]), "A")
    without = pages.of_notebook(new_notebook(cells=[new_markdown_cell("# A")]), "A")
    assert len(without) < 20_000 < 2_000_000 < len(with_some)
    assert 'VERSION="3.2.2"' in with_some
    asked = [a.get("src") or a.get("href") or "" for _, a in Seen(with_some).elements]
    assert not [address for address in asked if "//" in address]
    # Every macro of the notebooks is in the one file: what would be fetched is switched off.
    assert '"[-]": ["require", "autoload"]' in with_some


def column(seen: Seen, heading: str) -> int:
    """How many cells of a page say that they stand in a column."""
    return sum(a.get("data-label") == heading for tag, a in seen.elements if tag == "td")


def test_cells_of_prose_say_their_column_and_rows_of_numbers_scroll():
    claims = "<table><thead><tr><th>claim</th><th>a &amp; b</th></tr></thead><tbody><tr><td>x</td><td>y</td></tr></tbody></table>"
    numbers = claims.replace("<table>", '<table class="dataframe">')
    uneven = claims.replace("<td>y</td>", "")
    hostile = claims.replace("a &amp; b", "&quot; onclick=&quot;alert(1)")
    plain = "| claim | a & b |\n| --- | --- |\n| x | y |"

    def of(cell):
        return Seen(pages.of_notebook(new_notebook(cells=[new_markdown_cell("# A"), cell]), "A"))

    for cell in (shown({"text/html": claims}), new_markdown_cell(plain)):
        seen = of(cell)
        (table,) = [a for tag, a in seen.elements if tag == "table"]
        assert table["class"] == "rows" and column(seen, "claim") == column(seen, "a & b") == 1
    for html in (numbers, uneven):
        seen = of(shown({"text/html": html}))
        assert column(seen, "claim") == 0 and "x" in seen.text
    seen = of(shown({"text/html": hostile}))
    assert column(seen, '" onclick="alert(1)') == 1 and not [a for _, a in seen.elements if "onclick" in a]


def test_a_page_fits_a_screen_of_390_pixels():
    """No browser is asked: no width is fixed, what is wider scrolls by itself, and rows of prose are stacked."""
    style = pages.STYLE
    widths = re.findall(r"(?<![-\w])(?:min-)?width:\s*([^;}]+)", re.sub(r"@media[^{]+", "", style))
    assert widths == [], "only max-width"
    for scrolls in ("pre", "table", 'mjx-container[display="true"]'):
        assert re.search(rf"^{re.escape(scrolls)} {{[^}}]*overflow-x: auto", style, re.MULTILINE), scrolls
    assert "img { max-width: 100%; height: auto; }" in style and "overflow-wrap: break-word" in style
    narrow = style.partition("@media (max-width: 40rem) {")[2].partition("\n}\n")[0]
    assert "table.rows td { display: block; }" in narrow and "content: attr(data-label)" in narrow


def test_what_has_a_light_ground_in_the_dark_has_dark_letters():
    for rule in re.findall(r"^[^@{}\n]+{[^}]*background: #f[^}]*}", pages.STYLE, re.MULTILINE):
        assert re.search(r"(?<!-)color: #222", rule), rule


def test_verdicts_are_a_table_and_what_stands_below_them_stays():
    paper = Replication("00_page", parsed(STATED, "claims"))
    paper.measured("one", Estimate(1.0, 0.95, 1.05, "seeds"))
    paper.measured("two", 2.5)
    paper.data_check("a < b", 1.0, 2.0, 0.1)
    cells = [new_markdown_cell("# A")]
    for source in files.VERDICT[1:]:
        shows = eval(source, {"paper": paper, "scale": "ci", "seed": 0})
        data = shows._repr_mimebundle_() if "record" in source else {"text/plain": str(shows)}
        cells.append(shown(data))
        cells[-1].source = source
    seen = Seen(pages.of_notebook(new_notebook(cells=cells), "A"))
    for heading in printing.VERDICTS:
        assert column(seen, heading) == 2
    assert "[0.95, 1.05]" in seen.text and "replicated" in seen.text and "2.5" in seen.text
    assert "data checks: 0 of 1 hold" in seen.text and "fails: a < b: ours 1, printed 2" in seen.text
    assert "claim  paper" not in seen.text, "the lines of text are the table now"


def test_a_committed_notebook_is_whole():
    notebook = files.read(files.locate(files.replications()[0]))
    seen = Seen(pages.of_notebook(notebook, files.title(notebook)))
    figures = [o for c in files.code(notebook) for o in c.outputs if "image/png" in o.get("data", {})]
    assert [a["alt"] for tag, a in seen.elements if tag == "img"] == [
        o.metadata["image/png"]["alt"] for o in figures
    ]
    assert files.title(notebook) in seen.text
    found = files.records(notebook)[0]["verdicts"]
    assert all(record["id"] in seen.text for record in found)
    assert column(seen, "verdict") == len(found)
