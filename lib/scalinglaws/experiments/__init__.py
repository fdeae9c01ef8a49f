"""Runs of our own: one module a finding, one row a run, one command to make them all.

An experiment is a module with

- `SLUG`, `TITLE`: the name of its table in `data/runs/` and what it holds;
- `COLUMNS`: name -> `{"unit", "about"}` and, for numbers, `"min"` and `"max"`;
- `grid(scale) -> list[dict]`: the configurations, plain scalars, in the table's order;
- `run(**config) -> dict`: one run, its measured scalars;
- `cost(**config) -> float`: relative cost, so that the cheapest rows can be found;
- `SPREAD`: measured name -> standard deviation over seeds, the scale on which a
  repeated run may differ on another machine;
- where it uses an accelerator, `device() -> str`: "cuda" or "cpu", as its runs choose.

`python -m scalinglaws.experiments.<name> --scale full` calls `command`, which resumes
where an earlier call stopped. Needs numpy, scipy, pandas and torch only.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib
import importlib.metadata
import json
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from scalinglaws import tables

PACKAGE = Path(__file__).resolve().parents[1]
#: Files that do not change what a run computes.
BOOKKEEPING = {Path(__file__).resolve()} | {PACKAGE / f"{name}.py" for name in ("__init__", "tables")}


def modules_of(path: Path, seen: frozenset[Path] = frozenset()) -> frozenset[Path]:
    """The files of this package that a file imports, itself included, in any number of steps."""
    if path in seen:
        return seen
    seen |= {path}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scalinglaws"):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("scalinglaws.")]
        for name in names:
            place = PACKAGE.joinpath(*name.split(".")[1:])
            for file in (place.with_suffix(".py"), place / "__init__.py"):
                if file.is_file() and file not in BOOKKEEPING:
                    seen = modules_of(file, seen)
    return seen


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is a bare string, such as a docstring."""
    return isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str)


def code_hash(module: ModuleType) -> str:
    """Hash of the code that a run's numbers rest on; comments, docstrings and layout do not count."""
    digest = hashlib.sha256()
    for path in sorted(modules_of(Path(module.__file__).resolve())):
        digest.update(path.relative_to(PACKAGE).as_posix().encode())
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and is_text(body[0]):
                body[0].value.value = ""
        digest.update(ast.dump(tree).encode())
    return digest.hexdigest()


def device_name(device: str = "cpu") -> str:
    """What the runs ran on, in words."""
    if device.startswith("cuda"):
        import torch

        return f"{torch.cuda.get_device_name()} ({platform.machine()})"
    return f"{os.cpu_count()} CPU cores ({platform.machine()})"


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    found = {"python": platform.python_version()}
    for name in ("numpy", "scipy", "torch"):
        try:
            found[name] = importlib.metadata.version(name).split("+")[0]
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def one_run(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """Run one configuration in this process; what a worker is asked to do."""
    started = time.perf_counter()
    measured = importlib.import_module(name).run(**config)
    return config | measured | {"_seconds": time.perf_counter() - started}


def execute(name: str, configs: list[dict[str, Any]], store: Path, workers: int) -> list[dict[str, Any]]:
    """Run the configurations that the store lacks; each finished run is one line of it.

    Parameters
    ----------
    name
        Module of the experiment.
    configs
        The grid.
    store
        A JSON-lines file; lines torn by a kill are dropped and those runs repeated.
    workers
        Processes, started with *spawn*; 1 runs in this process.
    """
    done: dict[str, dict[str, Any]] = {}
    if store.is_file():
        for line in store.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue
            done[entry["key"]] = entry["row"]
    code = code_hash(importlib.import_module(name))

    def key(config: dict[str, Any]) -> str:
        return hashlib.sha256(json.dumps([code, config], sort_keys=True).encode()).hexdigest()

    todo = [config for config in configs if key(config) not in done]
    store.parent.mkdir(parents=True, exist_ok=True)
    with store.open("a", encoding="utf-8") as file:

        def keep(config: dict[str, Any], row: dict[str, Any]) -> None:
            done[key(config)] = row
            file.write("\n" * (file.tell() > 0) + json.dumps({"key": key(config), "row": row}))
            file.flush()
            if sys.stderr.isatty():
                print(f"{len(done)} of {len(configs)} runs", file=sys.stderr, end="\r")

        if workers == 1:
            for config in todo:
                keep(config, one_run(name, config))
        else:
            with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
                futures = {pool.submit(one_run, name, config): config for config in todo}
                for future in as_completed(futures):
                    keep(futures[future], future.result())
    return [done[key(config)] for config in configs]


def command(name: str) -> None:
    """The command line of an experiment: run its grid and write its table.

    Parameters
    ----------
    name
        Module of the experiment, as `__spec__.name` gives it.
    """
    module = importlib.import_module(name)
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=module.TITLE)
    parser.add_argument("--scale", choices=("ci", "full"), default="ci")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--store", type=Path, help="where finished runs are kept, to resume from")
    parser.add_argument("--output", type=Path, help="folder of the table (default: data/runs/SLUG)")
    options = parser.parse_args()
    slug = module.SLUG if options.scale == "full" or not hasattr(module, "SLUG_CI") else module.SLUG_CI
    store = options.store or Path("out") / "stores" / f"{slug}.jsonl"
    if options.workers > 1:
        os.environ["OMP_NUM_THREADS"] = "1"
    rows = execute(name, module.grid(options.scale), store, options.workers)
    seconds = sum(row["_seconds"] for row in rows)
    about = {
        "title": module.TITLE,
        "module": name,
        "command": f"python -m {name} --scale {options.scale}",
        "scale": options.scale,
        "device": device_name(module.device() if hasattr(module, "device") else "cpu"),
        "versions": versions(),
        "seeds": ", ".join(str(s) for s in sorted({row["seed"] for row in rows})),
        "seconds": round(seconds, 1),
        "code": code_hash(module),
        "spread": module.SPREAD,
        "columns": module.COLUMNS,
    }
    folder = options.output or tables.data_folder() / "runs" / slug
    tables.save(folder, pd.DataFrame(rows)[list(module.COLUMNS)], about)
    print(f"{len(rows)} runs, {seconds:.0f} s of work, written to {folder}")
