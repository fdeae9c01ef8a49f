"""Byte-level transformers on Python's own library: one loss curve a size serves every compute budget.

Each run trains one decoder at a constant learning rate on at most one pass over the text and
is judged on held-out text at token counts a factor of root two apart. As no schedule looks
ahead, the loss after D tokens is that of a run which had only D tokens to train on; so the
runs of all sizes, read at D = C / (FLOPs a token), give the IsoFLOP curve of any budget C.
All sizes have one block and the same batch: they differ by their width alone.

Three arms differ in how the learning rate is set:

- `tuned`: a rate for each width, a warm-up over as many tokens as the model has parameters;
- `long warm-up`: the same rates, one long warm-up for all sizes, as in Kaplan's recipe;
- `one rate`: a short warm-up, but one rate for all sizes, the one that suits width 64.

Sources: Porian et al. (2024), arXiv:2406.19146 (the arms); Hoffmann et al. (2022),
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
from scalinglaws.training.loop import Source, TrainConfig, batches
from scalinglaws.training.packed import train_together
from scalinglaws.training.texts import Corpus, byte_tokens, python_library, python_text

SLUG = "isoflop_from_scratch_ladder"
SLUG_CI = "isoflop_from_scratch_ladder_small"
TEXT = python_library
TITLE = "Held-out loss curves of byte-level transformers on Python's standard library, three recipes"

CONTEXT, DEPTH = 64, 1
#: Windows a step: small, so that few tokens are many updates.
BATCH = 8
#: Sizes a factor of 1.4 to 2.1 apart.
WIDTHS = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
#: Token counts at which a run is judged: powers of root two, rounded to whole batches.
TOKENS = tuple(1024 * round(2 ** (k / 2) / 1024) for k in range(28, 47))
#: Arm -> most tokens a parameter: far beyond what is best at any budget, which a long warm-up moves up.
MOST_TOKENS_PER_PARAM = {"tuned": 800, "long warm-up": 2200, "one rate": 400}
#: Tokens of the long warm-up: some four times what is best at the smallest budget, 8e8 FLOPs.
#: (Kaplan's were 9.5 times what is best, all tuned, at Porian et al.'s smallest budget.)
LONG_WARMUP = 2**18
HELD_OUT_DOCUMENTS = 0.05
HELD_OUT_WINDOWS = 384

COLUMNS = {
    "width": number_column("numbers", "width of the residual stream", 4, 256),
    "arm": {"unit": "text", "about": "recipe: tuned, long warm-up or one rate"},
    "seed": number_column("integer", "seed of weights and data order", 0, 100),
    "n_tokens": number_column("tokens", "training tokens of the whole run", 1024, 1e7),
    "corpus": {"unit": "text", "about": "first 12 hex digits of the text's sha256"},
    "depth": number_column("blocks", "transformer blocks", 1, 5),
    "n_params": number_column("parameters", "matrices of the blocks and the head", 1e3, 2e6),
    "n_params_matrices": number_column("parameters", "matrices of the blocks alone", 100, 2e6),
    "n_params_all": number_column("parameters", "every trainable number, the token embedding too", 1e3, 2e6),
    "flops_per_token": number_column("FLOPs", "6 n_params", 6e3, 1e7),
    "flops_per_token_attention": number_column(
        "FLOPs", "6 n_params and products of queries with keys", 6e3, 1.2e7
    ),
    "flops": number_column("FLOPs", "training FLOPs of the whole run, 6 n_params n_tokens", 0, 1e14),
    "learning_rate": number_column("none", "learning rate after the warm-up", 1e-4, 0.1),
    "batch_tokens": number_column("tokens", "tokens a step", 512, 1024),
    "warmup_tokens": number_column("tokens", "tokens of the linear warm-up", 512, 1e6),
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


def tuned_rate(width: int) -> float:
    """The learning rate of a width.

    Chosen on the short warm-up alone, one seed, before any IsoFLOP curve was made: of three
    or four rates the best for widths 8, 16, 32 and 64 lay within a factor of two of this line.
    """
    return min(0.02, 0.3 / width)


@lru_cache(maxsize=2)
def windows_of(read: Callable[[], Corpus]) -> tuple[torch.Tensor, torch.Tensor, str]:
    """Training windows, held-out windows (bytes, each a window and its next byte) and the text's hash."""
    corpus = read()
    parts = []
    for part in corpus.split(HELD_OUT_DOCUMENTS):
        tokens = torch.from_numpy(byte_tokens(part).copy())
        parts.append(tokens.unfold(0, CONTEXT + 1, CONTEXT).to(device()))
    training, held_out = parts
    chosen = torch.linspace(0, len(held_out) - 1, HELD_OUT_WINDOWS).long()
    return training, held_out[chosen.to(held_out.device)].long(), corpus.sha256[:12]


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale, in the order of their worth, so that a sweep cut short is of use."""
    arms = ("tuned", "long warm-up", "one rate")
    if scale == "ci":
        parts = [(seed, arms[:2], WIDTHS[:9]) for seed in (0, 1)] + [(0, arms[2:], WIDTHS[:9])]
    else:
        parts = [(seed, arms[: 3 if seed < 2 else 2], WIDTHS) for seed in range(5)]
    # FLOPs of the largest budget: up to there every large size is trained.
    largest = 8e8 * 2 ** (9 if scale == "ci" else 11)
    return [
        {"width": width, "arm": arm, "seed": seed, "n_tokens": enough_tokens(width, arm, largest)}
        for seed, arms, chosen in parts
        for arm in arms
        for width in chosen
    ]


def witnesses(scale: str) -> Witnesses:
    """Every arm at the smallest width and at two that learn at rates of their own, twenty updates each."""
    return Witnesses(
        [
            {"width": width, "arm": arm, "seed": 0, "n_tokens": 20 * BATCH * CONTEXT}
            for arm in MOST_TOKENS_PER_PARAM
            for width in (4, 24, 96)
        ],
        # Short enough for the warm-up to end within the twenty updates of a witness.
        short={"LONG_WARMUP": 2**12},
    )


def enough_tokens(width: int, arm: str, flops: float) -> int:
    """Training tokens of a width: to the largest budget, but not absurdly many a parameter, or twice a text."""
    size = shape(width)
    # Two arms are also read with the head's FLOPs left out, which buys more tokens.
    needed = flops / size.flops_per_token("6N + head" if arm == "one rate" else "6N")
    allowed = MOST_TOKENS_PER_PARAM[arm] * size.n_params("matrices + head")
    reach = next((tokens for tokens in TOKENS if tokens >= needed), TOKENS[-1])
    return min(reach, max(tokens for tokens in TOKENS if tokens <= allowed))


def batches_of(windows: torch.Tensor, steps: int, seed: int) -> Source:
    """Batches of windows, none twice: inputs and the bytes that follow them."""
    order = batches(len(windows), BATCH, steps, seed).to(windows.device)

    def draw(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        rows = windows[order[step]].long()
        return rows[:, :-1], rows[:, 1:]

    return draw


def pack(width: int, arm: str, seed: int, n_tokens: int) -> tuple:
    """Seeds go together on a GPU; on a CPU transformers gain nothing by it."""
    return (width, arm, n_tokens) if device() == "cuda" else (width, arm, n_tokens, seed)


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train the models of one pack and record their held-out losses on the way, see `run`."""
    width, arm, n_tokens = (configs[0][name] for name in ("width", "arm", "n_tokens"))
    size, (training, held_out, corpus) = shape(width), windows_of(python_text())
    batch = BATCH * CONTEXT
    steps = n_tokens // batch
    warmup = LONG_WARMUP if arm == "long warm-up" else size.n_params("matrices + head")
    config = TrainConfig(
        steps=steps,
        lr=tuned_rate(64 if arm == "one rate" else width),
        schedule="constant",
        warmup=max(1, round(warmup / batch)),
        betas=(0.9, 0.99),
        weight_decay=0.01,
        clip=1.0,
        evaluate_at=tuple(tokens // batch for tokens in TOKENS),
        stop_above=20.0,
    )
    seeds = [each["seed"] for each in configs]
    runs = train_together(
        [Decoder(size, seed).to(device()) for seed in seeds],
        [batches_of(training, steps, seed) for seed in seeds],
        config,
        held_out=(held_out[:, :-1], held_out[:, 1:]),
    )
    found = [{entry["step"] * batch: entry["loss"] for entry in run.evals} for run in runs]
    common = {
        "corpus": corpus,
        "depth": size.depth,
        "n_params": size.n_params("matrices + head"),
        "n_params_matrices": size.n_params("matrices"),
        "n_params_all": size.n_params("all"),
        "flops_per_token": size.flops_per_token("6N + head"),
        "flops_per_token_attention": size.flops_per_token("6N + head + attention"),
        "flops": size.flops_per_token("6N + head") * steps * batch,
        "learning_rate": config.lr,
        "batch_tokens": batch,
        "warmup_tokens": batch * config.warmup,
    }
    return [
        common
        | {"diverged": int(run.diverged), "loss": at.get(steps * batch)}
        | {f"loss_at_{tokens}": at.get(tokens) for tokens in TOKENS}
        for run, at in zip(runs, found, strict=True)
    ]


def run(width: int, arm: str, seed: int, n_tokens: int) -> dict[str, Any]:
    """Train one model and record its held-out loss on the way.

    Parameters
    ----------
    width
        Width of the residual stream.
    arm
        `tuned`, `long warm-up` or `one rate`.
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
    command("replications.isoflop_from_scratch.ladder")
