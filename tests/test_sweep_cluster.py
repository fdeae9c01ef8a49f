"""Sweeps on a Dask cluster: workers and schedulers that die."""

from __future__ import annotations

import os
import signal
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
import sweep_toys as toys
from sweeping import GRID, command, same

from scalinglaws import store
from scalinglaws.sweep import sweep


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
    done = command(
        "--executor", "dask", "--scheduler", cluster.scheduler_address, "--output", "t", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(tmp_path / "t" / "table.csv")) == len(GRID)
