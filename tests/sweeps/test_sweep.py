"""Sweeps that are killed, starved and kept company: no run lost, no failure hidden, one order."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sweep_toys as toys
from bench_sweep import bench_sweep
from sweeping import FORK, GRID, command, driven, same

from scalinglaws.sweeps import store
from scalinglaws.sweeps.sweep import sweep


def test_fifty_kills_lose_nothing_and_repeat_nothing(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "attack")
    import sweeps

    kills = sweeps.attack(random.Random(0), 0.0, ends=["SIGKILL"], tries=50)
    assert kills.keys() == {"SIGKILL"} and kills["SIGKILL"] >= 50


def test_two_sweeps_on_one_store(tmp_path, here):
    whole = sweep(toys.run, GRID, store=tmp_path / "whole.sqlite", executor=here)
    for attempt in range(10):  # also a race for making the file
        path, log = tmp_path / f"{attempt}.sqlite", tmp_path / f"{attempt}.log"
        assert driven(2, path, TOYS_LOG=str(log), TOYS_SLEEP="0.002") == [0, 0], log.read_text()
        with sqlite3.connect(path) as connection:
            rows = connection.execute(
                "SELECT key, json_extract(payload, '$.result'), json_extract(payload, '$.status') FROM runs"
            ).fetchall()
        assert len({row[0] for row in rows}) == len(set(rows)) == len(GRID), "duplicates differ"
        same(sweep(toys.run, GRID, store=path, executor=here), whole)


def test_failures_are_rows_and_only_they_are_tried_again(tmp_path, log, monkeypatch):
    hows = ["fine", "raise", "slow", "nan", "memory", "kill", "exit", "list", "taken", "fine", "fine"]
    grid = [{"x": x, "how": how} for x, how in enumerate(hows)]
    path = tmp_path / "s.sqlite"
    with pytest.warns(UserWarning, match="7 of 11 runs failed"):
        table = sweep(toys.troubled, grid, store=path, workers=2)
    assert table["how"].tolist() == hows
    fine = table["how"].isin(["fine", "slow"])
    assert (table["run_status"] == np.where(fine, "done", "failed")).all()
    assert table.loc[fine, "y"].tolist() == [0, 2, 9, 10] and table.loc[~fine, "y"].isna().all()
    message = dict(zip(table["how"], table["run_message"], strict=True))
    for how, expected in {
        "raise": "RuntimeError: on purpose",
        "nan": "y = nan",
        "memory": "MemoryError: no room",
        "kill": "the worker was killed by SIGKILL (out of memory?), twice",
        "exit": "SystemExit: 3",
        "list": "y as list",
        "taken": "taken: ['run_status']",
    }.items():
        assert expected in message[how]
    assert "on purpose" in table["run_traceback"][1] and "sweep_toys.py" in table["run_traceback"][1]
    # The killer ran twice; at most one other run was its neighbour each time.
    begun = log()
    assert begun.count("5 kill") == 2
    assert len(begun) <= len(grid) + 2
    monkeypatch.setenv("TOYS_MENDED", "1")
    again = sweep(toys.troubled, grid, store=path, workers=2)
    assert (again["run_status"] == "done").all() and again["y"].tolist() == list(range(11))
    assert sorted(log()[len(begun) :]) == sorted(f"{x} {h}" for x, h in enumerate(hows) if not fine[x])


def test_a_broken_executor_of_the_callers_is_told_in_rows(tmp_path):
    grid = [{"x": 0, "how": "fine"}, {"x": 1, "how": "kill"}, {"x": 2, "how": "fine"}]
    with (
        ProcessPoolExecutor(1, mp_context=FORK) as executor,
        pytest.warns(UserWarning, match="runs failed"),
    ):
        table = sweep(toys.troubled, grid, store=tmp_path / "s.sqlite", executor=executor)
    assert table["run_status"].tolist() == ["done", "failed", "failed"]
    assert "BrokenProcessPool" in table["run_message"][1]


def test_the_command_line_fails_loudly_and_resumes(tmp_path):
    log = tmp_path / "log"
    failed = command("--output", "table", cwd=tmp_path, TOYS_LOG=str(log), TOYS_TROUBLE="7")
    assert failed.returncode == 1
    assert "2 of 40 runs failed: ValueError: trouble" in failed.stderr
    assert not (tmp_path / "table").exists()
    assert (tmp_path / "out" / "stores" / "toys.sqlite").is_file()
    (tmp_path / "table").mkdir()
    old, new = (tmp_path / "table" / f".table.csv.{name}.part" for name in ("old", "new"))
    for part, age in ((old, 100), (new, 0)):  # of a writer that was killed, and of one at work
        part.touch()
        os.utime(part, (time.time() - age,) * 2)
    mended = command("--output", "table", cwd=tmp_path, TOYS_LOG=str(log))
    assert not old.exists() and new.exists()
    assert mended.returncode == 0, mended.stderr
    assert mended.stderr == "" and "40 runs" in mended.stdout
    assert len(log.read_text().splitlines()) == 42
    table = pd.read_csv(tmp_path / "table" / "table.csv")
    assert table[["x", "seed"]].to_dict("records") == GRID
    assert table["y"].tolist() == [toys.run(**config)["y"] for config in GRID]
    assert command("--executor", "dask", cwd=tmp_path).returncode == 2


def test_overhead_and_loading_are_within_the_bars():
    for name, value, unit in bench_sweep():
        assert value <= {"ms a run": 1.0, "s": 2.0}[unit], name


def test_results_do_not_depend_on_workers_or_order(tmp_path):
    grid = GRID[:12]
    tables_ = [
        sweep(toys.run, grid, store=tmp_path / f"{workers}.sqlite", workers=workers) for workers in (1, 2, 4)
    ]
    backwards = sweep(toys.run, grid[::-1], store=tmp_path / "backwards.sqlite", workers=2)
    for table in (*tables_[1:], backwards[::-1].reset_index(drop=True)):
        same(table, tables_[0])


def test_spawned_workers_have_one_thread(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    table = sweep(toys.threads, [{"x": 1}], store=tmp_path / "s.sqlite")
    assert table["threads"].tolist() == [1]
    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_runs_of_one_shape_go_together(tmp_path, log):
    grid = [{"x": x, "shape": shape} for x in range(3) for shape in ("round", "square", "flat")]
    options = {"pack": toys.kind, "many": toys.shaped_together, "workers": 1}
    with pytest.warns(UserWarning, match="1 of 9 runs failed"):
        table = sweep(toys.shaped, grid, store=tmp_path / "s.sqlite", **options)
    assert log().count("together [0, 1, 2]") == 3
    bad = (table["shape"] == "round") & (table["x"] == 1)  # that one alone is not finite
    assert (table["run_status"] == np.where(bad, "failed", "done")).all()
    assert (table["y"] == 2 * table["x"])[~bad].all()
    square = table[table["shape"] == "square"]
    assert square["run_message"].str.contains("ran alone; together: ValueError: squares do not stack").all()
    # What had failed in company is alone now, and so goes to the plain function.
    again = sweep(toys.shaped, grid, store=tmp_path / "s.sqlite", **options)
    assert (again["run_status"] == "done").all() and log()[-1] == "alone 1"
    with pytest.raises(ValueError, match="both"):
        sweep(toys.shaped, grid, store=tmp_path / "s.sqlite", pack=toys.kind)


def test_the_table_has_the_grids_order_and_no_configuration_twice(tmp_path, here):
    grid = [{"x": x} for x in (3, 1, 2)]
    table = sweep(toys.noop, grid, store=tmp_path / "s.sqlite", executor=here)
    assert table["x"].tolist() == table["y"].tolist() == [3, 1, 2]
    run = ["run_status", "run_message", "run_traceback", "run_seconds", "run_machine"]
    assert list(table) == ["x", "y", *run]
    with pytest.raises(ValueError, match="twice"):
        sweep(toys.noop, [{"x": 1}, {"x": 1.0}], store=tmp_path / "s.sqlite", executor=here)
    assert sweep(toys.noop, [], store=tmp_path / "s.sqlite", executor=here).empty


def test_a_finished_run_counts_before_any_failure_and_the_first_before_later_ones(tmp_path):
    path = tmp_path / "s.sqlite"
    with store.writing(path) as add:
        for status, value in [("failed", 0), ("done", 1), ("failed", 2), ("done", 3)]:
            add({"k": {"status": status, "value": value}})
    assert store.read(path) == {"k": {"status": "done", "value": 1}}
