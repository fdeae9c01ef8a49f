"""Runners in processes of their own, and the processes that they start, for tests that end them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

#: A cell that leaves a daemon of its own session, as daemons are made, and then takes its time.
DAEMON = """
import os, time
from pathlib import Path

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        Path({place!r}, "daemon").write_text(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
while not Path({place!r}, "daemon").exists() or not Path({place!r}, "daemon").read_text():
    time.sleep(0.05)
Path({place!r}, "ready").touch()
"""
RUNNER = """
import sys
from pathlib import Path
from small_notebook import ALONE, small
from scalinglaws.notebooks import execute

out = Path(sys.argv[1])
tasks = {"10_good": (small("10_good", body=(out / "body.py").read_text(), claims=ALONE), out / "10_good.ipynb", {})}
with execute.outcomes(tasks, 1, 60) as stream:
    print([outcome.error for outcome in stream])
"""


def started(out: Path, body: str) -> subprocess.Popen:
    """A runner of a notebook with this cell, in a process of its own."""
    out.mkdir()
    (out / "body.py").write_text(body)
    path = [str(Path(__file__).parent), *filter(None, sys.path)]
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(out)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def offspring(runner: int, out: Path) -> list[psutil.Process]:
    """The processes of a run: keeper, kernel, and the daemon that a cell made."""
    found = psutil.Process(runner).children(recursive=True)
    assert {p.pid for p in found} >= {int((out / "daemon").read_text())}, "a daemon is adopted by its keeper"
    return found
