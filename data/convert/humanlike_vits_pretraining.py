"""How long 78 vision transformers were pretrained on human-like video: iterations, summed over restarts."""

import pandas as pd

from scalinglaws.tables.schema import number_column
from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Iterations of pretraining of 78 masked autoencoders of human-like video",
    "paper": "Orhan (2023), Scaling may be all you need for achieving human-level object recognition capacity with "
    "human-like visual experience",
    "arxiv": "2308.03712",
    "repository": "eminorhan/humanlike-vits",
    "commit": "7a66e95201720c9a6b7509cac27e4c1b321050bf",
    "licence": "MIT",
    "how_obtained": "the 78 logs of pretraining; the counter starts again whenever a run was resumed, so that the last "
    "counts before each restart are added up. What was done after a last line and before a restart is not counted",
    "columns": {
        "arch": {"unit": "name", "about": "architecture: S, B, L or H, all with patches of 14 pixels"},
        "pixels": number_column("pixels", "side of a picture", 224, 476),
        "share": number_column("1", "of the 5,000 hours of video", 1e-4, 1),
        "subset": number_column("number", "which drawing of that share; there is one of the whole", 1, 3),
        "iterations": number_column("iterations", "of pretraining, summed over restarts", 1e4, 2e6),
    },
}
UPSTREAM = [
    Upstream(
        # 78 files of JSON lines, one a run, put together.
        path="logs/pretraining_logs",
        sha256="5f275cb48c49dafbc069b5b724b0b65e7b5f95865044427964ecd68416e2d558",
        mirror="humanlike-vits/pretraining_logs.csv",
        public=False,
    ),
]


def counted(it: pd.Series) -> int:
    """Iterations of one log, in its order: the last count and each that a smaller or equal one follows."""
    return int(it[(it.shift(-1) <= it) | it.shift(-1).isna()].sum())


def convert(path) -> pd.DataFrame:
    """One row a run, by architecture, pixels, share and subset."""
    raw = pd.read_csv(path)
    table = raw.groupby(["arch", "data_frac", "seed"])["it"].agg(counted).reset_index()
    table = table.rename(columns={"data_frac": "share", "seed": "subset", "it": "iterations"})
    name = table.arch.str.extract(r"^vit(?P<arch>[sblh])14(?:@(?P<pixels>\d+))?$")
    table = table.assign(arch=name.arch.str.upper(), pixels=name.pixels.fillna("224").astype(int))
    return table[list(SOURCE["columns"])].sort_values(
        ["arch", "pixels", "share", "subset"], ignore_index=True
    )
