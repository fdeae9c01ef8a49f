"""Steps that language models of five sizes need to a target loss, at nine batch sizes each."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Steps to a target loss of language models of five sizes at nine batch sizes",
    "paper": "Zhang et al. (2024), How Does Critical Batch Size Scale in Pre-training?",
    "arxiv": "2410.21676",
    "repository": "hlzhang109/critical-batch-size",
    "commit": "c5b509d8cf276bb40388172a08f9d6f644cf44dc",
    "licence": "MIT",
    "how_obtained": "all 45 best runs that the notebook's cell 1 prints, and the step counts that its cell 5 fits, "
    "which differ in six; one row a model and batch size; names of runs are left out",
    "columns": {
        "n_params": {
            "unit": "parameters",
            "about": "as the notebook counts them, rounded to millions; trained to about 20 tokens a parameter",
            "min": 8e7,
            "max": 1.3e9,
        },
        "target_loss": {
            "unit": "nats per token",
            "about": "on the validation part of C4; each model has a target of its own",
            "min": 2.5,
            "max": 3.6,
        },
        "batch_size": {
            "unit": "sequences",
            "about": "sequences of 512 tokens in an update",
            "min": 64,
            "max": 16384,
        },
        "steps": {
            "unit": "updates",
            "about": "first evaluation below the target, least over the runs that were tried, as logged",
            "min": 1e3,
            "max": 1e6,
        },
        "steps_fitted": {
            "unit": "updates",
            "about": "the same in the list that the notebook fits, where six were altered by hand",
            "min": 1e3,
            "max": 1e6,
        },
    },
}

UPSTREAM = [
    Upstream(
        # The printed lines of cell 1 and the list of cell 5, written out as a table.
        path="plots/chinchilla.ipynb",
        sha256="3eab8cb94f76a9ff292a4bcd7802f6c3cc64df0aa312481872a9f1be635441c2",
        mirror="critical-batch-size/steps_to_target_runs.csv",
        public=False,
    ),
]

NAMES = {
    "batch_size_seqs_of_512": "batch_size",
    "steps_wandb_min": "steps",
    "steps_used_in_fit": "steps_fitted",
}


def convert(path) -> pd.DataFrame:
    """The five columns under the field's names, parameters counted in ones."""
    raw = pd.read_csv(path).rename(columns=NAMES)
    table = raw.assign(n_params=raw.n_params_m * 1_000_000)
    return table[list(SOURCE["columns"])]
