"""104 language models trained on three data sets, from 5 to 640 tokens a parameter, and their loss."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Loss on C4 of 104 models, 11 million to 6.9 billion parameters, 5 to 640 tokens a parameter",
    "paper": "Gadre et al. (2024), Language models scale reliably with over-training and on downstream tasks",
    "arxiv": "2403.08540",
    "repository": "mlfoundations/scaling",
    "commit": "a003c4913793ac2ae7ef87b28ecb562955d026d5",
    "licence": "MIT",
    "how_obtained": "the repository's one file a model (exp_data/models), flattened into one table; all models, of "
    "its eight validation losses only the one on C4; names of data sets written out, tokens a parameter "
    "= 20 times the released multiple of 20",
    "columns": {
        "train_set": {"unit": "name", "about": "data set the model was trained on"},
        "n_params": {
            "unit": "parameters",
            "about": "size, embeddings counted, as the paper does",
            "min": 1e7,
            "max": 7e9,
        },
        "n_params_no_embedding": {
            "unit": "parameters",
            "about": "size without input embeddings",
            "min": 5e6,
            "max": 7e9,
        },
        "n_tokens": {"unit": "tokens", "about": "training tokens, none repeated", "min": 5e7, "max": 1e12},
        "multiplier": {
            "unit": "tokens per parameter",
            "about": "n_tokens / n_params as planned",
            "min": 5,
            "max": 640,
        },
        "loss": {"unit": "nats per token", "about": "validation loss on C4", "min": 2, "max": 7},
        "loss_low": {
            "unit": "nats per token",
            "about": "lower end of the released 95 % interval over validation sequences",
            "min": 2,
            "max": 7,
        },
        "loss_high": {"unit": "nats per token", "about": "upper end of that interval", "min": 2, "max": 7},
    },
}
UPSTREAM = [
    Upstream(
        "exp_data/models",
        "b2398e5d3739efb04d4a02653eb68b44ab239944096e7764b3a1fe4646f147b9",
        "overtraining/overtraining_testbed.csv",
        public=False,
    ),
]
TRAIN_SETS = {"c4_original": "C4", "rpj": "RedPajama", "rw_original": "RefinedWeb"}


def keys_of(raw: pd.DataFrame) -> pd.DataFrame:
    """What tells a model from the others, under our names, in the order of the file."""
    return pd.DataFrame(
        {
            "train_set": raw["dataset"].map(TRAIN_SETS),
            "n_params": raw["N"],
            "multiplier": (20 * raw["cc_mult"]).astype(int),
        }
    )


def convert(testbed):
    """One row a model, ordered by data set, size and tokens."""
    raw = pd.read_csv(testbed)
    table = keys_of(raw).assign(
        n_params_no_embedding=raw["N_no_embed"],
        n_tokens=raw["D"],
        loss=raw["loss_c4_val"],
        loss_low=raw["lossci_lo_c4_val"],
        loss_high=raw["lossci_hi_c4_val"],
    )
    return table[list(SOURCE["columns"])].sort_values(["train_set", "n_params", "n_tokens"])
