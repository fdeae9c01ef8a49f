"""36 networks of pycls: exact cost, run time on a V100, and error by one recipe of training."""

import json

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Cost, run time on a V100 and ImageNet error of 36 convolutional networks",
    "paper": "baselines of Radosavovic et al. (2020), Designing Network Design Spaces, by the group of Dollár, Singh & Girshick (2021)",
    "arxiv": "2003.13678",
    "repository": "facebookresearch/pycls",
    "commit": "5719de641657c251f807c20a1fcf8ef6f4b60144",
    "licence": "MIT",
    "how_obtained": "times and errors as printed in MODEL_ZOO.md; the exact counts from the repository's file of expected "
    "complexities; the family is the name up to its last hyphen",
    "columns": {
        "model": {"unit": "name", "about": "as in the tables of MODEL_ZOO.md"},
        "family": {"unit": "name", "about": "RegNetX, RegNetY, ResNet, ResNeXt or EfficientNet"},
        "flops": {
            "unit": "multiply-adds per image",
            "about": "one forward pass; norms and activation functions count nothing",
            "min": 1e8,
            "max": 5e10,
        },
        "params": {"unit": "parameters", "about": "all of them", "min": 1e6, "max": 2e8},
        "acts": {
            "unit": "numbers per image",
            "about": "entries of the output tensors of all convolutions and the linear layer",
            "min": 1e6,
            "max": 2e8,
        },
        "train_batch": {"unit": "images", "about": "batch of training, over 8 GPUs", "min": 64, "max": 1024},
        "infer_ms": {
            "unit": "ms",
            "about": "time to infer 64 images on one V100, for every network alike",
            "min": 10,
            "max": 500,
        },
        "train_hours": {
            "unit": "h",
            "about": "training for 100 epochs on 8 V100, batches as they are",
            "min": 1,
            "max": 200,
        },
        "error": {
            "unit": "%",
            "about": "top-1 error on ImageNet's validation images, of the one of five trainings next to their mean",
            "min": 15,
            "max": 35,
        },
    },
}
UPSTREAM = [
    Upstream(
        "MODEL_ZOO.md",
        "5af6556c9eef030d85301a0026878b6ead7c94fbfb4ecac8d28758f9be596793",
        "pycls-fast-scaling/model_zoo_table.csv",
        public=False,
    ),
    Upstream(
        "dev/model_complexity.json",
        "fb78b14580c43fcba71b75491759dfcfc7b50e0b42b39f918f895b42af54049b",
        "pycls-fast-scaling/model_complexity.json",
    ),
]
#: Family -> how the name of its configuration begins and ends, where it differs from the printed one.
CONFIGURED = {"EfficientNet": ("EN-", ""), "ResNet": ("R-", "-1x64d"), "ResNeXt": ("X-", "-32x4d")}


def configured(model, family):
    """The name of a network's configuration file."""
    begins, ends = CONFIGURED.get(family, (f"{family}-", ""))
    folder = "effnet" if family == "EfficientNet" else family.lower()
    return f"configs/dds_baselines/{folder}/{begins}{model.rsplit('-', 1)[1]}{ends}_dds_8gpu.yaml"


def convert(zoo, complexities):
    """One row a network, in the order of the tables."""
    counted = json.loads(complexities.read_text())
    table = pd.read_csv(zoo).rename(
        columns={"infer_ms_64img": "infer_ms", "train_hr_100ep": "train_hours", "top1_err": "error"}
    )
    table["family"] = table.model.str.rsplit("-", n=1).str[0]
    counts = [counted[configured(*row)] for row in zip(table.model, table.family, strict=True)]
    return table.join(pd.DataFrame(counts))[list(SOURCE["columns"])]
