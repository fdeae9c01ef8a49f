"""What a run ran on: the device in words, and the versions that its numbers depend on."""

from __future__ import annotations

import importlib.metadata
import os
import platform


def device() -> str:
    """Where runs train: `cuda` if there is one, else `cpu` with one thread, where equal seeds give equal bits."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    torch.set_num_threads(1)
    return "cpu"


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
