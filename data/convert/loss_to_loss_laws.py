"""The authors' own laws of size and data, fitted to the losses of each of six data sets in two forms."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Laws of size and data in two forms, fitted by the authors to five losses of models of each of six data sets",
    "paper": "Brandfonbrener et al. (2024), Loss-to-Loss Prediction: Scaling Laws for All Datasets",
    "arxiv": "2411.12925",
    "repository": "KempnerInstitute/loss-to-loss-notebooks",
    "commit": "457ce81a019019bc3981937c20a70c52f5fad436",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "60 of 276 rows: the losses that the table of runs has; data sets and losses named as there; "
    "columns that follow from the others are left out",
    "columns": {
        "train_set": {"unit": "name", "about": "data set the models were trained on"},
        "measure": {"unit": "name", "about": "loss that was fitted, a column of the table of runs"},
        "form": {
            "unit": "name",
            "about": "kaplan: E + ((A/N)^(alpha/beta) + B/D)^beta; chinchilla: E + A/N^alpha + B/D^beta",
        },
        "E": {
            "unit": "nats per token",
            "about": "loss of an infinite model on infinite data",
            "min": 0,
            "max": 6,
        },
        "A": {
            "unit": "parameters (kaplan); nats per token (chinchilla)",
            "about": "scale of the part of size",
            "min": 0,
            "max": 1e25,
        },
        "B": {
            "unit": "tokens (kaplan); nats per token (chinchilla)",
            "about": "scale of the part of data",
            "min": 0,
            "max": 1e25,
        },
        "alpha": {"unit": "none", "about": "exponent of size", "min": -1, "max": 10},
        "beta": {"unit": "none", "about": "exponent of data", "min": -1, "max": 30},
        "objective": {
            "unit": "none",
            "about": "mean Huber loss of log residuals, threshold 0.001",
            "min": 0,
            "max": 1e-3,
        },
        "predicted": {
            "unit": "nats per token",
            "about": "loss that the law predicts for the data set's large model",
            "min": 0,
            "max": 9,
        },
    },
}
UPSTREAM = [
    Upstream(
        "data/opt_params_data.csv",
        "76387309dbff8f4c1b03a12bdc6372ef094e8b580cbfe7a5040ec8ce436457fb",
        "loss-to-loss/opt_params_data.csv",
    )
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
MEASURES = {"val_loss": "loss"} | {
    f"eval/downstream_ce_loss/{test}_test_ce_loss": test
    for test in ("hellaswag", "arc_easy", "mmlu_humanities", "mmlu_stem")
}


def convert(path) -> pd.DataFrame:
    """One row a law, by form, loss and data set."""
    raw = pd.read_csv(path).rename(columns={"loss": "objective", "extrap_pred": "predicted"})
    table = raw[raw.loss_name.isin(MEASURES)].assign(
        train_set=lambda t: t.data.map(NAMES),
        measure=lambda t: t.loss_name.map(MEASURES),
        form=lambda t: t.kaplan.map({True: "kaplan", False: "chinchilla"}),
    )
    return table.sort_values(["form", "measure", "train_set"])[list(SOURCE["columns"])]
