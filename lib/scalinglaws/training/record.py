"""What a training run keeps of itself: its record and its description of itself."""

from __future__ import annotations

import functools
import importlib
import math
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import nn

from scalinglaws.machine import device_name, versions
from scalinglaws.sweeps.keys import code_hash


@dataclass
class Run:
    """What a training run recorded.

    Attributes
    ----------
    losses
        Training loss (nats a target) of each step, before its update.
    lrs
        Learning rate of each step, for weights whose rate has no factor of its own.
    evals
        One entry an evaluation: `step` (updates done), `loss` and, with averaging, `ema_loss`,
        in nats a target on the held-out set.
    diverged
        Whether the loss ceased to be a number, or passed `stop_above`; the run ends there.
    ema
        The averaged model, or None.
    about
        The run's description of itself, see `describe`.
    """

    losses: list[float] = field(default_factory=list)
    lrs: list[float] = field(default_factory=list)
    evals: list[dict[str, float]] = field(default_factory=list)
    diverged: bool = False
    ema: nn.Module | None = None
    about: dict[str, Any] = field(default_factory=dict)


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was asked to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@functools.cache
def peak_flops(device: torch.device, precision: str) -> float:
    """FLOP/s of a large matrix product on this device, the best of a few: measured, not the data sheet's."""
    side = 8192 if device.type == "cuda" else 1024
    dtype = {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]
    a = torch.ones(side, side, device=device, dtype=dtype)
    best = math.inf
    for _ in range(6):
        synchronise(device)
        started = time.perf_counter()
        a @ a
        synchronise(device)
        best = min(best, time.perf_counter() - started)
    return 2.0 * side**3 / best


@functools.cache
def hashed(name: str) -> str:
    """Hash of a module's code and of what it imports from this library."""
    return code_hash(importlib.import_module(name))


def describe(
    model: nn.Module,
    config: Any,
    device: torch.device,
    targets: int,
    seconds: float,
    flops_per_target: float,
    module: str = "scalinglaws.training.loop",
) -> dict[str, Any]:
    """A run's description of itself, in what JSON can hold.

    Parameters
    ----------
    model
        The model; a transformer's shape says its FLOPs a target if they are not given.
    config
        The run's `TrainConfig`.
    device
        Where it ran.
    targets, seconds
        Targets (tokens, or examples) trained on by this process, and the time it took,
        evaluation and checkpoints left out.
    flops_per_target
        Training FLOPs a target; zero if unknown.
    module
        Module of the loop.

    Returns
    -------
    dict
        `config`, `seed`, `n_params`, `code` (hash of each module of this library and all it
        imports), `versions`, `device`, `threads`, `targets`, `seconds`, `targets_per_s`, and
        `flops_per_s` with its `share_of_peak` where the FLOPs are known.
    """
    modules = [name for name in (module, type(model).__module__) if name.startswith("scalinglaws")]
    if not flops_per_target and hasattr(model, "shape"):
        flops_per_target = model.shape.flops_per_token("6N + head + attention")
    rate = targets / seconds if seconds else None
    flops = rate * flops_per_target if rate and flops_per_target else None
    return {
        "config": asdict(config),
        "seed": config.seed,
        "n_params": sum(p.numel() for p in model.parameters()),
        "code": {name: hashed(name) for name in modules},
        "versions": versions(),
        "device": device_name(device.type),
        "threads": torch.get_num_threads(),
        "targets": targets,
        "seconds": seconds,
        "targets_per_s": rate,
        "flops_per_s": flops,
        "share_of_peak": flops / peak_flops(device, config.precision) if flops else None,
    }
