"""Which cells run again where something is broken, and by which names."""

from __future__ import annotations

import ast

import nbformat
import pytest

from scalinglaws.claims import Mutation
from scalinglaws.notebooks import dependence, files

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
    *files.VERDICT,
]


def cells() -> list[nbformat.NotebookNode]:
    made = [nbformat.v4.new_code_cell(source) for source in CELLS]
    made[0].metadata["tags"] = [files.TAG_CLAIMS]
    return made


def rerun(**target: str) -> list[int]:
    made = cells()
    broken = Mutation("broken", ("one",), **target)
    return [made.index(cell) for cell in dependence.dependent(made, broken)]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"table": "runs"}, [2, 5, 10, 11, 12]),
        # A list that grows is changed; and its first cell must make it anew before it grows again.
        ({"table": "other"}, [3, 6, 7, 8, 9, 10, 11, 12]),
        # A function that calls a broken one is broken, wherever it was defined.
        # A list that it grows must be as it was before, or it holds what it held, and that once more.
        ({"target": "law"}, [5, 7, 8, 9, 10, 11, 12]),
        ({"target": "fitted"}, [10, 11, 12]),
        ({"target": "curve"}, [7, 8, 9, 10, 11, 12]),
        ({"target": "np"}, [5, 6, 7, 8, 9, 10, 11, 12]),
    ],
)
def test_only_what_depends_on_the_target_runs_again(target, expected):
    assert rerun(**target) == expected


def makers(*sources: str, spared: tuple[int, ...] = ()) -> list[int]:
    """The places of the cells that run again where the table is another, if some may not."""
    start = ["from scalinglaws import load", "runs = load('runs')"]
    made = [nbformat.v4.new_code_cell(source) for source in [*start, *sources]]
    free = [cell for place, cell in enumerate(made) if place - len(start) not in spared]
    found = dependence.dependent(free, Mutation("broken", ("one",), table="runs"), ran=made)
    return [made.index(cell) - len(start) for cell in found][1:]


@pytest.mark.parametrize(
    ("sources", "spared", "expected"),
    [
        # A name for two things: the third cell needs the first one's, and the last one holds the other.
        (("part = 1", "x = 2", "one = runs + part", "part = 3"), (), [0, 2]),
        (("part = 1", "x = 2", "one = runs + part", "part = 3"), (3,), [0, 2]),
        (("part = 1", "one = runs + part"), (), [1]),
        # A name for the broken thing first, and then for another one.
        (("part = runs", "one = part", "part = 3", "two = part + len(one)"), (), [0, 1, 2, 3]),
        (("part = runs", "part = 3", "two = part"), (), [0, 1, 2]),
        (("part = runs", "part = 3", "two = 4"), (), [0]),
        # What a function reads is what is there when it is called.
        (("part = 1", "def f(x):\n    return x + part", "one = f(runs)", "part = 3"), (), [0, 2]),
        # What a cell binds before it reads it is its own; a name of a comprehension is, too.
        (("k = 1", "k = runs", "a = [k for k in runs]", "k = 5"), (), [1, 2]),
        (("k = 1", "for k in runs:\n    print(k)", "k = 5"), (), [1]),
        (("k = 1", "k = k + len(runs)"), (), [0, 1]),
        # What makes it needs another thing that is lost, too.
        (("a = 1", "b = a", "one = runs + b", "a = b = 3"), (), [0, 1, 2]),
    ],
)
def test_what_a_later_cell_calls_by_the_same_name_is_made_anew(sources, spared, expected):
    assert makers(*sources, spared=spared) == expected


def test_a_mutation_is_refused_where_another_thing_has_the_name_of_what_it_breaks():
    breaks = Mutation("broken", ("one",), target="law")
    law = "def law(x):\n    return x\n\n\ndef other(x):\n    return x"
    sources = [law, "one = law(1) + other(1)", "law = 2"]
    made = [nbformat.v4.new_code_cell(source) for source in sources]
    assert dependence.dependent(made[:2], breaks) == made[1:2]
    with pytest.raises(
        files.NotebookError, match=r"two cells make a thing of the name 'law'.*rename.*'law = 2'"
    ):
        dependence.dependent(made[:2], breaks, ran=made)
    # What is made of the broken thing is broken, whatever it is called.
    made[2] = nbformat.v4.new_code_cell("law = [law]")
    assert dependence.dependent(made, breaks) == made[1:]
    made[2] = nbformat.v4.new_code_cell("other = 2")
    with pytest.raises(files.NotebookError, match="makes 'other', too, which another cell"):
        dependence.dependent(made[:2], breaks, ran=made)


def test_what_a_chain_of_calls_begins_with_is_changed_and_not_its_arguments():
    (statement,) = ast.parse("table.at[row].assign(x=law(y)).round(3)").body
    assert dependence.names_in(statement)[1] == {"table"}


def test_cells_that_no_measurement_rests_on_are_left_out():
    sources = ["x = 1", "y = x + 1", "shown = y * 2", "shown", "paper.measured('one', y)"]
    made = [nbformat.v4.new_code_cell(source) for source in sources]
    assert [cell.source for cell in dependence.measuring(made)] == [sources[0], sources[1], sources[4]]


def test_cells_that_print_or_display_with_what_others_read_are_left_out():
    sources = [
        "import numpy as np\nimport pandas as pd",
        "x = 1",
        "slow = {1: x}\nprint(slow)\npd.DataFrame(slow)",
        "y = np.exp(x)\nprint(y), pd.Series([y])",
        "paper.measured('one', y)",
    ]
    made = [nbformat.v4.new_code_cell(source) for source in sources]
    assert [cell.source for cell in dependence.measuring(made)] == [*sources[:2], *sources[3:]]


def test_a_name_that_a_cell_binds_before_it_reads_it_needs_no_other_cell():
    sources = ["slow = 2", "slow = 3\nx = slow", "paper.measured('one', x)"]
    made = [nbformat.v4.new_code_cell(source) for source in sources]
    assert [cell.source for cell in dependence.measuring(made)] == sources[1:]


def test_what_a_function_reads_when_it_is_called_is_needed_wherever_it_is_made():
    sources = [
        "def f():\n    return g()",
        "g = lambda: x",
        "x = 1",
        "other = 2",
        "y = f()",
        "paper.measured('one', y)",
    ]
    made = [nbformat.v4.new_code_cell(source) for source in sources]
    assert [cell.source for cell in dependence.measuring(made)] == [*sources[:3], *sources[4:]]


def test_what_only_asks_for_words_of_other_choices_is_left_out():
    sources = [
        "x = 1",
        "slow = x + 1",
        "table = [paper.judged('one', slow, choice='other'), paper.found['one'].word]",
        "paper.measured('one', x), paper.judged('one', x)",
        "paper",
    ]
    made = [nbformat.v4.new_code_cell(source) for source in sources]
    assert [cell.source for cell in dependence.measuring(made)] == [sources[0], sources[3], sources[4]]


@pytest.mark.parametrize(
    ("source", "read", "changed"),
    [
        ("a = b + c", {"b", "c"}, {"a"}),
        ("a[0] = b", {"a", "b"}, {"a"}),
        ("a.x = b", {"a", "b"}, {"a"}),
        ("a += b", {"b"}, {"a"}),
        ("for i in a:\n    b.append(i)", {"a", "b"}, {"i", "b"}),
        ("del a", {"a"}, {"a"}),
        ("x: a = b", {"a", "b", "__annotations__"}, {"x"}),
        ("x = [f(i) for i in a]", {"f", "a"}, {"x"}),
        ("def f(x, y=a):\n    z = x\n    return g(z)", {"g", "a"}, {"f"}),
        ("from m import a as b", set(), {"b"}),
    ],
)
def test_names_that_a_statement_reads_and_changes(source, read, changed):
    (statement,) = ast.parse(source).body
    found = dependence.names_in(statement)
    assert read <= found[0] and not {"z", "x", "y"} & found[0] - read
    assert found[1] == changed


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\ny = x", ""),
        ("y = x\nx = 1", "x"),
        # A loop's name is its own in the loop; behind one that runs not once it is what it was.
        ("for x in a:\n    b = x\nb = 1", "a"),
        ("for x in a:\n    pass\nb = x", "a x"),
        ("for k, v in a:\n    c = [v for v in k]", "a"),
        # What one branch binds the other one does not.
        ("if a:\n    x = 1\nelse:\n    y = x", "a x"),
        ("if a:\n    x = 1\ny = x", "a x"),
        ("if a:\n    x = 1\nelse:\n    x = 2\ny = x", "a"),
        ("while a:\n    if b:\n        break\n    x = 1\ny = x", "a b x"),
        ("match a:\n    case 1:\n        x = 1\n    case _:\n        x = 2\ny = x", "a"),
        ("x = 1 if a else b", "a b"),
        # An exception may come before anything is bound, and takes nothing away.
        ("w = 1\ntry:\n    x = w\nexcept a as e:\n    y = e\nz = x, w", "a x"),
        ("w = 1\nwith a as f:\n    x = f\nz = w", "a"),
        # What a function or a class binds is its own; what a function reads is read where it is made.
        ("def f(a):\n    x = a + b\n    return x\nx", "b x"),
        ("def f():\n    global x\n    x = b", "b"),
        ("class A:\n    x = 1\n    y = x + b\nx", "__name__ b x"),
        ("c = [x for x in a if (y := x)]\nx", "a x"),
    ],
)
def test_a_cell_is_entered_by_what_it_may_read_before_it_binds_it(source, expected):
    assert dependence.entering(source) - {"__qualname__", "__module__"} == set(expected.split())
