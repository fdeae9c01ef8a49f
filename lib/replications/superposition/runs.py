"""Losses of a ReLU autoencoder of n features in m dimensions, trained on the expected loss itself.

The model is y = ReLU(W W' x + b) with a row of W for each feature. One feature is active at a time,
feature i with probability p_i, proportional to i to the power -alpha, and its value is uniform
between 0 and 2. The expected squared error is then a sum over pairs of features that has a closed
form, so that no batch is drawn: what is trained is the limit of a large batch. Weight decay shrinks
W; a decay below zero instead pulls the length of each row towards one, so that no feature is given
up (Liu, Liu & Gore 2025, arXiv:2505.10465, appendix on the toy model, and exp/exp-10.py of their
repository).

What differs from exp-10: exactly one active feature for one on average, the limit for a batch of 2048,
and at scale `ci` a fifth of the features, 6 to 25 dimensions for 10 to 100 and 4,000 or 8,000 steps
for 20,000. The cosine runs over all steps, not from the end of the warm-up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
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

SLUG = "superposition"
SLUG_CI = "superposition_small"
TITLE = "Expected loss, represented features and overlaps of ReLU autoencoders against width and frequencies"

COLUMNS = {
    "n": number_column("features", "features of the data", 8, 1e5),
    "m": number_column("dimensions", "width of the hidden space", 1, 1e4),
    "alpha": number_column("1", "frequency of feature i is proportional to i^-alpha", 0, 4),
    "decay": number_column(
        "1", "weight decay of W, times the rate; below 0 rows are pulled to length 1", -4, 4
    ),
    "steps": number_column("steps", "optimiser steps", 1, 1e7),
    "seed": number_column("integer", "seed of initial weights", 0, 100),
    "loss": number_column("1", "squared error summed over features, expected", 0, 1e4, missing=True),
    "represented": number_column("fraction", "rows of W longer than a half", 0, 1, missing=True),
    "unlearned": number_column(
        "1", "probability that a feature is active whose row is no longer than a half", 0, 1.001, missing=True
    ),
    "overlap": number_column("1", "squared cosine of two rows, mean over pairs", 0, 1, missing=True),
    "norm": number_column("1", "length of a row, mean", 0, 1e3, missing=True),
}

#: Peak learning rate of Adam, and where the cosine ends as a fraction of it.
RATE, FINAL = 1e-2, 0.05
#: One step in so many warms up.
STEPS_A_WARMUP_STEP = 10
#: A row longer than this stands for a represented feature.
LONG = 0.5
#: The decays of exp-10, ten from -1 to 1, and its exponents, an eighth apart from 0 to 2.
DECAYS = tuple(round(-1 + 2 * k / 9, 4) for k in range(10))
ALPHAS = tuple(k / 8 for k in range(17))


def frequencies(n: int, alpha: float) -> torch.Tensor:
    """How often each feature is active, shape (n,); the sum is one."""
    each = torch.arange(1, n + 1, dtype=torch.float64) ** -alpha
    return (each / each.sum()).float().to(device())


class Autoencoder(nn.Module):
    """y = ReLU(W W' x + b), with W of shape (n, m) and b of shape (n,)."""

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


class Expected(torch.autograd.Function):
    r"""The expected loss of rows and biases, and its gradient.

    Where feature j is active with value v, output i is ReLU(v g + b) with g = W_i . W_j and b = b_i. It is
    above zero on an interval of v, which ends at -b / g or at 0 and 2. With M_k the integral of v^k / 2
    over it, the expected square of output i is g^2 M_2 + 2 g b M_1 + b^2 M_0, and where i = j the error
    has 4/3 - 2 (g M_2 + b M_1) besides. The ends may be held fixed in the gradient, as the output is
    zero where they move.
    """

    @staticmethod
    def forward(ctx: Any, rows: torch.Tensor, bias: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
        g, b = rows @ rows.T, bias[:, None]
        end = torch.div(-b, g).clamp_(0, 2)
        rising, square = g > 0, end * end
        m0, m1, m2 = end / 2, square / 4, (square * end).div_(6)
        m0, m1, m2 = (torch.where(rising, w - m, m) for w, m in ((1.0, m0), (1.0, m1), (4 / 3, m2)))
        # Half the derivatives of the square of each output, by its g and its b.
        by_g, by_b = g * m2 + b * m1, g * m1 + b * m0
        own = p * (4 / 3 - 2 * by_g.diagonal())
        loss = ((g * by_g).add_(b * by_b) @ p).sum() + own.sum()
        to_g, to_b = 2 * p * by_g, 2 * (by_b @ p) - 2 * p * m1.diagonal()
        to_g.diagonal().sub_(2 * p * m2.diagonal())
        ctx.save_for_backward(to_g @ rows + to_g.T @ rows, to_b)
        return loss

    @staticmethod
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        to_rows, to_bias = ctx.saved_tensors
        return upstream * to_rows, upstream * to_bias, None


def expected(model: Autoencoder, p: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    """Expected squared error, summed over features, as a loss of `training.train`; p takes the place of a batch."""
    return Expected.apply(model.rows, model.bias, p)


def mean_expected(model: Autoencoder, p: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    """The same as a mean over features, which is what exp-10 trains on."""
    return expected(model, p, _) / len(p)


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
    """The configurations of a scale: all of exp-10's map, or some of its cells."""
    if scale == "ci":
        n, widths, strong, weak = 200, (6, 12, 25), DECAYS[:1], DECAYS[6:7]
        return (
            crossed(n, widths, (0.0, 0.5, 1.0), strong, 4000, (0, 1))
            + crossed(n, widths, (0.0,), strong, 8000, (0,))
            + crossed(n, widths, (0.0,), weak, 4000, (0, 1))
        )
    return crossed(1000, (10, 15, 25, 39, 63, 100), ALPHAS, DECAYS, 20000, (0,))


def crossed(
    n: int,
    widths: Sequence[int],
    alphas: Sequence[float],
    decays: Sequence[float],
    steps: int,
    seeds: Sequence[int],
) -> list[dict[str, Any]]:
    """Every combination, as configurations."""
    return [
        {"n": n, "m": m, "alpha": alpha, "decay": decay, "steps": steps, "seed": seed}
        for seed in seeds
        for decay in decays
        for alpha in alphas
        for m in widths
    ]


def witnesses(scale: str) -> Witnesses:
    """Growth, no decay and decay, of even and of steep frequencies; twenty updates, of which two warm up."""
    return Witnesses(
        [
            {"n": 40, "m": 5, "alpha": alpha, "decay": decay, "steps": 20, "seed": 0}
            for alpha in (0.0, 1.5)
            for decay in (-1.0, 0.0, 1.0)
        ],
        counted={"represented": 40},
        # A row whose length passes a half moves this by its frequency, and not a little.
        within={"unlearned": 0.2},
    )


def run(n: int, m: int, alpha: float, decay: float, steps: int, seed: int) -> dict[str, Any]:
    """Train one autoencoder, then measure its loss and its matrix.

    Parameters
    ----------
    n, m
        Features, and dimensions that they share.
    alpha
        Exponent of the frequencies.
    decay
        Weight decay; below zero, rows are pulled to length one.
    steps
        Optimiser steps.
    seed
        Seed of initial weights.
    """
    model, p = Autoencoder(n, m, decay, seed).to(device()), frequencies(n, alpha)
    warmup = max(1, steps // STEPS_A_WARMUP_STEP)
    config = loop.TrainConfig(steps, RATE, weight_decay=1.0, warmup=warmup, final=FINAL)
    if loop.train(model, lambda step: (p, p), config, loss=mean_expected).diverged:
        return {}
    with torch.no_grad():
        loss = float(expected(model, p, p))
    return {"loss": loss} | measured(model, p)


def cost(n: int, steps: int, **_: Any) -> float:
    """Relative cost: steps times what one takes, which is pairs of features."""
    return steps * n**2


if __name__ == "__main__":
    command("replications.superposition.runs")
