"""A sweep's runs on an executor of the caller's; a Dask cluster's scheduler and workers are looked after."""

from __future__ import annotations

import queue
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

from scalinglaws.sweeps.interrupts import Waiting
from scalinglaws.sweeps.pool import PULSE, Outcomes, Task
from scalinglaws.sweeps.worker import Record, SweepError, failed

#: Seconds after which a scheduler that does not answer is taken to be gone.
SILENCE = 30.0
#: Seconds until a client knows that its scheduler is gone; its futures are cancelled a little earlier.
KNOWN = 5.0


class Watch:
    """Looks after the cluster behind a Dask executor; behind any other there is nothing to look after."""

    def __init__(self, executor: Executor) -> None:
        client = getattr(executor, "_client", None)
        self.client = client if hasattr(client, "scheduler_info") else None
        self.answers: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.asked: float | None = None
        self.deserted = False

    def look(self) -> None:
        """Say once if there are no workers. Never waits.

        Raises
        ------
        SweepError
            If the scheduler is gone.
        """
        if self.client is None:
            return
        if self.client.status != "running":
            self.gone("is gone")
        if self.asked is None:
            self.asked = time.monotonic()
            threading.Thread(target=self.ask, daemon=True).start()  # it may hang if the scheduler just died
            return
        try:
            workers = self.answers.get_nowait()
        except queue.Empty:
            if time.monotonic() - self.asked > SILENCE:
                self.gone(f"has not answered for {SILENCE:.0f} s")
            return
        self.asked = None
        if not workers and not self.deserted:
            address = self.client.scheduler.address
            warnings.warn(f"the Dask scheduler at {address} has no workers: waiting for some", stacklevel=2)
        self.deserted = not workers

    def ask(self) -> None:
        """Ask the scheduler how many workers it has."""
        try:
            self.answers.put(len(self.client.scheduler_info()["workers"]))
        except Exception:
            return  # no answer says that, too

    def cancelled(self) -> None:
        """Look after a run was cancelled that we had not cancelled.

        Raises
        ------
        SweepError
            If it was because the scheduler is gone.
        """
        deadline = time.monotonic() + KNOWN
        while self.client is not None and time.monotonic() < deadline:
            if self.client.status != "running":
                self.gone("is gone")
            time.sleep(0.1)

    def gone(self, how: str) -> None:
        """Give up.

        Raises
        ------
        SweepError
            Always.
        """
        raise SweepError(
            f"the Dask scheduler {how}: what has finished is kept; start a scheduler and workers, and call "
            "again to go on from there"
        )


def collected(future: Future, count: int) -> list[Record]:
    """The records of a task that has ended; one that its executor gave up is a failure of each of its runs.

    Raises
    ------
    SweepError, KeyboardInterrupt
        What concerns more than this task.
    """
    try:
        return future.result()
    except (SweepError, KeyboardInterrupt):
        raise
    except BaseException as error:
        return [failed(error) for _ in range(count)]


def elsewhere(
    submit: Callable[[Task], Future], tasks: list[Task], executor: Executor, waiting: Waiting
) -> Outcomes:
    """Run tasks on an executor of the caller's; if it breaks, all that it still had are failures.

    Raises
    ------
    SweepError
        If a worker has other code or data, or a Dask scheduler is gone.
    KeyboardInterrupt
        If a person stops it; what had finished comes before.
    """
    flying: dict[Future, Task] = {}
    ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
    watch = Watch(executor)
    try:
        for task in tasks:
            try:
                future = submit(task)
            except BrokenExecutor as error:
                yield task, [failed(error) for _ in task]
            except RuntimeError:  # a client that is closed says so thus
                watch.look()
                raise
            else:
                flying[future] = task
                future.add_done_callback(ended.put)
        while flying:
            try:
                with waiting():
                    future = ended.get(timeout=PULSE)
            except queue.Empty:
                watch.look()
                continue
            except KeyboardInterrupt:
                while not ended.empty():
                    future = ended.get()
                    if not future.cancelled():
                        task = flying.pop(future)
                        yield task, collected(future, len(task))
                raise
            if future.cancelled():
                watch.cancelled()
            task = flying.pop(future)
            yield task, collected(future, len(task))
    finally:
        for future in flying:
            future.cancel()


def asked(executor: Executor, question: Callable[..., str], about: Any, waiting: Waiting) -> str:
    """What a worker of an executor answers to a question.

    Raises
    ------
    SweepError
        If it cannot, or a Dask scheduler is gone.
    """
    ((_, answer),) = elsewhere(lambda _: executor.submit(question, about), [[""]], executor, waiting)
    if not isinstance(answer, str):
        raise SweepError(f"a worker could not be asked: {answer[0]['message']}")
    return answer
