"""Root mean square residuals of two laws on 90 fine-tuning curves, as the authors fitted them."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

LOSSES = converter("rectified_losses")

ABOUT = "root mean square residual of log loss over 14 subset sizes, the authors' fit of the"
SOURCE = LOSSES.SOURCE | {
    "title": "Residuals of the rectified and of the vanilla law on 90 fine-tuning curves, authors' fits",
    "how_obtained": "all rows of the repository's table of residuals, columns renamed",
    "columns": {
        "dataset": {"unit": "name", "about": "FLAN, WMT19 or Gigaword"},
        "model": {"unit": "name", "about": "pretrained model, as released"},
        "rectified": {"unit": "log loss", "about": f"{ABOUT} rectified law", "min": 0, "max": 0.2},
        "vanilla": {"unit": "log loss", "about": f"{ABOUT} vanilla law", "min": 0, "max": 0.2},
    },
}
UPSTREAM = [
    Upstream(
        "results/rmsd.csv",
        "4e8846f1f65b70b4aa2a41f88550c01c36538e80f011b0c58e962eb4bee08b65",
        "rectified-ft-law/rmsd.csv",
    ),
]


def convert(path):
    """The upstream's rows under our own names."""
    names = {"our_rmsd_under_log": "rectified", "vanilla_rmsd_under_log": "vanilla"}
    table = pd.read_csv(path).rename(columns=names)
    table["dataset"] = table["dataset"].replace("GIGAWORD", "Gigaword")
    return table[list(SOURCE["columns"])]
