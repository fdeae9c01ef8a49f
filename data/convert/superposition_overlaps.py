"""Mean squared overlaps of token vectors in 25 language models against their width, digitised."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Mean squared overlap of the token vectors of 25 language models of four families, digitised",
    "paper": "Liu, Liu & Gore (2025), Superposition Yields Robust Neural Scaling",
    "arxiv": "2505.10465",
    "repository": "liuyz0/SuperpositionScaling",
    "commit": "35b08b012d2d0bc0391736658cb1ce7775c80e97",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "digitised from the vector graphic of Figure 8a: centres of markers against tick marks, reading error below 0.01 in the logarithm; "
    "two of the 27 models, Pythia of 70 and 160 million parameters, lie outside the figure or are not drawn",
    "columns": {
        "family": {"unit": "text", "about": "opt, qwen2.5, gpt2 or pythia"},
        "m": {
            "unit": "dimensions",
            "about": "width of the token vectors; digitised",
            "min": 500,
            "max": 9300,
        },
        "overlap": {
            "unit": "1",
            "about": "squared cosine of two token vectors, mean over pairs; digitised",
            "min": 0.0005,
            "max": 0.2,
        },
    },
}

UPSTREAM = [
    Upstream(
        path="figures/Fig-8-2.pdf",
        sha256="838ff62e5b2d3450e987ca89dcb6c68d75c4a1d2a261e02aa9df7d56d69d019b",
        mirror="superposition/llm_overlap_fig8a.csv",
        public=False,
    )
]


def convert(path) -> pd.DataFrame:
    """Every point, under our names."""
    table = pd.read_csv(path).rename(columns={"mean_square_overlap": "overlap"})
    table["m"] = table.m.round()
    return table[list(SOURCE["columns"])]
