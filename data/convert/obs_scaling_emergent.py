"""Five scores on tasks that are called emergent, of open base models with known training compute."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SHARE = {"unit": "share", "min": 0, "max": 1}
SOURCE = {
    "title": "Word unscrambling, phonetic transliteration and addition by 73 open base models of known compute",
    "paper": "Ruan, Maddison & Hashimoto (2024), Observational Scaling Laws and the Predictability of Language Model Performance",
    "arxiv": "2405.10938",
    "repository": "ryoungj/ObsScaling",
    "commit": "4d6e1e43fd2635d04654aa77d1df9d5266ea0382",
    "licence": "Apache-2.0",
    "how_obtained": "the authors' table of emergent capabilities, two examples shown, joined with family and compute of "
    "their table of benchmarks; rows with compute, five of eight scores; values unchanged",
    "columns": {
        "model": {"unit": "name", "about": "hub name of the model"},
        "family": {"unit": "name", "about": "model family, as the authors group them"},
        "flops": {
            "unit": "FLOP",
            "about": "pretraining compute, 6 x parameters x tokens",
            "min": 1e20,
            "max": 1e26,
        },
        "unscramble": SHARE | {"about": "words unscrambled, exact match, of 2,000"},
        "ipa_exact": SHARE
        | {"about": "sentences transliterated from phonetic script, exact match", "missing": True},
        "ipa_bleu": {
            "unit": "BLEU points",
            "about": "BLEU of the same outputs",
            "min": 0,
            "max": 100,
            "missing": True,
        },
        "add_2": SHARE | {"about": "sums of two numbers below 100, exact match, of 2,000", "missing": True},
        "add_3": SHARE | {"about": "sums of two numbers below 1,000, exact match, of 2,000", "missing": True},
    },
}
UPSTREAM = [
    Upstream(
        "eval_results/base_llm_emergent_capability_eval.csv",
        "a156beee73c39b7833c3c53535c473939105512d85e90b0143be7325e516ef7c",
        "obs-scaling/base_llm_emergent_capability_eval.csv",
    ),
    Upstream(
        "eval_results/base_llm_benchmark_eval.csv",
        "511996815735a4c46251dc585dcc525e370d148201f86561e6f927f9df2d0db8",
        "obs-scaling/base_llm_benchmark_eval.csv",
    ),
]
NAMES = {
    "Model": "model",
    "Model Family": "family",
    "word_unscrambling_2_exact_match": "unscramble",
    "ipa_transliterate_2_exact_match": "ipa_exact",
    "ipa_transliterate_2_bleu": "ipa_bleu",
    "arithmetic_2da_2_acc": "add_2",
    "arithmetic_3da_2_acc": "add_3",
}


def convert(scores, results) -> pd.DataFrame:
    """One row a model, ordered by compute."""
    about = pd.read_csv(results)[["Model", "Model Family", "FLOPs (1E21)"]]
    raw = pd.read_csv(scores).merge(about, on="Model", validate="one_to_one")
    raw["flops"] = raw["FLOPs (1E21)"] * 1e21
    table = raw[raw.flops.notna()].rename(columns=NAMES)[list(SOURCE["columns"])]
    return table.sort_values(["flops", "model"])
