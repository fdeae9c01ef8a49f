"""Runs of our own: one module a table, one row a run, one command to make them all.

An experiment is a module with

- `SLUG`, `TITLE`: the name of its table in `data/runs/` and what it holds; `SLUG_CI` where
  the table of the CI scale is kept as well;
- `COLUMNS`: name -> `{"unit", "about"}` and, for numbers, `"min"` and `"max"`;
- `grid(scale) -> list[dict]`: the configurations, plain scalars, in the table's order;
- `run(**config) -> dict`: one run, its measured scalars, finite or None;
- `cost(**config) -> float`: relative cost, for those that go first;
- `witnesses(scale) -> Witnesses`: short runs of every branch of the grid, kept beside the
  table (see `scalinglaws.sweeps.witness`), and `RECIPE`, a whole number, 1 where there is none;
- where it trains on a text, `TEXT`, a function that gives the `Corpus`;
- where it uses an accelerator, `device` (of `scalinglaws.machine`), as its runs choose it;
- where runs of one shape can go together, `pack(**config)` and `run_many(configs)`
  (see `scalinglaws.sweeps.sweep.sweep`).

`python -m replications.<stem>.<part> --scale full` calls `command`, which resumes
where an earlier call stopped, on another machine too if the store is brought there. Needs
numpy, scipy, pandas, psutil and torch only. Runs on Python's own library read that of the
interpreter; for the text of the stored tables let SCALINGLAWS_PYTHON_LIBRARY name a copy of
the folder `lib/python3.11` of Python 3.11.7.

Past one machine: `pip install 'scalinglaws[cluster]'` there and here, the same commit of
the repository on every machine (a worker with other code is refused), a Dask cluster, and

    python -m replications.<stem>.<part> --scale full --executor dask --scheduler ADDRESS

- Machines by hand: `dask scheduler` prints ADDRESS; on each machine
  `dask worker ADDRESS --nworkers 8 --nthreads 1`. One thread each: runs hold the interpreter.
- One worker a GPU: `CUDA_VISIBLE_DEVICES=0 dask worker ADDRESS --nthreads 1`, and so on.
- SLURM, from Python: `cluster = dask_jobqueue.SLURMCluster(cores=8, processes=8, memory="16GB",
  walltime="04:00:00")`, `cluster.scale(jobs=20)`; ADDRESS is `cluster.scheduler_address`. For
  GPUs `cores=1, processes=1, job_extra_directives=["--gres=gpu:1"]`. A job that ends takes its
  workers along; Dask gives what they ran to others.

The store stays with the calling process. Let that one run where it is not killed for being
long; if it is, call it again.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import pkgutil
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from types import ModuleType

import pandas as pd

from scalinglaws import repository
from scalinglaws.errors import lacking
from scalinglaws.machine import commit, device_of, merge_machines
from scalinglaws.sweeps import extension, witness
from scalinglaws.sweeps.store import StoreError
from scalinglaws.sweeps.sweep import cores, sweep
from scalinglaws.sweeps.worker import SweepError
from scalinglaws.tables import loading, schema
from scalinglaws.text import command_of, counted


def slug_of(module: ModuleType, scale: str) -> str:
    """The name of the table of a scale."""
    return module.SLUG if scale == "full" else getattr(module, "SLUG_CI", module.SLUG)


def export(
    module: ModuleType, scale: str, table: pd.DataFrame, folder: Path, former: pd.DataFrame | None = None
) -> None:
    """Write the table of a sweep, all of whose runs are done, with its provenance and its witnesses.

    Parameters
    ----------
    module, scale
        The experiment, and the scale of its grid.
    table
        The runs of `scalinglaws.sweeps.sweep.sweep`.
    folder
        Where the table goes.
    former
        The kept table that these runs extend.

    Raises
    ------
    TableError
        If a value is out of the range that `COLUMNS` gives it, or missing where it may not be.
    ValueError
        If a run failed: a table that silently lacks a row would be a wrong one.
    """
    if (table["run_status"] != "done").any():
        raise ValueError("a table with failed runs is not exported")
    name = module.__name__
    made = {
        "commit": commit(),
        "command": command_of(name, scale),
        "machines": merge_machines(table["run_machine"]),
        "seconds": round(float(table["run_seconds"].sum()), 1),
    }
    if former is not None:
        before = former.attrs["made"]
        made["machines"] = merge_machines([*extension.machines(before), *table["run_machine"]])
        made["seconds"] = round(made["seconds"] + before["seconds"], 1)
        made["extends"] = [*before.get("extends", []), before["commit"]]
        table = extension.joined(former, table, module.grid(scale))
    about = {
        "title": module.TITLE,
        "module": name,
        "scale": scale,
        "recipe": witness.recipe_of(module),
        "made": made,
        "seeds": ", ".join(str(seed) for seed in sorted(table["seed"].unique())),
    }
    if hasattr(module, "TEXT"):
        text = module.TEXT()
        about["text"] = {"source": text.source, "licence": text.licence, "sha256": text.sha256}
    loading.save(folder, table[list(module.COLUMNS)], about | {"columns": module.COLUMNS})
    if hasattr(module, "witnesses"):
        witness.write(module, scale, folder)


@contextlib.contextmanager
def dask(address: str) -> Iterator[Executor]:
    """The workers of a Dask cluster as an executor.

    Raises
    ------
    SweepError
        If there is no scheduler at the address.
    """
    from distributed import Client

    try:
        connected = Client(address)
    except (OSError, ValueError) as error:
        raise SweepError(f"no Dask scheduler answers at {address}: {error}") from error
    with connected as client:
        # Not pure: a run that failed is run again, not answered from memory.
        yield client.get_executor(pure=False)


def command_of_finding(package: str) -> None:
    """The command line of a finding: that of its table, or where it has several, which commands make them."""
    folder = importlib.import_module(package).__path__
    names = [f"{package}.{found.name}" for found in pkgutil.iter_modules(folder) if found.name != "__main__"]
    try:
        modules = [module for module in map(importlib.import_module, names) if hasattr(module, "SLUG")]
    except ModuleNotFoundError as error:
        if not (said := lacking(error)):
            raise
        sys.exit(f"error: {said}")
    if len(modules) == 1:
        command(modules[0].__name__)
        return
    for module in modules:
        print(f"{command_of(module.__name__, 'full')}\n    {module.TITLE}")


def sweep_up(folder: Path) -> None:
    """Remove what writers that were killed have left of files; one that still writes takes less than a minute."""
    for part in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            if abs(time.time() - part.stat().st_mtime) > 60:
                part.unlink()


def command(name: str) -> None:
    """The command line of an experiment: run its grid and write its table.

    The exit status is 1 if a run failed, the store could not be used, or the code makes other
    numbers than those of the table that is there and its `RECIPE` does not say so.

    Parameters
    ----------
    name
        Module of the experiment, as `__spec__.name` gives it.
    """
    module = importlib.import_module(name)
    parser = argparse.ArgumentParser(prog=f"python -m {name.removesuffix('.runs')}", description=module.TITLE)
    parser.add_argument("--scale", choices=("ci", "full"), default="ci")
    parser.add_argument("--workers", type=int, help="processes (default: one a core; one on a GPU)")
    parser.add_argument("--executor", choices=("processes", "dask"), default="processes")
    parser.add_argument("--scheduler", help="address of the Dask scheduler")
    parser.add_argument("--timeout", type=float, help="seconds that one run may take, on this machine")
    parser.add_argument("--store", type=Path, help="where finished runs are kept, to resume from")
    parser.add_argument("--output", type=Path, help="folder of the table (default: data/runs/SLUG)")
    parser.add_argument(
        "--extend", action="store_true", help="keep the table's runs, and make only those that it lacks"
    )
    options = parser.parse_args()
    if (options.executor == "dask") != bool(options.scheduler):
        parser.error("--executor dask and --scheduler ADDRESS go together")
    if options.timeout is not None and (options.scheduler or options.timeout <= 0):
        parser.error("--timeout is a number of seconds, and for runs on this machine")
    slug = slug_of(module, options.scale)
    folder = options.output or repository.data_folder() / "runs" / slug
    sweep_up(folder)
    on_gpu = device_of(module) != "cpu"
    grid, former = module.grid(options.scale), None
    try:
        if hasattr(module, "witnesses"):
            witness.check(module, options.scale, folder)
        if options.extend:
            former = extension.outgrown(module, options.scale, slug)
            grid = extension.lacking(former, grid)
    except (witness.WitnessError, schema.TableError) as error:
        sys.exit(f"error: {error}")
    try:
        with contextlib.ExitStack() as stack:
            executor = stack.enter_context(dask(options.scheduler)) if options.scheduler else None
            stack.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", ".*runs failed")  # said below, with the reasons
            table = sweep(
                module.run,
                grid,
                store=options.store or Path("out") / "stores" / f"{slug}.sqlite",
                executor=executor,
                workers=options.workers or (1 if on_gpu else cores()),
                timeout=options.timeout,
                pack=getattr(module, "pack", None),
                many=getattr(module, "run_many", None),
            )
    except (StoreError, SweepError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("stopped: what has finished is kept; the same command goes on from there", file=sys.stderr)
        sys.exit(130)
    failures = table[table["run_status"] != "done"]
    if len(failures):
        for message, count in failures["run_message"].value_counts().items():
            print(f"{count} of {counted(len(table), 'run')} failed: {message}", file=sys.stderr)
        print(failures["run_traceback"].iloc[0], file=sys.stderr)
        sys.exit("error: no table was written; the same command runs again what failed, and that only")
    export(module, options.scale, table, folder, former)
    print(f"{counted(len(table), 'run')}, {table['run_seconds'].sum():.0f} s of work, written to {folder}")
