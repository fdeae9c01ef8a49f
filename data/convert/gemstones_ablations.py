"""Validation losses of 20 of the Gemstones in two ablations: half the learning rate, and cooled down."""

import pandas as pd

from scalinglaws.tables import Upstream

#: Tokens in the vocabulary: the size of the embedding, and of the untied head, is this times the width.
VOCABULARY = 50_304

SOURCE = {
    "title": "Gemstones, ablations: validation loss of 20 models at half the learning rate, and cooled down",
    "paper": "McLeish et al. (2025), Gemstones: A Model Suite for Multi-Faceted Scaling Laws",
    "arxiv": "2502.06857",
    "repository": "mcleish7/gemstone-scaling-laws",
    "commit": "5f420478f6057b0cbb4d13405fb10ca64675bccb",
    "licence": "MIT",
    "how_obtained": "all rows of the two tables that Approach 1 is fitted to; every_10b marks the rows that "
    "Approach 3 is fitted to: every 10 billion tokens, and every row of the cooled-down runs; times per step and "
    "node counts left out",
    "columns": {
        "variant": {
            "unit": "name",
            "about": "half rate: the learning rate of the main runs, halved; cooldown: checkpoints of earlier main "
            "runs annealed to zero over another 10 % of their tokens",
        },
        "width": {"unit": "units", "about": "width of the residual stream", "min": 256, "max": 3072},
        "depth": {"unit": "blocks", "about": "transformer blocks", "min": 3, "max": 80},
        "n_params": {
            "unit": "parameters",
            "about": "all trainable parameters: blocks, embedding and the untied head",
            "min": 4.8e7,
            "max": 2.1e9,
        },
        "n_params_non_embedding": {
            "unit": "parameters",
            "about": "n_params less the embedding, 50,304 x width; the head, as large again, is still in",
            "min": 3.5e7,
            "max": 1.9e9,
        },
        "n_tokens": {"unit": "tokens", "about": "training tokens seen", "min": 2e9, "max": 1.1e11},
        "loss": {
            "unit": "nats per token",
            "about": "validation loss on held-out text of the training distribution (Dolma 1.7)",
            "min": 2.4,
            "max": 4.8,
        },
        "every_10b": {
            "unit": "0 or 1",
            "about": "1 where Approach 3 is fitted: every 10 billion tokens (cooldown: every row)",
            "min": 0,
            "max": 1,
        },
    },
}

FILES = {
    "lr_ablation_hot_477": "10f606c27a52b31a8c97a8fe50ff265fdea795869b9a35804a7b1cad2fa233c2",
    "lr_ablation_hot": "acb4468e5fcba4f01bdf9584ccbaa513e9cece68f8daf46e452a867f355483ac",
    "cool_end": "bdf01b6b21bafc414218124a6f9e195cee07f3d69ceacbfae2fcf069d34f4e61",
}
UPSTREAM = [
    Upstream(
        path=f"wandb_dfs/wandb_df_for_fitting_{name}.jsonl",
        sha256=digest,
        mirror=f"gemstones/wandb_df_for_fitting_{name}.jsonl",
    )
    for name, digest in FILES.items()
]


def convert(half, half_10b, cooldown) -> pd.DataFrame:
    """The rows of both ablations, marked where Approach 3 is fitted, model by model."""
    parts = []
    for variant, fine, coarse in (("half rate", half, half_10b), ("cooldown", cooldown, cooldown)):
        rows, marked = pd.read_json(fine, lines=True), pd.read_json(coarse, lines=True)
        point = ["run_name", "step"]
        shared = pd.MultiIndex.from_frame(rows[point]).isin(pd.MultiIndex.from_frame(marked[point]))
        if shared.sum() != len(marked):
            raise ValueError(f"{variant}: rows of the coarse table are missing from the fine one")
        table = pd.DataFrame(
            {
                "variant": variant,
                "width": rows["width"],
                "depth": rows["depth"],
                "n_params": rows["params_active_precise"],
                "n_params_non_embedding": rows["params_active_precise"] - VOCABULARY * rows["width"],
                "n_tokens": rows["tokens"],
                "loss": rows["final_loss"],
                "every_10b": shared.astype(int),
            }
        )
        parts.append(table.sort_values(["n_params", "n_tokens"]))
    return pd.concat(parts)
