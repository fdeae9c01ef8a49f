"""Whatever ends the runner, nothing that it started goes on, and what is left is swept at the next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from runner_processes import DAEMON, offspring, started
from waiting import until

from scalinglaws.notebooks import execute, scratch
from scalinglaws.notebooks.offspring import alive

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: no parent-death signal here")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_request_to_end_lets_the_runner_clean_up(name):
    signum = getattr(signal, name)
    with pytest.raises(SystemExit) as left, execute.ending_cleanly():
        os.kill(os.getpid(), signum)
        time.sleep(5)
    assert left.value.code == 128 + signum
    assert signal.getsignal(signum) == signal.SIG_DFL
    before = signal.signal(signum, signal.SIG_IGN)
    try:
        with execute.ending_cleanly():  # what nohup asked for stays so
            os.kill(os.getpid(), signum)
    finally:
        signal.signal(signum, before)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGKILL"])
def test_a_signal_to_the_runner_alone_ends_all_that_it_started(name, tmp_path):
    out = tmp_path / "out"
    runner = started(out, DAEMON.format(place=str(out)) + "time.sleep(600)\n")
    try:
        assert until((out / "ready").exists, 120), runner.stderr.read()
        ours = offspring(runner.pid, out)
        assert len(alive(ours)) >= 3
        runner.send_signal(getattr(signal, name))
        runner.wait(30)
        assert until(lambda: not alive(ours), 30), alive(ours)
        assert until(lambda: not list(out.glob(".*")), 30), list(out.glob(".*"))
        assert not (out / "10_good.ipynb").exists()
        assert runner.returncode == {"SIGTERM": 143, "SIGKILL": -9, "SIGINT": -2}[name]
    finally:
        runner.kill()


def test_a_daemon_of_a_cell_neither_holds_the_runner_nor_outlives_it(tmp_path):
    out = tmp_path / "out"
    runner = started(out, DAEMON.format(place=str(out)))
    said, errors = runner.communicate(timeout=180)
    assert said == "[None]\n", errors
    daemon = int((out / "daemon").read_text())
    assert not psutil.pid_exists(daemon) or psutil.Process(daemon).status() == psutil.STATUS_ZOMBIE
    assert not list(out.glob(".*"))


def test_scratch_of_the_dead_is_swept_and_of_the_living_kept(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from scalinglaws.notebooks import scratch\n"
        "with scratch.folder(Path(sys.argv[1]), 'x') as f:\n"
        "    print(f, flush=True)\n    sys.stdin.readline()\n    os._exit(9)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    theirs = Path(other.stdout.readline().strip())
    with scratch.folder(tmp_path, "y") as mine, scratch.folder(tmp_path, "z"):
        assert theirs.is_dir() and mine.is_dir()
        other.communicate("\n")
        assert theirs.is_dir(), "its owner was killed"
        (tmp_path / ".w.unlocked.scratch").mkdir()
        scratch.sweep(tmp_path)
        assert not theirs.exists() and mine.is_dir()
        assert (tmp_path / ".w.unlocked.scratch").is_dir(), "an owner may be about to lock it"
        os.utime(tmp_path / ".w.unlocked.scratch", (0, 0))
        scratch.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
