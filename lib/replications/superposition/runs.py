"""Losses of a ReLU autoencoder of n features in m dimensions, from weak to strong superposition.

The model is y = ReLU(x W W' + b) with a row of W for each feature. Feature i is active with
probability p_i, proportional to i to the power -alpha, the p_i adding up to one, and its value is
then uniform between 0 and 2. Weight decay shrinks W; a decay below zero instead pulls the length
of each row towards one, so that no feature is given up (Liu, Liu & Gore 2025, arXiv:2505.10465,
appendix on the toy model, and exp/exp-10.py of their repository).

What differs from exp-10 at scale `ci`: a fifth of the features, 6 to 25 dimensions for 10 to 100, batches of
64 to 1024 for 2048, and 2,000 steps for 20,000, at one batch also twice as many. At both scales the
cosine runs over all steps, not from the end of the warm-up, and the loss is that of a held-out sample,
not of the last hundred batches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training import loop
from scalinglaws.training.classifiers import seeded
from scalinglaws.training.packed import stacked, train_packed

SLUG = "superposition"
SLUG_CI = "superposition_small"
TITLE = "Loss, represented features and overlaps of ReLU autoencoders against width, frequencies and decay"

COLUMNS = {
    "n": number_column("features", "features of the data", 8, 1e5),
    "m": number_column("dimensions", "width of the hidden space", 1, 1e4),
    "alpha": number_column("1", "frequency of feature i is proportional to i^-alpha", 0, 4),
    "decay": number_column(
        "1", "weight decay of W, times the rate; below 0 rows are pulled to length 1", -4, 4
    ),
    "steps": number_column("steps", "optimiser steps", 1, 1e7),
    "batch": number_column("examples", "examples a step, fresh ones", 1, 1e6),
    "seed": number_column("integer", "seed of initial weights and examples", 0, 100),
    "loss": number_column("1", "squared error summed over features, held-out mean", 0, 1e4, missing=True),
    "represented": number_column("fraction", "rows of W longer than a half", 0, 1, missing=True),
    "unlearned": number_column(
        "features", "expected active features whose row is no longer than a half", 0, 1, missing=True
    ),
    "overlap": number_column("1", "squared cosine of two rows, mean over pairs", 0, 1, missing=True),
    "norm": number_column("1", "length of a row, mean", 0, 1e3, missing=True),
}

#: Peak learning rate of Adam, and where the cosine ends as a fraction of it.
RATE, FINAL = 1e-2, 0.05
#: One step in so many warms up.
STEPS_A_WARMUP_STEP = 10
#: Examples held out, the same for all runs of one alpha, and their seed.
HELD_OUT, HELD_OUT_SEED = 16384, 2_000_000
#: A row longer than this stands for a represented feature.
LONG = 0.5
#: The decays of exp-10, ten from -1 to 1, and its exponents, an eighth apart from 0 to 2.
DECAYS = tuple(round(-1 + 2 * k / 9, 4) for k in range(10))
ALPHAS = tuple(k / 8 for k in range(17))


def frequencies(n: int, alpha: float) -> torch.Tensor:
    """How often each feature is active, shape (n,); the sum is one, so that one is active on average."""
    each = torch.arange(1, n + 1, dtype=torch.float64) ** -alpha
    return (each / each.sum()).float().to(device())


class Autoencoder(nn.Module):
    """y = ReLU(x W W' + b), with W of shape (n, m) and b of shape (n,)."""

    def __init__(self, n: int, m: int, decay: float, seed: int) -> None:
        super().__init__()
        with seeded(seed):
            self.rows = nn.Parameter(torch.randn(n, m) / math.sqrt(m))
            self.bias = nn.Parameter(torch.randn(n))
        self.decay = decay

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(F.linear(x @ self.rows, self.rows, self.bias))

    def groups(self) -> list[dict[str, Any]]:
        """Only W decays; a decay below zero is not one of Adam's, see `before_step`."""
        return [{"params": [self.rows], "decay": max(self.decay, 0.0)}, {"params": [self.bias], "decay": 0.0}]

    def before_step(self, params: dict[str, torch.Tensor], rate: float) -> None:
        """Where the decay is below zero, pull the length of each row towards one, as adamw.py of the repository."""
        if self.decay < 0:
            rows = params["rows"]
            length = rows.norm(dim=-1, keepdim=True) + 1e-8
            rows.add_(rate * self.decay * rows * (1 - 1 / length))


@lru_cache(maxsize=8)
def uniform(n: int, batch: int, seed: int, step: int, where: str) -> torch.Tensor:
    """Uniform numbers of a step, shape (batch, n), which the runs of a pack share whatever their frequencies."""
    generator = torch.Generator(device=where).manual_seed(10**6 * seed + step)
    return torch.rand(batch, n, generator=generator, device=where)


def examples(n: int, alpha: float, batch: int, seed: int) -> loop.Source:
    """Batches of sparse vectors, which are input and target alike, shape (batch, n)."""
    p = frequencies(n, alpha)
    scale = 2 / p

    def source(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        u = uniform(n, batch, seed, step, device())
        # Below p a uniform number is, divided by p, uniform again: one draw serves twice.
        x = torch.where(u < p, u * scale, 0.0)
        return x, x

    return source


def squared(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Mean squared error, over examples and features."""
    return F.mse_loss(model(x), y)


def squared_each(out: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The same for packed runs: outputs (runs, n, batch), targets (runs, batch, n)."""
    return (out.transpose(1, 2) - y).square().flatten(1).mean(1)


@torch.no_grad()
def measured(model: Autoencoder, p: torch.Tensor) -> dict[str, float]:
    """What W looks like: which features are represented, and how far they overlap."""
    rows, n = model.rows.double(), len(p)
    length = rows.norm(dim=1)
    cosines = F.normalize(rows, dim=1) @ F.normalize(rows, dim=1).T
    return {
        "represented": float((length > LONG).double().mean()),
        "unlearned": float(p.double()[length <= LONG].sum()),
        "overlap": float((cosines.square().sum() - n) / (n * (n - 1))),
        "norm": float(length.mean()),
    }


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale: all of exp-10's map, or some of its cells at several batches."""
    if scale == "ci":
        common = {"n": 200, "widths": (6, 12, 25), "seeds": (0, 1)}
        return (
            crossed(alphas=(0.0, 0.5, 1.0), decays=DECAYS[:1], batches=(64, 256, 1024), steps=2000, **common)
            + crossed(alphas=(0.0, 1.0), decays=DECAYS[6:7], batches=(1024,), steps=2000, **common)
            + crossed(alphas=(0.0,), decays=DECAYS[:1], batches=(256,), steps=4000, **common)
        )
    widths = (10, 15, 25, 39, 63, 100)
    return crossed(1000, widths, ALPHAS, DECAYS, batches=(2048,), steps=20000, seeds=(0,))


def crossed(
    n: int,
    widths: Sequence[int],
    alphas: Sequence[float],
    decays: Sequence[float],
    batches: Sequence[int],
    steps: int,
    seeds: Sequence[int],
) -> list[dict[str, Any]]:
    """Every combination, as configurations."""
    return [
        {"n": n, "m": m, "alpha": alpha, "decay": decay, "steps": steps, "batch": batch, "seed": seed}
        for batch in batches
        for seed in seeds
        for decay in decays
        for alpha in alphas
        for m in widths
    ]


def witnesses(scale: str) -> Witnesses:
    """Growth, no decay and decay, of even and of steep frequencies; twenty updates, of which two warm up."""
    return Witnesses(
        [
            {"n": 40, "m": 5, "alpha": alpha, "decay": decay, "steps": 20, "batch": 64, "seed": 0}
            for alpha in (0.0, 1.5)
            for decay in (-1.0, 0.0, 1.0)
        ],
        short={"HELD_OUT": 512},
        counted={"represented": 40},
        # A row whose length passes a half moves this by its frequency, and not a little.
        within={"unlearned": 0.2},
    )


def pack(n: int, m: int, decay: float, steps: int, batch: int, alpha: float, seed: int) -> tuple:
    """All frequencies of one shape, decay and seed go together."""
    return (n, m, decay, steps, batch, seed)


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train the autoencoders of one pack and look at their matrices; see `run`."""
    first = configs[0]
    n, steps, batch = first["n"], first["steps"], first["batch"]
    models = [Autoencoder(n, c["m"], c["decay"], c["seed"]).to(device()) for c in configs]
    sources = [examples(n, c["alpha"], batch, c["seed"]) for c in configs]
    warmup = {"warmup": max(1, steps // STEPS_A_WARMUP_STEP), "final": FINAL}
    config = loop.TrainConfig(steps, RATE, weight_decay=1.0, **warmup)
    runs = train_packed(models, stacked(sources), config, loss=squared_each).runs()
    found = []
    for c, model, run in zip(configs, models, runs, strict=True):
        if run.diverged:
            found.append({})
            continue
        held_out = examples(n, c["alpha"], HELD_OUT, HELD_OUT_SEED)(0)
        loss = n * loop.evaluate(model, *held_out, batch=2048, loss=squared)
        found.append({"loss": loss} | measured(model, frequencies(n, c["alpha"])))
    return found


def run(n: int, m: int, alpha: float, decay: float, steps: int, batch: int, seed: int) -> dict[str, Any]:
    """Train one autoencoder, then measure its loss and its matrix.

    Parameters
    ----------
    n, m
        Features, and dimensions that they share.
    alpha
        Exponent of the frequencies.
    decay
        Weight decay; below zero, rows are pulled to length one.
    steps, batch
        Optimiser steps, and fresh examples a step.
    seed
        Seed of initial weights and examples.
    """
    return run_many([locals()])[0]


def cost(n: int, m: int, steps: int, batch: int, **_: Any) -> float:
    """Relative cost: steps times what one takes, with a price for every step and every number drawn."""
    return steps * (1e7 + batch * n * (12 * m + 150))


if __name__ == "__main__":
    command("replications.superposition.runs")
