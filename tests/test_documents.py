"""README and CONTRIBUTING: short enough to be read, and every link, command and option in them is there."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from scalinglaws.claims import verdicts
from scalinglaws.cli.main import app
from scalinglaws.notebooks import scoreboard

BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


@pytest.fixture(params=["README.md", "CONTRIBUTING.md"])
def document(request, repository) -> str:
    return (repository / request.param).read_text(encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    """The words of every call of a program in blocks and spans of code."""
    blocks = BLOCK.findall(text)
    lines = [line for block in blocks for line in block.splitlines()] + SPAN.findall(BLOCK.sub("", text))
    parts = [part for line in lines for part in line.partition("#")[0].split("&&")]
    # In prose three dots stand for the rest of a call.
    return [shlex.split(part) for part in parts if re.match(r"\s*(?:scalinglaws|make) [^.…]", part)]


def test_the_readme_fits_a_screen_or_two_besides_its_scoreboard(repository):
    lines = (repository / "README.md").read_text(encoding="utf-8").splitlines()
    begin, end = (
        next(i for i, line in enumerate(lines) if f"scoreboard:{at}" in line) for at in ("begin", "end")
    )
    assert len(lines) - (end - begin) <= 105
    doors = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert doors == [
        "Scoreboard",
        "Read one",
        "Rerun one, also at full scale",
        "Use the library on your own runs",
        "Add a replication",
        "FAQ",
    ]


def test_links_lead_somewhere(document, repository):
    targets = re.findall(r"\]\(([^)#\s]+)", document)
    inside = [target for target in targets if not target.startswith("http")]
    assert inside
    # The list of all verdicts is written with the verdicts; that it is there is tested elsewhere.
    for target in {*inside} - {"data/verdicts/README.md"}:
        assert (repository / target).exists(), target


def test_commands_and_their_options_are_there(document, repository):
    targets = re.findall(r"^(\w+):", (repository / "Makefile").read_text(), re.MULTILINE)
    known = typer.main.get_command(app)
    found = commands(document)
    assert len(found) >= 5
    for program, *words in found:
        if program == "make":
            assert words[0] in targets or "=" in words[0], words
            continue
        command = known
        while words and (inside := getattr(command, "commands", {}).get(words[0])):
            command, words = inside, words[1:]
        options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        assert not getattr(command, "commands", {}) or all(w.startswith("--") for w in words), words
        assert {word for word in words if word.startswith("--")} <= options, words


def test_a_call_that_is_not_there_is_seen():
    assert commands("`scalinglaws nonesuch 10 --x` and ```sh\nmake") == [
        ["scalinglaws", "nonesuch", "10", "--x"]
    ]
    assert commands("```sh\nmake setup && . x  # and more\nls\n```\n") == [["make", "setup"]]


def test_the_scoreboard_brings_the_figures_text_along(repository):
    readme = (repository / "README.md").read_text(encoding="utf-8")
    stale = re.sub(r'alt="[^"]*"', 'alt="an earlier figure"', readme)
    assert stale != readme and scoreboard.placed(stale) == scoreboard.placed(readme)
    for lacking in (readme.replace(scoreboard.END, ""), readme.replace(".github/figure.png", "figure.png")):
        with pytest.raises(verdicts.VerdictError, match=r"README\.md lacks the"):
            scoreboard.placed(lacking)
