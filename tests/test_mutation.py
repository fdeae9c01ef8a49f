"""Which cells run again under a mutation, and what a mutated run is judged by."""

from __future__ import annotations

import ast

import nbformat
import numpy as np
import pandas as pd
import pytest
from scalinglaws.replication import Replication

from scalinglaws import mutation, notebooks
from scalinglaws.claims import Claim, Mutation
from scalinglaws.snapshot import snapshot

CELLS = [
    "paper = Replication('00_test')",
    "import numpy as np\nfrom scalinglaws import load",
    "runs = load('runs')",
    "other = load('other')",
    "def law(x):\n    return x\n\n\ndef curve(x):\n    return law(x) + 1",
    "fitted = np.mean([law(r) for r in runs])",
    "apart = np.mean(other)",
    "shown = []\nshown.append(apart)",
    "both = curve(3)\nshown.append(both)",
    "last = shown[0]",
    *notebooks.VERDICT,
]


def cells() -> list[nbformat.NotebookNode]:
    made = [nbformat.v4.new_code_cell(source) for source in CELLS]
    made[0].metadata["tags"] = [notebooks.TAG_CLAIMS]
    return made


def rerun(**target: str) -> list[int]:
    made = cells()
    broken = Mutation("broken", ("one",), lambda x: x, **target)
    return [made.index(cell) for cell in mutation.dependent(made, broken)]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"table": "runs"}, [2, 5, 10, 11, 12]),
        # A list that grows is changed; and its first cell must make it anew before it grows again.
        ({"table": "other"}, [3, 6, 7, 8, 9, 10, 11, 12]),
        # A function that calls a broken one is broken, wherever it was defined.
        ({"target": "law"}, [5, 8, 9, 10, 11, 12]),
        ({"target": "fitted"}, [10, 11, 12]),
        ({"target": "curve"}, [8, 9, 10, 11, 12]),
        ({"target": "np"}, [5, 6, 7, 8, 9, 10, 11, 12]),
    ],
)
def test_only_what_depends_on_the_target_runs_again(target, expected):
    assert rerun(**target) == expected


def test_cells_that_no_measurement_rests_on_are_left_out():
    sources = ["x = 1", "y = x + 1", "shown = y * 2", "shown", "paper.measured('one', y)"]
    made = [nbformat.v4.new_code_cell(source) for source in sources]
    assert [cell.source for cell in mutation.measuring(made)] == [sources[0], sources[1], sources[4]]


@pytest.mark.parametrize(
    ("source", "read", "changed"),
    [
        ("a = b + c", {"b", "c"}, {"a"}),
        ("a[0] = b", {"a", "b"}, {"a"}),
        ("a.x = b", {"a", "b"}, {"a"}),
        ("a += b", {"b"}, {"a"}),
        ("for i in a:\n    b.append(i)", {"a", "b", "i"}, {"i", "b"}),
        ("x = [f(i) for i in a]", {"f", "a"}, {"x"}),
        ("def f(x, y=a):\n    z = x\n    return g(z)", {"g", "a"}, {"f"}),
        ("from m import a as b", set(), {"b"}),
    ],
)
def test_names_that_a_statement_reads_and_changes(source, read, changed):
    (statement,) = ast.parse(source).body
    found = mutation.names_in(statement)
    assert read <= found[0] and not {"z", "x", "y"} & found[0] - read
    assert found[1] == changed


def test_a_snapshot_is_not_changed_by_what_comes_after():
    namespace = {"table": pd.DataFrame({"x": [1.0]}), "values": np.zeros(2), "f": len, "_hidden": 1}
    kept = snapshot(namespace)
    namespace["table"]["y"] = 2.0
    namespace["values"][0] = 1.0
    assert list(kept["table"]) == ["x"] and kept["values"][0] == 0 and kept["f"] is len
    assert "_hidden" not in kept


def record(mutated: str | None, **words: str) -> dict:
    verdicts = [
        {"id": id, "word": word, "measured": 1.0, "low": None, "high": None, "within": 0.1}
        for id, word in words.items()
    ]
    return {"mutated": mutated, "verdicts": verdicts, "data_checks": []}


def test_survivors_are_named():
    paper = Replication("00_test")
    said = {"source": "Table 1", "why": "rounding", "evidence": "theory", "rival": 2.0, "within": 0.1}
    paper.claims(Claim("one", "s", 1.0, **said), Claim("two", "s", 1.0, **said))
    paper.mutations(Mutation("broken", ("one", "two"), lambda t: t, table="runs"))
    pinned = record(None, one="replicated", two="replicated")
    good = record("broken", one="not replicated", two="inconclusive")
    assert mutation.survivors(paper, pinned, [pinned, good]) == []
    half = record("broken", one="not replicated", two="replicated")
    assert mutation.survivors(paper, pinned, [pinned, half]) == [
        "'broken' leaves 'two' 'replicated', but should change it"
    ]
    assert (
        "unbroken, the tables nudged"
        in mutation.survivors(paper, pinned, [half | {"mutated": None}, good])[0]
    )
    assert "ended with 1 of at least 2 records" in mutation.survivors(paper, pinned, [pinned])[0]
    assert mutation.survivors(paper, pinned, [pinned, pinned, good]) == []
    assert "unbroken" in mutation.survivors(paper, pinned, [pinned, half | {"mutated": None}, good])[0]
    paper.declared_mutations = [Mutation("broken", ("one",), lambda t: t, table="runs")]
    (line,) = mutation.survivors(paper, pinned, [pinned, good])
    assert "but does not name it" in line
