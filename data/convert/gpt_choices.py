"""What four GPT-2 and four GPT-3 say to single questions with two options."""

import numpy as np
import pandas as pd

from scalinglaws.tables.schema import number_column
from scalinglaws.tables.upstream import Upstream

RANKS = dict(enumerate(["smallest model", "second", "third", "largest model"], start=1))
SOURCE = {
    "title": "Log probabilities of two options, question by question, of four GPT-2 and four GPT-3",
    "paper": "McKenzie et al. (2023), Inverse Scaling: When Bigger Isn't Better (evaluations before the prize)",
    "arxiv": "2306.09479",
    "repository": "naimenz/inverse-scaling-eval-pipeline",
    "commit": "34c8c7b066c5134fd26d6658ffa1522d2785d1d4",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "the five tasks that all eight models were asked with none and with one example; of each, 250 "
    "questions that a hash of their number chooses, the same for all models of a family, rounded to four digits; a later run of "
    "one task left out. The models, in order of size, are gpt2, -medium, -large and -xl, and ada, babbage, curie, davinci",
    "columns": {
        "task": {"unit": "name", "about": "task, as the repository names it"},
        "shots": number_column("examples", "answered examples before the question", 0, 1),
        "family": {"unit": "name", "about": "gpt2 or gpt3"},
        "question": number_column("number", "of the question within its task", 0, 5000),
    }
    | {
        f"choices_{k}": number_column(
            "nats", f"log of the probability of the right option among the two, {name}", -30, 0
        )
        for k, name in RANKS.items()
    }
    | {
        f"mass_{k}": number_column(
            "nats", f"log of the probability of both options among all words, {name}", -40, 0.01
        )
        for k, name in RANKS.items()
    },
}
UPSTREAM = [
    Upstream(
        # One file a task and model, put together.
        path="results",
        sha256="76cee4b6448506b76810c8d642a2f809a7b68e2667e62e080fc8d6893a7b0a86",
        mirror="inverse-scaling-pilot/pilot_per_example.parquet",
        public=False,
    ),
]
QUESTIONS = 250
MODELS = ["gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "ada", "babbage", "curie", "davinci"]


def convert(path) -> pd.DataFrame:
    """One row a task, number of examples, family and question, instead of one a model more."""
    raw = pd.read_parquet(path)
    name = raw.experiment.astype(str).str.extract(r"^(?P<task>.+)-(?P<shots>[01])shot-(?P<family>gpt[23])$")
    # Most rows of one task are empty for GPT-2.
    table = raw.join(name).dropna(subset=["task", "loss"])
    table = table.assign(
        shots=table.shots.astype(int), rank=table.model.astype(str).map(MODELS.index) % 4 + 1
    )
    keys = ["task", "shots", "family"]
    wide = table.pivot_table(["loss", "total_logprob"], [*keys, "idx"], "rank")
    found = pd.DataFrame(index=wide.index)
    for k in RANKS:
        found[f"choices_{k}"] = [float(f"{-loss:.4g}") for loss in wide["loss", k]]
    for k in RANKS:
        found[f"mass_{k}"] = [float(f"{mass:.4g}") for mass in wide["total_logprob", k]]
    found = found.rename_axis(index={"idx": "question"}).reset_index()
    # Numbers in order would follow the templates by which questions were made; a hash does not.
    found["hash"] = (found.question.astype(np.uint64) * np.uint64(2654435761)) % np.uint64(2**32)
    chosen = found[found.groupby(keys).hash.rank() <= QUESTIONS]
    return chosen[list(SOURCE["columns"])].sort_values([*keys, "question"])
