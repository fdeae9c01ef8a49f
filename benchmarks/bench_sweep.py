"""What a sweep adds to the bare executor, and how long stored runs take to load."""

from __future__ import annotations

import importlib
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from pathlib import Path
from unittest import mock

import sweep_toys as toys

RUNS = 1000
STORED = 10_000


def seconds(work) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def bench_sweep() -> list[tuple[str, float, str]]:
    """Overhead of a run in ms, on a given executor and as by default; load time in s.

    Those of the default are forked from a server that has imported everything, since starting
    processes has nothing to do with the number of runs; the executor's are already started. The
    best of three counts, the times being a few tenths of a second.
    """
    module = importlib.import_module("scalinglaws.sweeps.sweep")
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["sweep_toys", "scalinglaws.sweeps.sweep"])
    grid = [{"x": x} for x in range(STORED)]
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2, mp_context=server) as executor:

        def bare() -> None:
            for future in as_completed([executor.submit(toys.noop, **config) for config in grid[:RUNS]]):
                future.result()

        def ours(name: str, runs: int = RUNS, **options) -> float:
            place = Path(folder) / name
            return seconds(lambda: module.sweep(toys.noop, grid[:runs], store=place, **options))

        bare()  # starts the workers
        ours("first", executor=executor)  # and has them look at their code
        without = min(seconds(bare) for _ in range(3))
        given = min(ours(f"given{k}", executor=executor) for k in range(3))
        with mock.patch.object(module.pool, "CONTEXT", server):
            default = min(ours(f"default{k}", workers=2) for k in range(3))
        with ThreadPoolExecutor(1) as here:
            ours("stored", STORED, executor=here)
            load = min(ours("stored", STORED, executor=here) for _ in range(3))
    return [
        ("sweep: overhead over the bare executor", 1000 * (given - without) / RUNS, "ms a run"),
        ("sweep: overhead of the default processes", 1000 * (default - without) / RUNS, "ms a run"),
        (f"sweep: load {STORED:,} stored runs", load, "s"),
    ]
