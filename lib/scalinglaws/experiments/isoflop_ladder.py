"""Byte-level transformers on Python's own library: one loss curve a size serves every compute budget.

Each run trains one decoder at a constant learning rate on at most one pass over the text and
is judged on held-out text at token counts a factor of root two apart. As no schedule looks
ahead, the loss after D tokens is that of a run which had only D tokens to train on; so the
runs of all sizes, read at D = C / (FLOPs a token), give the IsoFLOP curve of any budget C.

Three arms differ in how the learning rate is set:

- `tuned`: a rate for each width, a warm-up over as many tokens as the model has parameters;
- `long warm-up`: the same rates, one long warm-up for all sizes, as in Kaplan's recipe;
- `one rate`: a short warm-up, but one rate for all sizes, the one that suits width 64.

Sources: Porian et al. (2024), arXiv:2406.19146 (the arms); Hoffmann et al. (2022),
arXiv:2203.15556, section 3.2 (IsoFLOP curves).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch

from scalinglaws.corpora import byte_tokens, python_library
from scalinglaws.counting import Transformer
from scalinglaws.experiments import command
from scalinglaws.training import TrainConfig, batches, train
from scalinglaws.transformer import Decoder

SLUG = "isoflop_ladder"
SLUG_CI = "isoflop_ladder_small"
TITLE = "Held-out loss curves of byte-level transformers on Python's standard library, three recipes"

CONTEXT = 64
#: Width -> blocks. Sizes a factor of 1.4 to 2 apart.
DEPTH = {4: 1, 6: 1, 8: 1, 12: 1, 16: 1, 24: 1, 28: 2, 40: 2, 48: 3, 64: 3, 80: 4, 112: 4}
WIDTHS = {"ci": tuple(DEPTH)[:-2], "full": tuple(DEPTH)}
#: FLOPs of the largest budget, blocks alone counted: up to there every large size is trained.
LARGEST = {"ci": 8e8 * 2**9, "full": 8e8 * 2**12}
#: Token counts at which a run is judged: powers of root two, rounded to whole batches.
TOKENS = tuple(1024 * round(2 ** (k / 2) / 1024) for k in range(28, 45))
#: Arm -> most tokens a parameter: far beyond what is best at any budget, which a long warm-up moves up.
MOST_TOKENS_PER_PARAM = {"tuned": 800, "long warm-up": 2200, "one rate": 400}
#: Tokens of the long warm-up: some four times what is best at the smallest budget, 8e8 FLOPs.
#: (Kaplan's were 9.5 times what is best, all tuned, at Porian et al.'s smallest budget.)
LONG_WARMUP = 2**18
HELD_OUT_DOCUMENTS = 0.05
HELD_OUT_WINDOWS = 384

COLUMNS = {
    "width": {"unit": "numbers", "about": "width of the residual stream", "min": 4, "max": 112},
    "arm": {"unit": "text", "about": "recipe: tuned, long warm-up or one rate"},
    "seed": {"unit": "integer", "about": "seed of weights and data order", "min": 0, "max": 100},
    "n_tokens": {"unit": "tokens", "about": "training tokens of the whole run", "min": 1024, "max": 5e6},
    "corpus": {"unit": "text", "about": "first 12 hex digits of the text's sha256"},
    "depth": {"unit": "blocks", "about": "transformer blocks", "min": 1, "max": 5},
    "n_params": {
        "unit": "parameters",
        "about": "matrices of the blocks and the head",
        "min": 1e3,
        "max": 2e6,
    },
    "n_params_matrices": {
        "unit": "parameters",
        "about": "matrices of the blocks alone",
        "min": 100,
        "max": 2e6,
    },
    "n_params_all": {
        "unit": "parameters",
        "about": "every trainable number, the token embedding too",
        "min": 1e3,
        "max": 2e6,
    },
    "flops_per_token": {"unit": "FLOPs", "about": "6 n_params", "min": 6e3, "max": 1e7},
    "flops_per_token_attention": {
        "unit": "FLOPs",
        "about": "6 n_params and products of queries with keys",
        "min": 6e3,
        "max": 1.2e7,
    },
    "flops": {
        "unit": "FLOPs",
        "about": "training FLOPs of the whole run, 6 n_params n_tokens",
        "min": 0,
        "max": 1e14,
    },
    "learning_rate": {"unit": "none", "about": "learning rate after the warm-up", "min": 1e-4, "max": 0.1},
    "batch_tokens": {"unit": "tokens", "about": "tokens a step", "min": 512, "max": 1024},
    "warmup_tokens": {"unit": "tokens", "about": "tokens of the linear warm-up", "min": 512, "max": 6e5},
    "diverged": {
        "unit": "0 or 1",
        "about": "whether the training loss ceased to be below 20",
        "min": 0,
        "max": 1,
    },
    "loss": {
        "unit": "nats per byte",
        "about": "held-out loss at the end of the run",
        "min": 0.5,
        "max": 6,
        "missing": True,
    },
} | {
    f"loss_at_{tokens}": {
        "unit": "nats per byte",
        "about": f"held-out loss after {tokens} training tokens",
        "min": 0.5,
        "max": 6,
        "missing": True,
    }
    for tokens in TOKENS
}
#: Standard deviation over three seeds of the smallest size, from a pilot.
SPREAD = {"loss_at_65536": 0.02, "loss_at_262144": 0.045, "loss": 0.04}


def device() -> str:
    """`cuda` if there is one, else `cpu` with one thread, where equal seeds give equal bits."""
    if torch.cuda.is_available():
        return "cuda"
    torch.set_num_threads(1)
    return "cpu"


def shape(width: int) -> Transformer:
    """The transformer of a width: rotary positions, no biases, a head of its own."""
    return Transformer(
        width=width,
        depth=DEPTH[width],
        vocabulary=256,
        context=CONTEXT,
        heads=max(1, width // 16),
        tied_head=False,
        learned_positions=False,
        biases=False,
    )


def tuned_rate(width: int) -> float:
    """The learning rate of a width.

    Chosen on the short warm-up alone, one seed, before any IsoFLOP curve was made: of three
    or four rates the best for widths 8, 16, 32 and 64 lay within a factor of two of this line.
    """
    return min(0.02, 0.3 / width)


@lru_cache(maxsize=1)
def text() -> tuple[torch.Tensor, torch.Tensor, str]:
    """Training windows, held-out windows (bytes, each a window and its next byte) and the text's hash."""
    corpus = python_library()
    parts = []
    for part in corpus.split(HELD_OUT_DOCUMENTS):
        tokens = torch.from_numpy(byte_tokens(part).copy())
        parts.append(tokens.unfold(0, CONTEXT + 1, CONTEXT))
    training, held_out = parts
    chosen = torch.linspace(0, len(held_out) - 1, HELD_OUT_WINDOWS).long()
    return training, held_out[chosen].long(), corpus.sha256[:12]


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale, in the order of their worth, so that a sweep cut short is of use."""
    main, widths = ("tuned", "long warm-up"), WIDTHS[scale]
    if scale == "ci":
        # Small models differ more between seeds and cost less: they get a third seed.
        parts = [(seed, main, widths) for seed in (0, 1)]
        parts += [(2, main, widths[:6]), (0, ("one rate",), widths)]
    else:
        parts = [(seed, (*main, "one rate"), widths) for seed in range(5)]
    return [
        {"width": width, "arm": arm, "seed": seed, "n_tokens": enough_tokens(width, arm, LARGEST[scale])}
        for seed, arms, chosen in parts
        for arm in arms
        for width in chosen
    ]


def enough_tokens(width: int, arm: str, flops: float) -> int:
    """Training tokens of a width: to the largest budget, but not absurdly many a parameter, or twice a text."""
    size = shape(width)
    needed = flops / size.flops_per_token("6N")
    allowed = MOST_TOKENS_PER_PARAM[arm] * size.n_params("matrices + head")
    reach = next((tokens for tokens in TOKENS if tokens >= needed), TOKENS[-1])
    return min(reach, max(tokens for tokens in TOKENS if tokens <= allowed))


def run(width: int, arm: str, seed: int, n_tokens: int) -> dict[str, Any]:
    """Train one model and record its held-out loss on the way.

    Parameters
    ----------
    width
        A width of `DEPTH`.
    arm
        `tuned`, `long warm-up` or `one rate`.
    seed
        Seed of the weights and of the data order.
    n_tokens
        Training tokens, a multiple of 1,024.
    """
    size, to = shape(width), device()
    training, held_out, corpus = text()
    held_out = held_out.to(to)
    # Small models want small batches; the rule is coarse so that a batch is no further thing to tune.
    windows = 8 if width <= 16 else 16
    batch = windows * CONTEXT
    steps = n_tokens // batch
    rate = tuned_rate(64 if arm == "one rate" else width)
    warmup = LONG_WARMUP if arm == "long warm-up" else size.n_params("matrices + head")
    order = batches(len(training), windows, steps, seed)

    def draw(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        rows = training[order[step]].long().to(to)
        return rows[:, :-1], rows[:, 1:]

    config = TrainConfig(
        steps=steps,
        lr=rate,
        schedule="constant",
        warmup=max(1, round(warmup / batch)),
        betas=(0.9, 0.99),
        weight_decay=0.01,
        clip=1.0,
        evaluate_at=tuple(tokens // batch for tokens in TOKENS),
        stop_above=20.0,
    )
    model = Decoder(size, seed).to(to)
    done = train(model, draw, config, held_out=(held_out[:, :-1], held_out[:, 1:]))
    found = {entry["step"] * batch: entry["loss"] for entry in done.evals}
    return {
        "corpus": corpus,
        "depth": size.depth,
        "n_params": size.n_params("matrices + head"),
        "n_params_matrices": size.n_params("matrices"),
        "n_params_all": size.n_params("all"),
        "flops_per_token": size.flops_per_token("6N + head"),
        "flops_per_token_attention": size.flops_per_token("6N + head + attention"),
        "flops": size.flops_per_token("6N + head") * steps * batch,
        "learning_rate": rate,
        "batch_tokens": batch,
        "warmup_tokens": batch * config.warmup,
        "diverged": int(done.diverged),
        "loss": found.get(steps * batch),
    } | {f"loss_at_{tokens}": found.get(tokens) for tokens in TOKENS}


def cost(width: int, n_tokens: int, **_: Any) -> float:
    """Relative cost: FLOPs, and an overhead a step which small models mostly consist of."""
    return n_tokens * (shape(width).flops_per_token("6N + head") + 2e5)


if __name__ == "__main__":
    command("scalinglaws.experiments.isoflop_ladder")
