"""32 CLIP models, trained on LAION's or OpenAI's image-text pairs, and their scores without any examples."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SCORE = {"unit": "share", "min": 0, "max": 1}
SOURCE = {
    "title": "Zero-shot scores of 29 OpenCLIP and 3 CLIP models on ImageNet, its shifted versions and retrieval",
    "paper": "Cherti et al. (2023), Reproducible scaling laws for contrastive language-image learning",
    "arxiv": "2212.07143",
    "repository": "LAION-AI/scaling-laws-openclip",
    "commit": "652b1e7471f7ccf372277f67cb680de5c9fa139d",
    "licence": "none stated",
    "how_obtained": "the repository's table of all scores, four of its 41 tasks, one row a model; names of columns and of "
    "architectures ours",
    "columns": {
        "model": {"unit": "name", "about": "architecture of the image tower: size / pixels a patch"},
        "train_set": {
            "unit": "name",
            "about": "image-text pairs it was trained on; WIT are OpenAI's 400 million",
        },
        "n_samples": {
            "unit": "image-text pairs",
            "about": "pairs seen in training, repeats counted",
            "min": 2e9,
            "max": 4e10,
        },
        "length": {"unit": "name", "about": "the same, rounded, as the authors name it"},
        "gmacs_per_sample": {
            "unit": "1e9 multiply-adds per pair",
            "about": "one forward pass of both towers",
            "min": 7,
            "max": 300,
        },
        "imagenet": SCORE | {"about": "top-1 accuracy on ImageNet"},
        "robustness": SCORE
        | {"about": "top-1 accuracy, mean over the shifted versions of ImageNet, as released"},
        "coco": SCORE | {"about": "recall at 5, images found for captions of MS-COCO"},
        "flickr": SCORE | {"about": "recall at 5, images found for captions of Flickr30K"},
        "coco_text": SCORE | {"about": "recall at 5, captions found for images of MS-COCO"},
        "flickr_text": SCORE | {"about": "recall at 5, captions found for images of Flickr30K"},
    },
}
UPSTREAM = [
    Upstream(
        "zeroshot_results.csv",
        "a04786cfcde5d47436c8ddbca0f0bdbb39cc584c0d0776b4f99145ae430a6568",
        "openclip-scaling/zeroshot_results.csv",
    ),
]
#: Our column -> the task and the measure upstream.
SCORES = {
    "imagenet": ("imagenet1k", "acc1"),
    "robustness": ("imagenet_robustness", "acc1"),
    "coco": ("mscoco_captions", "image_retrieval_recall@5"),
    "flickr": ("flickr30k", "image_retrieval_recall@5"),
    "coco_text": ("mscoco_captions", "text_retrieval_recall@5"),
    "flickr_text": ("flickr30k", "text_retrieval_recall@5"),
}
KEYS = ["arch", "upstream_dataset", "samples_seen"]


def short(arch):
    """ViT-B-32 -> B/32, as the paper's figures have it."""
    return arch.str.removeprefix("ViT-").str.replace("-", "/")


def convert(results):
    """One row a model, ordered by its data, its size and the pairs that it saw."""
    raw = pd.read_csv(results)
    keyed = {task: part.set_index(KEYS) for task, part in raw.groupby("downstream_dataset")}
    scores = pd.DataFrame({name: keyed[task][measure] for name, (task, measure) in SCORES.items()})
    about = keyed["imagenet1k"][["samples_seen_pretty", "gmacs"]]
    table = scores.join(about, validate="one_to_one").reset_index()
    table["model"] = short(table.arch)
    table["samples_seen"] = table.samples_seen.round().astype("int64")
    table["train_set"] = table.upstream_dataset.replace("CLIP-WIT", "WIT")
    ours = {"samples_seen": "n_samples", "samples_seen_pretty": "length", "gmacs": "gmacs_per_sample"}
    table = table.rename(columns=ours)[list(SOURCE["columns"])]
    return table.sort_values(["train_set", "gmacs_per_sample", "n_samples"])
