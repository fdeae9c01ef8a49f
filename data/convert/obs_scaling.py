"""Benchmark scores of open base models with their size, data and training compute."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream


def _score(benchmark, missing=False):
    column = {"unit": "share", "about": f"score on {benchmark}", "min": 0, "max": 1}
    return column | {"missing": True} if missing else column


SOURCE = {
    "title": "Six benchmarks of 123 open base models with known training compute",
    "paper": "Ruan, Maddison & Hashimoto (2024), Observational Scaling Laws and the Predictability of Language Model Performance",
    "arxiv": "2405.10938",
    "repository": "ryoungj/ObsScaling",
    "commit": "4d6e1e43fd2635d04654aa77d1df9d5266ea0382",
    "licence": "Apache-2.0",
    "how_obtained": "the rows with training compute; columns for six of the eight benchmarks; values unchanged "
    "(including one row whose token count is a thousand times too large: cerebras/btlm-3b-8k-base)",
    "columns": {
        "model": {"unit": "name", "about": "hub name of the model"},
        "family": {"unit": "name", "about": "model family, as the table groups them"},
        "n_params": {
            "unit": "parameters",
            "about": "model size (mixtures: as the table counts it)",
            "min": 5e7,
            "max": 5e11,
        },
        "n_tokens": {
            "unit": "tokens",
            "about": "pretraining tokens, as the table gives them",
            "min": 1e9,
            "max": 1e15,
        },
        "flops": {
            "unit": "FLOP",
            "about": "pretraining compute, 6 x parameters x tokens",
            "min": 1e18,
            "max": 1e26,
        },
        "truthfulqa": _score("TruthfulQA"),
        "mmlu": _score("MMLU"),
        "arc_c": _score("ARC-Challenge", missing=True),
        "hellaswag": _score("HellaSwag"),
        "winograd": _score("Winograd"),
        "gsm8k": _score("GSM8K"),
    },
}
UPSTREAM = [
    Upstream(
        "eval_results/base_llm_benchmark_eval.csv",
        "511996815735a4c46251dc585dcc525e370d148201f86561e6f927f9df2d0db8",
        "obs-scaling/base_llm_benchmark_eval.csv",
    ),
]


def convert(results):
    """Rows with compute, in base units, ordered by compute."""
    raw = pd.read_csv(results)
    table = pd.DataFrame(
        {
            "model": raw["Model"],
            "family": raw["Model Family"],
            "n_params": raw["Model Size (B)"] * 1e9,
            "n_tokens": raw["Pretraining Data Size (T)"] * 1e12,
            "flops": raw["FLOPs (1E21)"] * 1e21,
            "truthfulqa": raw["TruthfulQA"],
            "mmlu": raw["MMLU"],
            "arc_c": raw["ARC-C"],
            "hellaswag": raw["HellaSwag"],
            "winograd": raw["Winograd"],
            "gsm8k": raw["GSM8K"],
        }
    )
    return table[table["flops"].notna()].sort_values(["flops", "model"])
