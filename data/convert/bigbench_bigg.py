"""Accuracy and Brier scores of twelve sizes of BIG-G on 85 tasks of BIG-bench, three examples shown."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

#: Which tasks the source keeps, by `remove_bad_tasks` and the configuration of its repository.
KEPT = (
    "By the code of the repository only tasks are kept on which 128B, the best model, does well enough: at least "
    "five points above guessing where it chooses among answers, at least five in a hundred right where it writes"
)
SOURCE = {
    "title": "BIG-G at twelve sizes on 85 tasks of BIG-bench: accuracy, and Brier scores of its confidence",
    "paper": "Schellaert et al., assessors of language models (lass); outputs: Srivastava et al. (2022), Beyond the Imitation Game",
    "arxiv": "2206.04615",
    "repository": "wschella/lass",
    "commit": "67fefca6ce045b43222bed41d78df83ef7a599ab",
    "licence": "none stated (BIG-bench: Apache-2.0)",
    "how_obtained": "one row a task and size, all rows; measures of BIG-G itself, those of the assessor and the areas "
    "under curves left out; names of columns ours. " + KEPT,
    "columns": {
        "task": {"unit": "name", "about": "task of BIG-bench"},
        "n_params": {
            "unit": "parameters",
            "about": "size of BIG-G, as it is named",
            "min": 1e6,
            "max": 2e11,
        },
        "n_questions": {
            "unit": "questions",
            "about": "a fifth of the task's, at most 205; as many for all sizes, but for three tasks of which some are missing; the same ones up to 27B, others for 128B",
            "min": 2,
            "max": 205,
        },
        "accuracy": {"unit": "share", "about": "of right answers", "min": 0, "max": 1},
        "brier": {
            "unit": "squared probability",
            "min": 0,
            "max": 1,
            "about": "mean of (confidence - right)², where the confidence in the chosen answer is normalised over "
            "the choices; not the Brier score over all choices; 1 - accuracy where there are no choices",
        },
        "chance": {
            "unit": "share",
            "about": "accuracy of guessing by the number of choices listed; missing for 18 tasks",
            "min": 0,
            "max": 0.5,
            "missing": True,
        },
    },
}

UPSTREAM = [
    Upstream(
        # Twelve files, one a size, written out as one table.
        path="artifacts/csv-results-new/q6scaling/deberta_bs32_3sh_instance-split-07251345/base/<size>/metrics_per_task.json; "
        "artifacts/csv-results/accs_3.csv",
        sha256="3f9dc5a8a2d9735ec23e459dafe0f55f230c779b8e0e0d73f14e6cdf273d9ef4",
        mirror="bigbench-bigg-3shot/bigg_3shot_by_size.csv",
        public=False,
    ),
]
NAMES = {
    "size_nominal": "n_params",
    "instance_count": "n_questions",
    "brier_conf_normalized": "brier",
    "random_acc": "chance",
}


def convert(path) -> pd.DataFrame:
    """One row a task and size, ordered by these."""
    table = pd.read_csv(path).rename(columns=NAMES)[list(SOURCE["columns"])]
    return table.sort_values(["task", "n_params"])
