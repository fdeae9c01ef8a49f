"""Exact match, edit distance and BERTScore of the same outputs: 22 models on 23 tasks."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Three measures of the same outputs of 22 language models on 23 tasks, with and without examples",
    "paper": "Lu et al. (2024), Are Emergent Abilities in Large Language Models just In-Context Learning?",
    "arxiv": "2309.01809",
    "repository": "UKPLab/on-emergence",
    "commit": "f791b653c42251a4dbd0bdc7a064c41ea0a3c51b",
    "licence": "CC BY-SA 4.0",
    "how_obtained": "means over the repeated runs of each task, model, prompt and number of examples; rows with no "
    "example and with five; models whose size is known; three of the measures, -100 read as missing; sizes added from "
    "the models' names and papers",
    "columns": {
        "task": {"unit": "name", "about": "task; most are from BIG-bench"},
        "model": {"unit": "name", "about": "as the authors name it"},
        "n_params": {
            "unit": "parameters",
            "about": "size by its name or paper; text-davinci is taken for GPT-3's largest",
            "min": 5e7,
            "max": 2e11,
        },
        "tuned": {"unit": "0 or 1", "about": "1 if tuned to follow instructions", "min": 0, "max": 1},
        "prompt": {"unit": "name", "about": "how the choices are put: closed, closed-adv or open"},
        "shots": {"unit": "examples", "about": "shown before the question", "min": 0, "max": 5},
        "exact_match": {
            "unit": "share",
            "about": "of answers that match",
            "min": 0,
            "max": 1,
        },
        "edit_distance": {
            "unit": "characters",
            "about": "to be changed in the answer, mean",
            "min": 0,
            "max": 5e3,
        },
        "bert_score": {
            "unit": "1",
            "about": "similarity of answer and target in BERT's space, mean",
            "min": 0,
            "max": 1,
            "missing": True,
        },
    },
}
UPSTREAM = [
    Upstream(
        "evaluation_scores.csv",
        "43159449c7c9a52e25f0f8499441f325ab72fbfdea55f51cf9547f3f24474a99",
        "on-emergence-ukp/evaluation_scores.csv",
    ),
]
#: Model -> parameters in 1e9 by its name or paper, and whether it is tuned to follow instructions.
MODELS = {
    "t5-small": (0.06, 0),
    "google/flan-t5-small": (0.08, 1),
    "gpt2": (0.124, 0),
    "Rachneet/gpt2-alpaca": (0.124, 1),
    "t5-large": (0.77, 0),
    "google/flan-t5-large": (0.78, 1),
    "gpt2-xl": (1.5, 0),
    "Rachneet/gpt2-xl-alpaca": (1.5, 1),
    "EleutherAI/gpt-j-6b": (6, 0),
    "togethercomputer/GPT-JT-6B-v1": (6, 1),
    "models--llama/7B": (7, 0),
    "chavinlo/alpaca-native": (7, 1),
    "tiiuae/falcon-7b": (7, 0),
    "tiiuae/falcon-7b-instruct": (7, 1),
    "models--llama/13B": (13, 0),
    "chavinlo/alpaca-13b": (13, 1),
    "models--llama/30B": (32.5, 0),
    "tiiuae/falcon-40b": (40, 0),
    "tiiuae/falcon-40b-instruct": (40, 1),
    "davinci": (175, 0),
    "text-davinci-001": (175, 1),
    "text-davinci-003": (175, 1),
}
NAMES = {
    "prompt_type": "prompt",
    "number_of_shots": "shots",
    "exact_match_accuracy": "exact_match",
    "single_bert_score": "bert_score",
}
KEYS = ["task", "model", "n_params", "tuned", "prompt", "shots"]


def convert(path) -> pd.DataFrame:
    """Means over repeated runs, one row a task, model, prompt and number of examples."""
    raw = pd.read_csv(path).rename(columns=NAMES)
    raw = raw[raw.model.isin(MODELS) & raw.shots.isin([0, 5])]
    raw = raw.assign(
        task=raw.filename.str.removesuffix("/task.json"),
        n_params=raw.model.map({name: 1e9 * size for name, (size, _) in MODELS.items()}),
        tuned=raw.model.map({name: tuned for name, (_, tuned) in MODELS.items()}),
        bert_score=raw.bert_score.mask(raw.bert_score == -100),
    )
    measures = ["exact_match", "edit_distance", "bert_score"]
    table = raw.groupby(KEYS)[measures].mean().round(6).reset_index()
    return table[list(SOURCE["columns"])].sort_values(["task", "n_params", *KEYS[3:], "model"])
