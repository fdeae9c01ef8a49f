"""Losses of models of six sizes with one to eight parallel streams, trained on two texts."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Losses of 48 language models of six sizes with one, two, four or eight parallel streams",
    "paper": "Chen et al. (2025), Parallel Scaling Law for Language Models",
    "arxiv": "2505.10475",
    "repository": "QwenLM/ParScale",
    "commit": "cd6acb48ba6d3b1f9715785ff0d212751210177d",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "all 48 losses and 24 counts of parameters of the lists in the script; one row a run; "
    "the script has one list of counts for both texts",
    "columns": {
        "train_set": {"unit": "name", "about": "text the model was trained on: Stack-V2-Python or Pile"},
        "backbone": {
            "unit": "name",
            "about": "the model without its streams, as Figure 2 names it: 0.5B to 4.4B",
        },
        "streams": {
            "unit": "streams",
            "about": "parallel streams, P; 1 is a plain model",
            "min": 1,
            "max": 8,
        },
        "n_params": {
            "unit": "parameters",
            "about": "without the embedding; what the streams need beside the backbone is counted",
            "min": 5e8,
            "max": 4.5e9,
        },
        "loss": {
            "unit": "nats per token",
            "about": "after 42 billion tokens of the text (Figure 2)",
            "min": 0.9,
            "max": 2.2,
        },
    },
}

UPSTREAM = [
    Upstream(
        # The lists of the script, written out as a table, one row a size and number of streams.
        path="parametric_fit.py",
        sha256="c119c8f2143bf7d33770df9ce31d73b456825d864dbb4e94dbb8f4ec88cc4b70",
        mirror="parscale/parscale_losses.csv",
        public=False,
    ),
]

SIZES = ("0.5B", "0.7B", "1.1B", "1.6B", "2.8B", "4.4B")
TEXTS = {"loss_stack_python": "Stack-V2-Python", "loss_pile": "Pile"}


def convert(path) -> pd.DataFrame:
    """One row a run instead of one a size and number of streams, text by text."""
    raw = pd.read_csv(path).rename(columns={"P": "streams", "N_nonembed": "n_params"})
    raw["backbone"] = raw.groupby("streams").n_params.rank().astype(int).map(lambda k: SIZES[k - 1])
    table = pd.concat([raw.assign(train_set=text, loss=raw[column]) for column, text in TEXTS.items()])
    return table[list(SOURCE["columns"])]
