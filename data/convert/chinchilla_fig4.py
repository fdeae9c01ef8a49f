"""The runs of Hoffmann et al.'s Figure 4, as digitised by Besiroglu et al. from its SVG."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Training runs of Hoffmann et al. (2022), figure 4, digitised: size, compute and loss",
    "paper": "Besiroglu, Erdil, Barnett & You (2024), Chinchilla Scaling: A replication attempt",
    "arxiv": "2404.10102",
    "repository": "epoch-research/analyzing-chinchilla",
    "commit": "92258837425e1b5f2851d624287f0120583a3d0e",
    "licence": "none stated",
    "how_obtained": "digitised by the authors from the vector graphic of figure 4 of arXiv:2203.15556: "
    "size and FLOPs from positions, loss from the colour scale (reading error of about 0.01); "
    "we keep size, FLOPs and loss of all 245 runs",
    "columns": {
        "n_params": {
            "unit": "parameters",
            "about": "model size, as plotted by Hoffmann et al.; digitised",
            "min": 4e7,
            "max": 2e10,
        },
        "flops": {
            "unit": "FLOP",
            "about": "training compute, as plotted; digitised; tokens follow as flops / (6 n_params)",
            "min": 1e18,
            "max": 2e22,
        },
        "loss": {
            "unit": "nats per token",
            "about": "training loss, read from the colour of the point; digitised",
            "min": 1.5,
            "max": 6,
        },
    },
}

UPSTREAM = [
    Upstream(
        path="data/svg_extracted_data.csv",
        sha256="193478df4e90f040016431996c45682659306840ecdadf83cfb9cd5ca0aa1b30",
        mirror="chinchilla-replication/svg_extracted_data.csv",
    )
]


def convert(path) -> pd.DataFrame:
    """Three of the seven columns, under our names, every row."""
    names = {"Model Size": "n_params", "Training FLOP": "flops", "loss": "loss"}
    return pd.read_csv(path)[list(names)].rename(columns=names)
