"""Single runs of CLIP and MaMMUT on DataComp-1.4B: ImageNet, and segmentation on ADE20K."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "1,431 runs of CLIP and MaMMUT: accuracy on ImageNet and mean intersection over union on ADE20K",
    "paper": "Nezhurina et al. (2025), Scaling Laws for Robust Comparison of Open Foundation Language-Vision Models and "
    "Datasets",
    "arxiv": "2506.04598",
    "repository": "LAION-AI/scaling-laws-for-comparison",
    "commit": "5343917d5712c1ebdcae8d0105f16036fc894795",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "the repository's table of segmentation, all its runs, six of 50 columns; compute is samples times "
    "compute per sample; scores rounded to five decimals",
    "columns": {
        "family": {"unit": "name", "about": "clip or mammut"},
        "model": {
            "unit": "name",
            "about": "architecture of the image tower: size / pixels a patch; CLIP's B/16 is the one with the larger "
            "text tower, as MaMMUT's is",
        },
        "n_samples": {
            "unit": "image-text pairs",
            "about": "pairs of DataComp-1.4B seen in training, repeats counted",
            "min": 1e6,
            "max": 4e9,
        },
        "gflops_per_sample": {
            "unit": "GFLOPs per pair",
            "about": "as the authors' profile has it",
            "min": 3,
            "max": 500,
        },
        "imagenet": {"unit": "share", "about": "zero-shot top-1 accuracy on ImageNet", "min": 0, "max": 1},
        "ade20k": {
            "unit": "share",
            "about": "mean intersection over union of a segmentation head on ADE20K",
            "min": 0,
            "max": 1,
        },
    },
}
UPSTREAM = [
    Upstream(
        "scaling_laws/data/segmentation_results.parquet",
        "d040471c6e48e4edd2561263d4e51794f57864fe9ca677df24d41daea80d723b",
        "clip-mammut-comparison/segmentation_results_reduced.csv",
        public=False,
    ),
]


def convert(path):
    """One row a run, ordered by family, architecture and samples."""
    raw = pd.read_csv(path)
    raw = raw.rename(
        columns={"namespace": "family", "samples_seen": "n_samples", "model_gflops": "gflops_per_sample"}
    )
    short = raw.model.str.removeprefix("mammut_").str.removeprefix("ViT-").str.removesuffix("-text-plus")
    table = raw.assign(
        model=short.str.replace("-", "/", n=1), imagenet=raw.acc1.round(5), ade20k=raw.miou.round(5)
    )
    table = table[list(SOURCE["columns"])]
    return table.sort_values([*SOURCE["columns"]])
