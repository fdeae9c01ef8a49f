"""Processes of this machine that do the tasks of a sweep: watched, limited in time, replaced when they end.

Each has a pipe of its own and one task at a time, so that it is known which task a worker was
at when it died or did not come back. That is what `ProcessPoolExecutor`, which breaks as a
whole when one of its processes is killed, cannot tell.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from scalinglaws.sweeps.worker import Config, Record, SweepError, die_with_parent, failed

#: Keys of the configurations that run together, one as a rule.
Task = list[str]
#: Tasks that have ended, with a record for each of their configurations.
Outcomes = Iterator[tuple[Task, list[Record]]]
#: Gives the records of configurations; what a worker is for.
Job = Callable[[list[Config]], list[Record]]
CONTEXT = multiprocessing.get_context("spawn")
NAME = "worker of a sweep"
#: Seconds between two looks at workers that are silent, and those that an idle one has to end in.
PULSE, PATIENCE = 1.0, 5.0

_serving = False


def serve(connection: Connection, job: Job) -> None:
    """What a worker does: answer with records until there is nobody to answer to.

    It leads a process group of its own: Ctrl-C in a terminal goes to the process that sweeps,
    and what a run has started can be ended with it.
    """
    global _serving
    _serving = True
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
    die_with_parent()
    configs: list[Config] | None = []  # first of all look at the code, so that no run's time is spent on that
    with contextlib.suppress(EOFError, OSError):
        while configs is not None:
            # Errors go as words: one of somebody's own class might not survive the journey.
            try:
                answer = ("records", job(configs))
            except SweepError as error:
                answer = ("stop", str(error))
            except KeyboardInterrupt:
                answer = ("interrupt", None)
            connection.send(answer)
            configs = connection.recv()


def refuse_to_start_within_a_start() -> None:
    """Stop a program that calls `sweep` where a worker only imports it.

    Raises
    ------
    SweepError
        In a worker that has not begun to serve.
    """
    if multiprocessing.current_process().name == NAME and not _serving:
        program = getattr(sys.modules.get("__mp_main__"), "__file__", None) or "the program"
        raise SweepError(
            f"{program} calls sweep while a worker imports it, as each worker does: put the call, and what else "
            "the program does, under `if __name__ == '__main__':`"
        )


def refuse_what_cannot_be_imported() -> None:
    """Say beforehand that no worker could start.

    Raises
    ------
    SweepError
        If the program was read from standard input.
    """
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    if getattr(main, "__spec__", None) is None and path and not Path(path).exists():
        raise SweepError(
            f"this program is {path}, which is no file that a worker could import: save it as one, or pass an "
            "executor that runs here, such as concurrent.futures.ThreadPoolExecutor"
        )


def in_words(exitcode: int | None) -> str:
    """How a process ended."""
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name if -exitcode in set(signal.Signals) else f"signal {-exitcode}"
        return f"was killed by {name}{' (out of memory?)' if name == 'SIGKILL' else ''}"
    return "let go of its pipe" if exitcode is None else f"ended itself with exit code {exitcode}"


class Worker:
    """A process that does one task at a time.

    Attributes
    ----------
    task
        What it is at, if anything.
    alone
        Whether this is the second try of the task, with nothing else running.
    """

    def __init__(self, job: Job) -> None:
        self.connection, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=serve, args=(theirs, job), name=NAME)
        self.process.start()
        theirs.close()
        self.ready = False
        self.task: Task = []
        self.alone = False
        self.deadline = float("inf")

    def give(self, task: Task, configs: list[Config], timeout: float | None, alone: bool) -> None:
        """Hand it a task; that it died meanwhile is noticed later."""
        self.task, self.alone = task, alone
        self.deadline = time.monotonic() + timeout * len(task) if timeout else float("inf")
        with contextlib.suppress(OSError):
            self.connection.send(configs)

    def heard(self) -> tuple[str, Any] | None:
        """What it says, None if nothing; `("gone", how)` if it has ended."""
        try:
            if self.connection.poll():
                return self.connection.recv()
        except (EOFError, OSError):
            self.process.join(PULSE)
            return "gone", in_words(self.process.exitcode)
        return None if self.process.exitcode is None else ("gone", in_words(self.process.exitcode))

    def dismiss(self) -> None:
        """Tell it that there will be nothing more to do."""
        with contextlib.suppress(OSError):
            self.connection.send(None)

    def end(self) -> None:
        """End it, and what its run has started: at once if it is at a task, else as it likes, for a while."""
        if self.ready and not self.task:
            self.process.join(PATIENCE)
        self.connection.close()
        if self.process.exitcode is None:
            with contextlib.suppress(OSError, AttributeError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
        self.process.join()


def locally(
    job: Job,
    tasks: list[Task],
    configs: dict[str, Config],
    workers: int,
    timeout: float | None,
    waiting: Callable[[], contextlib.AbstractContextManager],
) -> Outcomes:
    """Do tasks in processes of this machine, and go on when one of them is killed or takes too long.

    The task of a worker that ended is done once more, one configuration at a time, when nothing
    else runs: it may have been somebody else's memory.

    Raises
    ------
    SweepError
        If a worker does not even start, or has other code or data.
    KeyboardInterrupt
        If a person stops it; what had finished comes before.
    """
    first, again = deque(tasks), deque()
    crew: list[Worker] = []
    try:
        crew.extend(Worker(job) for _ in range(workers))
        while first or again or any(worker.task for worker in crew):
            for worker in crew:
                if worker.ready and not worker.task:
                    if first:
                        task, alone = first.popleft(), False
                    elif again and not any(other.task for other in crew):
                        task, alone = again.popleft(), True
                    else:
                        continue
                    worker.give(task, [configs[key] for key in task], timeout, alone)
            try:
                with waiting():
                    left = min(worker.deadline for worker in crew) - time.monotonic()
                    wait([worker.connection for worker in crew], max(0.0, min(PULSE, left)))
            except KeyboardInterrupt:
                for worker in crew:
                    if worker.task and (said := worker.heard()) and said[0] == "records":
                        task, worker.task = worker.task, []
                        yield task, said[1]
                raise
            for place, worker in enumerate(crew):
                said = worker.heard()
                if said is None and time.monotonic() < worker.deadline:
                    continue
                kind, what = said or ("late", None)
                task, ready = worker.task, worker.ready
                if kind in ("gone", "late"):
                    worker.end()
                    if not ready:
                        raise SweepError(
                            f"a worker {what} before it could begin; what it said of that stands above"
                        )
                    crew[place] = Worker(job)
                worker.ready, worker.task, worker.deadline = True, [], float("inf")
                if kind == "stop":
                    raise SweepError(what)
                if kind == "interrupt":
                    raise KeyboardInterrupt
                if not task:
                    continue
                if kind == "records":
                    yield task, what
                elif kind == "late" and len(task) == 1:
                    error = TimeoutError(f"the run was stopped: it took longer than {timeout:g} s")
                    yield task, [failed(error, timeout)]
                elif worker.alone:
                    yield task, [failed(SweepError(f"the worker {what}, twice"))]
                else:
                    (first if kind == "late" else again).extend([key] for key in task)
    finally:
        for worker in crew:
            worker.dismiss()
        for worker in crew:
            worker.end()
