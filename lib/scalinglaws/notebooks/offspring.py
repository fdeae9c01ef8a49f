"""What a process started, in any number of steps: found, adopted, and ended with it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

import psutil

from scalinglaws.processes import prctl

# From linux/prctl.h.
SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of every descendant whose parent ends, daemons included, where the system can."""
    prctl(SET_CHILD_SUBREAPER, 1)


def alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that still run, and do not only wait to be collected."""
    running = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
    return running


def descendants() -> list[psutil.Process]:
    """Children, their children and so on that still run."""
    return alive(psutil.Process().children(recursive=True))


def end_descendants(patience: float = 5.0) -> None:
    """Kill all descendants, those too that they fork meanwhile."""
    deadline = time.monotonic() + patience
    while (running := descendants()) and time.monotonic() < deadline:
        for process in running:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(running, timeout=0.2)
