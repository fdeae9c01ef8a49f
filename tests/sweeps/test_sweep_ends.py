"""How runs and sweeps end: by what a run returns or raises, by a time limit, by Ctrl-C, with their parent, or at the start."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import sweep_toys as toys
from sweeping import FORK, GRID, done, environ, runs
from waiting import until

from scalinglaws.sweeps import keys, pool
from scalinglaws.sweeps.interrupts import held_back
from scalinglaws.sweeps.pool import locally
from scalinglaws.sweeps.sweep import sweep
from scalinglaws.sweeps.worker import MOST_MESSAGE, MOST_TRACEBACK, attempt


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """Processes that start in milliseconds."""
    monkeypatch.setattr(pool, "CONTEXT", FORK)
    monkeypatch.setattr(pool, "serve", partial(toys.serve, {"TOYS_LOG": str(tmp_path / "log")}))


# What a run returns or raises ------------------------------------------------------------


def test_nothing_that_a_run_returns_or_raises_ends_a_sweep(tmp_path, here, monkeypatch):
    hows = ["fine", *toys.ODD, "long", "fine"]
    grid = [{"x": x, "how": how} for x, how in enumerate(hows)]
    path = tmp_path / "s.sqlite"
    for _ in range(2):  # at every start
        with pytest.warns(UserWarning, match=f"{len(hows) - 2} of {len(hows)} runs failed"):
            table = sweep(toys.odd, grid, store=path, executor=here)
        assert table["run_status"].tolist() == ["done", *["failed"] * (len(hows) - 2), "done"]
    message = dict(zip(table["how"], table["run_message"], strict=True))
    for how, says in {
        "huge": "y, an integer of 16610 bits",
        "names": "a column under a tuple",
        "number": "a column under a int",
        "set": "y as set",
        "complex": "y as complex",
        "cancelled": "CancelledError: given up",
        "generator": "GeneratorExit",
        "base": "Base: nobody's",
        "mute": "Mute: (its text cannot be had)",
        "long": "1,100,000,001 characters of text",
    }.items():
        assert says in message[how]
    assert table["run_message"].str.len().max() <= MOST_MESSAGE + 50
    assert table["run_traceback"].str.len().max() <= MOST_TRACEBACK + 50
    monkeypatch.setenv("TOYS_MENDED", "1")
    assert (sweep(toys.odd, grid, store=path, executor=here)["run_status"] == "done").all()


def test_they_are_rows_in_processes_too(tmp_path, quick):
    grid = [{"x": x, "how": how} for x, how in enumerate([*toys.ODD, "fine"])]
    with pytest.warns(UserWarning, match="runs failed"):
        table = sweep(toys.odd, grid, store=tmp_path / "s.sqlite", workers=2)
    assert table["run_status"].tolist() == ["failed"] * len(toys.ODD) + ["done"]
    assert "CancelledError: given up" in table["run_message"][list(toys.ODD).index("cancelled")]


@pytest.mark.parametrize("where", ["thread", "process"])
def test_a_keyboard_interrupt_in_a_run_stops(tmp_path, quick, where):
    grid, path = [{"x": x} for x in range(6)], tmp_path / "s.sqlite"
    with ThreadPoolExecutor(1) as here, pytest.raises(KeyboardInterrupt):
        sweep(toys.stopped, grid, store=path, workers=1, executor=here if where == "thread" else None)
    assert {record["result"]["y"] for record in done(path).values()} >= {0, 1, 2}


# Limits ----------------------------------------------------------------------------------


def test_a_run_that_takes_too_long_is_a_row_and_its_worker_replaced(tmp_path, log, quick):
    hows = ["fine", "asleep", "holding", "fine", "program", "fine"]
    grid = [{"x": x, "how": how} for x, how in enumerate(hows)]
    with pytest.warns(UserWarning, match="3 of 6 runs failed"):
        table = sweep(toys.endless, grid, store=tmp_path / "s.sqlite", workers=2, timeout=1.5)
    fine = table["how"] == "fine"
    assert (table["run_status"] == ["done" if ok else "failed" for ok in fine]).all()
    assert (
        table["run_message"][~fine].eq("TimeoutError: the run was stopped: it took longer than 1.5 s").all()
    )
    assert (table["run_seconds"][~fine] == 1.5).all()
    lines = [line.split() for line in log()]
    assert len(lines) == 7  # six runs, none twice, and a program
    program = next(int(line[1]) for line in lines if line[0] == "program")
    assert until(lambda: not any(runs(int(line[-1])) for line in lines)), f"left behind, {program=}"


def test_runs_that_hang_together_run_alone(tmp_path, log, quick):
    grid = [{"x": x, "how": "fine"} for x in range(3)]
    options = {"pack": toys.kind_of_endless, "many": toys.endless_together, "timeout": 1.0, "workers": 1}
    table = sweep(toys.endless, grid, store=tmp_path / "s.sqlite", **options)
    assert table["y"].tolist() == [0, 1, 2]
    assert log()[0] == "together 3" and len(log()) == 4


def test_a_limit_is_for_this_machine(tmp_path, here):
    for options in ({"executor": here, "timeout": 1.0}, {"timeout": 0.0}):
        with pytest.raises(ValueError, match="timeout is a number of seconds"):
            sweep(toys.noop, [{"x": 1}], store=tmp_path / "s.sqlite", **options)


# Ctrl-C ----------------------------------------------------------------------------------


def test_ctrl_c_keeps_what_has_finished(tmp_path, log, quick):
    """Both workers' answers have arrived, and nobody has looked at them, when it strikes."""
    rests_on = keys.code_and_data_hash(toys.run)
    configs = {keys.key(config, rests_on): config for config in GRID[:6]}
    job = partial(attempt, toys.run, None, rests_on, "", "")
    begun = []

    @contextlib.contextmanager
    def waiting():
        begun.append(len(log()))
        if begun[-1] >= 2:
            time.sleep(0.5)  # for the answers to arrive
            raise KeyboardInterrupt
        yield

    kept = {}
    with pytest.raises(KeyboardInterrupt):
        for (key,), (record,) in locally(job, [[key] for key in configs], configs, 2, None, waiting):
            kept[key] = record["status"]
    assert len(kept) == len(log()) >= 2 and set(kept.values()) == {"done"}


def test_ctrl_c_strikes_only_where_one_waits():
    reached = []
    with pytest.raises(KeyboardInterrupt), held_back() as waiting:
        os.kill(os.getpid(), signal.SIGINT)
        reached.append("after the first")
        with waiting():
            reached.append("no further")
    assert reached == ["after the first"]
    with pytest.raises(KeyboardInterrupt), held_back():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        reached.append("no further")
    with pytest.raises(KeyboardInterrupt), held_back():
        os.kill(os.getpid(), signal.SIGINT)
        reached.append("at the end")
    assert reached == ["after the first", "at the end"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_command_line_stops_by_ctrl_c_and_goes_on(tmp_path):
    log = tmp_path / "log"
    code = "from scalinglaws.sweeps.command import command; command('sweep_toys')"
    words = [sys.executable, "-c", code, "--workers", "2", "--store", "s.sqlite", "--output", "t"]
    process = subprocess.Popen(
        words,
        env=environ(TOYS_LOG=str(log), TOYS_SLEEP="0.3"),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert until(lambda: log.exists() and len(log.read_text().splitlines()) >= 6)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and stderr.startswith("stopped: what has finished is kept"), stderr
    begun, kept = len(log.read_text().splitlines()), len(done(tmp_path / "s.sqlite"))
    assert begun - 2 <= kept < len(GRID)
    again = subprocess.run(words, env=environ(TOYS_LOG=str(log)), cwd=tmp_path, check=True, timeout=120)
    assert again.returncode == 0 and len(log.read_text().splitlines()) == begun + len(GRID) - kept


# Parents ---------------------------------------------------------------------------------

PROGRAM = """
import sweep_toys
from scalinglaws.sweeps.sweep import sweep
{guard}sweep(sweep_toys.endless, [{{"x": x, "how": {how!r}}} for x in range(2)], store="s.sqlite", workers=2)
"""
GUARD = "if __name__ == '__main__': "


@pytest.mark.parametrize("how", ["asleep", pytest.param("holding", marks=pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux kills a process that holds the interpreter with its parent"
))])  # fmt: skip
def test_a_killed_sweep_leaves_no_process_behind(tmp_path, how):
    (tmp_path / "program.py").write_text(PROGRAM.format(guard=GUARD, how=how))
    log = tmp_path / "log"
    process = subprocess.Popen(
        [sys.executable, "program.py"],
        env=environ(TOYS_LOG=str(log)),
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    assert until(lambda: log.exists() and len(log.read_text().splitlines()) == 2)
    workers = [int(line.split()[-1]) for line in log.read_text().splitlines()]
    assert len({*workers, process.pid}) == 3 and all(map(runs, workers))
    process.kill()
    process.wait()
    assert until(lambda: not any(map(runs, workers)), 20)


# Starts ----------------------------------------------------------------------------------


def started(folder: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program that sweeps where it should not."""
    return subprocess.run(
        [sys.executable, *words],
        input=stdin,
        env=environ(),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_program_without_main_guard_is_told_so(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM.format(guard="", how="fine"))
    done = started(tmp_path, "program.py")
    assert done.returncode == 1
    assert re.search(
        r"program.py calls sweep while a worker imports it.*if __name__ == '__main__'", done.stderr
    )
    assert "a worker ended itself with exit code 1 before it could begin" in done.stderr.splitlines()[-1]
    assert "out of memory" not in done.stderr
    (tmp_path / "program.py").write_text(PROGRAM.format(guard=GUARD, how="fine"))
    assert started(tmp_path, "program.py").returncode == 0


def test_a_program_from_standard_input_is_told_so(tmp_path):
    done = started(tmp_path, "-", stdin=PROGRAM.format(guard=GUARD, how="fine"))
    assert done.returncode == 1
    assert "SweepError: this program is <stdin>, which is no file" in done.stderr.splitlines()[-1]
    code = PROGRAM.format(guard=GUARD, how="fine").strip().replace("\n", "; ").replace(GUARD, "")
    assert started(tmp_path, "-c", code).returncode == 0  # of this a worker needs nothing


def test_a_program_that_fails_when_a_worker_imports_it_is_told_so(tmp_path):
    lines = "if __name__ != '__main__': raise OSError('not here')\n" + PROGRAM.format(guard=GUARD, how="fine")
    (tmp_path / "program.py").write_text(lines)
    done = started(tmp_path, "program.py")
    assert done.returncode == 1 and "OSError: not here" in done.stderr
    assert "before it could begin; what it said of that stands above" in done.stderr.splitlines()[-1]
