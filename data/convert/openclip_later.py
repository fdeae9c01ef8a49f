"""Scores from OpenCLIP's own list: models that came after the paper, more of OpenAI's, and some that are in both."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SCORE = {"unit": "share", "min": 0, "max": 1}
SOURCE = {
    "title": "Zero-shot scores of 15 CLIP models from OpenCLIP's list: later ones, more of OpenAI's, and ones of the paper",
    "paper": "Ilharco et al. (2021), OpenCLIP",
    "arxiv": "",
    "repository": "mlfoundations/open_clip",
    "commit": "89fb801f1e6087880e951fc8354b8a2077b79c6d",
    "licence": "MIT",
    "how_obtained": "two of the repository's lists of results joined by name and weights; 15 of 121 models; multiply-adds = "
    "half of the listed FLOPs; robustness = our mean of five listed scores; kinds are ours",
    "columns": {
        "model": {
            "unit": "name",
            "about": "architecture of the image tower: size / pixels a patch @ pixels a picture if not 224, or ResNet",
        },
        "weights": {"unit": "name", "about": "the weights, as the list names them"},
        "kind": {
            "unit": "name",
            "about": "later: trained after the paper; resnet: OpenAI's ResNets; tuned: OpenAI's L/14, trained one more "
            "epoch on larger pictures; both: also in the paper's table",
        },
        "train_set": {
            "unit": "name",
            "about": "image-text pairs it was trained on; WIT are OpenAI's 400 million",
        },
        "length": {"unit": "name", "about": "image-text pairs seen, rounded"},
        "gmacs_per_sample": {
            "unit": "1e9 multiply-adds per pair",
            "about": "one forward pass of both towers",
            "min": 7,
            "max": 600,
        },
        "imagenet": SCORE | {"about": "top-1 accuracy on ImageNet"},
        "robustness": SCORE
        | {
            "about": "top-1 accuracy, mean over ImageNet-A, -R, -Sketch, -v2 and ObjectNet, as the paper's is"
        },
        "coco": SCORE | {"about": "recall at 5, images found for captions of MS-COCO"},
        "flickr": SCORE | {"about": "recall at 5, images found for captions of Flickr30K"},
    },
}
UPSTREAM = [
    Upstream(
        "docs/openclip_results.csv",
        "6b3f9313e2e24691b31ab69b534b2553165be1a975dd149ee9b4a7facb384d21",
        "open-clip-results/openclip_results.csv",
    ),
    Upstream(
        "docs/openclip_retrieval_results.csv",
        "8510a387b20b1d0aba44143afeab737a5d0bdfbb8762bd6c5a24ca220bd3bbd1",
        "open-clip-results/openclip_retrieval_results.csv",
    ),
]
#: The shifted versions of ImageNet whose mean is the paper's robustness: to within 0.0006 for the models in both tables,
#: but for LAION's B/32, whose scores differ elsewhere, too.
SHIFTED = ["ImageNet-A", "ImageNet-R", "ImageNet Sketch", "ImageNet v2", "ObjectNet"]
#: Name and weights upstream -> model, kind, data and length.
CHOSEN = {
    ("ViT-g-14", "laion2b_s34b_b88k"): ("g/14", "later", "LAION-2B", "34B"),
    ("ViT-bigG-14", "laion2b_s39b_b160k"): ("G/14", "later", "LAION-2B", "39B"),
    **{
        (name, "openai"): (name, "resnet", "WIT", "13B")
        for name in ("RN50", "RN101", "RN50x4", "RN50x16", "RN50x64")
    },
    ("ViT-L-14-336", "openai"): ("L/14@336", "tuned", "WIT", "13B"),
    ("ViT-B-32", "laion2b_s34b_b79k"): ("B/32", "both", "LAION-2B", "34B"),
    ("ViT-B-16", "laion2b_s34b_b88k"): ("B/16", "both", "LAION-2B", "34B"),
    ("ViT-H-14", "laion2b_s32b_b79k"): ("H/14", "both", "LAION-2B", "34B"),
    ("ViT-g-14", "laion2b_s12b_b42k"): ("g/14", "both", "LAION-2B", "13B"),
    ("ViT-B-32", "openai"): ("B/32", "both", "WIT", "13B"),
    ("ViT-B-16", "openai"): ("B/16", "both", "WIT", "13B"),
    ("ViT-L-14", "openai"): ("L/14", "both", "WIT", "13B"),
}


def convert(results, retrieval):
    """One row a model, in the order of `CHOSEN`."""
    lists = [pd.read_csv(path).set_index(["name", "pretrained"]) for path in (results, retrieval)]
    scores, found = (listed.loc[list(CHOSEN)] for listed in lists)
    table = pd.DataFrame([*CHOSEN.values()], columns=["model", "kind", "train_set", "length"]).assign(
        weights=[weights for _, weights in CHOSEN],
        gmacs_per_sample=scores["FLOPs (B)"].to_numpy() / 2,
        imagenet=scores["ImageNet 1k"].to_numpy(),
        robustness=scores[SHIFTED].mean(axis=1).round(6).to_numpy(),
        coco=found["MSCOCO image retr. R@5"].to_numpy(),
        flickr=found["Flickr image retr. R@5"].to_numpy(),
    )
    return table[list(SOURCE["columns"])]
