"""Tables of our own runs: the two cheapest rows again, stale code named, kills survived."""

from __future__ import annotations

import importlib
import json
import math
import pkgutil
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from scalinglaws import experiments, keys, tables
from scalinglaws.machine import together
from scalinglaws.sweep import sweep

MODULES = [f"scalinglaws.experiments.{module.name}" for module in pkgutil.iter_modules(experiments.__path__)]
RUNS = [slug for slug, folder in tables.folders().items() if folder.parent.name == "runs"]


@pytest.fixture(params=RUNS)
def slug(request) -> str:
    return request.param


def test_the_two_cheapest_rows_come_out_again(slug):
    table = tables.load(slug)
    module = importlib.import_module(table.attrs["module"])
    configs = sorted(module.grid(table.attrs["scale"]), key=lambda config: module.cost(**config))
    for config in configs[:2]:
        mask = math.prod(table[key] == value for key, value in config.items()).astype(bool)
        (stored,) = table[mask].to_dict("records")
        fresh = module.run(**config)
        for measure, spread in table.attrs["spread"].items():
            assert fresh[measure] == pytest.approx(stored[measure], abs=3 * spread), (config, measure)


def test_the_code_is_the_code_that_made_the_table(slug):
    about = tables.source(slug)
    module = importlib.import_module(about["module"])
    assert keys.code_hash(module) == about["code"], (
        f"data/runs/{slug} was made by other code: run '{about['command']}' again"
    )


def test_the_grid_is_in_the_table(slug):
    table = tables.load(slug)
    module = importlib.import_module(table.attrs["module"])
    grid = module.grid(table.attrs["scale"])
    assert len(grid) == len(table)
    assert table[list(grid[0])].to_dict("records") == grid


def test_resuming_repeats_nothing(slug, tmp_path):
    about = tables.source(slug)
    module = importlib.import_module(about["module"])
    config = min(module.grid(about["scale"]), key=lambda config: module.cost(**config))
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
    assert module.SLUG and module.TITLE and module.SPREAD.keys() <= module.COLUMNS.keys()
    assert hasattr(module, "pack") == hasattr(module, "run_many")
    for scale in ("ci", "full"):
        grid = module.grid(scale)
        assert grid[0].keys() <= module.COLUMNS.keys() and "seed" in grid[0]
        assert len({keys.key(config, "") for config in grid}) == len(grid)
        assert min(module.cost(**config) for config in grid) > 0


def test_a_table_with_a_failed_run_is_not_exported(tmp_path):
    table = pd.DataFrame({"seed": [0, 1], "run_status": ["done", "failed"]})
    with pytest.raises(ValueError, match="failed"):
        experiments.export(importlib.import_module(MODULES[0]), "ci", table, tmp_path / "table")
    assert not (tmp_path / "table").exists()


def test_a_table_names_all_the_machines_that_made_it():
    cpu, gpu = (
        {"device": name, "versions": {"torch": torch, "numpy": "2.0"}}
        for name, torch in (("2 CPU cores", "2.13.0"), ("one GPU", "2.11.0"))
    )
    assert together(map(json.dumps, [gpu, gpu])) == gpu
    assert together(map(json.dumps, [cpu, gpu, gpu])) == {
        "device": "one GPU (2 runs), 2 CPU cores (1 runs)",
        "versions": {"torch": "2.11.0 and 2.13.0", "numpy": "2.0"},
    }
    assert together(["", json.dumps(cpu)])["device"] == "not recorded (1 runs), 2 CPU cores (1 runs)"
    newer = cpu | {"versions": {"torch": "2.14.0"}}
    assert together(map(json.dumps, [cpu, newer]))["device"] == "2 CPU cores"


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
        return keys.code_hash(Module)

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
