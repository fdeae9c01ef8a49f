"""The best CLIP and MaMMUT of each architecture and number of samples, on ImageNet and MS-COCO."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SCORE = {"unit": "share", "min": 0, "max": 1}
SOURCE = {
    "title": "Best zero-shot scores of CLIP and MaMMUT by architecture, number of samples, set of pairs and schedule",
    "paper": "Nezhurina et al. (2025), Scaling Laws for Robust Comparison of Open Foundation Language-Vision Models and "
    "Datasets",
    "arxiv": "2506.04598",
    "repository": "LAION-AI/scaling-laws-for-comparison",
    "commit": "5343917d5712c1ebdcae8d0105f16036fc894795",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "the tables that the repository's notebook displays, two of its five tasks, the two families alone; the "
    "numbers of samples, which are labels such as 3M there, written out as the table of single runs has them",
    "columns": {
        "family": {"unit": "name", "about": "clip or mammut"},
        "model": {
            "unit": "name",
            "about": "architecture of the image tower: size / pixels a patch; with cosine, CLIP's B/16 is the one with the larger "
            "text tower, as MaMMUT's is; alt are other, smaller ones",
        },
        "train_set": {"unit": "name", "about": "DataComp-1.4B or Re-LAION-1.4B"},
        "schedule": {"unit": "name", "about": "learning rate: cosine, or constant"},
        "n_samples": {
            "unit": "image-text pairs",
            "about": "pairs seen in training, repeats counted",
            "min": 1e6,
            "max": 4e9,
        },
        "gflops_per_sample": {
            "unit": "GFLOPs per pair",
            "about": "as the authors' profile has it",
            "min": 3,
            "max": 500,
        },
        "n_params": {"unit": "parameters", "about": "all of the model's", "min": 4e7, "max": 2e9},
        "n_params_text": {"unit": "parameters", "about": "of the text tower", "min": 2e7, "max": 6e8},
        "imagenet": SCORE
        | {"about": "top-1 accuracy on ImageNet, best over learning rates, batches and warm-ups"},
        "coco": SCORE | {"about": "recall at 5, images found for captions of MS-COCO, best over the same"},
    },
}
UPSTREAM = [
    Upstream(
        "overview.ipynb",
        "b428cc7377ef3ee0d2ee9dfb582dfeaaf81b3ce6d8201881eb7c42b2a31048f4",
        "clip-mammut-comparison/overview_tables_long.csv",
        public=False,
    ),
]
SETS = {"datacomp_1b": "DataComp-1.4B", "relaion2b-en": "Re-LAION-1.4B"}
SCHEDULES = {"cosine": "cosine", "const": "constant"}
TASKS = {("imagenet1k", "acc1"): "imagenet", ("mscoco_captions", "image_retrieval_recall@5"): "coco"}
#: Labels that are rounded -> samples, as the repository's table of single runs has them.
WRITTEN_OUT = {"3M": 3_072_000, "30M": 30_720_000, "300M": 307_200_000, "3B": 3_072_000_000}
KEYS = [
    "family",
    "model",
    "train_set",
    "schedule",
    "n_samples",
    "gflops_per_sample",
    "n_params",
    "n_params_text",
]


def convert(path):
    """One row a model, set of pairs, schedule and number of samples; the tasks are columns."""
    raw = pd.read_csv(path)
    raw["task"] = [TASKS.get(key) for key in zip(raw["eval"], raw.metric, strict=True)]
    raw = raw[raw.namespace.isin(["clip", "mammut"]) & raw.task.notna()]
    raw = raw.assign(
        family=raw.namespace,
        model=raw.model.str.removeprefix("ViT-").str.removesuffix("-text-plus").str.replace("-", "/", n=1),
        train_set=raw.pretrain_dataset.map(SETS),
        schedule=raw.lr_scheduler.map(SCHEDULES),
        n_samples=raw.samples_label.map(WRITTEN_OUT).fillna(raw.samples_seen_nominal).round().astype("int64"),
        n_params=(1e6 * raw.mparams).round().astype("int64"),
        n_params_text=(1e6 * raw.text_mparams).round().astype("int64"),
    )
    table = raw.pivot_table("value", KEYS, "task").reset_index().rename_axis(columns=None)
    return table[list(SOURCE["columns"])].sort_values(
        ["train_set", "schedule", "family", "gflops_per_sample", "n_samples"]
    )
