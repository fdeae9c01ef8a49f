"""Four scores a run and exam, from bits per byte to accuracy, of the runs of the OLMo ladder."""

import numpy as np
import pandas as pd

from scalinglaws.tables.schema import number_column
from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Thirty language models of five sizes, scored in four ways in twenty multiple-choice exams",
    "paper": "Bhagia et al. (2024), Establishing Task Scaling Laws via Compute-Efficient Model Ladders",
    "arxiv": "2412.04403",
    "repository": "allenai/OLMo-ladder",
    "commit": "67a3f440f787d020da35e3ca8eeae475fae754f5",
    "licence": "Apache-2.0",
    "how_obtained": "the last checkpoint of each run up to 3B; the exams in which the options are completed, not "
    "named by a letter, after five examples; one row a run and exam. Parameters are the names' sizes, for 1B and 3B "
    "as the ladder counts them (without embedding)",
    "columns": {
        "run": {"unit": "name", "about": "size and length of training, as multiple of Chinchilla's (xC)"},
        "exam": {"unit": "name", "about": "benchmark and the part of its questions: validation or test"},
        "n_params": number_column("parameters", "without the embedding", 1e8, 4e9),
        "n_tokens": number_column("tokens", "seen in training", 1e9, 1e12),
        "flops": number_column(
            "FLOP", "of training as the ladder's logs count it, embedding included", 1e18, 1e23
        ),
        "n_questions": number_column(
            "questions",
            "of the exam: the fewest for which all thirty accuracies are whole numbers of right answers",
            50,
            20_000,
        ),
        "bits_per_byte": number_column(
            "bits per byte", "negative log2 likelihood of the right option, by its length in bytes", 0.3, 4
        ),
        "soft_log": number_column(
            "nats", "mean log of the probability of the right option among the options", -3, 0
        ),
        "soft": number_column("share", "mean probability of the right option among the options", 0, 1),
        "accuracy": number_column(
            "share",
            "questions on which the right option is the likeliest, likelihoods by length (BoolQ: as they are)",
            0,
            1,
        ),
    },
}
UPSTREAM = [
    Upstream(
        # The scripts' tables of the runs, put together, one row a run.
        path="src/scripts/paper/data/ladder-runs",
        sha256="d2c91e7a8e6f5a8d8222f3ac178522b89a8f2fe322a54181d09e8054ae86f308",
        mirror="olmo-ladder/olmo_ladder_final_checkpoints.csv",
        public=False,
    ),
]
N_PARAMS = {"190M": 190e6, "370M": 370e6, "760M": 760e6, "1B": 1.3e9, "3B": 3.2e9}


def questions(shares: np.ndarray) -> int:
    """Fewest questions for which shares of right answers, printed to six decimals, are whole numbers."""
    counts = np.arange(50, 20_001)[:, None]
    off = abs(counts * shares - np.round(counts * shares)) / counts
    return int(counts[(off < 6e-7).all(axis=1)][0, 0])


def convert(path) -> pd.DataFrame:
    """One row a run and exam instead of one a run."""
    raw = pd.read_csv(path)
    ending = "_rc_5shot_bpb"
    exams = [c.split("/")[-1].removesuffix(ending) for c in raw if c.endswith(ending)]
    parts = []
    for exam in exams:
        (accuracy,) = [c for c in raw if c.startswith(f"eval/downstream/{exam}_rc_5shot_")]
        parts.append(
            pd.DataFrame(
                {
                    "run": raw.run,
                    "exam": exam,
                    "n_params": raw.run.str.split("-").str[0].map(N_PARAMS),
                    "n_tokens": raw["throughput/total_tokens"],
                    "flops": 1e9 * raw["throughput/total_training_Gflops"],
                    "n_questions": questions(raw[accuracy].to_numpy()),
                    "bits_per_byte": raw[f"eval/downstream_bpb/{exam}_rc_5shot_bpb"],
                    "soft_log": raw[f"eval/downstream_soft_log/{exam}_rc_5shot_soft_log"],
                    "soft": raw[f"eval/downstream_soft/{exam}_rc_5shot_soft"],
                    "accuracy": raw[accuracy],
                }
            )
        )
    return pd.concat(parts).sort_values(["exam", "n_params", "n_tokens", "run"])
