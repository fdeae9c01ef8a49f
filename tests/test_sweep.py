"""Sweeps that are killed, damaged, starved and spread out: no run lost, no wrong row served."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sweep_toys as toys
from bench_sweep import bench_sweep

from scalinglaws import keys, store, tables
from scalinglaws.sweep import sweep

GRID = toys.grid("ci")
#: Clean, single-threaded server that has imported everything: a sweep of its own starts in milliseconds.
FORK = get_context("forkserver")
FORK.set_forkserver_preload(["sweep_toys", "scalinglaws.sweep"])


@pytest.fixture
def here():
    """An executor in this process, quick to start."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def log(tmp_path, monkeypatch):
    """What the runs have logged so far."""
    path = tmp_path / "log"
    path.touch()
    monkeypatch.setenv("TOYS_LOG", str(path))
    return lambda: path.read_text().splitlines()


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal to the last bit, but for the time it took."""
    pd.testing.assert_frame_equal(
        one.drop(columns="run_seconds"), other.drop(columns="run_seconds"), check_exact=True
    )


def done(path: Path) -> dict[str, dict]:
    return {key: record for key, record in store.read(path).items() if record["status"] == "done"}


# S1, S2: kills and company ---------------------------------------------------------------


def test_fifty_kills_lose_nothing_and_repeat_nothing(tmp_path, here):
    whole = sweep(toys.run, GRID, store=tmp_path / "whole.sqlite", executor=here)
    of_key = {keys.key(config, keys.foundation(toys.run)): config for config in GRID}
    rng = np.random.default_rng(0)
    kills = sweeps = repeated = 0
    while kills < 50:
        sweeps += 1
        path = tmp_path / f"{sweeps}.sqlite"
        sleep = str(rng.choice([0, 0.01]))
        exitcode, committed, drives = None, {}, []
        while exitcode is None:
            log = tmp_path / f"{sweeps}-{len(drives)}.log"
            log.touch()
            drives.append((log, committed))
            environ = {"TOYS_LOG": str(log), "TOYS_SLEEP": sleep}
            process = FORK.Process(target=toys.drive, args=(str(path), environ))
            process.start()
            if rng.random() < 0.8:  # else it may be killed before it has run anything
                while process.is_alive() and not log.stat().st_size:
                    time.sleep(0.001)
            process.join(rng.uniform(0, 0.15))
            exitcode = process.exitcode
            if exitcode is None:
                process.kill()
                process.join()
                kills += 1
            now = done(path)
            assert now.items() >= committed.items(), "a committed row is gone or changed"
            lines = log.read_text().splitlines()
            assert now.keys() >= {line.split()[1] for line in lines if line.startswith("committed")}
            committed = now
        assert exitcode == 0
        same(sweep(toys.run, GRID, store=path, executor=here), whole)
        for log, had in drives:
            begun = [line for line in log.read_text().splitlines() if not line.startswith("committed")]
            assert not {f"{of_key[key]['x']} {of_key[key]['seed']}" for key in had} & set(begun)
            assert len(begun) == len(set(begun)), "one drive repeated a run"
            repeated += len(begun)
        repeated -= len(GRID)
    assert repeated <= 2 * kills, "more than one run a worker was lost in a kill"
    print(f"{kills} kills in {sweeps} sweeps; {repeated} unfinished runs repeated, none finished")


def test_a_killed_sweep_leaves_no_process_behind(tmp_path):
    code = (
        "import sweep_toys as t\nfrom scalinglaws.sweep import sweep\n"
        f"if __name__ == '__main__':\n    sweep(t.run, t.grid('ci'), store={str(tmp_path / 's.sqlite')!r}, workers=2)"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    log = tmp_path / "log"
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    environ = os.environ | {"PYTHONPATH": paths, "TOYS_LOG": str(log), "TOYS_SLEEP": "0.1"}
    process = subprocess.Popen([sys.executable, script], env=environ)
    deadline = time.monotonic() + 60
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True
    ).stdout.split()
    assert len(children) >= 2
    process.kill()
    process.wait()
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_two_sweeps_on_one_store(tmp_path, here):
    whole = sweep(toys.run, GRID, store=tmp_path / "whole.sqlite", executor=here)
    for attempt in range(10):  # also a race for making the file
        path, log = tmp_path / f"{attempt}.sqlite", tmp_path / f"{attempt}.log"
        environ = {"TOYS_LOG": str(log), "TOYS_SLEEP": "0.002"}
        processes = [FORK.Process(target=toys.drive, args=(str(path), environ)) for _ in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0, 0], log.read_text()
        with sqlite3.connect(path) as connection:
            rows = connection.execute(
                "SELECT key, json_extract(payload, '$.result'), json_extract(payload, '$.status') FROM runs"
            ).fetchall()
        assert len({row[0] for row in rows}) == len(set(rows)) == len(GRID), "duplicates differ"
        same(sweep(toys.run, GRID, store=path, executor=here), whole)


# S3: damage ------------------------------------------------------------------------------


@pytest.fixture
def sound(tmp_path, here) -> Path:
    path = tmp_path / "sound.sqlite"
    sweep(toys.run, GRID, store=path, executor=here)
    return path


def flipped(content: bytes, position: int, bit: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 1 << bit]) + content[position + 1 :]


def test_a_flipped_bit_in_a_payload_is_found_200_of_200(sound, tmp_path):
    rng = np.random.default_rng(0)
    content, rows, right = sound.read_bytes(), store.rows_of(sound), store.read(sound)
    found = 0
    for _ in range(200):
        key, payload, _ = rows[rng.integers(len(rows))]
        position = content.index(payload) + int(rng.integers(len(payload)))
        (tmp_path / "hit.sqlite").write_bytes(flipped(content, position, int(rng.integers(8))))
        with pytest.warns(UserWarning, match="1 damaged row"):
            served = store.read(tmp_path / "hit.sqlite")
        assert served == {k: v for k, v in right.items() if k != key.decode()}
        found += 1
    assert found == 200


@pytest.mark.filterwarnings("ignore:.*damaged row")
def test_a_flipped_bit_anywhere_never_serves_a_wrong_row(sound, tmp_path):
    rng = np.random.default_rng(1)
    content, right = sound.read_bytes(), store.read(sound)
    for _ in range(400):
        # Half of them in the first page, where the description of the file is.
        position = int(rng.integers(rng.choice([4096, len(content)])))
        (tmp_path / "hit.sqlite").write_bytes(flipped(content, position, int(rng.integers(8))))
        try:
            served = store.read(tmp_path / "hit.sqlite")
        except store.StoreError:
            continue
        assert served.items() <= right.items()


def test_damaged_rows_are_computed_again(sound, here, log):
    whole = sweep(toys.run, GRID, store=sound, executor=here)
    content, (_, payload, _) = sound.read_bytes(), store.rows_of(sound)[7]
    sound.write_bytes(flipped(content, content.index(payload) + 20, 3))
    before = len(log())
    with pytest.warns(UserWarning, match="1 damaged row"):
        same(sweep(toys.run, GRID, store=sound, executor=here), whole)
    assert len(log()) == before + 1


@pytest.mark.parametrize("how", ["nonsense", "header", "half", "other"])
def test_an_unreadable_store_is_set_aside(sound, here, how, log):
    whole = sweep(toys.run, GRID, store=sound, executor=here)
    content = sound.read_bytes()
    if how == "other":
        sound.unlink()
        with sqlite3.connect(sound) as connection:
            connection.execute("CREATE TABLE mine (x)")
        content = sound.read_bytes()
    else:
        content = {
            "nonsense": b"no database " * 100,
            "header": b"x" + content[1:],
            "half": content[: len(content) // 2],
        }[how]
        sound.write_bytes(content)
    for number in (1, 2):
        with pytest.warns(UserWarning, match=f"kept as .*unreadable-{number}"):
            same(sweep(toys.run, GRID, store=sound, executor=here), whole)
        assert Path(f"{sound}.unreadable-1").read_bytes() == content
        sound.write_bytes(content)


# S4: keys --------------------------------------------------------------------------------


def test_a_configuration_has_one_key():
    rests_on = keys.foundation(toys.run)
    one = keys.key({"x": 1, "y": (1, 2.5), "z": None}, rests_on)
    for other in (
        {"z": None, "y": [1.0, 2.5], "x": 1.0},
        {"x": np.int64(1), "y": np.array([1, 2.5]), "z": None},
        {"x": np.float32(1), "y": [np.int8(1), np.float64(2.5)], "z": None},
    ):
        assert keys.key(other, rests_on) == one
    others = [
        {"x": 2, "y": (1, 2.5), "z": None},
        {"x": "1", "y": (1, 2.5), "z": None},
        {"x": True, "y": (1, 2.5), "z": None},
        {"x": 1, "y": (2.5, 1), "z": None},
        {"x": 1, "y": (1, 2.5)},
    ]
    assert len({keys.key(other, rests_on) for other in others} | {one}) == 6
    assert keys.key(GRID[0], rests_on) != keys.key(GRID[0], keys.foundation(toys.cost))
    assert keys.foundation(toys.run, data="other") != rests_on


@pytest.mark.parametrize("value", [float("nan"), np.inf, object(), {1, 2}, b"x"])
def test_odd_configurations_are_refused(value):
    with pytest.raises((TypeError, ValueError), match="configuration"):
        keys.canonical({"x": value})


def test_keys_agree_between_interpreters(repository):
    code = (
        "from scalinglaws import keys; import sweep_toys as t; "
        "print(keys.key({'b': 1, 'a': 'x'}, keys.foundation(t.run)))"
    )
    path = os.pathsep.join([str(repository / "tests"), os.environ.get("PYTHONPATH", "")])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "1", "random")
    ]
    found = {process.communicate()[0].strip() for process in processes}
    assert found == {keys.key({"a": "x", "b": 1}, keys.foundation(toys.run))}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of our name in which code can be edited, and a function outside that uses it."""
    folder = tmp_path / "scalinglaws"
    folder.mkdir()
    files = {
        "__init__.py": "from scalinglaws.inner import thing\n",
        "inner.py": "from scalinglaws.deep import other\n\ndef thing():\n    return other() + 1\n",
        "deep.py": '"""Deep."""\n\ndef other():\n    return 1\n',
        "unused.py": "x = 1\n",
        "sweep.py": "x = 1\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    source = "from scalinglaws import thing\nfrom scalinglaws.tables import load\n\n\ndef run(x):\n"
    (tmp_path / "outside.py").write_text(f'{source}    return {{"y": thing() + len(load("some"))}}\n')
    monkeypatch.setattr(keys, "PACKAGE", folder)
    monkeypatch.setattr(keys, "BOOKKEEPING", {folder / "__init__.py", folder / "sweep.py"})
    monkeypatch.setattr(tables, "folders", lambda: {"some": tmp_path})
    hashes = {"some": "1"}
    monkeypatch.setattr(tables, "source", lambda slug: {"sha256": hashes[slug]})
    module = type(sys)("outside")
    module.__file__ = str(tmp_path / "outside.py")
    monkeypatch.setitem(sys.modules, "outside", module)
    namespace = {"__name__": "outside"}
    exec("def run(x): ...", namespace)
    module.run = namespace["run"]
    return tmp_path, module.run, hashes


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("outside.py", "thing() +", "thing() -", True),
        ("scalinglaws/inner.py", "+ 1", "+ 2", True),  # by a name that the top of the package offers
        ("scalinglaws/deep.py", "return 1", "return 2", True),
        ("scalinglaws/deep.py", "return 1", "return 1  # one", False),
        ("scalinglaws/deep.py", "Deep", "Deeper", False),
        ("scalinglaws/unused.py", "1", "2", False),
        ("scalinglaws/sweep.py", "1", "2", False),
    ],
)
def test_a_key_changes_with_the_code_that_counts(package, file, old, new, changes):
    folder, run, _ = package
    before = keys.foundation(run)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    assert (keys.foundation(run) != before) == changes


def test_a_key_changes_with_the_data(package):
    _, run, hashes = package
    before = keys.foundation(run)
    hashes["some"] = "2"
    assert keys.foundation(run) != before


def test_functions_that_no_worker_could_import_are_refused(tmp_path):
    def nested(x):
        return {}

    for fn in (nested, lambda x: {}):
        with pytest.raises(ValueError, match="top level of a module"):
            sweep(fn, [{"x": 1}], store=tmp_path / "s.sqlite")


def test_code_edited_since_it_was_loaded_is_not_run(tmp_path, monkeypatch, here):
    (tmp_path / "edited.py").write_text("def run(x):\n    return {'y': 1}\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("edited")
    with pytest.raises(RuntimeError, match=r"edited.py was edited"):
        sweep(module.run, [{"x": 1}], store=tmp_path / "s.sqlite", executor=here)
    os.utime(tmp_path / "edited.py", (1, 1))
    assert sweep(module.run, [{"x": 1}], store=tmp_path / "s.sqlite", executor=here)["y"].tolist() == [1]
    # A worker that has other code says so by the hash.
    (tmp_path / "edited.py").write_text("def run(x):\n    return {'y': 2}\n")
    os.utime(tmp_path / "edited.py", (1, 1))
    with pytest.raises(RuntimeError, match="other code or data"):
        sweep(module.run, [{"x": 1}], store=tmp_path / "s.sqlite", executor=here)


# S5: failures ----------------------------------------------------------------------------


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
        "kill": "worker was killed",
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


def command(*words: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command line of the toy experiment."""
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-c", "from scalinglaws.experiments import command; command('sweep_toys')", *words],
        env=os.environ | {"PYTHONPATH": paths} | environ,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_command_line_fails_loudly_and_resumes(tmp_path):
    log = tmp_path / "log"
    failed = command("--output", "table", cwd=tmp_path, TOYS_LOG=str(log), TOYS_TROUBLE="7")
    assert failed.returncode == 1
    assert "2 of 40 runs failed: ValueError: trouble" in failed.stderr
    assert not (tmp_path / "table").exists()
    assert (tmp_path / "out" / "stores" / "toys.sqlite").is_file()
    mended = command("--output", "table", cwd=tmp_path, TOYS_LOG=str(log))
    assert mended.returncode == 0, mended.stderr
    assert mended.stderr == "" and "40 runs" in mended.stdout
    assert len(log.read_text().splitlines()) == 42
    table = pd.read_csv(tmp_path / "table" / "table.csv")
    assert table[["x", "seed"]].to_dict("records") == GRID
    assert table["y"].tolist() == [toys.run(**config)["y"] for config in GRID]
    assert command("--executor", "dask", cwd=tmp_path).returncode == 2


# S6: no room -----------------------------------------------------------------------------


def test_a_full_disk_is_told_and_harms_nothing(tmp_path, here):
    path, log = tmp_path / "s.sqlite", tmp_path / "log"
    process = FORK.Process(target=toys.drive, args=(str(path), {"TOYS_LOG": str(log)}, 40_000))
    process.start()
    process.join()
    assert process.exitcode == 7
    assert "cannot write to the store" in log.read_text()
    kept = done(path)
    assert 0 < len(kept) < len(GRID)
    assert len(kept) == log.read_text().count("committed")
    whole = sweep(toys.run, GRID, store=tmp_path / "whole.sqlite", executor=here)
    same(sweep(toys.run, GRID, store=path, executor=here), whole)
    assert done(path).items() >= kept.items()


def test_a_read_only_folder_serves_what_is_there(here):
    folder = Path(tempfile.mkdtemp())  # not under tmp_path, which others may not enter
    try:
        path, answer = folder / "s.sqlite", folder / "answer"
        sweep(toys.noop, [{"x": 1}], store=path, executor=here)
        answer.touch()
        answer.chmod(0o666)
        folder.chmod(0o555)
        path.chmod(0o444)
        process = FORK.Process(target=toys.look, args=(str(path), str(answer)))
        process.start()
        process.join()
        rows, served, error = answer.read_text().splitlines()
        assert (rows, served) == ("1 rows", "1 served")
        assert "cannot write to the store" in error and "readonly" in error and "safe" in error
        assert len(store.read(path)) == 1
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


# S7, S8: speed, seeds, order -------------------------------------------------------------


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


# Packs, tables, clusters -----------------------------------------------------------------


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


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install '.[cluster]'")
    with (
        warnings.catch_warnings(),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
    ):
        yield cluster


def test_a_dask_worker_killed_in_mid_sweep_costs_nothing(cluster, tmp_path, log, here):
    from distributed import Client

    whole = sweep(toys.run, GRID, store=tmp_path / "whole.sqlite", executor=here)
    before = len(log())

    def slowly(sleep: str) -> None:
        os.environ.update({"TOYS_SLEEP": sleep, "TOYS_LOG": str(tmp_path / "log")})

    with Client(cluster) as client, ThreadPoolExecutor(1) as killer:
        client.run(slowly, "0.1")
        victim = next(iter(client.run(os.getpid).values()))

        def kill() -> None:
            while len(log()) < before + 10:
                time.sleep(0.01)
            os.kill(victim, signal.SIGKILL)

        killed = killer.submit(kill)
        path = tmp_path / "s.sqlite"
        table = sweep(toys.run, GRID, store=path, executor=client.get_executor(pure=False))
        killed.result()
        assert victim not in client.run(os.getpid).values()
    same(table, whole)
    assert len(store.rows_of(path)) == len(GRID), "a result was counted twice"
    assert len(log()) > before + len(GRID)  # what the dead worker had in hand, and had not given


def test_the_command_line_reaches_a_cluster(cluster, tmp_path):
    done = command(
        "--executor", "dask", "--scheduler", cluster.scheduler_address, "--output", "t", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(tmp_path / "t" / "table.csv")) == len(GRID)
