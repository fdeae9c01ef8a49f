"""The index of the pages: a card for each notebook, its words, its figure, what failed; titles are text."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image
from small_notebook import STATED
from test_pages import Seen

from scalinglaws import Replication
from scalinglaws.claims import verdicts
from scalinglaws.claims.stated import parsed, stated
from scalinglaws.notebooks import files, index_page, pages, scoreboard


def judged(name: str, one: float, two: float):
    """A notebook that ends with the verdicts of two measurements, and its claims file."""
    tallied = STATED.replace('role = "arithmetic"', 'role = "independent"')
    (verdicts.folder().parent / "claims" / f"{name}.toml").write_text(tallied, encoding="utf-8")
    paper = Replication(name, parsed(tallied, "claims"))
    paper.measured("one", one)
    paper.measured("two", two)
    cell = new_code_cell("record", execution_count=1)
    record = paper.record("ci", 0)._repr_mimebundle_()
    cell.outputs = [new_output("execute_result", record, execution_count=1)]
    return new_notebook(cells=[new_markdown_cell(f"# Title of {name}"), cell])


def png(width: int, height: int, colour="red") -> str:
    """A picture in base64."""
    file = io.BytesIO()
    Image.new("RGBA", (width, height), colour).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def with_figures(notebook, *figures: str):
    """A notebook that also shows figures."""
    for number, figure in enumerate(figures):
        cell = new_code_cell("show", execution_count=1)
        alt = {"image/png": {"alt": f"a <curve> {number}"}}
        cell.outputs = [new_output("display_data", {"image/png": figure}, metadata=alt)]
        notebook.cells.insert(1 + number, cell)
    return notebook


def seen(tmp_path: Path, *arguments) -> Seen:
    return Seen(index_page.export(arguments[0], tmp_path, *arguments[1:]).read_text(encoding="utf-8"))


def test_the_index_shows_titles_as_text(tmp_path):
    book = {
        "10_good": new_notebook(cells=[new_markdown_cell("# <b>A</b> & <script>alert(1)</script>")]),
        "11_untitled": new_notebook(cells=[new_markdown_cell("")]),
        "12_empty": new_notebook(),
    }
    found = seen(tmp_path, book)
    assert found.scripts == [] and "b" not in {tag for tag, _ in found.elements}
    assert "<b>A</b> & <script>alert(1)</script>" in found.text
    assert "11_untitled" in found.text and "12_empty" in found.text
    assert any(a.get("name") == "viewport" for _, a in found.elements) and ("style", {}) in found.elements
    links = [a["href"] for tag, a in found.elements if tag == "a"]
    assert links == ["10_good.html", "11_untitled.html", "12_empty.html"]
    assert all((tmp_path / link).is_file() for link in links)


def test_a_card_says_what_the_row_of_the_readme_says_and_names_what_failed(tmp_path, empty_repository):
    book = {"10_holds": judged("10_holds", 1.0, 2.0), "11_fails": judged("11_fails", 2.0, 2.0)}
    verdicts.add_cost("10_holds", ci_seconds=12.3)
    html = index_page.export(book, tmp_path / "out").read_text(encoding="utf-8")
    holds, fails = re.findall(r'<li class="card">(.*?)</li>', html, re.DOTALL)
    told = dict(zip(*(re.findall(rf"<{tag}>(.*?)</{tag}>", holds) for tag in ("dt", "dd")), strict=True))
    assert told == {
        "headline": "replicated",
        "printed numbers": "–",
        "finding tested": "independent 2 of 2",
        "evidence": "theory",
        "CPU time": "CI 12 s",
    }
    assert "The finding: One is one, and two is two." in holds and "did not replicate" not in holds
    assert "<dd>not replicated</dd>" in fails and "<dd>independent 1 of 2</dd>" in fails
    assert re.search(r'class="failed">did not replicate: <code>one</code><', fails)
    assert "2 notebooks, 4 claims. What holds, by what was done for it: independent 3 of 4." in html


def test_a_notebook_that_did_not_run_is_named_with_its_reason(tmp_path, empty_repository):
    failed = {"12_broken": "cell 3: <NameError>"}
    found = seen(tmp_path / "out", {"10_holds": judged("10_holds", 1.0, 2.0)}, failed)
    assert "12_broken did not run: cell 3: <NameError>" in found.text
    assert [a["href"] for tag, a in found.elements if tag == "a"] == ["10_holds.html"]


def test_the_thumbnail_is_the_first_figure_scaled_down_with_its_alt_text(tmp_path, empty_repository):
    book = with_figures(judged("10_holds", 1.0, 2.0), png(2000, 500), png(10, 10, "blue"))
    found = seen(tmp_path / "out", {"10_holds": book})
    ((_, image),) = [each for each in found.elements if each[0] == "img"]
    assert image["alt"] == "a <curve> 0"
    small = Image.open(io.BytesIO(base64.b64decode(image["src"].partition("base64,")[2])))
    assert small.size == (640, 160) and small.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_what_is_clear_in_a_figure_is_white_in_its_thumbnail():
    small = Image.open(io.BytesIO(base64.b64decode(index_page.thumbnail(png(9, 9, (0, 0, 0, 0))))))
    assert small.convert("RGB").getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("damaged", ["", "AAAA", "no base64", png(50, 50)[:60], "PHN2Zz48L3N2Zz4="])
def test_a_damaged_figure_has_no_thumbnail_and_stops_nothing(tmp_path, empty_repository, damaged):
    book = with_figures(judged("10_holds", 1.0, 2.0), damaged)
    found = seen(tmp_path / "out", {"10_holds": book})
    assert not [a for tag, a in found.elements if tag == "img"] and "replicated" in found.text


def test_the_index_asks_nothing_of_any_host_and_fits_a_narrow_screen(tmp_path, empty_repository):
    path = index_page.export({"10_holds": judged("10_holds", 1.0, 2.0)}, tmp_path / "out")
    found = Seen(path.read_text(encoding="utf-8"))
    policy = next(a["content"] for _, a in found.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy and "script-src 'none'" in policy
    assert not [v for _, a in found.elements for k, v in a.items() if k in ("src", "href") and "//" in v]
    # 18rem are 288 pixels: one column at 390, and never wider than the screen.
    assert "minmax(min(18rem, 100%), 1fr)" in index_page.STYLE
    assert not re.search(r"(?<![-\w])(?:min-)?width:\s*[\d.]+(?:px|rem|em)", index_page.STYLE)
    assert "prefers-color-scheme: dark" in index_page.STYLE


def test_every_committed_notebook_has_a_card_with_finding_words_and_figure():
    for name in files.replications():
        notebook = files.read(files.locate(name))
        (record,) = files.records(notebook)
        card = index_page.card(name, notebook)
        said = Seen(card)
        assert files.title(notebook) in said.text and stated(name).sentence in said.text
        assert scoreboard.standing(name, record["verdicts"])["finding tested"] in said.text
        ((_, image),) = [each for each in said.elements if each[0] == "img"]
        assert image["alt"] and pages.PICTURE.fullmatch(image["src"]) and len(image["src"]) < 150_000
