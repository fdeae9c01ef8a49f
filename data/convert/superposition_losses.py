"""Losses of large autoencoders against their width, two regimes and three laws of frequency, digitised."""

import numpy as np
import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Loss of autoencoders of 10,240 features against width, weak and strong superposition, digitised",
    "paper": "Liu, Liu & Gore (2025), Superposition Yields Robust Neural Scaling",
    "arxiv": "2505.10465",
    "repository": "liuyz0/SuperpositionScaling",
    "commit": "35b08b012d2d0bc0391736658cb1ce7775c80e97",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "digitised from the vector graphic of Figure 1: centres of markers against tick marks, reading error of some 2e-4 in the logarithm "
    "(widths are read to 1.3e-4); refitted, the three slopes are those printed in LLMs/nonlinearfit-3.ipynb",
    "columns": {
        "regime": {"unit": "text", "about": "strong (decay -1) or weak (decay 0.1)"},
        "frequencies": {
            "unit": "text",
            "about": "law of the features' frequencies: exponential, power (i^-1.2) or linear",
        },
        "m": {
            "unit": "dimensions",
            "about": "width of the hidden space; digitised",
            "min": 7,
            "max": 1100,
        },
        "loss": {
            "unit": "1",
            "about": "squared error summed over features, mean of the last 100 batches; digitised",
            "min": 0.001,
            "max": 2,
        },
    },
}

UPSTREAM = [
    Upstream(
        path="figures/Fig-1-2.pdf",
        sha256="6222ba7a6b3d4be98b966ada87f2409b5544459841ab4da2c7c92911c5f03f8d",
        mirror="superposition/toy_loss_fig1.csv",
        public=False,
    )
]


def convert(path) -> pd.DataFrame:
    """Every row, under our names; widths are whole numbers again."""
    table = pd.read_csv(path).rename(columns={"distribution": "frequencies", "loss_times_n": "loss"})
    table["frequencies"] = table.frequencies.str.extract(r"^([a-z]+)", expand=False)
    # A marker at 1024 is read as 1023 once: widths of exp-17 are powers of two.
    table["m"] = 2 ** np.log2(table.m).round().astype(int)
    return table[list(SOURCE["columns"])]
