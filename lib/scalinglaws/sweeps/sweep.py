"""Many runs of one function: crash-safe, resumable, on any `concurrent.futures.Executor`.

`sweep(fn, grid, store="x.sqlite")` runs `fn(**config)` for each configuration that the store
lacks and returns a table with one row a run. A run is known by its key (`scalinglaws.sweeps.keys`):
a change of code, data or device makes it new. Each finished run is committed at once
(`scalinglaws.sweeps.store`). A failure is a row too, and is tried again the next time.

Without an executor the runs go to processes of this machine (`scalinglaws.sweeps.pool`), started with
*spawn*, one BLAS thread each. Past one machine pass an executor, for instance Dask's
`Client(address).get_executor(pure=False)`; `scalinglaws.sweeps.command` says how to get a cluster.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from scalinglaws.sweeps import keys, pool
from scalinglaws.sweeps.cluster import asked, elsewhere
from scalinglaws.sweeps.interrupts import Waiting, held_back
from scalinglaws.sweeps.pool import Task, locally
from scalinglaws.sweeps.store import StoreError, opened, read, writing
from scalinglaws.sweeps.worker import ABOUT, Config, Record, attempt


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


def device_for(fn: Callable, code: keys.Code, executor: Executor | None, waiting: Waiting) -> str:
    """Where the runs will train, asked where they will run; empty if their code does not ask."""
    if not keys.asks_for_device(fn, code):
        return ""
    if executor is not None:
        return asked(executor, keys.device_used, fn, waiting)
    return keys.device_used(fn)


def sweep(
    fn: Callable[..., dict[str, Any]],
    grid: Iterable[Config],
    *,
    store: Path | str,
    executor: Executor | None = None,
    workers: int | None = None,
    timeout: float | None = None,
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
        Where the runs go; it is left open. Processes of this machine by default, for which a
        program needs its `if __name__ == "__main__":`.
    workers
        How many processes, by default one a core; of no effect with an executor.
    timeout
        Seconds that a run may take on this machine; then its process is replaced and the run has
        failed. An executor of the caller's has to set limits of its own.
    pack, many
        Runs of one shape in one call, as small networks on one GPU want. `pack(**config)`:
        configurations for which it is equal go to `many(configs)`, at the top level of the
        module of `fn`, which returns their results in order. It may not matter to a result
        which others are in the call. If the call fails, each configuration goes to `fn` alone.
    data
        What else the results rest on, such as the hash of a file that `fn` reads; tables that
        the code may `load` are found without, and so is every module of the function's project.

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
        If the store cannot be written, or is another kind of database.
    SweepError
        If a worker does not start, has other code, data or another device than the others, or
        a Dask scheduler is gone.
    KeyboardInterrupt
        If a person stops it. As after every other error, what has finished is in the store.
    """
    pool.refuse_to_start_within_a_start()
    grid, path = list(grid), Path(store)
    if (pack is None) != (many is None) or (many and keys.module_of(many) is not keys.module_of(fn)):
        raise ValueError("give both pack and many, and many from the module of fn")
    if timeout is not None and (executor is not None or timeout <= 0):
        raise ValueError(
            "timeout is a number of seconds, and for processes of this machine: an executor limits its runs itself"
        )
    code = keys.code_of(keys.module_of(fn))
    for unknown in code.unknown:
        warnings.warn(f"{unknown}; say what it is by `data`", stacklevel=2)
    with held_back() as waiting:
        device = device_for(fn, code, executor, waiting)
        rests_on = keys.code_and_data_hash(fn, data, device, code)
        configs = {keys.key(config, rests_on): config for config in grid}
        if len(configs) < len(grid):
            raise ValueError("the grid holds a configuration twice")
        found = opened(path)
        todo = [key for key in configs if found.get(key, {}).get("status") != "done"]
        groups: dict[Hashable, Task] = {}
        for key in todo:
            groups.setdefault(pack(**configs[key]) if pack else key, []).append(key)
        if todo:
            # `attempt` gets the configurations themselves; their keys stay here.
            job = partial(attempt, fn, many, rests_on, data, device)
            tasks = list(groups.values())
            with (
                writing(path) as add,
                progress(len(configs), len(configs) - len(todo)) as advance,
                one_thread(),
            ):
                if executor is None:
                    pool.refuse_what_cannot_be_imported()
                    count = min(workers or cores(), len(tasks))
                    outcomes = locally(job, tasks, configs, count, timeout, waiting)
                else:

                    def submit(task: Task) -> Future:
                        return executor.submit(job, [configs[key] for key in task])

                    outcomes = elsewhere(submit, tasks, executor, waiting)
                with contextlib.closing(
                    outcomes
                ):  # if the store refuses, workers end here, not some time later
                    for task, records in outcomes:
                        pairs = zip(task, records, strict=True)
                        add({key: {"config": keys.canonical(configs[key])} | record for key, record in pairs})
                        advance(len(task))
            found = read(path)  # what is served is what the store holds
    if lost := configs.keys() - found.keys():
        raise StoreError(
            f"{len(lost)} of {len(configs)} runs that were kept are not in {path} any more: it was replaced or damaged meanwhile; start again"
        )
    table = table_of(configs, found)
    if failures := (table["run_status"] != "done").sum():
        warnings.warn(f"{failures} of {len(table)} runs failed: see run_status and run_message", stacklevel=2)
    return table
