"""Attacks on the runner: it is killed at random moments, alone or with the process that keeps its notebook."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "notebooks"))
from _tries import counted
from runner_processes import DAEMON, started
from waiting import until

from scalinglaws.notebooks import files, scratch
from scalinglaws.notebooks.offspring import alive

SIGNALS = ("SIGTERM", "SIGHUP", "SIGINT", "SIGKILL")
#: Seconds within which everything must be gone: a process that only just started has to come to itself.
GRACE = 60


def once(rng: random.Random, out: Path, kept: bytes) -> str:
    """Start a run, end its runner at a random moment, and see that nothing goes on and nothing is torn."""
    body = DAEMON.format(place=str(out)) + f"time.sleep({rng.choice([0, 600])})\n"
    runner = started(out, body)
    keep = out / "10_good.ipynb"
    keep.write_bytes(kept)
    try:
        # Before anything runs, while the kernel starts, or while the cell does.
        if rng.random() < 0.5:
            until((out / "ready").exists, 120)
        time.sleep(rng.uniform(0, 8))
        ours = psutil.Process(runner.pid).children(recursive=True) if runner.poll() is None else []
        name, both = rng.choice(SIGNALS), rng.random() < 0.25
        with contextlib.suppress(ProcessLookupError):
            os.kill(runner.pid, getattr(signal, name))
            for process in ours[:1] if both else ():
                process.kill()
    finally:
        runner.wait(GRACE)
    # A daemon whose keeper was killed is the system's: all else is gone.
    spared = set()
    if both and (out / "daemon").exists():
        spared = {int((out / "daemon").read_text() or 0)}
    assert until(lambda: not [p for p in alive(ours) if p.pid not in spared], GRACE), alive(ours)
    for process in alive(ours):
        process.kill()
    if both:
        scratch.sweep(out)
    assert until(lambda: not list(out.glob(".*")), GRACE), list(out.glob(".*"))
    assert keep.read_bytes() == kept or files.records(files.read(keep)), f"{keep} is torn"
    return f"{name} to the runner{' and a kill of its keeper' * both}"


def attack(rng: random.Random, seconds: float) -> dict[str, int]:
    """Kill runners for some seconds; at least one.

    Returns
    -------
    dict
        Which signal, to whom -> tries, each of which was survived.

    Raises
    ------
    AssertionError
        At the first that was not: a process that goes on, scratch that stays, a notebook that is torn.
    """
    with tempfile.TemporaryDirectory() as place:
        folders = (Path(place, str(number)) for number in itertools.count())
        return counted(lambda: [once(rng, next(folders), b"what was there")], seconds)
