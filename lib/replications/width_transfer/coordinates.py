"""The coordinate check: how much activations change in the first eight updates, against the width.

A parametrisation keeps its best learning rate over widths only if an update changes what each
layer puts out by as much in a wide network as in a narrow one. So the decoders of
`arms` make one and eight updates at a constant rate, the same at all widths, and the
change of each output on a fixed batch of held-out text is measured: its root mean square over
all places and coordinates. Where the rule is right, it does not depend on the width.

Source: Yang et al. (2022), arXiv:2203.03466, appendix D.1, "coordinate checking".
"""

from __future__ import annotations

from typing import Any

import torch

from replications.width_transfer.arms import ARMS, CONTEXT, WINDOW_SEED, decoder, shape
from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training import loop
from scalinglaws.training.bytewise import tokens
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.texts import python_library

SLUG = "width_transfer_coordinates"
TEXT = python_library
TITLE = "Changes of activations in the first eight updates, against the width, five ways to scale with width"

#: Layers whose outputs are watched: name -> module of the decoder; of blocks, the last.
SITES = {
    "embedding": "embedding",
    "scores": "blocks.1.qkv",
    "attention": "blocks.1.project",
    "hidden": "blocks.1.up",
    "mlp": "blocks.1.down",
    "stream": "blocks.1",
    "logits": "head",
}
#: Arm -> octave of the rate: near the best at the base width, in the matched arms the same.
OCTAVES = {"standard 0.02": -8, "standard fan-in": -7, "mup matched": -7, "mup 0.02": -7, "u-mup": 0}
BATCH, UPDATES, WATCHED = 16, 8, 16

COLUMNS = {
    "arm": {"unit": "text", "about": "how start, constants and rates depend on the width"},
    "width": number_column("1", "width of the residual stream", 8, 8192),
    "log2_lr": number_column("1", "base-two logarithm of the learning rate, constant", -20, 10),
    "seed": number_column("integer", "seed of initial weights and data order", 0, 100),
    "n_params": number_column("1", "all weights, embedding and head included", 1, 1e12),
    "corpus": {"unit": "text", "about": "first 12 hex digits of the text's sha256"},
} | {
    f"{what}_{site}": number_column("1", f"{about}: RMS over places and coordinates", 0, 1e6)
    for site in SITES
    for what, about in {
        "start": f"output of {site} before any update",
        "first": f"change of that by the first update, {site}",
        "change": f"change of that by eight updates, {site}",
    }.items()
}


def outputs(model: Decoder, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """What each watched layer puts out for a batch; for `scores` the queries' products with their own keys."""
    seen: dict[str, torch.Tensor] = {}
    modules = dict(model.named_modules())
    hooks = [
        modules[place].register_forward_hook(lambda _, __, out, site=site: seen.update({site: out}))
        for site, place in SITES.items()
    ]
    with torch.no_grad():
        model(x)
    for hook in hooks:
        hook.remove()
    block = model.blocks[-1]
    heads = seen["scores"].unflatten(-1, (-1, block.head_width))
    q, k, _ = heads.split([block.heads, block.kv_heads, block.kv_heads], dim=-2)
    # Rotary positions turn a query and the key of its own place alike, and so leave this as it is.
    seen["scores"] = (q * k).sum(-1) * block.temperature
    return seen


def rms(x: torch.Tensor) -> float:
    """Root mean square of all entries."""
    return float(x.double().square().mean().sqrt())


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations; the same at both scales."""
    return [
        {"arm": arm, "width": width, "log2_lr": OCTAVES[arm], "seed": seed}
        for width in (32, 64, 128, 256, 512)
        for arm in ARMS
        for seed in range(3)
    ]


def witnesses(scale: str) -> Witnesses:
    """Every arm, muP off its base width on both sides; few updates, which magnify little of what is rounded differently."""
    widths = {"standard 0.02": (64,), "standard fan-in": (64,), "mup 0.02": (32,)}
    return Witnesses(
        [
            {"arm": arm, "width": width, "log2_lr": octave - 3, "seed": 0}
            for arm, octave in OCTAVES.items()
            for width in widths.get(arm, (32, 128))
        ],
        short={"BATCH": 2, "WATCHED": 4, "UPDATES": 3},
    )


def run(arm: str, width: int, log2_lr: int, seed: int) -> dict[str, Any]:
    """Make one and eight updates of a fresh decoder and measure what its layers put out.

    Parameters
    ----------
    arm
        One of `arms.ARMS`.
    width
        Width of the residual stream.
    log2_lr
        Base-two logarithm of the learning rate, constant, before the arm scales it.
    seed
        Seed of the initial weights and of the data order.
    """
    text, other, corpus = tokens()
    watched = loop.windows(other, CONTEXT, WATCHED, WINDOW_SEED)(0)[0]
    states = {}
    for name, updates in (("start", 0), ("first", 1), ("change", UPDATES)):
        model = decoder(arm, width, seed).to(device())
        if updates:
            plan = loop.TrainConfig(
                updates, 2.0**log2_lr, weight_decay=0.0, betas=(0.9, 0.99), schedule="constant"
            )
            loop.train(model, loop.windows(text, CONTEXT, BATCH, seed), plan)
        states[name] = outputs(model, watched)
    row: dict[str, Any] = {"n_params": shape(width).n_params("all"), "corpus": corpus}
    for site in SITES:
        row[f"start_{site}"] = rms(states["start"][site])
        for name in ("first", "change"):
            row[f"{name}_{site}"] = rms(states[name][site] - states["start"][site])
    return row


def cost(width: int, **_: Any) -> float:
    """Relative cost: FLOPs, and a little for every update."""
    return UPDATES * (1e8 + shape(width).flops_per_token("6N + head + attention") * BATCH * CONTEXT)


if __name__ == "__main__":
    command("replications.width_transfer.coordinates")
