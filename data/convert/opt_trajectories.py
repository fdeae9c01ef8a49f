"""Accuracies over training of six sizes of OPT on six tasks of BIG-bench."""

import pandas as pd

from scalinglaws.tables.schema import number_column
from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Accuracies over training of six sizes of OPT on six tasks of BIG-bench",
    "paper": "Xia et al. (2023), Training Trajectories of Language Models Across Scales",
    "arxiv": "2212.09803",
    "repository": "IBM/ColPret",
    "commit": "16f23bbe054277ddc4afd07a972dd7cfbe3f48c3",
    "licence": "MIT",
    "how_obtained": "aggregated_eval/opt.csv, one row a checkpoint and task; numbers of questions are the fewest for "
    "which all accuracies are whole numbers of right answers",
    "columns": {
        "n_params": number_column("parameters", "label size of the model", 1e8, 2e11),
        "n_tokens": number_column("tokens", "seen in training", 1e9, 3e11),
        "task": {"unit": "name", "about": "of BIG-bench"},
        "n_questions": number_column("questions", "of the task", 10, 1000),
        "accuracy": number_column("share", "of the questions answered rightly", 0, 1),
    },
}
UPSTREAM = [
    Upstream(
        "aggregated_eval/opt.csv",
        "adff9b18349c5f337c9757cc0d7ec562c36b74546d14ab035aee5d35f2c9775a",
        "opt-trajectories/opt.csv",
    )
]
TASKS = {
    "codelinedescription": "code line description",
    "humanorganssenses": "human organs and senses",
    "implicatures": "implicatures",
    "phraserelatedness": "phrase relatedness",
    "whatisthetao": "what is the Tao",
    "swahilienglishproverbs": "Swahili proverbs",
}


def questions(shares) -> int:
    """The fewest questions for which all shares are whole numbers of right answers."""
    return next(n for n in range(20, 1001) if (abs(shares * n - (shares * n).round()) < 1e-6 * n).all())


def convert(path) -> pd.DataFrame:
    """One row a checkpoint and task instead of one a checkpoint."""
    raw = pd.read_csv(path)
    size = raw["size"].str[:-1].astype(float) * raw["size"].str[-1].map({"m": 1e6, "b": 1e9})
    parts = []
    for column, task in TASKS.items():
        shares = raw[f"bigbench__{column}"] / 100
        parts.append(
            pd.DataFrame(
                {
                    "n_params": size.round().astype("int64"),
                    "n_tokens": raw.tokens.astype("int64"),
                    "task": task,
                    "n_questions": questions(shares),
                    "accuracy": shares.round(8),
                }
            )
        )
    return pd.concat(parts).sort_values(["n_params", "n_tokens", "task"])
