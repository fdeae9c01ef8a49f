"""Accuracy on few-shot tests of actions, by what a masked autoencoder of videos had seen before."""

import pandas as pd

from scalinglaws.tables.schema import number_column
from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Accuracy of ViT-H/14 on four few-shot tests of actions, after pretraining on the videos of one child",
    "paper": "Orhan et al. (2024), Self-supervised learning of video representations from a child's perspective",
    "arxiv": "2402.00300",
    "repository": "eminorhan/mae_st",
    "commit": "ad89b29c30ed7de5ed463154032ca5a38e3a1460",
    "licence": "CC BY-NC 4.0 (the figures that the notebook needs, with attribution)",
    "how_obtained": "28 logs of models_finetuned/old, put together as one table; of each run the best and the last epoch",
    "columns": {
        "pretraining": {
            "unit": "name",
            "about": "none; child: videos of child S; images: single frames of them; kinetics: 200 hours of Kinetics-700",
        },
        "share": number_column("1", "of the videos of the child; 0 without them", 0, 1),
        "test": {"unit": "name", "about": "SSv2 or Kinetics"},
        "shots": number_column("examples", "labelled, a class", 10, 50),
        "epochs": number_column("epochs", "of fine-tuning", 5, 50),
        "top1": number_column("%", "accuracy, best epoch", 0, 100),
        "top1_last": number_column("%", "accuracy, last epoch", 0, 100),
        "top5": number_column("%", "the right class among five, best epoch", 0, 100),
    },
}
UPSTREAM = [
    Upstream(
        # Files of JSON lines, one a run, put together.
        path="models_finetuned",
        sha256="7c172595dc2824f568f662c5398b6edf4214120a95a351a5d704258794ff4cc3",
        mirror="child-video-mae/finetune_logs.csv",
        public=False,
    ),
]
#: Names of the pretrained models: what they saw, and how much of the child.
MODELS = {
    "random": ("none", 0.0),
    "s_0.001": ("child", 0.001),
    "s_0.01": ("child", 0.01),
    "s_0.1": ("child", 0.1),
    "s_250ep": ("child", 1.0),
    "img": ("images", 1.0),
    "kinetics-200h_221ep": ("kinetics", 0.0),
}
TESTS = {"ssv2": "SSv2", "kinetics": "Kinetics"}


def convert(path) -> pd.DataFrame:
    """One row a pretraining, test and number of examples."""
    raw = pd.read_csv(path)
    parts = raw.task.str.extract(r"^(?P<test>ssv2|kinetics)-(?P<shots>\d+)shot$")
    chosen = (raw.gen == "old") & raw.pretrain.isin(list(MODELS)) & parts.test.notna()
    raw = raw[chosen].assign(test=parts.test.map(TESTS), shots=parts.shots).sort_values("epoch")
    table = raw.groupby(["pretrain", "test", "shots"], as_index=False).agg(
        epochs=("epoch", "size"),
        top1=("test_acc1", "max"),
        top1_last=("test_acc1", "last"),
        top5=("test_acc5", "max"),
    )
    table["pretraining"] = table.pretrain.map(lambda name: MODELS[name][0])
    table["share"] = table.pretrain.map(lambda name: MODELS[name][1])
    table["shots"] = table.shots.astype(int)
    return table[list(SOURCE["columns"])].sort_values(
        ["pretraining", "share", "test", "shots"], ignore_index=True
    )
