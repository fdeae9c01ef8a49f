"""Every committed notebook: anatomy, stored outputs, verdicts kept, claims that can fail.

Nothing is executed here; nbval and the mutated runs do that (see conftest.py).
"""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import pytest

from scalinglaws.claims import (
    INCONCLUSIVE,
    NOT_REPLICATED,
    REPLICATED,
    UNTESTABLE,
    drift,
    printing,
    stated,
    verdicts,
)
from scalinglaws.notebooks import anatomy, files

NAMES = files.names()
#: Of the notebooks only those that state claims.
CLAIMING = pytest.mark.parametrize("name", files.replications())


@pytest.fixture(params=NAMES)
def name(request) -> str:
    return request.param


def test_there_are_notebooks():
    assert len(NAMES) >= 4


def test_anatomy(name):
    problems = anatomy.problems(name)
    assert not problems, "\n".join(problems)


def test_it_is_kept_as_the_runner_writes_it(name):
    notebook = files.read(files.locate(name))
    assert files.normalise(notebook) == notebook


def test_a_guide_states_no_claims_and_keeps_no_verdict():
    guides = {*NAMES} - {*files.replications()}
    assert guides == {"00_your_own_runs", "90_what_replicates"}
    for name in guides:
        assert not files.records(files.read(files.locate(name))) and name not in verdicts.kept()
        assert verdicts.costs()[name]["ci_seconds"] > 0


@CLAIMING
def test_stored_record_is_the_verdict_file(name):
    (record,) = files.records(files.read(files.locate(name)))
    assert record["mutated"] is None and (record["scale"], record["seed"]) == ("ci", 0)
    pinned = verdicts.read(name)
    assert pinned["seeds"] == [0, 1, 2, 3, 4]
    assert not drift.differences(record, pinned)


@CLAIMING
def test_the_compared_cell_shows_ids_and_words_and_the_next_one_the_numbers(name):
    notebook = files.read(files.locate(name))
    cell = files.tagged(notebook, files.TAG_VERDICT)
    after = notebook.cells[notebook.cells.index(cell) + 1]
    for shown in (cell, after):
        (output,) = shown.outputs
        assert set(output.data) == {"text/plain"}
    kept = verdicts.read(name)["verdicts"]
    words = [re.split("  +", line) for line in cell.outputs[0].data["text/plain"].splitlines()]
    assert words == [[verdict["id"], verdict["word"]] for verdict in kept]
    table = after.outputs[0].data["text/plain"].splitlines()
    for verdict in kept:
        (line,) = [row for row in table if row.split("  ")[0] == verdict["id"]]
        assert line.endswith(f"  {printing.marked(verdict)}")


@CLAIMING
def test_every_claim_can_fail(name):
    pinned = {verdict["id"]: verdict["word"] for verdict in verdicts.read(name)["verdicts"]}
    claims = stated(name).claims
    assert [*pinned] == [claim.id for claim in claims]
    for claim in claims:
        assert (pinned[claim.id] == UNTESTABLE) == bool(claim.untestable)
        if claim.untestable:
            continue
        # Judged without "unstable", which would hide what the measurement says.
        steady = dataclasses.replace(claim, unstable="")
        assert steady.judge(steady.at_paper()) == REPLICATED, claim.id
        assert steady.judge(steady.at_rival()) == NOT_REPLICATED, claim.id
        if claim.unstable:
            assert pinned[claim.id] == INCONCLUSIVE, claim.id


@CLAIMING
def test_cost_is_kept_and_no_pilot_stands_as_the_papers(name):
    assert verdicts.costs()[name]["ci_seconds"] > 0 and verdicts.costs()[name]["device"]
    for claim in stated(name).claims:
        assert not re.search(r"pilot|memory|unverified", claim.source, re.IGNORECASE), claim.id


def test_it_is_a_valid_script(name):
    source = "\n\n".join(cell.source for cell in files.code(files.read(files.locate(name))))
    compile(source, name, "exec")


def test_links_inside_the_repository_lead_somewhere(name, repository):
    for cell in files.read(files.locate(name)).cells:
        if cell.cell_type == "markdown":
            # Code and formulas have brackets too.
            prose = re.sub(r"```.*?```|`[^`]*`|\$.+?\$", "", cell.source, flags=re.DOTALL)
            for target in re.findall(r"\]\(([^)#\s]+)\)", prose):
                if not target.startswith("http"):
                    assert (repository / "notebooks" / target).exists(), target


def test_style(repository):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "."], cwd=repository, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
