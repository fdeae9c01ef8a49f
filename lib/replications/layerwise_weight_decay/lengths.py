"""Where AdamW leaves a perceptron's matrices after equally many memories of its own, against width and weight decay.

AdamW forgets a weight's start at the rate `rate x decay` a step. In `weight_decay` all widths
have the same number of steps, so that narrow networks pass through more such memories
than wide ones: 34 at width 32 and 8.5 at width 512, under a decay that grows as the root of
the width. If top singular values still change meanwhile, an exponent of the width mixes the
two. Here every run lasts the same number of memories, `k = rate x decay x steps`: 3, which is
where `exp(-k)` of the start is 5 %; 8.5, where the widest run of that table ends; and 34, where
its narrowest ends. Everything else is the perceptron of `weight_decay`.

Source of the rule: Fan et al. (2025), arXiv:2510.15262.
"""

from __future__ import annotations

from typing import Any

from replications.layerwise_weight_decay import weight_decay
from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column

SLUG = "layerwise_weight_decay_lengths"
SLUG_CI = "layerwise_weight_decay_lengths_small"
TITLE = "Singular values of a perceptron's matrices after equally many memories of AdamW"

COLUMNS = {
    "memories": number_column("1", "k: learning rate x weight decay x steps, as asked for", 0.1, 1000),
} | {name: column for name, column in weight_decay.COLUMNS.items() if name not in ("gradients", "rule")}

#: Memories of AdamW that a run lasts.
MEMORIES = (3.0, 8.5, 34.0)


def steps_of(width: int, base_decay: float, memories: float) -> int:
    """Steps that last so many memories, to the nearest."""
    lr, decay = weight_decay.rates(width, "sqrt", base_decay)
    return round(memories / (lr * decay))


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations: widths under the root rule, and other decays at the base width, at every length."""
    widths = (32, 64, 128) if scale == "ci" else (32, 64, 128, 256, 512)
    plans = [(width, weight_decay.DECAY) for width in widths]
    plans += [(weight_decay.BASE_WIDTH, decay) for decay in (0.5, 1.0, 4.0)]
    return [
        {"memories": memories, "width": width, "base_decay": decay, "seed": seed}
        for memories in MEMORIES
        for width, decay in plans
        for seed in range(3)
    ]


def witnesses(scale: str) -> Witnesses:
    """Two widths and two decays, each for a tenth of a memory; five updates warm up."""
    plans = [(32, weight_decay.DECAY), (128, weight_decay.DECAY), (64, 0.5)]
    return Witnesses(
        [{"memories": 0.1, "width": width, "base_decay": decay, "seed": 0} for width, decay in plans],
        short={"replications.layerwise_weight_decay.weight_decay.WARMUP": 5},
        within={"gain": 1e-3},
    )


def pack(seed: int, **shape: Any) -> tuple:
    """Seeds of one shape go together on a GPU."""
    return (*shape.values(), None if device() == "cuda" else seed)


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train the perceptrons of one pack for so many memories, then look at their matrices; see `run`."""
    width, decay, memories = (configs[0][name] for name in ("width", "base_decay", "memories"))
    steps = steps_of(width, decay, memories)
    asked = {"gradients": "mlp", "width": width, "rule": "sqrt", "base_decay": decay, "steps": steps}
    found = weight_decay.run_many([asked | {"seed": config["seed"]} for config in configs])
    return [{"steps": steps} | row for row in found]


def run(memories: float, width: int, base_decay: float, seed: int) -> dict[str, Any]:
    """Train a perceptron for so many memories of AdamW, then look at its matrices.

    Parameters
    ----------
    memories
        Learning rate times weight decay times steps.
    width
        Width of the network.
    base_decay
        Weight decay of matrices at width 64; it grows as the root of the width.
    seed
        Seed of initial weights and data.
    """
    return run_many([locals()])[0]


def cost(memories: float, width: int, base_decay: float, **_: Any) -> float:
    """Relative cost: steps times what one takes, with a price for every step."""
    return weight_decay.cost("mlp", width, steps_of(width, base_decay, memories))


if __name__ == "__main__":
    command("replications.layerwise_weight_decay.lengths")
