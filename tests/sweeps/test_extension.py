"""A table whose grid has grown keeps its rows; one that today's code does not make is not extended."""

from __future__ import annotations

import shutil
import sys
import types

import pandas as pd
import pytest
import sweep_toys as toys

from scalinglaws import repository
from scalinglaws.sweeps import command, extension, witness
from scalinglaws.tables import loading


def experiment(*values):
    """A toy experiment whose grid has these values of x, with two seeds each."""
    return types.SimpleNamespace(
        **{name: getattr(toys, name) for name in ("TITLE", "COLUMNS", "cost", "run")},
        __name__="growing",
        SLUG="growing",
        grid=lambda scale: [{"x": x, "seed": seed} for x in values for seed in range(2)],
        witnesses=lambda scale: witness.Witnesses([{"x": 2, "seed": 0}]),
    )


@pytest.fixture(scope="module")
def outgrown(tmp_path_factory):
    """The data folder of a table of four rows."""
    folder = tmp_path_factory.mktemp("outgrown")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setitem(sys.modules, "growing", experiment(1, 3))
        monkeypatch.setattr(repository, "data_folder", lambda: folder)
        asked(monkeypatch, folder)
    return folder


@pytest.fixture
def growing(outgrown, tmp_path, monkeypatch):
    """The experiment, whose grid has two rows more by now, and a copy of its table in a folder of the test's own."""
    shutil.copytree(outgrown, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(repository, "data_folder", lambda: tmp_path)
    module = experiment(1, 2, 3)
    monkeypatch.setitem(sys.modules, "growing", module)
    return module


def asked(monkeypatch, folder, *words):
    """Call the experiment's command with a store of its own."""
    store = folder / f"{len(words)}.sqlite"
    monkeypatch.setattr(sys, "argv", ["growing", "--scale", "full", "--store", str(store), *words])
    command.command("growing")


def test_only_what_the_table_lacks_is_run(growing, monkeypatch, tmp_path):
    before, calls = loading.load("growing"), tmp_path / "calls"
    monkeypatch.setenv("TOYS_LOG", str(calls))
    asked(monkeypatch, tmp_path, "--extend")
    # The witness is one of them.
    assert sorted(set(calls.read_text().split("\n")) - {""}) == ["2 0", "2 1"]
    table = loading.load("growing")
    assert table[["x", "seed"]].to_dict("records") == growing.grid("full")
    kept = table[table.x != 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, before, check_exact=True)
    assert table.y.tolist() == [toys.run(**config)["y"] for config in growing.grid("full")]
    made = table.attrs["made"]
    assert made["extends"] == [before.attrs["made"]["commit"]]
    assert sum(one["rows"] for one in made["machines"]) == 6 and len(made["machines"]) == 1
    assert made["seconds"] >= before.attrs["made"]["seconds"]
    assert witness.problem("growing") == ""


def test_a_table_that_todays_code_does_not_make_is_not_extended(growing, monkeypatch, tmp_path):
    monkeypatch.setattr(growing, "run", lambda x, seed: {"y": 1 + toys.run(x, seed)["y"]})
    with pytest.raises(SystemExit, match="other numbers"):
        asked(monkeypatch, tmp_path, "--extend")
    with pytest.raises(loading.TableError, match="cannot be extended"):
        extension.outgrown(growing, "full", "growing")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "grid",
            lambda scale: [{"x": 1, "seed": 0}, {"x": 2, "seed": 0}],
            "holds 3 runs that the grid does not",
        ),
        ("grid", lambda scale: [{"x": x, "seed": s} for x in (1, 3) for s in (0, 1)], "lacks no run"),
        ("RECIPE", 2, "recipe"),
        ("COLUMNS", toys.COLUMNS | {"z": {"unit": "1", "about": "new", "min": 0, "max": 1}}, "other columns"),
    ],
)
def test_a_table_that_is_no_part_of_the_grid_is_not_extended(growing, monkeypatch, name, value, said):
    monkeypatch.setattr(growing, name, value, raising=False)
    with pytest.raises(loading.TableError, match=said):
        extension.outgrown(growing, "full", "growing")


def test_without_witnesses_nothing_is_extended(growing, tmp_path):
    growing.witnesses = lambda scale: witness.Witnesses([])
    witness.write(growing, "full", tmp_path / "runs" / "growing")
    with pytest.raises(loading.TableError, match="no witness"):
        extension.outgrown(growing, "full", "growing")
