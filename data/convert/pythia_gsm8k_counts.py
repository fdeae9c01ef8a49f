"""Samples and right answers of 81 Pythia checkpoints on 128 problems of GSM8K."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Samples and right answers on GSM8K, by problem, of 9 sizes of Pythia at 9 checkpoints",
    "paper": "Schaeffer et al. (2025), How Do Large Language Monkeys Get Their Power (Laws)?",
    "arxiv": "2502.17578",
    "repository": "RylanSchaeffer/KoyejoLab-Large-How-Do-Language-Monkey-Power-Get-Their-Power",
    "commit": "cd078aef2a13e4310fab204860b99c4c39c25d40",
    "licence": "none stated",
    "how_obtained": "pass@k rows of data/raw_data/large_language_monkeys/gsm8k_pass_at_k.parquet collapsed to samples and "
    "right answers, of which pass@k is a function; the 128 problems that the checkpoints share (three rows of "
    "two more problems left out); problems never solved at a checkpoint put together; sizes without embeddings added from the models' shapes",
    "columns": {
        "n_params": {
            "unit": "parameters",
            "about": "label size of the model (14M ... 12B), not its exact count",
            "min": 1e7,
            "max": 1.3e10,
        },
        "n_params_nonembedding": {
            "unit": "parameters",
            "about": "parameters without embeddings",
            "min": 1e6,
            "max": 1.2e10,
        },
        "n_tokens": {"unit": "tokens", "about": "training tokens at the checkpoint", "min": 1e6, "max": 3e11},
        "problem": {
            "unit": "index",
            "about": "the problem in GSM8K; -1 for problems of which no answer was right",
            "min": -1,
            "max": 10000,
        },
        "problems": {
            "unit": "problems",
            "about": "how many problems the row stands for: 1 if it names one, else all of the checkpoint with these samples",
            "min": 1,
            "max": 128,
        },
        "n_samples": {
            "unit": "answers",
            "about": "answers sampled of each problem; more where few or none were right",
            "min": 100,
            "max": 4e6,
        },
        "n_correct": {"unit": "answers", "about": "of these, right ones", "min": 0, "max": 2000},
    },
}
UPSTREAM = [
    Upstream(
        "data/raw_data/large_language_monkeys/gsm8k_pass_at_k.parquet",
        "a6d02cf2177bd2925fcaeb6d6d132a32d8faaaf03dc69d3652a9350dd548490b",
        "large-language-monkeys/pythia_counts_gsm8k_math.csv",
        public=False,
    )
]
NAMES = {
    "params": "n_params",
    "params_nonemb": "n_params_nonembedding",
    "tokens": "n_tokens",
    "problem_idx": "problem",
    "num_samples": "n_samples",
    "num_correct": "n_correct",
}


def convert(counts):
    """One row a checkpoint and solved problem, and one for all unsolved ones with equally many samples."""
    table = pd.read_csv(counts).query("benchmark == 'gsm8k'").rename(columns=NAMES)
    checkpoints = table.groupby("problem").size()
    # Two of the 130 problems were given to one or two checkpoints only.
    table = table[table.problem.map(checkpoints) > 2]
    # Which problems were not solved follows from those that were: a row for all with equally many samples.
    keys = [name for name in SOURCE["columns"] if name != "problems"]
    named = table.assign(problem=table.problem.where(table.n_correct > 0, -1))
    return named.groupby(keys).size().rename("problems").reset_index()[list(SOURCE["columns"])]
