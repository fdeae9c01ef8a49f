"""Where the validation loss stands during training with one to 44 epochs, on two texts."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Validation loss during the training of 48 language models with one to 44 epochs on two texts",
    "paper": "Muennighoff et al. (2023), Scaling Data-Constrained Language Models",
    "arxiv": "2305.16264",
    "repository": "IBM/ColPret",
    "commit": "16f23bbe054277ddc4afd07a972dd7cfbe3f48c3",
    "licence": "MIT",
    "how_obtained": "aggregated_eval/datablations_losses.csv, a collection of the authors' logs by others (Choshen et al. "
    "2024); of each curve the last recorded loss in each fortieth of the training",
    "columns": {
        "size": {"unit": "name", "about": "parameters: 2.8B, 4.2B or 8.7B"},
        "text": {"unit": "name", "about": "c4 or oscar, for training and validation"},
        "epochs": {"unit": "epochs", "about": "how often each token is seen, rounded", "min": 1, "max": 44},
        "n_tokens": {"unit": "tokens", "about": "tokens trained on so far", "min": 1e8, "max": 2e11},
        "loss": {"unit": "nats per token", "about": "on held-out text", "min": 2.3, "max": 12},
    },
}

UPSTREAM = [
    Upstream(
        path="aggregated_eval/datablations_losses.csv",
        sha256="0d39b6a5ff921de378d460c6535881f969c2415dcfd851b79abea5bd7d3bb0fa",
        mirror="datablations/repetition_training_curves.csv",
        public=False,
    ),
]
CURVE = ["num_params", "data", "epochs"]


def convert(path):
    """The last loss in each fortieth of a curve, in the order of the tokens."""
    raw = pd.read_csv(path).sort_values([*CURVE, "token_num"], kind="stable")
    whole = raw.groupby(CURVE).token_num.transform("max")
    part = (40 * raw.token_num / whole).apply(lambda share: -int(-share // 1)).rename("part")
    last = raw.groupby([*CURVE, part], sort=False).tail(1)
    names = {"num_params": "size", "data": "text", "token_num": "n_tokens"}
    return last.rename(columns=names)[list(SOURCE["columns"])]
