"""Validation losses of 20 of the Gemstones in two ablations: half the learning rate, and cooled down."""

import pandas as pd

from scalinglaws.tables.upstream import converter

MAIN = converter("gemstones")
SHARED = MAIN.SOURCE["columns"]

SOURCE = MAIN.SOURCE | {
    "title": "Gemstones, ablations: validation loss of 20 models at half the learning rate, and cooled down",
    "how_obtained": "all rows of the two tables that Approach 1 is fitted to; every_10b marks the rows that "
    "Approach 3 is fitted to: every 10 billion tokens, and every row of the cooled-down runs; times per step and "
    "node counts left out",
    "columns": {
        "variant": {
            "unit": "name",
            "about": "half rate: the learning rate of the main runs, halved; cooldown: checkpoints of earlier main "
            "runs annealed to zero over another 10 % of their tokens",
        },
        **{name: SHARED[name] for name in ("width", "depth", "n_params", "n_params_non_embedding")},
        "n_tokens": SHARED["n_tokens"] | {"max": 1.1e11},
        "loss": SHARED["loss"] | {"max": 4.8},
        "every_10b": SHARED["every_10b"]
        | {"about": "1 where Approach 3 is fitted: every 10 billion tokens (cooldown: every row)"},
    },
}

FILES = {
    "lr_ablation_hot_477": "10f606c27a52b31a8c97a8fe50ff265fdea795869b9a35804a7b1cad2fa233c2",
    "lr_ablation_hot": "acb4468e5fcba4f01bdf9584ccbaa513e9cece68f8daf46e452a867f355483ac",
    "cool_end": "bdf01b6b21bafc414218124a6f9e195cee07f3d69ceacbfae2fcf069d34f4e61",
}
UPSTREAM = MAIN.upstream(FILES)


def convert(half, half_10b, cooldown) -> pd.DataFrame:
    """The rows of both ablations, marked where Approach 3 is fitted."""
    parts = {"half rate": (half, half_10b), "cooldown": (cooldown, cooldown)}
    return pd.concat([MAIN.checkpoints(variant, *tables) for variant, tables in parts.items()])
