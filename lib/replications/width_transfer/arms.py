"""The best learning rate of small language models against their width, in five arms.

One decoder of two blocks reads bytes of Python's own library for a fixed number of updates at
each learning rate of a ladder of octaves, at widths a factor of two apart. Heads are 16 wide,
so that attention is scaled alike at all widths. What differs between the arms is how initial
weights, constants and learning rates depend on the width d:

- `standard 0.02`: weights of sd 0.02 at all widths, one learning rate;
- `standard fan-in`: weights of sd 1 / sqrt(fan in), the embedding's of sd 1, one learning rate;
- `mup matched`: muP that is the very network of `standard fan-in` at width 64: weights,
  attention scores and logits; from there the matrices of the blocks learn at 1 / d, and logits
  are divided by d / 64;
- `mup 0.02`: muP that shares its weights with `standard 0.02` at width 64, not its attention
  scores, which are divided by the head's width and not by the root of it;
- `u-mup`: the unit-scaled parametrisation.

Sources: Yang et al. (2022), arXiv:2203.03466, table 8; Blake et al. (2024), arXiv:2407.17465.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from scalinglaws.counting import Transformer
from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training import loop
from scalinglaws.training.bytewise import shape_of, tokens
from scalinglaws.training.classifiers import seeded
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.packed import train_together
from scalinglaws.training.texts import python_library

SLUG = "width_transfer_arms"
SLUG_CI = "width_transfer_arms_small"
TEXT = python_library
TITLE = "Held-out loss of byte-level decoders against learning rate and width, five ways to scale with width"

#: Arm -> parametrisation of the decoder, and whether its weights start by their fan in.
ARMS = {
    "standard 0.02": ("standard", False),
    "standard fan-in": ("standard", True),
    "mup matched": ("mup", True),
    "mup 0.02": ("mup", False),
    "u-mup": ("unit", False),
}
#: Octaves of the peak learning rate: from two below the lowest optimum to two above the highest, see `grid`.
OCTAVES = {
    "standard 0.02": range(-13, -3),
    "standard fan-in": range(-12, -2),
    "mup matched": range(-9, -2),
    "mup 0.02": range(-10, -3),
    "u-mup": range(-2, 4),
}
DEPTH, CONTEXT = 2, 64
#: Width at which muP starts and learns as the standard parametrisation does.
BASE_WIDTH = 64
#: Held-out windows, the same for every run.
WINDOWS, WINDOW_SEED = 128, 2_000_000

COLUMNS = {
    "arm": {"unit": "text", "about": "how start, constants and rates depend on the width"},
    "width": number_column("1", "width of the residual stream", 8, 8192),
    "batch": number_column("sequences", "sequences of 64 bytes a step", 1, 1024),
    "steps": number_column("steps", "optimiser steps", 1, 1e6),
    "log2_lr": number_column("1", "base-two logarithm of the peak learning rate", -20, 10),
    "seed": number_column("integer", "seed of initial weights and data order", 0, 100),
    "lr": number_column("1", "peak learning rate, before the arm scales it", 1e-6, 1e3),
    "n_params": number_column("1", "all weights, embedding and head included", 1, 1e12),
    "n_params_matrices": number_column("1", "weights of the blocks' matrices alone", 1, 1e12),
    "n_tokens": number_column("bytes", "training tokens", 1, 1e12),
    "flops": number_column("FLOP", "training FLOPs: 6N, head and attention", 1, 1e24),
    "corpus": {"unit": "text", "about": "first 12 hex digits of the text's sha256"},
    "diverged": number_column("1", "1 if the training loss passed 20 nats or ceased to be a number", 0, 1),
    "train_loss": number_column("nats/byte", "training loss, mean of the last tenth", 0, 20, missing=True),
    "loss": number_column("nats/byte", "loss on fixed held-out windows", 0, 20, missing=True),
}


def shape(width: int) -> Transformer:
    """The decoder of a width."""
    return shape_of(width, DEPTH, CONTEXT)


def decoder(arm: str, width: int, seed: int) -> Decoder:
    """A fresh decoder of an arm.

    Raises
    ------
    ValueError
        If the arm is unknown.
    """
    if arm not in ARMS:
        raise ValueError(f"unknown arm {arm!r}; there are: {', '.join(ARMS)}")
    parametrisation, by_fan_in = ARMS[arm]
    model = Decoder(shape(width), seed, parametrisation=parametrisation, base_width=BASE_WIDTH)
    if by_fan_in:
        start_by_fan_in(model, seed)
    return model


@torch.no_grad()
def start_by_fan_in(model: Decoder, seed: int) -> None:
    """Draw weights of sd 1 / sqrt(fan in) in place, and scale attention scores by the root of the head's width.

    A byte chooses one row of the embedding, so that its fan in is one. Matrices that write to
    the residual stream are divided by sqrt(2 depth), as GPT-2's. A muP head keeps the start of
    the base width, since its logits are divided by the ratio of widths.
    """
    with seeded(seed):
        for name, weight in model.named_parameters():
            if weight.ndim < 2:
                continue
            fan_in = 1.0 if name.startswith("embedding") else weight.shape[1]
            if name.startswith("head"):
                fan_in /= model.ratio
            branches = 2 * model.shape.depth if name.endswith(("project.weight", "down.weight")) else 1
            weight.normal_(0.0, 1 / math.sqrt(fan_in * branches))
    for block in model.blocks:
        block.temperature = block.head_width**-0.5


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale; the widest come last, so that a sweep cut short is of use.

    The octaves were chosen by pilots (see `data/claims/24_width_transfer.toml`).
    """
    if scale == "ci":
        widths, fixed = (16, 32, 64, 128, 256), {"batch": 8, "steps": 200}
    else:
        widths, fixed = (32, 64, 128, 256, 512), {"batch": 16, "steps": 400}
    return [
        {"arm": arm, "width": width, **fixed, "log2_lr": octave, "seed": seed}
        for width in widths
        for arm in ARMS
        for seed in range(3)
        for octave in OCTAVES[arm]
    ]


def witnesses(scale: str) -> Witnesses:
    """Every arm below and above the base width, twenty updates each, at a low rate, which magnifies little."""
    return Witnesses(
        [
            {"arm": arm, "width": width, "batch": 2, "steps": 20, "log2_lr": octaves[1], "seed": 0}
            for arm, octaves in OCTAVES.items()
            for width in (32, 128)
        ]
    )


def pack(log2_lr: int, seed: int, **rest: Any) -> tuple:
    """Rates and seeds of one shape go together on a GPU; on a CPU transformers gain nothing by it."""
    alone = () if device() == "cuda" else (log2_lr, seed)
    return (*rest.values(), *alone)


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train the decoders of one pack and test them on the held-out windows, see `run`."""
    return trained([decoder(c["arm"], c["width"], c["seed"]) for c in configs], configs)


def trained(models: list[Decoder], configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train decoders of one width, batch and length, and test them on the held-out windows.

    With Adam: a tenth of the steps warm up, then the rate falls to zero in a line. No weight
    decay, so that the comparison is about learning rates alone.

    Parameters
    ----------
    models
        Fresh decoders, one a configuration.
    configs
        `width`, `batch`, `steps`, `log2_lr` and `seed` of each; the first three are the same in all.

    Returns
    -------
    list of dict
        Of each, the columns from `lr` on, see `COLUMNS`.
    """
    width, batch, steps = (configs[0][name] for name in ("width", "batch", "steps"))
    text, other, corpus = tokens()
    schedule = loop.TrainConfig(
        steps=steps,
        lr=1.0,
        weight_decay=0.0,
        betas=(0.9, 0.99),
        schedule="linear",
        warmup=max(1, steps // 10),
        stop_above=20.0,
    )
    orders = {seed: loop.windows(text, CONTEXT, batch, seed) for seed in {c["seed"] for c in configs}}
    runs = train_together(
        [model.to(device()) for model in models],
        [orders[c["seed"]] for c in configs],
        schedule,
        lrs=[2.0 ** c["log2_lr"] for c in configs],
        held_out=loop.windows(other, CONTEXT, WINDOWS, WINDOW_SEED)(0),
    )
    size, n_tokens = shape(width), batch * CONTEXT * steps
    common = {
        "n_params": size.n_params("all"),
        "n_params_matrices": size.n_params("matrices"),
        "n_tokens": n_tokens,
        "flops": size.flops_per_token("6N + head + attention") * n_tokens,
        "corpus": corpus,
    }
    found = []
    for config, run in zip(configs, runs, strict=True):
        loss = run.evals[-1]["loss"] if run.evals else math.nan
        diverged = run.diverged or not loss <= 20
        row = {"lr": 2.0 ** config["log2_lr"]} | common | {"diverged": int(diverged)}
        row["train_loss"] = None if diverged else float(np.mean(run.losses[-max(1, steps // 10) :]))
        found.append(row | {"loss": None if diverged else loss})
    return found


def run(arm: str, width: int, batch: int, steps: int, log2_lr: int, seed: int) -> dict[str, Any]:
    """Train one decoder and test it on the held-out windows.

    Parameters
    ----------
    arm
        One of `ARMS`.
    width
        Width of the residual stream.
    batch, steps
        Sequences a step, and steps.
    log2_lr
        Base-two logarithm of the peak learning rate.
    seed
        Seed of the initial weights and of the data order.
    """
    return run_many([locals()])[0]


def cost(width: int, batch: int, steps: int, **_: Any) -> float:
    """Relative cost: FLOPs, and a little for every step whatever its width."""
    return steps * (1e8 + shape(width).flops_per_token("6N + head + attention") * batch * CONTEXT)


if __name__ == "__main__":
    command("replications.width_transfer.arms")
