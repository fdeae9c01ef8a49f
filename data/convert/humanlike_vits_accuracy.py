"""Accuracy on ImageNet of 78 vision transformers that saw human-like video: six architectures, five amounts, three subsets."""

import pandas as pd

from scalinglaws.tables.schema import number_column
from scalinglaws.tables.upstream import Upstream


def percent(about: str) -> dict:
    """A column of accuracies on the validation set of ImageNet."""
    return number_column("%", f"accuracy on the validation set of ImageNet: {about}", 0, 100)


SOURCE = {
    "title": "Accuracy on ImageNet of 78 masked autoencoders of human-like video, fine-tuned with 2 % of ImageNet",
    "paper": "Orhan (2023), Scaling may be all you need for achieving human-level object recognition capacity with "
    "human-like visual experience",
    "arxiv": "2308.03712",
    "repository": "eminorhan/humanlike-vits",
    "commit": "7a66e95201720c9a6b7509cac27e4c1b321050bf",
    "licence": "MIT",
    "how_obtained": "the 78 logs of fine-tuning, put together as one table; of each run the best and the last epoch, and "
    "the best of the first eight",
    "columns": {
        "arch": {"unit": "name", "about": "architecture: S, B, L or H, all with patches of 14 pixels"},
        "n_params": number_column(
            "parameters", "of the fine-tuned network, head and positions counted", 2e7, 7e8
        ),
        "pixels": number_column("pixels", "side of a picture", 224, 476),
        "share": number_column("1", "of the 5,000 hours of video", 1e-4, 1),
        "subset": number_column(
            "number",
            "which drawing of that share; there is one of the whole",
            1,
            3,
        ),
        "epochs": number_column("epochs", "of fine-tuning", 8, 50),
        "top1": percent("top-1, best epoch"),
        "top5": percent("top-5, best epoch"),
        "top1_last": percent("top-1, last epoch"),
        "top5_last": percent("top-5, last epoch"),
        "top5_early": percent("top-5, best of the first eight epochs"),
    },
}
UPSTREAM = [
    Upstream(
        # 78 files of JSON lines, one a run, put together.
        path="logs/finetuning_logs",
        sha256="1639bf37bdbb74fec41b183a0ce2016ff96f84273786fa72ca8098c14bcc43c7",
        mirror="humanlike-vits/finetuning_logs.csv",
        public=False,
    ),
]
EARLY = 8


def convert(path) -> pd.DataFrame:
    """One row a run, by size, pixels, share and subset."""
    raw = pd.read_csv(path).sort_values(["arch", "data_frac", "seed", "epoch"])
    keys = ["arch", "data_frac", "seed"]
    table = raw.groupby(keys).agg(
        n_params=("n_parameters", "first"),
        epochs=("epoch", "size"),
        top1=("test_acc1", "max"),
        top5=("test_acc5", "max"),
        top1_last=("test_acc1", "last"),
        top5_last=("test_acc5", "last"),
    )
    table["top5_early"] = raw[raw.epoch < EARLY].groupby(keys).test_acc5.max()
    table = table.reset_index().rename(columns={"data_frac": "share", "seed": "subset"})
    name = table.arch.str.extract(r"^vit(?P<arch>[sblh])14(?:@(?P<pixels>\d+))?$")
    table = table.assign(arch=name.arch.str.upper(), pixels=name.pixels.fillna("224").astype(int))
    return table[list(SOURCE["columns"])].sort_values(
        ["n_params", "pixels", "share", "subset"], ignore_index=True
    )
