"""Scores over training of Amber-7B and K2-65B, with Amber's perplexity."""

import numpy as np
import pandas as pd

from scalinglaws.tables.schema import number_column
from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Scores over training of Amber-7B, and of K2-65B on MedMCQA",
    "paper": "Liu et al. (2023), LLM360: Towards Fully Transparent Open-Source LLMs",
    "arxiv": "2312.06550",
    "repository": "IBM/ColPret",
    "commit": "16f23bbe054277ddc4afd07a972dd7cfbe3f48c3",
    "licence": "MIT",
    "how_obtained": "the authors' exported logs, as re-released in raw_data/lm360; without the measure of bias, the "
    "training losses and the branches after loss spikes; the perplexities of 17 parts of the Pile put together",
    "columns": {
        "model": {"unit": "name", "about": "Amber-7B, K2-65B, or K2-65B's second stage"},
        "checkpoint": number_column("checkpoints", "number of the checkpoint, of 360 or so", 0, 400),
        "task": {"unit": "name", "about": "of the evaluation; parts of MMLU begin with its name"},
        "score": number_column(
            "%",
            "of the questions answered rightly (MMLU: mean over its subjects; TruthfulQA: mc2, the mean "
            "probability of the true answers; MBPP: of the tasks solved)",
            0,
            100,
        ),
        "log_perplexity": number_column(
            "nats a token",
            "mean over 17 parts of the Pile, where it was evaluated at the checkpoint",
            0.5,
            8,
            missing=True,
        ),
    },
}
UPSTREAM = [
    Upstream(
        "raw_data/lm360",
        "3cfcf38c2433adf93ab312e804e92c5e7f264d9f841f1c216aa8526d5026a699",
        "llm360-amber-k2/amber_k2_wandb_long.csv.gz",
        public=False,
    )
]
#: Names upstream -> the model, or the stage of it, that they belong to.
LOGS = {
    "downstream_eval": "Amber-7B",
    "k2 eval": "K2-65B",
    "k2 ministage eval": "K2-65B, second stage",
}
NAMES = {
    "arc": "ARC-c",
    "arc_easy": "ARC-e",
    "boolq": "BoolQ",
    "hellaswag": "HellaSwag",
    "mbpp": "MBPP",
    "medmcqa": "MedMCQA",
    "mmlu": "MMLU",
    "openbookqa": "OpenBookQA",
    "openbookqa5": "OpenBookQA",
    "piqa": "PIQA",
    "race": "RACE",
    "siqa": "SIQA",
    "truthfulqa": "TruthfulQA",
    "winogrande": "WinoGrande",
}


def convert(path) -> pd.DataFrame:
    """One row a model, checkpoint and task."""
    raw = pd.read_csv(path)
    raw[["log", "part"]] = raw.metric.str.split(" - ", n=1, expand=True)
    parts = raw[(raw.log == "perplexity_eval") & (raw.part != "average per doc")]
    loss = np.log(parts.value).groupby(parts.step).mean().round(6)
    table = raw[raw.log.isin(list(LOGS)) & (raw.part != "crowspairs")].copy()
    table["model"] = table.log.map(LOGS)
    name = table.part.str.split("@").str[0]
    table["task"] = name.map(NAMES).fillna("MMLU " + name.replace("phsychology", "psychology"))
    # Of K2 one score is printed elsewhere.
    table = table[(table.model == "Amber-7B") | (table.task == "MedMCQA")]
    table["log_perplexity"] = table.step.map(loss).where(table.model == "Amber-7B")
    table = table.rename(columns={"step": "checkpoint", "value": "score"})
    return table.sort_values(["model", "task", "checkpoint"])[list(SOURCE["columns"])]
