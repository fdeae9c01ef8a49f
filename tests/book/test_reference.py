"""The reference: every module from its source, every command from the command itself."""

from __future__ import annotations

import re

from scalinglaws.book import docstrings, reference


def test_every_module_of_the_library_has_a_page_that_says_what_it_is():
    known = reference.modules()
    assert {
        "scalinglaws",
        "scalinglaws.laws.joint",
        "scalinglaws.fitting.solve",
        "scalinglaws.counting",
    } <= set(known)
    assert not [name for name in known if re.search(r"\.(cli|book)\b", name)]
    index, pages = reference.index(), reference.pages()
    for name, text in known.items():
        assert (
            f"(modules/{name}.md)" in index
            and f".. py:module:: {name}\n" in pages[f"reference/modules/{name}.md"]
        )
        assert reference.summary(text), name


MODULE = """
'''A module.

Raises
------
ValueError
    Never, or
    later.
'''
from dataclasses import dataclass

#: How many,
#: at most.
MOST: int = 3
LEAST = 1


def grow(x: float, /, *more: int, by=(1, "a"), **rest) -> float:
    '''Grow.

    Parameters
    ----------
    by
        How much.
    '''


def silent(): ...
def _hidden(): '''Not shown.'''


@dataclass(frozen=True)
class Run:
    '''A run.'''

    size: int
    seed: int = 0

    @property
    def cost(self) -> float:
        '''Its cost.

        Raises
        ------
        RunError
            Now, or
            later.
        '''

    @classmethod
    def read(cls, path): '''Read it.'''

    @staticmethod
    def of(x): '''Of x.'''

    def again(self, *, seed=1): '''Again.'''


class RunError(Exception):
    '''No run.'''

    def __init__(self, why: str) -> None: ...
"""


def test_a_module_is_described_from_its_source():
    said = docstrings.described("a.b", MODULE)
    heads = re.findall(r"^ *\.\. (?:py:)?(\w+):: (.*)$", said, re.MULTILINE)
    assert heads == [
        ("module", "a.b"),
        ("data", "MOST"),
        ("function", "grow(x, /, *more, by=(1, 'a'), **rest)"),
        ("class", "Run(size, seed=0)"),
        ("property", "cost"),
        ("method", "read(path)"),
        ("method", "of(x)"),
        ("method", "again(*, seed=1)"),
        ("exception", "RunError(why)"),
    ]
    assert ":raises ValueError: Never, or\n    later." in said and ":param by: How much." in said
    assert "      :raises RunError: Now, or\n          later." in said, "below the method, as is all of it"
    assert "   How many,\n   at most." in said
    assert said.count(":classmethod:") == said.count(":staticmethod:") == 1
    assert "silent" not in said and "hidden" not in said and "LEAST" not in said


def test_every_command_and_option_is_in_the_reference():
    said = reference.commands()
    for command in (
        "run",
        "check",
        "mutate",
        "null",
        "lint",
        "tidy",
        "scoreboard",
        "new",
        "list",
        "data rebuild",
    ):
        assert f"## `scalinglaws {command}`" in said
    assert "`--kernels`" in said and "`--moved`" in said


def test_the_names_of_columns_elsewhere_are_listed():
    said = reference.names()
    assert "| `loss` | `final_loss`, " in said and "`eval/loss`" in said and "| `run` | `run_name`" in said


def test_what_is_typed_is_code_in_the_pages_of_the_commands():
    said = "`a_b|c`, --write and 'make book' or 'scalinglaws run 10 --html'; it's 5_000 --, 'loss < 4'."
    assert reference.spoken(said) == (
        "`a_b|c`, `--write` and `make book` or `scalinglaws run 10 --html`; it's 5\\_000 --, 'loss \\< 4'."
    )
    commands = reference.commands()
    assert "`--write`" in commands and "(`make book`)" in commands and "\\`" not in commands
