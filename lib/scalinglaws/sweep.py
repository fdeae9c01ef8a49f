"""Many runs of one function: crash-safe, resumable, on any `concurrent.futures.Executor`.

`sweep(fn, grid, store="x.sqlite")` runs `fn(**config)` for each configuration that the store
lacks and returns a table with one row a run. A run is known by its key (`scalinglaws.keys`):
a change of code or data makes it new. Each finished run is committed at once
(`scalinglaws.store`). A failure is a row too, and is tried again the next time.

Without an executor the runs go to processes of this machine, started with *spawn*, one
BLAS thread each. Past one machine pass an executor, for instance Dask's
`Client(address).get_executor(pure=False)`; `scalinglaws.experiments` says how to get a cluster.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import warnings
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    as_completed,
    wait,
)
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from scalinglaws import keys
from scalinglaws.store import UnreadableError, read, set_aside, writing
from scalinglaws.worker import ABOUT, Config, Record, SweepError, attempt, die_with_parent, failed

#: Keys of the configurations that run together, one as a rule.
Task = list[str]
#: Submits a task to an executor.
Submit = Callable[[Executor, Task], Future]
Outcomes = Iterator[tuple[Task, list[Record]]]


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One BLAS thread in processes started meanwhile: equal bits however many there are, no crowding."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ[name] for name in names if name in os.environ}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)


def pool(workers: int) -> ProcessPoolExecutor:
    """Spawned processes that end with this one."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=die_with_parent)


def collected(future: Future, task: Task) -> list[Record]:
    """The records of a task that has ended; one that its executor gave up is a failure.

    Raises
    ------
    SweepError, BrokenExecutor
        What concerns more than this task.
    """
    try:
        return future.result()
    except (SweepError, BrokenExecutor):
        raise
    except Exception as error:
        return [failed(error) for _ in task]


def locally(submit: Submit, tasks: list[Task], workers: int) -> Outcomes:
    """Run tasks in processes of this machine, and go on when one of them is killed.

    A killed worker breaks its pool. The pool is built anew, and the tasks that were running,
    one of which is to blame, are repeated one configuration at a time.
    """
    waiting = deque(tasks)
    while waiting:
        flying, suspects = {}, []
        with pool(workers) as executor:
            while flying or (waiting and not suspects):
                # No more in flight than can run, so that few are suspect if a worker dies.
                while waiting and not suspects and len(flying) < workers:
                    task = waiting.popleft()
                    try:
                        flying[submit(executor, task)] = task
                    except BrokenExecutor:
                        suspects.append(task)
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    task = flying.pop(future)
                    try:
                        records = collected(future, task)
                    except BrokenExecutor:
                        suspects.append(task)
                    else:
                        yield task, records
        for key in (key for task in suspects for key in task):
            with pool(1) as executor:
                try:
                    records = collected(submit(executor, [key]), [key])
                except BrokenExecutor:
                    records = [failed(SweepError("the worker was killed, twice; out of memory?"))]
            yield [key], records


def elsewhere(submit: Submit, tasks: list[Task], executor: Executor) -> Outcomes:
    """Run tasks on an executor of the caller's; if it breaks, all that it still had are failures."""
    flying = {submit(executor, task): task for task in tasks}
    try:
        for future in as_completed(flying):
            task = flying[future]
            try:
                records = collected(future, task)
            except BrokenExecutor as error:
                records = [failed(error) for _ in task]
            yield task, records
    finally:
        for future in flying:
            future.cancel()


@contextlib.contextmanager
def progress(total: int, done: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        line = bar.add_task("runs", total=total, completed=done)
        yield lambda count: bar.advance(line, count)


def cores() -> int:
    """Cores that this process may use; a batch system often grants fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def table_of(configs: dict[str, Config], found: dict[str, Record]) -> pd.DataFrame:
    """One row a run, in the order of the grid: configuration, measurements, what became of it."""
    rows = [(config, found[key].get("result", {}), found[key]) for key, config in configs.items()]
    order = [name for part in (0, 1) for row in rows for name in row[part]]
    rows = [
        config | result | {f"run_{name}": record.get(name, "") for name in ABOUT}
        for config, result, record in rows
    ]
    return pd.DataFrame(rows, columns=list(dict.fromkeys([*order, *(f"run_{name}" for name in ABOUT)])))


def sweep(
    fn: Callable[..., dict[str, Any]],
    grid: Iterable[Config],
    *,
    store: Path | str,
    executor: Executor | None = None,
    workers: int | None = None,
    pack: Callable[..., Hashable] | None = None,
    many: Callable[[list[Config]], list[dict[str, Any]]] | None = None,
    data: str = "",
) -> pd.DataFrame:
    """Run a function on every configuration of a grid that the store lacks.

    Parameters
    ----------
    fn
        Takes a configuration as keywords and returns its measured scalars, finite or None.
        At the top level of a module, so that a worker can import it.
    grid
        Configurations of plain values, each only once.
    store
        SQLite file of finished runs; made where there is none. Another sweep may use it meanwhile.
    executor
        Where the runs go; it is left open. Processes of this machine by default.
    workers
        How many processes, by default one a core; of no effect with an executor.
    pack, many
        Runs of one shape in one call, as small networks on one GPU want. `pack(**config)`:
        configurations for which it is equal go to `many(configs)`, at the top level of the
        module of `fn`, which returns their results in order. It may not matter to a result
        which others are in the call. If the call fails, each configuration goes to `fn` alone.
    data
        What else the results rest on, such as the hash of a file that `fn` reads; tables named
        in a call `load("slug")` are found without.

    Returns
    -------
    pandas.DataFrame
        One row a configuration, in the order of the grid: its values, the measurements, and
        `run_status` ("done" or "failed"), `run_message`, `run_traceback`, `run_seconds`. Failed
        runs have no measurements, and a warning counts them.

    Raises
    ------
    ValueError
        If a worker could not import the function, or the grid holds a configuration twice.
    StoreError
        If the store cannot be written.
    SweepError
        If a worker has other code or data than this process.
    """
    grid, path = list(grid), Path(store)
    rests_on = keys.foundation(fn, data)
    configs = {keys.key(config, rests_on): config for config in grid}
    if len(configs) < len(grid):
        raise ValueError("the grid holds a configuration twice")
    if (pack is None) != (many is None) or (many and keys.home(many) is not keys.home(fn)):
        raise ValueError("give both pack and many, and many from the module of fn")
    try:
        found = read(path)
    except UnreadableError as error:
        warnings.warn(f"{error}; it is kept as {set_aside(path)}, and a new one begun", stacklevel=2)
        found = {}
    todo = [key for key in configs if found.get(key, {}).get("status") != "done"]
    groups: dict[Hashable, Task] = {}
    for key in todo:
        groups.setdefault(pack(**configs[key]) if pack else key, []).append(key)
    if todo:
        # `attempt` gets the configurations themselves; their keys stay here.
        job = partial(attempt, fn, many, rests_on, data)

        def submit(where: Executor, task: Task) -> Future:
            return where.submit(job, [configs[key] for key in task])

        with writing(path) as add, progress(len(configs), len(configs) - len(todo)) as advance, one_thread():
            tasks = list(groups.values())
            if executor is None:
                outcomes = locally(submit, tasks, min(workers or cores(), len(tasks)))
            else:
                outcomes = elsewhere(submit, tasks, executor)
            with contextlib.closing(outcomes):  # if the store refuses, workers end here, not some time later
                for task, records in outcomes:
                    pairs = zip(task, records, strict=True)
                    add({key: {"config": keys.canonical(configs[key])} | record for key, record in pairs})
                    advance(len(task))
        found = read(path)  # what is served is what the store holds
    table = table_of(configs, found)
    if failures := (table["run_status"] != "done").sum():
        warnings.warn(f"{failures} of {len(table)} runs failed: see run_status and run_message", stacklevel=2)
    return table
