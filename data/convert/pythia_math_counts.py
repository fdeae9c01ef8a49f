"""Right answers among 10,000 samples of seven Pythia models on 128 problems of MATH."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Right answers among 10,000 samples on MATH, by problem, of 7 sizes of Pythia",
    "paper": "Brown et al. (2024), Large Language Monkeys: Scaling Inference Compute with Repeated Sampling",
    "arxiv": "2407.21787",
    "repository": "RylanSchaeffer/KoyejoLab-Large-How-Do-Language-Monkey-Power-Get-Their-Power",
    "commit": "cd078aef2a13e4310fab204860b99c4c39c25d40",
    "licence": "none stated",
    "how_obtained": "pass@k rows of data/processed_data/large_language_monkeys_original_pass_at_k.parquet, in which Schaeffer "
    "et al. (2025) release the answers of Brown et al., collapsed to samples and right answers; names turned into sizes; "
    "sizes without embeddings added from the models' shapes",
    "columns": {
        "n_params": {
            "unit": "parameters",
            "about": "label size of the model (70M ... 12B), not its exact count",
            "min": 7e7,
            "max": 1.2e10,
        },
        "n_params_nonembedding": {
            "unit": "parameters",
            "about": "parameters without embeddings",
            "min": 1e7,
            "max": 1.2e10,
        },
        "problem": {"unit": "index", "about": "the problem in MATH", "min": 0, "max": 10000},
        "n_samples": {
            "unit": "answers",
            "about": "answers sampled, the same for all",
            "min": 10000,
            "max": 10000,
        },
        "n_correct": {"unit": "answers", "about": "of these, right ones", "min": 0, "max": 10000},
    },
}
UPSTREAM = [
    Upstream(
        "data/processed_data/large_language_monkeys_original_pass_at_k.parquet",
        "a8cb397a7a25accb0f994f339fc6f0e0cadffa734b587ac8a105d54cd10f00d1",
        "large-language-monkeys/original_math_pythia_10k_counts.csv",
        public=False,
    )
]
#: Name upstream -> label size, and parameters without embeddings.
SIZES = {
    "Pythia 70M": (70_000_000, 18_915_328),
    "Pythia 160M": (160_000_000, 85_056_000),
    "Pythia 410M": (410_000_000, 302_311_424),
    "Pythia 1B": (1_000_000_000, 805_736_448),
    "Pythia 2.8B": (2_800_000_000, 2_517_652_480),
    "Pythia 6.9B": (6_900_000_000, 6_444_163_072),
    "Pythia 12B": (12_000_000_000, 11_327_027_200),
}


def convert(counts):
    """One row a model and problem, by size and problem."""
    table = pd.read_csv(counts).rename(columns={"Problem Idx": "problem"})
    table = table.rename(columns={"num_samples": "n_samples", "num_correct": "n_correct"})
    table["n_params"], table["n_params_nonembedding"] = zip(*table.Model.map(SIZES), strict=True)
    return table.sort_values(["n_params", "problem"])[list(SOURCE["columns"])].reset_index(drop=True)
