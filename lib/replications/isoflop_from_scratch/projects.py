"""IsoFLOP curves of byte-level transformers, judged on projects that they have not read.

Each run trains one decoder of one block at a constant learning rate and is judged on held-out text
at token counts a factor of root two apart, so that runs of all sizes, read at D = C / (FLOPs a token),
give the IsoFLOP curve of any budget C. What matters besides:

- The held-out windows are of other projects than the training text, and none shares a stretch
  of 64 bytes with it, letter for letter (`scalinglaws.training.held_out`).
- Budgets begin where the best run beats a trigram model counted on the same bytes
  (`counts.counted_loss`): a network that does not has yet to learn what counting gives for nothing.
- With a short warm-up, over as many bytes as the model has parameters, each size is trained at four
  learning rates or more, an octave apart, so that "tuned" means the best rate of each size, and one rate for
  all sizes is among the same runs.
- With a long warm-up, the same for all sizes as in Kaplan's recipe, each size has the rate that is best
  with the short one, as in the authors' own runs.

Sources: Porian et al. (2024), arXiv:2406.19146 (the recipes); Hoffmann et al. (2022),
arXiv:2203.15556, section 3.2 (IsoFLOP curves).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch

from scalinglaws.counting import Transformer
from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training.bytewise import shape_of
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.held_out import seen, split_by_project
from scalinglaws.training.loop import Source, TrainConfig, batches
from scalinglaws.training.packed import train_together
from scalinglaws.training.texts import Corpus, byte_tokens, python_library, python_text

SLUG = "isoflop_from_scratch_projects"
SLUG_CI = "isoflop_from_scratch_projects_small"
TEXT = python_library
TITLE = (
    "Loss curves of byte-level transformers on projects of Python's standard library that they have not read"
)

#: Bytes of a window, and blocks of a network.
CONTEXT, DEPTH = 64, 1
#: Windows a step: small, so that few tokens are many updates.
BATCH = 16
#: Sizes a factor of 1.6 to 2.2 apart.
WIDTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384)
#: Base-two logarithm of the rate that is best with the short warm-up, over the budgets of the CI scale.
BEST = {24: -7, 32: -8, 48: -8, 64: -8, 96: -8, 128: -8, 192: -7}
#: FLOPs of the smallest budget: at half of it the best run of an earlier table was above a trigram model.
SMALLEST = 2e11
#: Token counts at which a run is judged: powers of root two, rounded to whole batches.
TOKENS = tuple(1024 * round(2 ** (k / 2) / 1024) for k in range(32, 49))
#: Tokens of the long warm-up: in the geometric middle of the budgets about as long against the best data as Kaplan's,
#: which was 9.5 times the best at the smallest of Porian et al.'s budgets, 0.2 times at the largest.
LONG_WARMUP = 2**22
HELD_OUT_PROJECTS, HELD_OUT_WINDOWS = 0.1, 512
#: Bytes of a stretch that no held-out window may share with the training text.
STRETCH = 64

COLUMNS = {
    "width": number_column("numbers", "width of the residual stream", 4, 1024),
    "warmup": {"unit": "text", "about": "short: as many tokens as parameters; long: the same for all sizes"},
    "log2_lr": number_column("none", "base-two logarithm of the learning rate after the warm-up", -14, -3),
    "seed": number_column("integer", "seed of weights and data order", 0, 100),
    "n_tokens": number_column("tokens", "training tokens of the whole run", 1024, 1e8),
    "corpus": {"unit": "text", "about": "first 12 hex digits of the text's sha256"},
    "passes": number_column("none", "training tokens over the bytes of the training text", 0, 10),
    "n_params": number_column("parameters", "matrices of the blocks and the head", 1e3, 1e7),
    "n_params_matrices": number_column("parameters", "matrices of the blocks alone", 100, 1e7),
    "n_params_all": number_column("parameters", "every trainable number, the token embedding too", 1e3, 1e7),
    "flops_per_token": number_column("FLOPs", "6 n_params", 6e3, 1e8),
    "flops_per_token_attention": number_column(
        "FLOPs", "6 n_params and products of queries with keys", 6e3, 1e8
    ),
    "flops": number_column("FLOPs", "training FLOPs of the whole run, 6 n_params n_tokens", 0, 1e15),
    "batch_tokens": number_column("tokens", "tokens a step", 512, 4096),
    "warmup_tokens": number_column("tokens", "tokens of the linear warm-up", 512, 1e7),
    "diverged": number_column("0 or 1", "whether the training loss ceased to be below 20", 0, 1),
    "loss": number_column("nats per byte", "held-out loss at the end of the run", 0.5, 6, missing=True),
} | {
    f"loss_at_{tokens}": number_column(
        "nats per byte", f"held-out loss after {tokens} training tokens", 0.5, 6, missing=True
    )
    for tokens in TOKENS
}


def shape(width: int) -> Transformer:
    """The transformer of a width: rotary positions, no biases, a head of its own."""
    return shape_of(width, DEPTH, CONTEXT)


def octaves(width: int) -> range:
    """Base-two logarithms of the rates that a width is trained at with the short warm-up.

    Each ladder was continued until its best rate lay inside.
    """
    return range(-9, -5) if width <= 48 else range(-10, -6 if width < 192 else -5)


@lru_cache(maxsize=2)
def windows_of(read: Callable[[], Corpus]) -> tuple[torch.Tensor, torch.Tensor, str]:
    """Training windows, held-out windows (bytes, each a window and its next byte) and the text's hash."""
    corpus = read()
    training, held_out = (byte_tokens(part) for part in split_by_project(corpus, HELD_OUT_PROJECTS))
    cut = [torch.from_numpy(part.copy()).unfold(0, CONTEXT + 1, CONTEXT) for part in (training, held_out)]
    fresh = cut[1][torch.from_numpy(~seen(cut[1].numpy(), training, STRETCH))]
    chosen = torch.linspace(0, len(fresh) - 1, HELD_OUT_WINDOWS).long()
    return cut[0].to(device()), fresh[chosen].long().to(device()), corpus.sha256[:12]


def enough_tokens(width: int, flops: float) -> int:
    """Training tokens of a width: to the largest budget, counted without the head too, but at most the last of `TOKENS`."""
    needed = flops / shape(width).flops_per_token("6N")
    return next((tokens for tokens in TOKENS if tokens >= needed), TOKENS[-1])


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale, in the order of their worth, so that a sweep cut short is of use.

    Up to the largest budget every size is trained, unless that takes more tokens than the last of `TOKENS`.
    """
    widths, largest = (WIDTHS[1:8], SMALLEST * 2**3) if scale == "ci" else (WIDTHS, SMALLEST * 2**6)
    # Which rates are best with the short warm-up is known of the CI scale's budgets alone.
    asked = [("short", width, octave) for width in reversed(widths) for octave in octaves(width)]
    asked += [
        ("long", width, octave)
        for width in reversed(widths)
        for octave in ([BEST[width]] if scale == "ci" else octaves(width))
    ]
    return [
        {
            "width": width,
            "warmup": warmup,
            "log2_lr": octave,
            "seed": seed,
            "n_tokens": enough_tokens(width, largest),
        }
        for warmup, width, octave in asked
        for seed in range(3)
    ]


def witnesses(scale: str) -> Witnesses:
    """Both warm-ups at a small and a middling width, twenty updates each."""
    return Witnesses(
        [
            {"width": width, "warmup": warmup, "log2_lr": -9, "seed": 0, "n_tokens": 20 * BATCH * CONTEXT}
            for warmup in ("short", "long")
            for width in (16, 96)
        ],
        # So that the long warm-up ends; the excerpt has few projects and few windows.
        short={"LONG_WARMUP": 2**13, "HELD_OUT_WINDOWS": 64},
    )


def batches_of(training: torch.Tensor, steps: int, seed: int) -> Source:
    """The windows of each step, in an order of the seed, and their next bytes."""
    index = batches(len(training), BATCH, steps, seed)

    def source(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        window = training[index[step].to(training.device)].long()
        return window[:, :-1], window[:, 1:]

    return source


def pack(width: int, warmup: str, log2_lr: int, seed: int, n_tokens: int) -> tuple:
    """Rates and seeds of a width go together on a GPU; on a CPU transformers gain nothing by it."""
    return (width, warmup, n_tokens) if device() == "cuda" else (width, warmup, log2_lr, seed)


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train the models of one pack and record their held-out losses on the way, see `run`."""
    width, warmup, n_tokens = (configs[0][name] for name in ("width", "warmup", "n_tokens"))
    size, (training, held_out, corpus) = shape(width), windows_of(python_text())
    batch = BATCH * CONTEXT
    steps = n_tokens // batch
    warm = LONG_WARMUP if warmup == "long" else size.n_params("matrices + head")
    config = TrainConfig(
        steps=steps,
        lr=1.0,
        schedule="constant",
        warmup=max(1, round(warm / batch)),
        betas=(0.9, 0.99),
        weight_decay=0.01,
        clip=1.0,
        evaluate_at=tuple(tokens // batch for tokens in TOKENS),
        stop_above=20.0,
    )
    orders = {seed: batches_of(training, steps, seed) for seed in {c["seed"] for c in configs}}
    runs = train_together(
        [Decoder(size, c["seed"]).to(device()) for c in configs],
        [orders[c["seed"]] for c in configs],
        config,
        lrs=[2.0 ** c["log2_lr"] for c in configs],
        held_out=(held_out[:, :-1], held_out[:, 1:]),
    )
    common = {
        "corpus": corpus,
        "passes": n_tokens / (len(training) * CONTEXT),
        "n_params": size.n_params("matrices + head"),
        "n_params_matrices": size.n_params("matrices"),
        "n_params_all": size.n_params("all"),
        "flops_per_token": size.flops_per_token("6N + head"),
        "flops_per_token_attention": size.flops_per_token("6N + head + attention"),
        "flops": size.flops_per_token("6N + head") * steps * batch,
        "batch_tokens": batch,
        "warmup_tokens": batch * config.warmup,
    }
    found = []
    for run in runs:
        at = {entry["step"] * batch: entry["loss"] for entry in run.evals}
        row = common | {"diverged": int(run.diverged), "loss": at.get(steps * batch)}
        found.append(row | {f"loss_at_{tokens}": at.get(tokens) for tokens in TOKENS})
    return found


def run(width: int, warmup: str, log2_lr: int, seed: int, n_tokens: int) -> dict[str, Any]:
    """Train one model and record its held-out loss on the way.

    Parameters
    ----------
    width
        Width of the residual stream.
    warmup
        `short` or `long`.
    log2_lr
        Base-two logarithm of the learning rate after the warm-up.
    seed
        Seed of the weights and of the data order.
    n_tokens
        Training tokens, a multiple of 1,024.
    """
    return run_many([locals()])[0]


def cost(width: int, n_tokens: int, **_: Any) -> float:
    """Relative cost: FLOPs, and an overhead a step which small models mostly consist of."""
    return n_tokens * (shape(width).flops_per_token("6N + head") + 2e5)


if __name__ == "__main__":
    command("replications.isoflop_from_scratch.projects")
