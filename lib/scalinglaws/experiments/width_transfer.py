"""The best learning rate of small language models against their width, in three parametrisations.

One decoder, read bytes of Python's own library, is trained for a fixed number of steps at
each learning rate of a ladder of octaves, at widths a factor of two apart. Depth, head width,
context, batch and steps are the same at all widths, and nothing else is tuned: all that
differs between the three parametrisations is how initial weights, constants and learning
rates depend on the width (see `scalinglaws.transformer.Decoder`).

CPU scale: widths 32 to 256, two blocks. Full scale: widths 128 to 1024, four blocks, on a
GPU if there is one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch

from scalinglaws import training
from scalinglaws.corpora import byte_tokens, python_library
from scalinglaws.counting import Transformer
from scalinglaws.experiments import command
from scalinglaws.transformer import Decoder

SLUG = "width_transfer_full"
SLUG_CI = "width_transfer"
TITLE = "Held-out loss of byte-level decoders against learning rate and width, standard, muP and u-muP"


def _number(unit: str, about: str, low: float, high: float, **more: bool) -> dict[str, Any]:
    return {"unit": unit, "about": about, "min": low, "max": high, **more}


COLUMNS = {
    "parametrisation": {"unit": "text", "about": "standard, mup or unit (u-muP)"},
    "width": _number("1", "width of the residual stream", 8, 8192),
    "depth": _number("blocks", "number of blocks", 1, 64),
    "context": _number("tokens", "length of a training sequence", 1, 4096),
    "batch": _number("sequences", "sequences a step", 1, 1024),
    "steps": _number("steps", "optimiser steps", 1, 1e6),
    "log2_lr": _number("1", "base-two logarithm of the peak learning rate", -20, 10),
    "seed": _number("integer", "seed of initial weights and data order", 0, 100),
    "lr": _number("1", "peak learning rate, before the parametrisation scales it", 1e-6, 1e3),
    "n_params": _number("1", "all weights, embedding and head included", 1, 1e12),
    "n_params_matrices": _number("1", "weights of the blocks' matrices alone", 1, 1e12),
    "n_tokens": _number("bytes", "training tokens", 1, 1e12),
    "flops": _number("FLOP", "training FLOPs: 6N, head and attention", 1, 1e24),
    "diverged": _number("1", "1 if the training loss passed 20 nats or ceased to be a number", 0, 1),
    "train_loss": _number("nats/byte", "training loss, mean of the last tenth", 0, 20, missing=True),
    "loss": _number("nats/byte", "loss on fixed held-out windows", 0, 20, missing=True),
}
#: Standard deviation over seeds of the cheapest rows, rounded up.
SPREAD = {"train_loss": 0.03, "loss": 0.03}

PARAMETRISATIONS = ("standard", "mup", "unit")
HEAD_WIDTH = 16
#: Width at which muP starts and learns as the standard parametrisation does.
BASE_WIDTH = 64
#: Fraction of documents held out, and windows drawn from them, the same for every run.
APART, WINDOWS, WINDOW_SEED = 0.05, 128, 2_000_000
#: Octaves of the learning rate, chosen by a pilot of one seed at two widths: wide enough, or so
#: it seemed there, that no optimum is at an end. Wider networks ask for lower ones in the standard scheme.
RATES = {
    "ci": {"standard": range(-12, -5), "mup": range(-10, -4), "unit": range(-2, 4)},
    "full": {"standard": range(-14, -6), "mup": range(-10, -4), "unit": range(-3, 4)},
}


def device() -> str:
    """`cuda` if there is one, else `cpu` with one thread, where equal seeds give equal bits."""
    if torch.cuda.is_available():
        return "cuda"
    torch.set_num_threads(1)
    return "cpu"


@lru_cache(maxsize=1)
def tokens() -> tuple[torch.Tensor, torch.Tensor]:
    """Bytes of the training documents and of the held-out ones."""
    parts = python_library().split(APART)
    return tuple(torch.from_numpy(byte_tokens(part).copy()).to(device()) for part in parts)


def shape_of(width: int, depth: int, context: int) -> Transformer:
    """A decoder with rotary positions, no biases and a head of its own, as all three schemes can have it."""
    return Transformer(
        width=width,
        depth=depth,
        vocabulary=256,
        context=context,
        heads=width // HEAD_WIDTH,
        tied_head=False,
        learned_positions=False,
        biases=False,
    )


def fit(model: Decoder, *, batch: int, steps: int, lr: float, seed: int) -> training.Run:
    """Train a decoder with Adam: a tenth of the steps warm up, then the rate falls to zero in a line.

    No weight decay, so that the comparison is about learning rates alone.
    """
    context = model.shape.context
    text, other = tokens()
    config = training.TrainConfig(
        steps=steps,
        lr=lr,
        weight_decay=0.0,
        betas=(0.9, 0.99),
        schedule="linear",
        warmup=max(1, steps // 10),
        stop_above=20.0,
    )
    held_out = training.windows(other, context, WINDOWS, WINDOW_SEED)(0)
    return training.train(model, training.windows(text, context, batch, seed), config, held_out=held_out)


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale; fewer seeds where a run is dear."""
    if scale == "ci":
        seeds = {32: 4, 64: 4, 128: 2, 256: 2}
        fixed = {"depth": 2, "context": 64, "batch": 8, "steps": 200}
    else:
        seeds = dict.fromkeys((128, 256, 512, 1024), 3)
        fixed = {"depth": 4, "context": 128, "batch": 16, "steps": 800}
    return [
        {"parametrisation": name, "width": width, **fixed, "log2_lr": octave, "seed": seed}
        for seed in range(max(seeds.values()))
        for width, count in seeds.items()
        if seed < count
        for name in PARAMETRISATIONS
        for octave in RATES[scale][name]
    ]


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
    shape = shape_of(width, depth, context)
    model = Decoder(shape, seed, parametrisation=parametrisation, base_width=BASE_WIDTH).to(device())
    done = fit(model, batch=batch, steps=steps, lr=2.0**log2_lr, seed=seed)
    n_tokens = batch * context * steps
    found = done.evals[-1]["loss"] if done.evals else float("nan")
    diverged = done.diverged or not np.isfinite(found) or found > 20
    return {
        "lr": 2.0**log2_lr,
        "n_params": shape.n_params("all"),
        "n_params_matrices": shape.n_params("matrices"),
        "n_tokens": n_tokens,
        "flops": shape.flops_per_token("6N + head + attention") * n_tokens,
        "diverged": int(diverged),
        "train_loss": None if diverged else float(np.mean(done.losses[-max(1, steps // 10) :])),
        "loss": None if diverged else found,
    }


def cost(width: int, depth: int, context: int, batch: int, steps: int, **_: Any) -> float:
    """Relative cost: FLOPs, and a little for every step whatever its width."""
    shape = shape_of(width, depth, context)
    return steps * (1e8 + shape.flops_per_token("6N + head + attention") * batch * context)


if __name__ == "__main__":
    command("scalinglaws.experiments.width_transfer")
