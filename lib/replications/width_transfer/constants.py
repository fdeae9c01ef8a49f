"""u-μP with one of its constants changed, tried when the results of `arms` and `variants` were known.

The variants of `variants` were chosen before any of them was trained at three seeds. Those here
came of a second reading, which asked what else may put u-μP behind in short runs:

- `attention`: what attention puts out is taken as it comes, as in the baselines, where u-μP
  multiplies it by the factor that brings an even average over the places before to unit scale;
- `both`: that, and an embedding that learns at every width at its rate of width 16;
- `blocks`: the depth that the learning rates of the blocks' matrices are divided by the root of
  counts the blocks, as the authors' library does, and not the branches, of which each block has two.

Text, batches, steps and seeds are those of `arms`.

Source of u-μP's rules: Blake et al. (2024), arXiv:2407.17465, table 2; the authors' library,
github.com/graphcore-research/unit-scaling at a7b5b3c, `functional.scaled_dot_product_attention`,
`optim.lr_scale_func_adam` and `DepthSequential`.
"""

from __future__ import annotations

import math
from typing import Any

from replications.width_transfer import arms, variants
from replications.width_transfer.arms import BASE_WIDTH, shape, trained
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.texts import python_library

SLUG = "width_transfer_constants"
TEXT = python_library
TITLE = "Held-out loss of u-muP decoders with one constant changed, against learning rate and width"

#: Variant -> widths and octaves of the peak learning rate.
VARIANTS = {
    "attention": ((128, 256), range(3)),
    "blocks": ((128, 256), range(-1, 3)),
    "both": ((128,), range(3)),
}

#: As of the arms: which runs go together on a GPU, and what a run costs; and the columns of `variants`.
pack, cost, COLUMNS = arms.pack, arms.cost, variants.COLUMNS


class CountedInBlocks(Decoder):
    """u-μP whose matrices learn at rates that are divided by the root of the number of blocks."""

    def groups(self) -> list[dict[str, Any]]:
        """Parameter groups, see `Decoder.groups`; blocks are half as many as branches."""
        found, inner = super().groups(), {id(weight) for weight in self.blocks.parameters()}
        for group in found:
            if {id(weight) for weight in group["params"]} <= inner:
                group["scale"] *= math.sqrt(2)
                group["decay"] /= math.sqrt(2)
        return found


def decoder(variant: str, width: int, seed: int) -> Decoder:
    """A fresh u-μP decoder with one constant changed.

    Raises
    ------
    ValueError
        If the variant is unknown.
    """
    if variant not in VARIANTS:
        raise ValueError(f"unknown variant {variant!r}; there are: {', '.join(VARIANTS)}")
    if variant == "both":
        model = variants.decoder("embedding", width, seed)
    else:
        kind = CountedInBlocks if variant == "blocks" else Decoder
        model = kind(shape(width), seed, parametrisation="unit", base_width=BASE_WIDTH)
    if variant != "blocks":
        for block in model.blocks:
            block.attention_gain = 1.0
    return model


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations, the same at both scales."""
    return [
        {"variant": variant, "width": width, "batch": 8, "steps": 200, "log2_lr": octave, "seed": seed}
        for variant, (widths, octaves) in VARIANTS.items()
        for width in widths
        for seed in range(3)
        for octave in octaves
    ]


def witnesses(scale: str) -> Witnesses:
    """Every variant, twenty updates each, at a low rate, which magnifies little."""
    return Witnesses(
        [
            {"variant": variant, "width": 64, "batch": 2, "steps": 20, "log2_lr": -1, "seed": 0}
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
    command("replications.width_transfer.constants")
