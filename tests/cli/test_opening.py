"""`scalinglaws open`: the page that there is, or JupyterLab, or one line that says what to make."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest

from scalinglaws.notebooks import files

NAME = "10_chinchilla_third_approach"


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """What a browser was asked to open; none is started."""
    asked: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: asked.append(address) or True)
    return asked


@pytest.fixture
def started(monkeypatch) -> list[list[str]]:
    """The programs that were started; none is."""
    calls: list[list[str]] = []
    monkeypatch.setattr(subprocess, "call", lambda words: calls.append(words) or 0)
    return calls


def placed(folder: Path, *places: str) -> None:
    for place in places:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text("<p>a page</p>")


def test_the_books_page_comes_before_that_of_a_run(command, opened, started, tmp_path):
    out = tmp_path / "my out"
    words = ("open", "10", "--output", str(out))
    placed(out, f"{NAME}.html")
    assert command(*words) == (0, f"opened {out / NAME}.html\n")
    placed(out, f"book/notebooks/{NAME}.html")
    assert command(*words)[0] == 0
    assert opened == [(out / f"{NAME}.html").as_uri(), (out / "book" / "notebooks" / f"{NAME}.html").as_uri()]
    assert started == []


def test_without_a_name_the_page_that_leads_to_all(command, opened, started, tmp_path):
    status, said = command("open", "--output", str(tmp_path))
    assert status == 1 and said.startswith("error: there is no page in ")
    assert "'make book'" in said and "'scalinglaws run --all --html'" in said and said.count("\n") == 1
    for place in ("index.html", "book/index.html"):
        placed(tmp_path, place)
        assert command("open", "--output", str(tmp_path))[0] == 0
        assert opened[-1] == (tmp_path / place).as_uri()
    assert started == []


def test_without_a_page_jupyterlab_opens_the_notebook_and_it_is_said_what_makes_one(
    command, opened, started, tmp_path
):
    status, said = command("open", "chinchilla_third", "--output", str(tmp_path))
    assert status == 0 and opened == []
    assert started == [[sys.executable, "-m", "jupyterlab", str(files.locate(NAME))]]
    assert "'make book'" in said and "'scalinglaws run 10 --html'" in said


def test_jupyterlab_may_be_asked_for_where_there_is_a_page(command, opened, started, tmp_path):
    placed(tmp_path, f"{NAME}.html", "index.html")
    assert command("open", "10", "--lab", "--output", str(tmp_path))[0] == 0
    assert command("open", "--lab", "--output", str(tmp_path))[0] == 0
    assert opened == [] and [words[-1] for words in started] == [str(files.locate(NAME)), str(files.folder())]


def test_without_browser_or_jupyterlab_one_line_says_so(command, monkeypatch, started, tmp_path):
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    placed(tmp_path, f"{NAME}.html")
    status, said = command("open", "10", "--output", str(tmp_path))
    assert status == 1 and said.endswith(f"the page is {tmp_path / NAME}.html\n")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    status, said = command("open", "10", "--lab")
    assert (status, started) == (1, [])
    assert said == "error: JupyterLab is not installed: run pip install 'scalinglaws[notebooks]'\n"


def test_an_error_of_jupyterlab_is_an_error(command, monkeypatch):
    monkeypatch.setattr(subprocess, "call", lambda words: 7)
    status, said = command("open", "10", "--lab")
    assert status == 1 and said.endswith("error: JupyterLab ended with an error, which stands above\n")
