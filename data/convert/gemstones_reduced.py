"""The three small samples of "Chinchilla reduced sampling": like Hoffmann et al.'s design, and from it."""

import pandas as pd

from scalinglaws.tables.upstream import converter

MAIN = converter("gemstones")
FILES = {
    "hot_sampled_like_chinchilla": "cd77120b51cb60621bddafc2291e7f301dcb7610092ccc37ced802e5fd887cd1",
    "lr_ablation_hot_sampled_like_chinchilla": "c6cfd2d3dbdcd6170ed79b748a1302d091c00ec4a2064bcde15b5e44593dc5f8",
    "slim_chinchilla": "38cd9dba89a7c9e25c5959cf67817522264e8db4921f8deeab15e0ffdc386f8d",
}
SOURCE = MAIN.SOURCE | {
    "title": "Gemstones, reduced sampling: 47 checkpoints chosen like Hoffmann et al.'s runs, and 28 of those",
    "how_obtained": "all rows of three tables; tokens rounded to billions by the authors in the first two; the "
    "third is a selection by the authors from figure 4 of arXiv:2203.15556, digitised by Epoch AI",
    "columns": {
        "file": {
            "unit": "name",
            "about": "part of the upstream file's name that tells the three apart",
        },
        "n_params": {"unit": "parameters", "about": "size", "min": 6e7, "max": 2.1e9},
        "n_tokens": {"unit": "tokens", "about": "training tokens", "min": 8e8, "max": 1.3e11},
        "loss": {
            "unit": "nats per token",
            "about": "validation loss on Dolma; for slim_chinchilla the training loss of Hoffmann et al.",
            "min": 2.2,
            "max": 4.3,
        },
    },
}
UPSTREAM = MAIN.upstream(FILES)


def convert(*paths) -> pd.DataFrame:
    """Size, tokens and loss of every row, under our names, with the name of the file."""
    names = {"params_active_precise": "n_params", "tokens": "n_tokens", "final_loss": "loss"}
    parts = []
    for file, path in zip(FILES, paths, strict=True):
        rows = pd.read_json(path, lines=True).rename(columns=names)
        rows.insert(0, "file", file)
        parts.append(rows[["file", *names.values()]])
    return pd.concat(parts)
