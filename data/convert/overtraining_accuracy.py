"""What the 104 models of `overtraining_runs` score on 46 tasks."""

import pandas as pd

from scalinglaws.tables import Upstream

SOURCE = {
    "title": "Accuracy of 104 models on 46 tasks",
    "paper": "Gadre et al. (2024), Language models scale reliably with over-training and on downstream tasks",
    "arxiv": "2403.08540",
    "repository": "mlfoundations/scaling",
    "commit": "a003c4913793ac2ae7ef87b28ecb562955d026d5",
    "licence": "MIT",
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
UPSTREAM = [
    Upstream(
        "exp_data/evals",
        "b2398e5d3739efb04d4a02653eb68b44ab239944096e7764b3a1fe4646f147b9",
        "overtraining/overtraining_testbed.csv",
        public=False,
    ),
]
TRAIN_SETS = {"c4_original": "C4", "rpj": "RedPajama", "rw_original": "RefinedWeb"}
KEYS = ["train_set", "n_params", "multiplier"]


def convert(testbed):
    """One row a model and task, ordered by data set, size, tokens and task."""
    raw = pd.read_csv(testbed)
    scores = raw.filter(like="acc_").rename(columns=lambda name: name.removeprefix("acc_"))
    keys = pd.DataFrame(
        {
            "train_set": raw["dataset"].map(TRAIN_SETS),
            "n_params": raw["N"],
            "multiplier": (20 * raw["cc_mult"]).astype(int),
        }
    )
    table = keys.join(scores).melt(KEYS, var_name="task", value_name="accuracy")
    return table.sort_values([*KEYS, "task"])
