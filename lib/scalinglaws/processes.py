"""A process and its offspring: dying with one's parent, and leaving nobody behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterable

import psutil

# From linux/prctl.h.
SET_PARENT_DEATH_SIGNAL = 1
SET_CHILD_SUBREAPER = 36
#: By these a process is asked to end: a scheduler's or a person's kill, Ctrl-C, a terminal that closes.
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]


def prctl(option: int, value: int) -> None:
    """Ask the kernel for something about this process; elsewhere than on Linux nothing happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def die_with(parent: int, signum: int = signal.SIGTERM) -> None:
    """Get a signal when the parent process ends, however it ends, where the system has such a thing."""
    prctl(SET_PARENT_DEATH_SIGNAL, signum)
    if os.getppid() != parent:  # it ended before we asked
        os.kill(os.getpid(), signum)


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
