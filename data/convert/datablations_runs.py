"""Losses of language models that were trained on the same text again and again."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Validation losses of 296 language models trained on C4, most of them for several epochs",
    "paper": "Muennighoff et al. (2023), Scaling Data-Constrained Language Models",
    "arxiv": "2305.16264",
    "repository": "huggingface/datablations",
    "commit": "13701315b163f1c54642b94ad237b2699187c3ee",
    "licence": "Apache-2.0",
    "how_obtained": "the list of losses that cell 2 of utils/parametric_fit.ipynb prints, one row a run, in its order; "
    "`use` follows from the lists of cells 25 and 26",
    "columns": {
        "n_params": {
            "unit": "parameters",
            "about": "as the authors' notebook counts them",
            "min": 7e6,
            "max": 9e9,
        },
        "n_tokens": {
            "unit": "tokens",
            "about": "tokens trained on, repeats counted each time",
            "min": 1e8,
            "max": 1e12,
        },
        "unique_tokens": {
            "unit": "tokens",
            "about": "tokens of the text that is repeated; as many as n_tokens where nothing is",
            "min": 1e8,
            "max": 2e11,
        },
        "loss": {
            "unit": "nats per token",
            "about": "on held-out text of C4 at the end of training",
            "min": 2.3,
            "max": 12,
        },
        "use": {
            "unit": "name",
            "about": "fitted: one of the 182 runs of the authors' fit; again: another run of such a setting; left out: "
            "commented out in the cell of the fit; other: neither",
        },
    },
}

UPSTREAM = [
    Upstream(
        path="utils/parametric_fit.ipynb",
        sha256="aee633c55057280d38a437832d1fd4b31664b8294535783e4c3b1cec8e7d0d88",
        mirror="datablations/c4_data_constrained_runs.csv",
        public=False,
    ),
    Upstream(
        path="utils/parametric_fit.ipynb",
        sha256="fe95bb20ef8f1073ee8012c9919c2c2ad665885b994539c867604c3e528e5dbd",
        mirror="datablations/fit_182_runs.csv",
        public=False,
    ),
]


def convert(all_runs, fitted):
    """One row a run; a run was fitted if its loss is that of the fit's own list."""
    table, fitted = pd.read_csv(all_runs), pd.read_csv(fitted)
    setting = ["N", "D", "U", "loss"]
    chosen = pd.MultiIndex.from_frame(table[setting]).isin(pd.MultiIndex.from_frame(fitted[setting]))
    table["use"] = "other"
    table.loc[table.commented_out_in_fit_cell, "use"] = "left out"
    table.loc[table.in_182, "use"] = "again"
    table.loc[chosen, "use"] = "fitted"
    names = {"N": "n_params", "D": "n_tokens", "U": "unique_tokens"}
    return table.rename(columns=names)[list(SOURCE["columns"])]
