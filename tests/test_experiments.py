"""Tables of our own runs: the two cheapest rows again, stale code named, kills survived."""

from __future__ import annotations

import importlib
import json
import math

import pytest

from scalinglaws import experiments, tables

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
    assert experiments.code_hash(module) == about["code"], (
        f"data/runs/{slug} was made by other code: run '{about['command']}' again"
    )


def test_the_grid_is_in_the_table(slug):
    table = tables.load(slug)
    module = importlib.import_module(table.attrs["module"])
    grid = module.grid(table.attrs["scale"])
    assert len(grid) == len(table)
    assert table[list(grid[0])].to_dict("records") == grid


def test_resuming_repeats_nothing_and_drops_torn_lines(slug, tmp_path):
    about = tables.source(slug)
    module = importlib.import_module(about["module"])
    config = min(module.grid(about["scale"]), key=lambda config: module.cost(**config))
    store = tmp_path / "store.jsonl"
    first = experiments.execute(about["module"], [config], store, workers=1)
    with store.open("a") as file:
        file.write('\n{"key": "torn')
    again = experiments.execute(about["module"], [config], store, workers=1)
    assert again == first  # the time it took is part of the row, so nothing ran twice
    whole = [line for line in store.read_text().splitlines() if line.endswith("}")]
    assert [json.loads(line)["row"] for line in whole] == first


def test_comments_and_docstrings_do_not_count_as_code(tmp_path, monkeypatch):
    package = tmp_path / "scalinglaws"
    package.mkdir()
    monkeypatch.setattr(experiments, "PACKAGE", package)

    class Module:
        __file__ = str(package / "thing.py")

    def hashed(source: str) -> str:
        (package / "thing.py").write_text(source)
        return experiments.code_hash(Module)

    plain = hashed('def f():\n    """Say."""\n    return 1\n')
    assert hashed('def f():\n    """Say more."""\n    # why\n    return 1\n') == plain
    assert hashed('def f():\n    """Say."""\n    return 2\n') != plain
