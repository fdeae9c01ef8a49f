"""Narrow networks trained to follow a target, many restarts of one shape together.

Each run starts from weights of its own, takes Adam's steps on all points of a regular grid, and is
then judged three ways: by the largest error at the points it was trained on, by the largest error
over the continuum, and by the root mean square error over the continuum (`networks`).

Trained for the largest error, a run lowers the root mean square over the grid in the first half
of its steps, and in the second a norm of the error so high that the largest component dominates.
Trained for the mean square, it does the first all the time. `train` also knows the norm `length`, which
counts the Euclidean length of the error in place of its components; the notebook trains with it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from replications.minimum_width.networks import Network, Polyline, curve_errors, surface_error
from replications.minimum_width.targets import TARGETS, dimensions, sampled
from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training.loop import TrainConfig
from scalinglaws.training.packed import train_packed

SLUG = "minimum_width"
SLUG_CI = "minimum_width_small"
TITLE = "Errors of narrow deep networks trained to follow a target, on their grid and over the continuum"
COLUMNS = {
    "target": {"unit": "text", "about": "what is to be followed, see `replications.minimum_width.targets`"},
    "width": number_column("neurons", "neurons of each hidden layer", 1, 8),
    "depth": number_column("layers", "hidden layers", 1, 64),
    "slope": number_column("1", "slope of the activation below zero; 0 is ReLU", 0, 1),
    "norm": {"unit": "text", "about": "what training lowers: largest (error) or square (mean)"},
    "points": number_column("points", "points of the grid it is trained on", 2, 1e5),
    "steps": number_column("updates", "updates in all", 2, 1e6),
    "seed": number_column("integer", "seed of the first weights", 0, 1e5),
    "largest": number_column("1", "largest error of a component over the continuum", 0, 1e6)
    | {"missing": True},
    "largest_on_grid": number_column("1", "the same at the training points", 0, 1e6) | {"missing": True},
    "root_mean_square": number_column("1", "over the continuum, one input only", 0, 1e6) | {"missing": True},
}
LEAKY, RELU = 0.2, 0.0
#: Target, width, slope of the activation, norm, depths, and points of the training grid.
SHAPES: list[tuple[str, int, float, str, tuple[int, ...], int]] = [
    ("crossing", 2, LEAKY, "largest", (2, 4, 6, 12), 401),
    ("crossing", 2, RELU, "largest", (6, 12), 401),
    ("crossing", 3, LEAKY, "largest", (2, 4, 6, 12), 401),
    ("crossing", 3, RELU, "largest", (6, 12), 401),
    ("uncrossed", 2, LEAKY, "largest", (6, 12), 401),
    ("crossing", 2, LEAKY, "largest", (6, 12), 161),
    ("crossing", 2, LEAKY, "square", (4, 6, 12), 401),
    ("absolute", 1, LEAKY, "largest", (4,), 401),
    ("absolute", 1, RELU, "largest", (4,), 401),
    ("absolute", 2, LEAKY, "largest", (2,), 401),
    ("bump", 2, LEAKY, "largest", (6,), 625),
    ("bump", 2, RELU, "largest", (6,), 625),
    ("bump", 3, LEAKY, "largest", (6, 12), 625),
    ("valley", 2, LEAKY, "largest", (6,), 625),
    ("lifted", 2, LEAKY, "largest", (6,), 401),
    ("lifted", 3, LEAKY, "largest", (6,), 401),
    ("knot", 3, LEAKY, "largest", (6, 12), 401),
    ("arm 0.4", 2, LEAKY, "largest", (6,), 401),
    ("arm 0.7", 2, LEAKY, "largest", (6,), 401),
    ("arm 0.4", 3, LEAKY, "largest", (6,), 401),
]
#: Restarts, updates, and what the depths of a scale are: those of `SHAPES`, or one ladder for all.
SCALES: dict[str, tuple[int, int, tuple[int, ...]]] = {
    "ci": (48, 2000, ()),
    "full": (4096, 4000, (2, 4, 8, 16, 32)),
}
LEARNING_RATE = 1e-2
#: Exponents of the norms of the second half, an equal share of its steps each.
EXPONENTS = (8, 32, 128)


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale, `ci` or `full`."""
    restarts, steps, ladder = SCALES[scale]
    names = ("target", "width", "depth", "slope", "norm", "points", "steps", "seed")
    return [
        dict(zip(names, (target, width, depth, slope, norm, points, steps, seed), strict=True))
        for target, width, slope, norm, depths, points in SHAPES
        for depth in ladder or depths
        for seed in range(restarts)
    ]


def witnesses(scale: str) -> Witnesses:
    """Every shape at its smallest depth: twenty updates for the mean square, and half of that for each norm."""
    shapes = [config for config in grid("ci") if config["seed"] == 0]
    first = {tuple(c[k] for k in ("target", "width", "slope", "norm", "points")): c for c in reversed(shapes)}
    return Witnesses(
        [config | {"steps": 40} for config in reversed(first.values())],
        within=dict.fromkeys(("largest", "largest_on_grid", "root_mean_square"), 1e-4),
    )


def cost(depth: int, points: int, steps: int, **_: Any) -> float:
    """Relative cost: layers times updates; points matter little."""
    return float(depth * steps * (1 + points / 2000))


def fresh(width: int, depth: int, slope: float, inputs: int, outputs: int, seed: int) -> nn.Sequential:
    """A perceptron with orthogonal weights, scaled so that an activation loses nothing on average."""
    generator = torch.Generator().manual_seed(seed)
    sizes = [inputs] + [width] * depth + [outputs]
    layers: list[nn.Module] = []
    for k, (ins, outs) in enumerate(itertools.pairwise(sizes)):
        linear = nn.Linear(ins, outs)
        nn.init.orthogonal_(linear.weight, gain=(2 / (1 + slope**2)) ** 0.5, generator=generator)
        nn.init.normal_(linear.bias, std=0.3, generator=generator)
        layers += [linear, nn.LeakyReLU(slope)] if k < depth else [linear]
    return nn.Sequential(*layers)


def as_arrays(model: nn.Sequential, slope: float) -> Network:
    """A trained perceptron in double precision."""
    linear = [layer for layer in model if isinstance(layer, nn.Linear)]
    return Network(
        [
            (each.weight.detach().cpu().double().numpy(), each.bias.detach().cpu().double().numpy())
            for each in linear
        ],
        slope,
    )


def norm_of_error(
    exponent: int, of_length: bool = False
) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """The loss of `train_packed`: the norm, with an exponent, of the errors at all points.

    Parameters
    ----------
    exponent
        The higher, the more the largest error decides.
    of_length
        Whether the errors are Euclidean lengths, one a point, in place of the single components.
    """

    def loss(out: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        error = torch.linalg.vector_norm(out - y, dim=1) if of_length else (out - y).abs()
        # In logarithms, because a high power leaves the range of float32.
        logs = error.clamp_min(1e-12).log().flatten(1)
        return (torch.logsumexp(exponent * logs, 1) - np.log(logs.shape[1])).div(exponent).exp()

    return loss


def train(models: list[nn.Sequential], target: str, norm: str, points: int, steps: int) -> None:
    """Train perceptrons of one shape together, in place."""
    home = next(models[0].parameters()).device
    x, y = (torch.tensor(part, dtype=torch.float32, device=home) for part in sampled(target, points))
    batch = x.T.expand(len(models), -1, -1).contiguous(), y.expand(len(models), -1, -1).contiguous()
    phases = [(2, steps)]
    if norm != "square":
        phases = [(2, steps // 2), *((exponent, steps // 2 // len(EXPONENTS)) for exponent in EXPONENTS)]
    for k, (exponent, count) in enumerate(phases):
        rate = LEARNING_RATE / (1 if k == 0 else 2)
        config = TrainConfig(steps=count, lr=rate, weight_decay=0.0, warmup=count // 20, clip=1.0)
        train_packed(models, lambda step: batch, config, loss=norm_of_error(exponent, norm == "length"))


def judged(network: Network, target: str, points: int) -> dict[str, Any]:
    """The errors of a trained network; None where it has come to hold no numbers."""
    nothing = dict.fromkeys(("largest", "largest_on_grid", "root_mean_square"))
    if not all(np.isfinite(part).all() for layer in network.layers for part in layer):
        return nothing
    goal = TARGETS[target]
    x, y = sampled(target, points)
    found = {"largest_on_grid": float(np.abs(network(x) - y).max())}
    if isinstance(goal, Polyline):
        found["largest"], found["root_mean_square"] = curve_errors(network, goal)
    else:
        found["largest"] = surface_error(network, goal)
    return nothing | found


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train and judge the restarts of one shape, see `run`."""
    first = configs[0]
    shape = (first["width"], first["depth"], first["slope"], *dimensions(first["target"]))
    models = [fresh(*shape, each["seed"]).to(device()) for each in configs]
    train(models, first["target"], first["norm"], first["points"], first["steps"])
    return [judged(as_arrays(model, first["slope"]), first["target"], first["points"]) for model in models]


def run(
    target: str, width: int, depth: int, slope: float, norm: str, points: int, steps: int, seed: int
) -> dict[str, Any]:
    """Train one network from its own first weights, and judge it.

    Parameters
    ----------
    target
        One of `targets.TARGETS`.
    width, depth
        Neurons of each hidden layer, and hidden layers.
    slope
        Of the activation below zero.
    norm
        `largest` or `square`.
    points
        Points of the training grid.
    steps
        Updates in all.
    seed
        Seed of the first weights.
    """
    return run_many([locals()])[0]


def pack(seed: int, **rest: Any) -> tuple:
    """Restarts of one shape go together, on a CPU too: a step of a narrow network is all overhead."""
    return tuple(rest.values())


if __name__ == "__main__":
    command("replications.minimum_width.runs")
