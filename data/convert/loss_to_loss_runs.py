"""Losses of 535 language models trained on six data sets: a grid of sizes and budgets, and six large models."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

LOSS = {"unit": "nats per token", "min": 0.5, "max": 9}
SOURCE = {
    "title": "Losses of 529 language models on grids of eight budgets, and of six models of 20 times the compute, on six data sets",
    "paper": "Brandfonbrener et al. (2024), Loss-to-Loss Prediction: Scaling Laws for All Datasets",
    "arxiv": "2411.12925",
    "repository": "KempnerInstitute/loss-to-loss-notebooks",
    "commit": "457ce81a019019bc3981937c20a70c52f5fad436",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "10 of 86 columns of the sweep and of the six large models, all rows; data sets named as the paper does; "
    "`large` is ours",
    "columns": {
        "train_set": {"unit": "name", "about": "data set the model was trained on"},
        "large": {"unit": "0 or 1", "about": "1: one of the six models of 1e21 FLOPs", "min": 0, "max": 1},
        "n_layers": {"unit": "layers", "about": "depth of the model", "min": 1, "max": 50},
        "n_params": {
            "unit": "parameters",
            "about": "as the authors' laws count them; budget / (6 * tokens)",
            "min": 1e7,
            "max": 4e9,
        },
        "n_tokens": {"unit": "tokens", "about": "trained on", "min": 1e8, "max": 6e10},
        "flops": {
            "unit": "FLOPs",
            "about": "budget of training, 6 * parameters * tokens",
            "min": 1e17,
            "max": 1.1e21,
        },
        "loss": LOSS | {"about": "on held-out text of the data set that the model was trained on"},
        "hellaswag": LOSS | {"about": "of the right answers of HellaSwag"},
        "arc_easy": LOSS | {"about": "of the right answers of ARC-Easy"},
        "mmlu_humanities": LOSS | {"about": "of the right answers of MMLU, humanities"},
        "mmlu_stem": LOSS | {"about": "of the right answers of MMLU, science and mathematics"},
    },
}
UPSTREAM = [
    Upstream(
        "data/sweep.csv",
        "1a9fd71e3bd6ecf35bdd32b660a9b42dbb3b8635630b1a358633fa18d61fb13c",
        "loss-to-loss/sweep.csv",
    ),
    Upstream(
        "data/extrapolation.csv",
        "2c7cecc44aa016464e2d4e42b339798eb899ec9d0d313f618dae8bd3ce0757b3",
        "loss-to-loss/extrapolation.csv",
    ),
]
#: The authors' names of the data sets -> the paper's.
NAMES = {
    "fineweb-100b": "FineWeb",
    "fineweb-edu-100b": "FineWeb-Edu",
    "proof-pile-2": "ProofPile 2",
    "slimpajama-chunk1": "SlimPajama",
    "smollm-corpus": "SmolLM Corpus",
    "starcoder": "StarCoder",
}
TESTS = ("hellaswag", "arc_easy", "mmlu_humanities", "mmlu_stem")
COLUMNS = {"params": "n_params", "tokens": "n_tokens", "iso_flop": "flops", "val_loss": "loss"} | {
    f"eval/downstream_ce_loss/{test}_test_ce_loss": test for test in TESTS
}


def convert(sweep, extrapolation) -> pd.DataFrame:
    """One row a model, by data set, the large one last, then by budget and size."""
    parts = [pd.read_csv(path).assign(large=k) for k, path in enumerate((sweep, extrapolation))]
    # Their column flops counts a single pass, ours the whole training.
    table = pd.concat(parts).drop(columns="flops").rename(columns=COLUMNS)
    table["train_set"] = table.data.map(NAMES)
    return table.sort_values(["train_set", "large", "flops", "n_params"])[list(SOURCE["columns"])]
