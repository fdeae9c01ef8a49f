"""One bad member stops no other, and is named; commands that only read execute nothing."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import nbformat
import pytest
from small_notebook import CLAIMS, small

from scalinglaws import batch, declarations, execution, notebooks, writing
from scalinglaws import run as commands

CLAIMS = CLAIMS.replace("{name}", "10_good")
FAILS = "raise ValueError('no such table')"
LEAVES = "import sys\n\nsys.exit(0)"
DIES = "import os\n\nos._exit(0)"


@pytest.fixture
def book(tmp_path, empty_repository):
    """A repository without tables, whose notebooks a test puts in; its verdict files too."""

    class Book:
        root = empty_repository
        out = tmp_path / "out"

        def add(self, name: str, change=None, **cells: str) -> None:
            notebook = small(name, **cells)
            if change:
                change(notebook)
            path = self.root / "notebooks" / f"{name}.ipynb"
            path.write_text(nbformat.writes(notebook), encoding="utf-8")

        def verdicts(self, name: str, text: str | None = None) -> None:
            verdict = (
                '{"id": "one", "statement": "s", "printed": "1", "paper": 1.0, "measured": 1.0, '
                '"low": null, "high": null, "word": "replicated", "within": 0.1}'
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
    book.add("14_no_claims", claims=FAILS)
    (book.root / "notebooks" / "15_torn.ipynb").write_text('{"cells": [')
    book.verdicts("10_good")
    book.verdicts("11_bracket", "{torn")
    status, said = command("list")
    assert status == 1
    for shown in ("10_good", "[/b] and [red] and [0, 1]", "14_no_claims", "first cell is no title"):
        assert shown in said
    for name in ("12_untitled", "13_empty", "15_torn"):
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
    from scalinglaws import verdicts

    book.add("10_good", titled("# Loss | size <b>"))
    book.add("11_unfinished")
    book.verdicts("10_good")
    table = verdicts.markdown()
    assert "Loss \\| size &lt;b&gt;" in table and "11_unfinished" not in table


BAD = {
    FAILS: "raised ValueError: no such table",
    LEAVES: "raised SystemExit: 0",
    DIES: "ended the process it ran in",
    "while True:\n    pass": "ran for more than 3 s",
    "def f(:": "raised SyntaxError",
    "print('ready'); print('{}'); x = 1": "raised KeyError: 'paper'",
    "import sys\nsys.setrecursionlimit(10**9)\ndef f(): f()\nf()": "claims cell",
}


def test_a_bad_claims_cell_is_named_and_the_others_are_read(monkeypatch):
    monkeypatch.setattr(declarations, "SECONDS", 3.0)
    cells = {name: source for bad in BAD for name, source in ((f"good {bad}", CLAIMS), (bad, bad))}
    found = declarations.read(cells)
    assert list(found) == list(cells)
    for bad, says in BAD.items():
        assert says in found[bad]
        assert found[f"good {bad}"].declared == ("one", "two")
        assert [m.changes for m in found[f"good {bad}"].declared_mutations] == [("one",), ("two",)]


def test_mutating_all_with_nothing_tested_is_a_failure(book, command):
    for name, claims in (("10_leaves", LEAVES), ("11_states_none", CLAIMS.partition("paper.mutations")[0])):
        book.add(name, claims=claims.replace("{", "{{").replace("}", "}}"))
    status, said = command("mutate", "--all", "--output", str(book.out))
    assert status == 1
    assert "10_leaves: its claims cell raised SystemExit: 0" in said
    assert "11_states_none: it declares no mutation" in said
    assert "every mutation changes" not in said


def test_lint_executes_nothing(book, command, tmp_path):
    ran = tmp_path / "ran"
    book.add("10_writes", claims=f"open({str(ran)!r}, 'w')\n{LEAVES}")
    status, said = command("lint", "--all")
    assert status == 1 and "10_writes: " in said and not ran.exists()


@pytest.mark.parametrize("line", ["%matplotlib inline", "!ls", "%%time\nx = 1", "  %cd .."])
def test_a_magic_is_named_wherever_it_is_met(line, book, command):
    book.add("10_magic", body=line)
    rule = "10_magic: code cell 4 holds a magic or shell line"
    for words in (("lint", "10"), ("mutate", "10", "--output", str(book.out))):
        status, said = command(*words)
        assert status == 1 and rule in said, said
    notebook = notebooks.read(notebooks.locate("10"))
    with pytest.raises(notebooks.NotebookError, match="code cell 4 holds a magic or shell line"):
        notebooks.uses(notebook, "seed")


def test_a_magic_is_not_written_back(book, monkeypatch):
    """--write asks which cells use the seed, after the run."""
    book.add("10_magic", body="%matplotlib inline")
    notebook = notebooks.read(notebooks.locate("10"))
    record = nbformat.v4.new_output("display_data", {"application/json": {"mutated": None}})
    notebook.cells[-1].outputs = [record]
    outcome = execution.Outcome("10_magic", 1.0, notebook=notebook)
    problems = writing.write_back({"10_magic": outcome}, 1, 60)
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
        return {name: execution.Outcome(name, 1.0, error="stopped here") for name in tasks}

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
        [sys.executable, "-m", "scalinglaws.run", "list"],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0", "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr and notebooks.names()[0].encode() in done.stdout
