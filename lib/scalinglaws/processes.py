"""Dying with one's parent, and the signals that ask a process to end."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

# From linux/prctl.h.
SET_PARENT_DEATH_SIGNAL = 1
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
