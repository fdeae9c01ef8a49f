"""The sixty scores that the authors predict from a line, and what was measured where there was something."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

MODELS = converter("openclip_models")

SOURCE = MODELS.SOURCE | {
    "title": "Sixty predicted scores as printed: six architectures, five lengths of training, two tasks",
    "how_obtained": "outputs of cells 6 and 7 of the repository's figures.ipynb, copied; image-text pairs as in the code of "
    "cell 6, operations as in arch_info.csv",
    "columns": {
        "task": {"unit": "name", "about": "imagenet or coco, as in the table of models"},
        "model": {"unit": "name", "about": "architecture of the image tower: size / pixels a patch"},
        "length": {"unit": "name", "about": "image-text pairs seen, rounded"},
        "n_samples": {
            "unit": "image-text pairs",
            "about": "pairs seen that the authors reckon with",
            "min": 1e9,
            "max": 1e11,
        },
        "gmacs_per_sample": {
            "unit": "1e9 multiply-adds per pair",
            "about": "one forward pass of both towers",
            "min": 7,
            "max": 600,
        },
        "predicted": {
            "unit": "per cent",
            "about": "accuracy or recall at 5 on the authors' line",
            "min": 50,
            "max": 90,
        },
        "measured": {
            "unit": "per cent",
            "about": "the best model of this architecture and length; empty where none had been trained",
            "min": 50,
            "max": 90,
            "missing": True,
        },
    },
}
UPSTREAM = [
    Upstream(
        "figures.ipynb (outputs of cells 6 and 7)",
        "a40af6a158c65a9e703ac1194a5878d4788eab7672497a69d223898fd3434986",
        "openclip-scaling/paper_predictions.csv",
        public=False,
    ),
    Upstream(
        "arch_info.csv",
        "44189a6d88685eb70a632fcf0db20e9944e7277d58c0a2d343ee9d9d6d5bcc08",
        "openclip-scaling/arch_info.csv",
    ),
]
#: Pairs seen, from pairs an epoch and epochs, as cell 6 has them.
N_SAMPLES = {
    "1B": 10**9,
    "3B": 80_000_415 * 32,
    "13B": 407_332_084 * 32,
    "34B": 407_332_084 * 84,
    "68B": 407_332_084 * 168,
}


def convert(printed, architectures):
    """One row a prediction, in the order of the authors' output."""
    raw = pd.read_csv(printed)
    raw[["model", "length"]] = raw.label.str.extract(r"^(\S+) \((\w+)\)$")
    gmacs = pd.read_csv(architectures).assign(model=lambda t: MODELS.short(t.model)).set_index("model").gmacs
    table = raw.rename(columns={"pred_acc%": "predicted", "actual_acc%": "measured"}).assign(
        task=raw.target.map({"imagenet1k": "imagenet", "mscoco_captions": "coco"}),
        n_samples=raw.length.map(N_SAMPLES),
        gmacs_per_sample=raw.model.map(gmacs),
    )
    return table[list(SOURCE["columns"])]
