"""Final losses of 1,911 dense language models over learning rates and batch sizes (Step Law)."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Step Law: losses of dense language models over learning rates and batch sizes",
    "paper": "Li et al. (2025), Predictable Scale: Part I, Step Law: Optimal Hyperparameter Scaling Law in LLM Pretraining",
    "arxiv": "2503.04715",
    "repository": "step-law/steplaw",
    "commit": "32a8f4cc50247695fb56cc6c9117abdf67c97763",
    "licence": "none stated",
    "how_obtained": "all 1,911 rows; shapes, names of runs and the unsmoothed last loss are left out",
    "columns": {
        "n_params": {
            "unit": "parameters",
            "about": "without embeddings, as the authors count them",
            "min": 2e8,
            "max": 3e9,
        },
        "n_tokens": {"unit": "tokens", "about": "in training, one pass", "min": 1e9, "max": 2e11},
        "batch_size": {
            "unit": "sequences",
            "about": "sequences of 2,048 tokens in an update",
            "min": 16,
            "max": 2048,
        },
        "learning_rate": {
            "unit": "none",
            "about": "highest of the schedule, which ends at 1e-5 (names of runs); printed to three or four digits",
            "min": 1e-4,
            "max": 0.1,
        },
        "n_steps": {"unit": "updates", "about": "in training", "min": 500, "max": 2e6},
        "loss": {
            "unit": "nats per token",
            "about": "training loss at the end, smoothed by the authors over the last updates",
            "min": 1.5,
            "max": 12.0,
        },
    },
}
NAMES = {
    "N": "n_params",
    "D": "n_tokens",
    "bs": "batch_size",
    "lr": "learning_rate",
    "ti": "n_steps",
    "smooth loss": "loss",
}
UPSTREAM = [
    Upstream(
        path="data/dense_lr_bs_loss.csv",
        sha256="9e46181076c04d450294d75dfe6f72adc416e231e154a07b337e378f9410002c",
        mirror="steplaw/dense_lr_bs_loss.csv",
    ),
]


def convert(path) -> pd.DataFrame:
    """The six columns under the field's names, in order of size, budget, batch and learning rate."""
    table = pd.read_csv(path)[list(NAMES)].rename(columns=NAMES)
    return table.sort_values(list(table)[:4], ignore_index=True)
