"""Sweeps on a Dask cluster: workers and schedulers that die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
import sweep_toys as toys
from sweeping import GRID, command, done, environ, same
from waiting import until

from scalinglaws.sweeps import store
from scalinglaws.sweeps.cluster import SILENCE
from scalinglaws.sweeps.sweep import sweep
from scalinglaws.sweeps.worker import SweepError


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install '.[cluster]'")
    with (
        warnings.catch_warnings(),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
    ):
        yield cluster


def test_a_dask_worker_killed_in_mid_sweep_costs_nothing(cluster, tmp_path, log, here):
    from distributed import Client

    whole = sweep(toys.run, GRID, store=tmp_path / "whole.sqlite", executor=here)
    before = len(log())

    def slowly(sleep: str) -> None:
        os.environ.update({"TOYS_SLEEP": sleep, "TOYS_LOG": str(tmp_path / "log")})

    with Client(cluster) as client, ThreadPoolExecutor(1) as killer:
        client.run(slowly, "0.1")
        victim = next(iter(client.run(os.getpid).values()))

        def kill() -> None:
            while len(log()) < before + 10:
                time.sleep(0.01)
            os.kill(victim, signal.SIGKILL)

        killed = killer.submit(kill)
        path = tmp_path / "s.sqlite"
        table = sweep(toys.run, GRID, store=path, executor=client.get_executor(pure=False))
        killed.result()
        assert victim not in client.run(os.getpid).values()
    same(table, whole)
    assert len(store.rows_of(path)) == len(GRID), "a result was counted twice"
    assert len(log()) > before + len(GRID)  # what the dead worker had in hand, and had not given


def test_the_command_line_reaches_a_cluster(cluster, tmp_path):
    ended = command(
        "--executor", "dask", "--scheduler", cluster.scheduler_address, "--output", "t", cwd=tmp_path
    )
    assert ended.returncode == 0, ended.stderr
    assert len(pd.read_csv(tmp_path / "t" / "table.csv")) == len(GRID)


@pytest.fixture
def started():
    """Start a part of a cluster as a process; `started("scheduler", "--port", "0")` gives it and its standard error."""
    pytest.importorskip("distributed", reason="Dask is not installed: pip install '.[cluster]'")
    processes = []

    def start(part: str, *words: str) -> subprocess.Popen:
        words = (sys.executable, "-m", "dask", part, "--no-dashboard", *words)
        process = subprocess.Popen(words, env=environ(TOYS_SLEEP="0.1"), stderr=subprocess.PIPE, text=True)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_cluster_without_workers_is_said_and_one_without_scheduler_ends_the_sweep(
    started, tmp_path, log, monkeypatch
):
    from distributed import Client

    scheduler = started("scheduler", "--host", "127.0.0.1", "--port", "0")
    address = next(line.split()[-1] for line in scheduler.stderr if "Scheduler at:" in line)
    threading.Thread(target=scheduler.stderr.read, daemon=True).start()
    monkeypatch.setenv("TOYS_LOG", str(tmp_path / "log"))

    def part() -> float:
        """Workers come, and after some runs the scheduler goes."""
        worker = started("worker", address, "--nthreads", "1", "--no-nanny")
        threading.Thread(target=worker.stderr.read, daemon=True).start()
        assert until(lambda: len(log()) >= 5)
        scheduler.kill()
        return time.monotonic()

    with (
        Client(address, set_as_default=False) as client,
        pytest.warns(UserWarning, match=rf"the Dask scheduler at {address} has no workers: waiting for some"),
        ThreadPoolExecutor(1) as other,
        pytest.raises(
            SweepError, match=r"the Dask scheduler is gone: what has finished is kept.*go on from there"
        ),
    ):
        assert not log()
        later = other.submit(lambda: time.sleep(3) or part())
        path = tmp_path / "s.sqlite"
        sweep(toys.run, GRID, store=path, executor=client.get_executor(pure=False))
    assert time.monotonic() - later.result() < SILENCE + 30
    assert len(done(path)) >= len(log()) - 2 > 0
