"""Where AdamW leaves the matrices of a student, against its width and against the width of its teacher.

In `weight_decay` top singular values of trained matrices grow nearly as the width, where the
paper reports its power 0.75. A reason would be that the task asks for a fixed number of
directions, whatever the student's width. If it is the reason, the exponent must fall when the
teacher is as wide as the student or grows with it, and be near one when it is narrow. So here
the teacher varies and all else is as in `weight_decay`: a residual perceptron, a learning rate
that falls as 1 / width, a weight decay that grows as the root of the width, a constant rate,
and the same number of steps at all widths, which is eight times 1 / (rate x decay) at width 256
and more at others.

A teacher of `units` hidden units of absolute values has `ports` outputs and twice as many
inputs: what the student's matrices can learn is bounded by all three. Of two teachers one has
many units and few ports, to tell the two apart.

Source of the rule: Fan et al. (2025), arXiv:2510.15262.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from replications.layerwise_weight_decay import weight_decay
from replications.layerwise_weight_decay.weight_decay import (
    BATCH,
    DECAY,
    HELD_OUT,
    NOISE,
    RATE,
    WARMUP,
    WINDOW_SEED,
    Perceptron,
    gain,
    grouped,
    rates,
    squared,
    squared_each,
)
from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training import loop
from scalinglaws.training.classifiers import n_params
from scalinglaws.training.packed import train_together

SLUG = "layerwise_weight_decay_teacher"
SLUG_CI = "layerwise_weight_decay_teacher_small"
TITLE = "Singular values of a student's matrices after AdamW's training, against its width and its teacher's"

COLUMNS = {
    "width": number_column("1", "width d of the student; its matrices are d x d", 8, 8192),
    "units": number_column("1", "hidden units of the teacher", 1, 8192),
    "ports": number_column("1", "outputs of the teacher; it has twice as many inputs", 1, 8192),
    "steps": number_column("steps", "optimiser steps", 1, 1e7),
    "seed": number_column("integer", "seed of teacher, initial weights and data", 0, 100),
    **{name: weight_decay.COLUMNS[name] for name in ("lr", "weight_decay", "n_params", "diverged")},
    "loss": number_column(
        "1", "held-out squared error; the noise alone makes 0.09, the mean 1.09", 0, 100, missing=True
    ),
} | {
    f"{what}_{side}": number_column("1", f"{about} of matrices that {verb} the stream", 0, 1e4, missing=True)
    for side, verb in (("in", "read"), ("out", "write to"))
    for what, about in {
        "top": "largest singular value",
        "median": "median singular value",
        "rms": "root mean square of the entries",
        "directions": "squared sum of squared singular values over the sum of their squares",
    }.items()
}
COLUMNS["gain"] = number_column(
    "1", "RMS of an MLP sublayer's output over that of its input", 0, 1e4, missing=True
)


def teacher(units: int, ports: int, task: int, seed: int, batch: int) -> loop.Source:
    """Batches of normal inputs and the outputs of one network of absolute values, under noise.

    Units have mean nought and variance one and outputs a variance of one on average, whatever
    the teacher's width; none has a linear part.

    Parameters
    ----------
    units, ports
        Hidden units and outputs; there are twice as many inputs.
    task
        Which of the teachers of that width.
    seed, batch
        Seed and number of the examples of a step.
    """
    draw = np.random.default_rng(task)
    first, second = draw.standard_normal((2 * ports, units)), draw.standard_normal((units, ports))
    first, second = (weight / np.linalg.norm(weight, axis=0) for weight in (first, second))
    mean, sd = math.sqrt(2 / math.pi), math.sqrt(1 - 2 / math.pi)

    def source(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng([seed, step])
        x = rng.standard_normal((batch, 2 * ports))
        y = (np.abs(x @ first) - mean) / sd @ second + NOISE * rng.standard_normal((batch, ports))
        return tuple(torch.from_numpy(part.astype(np.float32)).to(device()) for part in (x, y))

    return source


@torch.no_grad()
def spectra(model: Perceptron, name: str) -> dict[str, float]:
    """What the singular values of one matrix of each block are like; geometric means over blocks."""
    found = []
    for block in model.blocks:
        weight = getattr(block, name).weight.detach().double()
        values = torch.linalg.svdvals(weight)
        squares = values.square()
        directions = squares.sum().square() / squares.square().sum()
        found.append(torch.stack([values[0], values.median(), weight.square().mean().sqrt(), directions]))
    means = torch.stack(found).log().mean(0).exp().tolist()
    return dict(zip(("top", "median", "rms", "directions"), means, strict=True))


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations: narrow and wide teachers for all students, and teachers a quarter as wide as each.

    Of the last those of widths 32, 128 and 512 are among the others. The widest students come last.
    """
    widths = (32, 64, 128, 256) if scale == "ci" else (32, 64, 128, 256, 512)
    plans = []
    for width in widths:
        teachers = [(2, 2), (8, 8), (32, 32), (128, 128), (128, 8)]
        teachers += [] if (width // 4,) * 2 in teachers else [(width // 4,) * 2]
        plans += [(width, units, ports) for units, ports in teachers]
    return [
        {"width": width, "units": units, "ports": ports, "steps": 2000, "seed": seed}
        for width, units, ports in plans
        for seed in range(3)
    ]


def witnesses(scale: str) -> Witnesses:
    """A narrow teacher, a wide one and one with few ports, off the base width; twenty updates, of which five warm up."""
    teachers = ((2, 2), (32, 32), (128, 8))
    return Witnesses(
        [{"width": 32, "units": units, "ports": ports, "steps": 20, "seed": 0} for units, ports in teachers],
        short={"WARMUP": 5},
        within={"gain": 1e-3},
    )


def pack(seed: int, **shape: Any) -> tuple:
    """Seeds of one shape go together on a GPU."""
    return (*shape.values(), None if device() == "cuda" else seed)


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train the students of one pack for some steps, then look at their matrices; see `run`."""
    width, units, ports, steps = (configs[0][name] for name in ("width", "units", "ports", "steps"))
    seeds = [config["seed"] for config in configs]
    lr, decay = rates(width, "sqrt", DECAY)
    models = [Perceptron(width, seed, 2 * ports, ports).to(device()) for seed in seeds]
    for model in models:
        model.groups = lambda model=model: grouped(model, width, decay)
    runs = train_together(
        models,
        [teacher(units, ports, seed, seed, BATCH) for seed in seeds],
        loop.TrainConfig(
            steps, RATE, weight_decay=1.0, betas=(0.9, 0.95), schedule="constant", warmup=WARMUP
        ),
        loss=squared,
        packed_loss=squared_each,
    )
    found = []
    for model, seed, run in zip(models, seeds, runs, strict=True):
        row = {"lr": lr, "weight_decay": decay, "n_params": n_params(model), "diverged": int(run.diverged)}
        if not run.diverged:
            x, y = teacher(units, ports, seed, WINDOW_SEED, HELD_OUT)(0)
            row["loss"] = loop.evaluate(model, x, y, loss=squared)
            for side, name in (("in", "up"), ("out", "down")):
                row |= {f"{what}_{side}": value for what, value in spectra(model, name).items()}
            row["gain"] = gain(model, x)
        found.append(row)
    return found


def run(width: int, units: int, ports: int, steps: int, seed: int) -> dict[str, Any]:
    """Train a student for some steps, then look at its matrices.

    Parameters
    ----------
    width
        Width of the student.
    units, ports
        Hidden units and outputs of the teacher, which has twice as many inputs.
    steps
        Optimiser steps.
    seed
        Seed of the teacher, of the student's initial weights and of the data.
    """
    return run_many([locals()])[0]


def cost(width: int, units: int, ports: int, steps: int, **_: Any) -> float:
    """Relative cost: steps times what one takes, with a price for every step."""
    return steps * (1e6 + 60 * width**2 + 20 * (width + units) * ports)


if __name__ == "__main__":
    command("replications.layerwise_weight_decay.teacher")
