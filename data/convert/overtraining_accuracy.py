"""What the 104 models of `overtraining_runs` score on 46 tasks."""

from dataclasses import replace

import pandas as pd

from scalinglaws.tables.upstream import converter

RUNS = converter("overtraining_runs")

SOURCE = RUNS.SOURCE | {
    "title": "Accuracy of 104 models on 46 tasks",
    "how_obtained": "the repository's one file of scores a model (exp_data/evals), flattened into one table; all "
    "models, the 46 tasks of the paper; one row a model and task",
    "columns": {
        "train_set": {"unit": "name", "about": "data set the model was trained on"},
        "n_params": {"unit": "parameters", "about": "size, embeddings counted", "min": 1e7, "max": 7e9},
        "multiplier": {
            "unit": "tokens per parameter",
            "about": "training tokens over parameters, as planned",
            "min": 5,
            "max": 640,
        },
        "task": {"unit": "name", "about": "task, named as in the repository"},
        "accuracy": {"unit": "share", "about": "share of questions answered rightly", "min": 0, "max": 1},
    },
}
UPSTREAM = [replace(RUNS.UPSTREAM[0], path="exp_data/evals")]
KEYS = ["train_set", "n_params", "multiplier"]


def convert(testbed):
    """One row a model and task, ordered by data set, size, tokens and task."""
    raw = pd.read_csv(testbed)
    scores = raw.filter(like="acc_").rename(columns=lambda name: name.removeprefix("acc_"))
    keys = RUNS.keys_of(raw)
    table = keys.join(scores).melt(KEYS, var_name="task", value_name="accuracy")
    return table.sort_values([*KEYS, "task"])
