"""Test losses of 30 language models, each fine-tuned on 15 amounts of data from 3 data sets."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Test loss of 30 language models after fine-tuning on subsets of FLAN, WMT19 and Gigaword",
    "paper": "Lin et al. (2024), Selecting Large Language Model to Fine-tune via Rectified Scaling Law",
    "arxiv": "2402.02314",
    "repository": "linhaowei1/Fine-tuning-Scaling-Law",
    "commit": "5214568013af65e3cefd03860ecd7bc9358b308c",
    "licence": "Apache-2.0",
    "how_obtained": "all values of the repository's three benchmark tables, from one column a subset size "
    "to one row a subset size; order of the models as released",
    "columns": {
        "dataset": {"unit": "name", "about": "FLAN, WMT19 or Gigaword: what the model was fine-tuned on"},
        "model": {"unit": "name", "about": "pretrained model, as released"},
        "family": {"unit": "name", "about": "family of the model, as released"},
        "n_params": {
            "unit": "parameters",
            "about": "size of the model as released; how embeddings are counted is not stated",
            "min": 6e7,
            "max": 7e9,
        },
        "n_examples": {
            "unit": "examples",
            "about": "size of the fine-tuning subset; 0 is the model as it came",
            "min": 0,
            "max": 1638400,
        },
        "loss": {
            "unit": "as released",
            "about": "test loss after fine-tuning; the table states no unit, presumably nats per token",
            "min": 0.5,
            "max": 30,
        },
    },
}
FOLDER = "rectified-ft-law"
UPSTREAM = [
    Upstream(
        "benchmark/flan.csv",
        "ead24af8eaa97ac0507bbd76c4880eb09c6361e252f4971666ba55017215d1e9",
        f"{FOLDER}/flan.csv",
    ),
    Upstream(
        "benchmark/wmt19.csv",
        "523b044495f87c1f954c359fb489cf4e38f739c7fca8161d70665853fb2d293a",
        f"{FOLDER}/wmt19.csv",
    ),
    Upstream(
        "benchmark/gigaword.csv",
        "7d0b08ef9df06eefb4355f859fb44e7860c1e55effd781d318d60a1f8661f2b3",
        f"{FOLDER}/gigaword.csv",
    ),
]
DATASETS = ("FLAN", "WMT19", "Gigaword")


def convert(*paths):
    """The three wide tables as one long one, in the order of data set, model, subset size."""
    names = {"config name": "model", "size": "n_params"}
    parts = []
    for dataset, path in zip(DATASETS, paths, strict=True):
        wide = pd.read_csv(path).rename(columns=names).reset_index(names="order")
        keys = ["order", "model", "family", "n_params"]
        long = wide.melt(keys, var_name="n_examples", value_name="loss").assign(dataset=dataset)
        long["n_examples"] = long["n_examples"].astype(int)
        parts.append(long.sort_values(["order", "n_examples"]))
    return pd.concat(parts)[list(SOURCE["columns"])]
