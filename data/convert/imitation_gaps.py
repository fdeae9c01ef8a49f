"""The points of Lin et al.'s Figure 5, digitised from the picture in their repository."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Optimality gap against training objects, environments and pairs, two robot tasks, digitised",
    "paper": "Lin et al. (2024), Data Scaling Laws in Imitation Learning for Robotic Manipulation",
    "arxiv": "2410.18647",
    "repository": "Fanqi-Lin/Data-Scaling-Laws",
    "commit": "bd6941edea44a72611f585a23cf219f402bbaafc",
    "licence": "MIT",
    "how_obtained": "digitised from assets/scaling-law-curve.png: centres of the markers, heights calibrated on "
    "all minor ticks; reading error of about 0.4 % of the gap; all 36 points",
    "columns": {
        "task": {"unit": "name", "about": "pour_water or mouse (Mouse Arrangement)"},
        "axis": {
            "unit": "name",
            "about": "what n counts: objects, envs (environments), or pairs of environment and object",
        },
        "n": {
            "unit": "count",
            "about": "objects, environments or pairs in the training data",
            "min": 1,
            "max": 32,
        },
        "gap": {
            "unit": "share",
            "about": "one less the normalised score of 40 roll-outs where objects, environments or both are new; digitised",
            "min": 0.03,
            "max": 1,
        },
    },
}
UPSTREAM = [
    Upstream(
        path="assets/scaling-law-curve.png",
        sha256="b6607b90a4aca7de7f228ebfaeb8089137bd2ac34cd69f9c403c8ad285709641",
        mirror="imitation-scaling/imitation_gap_digitised.csv",
        public=False,
    )
]


def convert(path) -> pd.DataFrame:
    """All points, the gap under a shorter name."""
    return pd.read_csv(path).rename(columns={"optimality_gap": "gap"})
