"""What the book says is what is kept: claims, failures with reasons, numbers, histories, answers."""

from __future__ import annotations

import csv
import doctest
import io
import json
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from small_notebook import STATED

from scalinglaws.book import (
    board,
    build,
    changes,
    chapters,
    chart,
    failures,
    home,
    lean,
    notebook_page,
    quotable,
    suite,
)
from scalinglaws.book.answers import Answer, answers
from scalinglaws.book.markup import badge, ours, plain, slug
from scalinglaws.book.suite import BookError, Finding
from scalinglaws.claims import NOT_REPLICATED, WORDS, verdicts
from scalinglaws.claims.stated import parsed
from scalinglaws.notebooks import files, scoreboard


@pytest.fixture(scope="module")
def found() -> list[Finding]:
    """The suite as it is committed."""
    return suite.findings()


def verdict(**changes) -> dict:
    """A verdict as it is kept."""
    kept = {
        "id": "one", "group": "g", "statement": "one is one", "role": "independent", "evidence": "theory",
        "kind": "value", "paper": 1.0, "printed": "", "unit": "", "rival": 2.0, "within": 0.1, "source": "p. 1",
        "tolerance": "the paper's own", "measured": 1.5, "low": 1.4, "high": 1.6, "how": "bootstrap", "power": 0.9,
        "word": "not replicated", "fragile": [], "restated": "", "untestable": "",
    }  # fmt: skip
    return kept | changes


@pytest.fixture
def its_claims(empty_repository):
    """The data folder of a repository that states the claims of `made` and nothing else."""
    (empty_repository / "data" / "claims" / "10_made.toml").write_text(STATED, encoding="utf-8")
    return empty_repository / "data"


def made(*cells, found=(), name="10_made") -> Finding:
    """A finding of a notebook of a few cells."""
    title = new_markdown_cell(
        "# A title\n\n*Who (2020), [arXiv:1](https://arxiv.org/abs/1)* · CI 1 s\n\nText."
    )
    return Finding(name, new_notebook(cells=[title, *cells]), parsed(STATED, "x"), {"verdicts": [*found]}, {})


def figure(*alts: str):
    """A cell that shows a figure of each alt text."""
    cell = new_code_cell("show")
    cell.outputs = [
        new_output("display_data", {"image/png": "AAAA"}, metadata={"image/png": {"alt": alt}})
        for alt in alts
    ]
    return cell


def test_the_scoreboard_has_a_row_for_every_claim_and_one_line_that_opens_each_group(found):
    html = board.board(found)
    kept = [
        (name[:2], v["id"], v["word"]) for name in verdicts.kept() for v in verdicts.read(name)["verdicts"]
    ]
    seen = re.findall(
        r'<tr id=.*?>(\d\d)</a> <a href=.*?><code>(.*?)</code>.*?<span class="word [\w-]+">(.*?)</span>', html
    )
    assert sorted(seen) == sorted(kept)
    groups = {(n, v["role"], v["group"]) for n in verdicts.kept() for v in verdicts.read(n)["verdicts"]}
    assert html.count('<tr class="group">') == len(groups)
    for name in ("chapter", "role", "verdict", "evidence", "cost"):
        choices = re.search(rf'<select name="{name}">(.*?)</select>', html)[1]
        offered = {one for one in re.findall(r"<option>(.*?)</option>", choices)}
        there = {one.replace("&#x27;", "'") for one in re.findall(rf'data-{name}="(.*?)"', html)} - {""}
        assert {one.replace("&#x27;", "'") for one in offered} == there


def test_the_downloads_hold_every_claim(found):
    rows = board.rows(found)
    assert json.loads(board.as_json(found)) == rows
    table = list(csv.DictReader(io.StringIO(board.as_csv(found))))
    assert [(row["notebook"], row["id"], row["word"]) for row in table] == [
        (row["notebook"], row["id"], row["word"]) for row in rows
    ]
    assert (
        len({(row["notebook"], row["id"]) for row in rows})
        == len(rows)
        == sum(len(verdicts.read(name)["verdicts"]) for name in verdicts.kept())
    )


def test_text_of_a_claim_is_text_in_the_scoreboard():
    hostile = verdict(statement="<script>alert(1)</script>", group='"><b>', id="a<b")
    html = board.board([made(found=[hostile])])
    assert "<script>alert" not in html and "&lt;script&gt;" in html and '"><b>' not in html


def test_every_failure_stands_on_its_page_with_the_reason_of_its_notebook(found):
    page = failures.failures(found, [])
    count = 0
    for one in found:
        section = page.partition(f"(failed-{one.digits})=")[2].partition("\n(failed-")[0]
        for id in scoreboard.failures(one.verdicts):
            count += 1
            assert re.search(rf"^- `{re.escape(id)}`: a ", section, re.MULTILINE), (one.name, id)
            reasons = one.reasons(id)
            assert reasons and all(reason in section for reason in reasons), (one.name, id)
    assert count == sum(v["word"] == NOT_REPLICATED for one in found for v in one.verdicts)
    assert "gives no reason" not in page


def test_reasons_are_paragraphs_that_name_the_claim_also_by_the_start_of_its_name():
    why = new_markdown_cell(
        "## What did not replicate, and why\n- `one`, `two`: for a reason.\n  And more.\n- `th…`: another.\n\nNo `four`."
    )
    elsewhere = new_markdown_cell("## Fit\n\n**`five`: not replicated**, it drifts.\n\n`five` is measured.")
    one = made(elsewhere, why)
    assert one.reasons("one") == one.reasons("two") == ["`one`, `two`: for a reason.\n  And more."]
    assert one.reasons("three") == ["`th…`: another."]
    assert one.reasons("five") == ["**`five`: not replicated**, it drifts."]
    assert one.reasons("six") == []


def test_claims_that_failed_for_one_reason_stand_together_and_without_one_it_says_so():
    why = new_markdown_cell("## What did not replicate\n- `a`, `b`: too small.")
    page = failures.failures([made(why, found=[verdict(id=id) for id in "abc"])], [])
    assert "### a, b" in page and page.count("too small") == 1
    assert "### c" in page and "The notebook gives no reason yet." in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "a 95 % interval that holds 1 and stays clear of the rival, 2."),
        ({"low": None, "high": None}, "correction brings the number within 0.1 of 1."),
        ({"kind": "sign", "paper": "-", "rival": None}, "wholly below nought."),
        ({"kind": "bound", "paper": "> 2", "rival": "< 1"}, r"within \> 2, and so clear of the rival, \< 1."),
        (
            {"kind": "order", "paper": "a > b", "rival": None, "within": 0.0},
            r"gap in a \> b that lies wholly above 0.",
        ),
    ],
)
def test_what_would_change_our_mind_is_what_the_rule_asks_for(changes, said):
    assert said in failures.change_of_mind(verdict(**changes))


def test_every_kept_move_of_a_verdict_is_in_the_changes(found):
    page = changes.changes(found)
    moves = [v for one in found for v in one.verdicts for _ in v.get("history", [])]
    assert moves and len(re.findall(r"^\| `", page, re.MULTILINE)) == len(moves)
    for one in found:
        for v in one.verdicts:
            for state in v.get("history", []):
                assert plain(state["why"])[1:] in page
    said = changes.restated(found)
    restated = [(v["id"], v["restated"]) for one in found for v in one.verdicts if v.get("restated")]
    # A reason may hold code spans of its own, so that they are counted where the claims are named.
    named = [row.split(" | ")[1].count("`") for row in said.splitlines() if row.startswith("| [")]
    assert restated and sum(named) == 2 * len(restated)
    for id, why in restated:
        assert any(f"`{id}`" in row and plain(why) in row for row in said.splitlines())


def test_every_withdrawn_claim_is_in_the_changes_with_its_last_word(found):
    page = changes.withdrawn(found).splitlines()
    gone = [v for one in found for v in one.record.get("withdrawn", ())]
    assert gone and len(page) == 2 + len(gone)
    for row, v in zip(page[2:], gone, strict=True):
        assert f"`{v['id']}`" in row and badge(v["word"]) in row and plain(v["history"][-1]["why"]) in row
    assert changes.withdrawn([made()]) == "None."


def test_a_move_is_told_from_what_to_what():
    history = [{"measured": 1.0, "low": None, "high": None, "word": "inconclusive", "why": "judged anew"}]
    ((why, row),) = changes.moved([verdict(history=history)])
    assert why == "judged anew"
    assert row[1:3] == ["1", r"1.5 \[1.4, 1.6\]"]
    assert row[3] == "[inconclusive]{.word .inconclusive} → [not replicated]{.word .not-replicated}"


def test_numbers_to_quote_are_those_of_the_verdicts(found, repository):
    entries = quotable.chosen(repository / "book" / "numbers.toml")
    page = quotable.numbers(found, entries)
    assert len(entries) >= 10 and page.count(".ipynb)") == len(entries)
    one = quotable.Quotable("g", "what", "10_made", "one")
    row = quotable.row({"10_made": made(found=[verdict(unit="nats")])}, one)
    assert row[:3] == ["what", "1.5 nats", r"\[1.4, 1.6\]"] and row[5].startswith("[not replicated]")


@pytest.mark.parametrize("kept", [[], [verdict(measured=None)], [verdict(id="other")]])
def test_a_number_that_is_not_kept_cannot_be_quoted(kept):
    with pytest.raises(BookError, match="of which no number is kept"):
        quotable.numbers([made(found=kept)], [quotable.Quotable("g", "what", "10_made", "one")])


def test_an_entry_of_numbers_is_whole(tmp_path):
    (tmp_path / "numbers.toml").write_text('[[number]]\ngroup = "g"\nvalue = 3.0\n')
    with pytest.raises(BookError, match=r"\[\[number\]\] has"):
        quotable.chosen(tmp_path / "numbers.toml")


def test_the_chart_counts_every_verdict_and_says_so_in_words(found):
    counted = chart.counts(found)
    everything = [
        n for by_chapter in counted.values() for words in by_chapter.values() for n in words.values()
    ]
    assert sum(everything) == sum(len(one.verdicts) for one in found)
    said = chart.in_words(counted)
    for role, by_chapter in counted.items():
        failed = sum(words.get(NOT_REPLICATED, 0) for words in by_chapter.values())
        assert (f"{failed} not replicated" in said.partition(f"{role}: ")[2].partition(";")[0]) == bool(
            failed
        )
    assert set(chart.COLOURS) == set(WORDS)


def test_a_page_of_a_notebook_has_its_box_folds_machinery_and_keeps_alt_text(found):
    for one in (one for one in found if one.stated):
        staged = notebook_page.staged(one, [])
        nbformat.validate(staged)
        first = staged.cells[0].source
        assert first.startswith(f"# {one.title}\n") and "finding-box" in first
        for said in (
            "**Finding tested.**",
            "**Paper.**",
            "**Headline.**",
            "**Claims that hold.**",
            "**Cost.**",
            "**Download.**",
        ):
            assert said in first, (one.name, said)
        assert one.citation and first.count(one.citation) == 1
        assert all(id in first for id in map("`{}`".format, scoreboard.failures(one.verdicts)))
        for tag in (files.TAG_CLAIMS, files.TAG_MUTATIONS, files.TAG_FIGURE):
            tagged = [cell for cell in files.code(staged) if tag in files.tags(cell)]
            assert tagged and all("hide-input" in files.tags(cell) for cell in tagged), (one.name, tag)
        for before, after in zip(files.code(one.notebook), files.code(staged), strict=True):
            alts = [
                o.metadata["image/png"]["alt"] for o in before.outputs if "image/png" in o.get("data", {})
            ]
            assert [" ".join(alt.split()) for alt in alts] == (
                [after.metadata["mystnb"]["image"]["alt"]] if alts else []
            )
        assert not files.records(staged)
        assert "mystnb" not in str([cell.metadata for cell in one.notebook.cells]), (
            "the committed one is as it was"
        )


def test_a_notebook_of_no_paper_has_a_page_and_a_card_without_word():
    title = new_markdown_cell("# Your own runs\n\nText.")
    one = Finding("00_your_own_runs", new_notebook(cells=[title]), None, {"verdicts": []}, {})
    assert notebook_page.staged(one, []).cells[0].source.split()[-2:] == ["::::", "Text."]
    assert ".word" not in home.card(one) and ":link: notebooks/00_your_own_runs" in home.card(one)
    assert "00_your_own_runs" in home.contents([one]) and "00_your" not in home.papers([one, made(found=[])])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("00_your_own_runs", "**A guide.** it shows how"),
        ("90_what_replicates", "**About the suite.** it counts"),
    ],
)
def test_the_box_of_a_notebook_of_no_paper_says_what_it_is(found, name, said):
    (one,) = [one for one in found if one.name == name]
    first = notebook_page.staged(one, []).cells[0].source
    assert said in first and "**Cost.**" in first and "**Headline.**" not in first
    assert "verdicts <" not in first and f"notebook <../originals/{name}.ipynb>" in first


@pytest.mark.parametrize("home", ["", "https://github.com/who/suite"])
def test_the_box_says_where_tables_code_and_oracle_lie(found, repository, monkeypatch, home):
    monkeypatch.setattr("scalinglaws.book.address.of_repository", lambda: home)
    for one in (one for one in found if one.stated):
        box = notebook_page.box(one, [])
        said = next(line for line in box.splitlines() if line.startswith("- **In the repository.**"))
        places = re.findall(r"(code|oracle) \[?`([^`]+)`", said)
        assert [what for what, _ in places] == ["code", "oracle"]
        assert all((repository / place).exists() for _, place in places), one.name
        assert re.findall(r"\]\((.*?)\)", said) == [f"{home}/tree/HEAD/{p}" for _, p in places if home]
        assert all(f"[`{slug}`](../learn/data.md#table-" in box for slug in one.tables)
    assert "In the repository" not in notebook_page.box(found[0], [])


def test_a_claim_whose_name_is_no_address_has_one():
    html = board.board([made(found=[verdict(id="relacc of two")])])
    assert 'id="claim-10-relacc-of-two"' in html and 'href="#claim-10-relacc-of-two"' in html


def test_a_table_that_the_notebooks_code_loads_for_it_is_its_own(found):
    (one,) = [one for one in found if one.name == "50_clip_scaling"]
    assert "openclip_models" in one.tables


def test_figures_of_two_alt_texts_in_one_cell_are_refused(its_claims):
    with pytest.raises(BookError, match="one figure a cell"):
        notebook_page.staged(made(figure("a", "b")), [])


def test_what_a_notebook_shows_as_html_runs_nothing(its_claims):
    cell = new_code_cell("show")
    cell.outputs = [
        new_output("display_data", {"text/html": "<p onclick='x()'>a<script>alert(1)</script></p>"})
    ]
    staged = notebook_page.staged(made(cell, found=[verdict()]), [])
    assert staged.cells[1].outputs[0].data["text/html"] == "<p>a</p>"


def test_answers_are_shown_beside_the_verdict(its_claims):
    place = its_claims / "answers"
    place.mkdir()
    entry = (
        '[[answer]]\nclaim = "one"\nauthor = "A. Who"\ndate = "2026-01-02"\ntext = "You forgot the head."\n'
    )
    (place / "10_made.toml").write_text(entry)
    one = made(found=[verdict()])
    (said,) = answers([one])
    assert said == Answer("10_made", "one", "A. Who", "2026-01-02", "You forgot the head.")
    assert "> You forgot the head." in failures.failures([one], [said])
    assert "1 answer" in notebook_page.box(one, [said]) and "answer" not in notebook_page.box(one, [])


def test_the_box_of_a_guide_says_what_it_is_and_offers_the_notebook_alone(found):
    guide = next(one for one in found if one.stated is None)
    said = notebook_page.box(guide, [])
    assert "**A guide.** it shows how something is done" in said and "Headline" not in said
    assert f"<../originals/{guide.name}.ipynb>" in said and ".toml" not in said and ".json" not in said
    assert guide.citation in said and "Hoffmann" in guide.citation
    assert "[`chinchilla_fig4`]" in said and "CI " in said


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('claim = "one"\nauthor = "A"\ndate = "2026-01-02"\n', "each a text, and no more"),
        ('claim = "six"\nauthor = "A"\ndate = "2026-01-02"\ntext = "t"\n', "'six' is no claim"),
        ('claim = "one"\nauthor = "A"\ndate = "today"\ntext = "t"\n', "YYYY-MM-DD"),
        ("claim =", "is no TOML"),
    ],
)
def test_an_answer_that_is_not_whole_is_refused(its_claims, entry, message):
    (its_claims / "answers").mkdir()
    (its_claims / "answers" / "10_made.toml").write_text(f"[[answer]]\n{entry}")
    with pytest.raises(BookError, match=message):
        answers([made(found=[verdict()])])


def test_an_answer_to_a_claim_that_did_not_fail_is_shown_where_others_did():
    one = made(found=[verdict(), verdict(id="two", word="replicated")])
    page = failures.failures([one], [Answer("10_made", "two", "A", "2026-01-02", "Thank you.")])
    assert page.count("> Thank you.") == 1


def test_the_home_page_has_a_row_and_a_card_for_every_notebook(found):
    assert all(f"notebooks/{one.name}.ipynb" in home.papers(found) for one in found if one.verdicts)
    cards, tree = home.cards(found), home.contents(found)
    for one in found:
        assert f":link: notebooks/{one.name}\n" in cards and f" <notebooks/{one.name}>\n" in tree
    assert [title for title in suite.by_chapter(found) if f"### {title}\n" not in cards] == []


def test_the_home_page_counts_each_role_by_itself_and_no_arithmetic():
    words = {"recomputed": "replicated", "live": "untestable here", "arithmetic": "replicated"}
    judged = [verdict(role=role, word=word) for role, word in words.items()]
    suite_of_two = [made(found=judged), made(found=[verdict(role="recomputed")])]
    said = build.inserts(suite_of_two, [], chart.counts(suite_of_two))["tally"]()
    assert said.startswith("2 notebooks, 4 claims")
    assert said.endswith(": recomputed 1 of 2, live (untestable here).")


def test_chapters_are_those_of_the_readme(repository):
    readme = (repository / "README.md").read_text(encoding="utf-8")
    said = re.search(r"chapters go by the tens digit: (.*?)\.\s", readme)[1]
    named = dict(re.findall(r"(\d) ([^,]+)", said))
    assert {int(digit): title for digit, title in named.items()} == {
        digit: title[0].lower() + title[1:] for digit, title in suite.CHAPTERS.items() if digit not in (0, 9)
    }


@pytest.mark.parametrize(
    ("unit", "said"), [("nats", "1.5 [1.4, 1.6] nats"), ("1", "1.5 [1.4, 1.6]"), ("", "1.5 [1.4, 1.6]")]
)
def test_a_pure_number_has_no_unit(unit, said):
    assert ours(verdict(unit=unit)) == said


def test_a_page_cites_the_number_and_the_word_that_are_kept():
    kept = [verdict(unit="nats"), verdict(id="two", word="replicated, wider", fragile=["another law"])]
    page = "It is {ours}`10 one`: {word}`10 one`. The other is {word}`10 two`."
    assert chapters.cited(page, "p.md", [made(found=kept)]) == (
        r"It is 1.5 \[1.4, 1.6\] nats: [not replicated]{.word .not-replicated}. "
        r"The other is [replicated, wider]{.word .replicated-wider}\*."
    )


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("{word}`10 three`", "cites 'three' of notebook 10, of which no verdict is kept"),
        ("{word}`11 one`", "cites 'one' of notebook 11, of which no verdict is kept"),
        ("{ours}`10 one`", "cites 'one' of notebook 10, of which no number is kept"),
    ],
)
def test_a_page_that_cites_what_is_not_kept_is_refused(mark, message):
    untested = verdict(measured=None, low=None, high=None, word="untestable here", untestable="no data")
    with pytest.raises(BookError, match=message):
        chapters.cited(mark, "p.md", [made(found=[untested])])


def test_every_opening_page_is_of_a_chapter_and_stands_before_its_notebooks(found, repository):
    written = {path.stem for path in (repository / "book" / "chapters").glob("*.md")}
    titles = {slug(title): title for title in suite.by_chapter(found)}
    assert written and written <= titles.keys()
    for name in written:
        text = (repository / "book" / "chapters" / f"{name}.md").read_text(encoding="utf-8")
        assert text.startswith(f"# {titles[name]}\n") and f"% insert: {name}\n" in text
        tree = home.contents(found).partition(f":caption: {titles[name]}\n")[2]
        assert tree.strip().startswith(f"The chapter at a glance <chapters/{name}>")
        assert f"### {titles[name]}\n\n[{home.OPENING}](chapters/{name}.md)" in home.cards(found)


def test_an_opening_page_says_something_of_every_notebook_of_its_chapter(found, repository):
    for title, here in suite.by_chapter(found).items():
        if chapters.opened(title):
            page = (repository / "book" / f"{chapters.address(title)}.md").read_text(encoding="utf-8")
            assert [one.name for one in here if f"notebooks/{one.name}.ipynb" not in page] == []


def test_a_page_that_asks_for_what_nothing_makes_is_refused():
    assert build.filled("a\n% insert: x\nb", "p.md", {"x": lambda: "made"}) == "a\nmade\nb"
    with pytest.raises(BookError, match=r"book/p.md asks for 'y'; there are: x"):
        build.filled("% insert: y", "p.md", {"x": lambda: ""})


def test_a_folder_of_somebody_else_is_never_replaced(tmp_path):
    (tmp_path / "kept.txt").write_text("years of work")
    with pytest.raises(BookError, match="the book did not make it"):
        build.emptied(tmp_path)
    assert (tmp_path / "kept.txt").exists()
    mine = build.emptied(tmp_path / "new")
    (mine / "page.html").touch()
    assert not (build.emptied(mine) / "page.html").exists()


def test_only_icons_that_are_used_are_kept():
    icons = 'bars:[448,512,["navicon"],"f0c9","M0 9z"],"circle-x":[1,2,[],"f1",["M1","M2"]],rss:[1,2,[],"f2","M3"]'
    script = f"var a={{{icons}}};f({{x:[1,2]}})"
    assert lean.only(script, {"navicon"}) == 'var a={bars:[448,512,["navicon"],"f0c9","M0 9z"],};f({x:[1,2]})'
    assert lean.only(script, {"bars", "circle-x", "rss"}) == script
    assert lean.only("no icons here", set()) == "no icons here"


def test_plain_text_stays_text():
    assert plain("a|b *c* <d> $e$ [f]\n g_h") == r"a\|b \*c\* \<d\> \$e\$ \[f\] g\_h"
    assert [slug(word) for word in WORDS] == [
        "replicated", "replicated-wider", "partly", "inconclusive", "not-replicated", "untestable-here"
    ]  # fmt: skip


def test_examples_in_the_pages_come_out_as_printed(repository):
    tried = 0
    for path in sorted((repository / "book").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if ">>> " in text:
            result = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
            assert not result.failed, path
            tried += result.attempted
    assert tried >= 5


def test_the_example_of_how_verdicts_are_made_is_what_is_kept(repository):
    page = (repository / "book" / "learn" / "verdicts.md").read_text(encoding="utf-8")
    (kept,) = [v for v in verdicts.read("26_layerwise_weight_decay")["verdicts"] if v["id"] == "noise-top"]
    ours, low, high = (f"{kept[key]:.3f}" for key in ("measured", "low", "high"))
    assert f"What was measured is {ours}, with an interval from {low} to {high}." in page
    assert f">>> claim.judge({ours}, ({low}, {high}))\n'{kept['word']}'" in page
    for field in ("paper", "rival", "within"):
        assert f"{field}={kept[field]}," in page


def test_every_paper_that_is_cited_is_in_the_bibliography(repository):
    address = re.compile(r"(?:arXiv:|arxiv\.org/abs/)(\d{4}\.\d{4,5})")
    known = set(address.findall((repository / "book" / "references.bib").read_text(encoding="utf-8")))
    texts = [*(repository / "notebooks").glob("*.ipynb"), *(repository / "data" / "claims").glob("*.toml")]
    texts += (repository / "data" / "published").glob("*/README.md")
    cited = {id: path.name for path in texts for id in address.findall(path.read_text(encoding="utf-8"))}
    assert len(cited) > 20 and {id: where for id, where in cited.items() if id not in known} == {}
