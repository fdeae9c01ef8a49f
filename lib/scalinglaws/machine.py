"""What a run ran on: the device in words, and the versions that its numbers depend on."""

from __future__ import annotations

import collections
import contextlib
import functools
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from scalinglaws.text import counted

_held: list[str] = []


@contextlib.contextmanager
def on_cpu() -> Iterator[None]:
    """Meanwhile runs of this process train on the CPU, whatever else there is."""
    _held.append("cpu")
    try:
        yield
    finally:
        _held.pop()


def device() -> str:
    """Where runs train: `cuda` if there is one, else `cpu` with one thread, where equal seeds give equal bits."""
    import torch

    if torch.cuda.is_available() and not _held:
        return "cuda"
    torch.set_num_threads(1)
    return "cpu"


def device_of(module: ModuleType) -> str:
    """Where the runs of a module train, as its `device` says, a function or a plain value; else on the CPU."""
    found = getattr(module, "device", "cpu")
    found = found() if callable(found) and not isinstance(found, type) else found
    return str(found) if isinstance(found, str) or isinstance(getattr(found, "type", None), str) else "cpu"


def device_name(device: str = "cpu") -> str:
    """What the runs ran on, in words."""
    if device.startswith("cuda"):
        import torch

        return f"{torch.cuda.get_device_name()} ({platform.machine()})"
    return f"{os.cpu_count()} CPU cores ({platform.machine()})"


@functools.cache
def machine(device: str = "cpu") -> str:
    """Device and versions of this process as one line of JSON, for the record of each run."""
    return json.dumps({"device": device_name(device), "versions": versions()})


@functools.cache
def version(package: str) -> str:
    """The version of an installed package, without a local suffix; empty if it is not installed."""
    try:
        return importlib.metadata.version(package).split("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return ""


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    found = {name: version(name) for name in ("numpy", "scipy", "torch") if version(name)}
    return {"python": platform.python_version()} | found


def merge_machines(machines: Iterable[str]) -> list[dict[str, Any]]:
    """The machines of a table from the machine of each of its rows, as `machine` gives them; the busiest first.

    Returns
    -------
    list of dict
        `device`, `versions` and `rows`, how many it made.
    """
    unknown = {"device": "not recorded", "versions": {}}
    counts = collections.Counter(machines).most_common()
    return [(json.loads(text) if text else unknown) | {"rows": rows} for text, rows in counts]


def devices(machines: Iterable[dict[str, Any]]) -> str:
    """The devices of a table in words; where there were several, with their numbers of rows."""
    rows: collections.Counter[str] = collections.Counter()
    for each in machines:
        rows[each["device"]] += each["rows"]
    if len(rows) == 1:
        return next(iter(rows))
    return ", ".join(f"{name} ({counted(count, 'run')})" for name, count in rows.most_common())


def commit() -> str:
    """The commit of this checkout, with a word if the library differs from it; empty where there is no git."""
    root = Path(__file__).resolve().parents[2]

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        changed = " with changes" if git("status", "--porcelain", "--", "lib") else ""
        return git("rev-parse", "HEAD") + changed
    except (OSError, subprocess.CalledProcessError):
        return ""
