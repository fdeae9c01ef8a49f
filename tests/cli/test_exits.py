"""The statuses with which the command ends: what the one table says of them, and that they are so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scalinglaws.book import reference
from scalinglaws.cli.terminal import EXITS, fail

#: Starts the command; as soon as it asks which notebooks there are, something happens to it.
STRUCK = """
import os, signal
from scalinglaws.cli import main
from scalinglaws.notebooks import files

files.names = lambda: os.kill(os.getpid(), signal.{name}) or signal.pause()
main.main()
"""


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, ("list",)),
        (0, ("laws",)),
        (0, ("run", "--help")),
        (1, ("check", "10", "--output", "nowhere")),  # no run to be compared
        (1, ("fit", "nowhere.csv")),
        (1, ("data", "verify", "nonesuch")),
        (2, ("run", "nonesuch")),
        (2, ("run",)),
        (2, ("run", "10", "-p", "seed")),
        (2, ("open", "nonesuch")),
        (2, ("mutate", "00")),
        (2, ("list", "--nonesuch")),
        (2, ("nonesuch",)),
        (2, ("fit", "runs.csv", "--law", "nonesuch")),
        (2, ("fit", "runs.csv", "--loss", "huber")),
        (2, ()),
    ],
)
def test_a_call_ends_with_the_status_that_the_table_says(status, words, command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    found, said = command(*words)
    assert found == status, said
    if status == 1:
        assert re.search(r"^error: ", said, re.MULTILINE)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")
@pytest.mark.parametrize(("status", "name"), [(130, "SIGINT"), (143, "SIGTERM")])
def test_a_signal_is_told_by_its_status(status, name):
    code = f"'{sys.executable}' -c \"$CODE\" list; echo $?"
    done = subprocess.run(
        ["sh", "-c", code],
        env=os.environ | {"CODE": STRUCK.format(name=name)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split()[-1] == str(status), done.stderr
    assert "Traceback" not in done.stderr


def test_every_status_that_the_code_names_is_in_the_table():
    folder = Path(fail.__code__.co_filename).parent
    named = {0, 1, 130, 143}
    for path in folder.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        named |= {int(status) for status in re.findall(r"sys\.exit\((\d+)\)", text)}
        named |= {int(status) for status in re.findall(r"\bfail\([^#\n]*, (\d+)\)\n", text)}
    assert named == set(EXITS)


def test_the_help_and_the_book_show_the_table(command):
    _, said = command("--help")
    shown = reference.exits()
    for status, meaning in EXITS.items():
        assert f"{status}: {meaning}" in " ".join(said.split())
        assert re.search(rf"\b{status}\b", shown)
    assert shown.count("\n") >= len(EXITS)
