"""Final losses of 708 mixtures of experts over learning rates and batch sizes (Step Law)."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

DENSE = converter("step_law_dense")
SHARED = {name: DENSE.SOURCE["columns"][name] for name in DENSE.SOURCE["columns"]}
SOURCE = DENSE.SOURCE | {
    "title": "Step Law: losses of mixtures of experts over learning rates and batch sizes",
    "how_obtained": "all 708 rows; shapes, times, names of runs and the unsmoothed last loss are left out",
    "columns": {"model": {"unit": "none", "about": "experts that a token uses, and experts there are"}}
    | SHARED
    | {
        "n_params": SHARED["n_params"] | {"about": "of all experts, without embeddings"},
        "n_active": SHARED["n_params"] | {"about": "used for a token, without embeddings", "min": 1e8},
    },
}
UPSTREAM = [
    Upstream(
        path="data/moe_lr_bs_loss.csv",
        sha256="653d585244a7b227423007e8b796bc16d76f6d24eb87b1919b8f048a91897b92",
        mirror="steplaw/moe_lr_bs_loss.csv",
    ),
]


def convert(path) -> pd.DataFrame:
    """The same columns as of the dense models, which mixture it is, and the parameters that a token uses."""
    names = {"moe_name": "model"} | DENSE.NAMES | {"Na": "n_active"}
    table = pd.read_csv(path)[list(names)].rename(columns=names)
    return table.sort_values(list(table)[:5], ignore_index=True)
