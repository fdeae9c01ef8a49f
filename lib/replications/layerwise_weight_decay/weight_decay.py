"""Where AdamW leaves a matrix that it has trained for a while: its root mean square and top singular value.

Weights that AdamW updates and decays forget where they started after some 1 / (rate x decay)
steps, here called a memory. Every run lasts three memories or more, at a constant learning rate
that falls as 1 / width, with a weight decay that is constant or grows as the root of the width.
The number of steps is the same at all widths, so that wide networks do not learn more only by
learning longer; in return they pass through fewer memories, 8.5 at width 512 where 34 at width
32, and what trained matrices grow to has not settled after three (see `lengths`, where the
number of memories is the same instead). Three kinds of gradients drive the matrices:

- `noise`: independent normal numbers, nothing to learn;
- `mlp`: a residual perceptron that learns a teacher's outputs under noise;
- `decoder`: the language model of `scalinglaws.training.decoder`, on bytes of Python's own library.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training import loop
from scalinglaws.training.bytewise import shape_of, tokens
from scalinglaws.training.classifiers import n_params, seeded
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.packed import train_together
from scalinglaws.training.texts import python_library

SLUG = "layerwise_weight_decay_weight_decay"
SLUG_CI = "layerwise_weight_decay_weight_decay_small"
TEXT = python_library
TITLE = "Singular values of matrices after three memories of AdamW or more, against width and weight decay"


COLUMNS = {
    "gradients": {"unit": "text", "about": "noise, mlp or decoder: where the gradients come from"},
    "width": number_column(
        "1", "width d; matrices are d x d, in the decoder's MLP 4d x d and d x 4d", 8, 8192
    ),
    "rule": {"unit": "text", "about": "weight decay of matrices: constant, or sqrt: grows as width^0.5"},
    "base_decay": number_column("1", "weight decay of matrices at width 64", 0.01, 100),
    "steps": number_column("steps", "optimiser steps", 1, 1e7),
    "seed": number_column("integer", "seed of initial weights and data", 0, 100),
    "lr": number_column("1", "learning rate of matrices, constant, proportional to 1 / width", 1e-6, 1),
    "weight_decay": number_column(
        "1", "weight decay of matrices, multiplied by the learning rate", 0.01, 100
    ),
    "n_params": number_column("1", "all weights", 1, 1e12),
    "diverged": number_column("1", "1 if the training loss ceased to be a number", 0, 1),
    "loss": number_column(
        "nats/byte or 1", "held-out loss: cross-entropy, or squared error", 0, 100, missing=True
    ),
    "top_in": number_column(
        "1", "largest singular value of matrices that read the stream", 0, 1e4, missing=True
    ),
    "top_out": number_column("1", "the same of matrices that write to the stream", 0, 1e4, missing=True),
    "median_in": number_column("1", "median singular value of the former", 0, 1e4, missing=True),
    "median_out": number_column("1", "median singular value of the latter", 0, 1e4, missing=True),
    "rms_in": number_column("1", "root mean square of the former's entries", 0, 1e3, missing=True),
    "rms_out": number_column("1", "root mean square of the latter's entries", 0, 1e3, missing=True),
    "gain": number_column(
        "1", "RMS of an MLP sublayer's output over that of its input", 0, 1e4, missing=True
    ),
}

#: Width at which rate and weight decay of matrices are those below.
BASE_WIDTH = 64
#: Learning rate of matrices at the base width, and of all else at any width.
RATE = 4e-3
#: Weight decay of matrices at the base width.
DECAY = 2.0
#: Steps of the warm-up.
WARMUP = 50
BLOCKS = 2
#: Of the teacher's task: inputs, outputs, hidden units, noise, examples a step and held out.
INPUTS, OUTPUTS, HIDDEN, NOISE, BATCH, HELD_OUT = 16, 8, 8, 0.3, 64, 2048
#: Seed of what is held out.
WINDOW_SEED = 2_000_000
#: Of the decoder's: context, sequences a step and held-out windows.
CONTEXT, SEQUENCES, WINDOWS = 64, 8, 64


def rates(width: int, rule: str, base_decay: float) -> tuple[float, float]:
    """Learning rate and weight decay of matrices."""
    return RATE * BASE_WIDTH / width, base_decay * (math.sqrt(width / BASE_WIDTH) if rule == "sqrt" else 1.0)


class Feed(nn.Module):
    """A sublayer: two square matrices around an activation, behind a norm without a gain."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm_mlp = nn.RMSNorm(width, elementwise_affine=False)
        self.up, self.down = (nn.Linear(width, width, bias=False) for _ in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.down(F.silu(self.up(self.norm_mlp(x))))


class Perceptron(nn.Module):
    """A residual perceptron: embedding, sublayers, norm, head."""

    def __init__(self, width: int, seed: int, inputs: int = INPUTS, outputs: int = OUTPUTS) -> None:
        super().__init__()
        with seeded(seed):
            self.embedding = nn.Linear(inputs, width, bias=False)
            self.blocks = nn.ModuleList(Feed(width) for _ in range(BLOCKS))
            self.norm = nn.RMSNorm(width)
            self.head = nn.Linear(width, outputs, bias=False)
        # μP's multiplier of the output: with it one learning rate suits the head at every width.
        self.multiplier = BASE_WIDTH / width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.embedding(x)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)) * self.multiplier


class Noise(nn.Module):
    """Two square matrices that nobody uses."""

    def __init__(self, width: int, seed: int) -> None:
        super().__init__()
        with seeded(seed):
            self.blocks = nn.ModuleList([Feed(width)])


def grouped(model: nn.Module, width: int, decay: float) -> list[dict[str, Any]]:
    """Matrices of the blocks learn at a rate that falls with the width and decay; the rest does neither."""
    inner = [p for name, p in model.named_parameters() if name.startswith("blocks") and p.ndim == 2]
    known = set(map(id, inner))
    rest = [p for p in model.parameters() if id(p) not in known]
    groups = [{"params": inner, "scale": BASE_WIDTH / width, "decay": decay}]
    return groups + ([{"params": rest, "scale": 1.0, "decay": 0.0}] if rest else [])


def teacher(seed: int, batch: int) -> loop.Source:
    """Batches of normal inputs and the outputs of one fixed network of absolute values, under noise.

    Absolute values have no linear part: what the sublayers do not learn, nothing else can.
    """
    draw = np.random.default_rng(0)
    first = draw.standard_normal((INPUTS, HIDDEN)) / math.sqrt(INPUTS)
    second = draw.standard_normal((HIDDEN, OUTPUTS)) / math.sqrt(HIDDEN)
    mean, sd = math.sqrt(2 / math.pi), math.sqrt(1 - 2 / math.pi)

    def source(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng([seed, step])
        x = rng.standard_normal((batch, INPUTS))
        y = (np.abs(x @ first) - mean) / sd @ second + NOISE * rng.standard_normal((batch, OUTPUTS))
        return tuple(torch.from_numpy(part.astype(np.float32)).to(device()) for part in (x, y))

    return source


def squared(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Mean squared error."""
    return F.mse_loss(model(x), y)


def squared_each(out: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The same for packed runs: outputs (runs, OUTPUTS, batch), targets (runs, batch, OUTPUTS)."""
    return (out.transpose(1, 2) - y).square().flatten(1).mean(1)


def pushed(model: Noise, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """A loss whose gradients are independent normal numbers; the batch is their seed."""
    generator = torch.Generator(device=x.device).manual_seed(int(x))
    return sum(
        (p * torch.randn(p.shape, generator=generator, device=x.device)).sum() for p in model.parameters()
    )


def task(gradients: str, width: int, seed: int) -> tuple[nn.Module, loop.Source, Any, tuple | None]:
    """Model, batches, loss and held-out set."""
    if gradients == "noise":
        number = torch.zeros(1, dtype=torch.long, device=device())
        return Noise(width, seed), lambda step: (number + 10**6 * seed + step, number), pushed, None
    if gradients == "mlp":
        held_out = teacher(WINDOW_SEED, HELD_OUT)(0)
        return Perceptron(width, seed), teacher(seed, BATCH), squared, held_out
    model = Decoder(shape_of(width, BLOCKS, CONTEXT), seed, parametrisation="mup", base_width=BASE_WIDTH)
    text, other, _ = tokens()
    held_out = loop.windows(other, CONTEXT, WINDOWS, WINDOW_SEED)(0)
    return model, loop.windows(text, CONTEXT, SEQUENCES, seed), loop.loss_of, held_out


@torch.no_grad()
def gain(model: nn.Module, x: torch.Tensor) -> float:
    """RMS of what an MLP sublayer adds over the RMS of what it reads; geometric mean over blocks."""
    seen: list[torch.Tensor] = []
    hooks = [
        layer.register_forward_hook(lambda _, __, out: seen.append(out.square().mean().log() / 2))
        for block in model.blocks
        for layer in (block.norm_mlp, block.down)
    ]
    model(x)
    for hook in hooks:
        hook.remove()
    return float(torch.stack(seen).view(-1, 2).diff(dim=1).mean().exp())


def spectra(model: nn.Module, name: str) -> tuple[float, float, float]:
    """Top and median singular value and RMS of one matrix of each block; geometric means."""
    found = []
    for block in model.blocks:
        weight = getattr(block, name).weight.detach().double()
        values = torch.linalg.svdvals(weight)
        found.append(torch.stack([values[0], values.median(), weight.square().mean().sqrt()]))
    return tuple(torch.stack(found).log().mean(0).exp().tolist())


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale: widths under both rules, and other decays at one width.

    All runs last three memories, 1 / (rate x decay) steps each, or more, at the largest width and smallest decay too.
    """
    if scale == "ci":
        widths, steps = (32, 64, 128, 256, 512), {"noise": 1500, "mlp": 3000, "decoder": 1500}
        # A step of the decoder is expensive: on a CPU it is trained at four of the five widths.
        seeds, read = {"noise": 5, "mlp": 4, "decoder": 3}, widths[:4]
    else:
        widths, steps = (32, 64, 128, 256, 512, 1024), {"noise": 1500, "mlp": 6000, "decoder": 3000}
        seeds, read = {"noise": 5, "mlp": 4, "decoder": 4}, widths[:5]
    rules = ("constant", "sqrt")
    plans = [("noise", width, "sqrt", DECAY) for width in widths]
    plans += [("mlp", 64, "constant", decay) for decay in (0.5, 1.0, 4.0)]
    plans += [("mlp", width, rule, DECAY) for width in widths[:-1] for rule in rules]
    plans += [("decoder", width, rule, DECAY) for width in read for rule in rules]
    plans += [("mlp", widths[-1], rule, DECAY) for rule in rules]  # the dearest come last
    return [
        {
            "gradients": name,
            "width": width,
            "rule": rule,
            "base_decay": decay,
            "steps": steps[name],
            "seed": seed,
        }
        for name, width, rule, decay in plans
        for seed in range(seeds[name])
    ]


def witnesses(scale: str) -> Witnesses:
    """Every kind of gradients under both rules, off the base width; twenty updates, of which five warm up."""
    plans = [("noise", "sqrt", DECAY), ("mlp", "constant", 0.5)]
    plans += [(name, rule, DECAY) for name in ("mlp", "decoder") for rule in ("constant", "sqrt")]
    return Witnesses(
        [
            {"gradients": name, "width": 32, "rule": rule, "base_decay": decay, "steps": 20, "seed": 0}
            for name, rule, decay in plans
        ],
        short={"WARMUP": 5},
        within={"gain": 1e-3},
    )


def pack(gradients: str, seed: int, **shape: Any) -> tuple:
    """Seeds of one shape go together on a GPU, but for the noise, which needs no network."""
    together = device() == "cuda" and gradients != "noise"
    return (gradients, *shape.values(), None if together else seed)


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train the networks of one pack for the same steps, then look at their matrices; see `run`."""
    first = configs[0]
    gradients, width = first["gradients"], first["width"]
    lr, decay = rates(width, first["rule"], first["base_decay"])
    models, sources, losses, held_outs = zip(
        *(task(gradients, width, config["seed"]) for config in configs), strict=True
    )
    for model in models:
        model.to(device()).groups = lambda model=model: grouped(model, width, decay)
    schedule = {"schedule": "constant", "warmup": WARMUP}
    config = loop.TrainConfig(first["steps"], RATE, weight_decay=1.0, betas=(0.9, 0.95), **schedule)
    more = {"loss": losses[0], "held_out": held_outs[0]}
    if gradients == "mlp":
        more["packed_loss"] = squared_each
    found = []
    for model, run in zip(models, train_together(models, sources, config, **more), strict=True):
        row = {"lr": lr, "weight_decay": decay, "n_params": n_params(model), "diverged": int(run.diverged)}
        if not run.diverged:
            for side, name in (("in", "up"), ("out", "down")):
                values = spectra(model, name)
                row |= dict(zip((f"top_{side}", f"median_{side}", f"rms_{side}"), values, strict=True))
            if held_outs[0] is not None:
                row |= {"loss": run.evals[-1]["loss"], "gain": gain(model, held_outs[0][0])}
        found.append(row)
    return found


def run(gradients: str, width: int, rule: str, base_decay: float, steps: int, seed: int) -> dict[str, Any]:
    """Train for some steps, then look at the matrices.

    Parameters
    ----------
    gradients
        `noise`, `mlp` or `decoder`.
    width
        Width of the network, or side of the matrices.
    rule
        `constant` or `sqrt`.
    base_decay
        Weight decay at width 64.
    steps
        Optimiser steps.
    seed
        Seed of initial weights and data.
    """
    return run_many([locals()])[0]


def cost(gradients: str, width: int, steps: int, **_: Any) -> float:
    """Relative cost: steps times what one takes, with a price for every step."""
    each = {"noise": 12, "mlp": 60, "decoder": 30 * SEQUENCES * CONTEXT}[gradients]
    return steps * (1e6 + each * width**2)


if __name__ == "__main__":
    command("replications.layerwise_weight_decay.weight_decay")
