"""IsoFLOP points of Porian et al.: 15 experiments, 11 or 12 budgets each, some 10 sizes a budget."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Losses of transformers of 5 to 14 sizes at each of 12 compute budgets, in 15 experiments",
    "paper": "Porian et al. (2024), Resolving Discrepancies in Compute-Optimal Scaling of Language Models",
    "arxiv": "2406.19146",
    "repository": "formll/resolving-scaling-law-discrepancies",
    "commit": "0dc60d91b8a525858a3067fc9e4a46ff5374cc6f",
    "licence": "MIT",
    "how_obtained": "the released summary pickles (data/summary_df*.pickle.xz), opened with an unpickler that "
    "allows data frames and arrays only, and flattened; every row, under our own names; tokens left out, "
    "since flops = 6 n_params tokens in each row",
    "columns": {
        "experiment": {"unit": "name", "about": "our name of the experiment: text, and rung of the ladder"},
        "dataset": {
            "unit": "name",
            "about": "RefinedWeb, or OpenWebText2, an open imitation of Kaplan et al.'s WebText2",
        },
        "hyperparameters": {
            "unit": "name",
            "about": "one for all: one learning rate, batch size and beta2 for all sizes; tuned: for each size",
        },
        "warmup": {
            "unit": "name",
            "about": "long: as long for all sizes; short: as many tokens as parameters",
        },
        "decay": {
            "unit": "name",
            "about": "of the learning rate: kaplan: cosine over a fixed long time, the same for all budgets; "
            "chinchilla: cosine that ends with each budget; constant: none",
        },
        "counting": {
            "unit": "name",
            "about": "what n_params and flops count: no head: the blocks' matrices (Kaplan et al.); head: these "
            "and the head; head + attention: and a sixth of attention's own FLOPs per token",
        },
        "split": {"unit": "name", "about": "loss on the training text, smoothed, or on held-out text"},
        "flops": {
            "unit": "FLOP",
            "about": "training budget, 6 n_params tokens",
            "min": 1.25e16,
            "max": 2.56e19,
        },
        "n_params": {
            "unit": "parameters",
            "about": "model size by the experiment's counting",
            "min": 3e5,
            "max": 1e9,
        },
        "loss": {"unit": "nats per token", "about": "loss at the budget", "min": 2.6, "max": 10.2},
    },
}

UPSTREAM = [
    Upstream(
        path="data/summary_df*.pickle.xz",
        sha256="66343922f3c32b79b070c1da4c6f4dfde0dc01837d5985608046cef18fe72ff0",
        mirror="resolving-discrepancies/isoflop_points.csv",
        public=False,
    )
]

NAMES = {
    "dataset": {"rw": "RefinedWeb", "owt2": "OpenWebText2"},
    "hparams": {"base": "one for all", "tuned": "tuned"},
    "decay": {"kaplan": "kaplan", "chinchilla": "chinchilla", "const": "constant"},
    "param_count": {"kaplan": "no head", "standard": "head", "attention": "head + attention"},
    "loss_split": {"train": "training", "val": "held out"},
}
RUNGS = {
    ("base", "long", "kaplan", "kaplan"): "kaplan",
    ("base", "long", "kaplan", "standard"): "head",
    ("base", "short", "kaplan", "standard"): "warm",
    ("base", "short", "chinchilla", "standard"): "cos",
    ("tuned", "short", "const", "standard"): "tuned",
    ("tuned", "long", "const", "kaplan"): "tuned-kaplan",
    ("base", "long", "kaplan", "attention"): "att-head",
    ("base", "short", "kaplan", "attention"): "att-warm",
    ("base", "short", "chinchilla", "attention"): "att-cos",
    ("tuned", "short", "const", "attention"): "att-tuned",
}


def experiment(raw: pd.DataFrame) -> pd.Series:
    """Our name of each row's experiment, such as rw-head."""
    rungs = raw[["hparams", "warmup", "decay", "param_count"]].apply(tuple, axis=1).map(RUNGS)
    return raw["dataset"] + "-" + rungs


def convert(points) -> pd.DataFrame:
    """Every row of the flattened pickles, under our names, in their order."""
    raw = pd.read_csv(points)
    raw.insert(0, "experiment", experiment(raw))
    raw = raw.replace(NAMES).rename(
        columns={
            "hparams": "hyperparameters",
            "param_count": "counting",
            "loss_split": "split",
            "n": "n_params",
        }
    )
    return raw[list(SOURCE["columns"])]
