"""What a run ran on: the device in words, and the versions that its numbers depend on."""

from __future__ import annotations

import collections
import functools
import importlib.metadata
import json
import os
import platform
from collections.abc import Iterable
from types import ModuleType
from typing import Any


def device() -> str:
    """Where runs train: `cuda` if there is one, else `cpu` with one thread, where equal seeds give equal bits."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    torch.set_num_threads(1)
    return "cpu"


def device_of(module: ModuleType) -> str:
    """Where the runs of an experiment train; one that does not say trains on the CPU."""
    return module.device() if hasattr(module, "device") else "cpu"


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


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    found = {"python": platform.python_version()}
    for name in ("numpy", "scipy", "torch"):
        try:
            found[name] = importlib.metadata.version(name).split("+")[0]
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def together(machines: Iterable[str]) -> dict[str, Any]:
    """`device` and `versions` of a table from the machine of each of its runs, the most frequent first.

    Where there were several, the devices come with their numbers of runs, and each package
    with all its versions.
    """
    counts = collections.Counter(machines)
    unknown = {"device": "not recorded", "versions": {}}
    known = [(json.loads(text) if text else unknown, count) for text, count in counts.most_common()]
    devices = collections.Counter()
    found: dict[str, list[str]] = {}
    for about, count in known:
        devices[about["device"]] += count
        for name, version in about["versions"].items():
            if version not in found.setdefault(name, []):
                found[name].append(version)
    device = ", ".join(f"{name} ({count} runs)" for name, count in devices.most_common())
    return {
        "device": device if len(devices) > 1 else next(iter(devices)),
        "versions": {name: " and ".join(some) for name, some in found.items()},
    }
