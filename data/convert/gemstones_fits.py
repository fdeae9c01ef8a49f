"""The 13 fits of Approach 3 that McLeish et al. released."""

import json

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

MAIN = converter("gemstones")
#: Points of the fit -> what tells its file apart, and the file's hash.
FILES = {
    "all": ("hot_100b+", "ea1561c5a27c7053e4e60877c560cfc75f47e30c759dc8cd8f2636456ca471eb"),
    "100b": ("hot", "22311605fb4d3e4ea1cc7dc35bd8b3b55c34c4d0a93fb75360fe1a40cc31ea82"),
    "120b": ("hot_120b+_only", "abfd6a3ea79afb0528d1f99f92c548cae7f05e7742528501fdb1a9784195e1d3"),
    "lr": ("lr_ablation_hot", "78788a51991e7420069eb4b849fa79fb7701d3c6ba65a7d45cf34c8872c57efa"),
    "cool": ("cool_end", "5b249f3654521865dee4c39dfd47a76cb815b5ea2549e427d16ccca2a1d99980"),
    "all n": ("hot_100b+_no_embeds", "52b071fa6e702f1829385ac3afcd41751e41451ad7040f24c4e0eab4b48233b6"),
    "100b n": ("hot_no_embeds", "2bc93f1fc646fa5a0c2ad033cdc96d0c3bca082f5e121614d247b9370dbffd61"),
    "120b n": (
        "hot_120b+_only_no_embeds",
        "19ef6244645df669f58428964a2b53c73a99b424d84f2b53d974ab6eed1607a9",
    ),
    "lr n": ("lr_ablation_hot_no_embeds", "b39e39181734c99a6d0671a14ab61e30b49a139e8dbfe30a2d74e840290bf035"),
    "cool n": ("cool_end_no_embeds", "9d0200baba8c41803b70e47ae202c79f9cf0d2e6607a50be0c6d2615a0e9c9de"),
    "hoffmann": ("slim_chinchilla", "74dd31e447f400c939d22325d59ca1420f4928492b662b8b9de0a881d27947cc"),
    "ours": (
        "hot_sampled_like_chinchilla",
        "dbfc8d4415503438814afef9905394b033b16fb015eabc50ac17a31741238fab",
    ),
    "ours lr": (
        "lr_ablation_hot_sampled_like_chinchilla",
        "ee2f7572b1ea4f7b475b56c0768438fad1806d5e8a36ac7f69b298fc8abd01b0",
    ),
}
SOURCE = MAIN.SOURCE | {
    "title": "Gemstones: the 13 released fits of Approach 3",
    "how_obtained": "exponents, logarithms of coefficients and objective of every file of Approach 3 that Tables 1 "
    "and 2 rest on, threshold 1e-4 (parameters_delta-4); all are marked as success; named by their points",
    "columns": {
        "points": {
            "unit": "name",
            "about": "all, 100b, 120b: main runs, all tokens, up to 100 and beyond 120 billion; lr: half the learning "
            "rate; cool: cooled down; n: embedding not counted; hoffmann, ours, ours lr: gemstones_reduced",
        },
        "alpha": {"unit": "none", "about": "exponent of parameters", "min": 0.1, "max": 1},
        "beta": {"unit": "none", "about": "exponent of tokens", "min": 0.1, "max": 1},
        "log_A": {"unit": "log nats per token", "about": "logarithm of A, at N = 1", "min": 0, "max": 30},
        "log_B": {"unit": "log nats per token", "about": "logarithm of B, at D = 1", "min": 0, "max": 30},
        "log_E": {"unit": "log nats per token", "about": "log irreducible loss", "min": -1, "max": 2},
        "objective": {"unit": "none", "about": "sum of Huber losses of log residuals", "min": 0, "max": 0.01},
    },
}


def upstream(name: str, digest: str) -> Upstream:
    """A file of the authors' folder of fits with threshold 1e-4."""
    path = f"parameters_delta-4/approach_3_{name}.json"
    return Upstream(path, digest, f"gemstones/{path}")


def values(path) -> list[float]:
    """Exponents, logarithms of coefficients, log E and objective of the one fit in a file."""
    fit = {key: value["0"] for key, value in json.loads(path.read_text(encoding="utf-8")).items()}
    if not fit["success"]:
        raise ValueError(f"{path.name}: the fit is not marked as success")
    return [*fit["exponents"], *fit["coefficients"], fit["irreducible_error"], fit["loss"]]


UPSTREAM = [upstream(f"parameters_grid_search_0_{name}", digest) for name, digest in FILES.values()]


def convert(*paths) -> pd.DataFrame:
    """One row a file, by the name of its points."""
    rows = [[points, *values(path)] for points, path in zip(FILES, paths, strict=True)]
    return pd.DataFrame(rows, columns=[*SOURCE["columns"]])
