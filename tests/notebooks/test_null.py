"""The library's own null: what is shuffled, what runs again, what is kept and how it is judged."""

from __future__ import annotations

import sys
import time
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from claims.made import claim, mutation, replication

from scalinglaws.claims import UNTESTABLE
from scalinglaws.notebooks import null, permuted

TABLE = pd.DataFrame(
    {
        "size": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
        "loss": [5.0, np.nan, 4.0, 3.5, 3.0, np.nan, 2.5, 2.0],
        "seed": [0, 1] * 4,
        "diverged": [False, True] * 4,
        "same": [7.0] * 8,
        "arm": list("abababab"),
    }
)
LOADED = 'from scalinglaws import load\n\nruns = load("runs")'
SLOPE = "import numpy as np\n\nseen = runs.dropna()\nslope = np.polyfit(seen['size'], seen.loss, 1)[0]"
TWO = (claim(), claim("y"), mutation("x", "y", table="runs"))


class TestAColumn:
    def test_is_shuffled_where_it_holds_something_and_nothing_else_is(self):
        found = permuted.Column("runs", "loss").shuffled(TABLE)
        assert found.drop(columns="loss").equals(TABLE.drop(columns="loss"))
        assert (found.loss.isna() == TABLE.loss.isna()).all()
        assert sorted(found.loss.dropna()) == sorted(TABLE.loss.dropna())
        assert (found.loss.dropna() != TABLE.loss.dropna()).all()

    def test_comes_out_the_same_each_time_and_differs_from_its_neighbour(self):
        one, again = (permuted.Column("runs", "size").shuffled(TABLE) for _ in range(2))
        assert one.equals(again)
        twin = TABLE.assign(other=TABLE["size"])
        assert not (permuted.Column("runs", "other").shuffled(twin).other == one["size"]).all()

    @pytest.mark.parametrize("column", ["size", "seed", "diverged"])
    def test_keeps_its_kind(self, column):
        found = permuted.Column("runs", column).shuffled(TABLE)
        assert found.dtypes.equals(TABLE.dtypes)

    def test_of_two_rows_swaps_them(self):
        found = permuted.Column("runs", "size").shuffled(TABLE.head(2))
        assert found["size"].tolist() == [2.0, 1.0]

    def test_is_shuffled_in_part(self):
        long = pd.DataFrame({"x": np.arange(100.0)})
        assert (permuted.Column("t", "x", 0.1).shuffled(long).x != long.x).sum() == 10

    def test_must_hold_two_numbers(self):
        assert permuted.numeric(TABLE) == {"size": 8, "loss": 6, "seed": 2, "diverged": 2}


def test_columns_come_table_by_table_those_first_that_are_named_and_hold_most():
    columns = {
        "a": {"seed": 2, "loss_at_1": 9, "loss": 8, "width": 3},
        "b": {"flops": 5, "loss": 4},
    }
    sources = ["x = a.loss, a.width", "f'loss_at_{x}'", "b['loss']"]
    base = permuted.Unbroken([permuted.nbformat.v4.new_code_cell(s) for s in sources], columns=columns)
    assert [f"{c.table}.{c.column}" for c in permuted.in_turn(base)] == [
        "a.loss_at_1", "b.loss", "a.loss", "a.width", "a.seed", "b.flops",
    ]  # fmt: skip


class TestWhatMoves:
    def test_is_found_column_by_column(self, nulled):
        cells = [LOADED, SLOPE, "paper.measured('x', slope)", "paper.measured('y', runs['size'].min())"]
        done = nulled(cells, replication(*TWO), runs=TABLE)
        moved = {c["column"]: c["moved"] for c in done.kept["columns"]}
        assert moved["loss"] == ["x"] and moved["size"] == ["x"]
        assert done.kept["unmoved"] == ["y"]

    def test_ends_once_every_claim_has_moved(self, nulled):
        cells = [LOADED, SLOPE, "paper.measured('x', slope)"]
        done = nulled(cells, replication(), runs=TABLE)
        assert [c["column"] for c in done.kept["columns"]] == ["size"]
        assert set(done.kept["untried"]) == {"runs.loss", "runs.seed", "runs.diverged"}
        assert done.problems == []

    def test_a_claim_that_a_break_stops_is_measured_with_a_tenth_of_the_rows(self, nulled):
        long = pd.DataFrame({"n": np.arange(200.0), "loss": np.linspace(3, 2, 200)})
        refuses = "def refuse(r):\n    assert r < -0.5, 'no fit'\n    return r"
        slope = "slope = refuse(runs.n.corr(runs.loss))"
        cells = [LOADED, refuses, slope, "paper.measured('x', slope)"]
        done = nulled(cells, replication(), runs=long)
        assert [(c["share"], c["moved"], c["stopped"]) for c in done.kept["columns"]] == [
            (1.0, [], ["x"]),
            (0.1, ["x"], []),
        ]

    def test_what_is_only_ever_stopped_does_not_land(self, nulled):
        cells = [
            LOADED,
            "assert runs['size'].is_monotonic_increasing and runs.seed.tolist() == [0, 1] * 4\nn = len(runs)",
            "fine = runs['size'][runs['size'].is_monotonic_increasing and slice(None)]",
            "paper.measured('x', len(fine))",
        ]
        done = nulled(cells, replication(), runs=TABLE)
        assert done.kept["unmoved"] == ["x"]
        assert "it was stopped, and never measured as anything else" in done.problems[0]

    def test_statements_that_need_nothing_of_what_failed_still_run(self):
        names, lost = {}, set()
        source = "a = 1 / 0\nb = a + 1\nc = 3\n\ndef f():\n    return b\n\nd = f()\ne = c + 1"
        raised = permuted.statements(source, names, set(), lost)
        assert raised == ["ZeroDivisionError: division by zero"]
        assert lost == {"a", "b", "f", "d"} and names["e"] == 4

    def test_a_table_that_library_code_loads_and_caches_is_seen(self, nulled, monkeypatch):
        module = ModuleType("scalinglaws.made_up")
        monkeypatch.setitem(sys.modules, "scalinglaws.made_up", module)
        code = "from functools import lru_cache\nfrom scalinglaws.tables.loading import load\n"
        code += "@lru_cache\ndef slope():\n    t = load('runs').dropna()\n    return t['size'].corr(t.loss)\n"

        def paper():
            exec(code, module.__dict__)
            return replication()

        cells = ["paper.measured('x', slope())"]
        made = paper()
        monkeypatch.setattr("scalinglaws.tables.loading.load", lambda slug: TABLE.copy())
        monkeypatch.setattr(module, "load", sys.modules["scalinglaws.tables.loading"].load, raising=False)
        found = permuted.tried(
            {"paper": made, "slope": module.slope},
            permuted.as_text([permuted.nbformat.v4.new_code_cell(cells[0])]),
            [],
            60.0,
        ).content
        assert found["hidden"] == ["runs"] and found["unmoved"] == []

    def test_without_time_nothing_is_shuffled(self, nulled):
        done = nulled([LOADED, SLOPE, "paper.measured('x', slope)"], replication(), seconds=0.0, runs=TABLE)
        assert done.kept["columns"] == [] and done.kept["unmoved"] == ["x"]

    def test_a_cell_that_catches_everything_does_not_catch_the_end_of_time(self):
        started = time.process_time()
        with pytest.raises(permuted.OutOfTime), permuted.within(0.2):
            permuted.statements(
                "try:\n    while True:\n        pass\nexcept Exception:\n    pass", {}, set(), set()
            )
        assert time.process_time() - started < 5

    def test_names_of_the_notebook_are_those_of_the_unbroken_run_in_the_end(self, nulled):
        grows = "grown = []\ngrown.append(runs['size'].mean() + runs.loss.iloc[0])"
        paper = replication()
        done = nulled([LOADED, grows, "paper.measured('x', grown[0])"], paper, runs=TABLE)
        assert done.kept["unmoved"] == []


class TestWhatRestsOnNoTable:
    LIVE = "from scalinglaws.counting import Transformer\n\n\ndef count():\n    return float(Transformer is not None)"

    def said(self, nulled, target: str = "count", **says):
        paper = replication(claim(**says), mutation("x", table=None, target=target))
        return nulled([self.LIVE, "paper.measured('x', count())"], paper).kept

    @pytest.mark.parametrize("says", [{"role": "live"}, {"evidence": "theory"}])
    def test_is_covered_by_a_mutation_of_what_computes_it(self, nulled, says):
        kept = self.said(nulled, **says)
        assert kept["covered"] == {"x": "mutation: shuffled"} and kept["unmoved"] == []

    def test_is_covered_by_a_broken_import(self, nulled):
        assert self.said(nulled, target="Transformer", role="live")["unmoved"] == []

    def test_is_covered_by_a_broken_formula_of_the_notebook(self, nulled):
        paper = replication(claim(evidence="theory"), mutation("x", table=None, target="all_params"))
        cells = [
            "def all_params(n):\n    return n + 47_491 * n ** (1 / 3)",
            "paper.measured('x', all_params(1e9))",
        ]
        assert nulled(cells, paper).kept["unmoved"] == []

    @pytest.mark.parametrize("says", [{"role": "recomputed"}, {"evidence": "third-party data"}])
    def test_of_another_role_or_evidence_is_not(self, nulled, says):
        assert self.said(nulled, **{"evidence": "authors' data"} | says)["unmoved"] == ["x"]

    def test_arithmetic_is_excused(self, nulled):
        assert self.said(nulled, role="arithmetic")["covered"] == {"x": "arithmetic"}

    @pytest.mark.parametrize(("says", "left"), [({"role": "live"}, []), ({"role": "recomputed"}, ["x"])])
    def test_a_live_one_without_a_steady_word_is_excused(self, nulled, says, left):
        shaky = claim(unstable="seeds 0 and 1 differ", **({"evidence": "own training"} | says))
        paper = replication(shaky, claim("y"), mutation("y", table="runs"))
        cells = [
            LOADED,
            "paper.measured('x', 1.0)",
            "paper.measured('y', runs['size'].mean() + runs.loss[0])",
        ]
        assert nulled(cells, paper, runs=TABLE).kept["unmoved"] == left


def kept(*columns: tuple[str, list[str], list[str]]) -> dict:
    """A null of one table."""
    entries = [
        {"table": "runs", "column": c, "share": 1.0, "moved": m, "stopped": s, "cut": False}
        for c, m, s in columns
    ]
    return {"columns": entries, "hidden": [], "untried": [], "unmoved": []}


def verdict(measured: float | str, word: str = "replicated") -> dict:
    return {"word": word, "measured": measured, "within": 0.1}


KEPT = kept(("size", ["x"], []), ("loss", ["x", "y"], ["z"]))
PINNED = {"verdicts": [{"id": id} | verdict(1.0) for id in "xyzw"]}


class TestAColumnOnceMore:
    def again(self, raised: list[str] | None = None, **found) -> list[str]:
        shown = {"shuffled": ["runs", "loss", 1.0], "verdicts": found, "raised": raised or []}
        return null.departures(KEPT, shown, PINNED)

    def test_is_the_one_that_moved_most(self):
        assert null.strongest(KEPT) == permuted.Column("runs", "loss")
        assert null.strongest(kept()) is None and null.strongest(kept(("size", [], ["x"]))) is None

    def test_that_moves_the_same_claims_leaves_nothing_to_name(self):
        assert self.again(x=verdict(1.2), y=verdict(1.0, "not replicated"), w=verdict(1.0)) == []

    def test_that_leaves_a_claim_is_named(self):
        moved = verdict(1.2)
        assert self.again(x=verdict(1.0), y=moved) == [
            "runs.loss shuffled leaves 'x' as it was, which it moved"
        ]
        assert self.again(y=moved) == ["runs.loss shuffled does not reach 'x', which it moved"]
        assert self.again(["FitError: no"], y=moved) == []
        (line,) = self.again(x=moved, y=moved, w=verdict(5.0))
        assert line == "runs.loss shuffled moves 'w', which it left as it was"

    def test_at_the_brink_of_drift_is_not(self):
        assert self.again(x=verdict(1.005), y=verdict(1.2), w=verdict(1.05)) == []

    def test_that_never_ran_is_named(self):
        assert null.departures(KEPT, None, PINNED) == ["the run ended before runs.loss was shuffled"]
        assert null.departures(kept(), None, PINNED) == []


@pytest.mark.parametrize(
    ("fresh", "expected"),
    [
        (verdict(1.0), False),
        (verdict(1.009), False),
        (verdict(1.011), True),
        (verdict(1.0, UNTESTABLE), True),
        (verdict("inf"), True),
        (verdict(float("nan")), True),
    ],
)
def test_a_claim_moves_by_its_word_or_beyond_drift(fresh, expected):
    assert permuted.moved(fresh, verdict(1.0)) is expected


def test_a_null_that_is_missing_or_damaged_is_told(empty_repository):
    with pytest.raises(null.NoNull, match="no null of 10_a is kept; 'scalinglaws null 10_a --write'"):
        null.read("10_a")
    null.keep("10_a", KEPT)
    assert null.read("10_a") == KEPT
    null.path_of("10_a").write_text("{")
    with pytest.raises(null.NoNull, match="is damaged"):
        null.read("10_a")
