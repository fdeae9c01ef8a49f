"""Accuracies over training of seven sizes of OLMo on thirteen exams."""

import pandas as pd

from scalinglaws.tables.schema import number_column
from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Accuracies over training of OLMo models from 190M to 13B on thirteen exams",
    "paper": "Bhagia et al. (2024), Establishing Task Scaling Laws via Compute-Efficient Model Ladders",
    "arxiv": "2412.04403",
    "repository": "allenai/OLMo-ladder",
    "commit": "67a3f440f787d020da35e3ca8eeae475fae754f5",
    "licence": "Apache-2.0",
    "how_obtained": "of the ladder's sizes the longest run (ten times Chinchilla's tokens), without its last checkpoint, "
    "which is in olmo_ladder_chain; of 7B and 13B the checkpoints of the main stage; exams in which options are "
    "completed after five examples, test questions where there are two parts",
    "columns": {
        "n_params": number_column("parameters", "label size of the model", 1e8, 2e10),
        "progress": number_column("share", "of the run's updates that are done", 0, 1),
        "task": {"unit": "name", "about": "exam"},
        "accuracy": number_column(
            "share", "of the questions of which the right option is the likeliest by length", 0, 1
        ),
    },
}
UPSTREAM = [
    Upstream(
        # The scripts' tables of the runs, put together, one row a checkpoint.
        "src/scripts/paper/data/ladder-runs",
        "9b2d57d7171022d0086b5a6d78e3a244ed6a9e47aadd27bfb2ee7cdb2c386262",
        "olmo-ladder/olmo_ladder_runs_all_checkpoints.parquet",
        public=False,
    )
]
RUNS = {
    "190M-10xC": 190_000_000,
    "370M-10xC": 370_000_000,
    "760M-10xC": 760_000_000,
    "1B-10xC": 1_300_000_000,
    "3B-10xC": 3_200_000_000,
    "peteish7_eval_full": 7_000_000_000,
    "peteish13_eval_full": 13_000_000_000,
}
EXAMS = {
    "hellaswag_val_rc_5shot_len_norm": "HellaSwag",
    "arc_easy_test_rc_5shot_len_norm": "ARC-e",
    "arc_challenge_test_rc_5shot_len_norm": "ARC-c",
    "boolq_val_rc_5shot_acc": "BoolQ",
    "csqa_val_rc_5shot_len_norm": "CSQA",
    "openbookqa_test_rc_5shot_len_norm": "OpenBookQA",
    "piqa_val_rc_5shot_len_norm": "PIQA",
    "socialiqa_val_rc_5shot_len_norm": "SIQA",
    "winogrande_val_rc_5shot_len_norm": "WinoGrande",
    "mmlu_stem_test_rc_5shot_len_norm": "MMLU stem",
    "mmlu_humanities_test_rc_5shot_len_norm": "MMLU humanities",
    "mmlu_social_sciences_test_rc_5shot_len_norm": "MMLU social sciences",
    "mmlu_other_test_rc_5shot_len_norm": "MMLU other",
}


def convert(path) -> pd.DataFrame:
    """One row a size, checkpoint and exam."""
    raw = pd.read_parquet(path)
    raw = raw[raw.run.isin(list(RUNS))].dropna(subset="_step").drop_duplicates(["run", "_step"])
    last = raw.groupby("run")._step.transform("max")
    raw = raw.assign(n_params=raw.run.map(RUNS), progress=(raw._step / last).round(6))
    raw = raw[(raw._step < last) | raw.run.str.startswith("peteish")]
    columns = {f"eval/downstream/{name}": exam for name, exam in EXAMS.items()}
    table = raw.rename(columns=columns).melt(
        ["n_params", "progress"], list(EXAMS.values()), "task", "accuracy"
    )
    table["accuracy"] = table.accuracy.astype(float).round(6)
    return table.sort_values(["n_params", "progress", "task"])[list(SOURCE["columns"])]
