"""u-μP with one of its rules changed: which of them its loss in short runs depends on.

Tuned, the u-μP of `arms` is behind baselines that start by their fan in, and the more so the
wider the network. To see what that rests on, its rules are changed one at a time, each to what
the baselines do in its dependence on the width or the depth. (The size is another matter: at
every width u-μP's embedding, kept or not, learns faster than theirs.) Text, batches, steps and
seeds are those of `arms`:

- `embedding`: the embedding learns at every width at its rate of width 16, `eta` / 4, where
  u-μP has `eta` / sqrt(width); muP keeps that rate as well;
- `scores`: attention scores are divided by the root of the head's width, not by the width;
- `branches`: the residual stream is kept whole and each branch is added with weight
  1 / sqrt(2 depth), GPT-2's start, in place of u-μP's weights.

Source of u-μP's rules: Blake et al. (2024), arXiv:2407.17465, table 2 and appendix G.
"""

from __future__ import annotations

from typing import Any

from replications.width_transfer import arms
from replications.width_transfer.arms import BASE_WIDTH, shape, trained
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.texts import python_library

SLUG = "width_transfer_variants"
TEXT = python_library
TITLE = "Held-out loss of u-muP decoders with one rule changed, against learning rate and width"

VARIANTS = ("embedding", "scores", "branches")
OCTAVES = range(-1, 3)
#: Width whose rate the embedding keeps: the smallest of `arms`, where nothing is changed by it.
NARROWEST = 16

#: As of the arms: which runs go together on a GPU, and what a run costs.
pack, cost = arms.pack, arms.cost

COLUMNS = {"variant": {"unit": "text", "about": "which rule of u-muP is changed"}} | {
    name: about for name, about in arms.COLUMNS.items() if name != "arm"
}


class KeptEmbedding(Decoder):
    """u-μP whose embedding learns at the same rate at all widths."""

    def groups(self) -> list[dict[str, Any]]:
        """Parameter groups, see `Decoder.groups`; the embedding has one of its own."""
        found, own = super().groups(), self.embedding.weight
        for group in found:
            group["params"] = [weight for weight in group["params"] if weight is not own]
        scale = NARROWEST**-0.5
        kept = {"params": [own], "scale": scale, "decay": 1 / scale}
        return [group for group in found if group["params"]] + [kept]


def decoder(variant: str, width: int, seed: int) -> Decoder:
    """A fresh u-μP decoder with one rule changed.

    Raises
    ------
    ValueError
        If the variant is unknown.
    """
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant {variant!r}; there are: {', '.join(VARIANTS)}")
    kind = KeptEmbedding if variant == "embedding" else Decoder
    model = kind(shape(width), seed, parametrisation="unit", base_width=BASE_WIDTH)
    for block in model.blocks:
        if variant == "scores":
            block.temperature = block.head_width**-0.5
        elif variant == "branches":
            block.residual_weights = ((1.0, (2 * model.shape.depth) ** -0.5),) * 2
    return model


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations, the same at both scales."""
    return [
        {"variant": variant, "width": width, "batch": 8, "steps": 200, "log2_lr": octave, "seed": seed}
        for variant in VARIANTS
        for width in (128, 256)
        for seed in range(3)
        for octave in OCTAVES
    ]


def witnesses(scale: str) -> Witnesses:
    """Every variant, twenty updates each, at the lowest rate, which magnifies little."""
    return Witnesses(
        [
            {"variant": variant, "width": 64, "batch": 2, "steps": 20, "log2_lr": OCTAVES[0], "seed": 0}
            for variant in VARIANTS
        ]
    )


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train the decoders of one pack and test them on the held-out windows, see `run`."""
    return trained([decoder(c["variant"], c["width"], c["seed"]) for c in configs], configs)


def run(variant: str, width: int, batch: int, steps: int, log2_lr: int, seed: int) -> dict[str, Any]:
    """Train one decoder and test it on the held-out windows.

    Parameters
    ----------
    variant
        One of `VARIANTS`.
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


if __name__ == "__main__":
    command("replications.width_transfer.variants")
