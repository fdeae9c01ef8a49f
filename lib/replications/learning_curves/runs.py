"""Learning curves: test error of several families of models against the number of training examples.

Each run trains one model of one family on one random subset of a real data set and tests it
on a test set that is the same for all. What a family leaves open (neighbours, leaf size,
width, passes) is a column, `setting` or `passes`, and every choice is a row of its own with
its validation error: whoever reads the table re-tunes each family for each number of
examples, and sees what that changes.

CPU scale: nine sets; flights, MNIST-1D and Python's library are there without a network, the
others are read from the mirror folder (Fashion-MNIST and the molecules have a public address
too). Full scale: wider networks, residual networks and transformers, on a GPU.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from replications.learning_curves.subsets import CONTEXT, SETS, WINDOW, contexts, prepared
from scalinglaws.counting import Transformer
from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training import classifiers, loop
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.learners import nearest, ngrams, trees
from scalinglaws.training.packed import packed_examples, train_packed
from scalinglaws.training.texts import python_library

SLUG = "learning_curves_gpu"
SLUG_CI = "learning_curves"
TEXT = python_library
#: The second: nothing held out is among the examples to train on, and perceptrons up to 2,048 wide.
RECIPE = 2
TITLE = "Test error of families of models against the number of training examples, on real data"

#: Steps of the shortest run, but for text.
LEAST_STEPS = 500
#: One step in so many warms up.
STEPS_A_WARMUP_STEP = 20
NETWORKS = ("linear", "mlp", "convnet", "resnet", "transformer")
#: Chosen for tables and images in pilots on validation sets at 1,024 and 4,096 examples, of three
#: rates each; not searched for text, residual networks and transformers.
LEARNING_RATE = {
    "linear": 2e-2,
    "mlp": 1e-2,
    "mlp of text": 5e-3,
    "convnet": 5e-3,
    "resnet": 3e-3,
    "transformer": 2e-3,
}

# fmt: off
COLUMNS = {
    "data": {"unit": "text", "about": "data set"},
    "domain": {"unit": "text", "about": "tabular, signals, images, speech or text"},
    "family": {"unit": "text", "about": "family of models"},
    "n": number_column("examples", "training examples; for text, bytes", 32, 2**21),
    "setting": number_column("integer", "neighbours; examples a leaf; leaves a tree; width; context in bytes", 0, 2048),
    "passes": number_column("integer", "passes over the subset (500 steps at least, but for text); 0: no steps", 0, 128),
    "seed": number_column("integer", "seed of subset, weights and data order", 0, 100),
    "n_test": number_column("examples", "size of the test set", 100, 65536),
    "chance": number_column("fraction or nats", "the best constant guess on the test set: error; text: nats a byte", 0, 6),
    "error": number_column("fraction", "test error; not for text", 0, 1, missing=True),
    "val_error": number_column("fraction", "validation error; not for text", 0, 1, missing=True),
    "loss": number_column("nats", "test cross-entropy an example (a byte), of networks and n-grams", 0, 1000, missing=True),
    "val_loss": number_column("nats", "validation cross-entropy, the same", 0, 1000, missing=True),
    "train_error": number_column("fraction", "error on the training examples, of networks", 0, 1, missing=True),
    "n_params": number_column("parameters", "all trainable ones; of n-grams, different n-grams counted", 1, 1e9, missing=True),
    "flops": number_column("FLOP", "training, all products counted", 1, 1e19, missing=True),
    "diverged": {"unit": "boolean", "about": "whether the training loss ceased to be a number"},
}
# fmt: on


def network(data: str, family: str, part: dict, setting: int, seed: int) -> nn.Module:
    """An untrained network for the shape of the data."""
    if family == "transformer":
        shape = Transformer(
            setting, 4, 256, WINDOW - 1, max(1, setting // 32), learned_positions=False, biases=False
        )
        return Decoder(shape, seed)
    if SETS[data][0] == "text":
        with classifiers.seeded(seed):
            layers = nn.Embedding(256, 16), nn.Flatten(), nn.Linear(16 * CONTEXT, setting)
            return nn.Sequential(*layers, nn.ReLU(), nn.Linear(setting, 256))
    x, y = part["test"]
    sides, classes = x.shape[1:], int(y.max()) + 1
    if family == "convnet":
        return classifiers.convnet(sides, setting, classes, seed)
    if family == "resnet":
        return nn.Sequential(nn.Unflatten(1, (1, sides[0])), classifiers.resnet(1, setting, 1, classes, seed))
    hidden = (setting,) if setting else ()
    return classifiers.mlp((int(np.prod(sides)), *hidden, classes), seed)


def from_windows(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Mean loss of a transformer on the places that the other families predict."""
    return cross_entropy(model(x)[:, CONTEXT - 1 :].flatten(0, 1), y[:, CONTEXT - 1 :].flatten())


@torch.no_grad()
def judged(model: nn.Module, data: str, x: torch.Tensor, y: torch.Tensor) -> dict[str, float]:
    """Loss of a network and, but for text, its error."""
    if isinstance(model, Decoder):
        return {"loss": loop.evaluate(model, x, y, 32, from_windows)}
    out = loop.logits(model, x)
    found = {"loss": float(cross_entropy(out.double(), y))}
    return found if SETS[data][0] == "text" else found | {"error": float((out.argmax(1) != y).float().mean())}


def flat(x: np.ndarray) -> np.ndarray:
    """One row an example."""
    return x.reshape(len(x), -1)


def examples(data: str, family: str, part: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and targets as a family's networks take them."""

    def tensor(a: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(a)).to(
            device(), torch.int64 if a.dtype == np.uint8 else None
        )

    if family == "transformer":
        return tensor(part[:, :-1]), tensor(part[:, 1:])
    x, y = contexts(part) if SETS[data][0] == "text" else part
    return tensor(flat(x) if family in ("linear", "mlp") else x), tensor(y)


def fit_networks(configs: list[dict], parts: list[dict]) -> list[dict[str, Any]]:
    """Train networks of one shape, perceptrons on tables all at once, and test them."""
    data, family, setting, passes = (configs[0][k] for k in ("data", "family", "setting", "passes"))
    seeds = [c["seed"] for c in configs]
    nets = [network(data, family, p, setting, s).to(device()) for p, s in zip(parts, seeds, strict=True)]
    sets = [{role: examples(data, family, part) for role, part in p.items()} for p in parts]
    count = len(sets[0]["train"][0])
    batch = min(count, 8 if family == "transformer" else 128 if SETS[data][0] == "text" else 64)
    # On a few dozen examples the passes are too few updates to train a network; text is stopped early instead.
    steps = max(1 if SETS[data][0] == "text" else LEAST_STEPS, passes * count // batch)
    rate = LEARNING_RATE["mlp of text" if (SETS[data][0], family) == ("text", "mlp") else family]
    config = loop.TrainConfig(steps, rate, warmup=max(1, steps // STEPS_A_WARMUP_STEP), fused=False)
    if packs(data, family):
        x, y = (torch.cat([s["train"][i] for s in sets]) for i in (0, 1))
        own = [torch.arange(k * count, (k + 1) * count) for k in range(len(nets))]
        diverged = train_packed(nets, packed_examples(x, y, batch, steps, seeds, own), config).diverged
    else:
        loss = from_windows if family == "transformer" else loop.loss_of
        diverged = [
            loop.train(net, loop.examples(*s["train"], batch, steps, seed), config, loss=loss).diverged
            for net, s, seed in zip(nets, sets, seeds, strict=True)
        ]
    found = []
    for net, s, bad in zip(nets, sets, diverged, strict=True):
        row = {"n_params": classifiers.n_params(net), "diverged": bool(bad)}
        row["flops"] = classifiers.flops_an_example(net, s["train"][0][:1], "counted") * steps * batch
        if not bad:
            on = {role: judged(net, data, *s[role]) for role in ("test", "val", "train")}
            row |= {k: v for k, v in on["test"].items()} | {f"val_{k}": v for k, v in on["val"].items()}
            row["train_error"] = on["train"].get("error")
        found.append(row)
    return found


def fit_other(config: dict, part: dict) -> dict[str, Any]:
    """Fit what is no network, and test it."""
    data, family, setting, size = config["data"], config["family"], config["setting"], None
    if SETS[data][0] == "text":
        x, y, *held = (a for role in ("train", "test", "val") for a in contexts(part[role]))
        judge, size = ngrams(x, y, setting, family)
    else:
        x, y, *held = (f for role in ("train", "test", "val") for f in (flat(part[role][0]), part[role][1]))
        judge = (
            nearest(x, y, setting, device())
            if family == "nearest"
            else trees(x, y, family, setting, config["seed"])
        )
    on_val = {f"val_{k}": v for k, v in judge(*held[2:]).items()}
    return judge(*held[:2]) | on_val | {"n_params": size}


def packs(data: str, family: str) -> bool:
    """Whether runs that differ by their seed alone go together."""
    return family in ("linear", "mlp") and SETS[data][0] != "text"


def pack(**config: Any) -> tuple:
    """Runs of one shape that go together; on a CPU only perceptrons gain by it."""
    together = packs(config["data"], config["family"])
    return tuple(v for k, v in sorted(config.items()) if k != "seed" or not together)


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train and test the runs of one pack, see `run`."""
    data, family = configs[0]["data"], configs[0]["family"]
    parts = [prepared(data, c["n"], c["seed"]) for c in configs]
    if family in NETWORKS:
        rows = fit_networks(configs, parts)
    else:
        rows = [fit_other(config, part) for config, part in zip(configs, parts, strict=True)]
    held = parts[0]["test"]
    domain = SETS[data][0]
    y = contexts(held)[1] if domain == "text" else held[1]
    share = np.bincount(y) / len(y)
    common = {
        "domain": domain,
        "n_test": len(y),
        "chance": float(
            -(share[share > 0] * np.log(share[share > 0])).sum() if domain == "text" else 1 - share.max()
        ),
    }
    blank = {name: None for name, column in COLUMNS.items() if column.get("missing")} | {"diverged": False}
    return [common | blank | row for row in rows]


def run(data: str, family: str, n: int, setting: int, passes: int, seed: int) -> dict[str, Any]:
    """Train one model on one random subset and test it.

    Parameters
    ----------
    data
        One of `SETS`.
    family
        `nearest`, `linear`, `forest`, `boosting`, `mlp`, `convnet`, `resnet`; for text
        `witten_bell`, `discounting`, `mlp` or `transformer`.
    n
        Training examples; for text bytes, a multiple of the window.
    setting, passes
        What the family leaves open, see `COLUMNS`.
    seed
        Seed of the subset, the weights and the order of the data.
    """
    return run_many([locals()])[0]


#: What is tried of each family at the CPU scale: (setting, passes); the best is chosen on validation examples.
CHOICES = {
    "nearest": [(1, 0), (9, 0)],
    "linear": [(0, 40)],
    "forest": [(1, 0), (5, 0)],
    "boosting": [(8, 0), (24, 0)],
    "convnet": [(16, 20)],
    "witten_bell": [(length, 0) for length in range(1, 7)],
    "discounting": [(length, 0) for length in range(1, 7)],
}
#: Widths of the perceptron where its best size is asked for. The widest is not always wider than needed:
#: error on mnist1d still falls there, and fashion_14 is not fitted from 8,192 examples on.
SIZED = {
    data: tuple(2**k for k in range(2, end))
    for data, end in (("letter", 12), ("mnist1d", 12), ("fashion_14", 9))
}
#: Its widths elsewhere.
WIDTHS = (16, 64, 256)
NGRAMS = ("witten_bell", "discounting")
#: The sets of the CPU scale, cheap ones first.
SETS_CI = (
    "flights",
    "penbased",
    "magic",
    "letter",
    "python",
    "spoken_digits",
    "mnist1d",
    "fashion_14",
    "molecules",
)


def plan(scale: str) -> dict[str, tuple[range, dict[str, list[tuple[int, int]]]]]:
    """Data set -> powers of two of n, and what is tried of each family."""
    if scale == "ci":
        found = {}
        for data in SETS_CI:
            if SETS[data][0] == "text":
                found[data] = range(11, 20), {f: CHOICES[f] for f in NGRAMS} | {"mlp": [(64, 4), (64, 16)]}
                continue
            families = {family: CHOICES[family] for family in CHOICES if family not in (*NGRAMS, "convnet")}
            families["mlp"] = [(width, 40) for width in SIZED.get(data, WIDTHS)]
            if SETS[data][0] != "tabular":
                families["convnet"] = CHOICES["convnet"]
            # From 2**6 examples up to the whole set, or, for pictures, up to what trains within an hour.
            found[data] = (
                range(6, {"penbased": 14, "mnist1d": 14, "spoken_digits": 12}.get(data, 15)),
                families,
            )
        return found
    images = {
        "nearest": [(1, 0), (9, 0)],
        "linear": [(0, 40)],
        "mlp": [(2**k, passes) for k in range(2, 12) for passes in (20, 80)],
        "convnet": [(2**k, 40) for k in range(2, 7)],
        "resnet": [(width, 20) for width in (4, 8, 16, 32)],
    }
    texts = {f: CHOICES[f] for f in NGRAMS}
    texts["mlp"] = [(width, passes) for width in (64, 256, 1024) for passes in (4, 16)]
    texts["transformer"] = [(width, passes) for width in (32, 64, 128, 256) for passes in (8, 32, 128)]
    return {
        "fashion_mnist": (range(6, 16), images),
        "python": (range(11, 21), texts),
        "molecules": (range(11, 21), texts),
    }


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale, data set by data set, so that each is read once."""
    seeds = 4 if scale == "ci" else 5
    return [
        {"data": data, "family": family, "n": 2**power, "setting": setting, "passes": passes, "seed": seed}
        for data, (powers, families) in plan(scale).items()
        for family, choices in families.items()
        for power in powers
        for setting, passes in choices
        # A run of text sees at most so many bytes in all: many passes are of use on small subsets only.
        if SETS[data][0] != "text" or passes * 2**power <= (2**21 if scale == "ci" else 2**23)
        for seed in range(seeds)
    ]


def witnesses(scale: str) -> Witnesses:
    """Every family on a set that is there without mirror and network; twenty updates in place of 500."""
    text = [(family, 2048, length, 0) for family in NGRAMS for length in (1, 4)] + [("mlp", 2048, 64, 4)]
    table = [("nearest", 256, 1, 0), ("nearest", 256, 9, 0), ("forest", 64, 5, 0), ("boosting", 64, 8, 0)]
    table += [("linear", 128, 0, 1), ("mlp", 128, 16, 1)]
    plans = {"flights": table, "mnist1d": [("mlp", 128, 16, 1), ("convnet", 128, 16, 1)], "python": text}
    examples = 500
    return Witnesses(
        [
            {"data": data, "family": family, "n": n, "setting": setting, "passes": passes, "seed": 0}
            for data, chosen in plans.items()
            for family, n, setting, passes in chosen
        ],
        short={
            "LEAST_STEPS": 20,
            "STEPS_A_WARMUP_STEP": 4,
            "replications.learning_curves.subsets.MNIST1D": 3 * examples,
            "replications.learning_curves.subsets.SETS": SETS
            | {"flights": ("tabular", examples, examples), "mnist1d": ("signals", examples, examples)},
        },
        counted={"error": examples, "val_error": examples, "train_error": 128},
    )


def cost(data: str, family: str, n: int, setting: int, passes: int, **_: Any) -> float:
    """Relative cost; the sets that must be fetched, or whose text depends on the interpreter, come last."""
    there = 0.0 if data == "flights" else 1e9
    return there + n * max(1, passes) * (1 + setting) + (1e6 if family in NETWORKS else 0.0)


if __name__ == "__main__":
    command("replications.learning_curves.runs")
