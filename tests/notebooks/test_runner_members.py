"""One bad member stops no other, and is named; commands that only read execute nothing."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import nbformat
import pytest
from small_notebook import CLAIMS, MUTATIONS, STATED, small

from scalinglaws.cli import batch, writing
from scalinglaws.cli import main as commands
from scalinglaws.notebooks import execute, files, scoreboard


@pytest.fixture
def book(tmp_path, empty_repository):
    """A repository without tables, whose notebooks a test puts in; its verdict files too."""

    class Book:
        root = empty_repository
        out = tmp_path / "out"

        def add(self, name: str, change=None, stated: str | bytes | None = STATED, **cells: str) -> None:
            if stated is not None:
                raw = stated if isinstance(stated, bytes) else stated.encode()
                (self.root / "data/claims" / f"{name}.toml").write_bytes(raw)
            notebook = small(name, **cells)
            if change:
                change(notebook)
            path = self.root / "notebooks" / f"{name}.ipynb"
            path.write_text(nbformat.writes(notebook), encoding="utf-8")

        def verdicts(self, name: str, text: str | None = None) -> None:
            verdict = (
                '{"id": "one", "statement": "s", "printed": "1", "paper": 1.0, "measured": 1.0, '
                '"low": null, "high": null, "word": "replicated", "within": 0.1, "role": "independent", '
                '"group": "numbers", "evidence": "theory"}'
            )
            record = f'{{"verdicts": [{verdict}], "data_checks": []}}'
            (self.root / "data/verdicts" / f"{name}.json").write_text(text or record)

    return Book()


def titled(text: str):
    """A change of a notebook's first cell."""

    def change(notebook) -> None:
        notebook.cells[0].source = text

    return change


def parameters(text: str):
    """A change of a notebook's parameters cell."""

    def change(notebook) -> None:
        notebook.cells[2].source = text

    return change


def null_tags(notebook) -> None:
    notebook.cells[3].metadata["tags"] = None


def test_the_list_names_what_has_no_title_and_shows_brackets_as_they_are(book, command):
    book.add("10_good")
    book.add("11_bracket", titled("# Losses [/b] and [red] and [0, 1]"))
    book.add("12_untitled", titled("#"))
    book.add("13_empty", lambda notebook: notebook.cells.clear())
    book.add("14_no_claims", stated=None)
    (book.root / "notebooks" / "15_torn.ipynb").write_text('{"cells": [')
    book.verdicts("10_good")
    book.verdicts("11_bracket", "{torn")
    status, said = command("list")
    assert status == 1
    for shown in ("10_good", "[/b] and [red] and [0, 1]", "14_no_claims", "first cell is no title"):
        assert shown in said
    for name in ("12_untitled", "13_empty", "14_no_claims", "15_torn"):
        assert f"{name}: " in said.partition("error:")[2]


def test_the_scoreboard_names_what_has_no_verdicts(book, command):
    for name in ("10_good", "11_unfinished", "12_torn"):
        book.add(name)
    book.verdicts("10_good")
    book.verdicts("12_torn", "{torn")
    status, said = command("scoreboard")
    assert status == 1 and "replicated" in said
    assert "11_unfinished: no verdicts of 11_unfinished" in said
    assert "12_torn: " in said and "is damaged" in said


def test_an_unfinished_notebook_is_left_out_of_the_readme(book):
    book.add("10_good", titled("# Loss | size <b>"))
    book.add("11_unfinished")
    book.verdicts("10_good")
    table = scoreboard.papers()
    assert "Loss \\| size &lt;b&gt;" in table and "11_unfinished" not in table
    assert "](notebooks/10_good.ipynb) | replicated | – | independent 1 of 1 | theory |" in table


#: Claims files that cannot be read, and what is said of each; None stands for one that is missing.
BAD = {
    "11_torn": ("[[claim", "data/claims/11_torn.toml is no TOML"),
    "12_no_text": (b"\xff", "data/claims/12_no_text.toml is no text in UTF-8"),
    "13_unbroken": (STATED.replace(MUTATIONS, ""), "no mutation makes these claims fail: ['one', 'two']"),
    "14_half": (STATED.partition('name = "two is one"')[0].rpartition("[[")[0], "claims fail: ['two']"),
    "15_twice": (STATED.replace('id = "two"', 'id = "one"'), "claims stated twice: ['one']"),
    "16_missing": (None, "16_missing has no claims file"),
}


@pytest.fixture
def shelf(book):
    """A good notebook before and after six whose claims files are bad."""
    for name, (stated, _) in BAD.items():
        book.add(name, stated=stated)
    for name in ("10_good", "17_good"):
        book.add(name)
    for name in ("10_good", "17_good", *BAD):
        book.verdicts(name)
    return book


@pytest.mark.parametrize("words", [("list",), ("scoreboard",), ("lint", "--all"), ("mutate", "--all")])
def test_a_bad_claims_file_is_named_and_the_others_go_on(words, shelf, command, monkeypatch):
    ran = []

    def instead(tasks, jobs, timeout):
        ran.extend(tasks)
        return {name: execute.Outcome(name, 1.0, error="stopped here") for name in tasks}

    monkeypatch.setattr(batch, "run_all", instead)
    status, said = command(*words, *(["--output", str(shelf.out)] if words[0] == "mutate" else []))
    before, _, named = said.partition("error: ")
    assert status == 1
    for name, (_, says) in BAD.items():
        assert any(line.startswith(f"{name}: ") and says in line for line in named.splitlines()), name
    if words[0] == "mutate":
        assert ran == ["10_good", "17_good"]
    elif words[0] == "lint":
        assert "10_good: " in named and "17_good: " in named
    else:
        assert "10_good" in before and "17_good" in before and "_good" not in named


def test_a_run_names_a_bad_claims_file_and_the_others_run(place):
    place.add("10_good")
    for name, (stated, _) in list(BAD.items())[:3]:
        place.add(name, stated=stated) if isinstance(stated, str) else place.add(name)
        if not isinstance(stated, str):
            (place.root / "data/claims" / f"{name}.toml").write_bytes(stated)
    done = place("run", "--all", "--jobs", "2", "--output", str(place.out))
    assert done.returncode == 1
    for name, (_, says) in list(BAD.items())[:3]:
        assert f"{name}: cell [1] raised ClaimError" in done.stderr and says in done.stderr
    assert files.records(files.read(place.out / "10_good.ipynb"))[0]["notebook"] == "10_good"


def test_mutating_all_with_nothing_tested_is_a_failure(book, command):
    untestable = STATED.replace(MUTATIONS, "").replace('why = "', 'untestable = "no data"\nwhy = "')
    book.add("11_states_none", stated=untestable)
    status, said = command("mutate", "--all", "--output", str(book.out))
    assert status == 1
    assert "11_states_none: it states no mutation, so that nothing would be tested" in said
    assert "every mutation changes" not in said


def test_lint_executes_nothing(book, command, tmp_path):
    ran = tmp_path / "ran"
    book.add("10_writes", claims=f"open({str(ran)!r}, 'w')\n{CLAIMS}")
    status, said = command("lint", "--all")
    assert status == 1 and "10_writes: " in said and not ran.exists()


@pytest.mark.parametrize("line", ["%matplotlib inline", "!ls", "%%time\nx = 1", "  %cd .."])
def test_a_magic_is_named_wherever_it_is_met(line, book, command):
    book.add("10_magic", body=line)
    rule = "10_magic: code cell 4 holds a magic or shell line"
    for words in (("lint", "10"), ("mutate", "10", "--output", str(book.out))):
        status, said = command(*words)
        assert status == 1 and rule in said, said
    notebook = files.read(files.locate("10"))
    with pytest.raises(files.NotebookError, match="code cell 4 holds a magic or shell line"):
        files.uses(notebook, "seed")


def test_a_magic_is_not_written_back(book, monkeypatch):
    """--write asks which cells use the seed, after the run."""
    book.add("10_magic", body="%matplotlib inline")
    notebook = files.read(files.locate("10"))
    record = nbformat.v4.new_output("display_data", {"application/json": {"mutated": None}})
    notebook.cells[-1].outputs = [record]
    outcome = execute.Outcome("10_magic", 1.0, notebook=notebook)
    problems = writing.write_back({"10_magic": outcome}, 1, 60, book.out)
    assert problems == ["10_magic: code cell 4 holds a magic or shell line"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (parameters("scale = = 2"), "the parameters cell is no Python"),
        (parameters("%cd\nscale = 'ci'"), "the parameters cell holds a magic or shell line"),
        (parameters("scale = open('x')"), "more than assignments of literals"),
        (null_tags, "the tags of a cell are None, not a list of words"),
        (lambda notebook: notebook.cells.clear(), "0 code cells are tagged 'parameters'"),
    ],
)
def test_a_bad_member_is_named_and_the_others_run(change, says, book, command, monkeypatch):
    ran = []

    def instead(tasks, jobs, timeout):
        ran.extend(tasks)
        return {name: execute.Outcome(name, 1.0, error="stopped here") for name in tasks}

    monkeypatch.setattr(batch, "run_all", instead)
    for name in ("10_good", "12_good"):
        book.add(name)
    book.add("11_bad", change)
    status, said = command("run", "--all", "--output", str(book.out))
    assert status == 1 and ran == ["10_good", "12_good"]
    assert "11_bad: " in said and says in said


def test_a_parameter_that_is_asked_wrongly_is_no_fault_of_a_notebook(book, command):
    book.add("10_good")
    status, said = command("run", "10", "--parameter", "drawz=5", "--output", str(book.out))
    assert status == 2 and "unknown parameter 'drawz'" in said and not book.out.exists()


@pytest.mark.parametrize("place", ["notebooks", "data", "data/published/x", "lib", ".git", "link"])
def test_outputs_never_go_where_sources_are(place, book, command):
    book.add("10_good")
    (book.root / "link").symlink_to(book.root / "notebooks")
    before = {path: path.read_bytes() for path in book.root.rglob("*") if path.is_file()}
    for words in (("run", "10", "--seed", "1"), ("mutate", "10")):
        status, said = command(*words, "--output", str(book.root / place))
        if words[0] == "run" or place != "link":
            assert status == 1 and "holds sources, which outputs would overwrite" in said
    assert before == {path: path.read_bytes() for path in book.root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_messages_survive_any_console(encoding, book, monkeypatch):
    book.add("10_good", titled("# Losses – λ ∝ √d · 数"))
    book.verdicts("10_good")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    monkeypatch.setattr(sys, "argv", ["scalinglaws", "list"])
    with pytest.raises(SystemExit) as stopped:
        commands.main()
    sys.stdout.flush()
    assert stopped.value.code == 0
    assert b"Losses" in written.getvalue() and b"10_good" in written.getvalue()


def test_the_command_survives_a_console_of_another_encoding(repository):
    done = subprocess.run(
        [sys.executable, "-m", "scalinglaws.cli.main", "list"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0", "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr and files.names()[0].encode() in done.stdout
