"""The points of the four scaling panels in Herde et al.'s Figure 1, digitised from their repository's picture."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Relative error against training trajectories, Poseidon-B and FNO on four PDEs, digitised",
    "paper": "Herde et al. (2024), Poseidon: Efficient Foundation Models for PDEs",
    "arxiv": "2405.19101",
    "repository": "camlab-ethz/poseidon",
    "commit": "b8fa28f59bd7f7673323f28d11a12c6f3a215c61",
    "licence": "none stated",
    "how_obtained": "digitised from assets/fig1.png: markers by colour, number of trajectories taken as the nearest "
    "power of two, heights calibrated on three decades (62.5 pixels each, hence a reading error of about 1.8 %); all 68 points",
    "columns": {
        "task": {
            "unit": "name",
            "about": "label of the panel: NS, CompEuler, Wave or Poisson",
        },
        "model": {
            "unit": "name",
            "about": "Poseidon-B, pretrained and fine-tuned; FNO, trained from scratch",
        },
        "n": {
            "unit": "trajectories",
            "about": "training trajectories of the task (samples for Poisson)",
            "min": 1,
            "max": 8192,
        },
        "error": {
            "unit": "relative",
            "about": "median relative L1 error on test trajectories; digitised",
            "min": 0.004,
            "max": 1.5,
        },
    },
}
UPSTREAM = [
    Upstream(
        path="assets/fig1.png",
        sha256="9c3b6fbbfbae3cd673346a7eac745c472284d4334831597a602fcf7fe7f9a61a",
        mirror="poseidon-pde/poseidon_fig1_digitised.csv",
        public=False,
    )
]


def convert(path) -> pd.DataFrame:
    """All points, under shorter names."""
    return pd.read_csv(path).rename(columns={"n_traj": "n", "rel_error": "error"})
