"""Checkpoints of training runs: whole or not at all, under a checksum, of this run and no other.

A checkpoint is a line with the SHA-256 of what follows it, and then what `torch.save` writes.
One whose checksum is wrong is renamed, with a warning, and the run starts anew: a damaged
number would otherwise train on unnoticed. One of another run is refused.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from scalinglaws.training.history import History

MAGIC = b"scalinglaws checkpoint, sha256 "
HEADER = len(MAGIC) + 64 + 1
#: What is restored.
Parts = tuple[nn.Module, torch.optim.Optimizer]


def header(content: bytes) -> bytes:
    """The first line of a checkpoint of this content."""
    return MAGIC + hashlib.sha256(content).hexdigest().encode() + b"\n"


def fingerprint(*tensors: torch.Tensor) -> str:
    """Hash of the shapes, types and bits of tensors, on whatever device they are."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(f"{tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def save(path: Path, config: Any, history: History, steps: int, data: dict[str, str], parts: Parts) -> None:
    """Write a checkpoint: the file is the old one or the new one, never half of it.

    Parameters
    ----------
    path
        The file.
    config
        The run's `TrainConfig`.
    history
        What it has recorded.
    steps
        Steps done.
    data
        Fingerprints of what it was trained and judged on, by name.
    parts
        Model and optimiser.
    """
    model, optimiser = parts
    state = {
        "config": asdict(config),
        "steps": steps,
        "data": data,
        "history": {name: getattr(history, name) for name in ("losses", "lrs", "evals", "diverged")},
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "random": [
            torch.get_rng_state(),
            *(torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []),
        ],
    }
    content = io.BytesIO()
    torch.save(state, content)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(header(content.getbuffer()))
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def set_aside(path: Path) -> Path:
    """Rename a file to the first free name; nothing is lost."""
    number = 1
    while (aside := path.with_name(f"{path.name}.unreadable-{number}")).exists():
        number += 1
    return path.rename(aside)


def read(path: Path) -> dict[str, Any] | None:
    """The state in a checkpoint; None, with a warning, if there is none or it is damaged.

    No code in the file is run. A damaged file is renamed. What killed processes left of files
    that they were writing is removed.
    """
    for left in path.parent.glob(f".{path.name}.*.part"):
        left.unlink(missing_ok=True)
    if not path.is_file():
        return None
    found = path.read_bytes()
    content = io.BytesIO(found[HEADER:])
    if found[:HEADER] != header(content.getbuffer()):
        warnings.warn(
            f"{path} is damaged: its checksum is wrong; it is kept as {set_aside(path).name}, and the run "
            "starts anew",
            stacklevel=3,
        )
        return None
    return torch.load(content, map_location="cpu", weights_only=True)


def resume(
    path: Path,
    state: dict[str, Any],
    config: Any,
    history: History,
    data: Callable[[int], dict[str, str]],
    parts: Parts,
) -> int:
    """Take up the state of a checkpoint and return the number of steps done.

    Parameters
    ----------
    path, state
        The file, and what `read` found in it.
    config, history, parts
        As for `save`.
    data
        Number of steps done to the fingerprints that `save` would be given then.

    Raises
    ------
    ValueError
        If it is of a run with another config, other data or another model; names what differs.
        Nothing was changed then.
    """
    model, optimiser = parts
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    kept = {name: tensor.shape for name, tensor in state["model"].items()}
    for what, ours, theirs in (
        ("another config", asdict(config), state["config"]),
        ("another model", shapes, kept),
        ("a run on other data", data(state["steps"]), state["data"]),
    ):
        if names := [name for name in ours | theirs if ours.get(name) != theirs.get(name)]:
            raise ValueError(f"{path} is a checkpoint of {what}: {', '.join(names)} differ; remove it")
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    for name, value in state["history"].items():
        setattr(history, name, value)
    torch.set_rng_state(state["random"][0])
    if torch.cuda.is_available() and len(state["random"]) > 1:
        torch.cuda.set_rng_state_all(state["random"][1:])
    return state["steps"]
