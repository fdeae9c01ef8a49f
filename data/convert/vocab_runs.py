"""Losses of 60 language models with vocabularies of 4 to 96 thousand tokens, along their training."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Losses along the training of six sizes of language models with ten vocabularies each",
    "paper": "Tao et al. (2024), Scaling Laws with Vocabulary: Larger Models Deserve Larger Vocabularies",
    "arxiv": "2407.13623",
    "repository": "sail-sg/scaling-with-vocab",
    "commit": "6701cc202af8b075a46eef8e9d263b3f2ebe012c",
    "licence": "none stated",
    "how_obtained": "exp_data.csv, all rows, in its order; names of columns ours",
    "columns": {
        "vocabulary": {"unit": "tokens", "about": "entries of the vocabulary, V", "min": 4e3, "max": 1e5},
        "width": {"unit": "dimensions", "about": "of the embedding, d", "min": 500, "max": 2100},
        "characters": {
            "unit": "characters",
            "about": "of the text trained on up to here, H; the authors compute it from tokens by f(V)",
            "min": 1e8,
            "max": 3e11,
        },
        "other_params": {
            "unit": "parameters",
            "about": "all but those of the vocabulary, N_nv",
            "min": 3e7,
            "max": 1.2e9,
        },
        "flops": {
            "unit": "FLOPs",
            "about": "spent up to here, 6 (N_nv + V d) D with D tokens",
            "min": 1e16,
            "max": 1e21,
        },
        "loss": {
            "unit": "nats per token",
            "about": "unigram-normalised: below that of guessing each token by how frequent it is, so negative",
            "min": -6,
            "max": 0,
        },
    },
}
UPSTREAM = [
    Upstream(
        "exp_data.csv",
        "6571e877469a44cb50b2d05e1fa485587369ee1c47941a4b3b2bfef80496f1b2",
        "vocab-scaling/exp_data.csv",
    ),
]
NAMES = {
    "vocab_size": "vocabulary",
    "embed_dim": "width",
    "num_characters": "characters",
    "Non_vocab_parameters": "other_params",
    "FLOPs": "flops",
    "Lossu": "loss",
}


def convert(runs):
    """One row a checkpoint: six models, in each ten vocabularies, in each twenty checkpoints."""
    table = pd.read_csv(runs).rename(columns=NAMES)[list(SOURCE["columns"])]
    whole = ["vocabulary", "width", "other_params"]
    return table.astype(dict.fromkeys(whole, "int64"))
