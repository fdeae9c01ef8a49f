"""Averaged weights of perceptrons on MNIST-1D, at batches from 8 to 2048, under four momenta.

A network is trained by plain gradient steps at a constant rate. At kappa times the batch the rate is
kappa times as large (`rates` linear) or stays (`constant`), and there are kappa times fewer steps, which
see the same examples in the same order: a batch holds those of kappa batches of reference. So what
separates two runs of a seed is the size of the steps and the momentum, and not the draw of the data. `order`
1 has another order, for what the draw does.

Averages do not act on training, so that one trajectory serves all momenta. An average starts from the first
weights and takes in the weights that each update makes, as torch's does but for its first update.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch

from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training.arrays import mnist1d
from scalinglaws.training.classifiers import mlp
from scalinglaws.training.loop import TrainConfig, evaluate
from scalinglaws.training.packed import packed_examples, train_packed

SLUG = "ema_scaling_rule"
TITLE = "Held-out losses of averaged weights of perceptrons, by batch and rule for the momentum"

SIZES = (40, 64, 64, 10)
#: Examples of a batch, learning rate and updates at the batch of reference, which is kappa = 1.
BATCH, RATE, STEPS = 8, 0.01, 4096
TRAINED, HELD_OUT, DATA_SEED = 8190, 2050, 0
PARTS = 8
KAPPAS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
MEMORIES = (0.998, 0.98)
SEEDS = {"ci": 16, "full": 64}

COLUMNS = {
    "kappa": number_column("1", "batch over that of reference, 8", 1, 1e4),
    "rates": {"unit": "text", "about": "linear: learning rate 0.01 kappa; constant: 0.01"},
    "order": number_column("integer", "of the examples: 0, the same at all kappa; 1, another", 0, 1),
    "rule": {
        "unit": "text",
        "about": "momentum: power rho^kappa; unscaled rho; shortcut 1 - kappa (1 - rho); weights: no average",
    },
    "rho": number_column("1", "momentum at the batch of reference; 0 without an average", 0, 1),
    "seed": number_column("integer", "of the first weights and of the order", 0, 1e4),
    "start": number_column("nats", "held-out loss of the first weights", 0, 100),
} | {
    f"loss_{k}": number_column(
        "nats", f"held-out loss of the average after {k} of 8 parts of training", 0, 1e30
    )
    | {"missing": True}
    for k in range(1, PARTS + 1)
}


def momentum(rule: str, rho: float, kappa: int) -> float:
    """The momentum that a rule gives at kappa times the batch; without an average it is 0."""
    return {"power": rho**kappa, "unscaled": rho, "shortcut": 1 - kappa * (1 - rho), "weights": 0.0}[rule]


def averages(kappa: int) -> list[tuple[str, float]]:
    """Rules and momenta of reference that are followed at a batch; at kappa = 1 all rules are one."""
    rules = ("power", "unscaled", "shortcut") if kappa > 1 else ("power",)
    return [("weights", 0.0)] + [(rule, rho) for rule in rules for rho in MEMORIES]


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale, `ci` or `full`."""
    arms = [(kappa, "linear", 0, averages(kappa)) for kappa in KAPPAS]
    plain = [("power", rho) for rho in MEMORIES]
    arms += [(kappa, "linear", 1, plain) for kappa in (1, 8)] + [
        (kappa, "constant", 0, plain) for kappa in (8, 64)
    ]
    return [
        {"kappa": kappa, "rates": rates, "order": order, "rule": rule, "rho": rho, "seed": seed}
        for kappa, rates, order, followed in arms
        for rule, rho in followed
        for seed in range(SEEDS[scale])
    ]


def witnesses(scale: str) -> Witnesses:
    """Every rule and arm at a small batch, for 64 updates of reference."""
    base = {"kappa": 4, "rates": "linear", "order": 0, "rule": "power", "rho": 0.98, "seed": 0}
    changes = [{}, {"kappa": 1}, {"order": 1}, {"rates": "constant"}]
    changes += [{"rule": rule} for rule in ("unscaled", "shortcut")] + [{"rule": "weights", "rho": 0.0}]
    return Witnesses(
        [base | change for change in changes], short={"STEPS": 64, "TRAINED": 190, "HELD_OUT": 50}
    )


def cost(kappa: int, **_: Any) -> float:
    """Relative cost: updates."""
    return STEPS / kappa


@lru_cache(maxsize=2)
def data(trained: int, held_out: int) -> tuple[torch.Tensor, torch.Tensor]:
    """All examples, those to train on first."""
    x, y = mnist1d(trained + held_out, DATA_SEED)
    return torch.tensor(x), torch.tensor(y)


def run_many(configs: list[dict[str, Any]], corrected: bool = False) -> list[dict[str, Any]]:
    """Train the seeds of one arm together and follow all averages along, see `run`.

    `corrected` averages do not contain the first weights, see `replications.ema_scaling_rule.corrected`.
    """
    kappa, rates, order = (configs[0][name] for name in ("kappa", "rates", "order"))
    seeds = sorted({each["seed"] for each in configs})
    momenta = sorted({momentum(each["rule"], each["rho"], kappa) for each in configs})
    x, y = (part.to(device()) for part in data(TRAINED, HELD_OUT))
    held_out = (x[TRAINED:], y[TRAINED:])
    models = [mlp(SIZES, seed).to(x.device) for seed in seeds]
    starts = [evaluate(model, *held_out) for model in models]
    steps = STEPS // kappa
    config = TrainConfig(
        steps=steps,
        lr=RATE * (kappa if rates == "linear" else 1),
        optimiser="sgd",
        weight_decay=0.0,
        schedule="constant",
        evaluate_every=steps // PARTS,
    )
    orders = [seed + 1000 * order for seed in seeds]
    source = packed_examples(x[:TRAINED], y[:TRAINED], BATCH * kappa, steps, orders)
    averaged = {"momenta": momenta, "corrected": corrected}
    evals = train_packed(models, source, config, held_out=held_out, **averaged).evals
    found = []
    for each in configs:
        k = seeds.index(each["seed"])
        name = f"ema_loss_{momenta.index(momentum(each['rule'], each['rho'], kappa))}"
        losses = [entry[name] for entry in evals[k]]
        row = {f"loss_{part}": loss if loss < 1e30 else None for part, loss in enumerate(losses, 1)}
        found.append({"start": starts[k]} | row)
    return found


def run(kappa: int, rates: str, order: int, rule: str, rho: float, seed: int) -> dict[str, Any]:
    """Train one network and follow one average of its weights.

    Parameters
    ----------
    kappa
        Batch over that of reference.
    rates
        `linear` or `constant`.
    order
        0 for the order of examples that all batches share, 1 for another.
    rule, rho
        Of the average's momentum, see `momentum`.
    seed
        Of the first weights and of the order.
    """
    return run_many([locals()])[0]


def pack(kappa: int, rates: str, order: int, **_: Any) -> tuple:
    """All seeds and averages of an arm go together, on a CPU too."""
    return kappa, rates, order


if __name__ == "__main__":
    command("replications.ema_scaling_rule.runs")
