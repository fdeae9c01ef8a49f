"""The best learning rate of small language models against their width, in three parametrisations.

One decoder, read bytes of Python's own library, is trained for a fixed number of steps at
each learning rate of a ladder of octaves, at widths a factor of two apart. Depth, head width,
context, batch and steps are the same at all widths, and nothing else is tuned: all that
differs between the three parametrisations is how initial weights, constants and learning
rates depend on the width (see `scalinglaws.training.decoder.Decoder`).

Two blocks. CPU scale: widths 32 to 256, 200 steps. Full scale: widths 32 to 512, 400 steps
of twice the batch; on a GPU all rates and seeds of one shape train together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from replications.width_transfer.arms import BASE_WIDTH, MEASURED, WINDOW_SEED, WINDOWS
from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training import loop
from scalinglaws.training.bytewise import shape_of, tokens
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.packed import train_together
from scalinglaws.training.texts import python_library

SLUG = "width_transfer_rates"
SLUG_CI = "width_transfer"
TEXT = python_library
TITLE = "Held-out loss of byte-level decoders against learning rate and width, standard, muP and u-muP"


COLUMNS = {
    "parametrisation": {"unit": "text", "about": "standard, mup or unit (u-muP)"},
    "width": number_column("1", "width of the residual stream", 8, 8192),
    "depth": number_column("blocks", "number of blocks", 1, 64),
    "context": number_column("tokens", "length of a training sequence", 1, 4096),
    "batch": number_column("sequences", "sequences a step", 1, 1024),
    "steps": number_column("steps", "optimiser steps", 1, 1e6),
    "log2_lr": number_column("1", "base-two logarithm of the peak learning rate", -20, 10),
    "seed": number_column("integer", "seed of initial weights and data order", 0, 100),
    "lr": number_column("1", "peak learning rate, before the parametrisation scales it", 1e-6, 1e3),
    **MEASURED,
}

PARAMETRISATIONS = ("standard", "mup", "unit")


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale; at the CPU scale fewer seeds where a run is dear.

    The octaves of the learning rate were chosen by pilots, wide enough, or so it seemed there, that
    no optimum is at an end. Wider networks ask for lower ones in the standard scheme.
    """
    rates = {"standard": range(-12, -5), "mup": range(-10, -4), "unit": range(-2, 4)}
    if scale == "ci":
        seeds = {32: 4, 64: 4, 128: 2, 256: 2}
        fixed = {"depth": 2, "context": 64, "batch": 8, "steps": 200}
    else:
        rates = {"standard": range(-14, -5), "mup": range(-11, -4), "unit": range(-3, 4)}
        seeds = {32: 4, 64: 4, 128: 4, 256: 4, 512: 4}
        fixed = {"depth": 2, "context": 64, "batch": 16, "steps": 400}
    return [
        {"parametrisation": name, "width": width, **fixed, "log2_lr": octave, "seed": seed}
        for width, count in seeds.items()
        for name in PARAMETRISATIONS
        for seed in range(count)
        for octave in rates[name]
    ]


def witnesses(scale: str) -> Witnesses:
    """Every scheme at two widths and rates, twenty updates each.

    Higher rates, and the standard scheme at larger widths, magnify what another processor
    rounds differently.
    """
    plans = {
        "standard": {32: -10, 64: -9},
        "mup": {32: -9, 128: -7},
        "unit": {32: -2, 128: 0},
    }
    short = {"depth": 2, "context": 16, "batch": 4, "steps": 20}
    return Witnesses(
        [
            {"parametrisation": name, "width": width, **short, "log2_lr": octave, "seed": 0}
            for name, chosen in plans.items()
            for width, octave in chosen.items()
        ]
    )


def pack(log2_lr: int, seed: int, **shape: Any) -> tuple:
    """Rates and seeds of one shape go together on a GPU; on a CPU transformers gain nothing by it."""
    alone = () if device() == "cuda" else (log2_lr, seed)
    return (*shape.values(), *alone)


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train the decoders of one pack and test them on the held-out windows, see `run`.

    With Adam: a tenth of the steps warm up, then the rate falls to zero in a line. No weight
    decay, so that the comparison is about learning rates alone.
    """
    first = configs[0]
    shape = shape_of(first["width"], first["depth"], first["context"])
    batch, context, steps = first["batch"], first["context"], first["steps"]
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
    more = {"parametrisation": first["parametrisation"], "base_width": BASE_WIDTH}
    orders = {seed: loop.windows(text, context, batch, seed) for seed in {c["seed"] for c in configs}}
    runs = train_together(
        [Decoder(shape, c["seed"], **more).to(device()) for c in configs],
        [orders[c["seed"]] for c in configs],
        schedule,
        lrs=[2.0 ** c["log2_lr"] for c in configs],
        held_out=loop.windows(other, context, WINDOWS, WINDOW_SEED)(0),
    )
    n_tokens = batch * context * steps
    common = {
        "n_params": shape.n_params("all"),
        "n_params_matrices": shape.n_params("matrices"),
        "n_tokens": n_tokens,
        "flops": shape.flops_per_token("6N + head + attention") * n_tokens,
        "corpus": corpus,
    }
    found = []
    for config, run in zip(configs, runs, strict=True):
        loss = run.evals[-1]["loss"] if run.evals else float("nan")
        diverged = run.diverged or not loss <= 20
        row = {"lr": 2.0 ** config["log2_lr"]} | common | {"diverged": int(diverged)}
        row["train_loss"] = None if diverged else float(np.mean(run.losses[-max(1, steps // 10) :]))
        found.append(row | {"loss": None if diverged else loss})
    return found


def run(
    parametrisation: str,
    width: int,
    depth: int,
    context: int,
    batch: int,
    steps: int,
    log2_lr: int,
    seed: int,
) -> dict[str, Any]:
    """Train one decoder and test it on the held-out windows.

    Parameters
    ----------
    parametrisation
        `standard`, `mup` or `unit`.
    width, depth, context
        Shape of the decoder; heads are 16 wide.
    batch, steps
        Sequences a step, and steps.
    log2_lr
        Base-two logarithm of the peak learning rate.
    seed
        Seed of the initial weights and of the data order.
    """
    return run_many([locals()])[0]


def cost(width: int, depth: int, context: int, batch: int, steps: int, **_: Any) -> float:
    """Relative cost: FLOPs, and a little for every step whatever its width."""
    shape = shape_of(width, depth, context)
    return steps * (1e8 + shape.flops_per_token("6N + head + attention") * batch * context)


if __name__ == "__main__":
    command("replications.width_transfer.rates")
