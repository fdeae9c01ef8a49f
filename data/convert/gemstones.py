"""Validation losses of 22 models of diverse shape over training."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

#: Tokens in the vocabulary: the size of the embedding, and of the untied head, is this times the width.
VOCABULARY = 50_304

SOURCE = {
    "title": "Gemstones: validation loss of 22 transformers of diverse width and depth over training",
    "paper": "McLeish et al. (2025), Gemstones: A Model Suite for Multi-Faceted Scaling Laws",
    "arxiv": "2502.06857",
    "repository": "mcleish7/gemstone-scaling-laws",
    "commit": "5f420478f6057b0cbb4d13405fb10ca64675bccb",
    "licence": "MIT",
    "how_obtained": "all rows of the main runs, every 2 billion tokens; every_10b marks the rows that are also "
    "in the table of every 10 billion; the tables up to 100 and beyond 120 billion tokens are subsets of these; "
    "times per step and node counts left out",
    "columns": {
        "variant": {
            "unit": "name",
            "about": "constant: constant learning rate; gemstones_ablations has the other variants",
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
        "n_tokens": {"unit": "tokens", "about": "training tokens seen", "min": 2e9, "max": 3.51e11},
        "loss": {
            "unit": "nats per token",
            "about": "validation loss on held-out text of the training distribution (Dolma 1.7)",
            "min": 2.4,
            "max": 4.6,
        },
        "every_10b": {
            "unit": "0 or 1",
            "about": "1 every 10 billion tokens, where Approach 3 is fitted",
            "min": 0,
            "max": 1,
        },
    },
}

FILES = {
    "hot_100b+_477": "c7a56e023c2cee6be296defc284126778c62387023a6e0c01e57599999591f5d",
    "hot_100b+": "1da97ce3d1394e0223826c8f5ca081cb0fb289ec65d2707fb5430721e92e9659",
}


def upstream(files: dict[str, str]) -> list[Upstream]:
    """The files of the authors' folder of tables, by the parts of their names that differ."""
    names = {name: f"wandb_df_for_fitting_{name}.jsonl" for name in files}
    return [Upstream(f"wandb_dfs/{names[k]}", digest, f"gemstones/{names[k]}") for k, digest in files.items()]


UPSTREAM = upstream(FILES)


def checkpoints(variant: str, fine, coarse) -> pd.DataFrame:
    """The rows of the fine table, marked where the coarse one has them too, model by model."""
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
    return table.sort_values(["n_params", "n_tokens"])


def convert(fine, coarse) -> pd.DataFrame:
    """The main runs, every 2 billion tokens and every 10 billion."""
    return checkpoints("constant", fine, coarse)
