"""Networks trained on what is left of a real image set after pruning by a probe's margin.

A probe, the same small network trained on examples of its own, ranks a pool by the gap
between its two largest logits, the counterpart of `|probe.x|` in the perceptron theory.
The smallest (hard), the largest (easy) or random ones are kept and a fresh network is
trained on them, for a number of steps that depends on the number of kept examples only.

CPU scale: MNIST-1D, made on the spot by the `mnist1d` package. Full scale: Fashion-MNIST,
fetched from its public address and checked by hash (or read from the mirror folder); it
runs on a GPU if there is one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch

from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.training import loop
from scalinglaws.training.arrays import fashion_mnist, mnist1d
from scalinglaws.training.classifiers import convnet
from scalinglaws.training.loop import error_rate, logits

SLUG = "data_pruning_images"
SLUG_CI = "data_pruning_images_small"
TITLE = "Test error of small convolutional networks on margin-pruned image sets"
COLUMNS = {
    "data": {"unit": "text", "about": "image set"},
    "total": {"unit": "examples", "about": "pool size before pruning", "min": 100, "max": 60000},
    "f": {"unit": "fraction", "about": "kept fraction", "min": 0.01, "max": 1},
    "keep": {"unit": "text", "about": "hard: smallest probe margins kept; easy: largest; random: neither"},
    "seed": {"unit": "integer", "about": "seed of pool, probe, weights and data order", "min": 0, "max": 100},
    "n_kept": {"unit": "examples", "about": "training examples kept", "min": 10, "max": 60000},
    "probe_error": {"unit": "fraction", "about": "test error of the probe", "min": 0, "max": 1},
    "train_loss": {"unit": "nats", "about": "training loss, mean of the last tenth", "min": 0, "max": 10},
    "error": {"unit": "fraction", "about": "test error on the fixed held-out set", "min": 0, "max": 1},
}

FRACTIONS = (0.8, 0.6, 0.4, 0.2)
TOTALS = {"mnist1d": (1000, 2000, 4000, 8000, 16000), "fashion_mnist": (3125, 6250, 12500, 25000, 50000)}
#: Examples of the probe, never in a pool.
PROBE = {"mnist1d": 4000, "fashion_mnist": 10000}
WIDTH = {"mnist1d": 32, "fashion_mnist": 32}
#: Examples of the test set of MNIST-1D, and their seed.
TEST, TEST_SEED = 5000, 2_000_000
#: Steps of the shortest run.
LEAST_STEPS = 800
#: One step in so many warms up.
STEPS_A_WARMUP_STEP = 20
#: Chosen on unpruned MNIST-1D alone: of 0.002, 0.005 and 0.01 the best at 1,600 and 6,400 examples.
LEARNING_RATE = 1e-2


def draw(data: str, n: int, role: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Examples for a role, `probe`, `pool` or `test`; the test set is the same for every seed."""
    if data == "mnist1d":
        offset = {"pool": 0, "probe": 1_000_000, "test": TEST_SEED}[role]
        return mnist1d(n, offset + (0 if role == "test" else seed))
    if role == "test":
        return fashion_mnist("t10k")
    x, y = fashion_mnist("train")
    order = np.random.default_rng(seed).permutation(len(x))
    chosen = order[: PROBE[data]][:n] if role == "probe" else order[PROBE[data] :][:n]
    return x[chosen], y[chosen]


def train(
    model: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, *, steps: int, seed: int, batch: int, lr: float
) -> list[float]:
    """Train with AdamW, a short warm-up and a cosine decay to zero; the training loss of each step.

    Raises
    ------
    FloatingPointError
        If the loss ceases to be a number.
    """
    config = loop.TrainConfig(
        steps=steps, lr=lr, seed=seed, warmup=max(1, steps // STEPS_A_WARMUP_STEP), fused=False
    )
    done = loop.train(model, loop.examples(x, y, batch, steps, seed), config)
    if done.diverged:
        raise FloatingPointError("the training loss is not finite: lower the learning rate")
    return done.losses


def fit(data: str, x: np.ndarray, y: np.ndarray, seed: int) -> tuple[torch.nn.Module, list[float]]:
    """A fresh network trained on (x, y): twenty passes, but `LEAST_STEPS` steps at least."""
    model = convnet(x.shape[1:], WIDTH[data], 10, seed).to(device())
    inputs, labels = torch.from_numpy(x).to(device()), torch.from_numpy(y).to(device())
    steps = max(LEAST_STEPS, 20 * len(x) // 64)
    return model, train(model, inputs, labels, steps=steps, seed=seed, batch=64, lr=LEARNING_RATE)


def judged(data: str, model: torch.nn.Module) -> float:
    """Test error on the fixed held-out set."""
    x, y = draw(data, TEST, "test", 0)
    return error_rate(model, torch.from_numpy(x).to(device()), torch.from_numpy(y).to(device()))


@lru_cache(maxsize=8)
def probe(data: str, seed: int) -> tuple[torch.nn.Module, float]:
    """The probe of a seed and its test error."""
    model, _ = fit(data, *draw(data, PROBE[data], "probe", seed), seed + 10_000)
    return model, judged(data, model)


def margins(model: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    """Gap between the two largest logits of each example; needs no label."""
    top = logits(model, torch.from_numpy(x).to(device())).topk(2, dim=1).values
    return (top[:, 0] - top[:, 1]).cpu().numpy()


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale: `ci` is MNIST-1D on a CPU, `full` Fashion-MNIST."""
    data, seeds = ("mnist1d", 4) if scale == "ci" else ("fashion_mnist", 5)
    rules = [(1.0, "random"), *((f, keep) for f in FRACTIONS for keep in ("random", "hard", "easy"))]
    return [
        {"data": data, "total": total, "f": f, "keep": keep, "seed": seed}
        for seed in range(seeds)
        for total in TOTALS[data]
        for f, keep in rules
    ]


def witnesses(scale: str) -> Witnesses:
    """Every rule once, with a smaller probe and test set, and twenty updates in place of 800.

    Of this seed no two margins are so close that another processor would rank them otherwise.
    """
    rules = [(1.0, "random"), (0.4, "random"), (0.4, "hard"), (0.4, "easy")]
    examples = 400
    return Witnesses(
        [{"data": "mnist1d", "total": 100, "f": f, "keep": keep, "seed": 1} for f, keep in rules],
        short={"LEAST_STEPS": 20, "STEPS_A_WARMUP_STEP": 4, "TEST": examples, "PROBE": {"mnist1d": examples}},
        counted={"error": examples, "probe_error": examples},
    )


def run(data: str, total: int, f: float, keep: str, seed: int) -> dict[str, Any]:
    """Prune one pool, train one network on what is left, and test it.

    Parameters
    ----------
    data
        `mnist1d` or `fashion_mnist`.
    total
        Pool size, a multiple of ten.
    f
        Kept fraction.
    keep
        `hard`, `easy` or `random`.
    seed
        Seed of the pool, the probe, the weights and the data order.
    """
    scorer, probe_error = probe(data, seed)
    x, y = draw(data, total, "pool", seed)
    score = np.random.default_rng([seed, total]).random(total) if keep == "random" else margins(scorer, x)
    order = np.argsort(score, kind="stable")
    kept = {"easy": order[::-1], "hard": order, "random": order}[keep][: round(f * total)]
    model, losses = fit(data, x[kept], y[kept], seed)
    return {
        "n_kept": len(kept),
        "probe_error": probe_error,
        "train_loss": float(np.mean(losses[-len(losses) // 10 :])),
        "error": judged(data, model),
    }


def cost(total: int, f: float, **_: Any) -> float:
    """Relative cost: training steps, and a little for making the pool."""
    return max(float(LEAST_STEPS), 20 * f * total / 64) + 0.1 * total


if __name__ == "__main__":
    command("replications.data_pruning.images")
