"""The released EfficientNets and ResNet-RS: accuracy, cost and speed at each image size that was measured."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

NETWORKS = converter("timm_convnets")
COLUMNS = NETWORKS.SOURCE["columns"]
RATES = ["gpu_rate", "gpu_first_rate", "cpu_rate"]
SOURCE = NETWORKS.SOURCE | {
    "title": "Accuracy, cost and speed of EfficientNet and ResNet-RS",
    "how_obtained": "the repository's ImageNet results joined to its benchmarks by model and image size; of EfficientNet the weights "
    "that were trained with AutoAugment on ImageNet alone, of ResNet-RS those of its authors",
    "columns": {
        "family": {"unit": "name", "about": "EfficientNet or ResNet-RS"},
        "model": {"unit": "name", "about": "B0 to B7, or the depth"},
        "image_size": COLUMNS["image_size"],
        "top1": {
            "unit": "%",
            "about": "top-1 accuracy on ImageNet's validation images",
            "min": 70,
            "max": 90,
        },
        "gmacs": COLUMNS["gmacs"],
        "macts": COLUMNS["macts"],
        **{name: COLUMNS[name] for name in RATES},
        "train_rate": NETWORKS.RATE
        | {
            "about": "training on an RTX 3090, mixed precision, channels last; empty where not measured at this size",
            "missing": True,
        },
        "train_batch": {
            "unit": "images",
            "about": "batch of that measurement",
            "min": 1,
            "max": 1024,
            "missing": True,
        },
    },
}
UPSTREAM = [
    *NETWORKS.UPSTREAM,
    Upstream(
        "results/results-imagenet.csv",
        "30972bf7c7ab451bbd4480ec6116b13d0a84441c57bbc946896fd312264acfcd",
        "timm-results/results-imagenet.csv",
    ),
    Upstream(
        "results/benchmark-train-amp-nhwc-pt112-cu113-rtx3090.csv",
        "da9ac868a21c2f093981954a5064b080af5d04993610836ccd9609d8b3ff84ba",
        "timm-results/benchmark-train-amp-nhwc-pt112-cu113-rtx3090.csv",
    ),
]
WEIGHTS = r"(tf_efficientnet_b[0-7]\.aa_in1k|resnetrs\d+\.tf_in1k)"
TRAINING = {
    "train_img_size": "image_size",
    "train_samples_per_sec": "train_rate",
    "train_batch_size": "train_batch",
}


def convert(gpu, first, cpu, results, training):
    """One row a network and image size, ordered by family and size of the network."""
    accuracy = pd.read_csv(results, thousands=",").rename(columns={"img_size": "image_size"})
    accuracy = accuracy[accuracy.model.str.fullmatch(WEIGHTS)]
    accuracy = accuracy.assign(model=accuracy.model.str.split(".").str[0])[["model", "image_size", "top1"]]
    trained = pd.read_csv(training).rename(columns=TRAINING)[["model", *TRAINING.values()]]
    keys = ["model", "image_size"]
    table = accuracy.merge(NETWORKS.joined(gpu, first, cpu), on=keys, validate="one_to_one")
    table = table.merge(trained, on=keys, how="left", validate="one_to_one")
    table["family"] = table.family.replace({"efficientnet": "EfficientNet", "resnetrs": "ResNet-RS"})
    table["model"] = table.model.str.replace("tf_efficientnet_b", "B").str.removeprefix("resnetrs")
    return table[list(SOURCE["columns"])].sort_values(["family", "gmacs"])
