"""Ways to have a paper replicate that does not, each of which must be caught."""

from __future__ import annotations

import copy
import dataclasses
import json

import nbformat
import numpy as np
import pandas as pd
import pytest
from small_notebook import EDITS, FALSIFY, STATED, small

from scalinglaws import repository
from scalinglaws.claims import NOT_REPLICATED, REPLICATED, ClaimError, drift, stated, verdicts
from scalinglaws.claims.claim import GIVEN, LOCKED
from scalinglaws.claims.replication import Verdict
from scalinglaws.notebooks import anatomy, files, mutate, null

from .made import NAMED, ROUNDED, Raw, claim, read, replication, value
from .made import mutation as breaking


class TestATolerance:
    """`within=1e6`."""

    @pytest.mark.parametrize("tolerance", [NAMED, *GIVEN])
    def test_that_lets_the_rival_in_is_refused(self, tolerance):
        with pytest.raises(ClaimError, match="the rival lies within the tolerance"):
            value(within=1e6, tolerance=tolerance)

    @pytest.mark.parametrize("digits", ["1.0", "1.00", "1", "1e3"])
    def test_that_is_no_rounding_is_refused_however_far_the_rival(self, digits):
        with pytest.raises(ClaimError, match="half a unit of the last digit"):
            read(claim(paper=Raw(digits), within=1e6, rival=1e9, tolerance=ROUNDED), breaking("x"))

    def test_that_was_chosen_does_not_replicate_what_the_interval_excludes(self):
        wide = value(within=1e6, rival=1e9)
        assert wide.judge(900.0, (800.0, 1000.0)) == NOT_REPLICATED


class TestAVerdict:
    """`paper.found["x"].word = "replicated"`."""

    @pytest.mark.parametrize("field", ["word", "measured", "claim", "interval"])
    def test_cannot_be_set(self, field):
        paper = replication()
        paper.measured("x", 2.0)
        with pytest.raises(AttributeError):
            setattr(paper.found["x"], field, REPLICATED)
        assert paper.words() == "x  not replicated"

    def test_takes_no_word(self):
        with pytest.raises(TypeError):
            Verdict(value(), 2.0, word=REPLICATED)

    def test_is_not_kept_in_another_claim(self):
        with pytest.raises(AttributeError):
            value().within = 10.0


class TestAClaimStatedAfterwards:
    def test_has_no_way_in(self):
        paper = replication()
        for name in ("claims", "claim", "state", "add"):
            assert not hasattr(paper, name)
        with pytest.raises(AttributeError):
            paper.declared = {"y": value(id="y")}
        paper.declared["y"] = value(id="y")
        with pytest.raises(ClaimError, match="'y' was not stated"):
            paper.measured("y", 1.0)
        with pytest.raises(AttributeError):
            paper.stated.claims += (value(id="y"),)

    def test_is_not_brought_along_by_a_notebook(self):
        """Lint lets `Replication` take its name alone, so that the claims are those of the file."""
        for call in ('"10_a", mine', '"10_a", stated=mine', "name"):
            notebook = small(
                "10_a", claims=f"from scalinglaws import Replication\npaper = Replication({call})"
            )
            assert anatomy.named_by(notebook) is None
        assert anatomy.named_by(small("10_a")) == "10_a"


class TestMutations:
    """A notebook without `paper.mutations`."""

    def test_that_no_file_states_leave_the_file_refused(self):
        with pytest.raises(ClaimError, match="no mutation makes these claims fail"):
            read(claim())

    def test_that_no_cell_gives_have_the_notebook_refused(self):
        lacks = small("10_a", edits="pass")
        lacks.cells = [c for c in lacks.cells if files.TAG_MUTATIONS not in files.tags(c)]
        with pytest.raises(files.NotebookError, match="0 code cells are tagged 'mutations'"):
            files.tagged(lacks, files.TAG_MUTATIONS)
        assert any("0 code cells are tagged 'mutations'" in line for line in anatomy.structure(lacks))

    def test_without_edits_break_nothing_and_stop_the_mutated_run(self):
        paper = replication()
        paper.mutated = "shuffled"
        with pytest.raises(KeyError):
            paper.broken(lambda slug: slug)


class TestAFalsification:
    """`print("the verdict flips")`."""

    @pytest.mark.parametrize(
        "cell",
        [
            'print("the verdict flips")',
            'print("paper.without_effect(1)")',
            "# paper.without_effect('how', 'one', 2.0)\nNone",
            "paper.without_effect",
            "other.without_effect('how', 'one', 2.0)",
        ],
    )
    def test_that_only_talks_is_named(self, cell):
        assert not anatomy.judges(nbformat.v4.new_code_cell(cell))
        assert anatomy.UNJUDGED in lint(falsify=cell)

    @pytest.mark.parametrize("cell", [FALSIFY, f"print({FALSIFY})", f"for i in range(3):\n    {FALSIFY}"])
    def test_that_judges_is_not(self, cell):
        assert anatomy.judges(nbformat.v4.new_code_cell(cell))
        assert anatomy.UNJUDGED not in lint(falsify=cell)

    def test_that_is_no_python_is_named(self):
        assert "the falsification cell holds a magic or shell line" in lint(falsify="%cd ..")


def lint(**cells: str) -> list[str]:
    """What lint says of the order and tags of a small notebook that has all of its prose."""
    notebook = small("10_a", **cells)
    notebook.cells[0].source = "# A\n\n[p](https://arxiv.org/abs/1) CI 3 s " + "word " * 400
    return anatomy.structure(notebook)


def kept(**changes) -> dict:
    """The record of one claim that was measured as 1.05."""
    verdict = dataclasses.asdict(value(**changes))
    verdict |= {"measured": 1.05, "low": None, "high": None, "word": REPLICATED}
    return {"verdicts": [verdict], "data_checks": []}


class TestAThreshold:
    """One that is changed after the fact."""

    @pytest.mark.parametrize(
        "change", [{"within": 0.2}, {"rival": 3.0}, {"paper": 1.01}, {"role": "recomputed"}, {"rival": "> 2"}]
    )
    def test_that_moved_is_an_offence_unless_restated(self, change):
        (name,) = change
        (found,) = drift.differences(kept(**change), kept())
        assert found.stated and found.verdict and f"{name} was " in str(found)
        assert drift.differences(kept(**change, restated="2026-11-28: misread"), kept()) == []

    def test_that_moved_twice_is_restated_twice(self):
        first = kept(within=0.2, restated="2026-11-28: misread")
        again = kept(within=0.4, restated="2026-11-28: misread")
        (found,) = drift.differences(again, first)
        assert found.stated and "within was 0.2 and is 0.4" in str(found)
        again["verdicts"][0]["restated"] = "2026-12-01: misread again"
        assert drift.differences(again, first) == []

    def test_of_a_record_older_than_restating_is_an_offence_too(self):
        older = kept(within=0.2)
        del older["verdicts"][0]["restated"]
        (found,) = drift.differences(older, kept())
        assert found.stated

    def test_that_stayed_is_none(self):
        assert drift.differences(kept(why="said better", statement="in other words"), kept()) == []
        assert drift.differences(kept(within=0.3 - 0.2), kept()) == []
        assert drift.differences(kept(within=0.1 * (1 + 1e-9)), kept()) != []

    def test_is_not_written_back_whatever_the_reason(self, place):
        write = ("run", "10", "--write", "--output", str(place.out))
        place.add("10_good")
        assert place(*write).returncode == 0
        path = place.root / "data/verdicts/10_good.json"
        before = path.read_bytes()
        wider = STATED.replace("within = 0.1", "within = 0.3", 1)
        place.state("10_good", wider)
        for moved in ((), ("--moved", "we like it wider")):
            done = place(*write, *moved)
            assert done.returncode == 1 and "within was 0.1 and is 0.3" in done.stderr, done.stderr
            assert path.read_bytes() == before
        place.state(
            "10_good", wider.replace("within = 0.3", 'within = 0.3\nrestated = "2026-11-28: misread"')
        )
        assert place(*write, "--moved", "misread").returncode == 0
        one, _ = json.loads(path.read_text())["verdicts"]
        assert (one["within"], one["restated"]) == (0.3, "2026-11-28: misread")


def judged_again(name: str) -> list[str]:
    """In what a kept record is not what its claims file and its own numbers say."""
    record = verdicts.read(name)
    claims = {claim.id: claim for claim in stated(name).claims}
    wrong = [] if record.get("falsified") else ["nothing was falsified"]
    if [*claims] != [verdict["id"] for verdict in record["verdicts"]]:
        return [*wrong, "other claims are kept than stated"]
    for verdict in record["verdicts"]:
        said = claims[verdict["id"]]
        wrong += [
            f"{said.id}: {field} is {verdict.get(field)!r}, stated as {getattr(said, field)!r}"
            for field in (*LOCKED, "restated", "unstable", "untestable")
            if verdict.get(field) != getattr(said, field)
        ]
        ends = verdict["low"], verdict["high"]
        interval = None if ends[0] is None else (float(ends[0]), float(ends[1]))
        measured = None if verdict["measured"] is None else float(verdict["measured"])
        again = Verdict(said, measured, interval)
        if again.word != verdict["word"]:
            wrong.append(f"{said.id}: kept as {verdict['word']!r}, judged again {again.word!r}")
        if verdict["power"] != (None if again.power is None else pytest.approx(again.power, abs=1e-9)):
            wrong.append(f"{said.id}: kept with a power of {verdict['power']}, which is {again.power}")
    return wrong


@pytest.mark.parametrize("name", verdicts.kept())
def test_every_kept_record_is_judged_again(name):
    assert judged_again(name) == []


class TestAKeptRecord:
    """One that was edited by hand."""

    @pytest.fixture
    def record(self, tmp_path, monkeypatch):
        for folder in ("claims", "verdicts"):
            (tmp_path / folder).mkdir()
        monkeypatch.setattr(repository, "data_folder", lambda: tmp_path)
        (tmp_path / "claims/10_a.toml").write_text(STATED)
        paper = replication_of("10_a")
        content = paper.record("ci", 0).content

        def keep(**changes) -> list[str]:
            edited = copy.deepcopy(content)
            edited["verdicts"][0] |= changes
            (tmp_path / "verdicts/10_a.json").write_text(json.dumps(edited))
            return judged_again("10_a")

        return keep

    def test_as_the_run_left_it_passes(self, record):
        assert record() == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"word": NOT_REPLICATED},
            {"measured": 2.0},
            {"within": 0.3},
            {"rival": 5.0},
            {"role": "recomputed"},
            {"low": 0.5, "high": 2.5},
            {"power": 0.5},
            {"unstable": "seeds"},
        ],
    )
    def test_edited_by_hand_does_not(self, record, changes):
        assert record(**changes)


def replication_of(name: str):
    """A replication of small notebooks' claims, measured and falsified."""
    from scalinglaws import Replication

    paper = Replication(name)
    scope = {"paper": paper}
    exec(EDITS, scope)
    paper.measured("one", 1.0)
    paper.measured("two", 2.0)
    exec(FALSIFY, scope)
    return paper


def test_a_constant_that_is_returned_whatever_the_data_survives_no_mutation():
    """A hard-coded value: the word stays where the data it should rest on are broken."""
    paper = read(claim(), breaking("x"))
    record = kept() | {"mutated": None}
    assert mutate.survivors(paper, record, [record, record | {"mutated": "shuffled"}]) == [
        "'shuffled' leaves 'x' 'replicated', but should change it"
    ]


LOADED = 'from scalinglaws import load\n\nruns = load("runs")'
RUNS = pd.DataFrame(
    {"arm": list("aabb") * 5, "n_params": [1e6, 2e6] * 10, "loss": np.linspace(3.0, 2.0, 20) ** 2}
)


class TestATypedNumber:
    """A hard-coded value with a mutation aimed at that constant, which does change the word."""

    CELLS = (LOADED, "B = 1.0", "paper.measured('x', B)")

    def paper(self, target: str = "B", **says):
        return replication(claim(**says), breaking("x", table=None, target=target))

    def test_moves_under_no_column(self, nulled):
        done = nulled([*self.CELLS], self.paper(), runs=RUNS)
        assert done.kept["unmoved"] == ["x"]
        (line,) = done.problems
        assert line.startswith("10_a: no column moves 'x' (") and "a typed number" in line

    def test_is_caught_without_any_table_too(self, nulled):
        assert nulled(["B = 1.0", "paper.measured('x', B)"], self.paper()).kept["unmoved"] == ["x"]

    @pytest.mark.parametrize("says", [{"role": "live"}, {"evidence": "theory"}])
    @pytest.mark.parametrize(
        "typed",
        [
            "B = 1.0",
            "def B():\n    return 1.0",
            "def B(n=0):\n    return 1.0",
            "import numpy as np\n\ndef B():\n    return np.exp(0.0)",
            "B = lambda: inner()\n\ndef inner():\n    return 1.0",
        ],
    )
    def test_is_not_excused_as_computed_here(self, nulled, says, typed):
        call = "B" if typed == "B = 1.0" else "B()"
        done = nulled([typed, f"paper.measured('x', {call})"], self.paper(**says))
        assert done.kept["unmoved"] == ["x"] and not done.kept["covered"]

    def test_that_hides_behind_a_table_which_a_shuffle_breaks_is_caught(self, nulled):
        cells = [
            LOADED + "\nwide = runs[runs.loss.cummin() == runs.loss]\nassert len(wide) == len(runs)",
            "paper.measured('x', 1.0)",
        ]
        done = nulled(cells, self.paper(), runs=RUNS)
        assert done.kept["unmoved"] == ["x"]
        cells[-1] = "wide.loss\npaper.measured('x', 1.0 + 0 * wide.loss.mean())"
        assert nulled(cells, self.paper(), runs=RUNS).kept["unmoved"] == ["x"]

    def test_is_not_written(self, place):
        place.add("10_typed", stated=STATED.replace('"arithmetic"', '"independent"'))
        done = place("run", "10", "--write", "--output", str(place.out))
        assert done.returncode == 1
        for id in ("one", "two"):
            assert f"10_typed: no column moves {id!r}" in done.stderr
        assert not [*(place.root / "data/verdicts").rglob("10_typed.json")]


class TestTheNumberOfRows:
    """A value that depends on the row count only."""

    @pytest.mark.parametrize(
        "value",
        [
            "len(runs) / 20",
            "runs.shape[0] / 20",
            "runs.loss.count() / 20",
            "runs.groupby('arm').size().max() / 10",
            "sum(1 for _ in runs.itertuples()) / 20",
        ],
    )
    def test_moves_under_no_column(self, nulled, value):
        paper = replication(claim(), breaking("x", table="runs"))
        done = nulled([LOADED, f"paper.measured('x', {value})"], paper, runs=RUNS)
        assert done.kept["unmoved"] == ["x"] and done.problems
        assert [(c["column"], c["moved"]) for c in done.kept["columns"]] == [("loss", []), ("n_params", [])]

    def test_beside_what_is_measured_is_told_apart(self, nulled):
        paper = replication(claim(), claim("y"), breaking("x", "y", table="runs"))
        cells = [
            LOADED,
            "paper.measured('x', runs[runs.arm == 'a'].loss.mean() / 7)\npaper.measured('y', len(runs) / 20)",
        ]
        done = nulled(cells, paper, runs=RUNS)
        assert done.kept["unmoved"] == ["y"]
        assert done.kept["columns"][0] == {
            "table": "runs", "column": "loss", "share": 1.0, "moved": ["x"], "stopped": [], "cut": False,
        }  # fmt: skip


@pytest.mark.parametrize("name", verdicts.kept())
def test_every_kept_claim_moves_under_a_column_or_rests_on_no_table(name):
    kept, paper = null.read(name), stated(name)
    moved = {id for column in kept["columns"] for id in column["moved"]}
    tested = {claim.id for claim in paper.claims if not claim.untestable}
    excused = null.excuses(paper, files.read(files.locate(name)))
    assert not kept["unmoved"]
    assert tested - moved == kept["covered"].keys()
    assert kept["covered"] == {id: excused.get(id) for id in kept["covered"]}
