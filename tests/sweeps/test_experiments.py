"""Experiments and their tables: all parts there, the grid complete, nothing run twice, code hashed."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import types
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

import replications
from scalinglaws import machine
from scalinglaws.machine import devices, merge_machines
from scalinglaws.sweeps import command, keys, witness
from scalinglaws.sweeps.sweep import sweep
from scalinglaws.tables import loading
from scalinglaws.training import texts

MODULES = [
    module.name
    for module in pkgutil.walk_packages(replications.__path__, "replications.")
    if hasattr(importlib.import_module(module.name), "SLUG")
]
RUNS = [slug for slug, folder in loading.folders().items() if folder.parent.name == "runs"]


@pytest.fixture(params=RUNS)
def slug(request) -> str:
    return request.param


def test_the_grid_is_in_the_table(slug):
    table = loading.load(slug)
    module = importlib.import_module(table.attrs["module"])
    grid = module.grid(table.attrs["scale"])
    assert len(grid) == len(table)
    assert table[list(grid[0])].to_dict("records") == grid


def test_resuming_repeats_nothing(slug, tmp_path):
    about = loading.source(slug)
    module = importlib.import_module(about["module"])
    # A witness's images come with a package; the table's may need a mirror or the network.
    configs = module.grid(about["scale"]) + module.witnesses(about["scale"]).configs
    config = min(configs, key=lambda config: module.cost(**config))
    with ThreadPoolExecutor(1) as here:
        first = sweep(module.run, [config], store=tmp_path / "store.sqlite", executor=here)
        again = sweep(module.run, [config], store=tmp_path / "store.sqlite", executor=here)
    # The time it took is part of the row, so nothing ran twice.
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert first["run_status"].tolist() == ["done"]
    assert {name for name, column in module.COLUMNS.items() if not column.get("missing")} <= set(first)


@pytest.mark.parametrize("name", MODULES)
def test_an_experiment_has_all_its_parts(name):
    module = importlib.import_module(name)
    assert module.SLUG and module.TITLE and witness.recipe_of(module) >= 1
    assert hasattr(module, "pack") == hasattr(module, "run_many")
    for scale in ("ci", "full"):
        grid = module.grid(scale)
        assert grid[0].keys() <= module.COLUMNS.keys() and "seed" in grid[0]
        assert len({keys.key(config, "") for config in grid}) == len(grid)
        assert min(module.cost(**config) for config in grid) > 0
        short = module.witnesses(scale)
        assert short.configs and all(config.keys() == grid[0].keys() for config in short.configs)
        assert {*short.counted, *short.within, *short.apart} <= module.COLUMNS.keys()


def test_a_table_with_a_failed_run_is_not_exported(tmp_path):
    table = pd.DataFrame({"seed": [0, 1], "run_status": ["done", "failed"]})
    with pytest.raises(ValueError, match="failed"):
        command.export(importlib.import_module(MODULES[0]), "ci", table, tmp_path / "table")
    assert not (tmp_path / "table").exists()


def test_an_export_says_how_and_from_what_it_was_made(tmp_path):
    module = types.SimpleNamespace(
        __name__="toy",
        TITLE="Nothing of importance",
        COLUMNS={name: {"unit": "1", "about": name, "min": 0, "max": 9} for name in ("x", "seed", "y")},
        RECIPE=3,
        TEXT=texts.python_excerpt,
        run=lambda x, seed: {"y": x},
        witnesses=lambda scale: witness.Witnesses([{"x": 1, "seed": 0}]),
    )
    rows = {"x": [1, 2], "seed": [0, 0], "y": [1, 2], "run_status": "done", "run_seconds": [1.0, 2.0]}
    here = machine.machine()
    command.export(module, "ci", pd.DataFrame(rows | {"run_machine": here}), tmp_path / "toy")
    about = json.loads((tmp_path / "toy" / "SOURCE.json").read_text())
    assert about["recipe"] == 3 and about["text"]["sha256"] == texts.python_excerpt().sha256
    assert about["made"] == {
        "commit": machine.commit(),
        "command": "python -m toy --scale ci",
        "machines": [json.loads(here) | {"rows": 2}],
        "seconds": 3.0,
    }
    assert witness.read(tmp_path / "toy") == [{"config": {"x": 1, "seed": 0}, "measured": {"y": 1}}]


def test_a_checkout_knows_its_commit_and_whether_it_was_changed(tmp_path, monkeypatch):
    def git(*words):
        subprocess.run(
            ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True
        )

    place = tmp_path / "lib" / "scalinglaws" / "machine.py"
    place.parent.mkdir(parents=True)
    place.write_text("")
    monkeypatch.setattr(machine, "__file__", str(place))
    # A folder above could be a checkout.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert machine.commit() == ""
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    assert len(machine.commit()) == 40
    place.write_text("x = 1\n")
    assert machine.commit().endswith(" with changes")


def test_a_table_names_all_the_machines_that_made_it():
    cpu, gpu = (
        {"device": name, "versions": {"torch": torch, "numpy": "2.0"}}
        for name, torch in (("2 CPU cores", "2.13.0"), ("one GPU", "2.11.0"))
    )
    found = merge_machines(map(json.dumps, [cpu, gpu, gpu]))
    assert found == [gpu | {"rows": 2}, cpu | {"rows": 1}]
    assert devices(found) == "one GPU (2 runs), 2 CPU cores (1 run)"
    assert devices(merge_machines(map(json.dumps, [gpu, gpu]))) == "one GPU"
    unknown = merge_machines(["", json.dumps(cpu)])
    assert devices(unknown) == "not recorded (1 run), 2 CPU cores (1 run)"
    newer = cpu | {"versions": {"torch": "2.14.0"}}
    both = merge_machines(map(json.dumps, [cpu, newer]))
    assert [one["versions"]["torch"] for one in both] == ["2.13.0", "2.14.0"]
    assert devices(both) == "2 CPU cores"


@pytest.mark.parametrize("slug", RUNS)
def test_a_table_says_how_it_was_made(slug):
    about = loading.source(slug)
    made = about["made"]
    assert sum(one["rows"] for one in made["machines"]) == about["rows"]
    assert all(one["device"] and one["versions"]["python"] for one in made["machines"])
    assert len(made["commit"]) >= 40 and made["seconds"] > 0
    assert made["command"].startswith("python -m ") and made["command"].endswith(f" --scale {about['scale']}")
    table = loading.load(slug)
    if "corpus" in table:  # what the rows say of their text
        assert set(table["corpus"]) == {about["text"]["sha256"][:12]}
    assert hasattr(importlib.import_module(about["module"]), "TEXT") == ("text" in about)


@pytest.fixture
def hashed(tmp_path, monkeypatch):
    """The code hash of a module of given source in a package of its own."""
    package = tmp_path / "scalinglaws"
    package.mkdir()
    monkeypatch.setattr(keys, "PACKAGE", package)

    class Module:
        __file__ = str(package / "thing.py")

    def of(source: str) -> str:
        (package / "thing.py").write_text(source)
        return keys.hash_of(keys.code_of(Module), package / "thing.py")

    return of


def test_a_grid_may_be_cut_and_its_code_stays_the_same(hashed):
    run = "def run(x):\n    return {'y': x}\n"
    assert hashed(run + "def grid(scale):\n    return [{'x': 1}]\n") == hashed(run)
    assert hashed("TITLE = 'Runs'\n" + run) == hashed(run)
    # A run that uses such a name rests on it.
    used = "def run(x):\n    return {'y': grid(x)}\n"
    assert hashed(used + "def grid(x):\n    return x\n") != hashed(used + "def grid(x):\n    return 2 * x\n")
    assert hashed(run + "def other(scale):\n    return [{'x': 1}]\n") != hashed(run)
    assert hashed("RATE = 1\n" + run) != hashed("RATE = 2\n" + run)


def test_comments_and_docstrings_do_not_count_as_code(hashed):
    plain = hashed('def f():\n    """Say."""\n    return 1\n')
    assert hashed('def f():\n    """Say more."""\n    # why\n    return 1\n') == plain
    assert hashed('def f():\n    """Say."""\n    return 2\n') != plain
