"""Bits of random knowledge that a small transformer stores, against exposures, facts and size.

A person is a name of four letters and six attributes, all drawn at random from an alphabet of
64. A GPT-2 with rotary positions reads each person's record, in a fixed order, a given number
of times. What it has learned is the entropy of the table minus what its losses leave open
(Allen-Zhu and Li 2024, arXiv:2404.05405, definition 4.3). The number of people is set by the
`load`: the bits of the table over the parameters of the model. `facts="fresh"` is the control:
attributes are drawn anew at every exposure, so that there is nothing to store but the names.

After training the weights are rounded to 8 and to 4 bits, by GPTQ as in the paper and plainly.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from scalinglaws.counting import Transformer
from scalinglaws.machine import device
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column
from scalinglaws.training import loop
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.packed import train_together

SLUG = "knowledge_capacity"
SLUG_CI = "knowledge_capacity_small"
TITLE = "Bits of random facts stored by small transformers after 30 to 3000 exposures, and quantised"


def ratio(about: str, low: float = 0) -> dict[str, Any]:
    """A column in bits a parameter; what a model gets wrong can cost more than it has learned."""
    return number_column("bits a parameter", about, low, 32)


COLUMNS = {
    "width": number_column("features", "width of the residual stream", 8, 512),
    "depth": number_column("blocks", "transformer blocks", 1, 12),
    "mlp": {"unit": "text", "about": "gelu (hidden 4 width), or gated: SwiGLU with as many parameters"},
    "exposures": number_column("times", "how often each person is read", 1, 10000),
    "load": number_column("bits a parameter", "bits of the table / n_params, asked", 0, 20),
    "facts": {"unit": "text", "about": "fixed, or fresh: attributes drawn anew at every exposure"},
    "seed": number_column("integer", "seed of table, weights and order", 0, 100),
    "n_people": number_column("people", "names in the table", 4, 2e6),
    "n_params": number_column("weights", "all; the embedding counts once (tied)", 1e3, 1e8),
    "n_params_blocks": number_column("weights", "without the embedding", 1e3, 1e8),
    "n_tokens": number_column("tokens", "targets trained on, all epochs", 1e3, 1e11),
    "flops": number_column("FLOP", "training, 6N + head + attention", 1e6, 1e20),
    "learning_rate": number_column("1/update", "peak, AdamW", 1e-5, 1),
    "batch": number_column("people", "records an update", 1, 1e5),
    "steps": number_column("updates", "updates in all", 1, 1e7),
    "diverged": number_column("0 or 1", "1 if the loss ceased to be a number", 0, 1),
    "loss": number_column("nats a token", "over all tokens of the table", 0, 20),
    "name_loss": number_column("bits a person", "sum over the name", 0, 300),
    "value_loss": number_column("bits a person", "sum over the attributes", 0, 300),
    "accuracy": number_column("fraction", "attributes whose first guess is right", 0, 1),
    "max_bits_per_param": ratio("what a perfect model of this table would have"),
    "bits_per_param": ratio("learned: names and attributes, each not below 0"),
    "value_bits_per_param": ratio("of this the attributes, may be below 0", -100),
    "shuffled_bits_per_param": ratio("attributes dealt to other people, may be below 0", -100),
    **{
        f"bits_per_param_{name}": ratio(f"weights rounded after training: {about}")
        for name, about in (
            ("int8", "8 bits, GPTQ, matrices of the blocks"),
            ("int4", "4 bits, GPTQ, matrices of the blocks"),
            ("int8_plain", "8 bits, to nearest, embedding too"),
            ("int4_plain", "4 bits, to nearest, embedding too"),
        )
    },
}
for _name in list(COLUMNS)[list(COLUMNS).index("loss") :]:
    COLUMNS[_name]["missing"] = True  # where a run diverged

ALPHABET, NAME, ATTRIBUTES = 64, 4, 6
LETTER_BITS = math.log2(ALPHABET)
#: Peak at width 16, in inverse proportion to the width. Chosen at load 1.8 by the lowest loss after 100
#: exposures: of 0.005, 0.01, 0.02 and 0.04 at width 16, of 0.01 and 0.02 at width 32.
LEARNING_RATE = 2e-2
#: One step in so many warms up.
STEPS_A_WARMUP_STEP = 20
UPDATES_AN_EPOCH, LARGEST_BATCH = 4, 4096


def shape_of(width: int, depth: int, mlp: str = "gelu") -> Transformer:
    """GPT-2 with rotary positions, heads of eight features, embedding and head shared."""
    return Transformer(
        width=width,
        depth=depth,
        vocabulary=ALPHABET + 1,
        context=NAME + ATTRIBUTES,
        heads=width // 8,
        mlp_width=4 * width if mlp == "gelu" else round(8 * width / 3),
        gated=mlp == "gated",
        learned_positions=False,
    )


def table_bits(people: int) -> float:
    """Entropy of a table of so many people: which of all possible names, and their attributes."""
    return people * (NAME * LETTER_BITS - math.log2(people) + ATTRIBUTES * LETTER_BITS)


def people_of(load: float, n_params: int) -> int:
    """The number of people whose table has `load` bits a parameter."""
    people = 1.0
    for _ in range(50):
        people = max(4.0, load * n_params / table_bits(people) * people)
    return round(people)


def people_table(people: int, seed: int) -> torch.Tensor:
    """Records (people, 1 + name + attributes); names differ, and a start sign stands first."""
    rng = np.random.default_rng([seed, people])
    codes = rng.choice(ALPHABET**NAME, size=people, replace=False)
    names = codes[:, None] // ALPHABET ** np.arange(NAME) % ALPHABET
    values = rng.integers(ALPHABET, size=(people, ATTRIBUTES))
    start = np.full((people, 1), ALPHABET)
    return torch.from_numpy(np.hstack([start, names, values])).to(device())


def records(table: torch.Tensor, batch: int, steps: int, seed: int, fresh: bool) -> loop.Source:
    """Batches of records in a new order every epoch; `fresh` attributes belong to nobody."""
    plain = loop.examples(table[:, :-1], table[:, 1:], batch, steps, seed)
    if not fresh:
        return plain

    def draw(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        x, y = (part.clone() for part in plain(step))
        values = np.random.default_rng([seed, step]).integers(ALPHABET, size=(len(x), ATTRIBUTES))
        y[:, NAME:] = torch.from_numpy(values).to(y.device)
        x[:, NAME + 1 :] = y[:, NAME:-1]
        return x, y

    return draw


@torch.no_grad()
def losses(model: nn.Module, table: torch.Tensor) -> tuple[np.ndarray, float]:
    """Mean loss of each place of a record, in bits, and the fraction of attributes guessed right."""
    out = loop.logits(model, table[:, :-1], batch=2048)
    each = cross_entropy(out.double().transpose(1, 2), table[:, 1:], reduction="none").mean(0) / math.log(2)
    right = out[:, NAME:].argmax(-1) == table[:, NAME + 1 :]
    return each.cpu().numpy(), float(right.double().mean())


def learned(model: nn.Module, table: torch.Tensor) -> dict[str, float]:
    """Bits that a model knows of a table, and the losses that they follow from."""
    each, accuracy = losses(model, table)
    name, value = each[:NAME].sum(), each[NAME:].sum()
    bits = len(table) * np.array([NAME * LETTER_BITS - name, ATTRIBUTES * LETTER_BITS - value])
    return {
        "loss": float(each.mean() * math.log(2)),
        "name_loss": float(name),
        "value_loss": float(value),
        "accuracy": accuracy,
        "bits": float(np.maximum(bits, 0).sum()),
        "value_bits": float(bits[1]),
    }


def nearest(weight: torch.Tensor, scale: torch.Tensor, top: int) -> torch.Tensor:
    """Weights rounded to whole multiples, -top to top, of their row's scale."""
    return (weight / scale).round().clamp(-top, top) * scale


def gptq(weight: torch.Tensor, inputs: torch.Tensor, scale: torch.Tensor, top: int) -> torch.Tensor:
    """Round column by column, each time making up for the error with the columns still to come.

    Source: Frantar et al. (2022), arXiv:2210.17323, section 3; one scale a row, 1 % damping.
    """
    gram = inputs.T @ inputs
    gram.diagonal().add_(0.01 * gram.diagonal().mean())
    upper = torch.linalg.cholesky(torch.linalg.inv(gram), upper=True)
    weight, found = weight.clone(), torch.empty_like(weight)
    for i in range(weight.shape[1]):
        found[:, i : i + 1] = nearest(weight[:, i : i + 1], scale, top)
        error = (weight[:, i] - found[:, i]) / upper[i, i]
        weight[:, i + 1 :] -= torch.outer(error, upper[i, i + 1 :])
    return found


@torch.no_grad()
def quantised(model: nn.Module, bits: int, table: torch.Tensor | None = None) -> nn.Module:
    """A copy with weights of so many bits, symmetric, one scale a row; norms and biases stay.

    With a table to calibrate on, by GPTQ: the linear layers of the blocks, one after the other.
    Without, every matrix is rounded to nearest, the shared embedding and head included.
    """
    model, top = copy.deepcopy(model), 2 ** (bits - 1) - 1
    chosen = [m for m in model.modules() if isinstance(m, nn.Linear if table is not None else nn.Module)]
    for module in chosen:
        weight = getattr(module, "weight", None)
        if weight is None or weight.ndim < 2 or (module is model.head):
            continue
        w = weight.double()
        scale = w.abs().amax(1, keepdim=True).clamp(min=1e-12) / top
        if table is None:
            weight.copy_(nearest(w, scale, top))
            continue
        seen: list[torch.Tensor] = []
        hook = module.register_forward_pre_hook(lambda _, x, seen=seen: seen.append(x[0].flatten(0, -2)))
        loop.logits(model, table[:4096, :-1])
        hook.remove()
        weight.copy_(gptq(w, torch.cat(seen).double(), scale, top))
    return model


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale, `ci` or `full`, in the order of their worth.

    Loads are bits of the table over parameters: about half of what the paper says can be stored,
    just below it, above it, and twice as much.
    """
    loads, small = (0.9, 1.8, 2.7, 4.0), ((16, 1), (16, 2))
    if scale == "ci":
        # (width, depth), exposures, loads, seeds.
        cases = [(shape, exposures, loads, 3) for shape in small for exposures in (100, 1000)]
        cases += [((16, 2), exposures, loads[3:], 3) for exposures in (30, 300)]
        cases += [((24, 2), 100, loads, 2), ((24, 2), 1000, loads[1:], 1)]
        cases += [((32, 2), 100, loads, 1), ((32, 2), 1000, loads[3:], 1), ((16, 2), 3000, loads[3:], 1)]
        middle, seeds = (16, 2), 3
    else:
        middle, seeds = (32, 2), 3
        shapes = (*small, middle, (64, 2))
        cases = [(shape, exposures, loads, 3) for shape in shapes for exposures in (100, 1000)]
        cases += [((16, 2), exposures, loads[3:], 3) for exposures in (30, 300, 3000)]
    # The same for a gated MLP, and for attributes that change at every exposure.
    gated = [(middle, 100, loads, seeds), (middle, 1000, loads[3:], seeds)]
    kinds = [([(middle, 100, loads[1:2], seeds)], "gelu", "fresh"), (gated, "gated", "fixed")]
    return [
        {"width": width, "depth": depth, "mlp": mlp, "exposures": exposures, "load": load}
        | {"facts": facts, "seed": seed}
        for chosen, mlp, facts in (*kinds, (cases, "gelu", "fixed"))
        for (width, depth), exposures, some, count in chosen
        for load in some
        for seed in range(count)
    ]


def witnesses(scale: str) -> Witnesses:
    """Every depth, MLP and kind of facts: tables so small that twenty updates store some of them."""
    branches = [("gelu", "fixed", 1), ("gelu", "fixed", 2), ("gelu", "fresh", 2), ("gated", "fixed", 2)]
    return Witnesses(
        [
            {"width": 16, "depth": depth, "mlp": mlp, "exposures": 5, "load": 0.1, "facts": facts, "seed": 0}
            for mlp, facts, depth in branches
        ],
        short={"STEPS_A_WARMUP_STEP": 4},
        counted={"accuracy": 14 * ATTRIBUTES},
        # A weight on the border of two values may be rounded to either.
        within={name: 1e-3 for name in COLUMNS if name.startswith("bits_per_param_int")},
    )


def settings(width: int, depth: int, mlp: str, exposures: int, load: float) -> dict[str, Any]:
    """What a configuration means: shape, people, batch, updates and learning rate."""
    shape = shape_of(width, depth, mlp)
    people = people_of(load, shape.n_params("all"))
    batch = min(max(1, people // UPDATES_AN_EPOCH), LARGEST_BATCH)
    rate = LEARNING_RATE * 16 / width
    return {"shape": shape, "people": people, "batch": batch, "rate": rate} | {
        "steps": math.ceil(people * exposures / batch)
    }


def pack(seed: int, **shape: Any) -> tuple:
    """Seeds of one shape go together on a GPU; on a CPU transformers gain nothing by it."""
    return (*shape.values(), None if device() == "cuda" else seed)


def trained(configs: list[dict[str, Any]]) -> tuple[list[Decoder], list[torch.Tensor], list[loop.History]]:
    """Models that differ by their seed alone, each trained on a table of its own; the tables, the records."""
    shape = {name: configs[0][name] for name in ("width", "depth", "mlp", "exposures", "load")}
    chosen, fresh = settings(**shape), configs[0]["facts"] == "fresh"
    seeds, steps = [config["seed"] for config in configs], chosen["steps"]
    tables = [people_table(chosen["people"], seed) for seed in seeds]
    models = [Decoder(chosen["shape"], seed).to(device()) for seed in seeds]
    config = loop.TrainConfig(
        steps=steps,
        lr=chosen["rate"],
        weight_decay=0.01,
        warmup=max(1, steps // STEPS_A_WARMUP_STEP),
        final=0.1,
    )
    pairs = zip(tables, seeds, strict=True)
    sources = [records(table, chosen["batch"], steps, seed, fresh) for table, seed in pairs]
    return models, tables, train_together(models, sources, config)


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train the models of one pack, see what each knows, round its weights and look again; see `run`."""
    shape = {name: configs[0][name] for name in ("width", "depth", "mlp", "exposures", "load")}
    return [
        measures(shape, model, table, run.diverged)
        for model, table, run in zip(*trained(configs), strict=True)
    ]


def measures(config: dict[str, Any], model: Decoder, table: torch.Tensor, diverged: bool) -> dict[str, Any]:
    """What a trained model knows of its table, as it is and with its weights rounded."""
    chosen = settings(**config)
    shape, people = chosen["shape"], chosen["people"]
    n_params, n_tokens = shape.n_params("all"), chosen["steps"] * chosen["batch"] * shape.context
    found = {
        "n_people": people,
        "n_params": n_params,
        "n_params_blocks": shape.n_params("no embeddings"),
        "n_tokens": n_tokens,
        "flops": n_tokens * shape.flops_per_token("6N + head + attention"),
        "learning_rate": chosen["rate"],
        "batch": chosen["batch"],
        "steps": chosen["steps"],
        "diverged": int(diverged),
    }
    if diverged:
        return found | {name: None for name, column in COLUMNS.items() if "missing" in column}
    dealt = torch.cat([table[:, : NAME + 1], table.roll(1, 0)[:, NAME + 1 :]], dim=1)
    known = learned(model, table)
    found |= {name: known[name] for name in ("loss", "name_loss", "value_loss", "accuracy")}
    found |= {
        "max_bits_per_param": table_bits(people) / n_params,
        "bits_per_param": known["bits"] / n_params,
        "value_bits_per_param": known["value_bits"] / n_params,
        "shuffled_bits_per_param": learned(model, dealt)["value_bits"] / n_params,
    }
    for bits in (8, 4):
        for name, data in (("", table), ("_plain", None)):
            rounded = learned(quantised(model, bits, data), table)
            found[f"bits_per_param_int{bits}{name}"] = rounded["bits"] / n_params
    return found


def run(
    width: int, depth: int, mlp: str, exposures: int, load: float, facts: str, seed: int
) -> dict[str, Any]:
    """Train one model on its table, see what it knows, round its weights and look again.

    Parameters
    ----------
    width, depth, mlp
        Shape of the model; `mlp` is `gelu` or `gated`.
    exposures
        How often each person's record is read.
    load
        Bits of the table over parameters of the model; sets the number of people.
    facts
        `fixed`, or `fresh` for attributes drawn anew at every exposure.
    seed
        Seed of the table, the weights and the order.
    """
    return run_many([locals()])[0]


def cost(width: int, depth: int, mlp: str, exposures: int, load: float, **_: Any) -> float:
    """Relative cost: training FLOPs, and updates, which cost something however small."""
    chosen = settings(width, depth, mlp, exposures, load)
    shape, records_read = chosen["shape"], chosen["steps"] * chosen["batch"]
    flops = records_read * shape.context * shape.flops_per_token("6N + head + attention")
    return flops + 5e7 * chosen["steps"]


if __name__ == "__main__":
    command("replications.knowledge_capacity.runs")
