"""Accuracies of 8 Pythia models, at 8 checkpoints each, on 12 multiple-choice tasks."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Accuracy of Pythia models over training on Inverse Scaling Prize tasks and TruthfulQA",
    "paper": "Michaelov & Bergen (2023), Emergent Inabilities? Inverse Scaling Over the Course of Pretraining",
    "arxiv": "2305.14681",
    "repository": "jmichaelov/emergent-inabilities",
    "commit": "eb36a6c85b852601f283c4a045221b44373fb987",
    "licence": "MIT",
    "how_obtained": "all rows of the repository's results table; model names turned into parameter counts "
    "(the label sizes), revisions into steps and tokens (2,097,152 tokens a step)",
    "columns": {
        "task": {"unit": "name", "about": "task, as the repository's table of tests prints it"},
        "n_params": {
            "unit": "parameters",
            "about": "label size of the model (70M ... 12B), not its exact count",
            "min": 7e7,
            "max": 1.2e10,
        },
        "step": {"unit": "optimiser steps", "about": "checkpoint", "min": 2000, "max": 143000},
        "n_tokens": {
            "unit": "tokens",
            "about": "tokens seen at the checkpoint: 2,097,152 a step",
            "min": 4e9,
            "max": 3e11,
        },
        "accuracy": {
            "unit": "share",
            "about": "share of questions answered rightly (TruthfulQA-MC2: mean probability of true answers)",
            "min": 0,
            "max": 1,
        },
        "accuracy_se": {
            "unit": "share",
            "about": "its standard error over questions, as released",
            "min": 0,
            "max": 0.05,
        },
    },
}
UPSTREAM = [
    Upstream(
        "results/all_results.tsv",
        "0fe72671e1959fb002ffcc8bb9fd11b71183919126bdf1d09b64c19ebbed538d",
        "inverse-scaling-pythia/all_results.tsv",
    ),
]
SIZES = {
    "70m": 7e7,
    "160m": 1.6e8,
    "410m": 4.1e8,
    "1b": 1e9,
    "1.4b": 1.4e9,
    "2.8b": 2.8e9,
    "6.9b": 6.9e9,
    "12b": 1.2e10,
}
TASKS = {
    "isp_hindsight_neglect": "Hindsight Neglect",
    "isp_into_the_unknown": "Into the Unknown",
    "isp_memo_trap": "Memo Trap",
    "isp_modus_tollens": "Modus Tollens",
    "isp_neqa": "NeQA",
    "isp_pattern_matching_suppression": "Pattern Match Suppression",
    "isp_redefine": "Redefine",
    "isp_repetitive_algebra": "Repetitive Algebra",
    "isp_resisting_correction": "Resisting Correction",
    "isp_sig_figs": "Sig Figs",
    "truthfulqa_mc1": "TruthfulQA-MC1",
    "truthfulqa_mc2": "TruthfulQA-MC2",
}


def convert(results):
    """The upstream's rows in our own columns, ordered by task, size and step."""
    raw = pd.read_csv(results, sep="\t")
    step = raw["ModelRevision"].str.removeprefix("step").astype(int)
    table = pd.DataFrame(
        {
            "task": raw["Task"].map(TASKS),
            "n_params": raw["ModelName"].str.removeprefix("EleutherAI/pythia-").map(SIZES),
            "step": step,
            "n_tokens": step * 2_097_152,
            "accuracy": raw["Accuracy"],
            "accuracy_se": raw["Accuracy_SE"],
        }
    )
    return table.sort_values(["task", "n_params", "step"])
