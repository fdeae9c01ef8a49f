"""Ctrl-C at a moment of our choosing, so that no result is lost between its arrival and its being kept."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

#: Entered wherever one waits and Ctrl-C may strike.
Waiting = Callable[[], contextlib.AbstractContextManager]


@contextlib.contextmanager
def held_back() -> Iterator[Waiting]:
    """Hold Ctrl-C back until the next wait; a second one strikes at once.

    Does nothing outside the main thread and where somebody else handles Ctrl-C.
    """
    asked = waits = False

    def handle(signum: int, frame: Any) -> None:
        nonlocal asked
        if waits or asked:
            asked = True
            raise KeyboardInterrupt
        asked = True

    @contextlib.contextmanager
    def waiting() -> Iterator[None]:
        nonlocal waits
        waits = True
        try:
            if asked:
                raise KeyboardInterrupt
            yield
        finally:
            waits = False

    if threading.current_thread() is not threading.main_thread() or (
        signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield contextlib.nullcontext
        return
    signal.signal(signal.SIGINT, handle)
    try:
        yield waiting
        if asked:
            raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
