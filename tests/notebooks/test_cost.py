"""The cost in a notebook's title: written by the runner, and named where somebody typed another."""

from __future__ import annotations

import pytest
from small_notebook import small

from scalinglaws.claims import verdicts
from scalinglaws.notebooks import cost, files

NAME = "10_small"
CITED = "# A title\n\n*Who (2020), [arXiv:1](https://arxiv.org/abs/1) · and its data* · {}\n\nText of CI 9 s."


@pytest.fixture
def titled(empty_repository):
    """Save a small notebook whose title tells a cost, and return what the title is then."""
    path = empty_repository / "notebooks" / f"{NAME}.ipynb"

    def save(told: str) -> None:
        notebook = small(NAME)
        notebook.cells[0].source = CITED.format(told)
        files.save(notebook, path)

    save.title = lambda: files.read(path).cells[0].source
    save.problems = lambda: cost.problems(files.read(path), NAME)
    return save


@pytest.mark.parametrize("told", ["CI", "CI 12 s · full 3 min, 2 cores, no GPU"])
def test_a_run_that_is_kept_writes_it_into_the_title_and_nowhere_else(told, titled):
    titled(told)
    cost.keep(NAME, "ci", 19.3)
    assert titled.title() == CITED.format("CI 19 s")
    cost.keep(NAME, "full", 600.0)
    assert titled.title() == CITED.format("CI 19 s · full 10 min")
    assert titled.problems() == []


def test_one_that_somebody_typed_is_named(titled):
    titled("CI 5 s")
    assert titled.problems() == []  # before its first run nobody knows better
    verdicts.add_cost(NAME, ci_seconds=19.3)
    (said,) = titled.problems()
    assert "'CI 5 s'" in said and "'CI 19 s'" in said and f"run {NAME} --write" in said


def test_a_title_without_a_place_for_it_is_named(titled):
    titled("five seconds")
    assert titled.problems() == [cost.NO_PLACE]


def test_costs_that_two_merges_left_in_conflict_are_named(titled):
    titled("CI 5 s")
    verdicts.add_cost(NAME, ci_seconds=5.0)
    path = verdicts.folder() / "costs.json"
    path.write_text("<<<<<<< ours\n" + path.read_text() + "=======\n{}\n>>>>>>> theirs\n")
    with pytest.raises(verdicts.VerdictError, match=r"costs\.json is damaged .*restore it with git"):
        titled.problems()
