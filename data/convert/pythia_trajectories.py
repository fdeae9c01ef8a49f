"""Accuracies over training of the Pythia models on nine tasks, without examples in the prompt."""

import numpy as np
import pandas as pd

from scalinglaws.tables.schema import number_column
from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Accuracies over training of sixteen Pythia models on nine tasks",
    "paper": "Biderman et al. (2023), Pythia: A Suite for Analyzing Large Language Models Across Training and Scaling",
    "arxiv": "2304.01373",
    "repository": "EleutherAI/pythia",
    "commit": "a19eecb807ec2c79a39ebf18108816e6ffffc1d5",
    "licence": "Apache-2.0",
    "how_obtained": "the zero-shot evaluations of evals/pythia-v1, from step 512 on; numbers of questions from the "
    "printed standard errors; MMLU is the mean over the questions of its 57 subjects",
    "columns": {
        "series": {
            "unit": "name",
            "about": "text trained on: the Pile (standard), or deduplicated (deduped)",
        },
        "n_params": number_column("parameters", "label size of the model, not its exact count", 1e7, 1.3e10),
        "step": number_column("updates", "of training at the checkpoint", 512, 143_000),
        "n_tokens": number_column("tokens", "seen in training: 2,097,152 an update", 1e9, 3e11),
        "task": {"unit": "name", "about": "of the evaluation"},
        "n_questions": number_column("questions", "of the task", 100, 15_000),
        "accuracy": number_column("share", "of the questions answered rightly", 0, 1),
    },
}
UPSTREAM = [
    Upstream(
        "evals/pythia-v1",
        "acf73fe8bb520bd06640ab76cdf2867244dca5fb0b83b17e840bb5107455b769",
        "pythia-evals/pythia_v1_evals_long.parquet",
        public=False,
    )
]
TASKS = {
    "lambada_openai": "LAMBADA",
    "arc_easy": "ARC-e",
    "arc_challenge": "ARC-c",
    "piqa": "PIQA",
    "sciq": "SciQ",
    "winogrande": "WinoGrande",
    "logiqa": "LogiQA",
    "wsc": "WSC",
}


def size_of(model: str) -> float:
    """The label size in a model's name, in parameters: `pythia-1.4b-deduped` has 1.4e9."""
    label = model.split("-")[1]
    return round(float(label[:-1]) * {"m": 1e6, "b": 1e9}[label[-1]])


def convert(path) -> pd.DataFrame:
    """One row a model, checkpoint and task; the subjects of MMLU put together by their questions."""
    raw = pd.read_parquet(path).query("setting == 'zero-shot' and metric == 'acc' and step >= 512")
    raw = raw.astype({"model": str, "task": str, "value": float, "stderr": float})
    # The standard error is that of a mean with n - 1 in its denominator.
    raw["n_questions"] = np.round(raw.value * (1 - raw.value) / raw.stderr**2 + 1)
    # A score of zero has no standard error, and a rounded one can be a question off.
    raw["n_questions"] = raw.groupby("task").n_questions.transform("median").astype(int)
    raw["right"] = np.round(raw.value * raw.n_questions)
    raw["task"] = raw.task.map(TASKS).fillna("MMLU")
    table = raw.groupby(["model", "step", "task"], as_index=False)[["right", "n_questions"]].sum()
    table["series"] = np.where(table.model.str.endswith("deduped"), "deduped", "standard")
    table["n_params"] = table.model.map(size_of)
    table["n_tokens"] = table.step * 2_097_152
    table["accuracy"] = (table.right / table.n_questions).round(6)
    return table.sort_values(["series", "n_params", "step", "task"])[list(SOURCE["columns"])]
