"""Attacks on sweeps: each is killed, stopped or robbed of a worker at random moments until it is done."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import psutil
import sweep_toys as toys
from _tries import counted
from sweeping import FORK, GRID, done, runs, same
from waiting import until

from scalinglaws.sweeps import keys
from scalinglaws.sweeps.sweep import sweep

WORKER = "SIGKILL to a worker"
ENDS = ("SIGKILL", "SIGTERM", "SIGINT", WORKER)
#: Exit codes of a sweep that was ended thus; one that was just done with 0 is always right.
CODES = {"SIGKILL": -signal.SIGKILL, "SIGTERM": -signal.SIGTERM, "SIGINT": toys.STOPPED, WORKER: toys.REFUSED}
#: Seconds in which a sweep that was stopped, and what it started, must be gone.
GRACE = 60


def ended(rng: random.Random, process, ends: Sequence[str], log: Path) -> str:
    """End a sweep somehow, and see that none of its processes goes on; which way it was."""
    how = rng.choice(ends)
    crew, begun = [], log.stat().st_size
    with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
        crew = [child.pid for child in psutil.Process(process.pid).children()]
        if how != WORKER:
            os.kill(process.pid, getattr(signal, how))
        elif crew:
            os.kill(rng.choice(crew), signal.SIGKILL)
    process.join(GRACE)
    right = {CODES[how], 0}
    if how == "SIGINT" and (not begun or "swept" in log.read_text().splitlines()):
        right.add(1)  # it struck before the sweep or after it, and Python itself ended the process
    assert process.exitcode in right, (
        f"after {how} a sweep ended with {process.exitcode}, having logged\n{log.read_text()}"
    )
    assert until(lambda: not any(map(runs, crew)), GRACE), f"after {how} a worker goes on"
    return how


def once(rng: random.Random, folder: Path, whole: pd.DataFrame, ends: Sequence[str] = ENDS) -> Counter[str]:
    """End a sweep at random moments until it is done.

    No finished run is lost, changed or repeated, and the table is that of a sweep left in peace.

    Returns
    -------
    collections.Counter
        How often it was ended in which way.
    """
    folder.mkdir()
    path, counts, sleep = folder / "s.sqlite", Counter(), rng.choice(["0", "0.01"])
    of_key = {keys.key(config, keys.code_and_data_hash(toys.run)): config for config in GRID}
    committed: dict[str, dict] = {}
    begun, exitcode = 0, None
    while exitcode != 0:
        log, had, robbed = folder / f"{counts.total()}.log", committed, 0
        log.touch()
        process = FORK.Process(
            target=toys.drive, args=(str(path), {"TOYS_LOG": str(log), "TOYS_SLEEP": sleep})
        )
        process.start()
        if rng.random() < 0.8:  # else it may be ended before it has run anything
            while process.is_alive() and not log.stat().st_size:
                time.sleep(0.001)
        process.join(rng.uniform(0, 0.15))
        if process.exitcode is None:
            how = ended(rng, process, ends, log)
            counts[how] += 1
            robbed = how == WORKER
        exitcode, committed = process.exitcode, done(path)
        assert committed.items() >= had.items(), "a committed row is gone or changed"
        lines = log.read_text().splitlines()
        kept = {line.split()[1] for line in lines if line.startswith("committed")}
        assert committed.keys() >= kept, "a row is gone that was committed"
        ran = [line for line in lines if line[0].isdigit()]
        assert not {f"{of_key[key]['x']} {of_key[key]['seed']}" for key in had} & set(ran), (
            "a finished run is repeated"
        )
        assert len(ran) <= len(set(ran)) + robbed, "a run is repeated for no reason"
        begun += len(ran)
    assert begun - len(GRID) <= 2 * counts.total(), "more than one run a worker was lost"
    with ThreadPoolExecutor(1) as here:
        same(sweep(toys.run, GRID, store=path, executor=here), whole)
    return counts


def attack(rng: random.Random, seconds: float, ends: Sequence[str] = ENDS, tries: int = 1) -> dict[str, int]:
    """End sweeps for some seconds, and some times at least.

    Returns
    -------
    dict
        How they were ended -> tries, each of which was survived.

    Raises
    ------
    AssertionError
        At the first that was not.
    """
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(1) as here:
        whole = sweep(toys.run, GRID, store=Path(place, "whole.sqlite"), executor=here)
        folders = (Path(place, str(number)) for number in itertools.count())
        return counted(lambda: once(rng, next(folders), whole, ends), seconds, tries)
