"""Dice of STU-Net of three sizes, pre-trained and from scratch, and of nnU-Net, on 238 targets in ten groups."""

import ast
import json

import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from scalinglaws.tables import upstream
from scalinglaws.tables.upstream import Upstream

DICE = {"unit": "Dice", "min": 0, "max": 1}
SOURCE = {
    "title": "Dice of STU-Net of three sizes, pre-trained on full-body CT and from scratch, on 238 targets",
    "paper": "Ye et al. (2024), SegBook: A Simple Baseline and Cookbook for Volumetric Medical Image Segmentation",
    "arxiv": "2411.14525",
    "repository": "uni-medical/SegBook",
    "commit": "5deb650642fdad26acb7cbd31667447831cd6e45",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "the authors' results by target, groups in English, less three targets of the head that have no figures there; the "
    "block of lesions, which is ours",
    "columns": {
        "group": {"unit": "name", "about": "the authors' group; a target may stand in two"},
        "target": {"unit": "name", "about": "organ, bone, vessel or lesion"},
        "block": {
            "unit": "name",
            "about": "in the group Disease: lesions that share a family of data sets, directly or through others, have one "
            "number; elsewhere the group; ours",
        },
        "nnunet": DICE
        | {
            "about": "nnU-Net, from scratch; mean over the data sets that have the target, as the authors give it"
        },
        "base": DICE | {"about": "STU-Net of 58 million parameters, from scratch"},
        "large": DICE | {"about": "STU-Net of 440 million parameters, from scratch"},
        "huge": DICE | {"about": "STU-Net of 1.46 billion parameters, from scratch"},
        "base_ft": DICE | {"about": "the base model, pre-trained on full-body CT and fine-tuned"},
        "large_ft": DICE | {"about": "the large model, pre-trained and fine-tuned"},
        "huge_ft": DICE | {"about": "the huge model, pre-trained and fine-tuned"},
    },
}
UPSTREAM = [
    Upstream(
        "static/data/result_segbook/segbook_results.json",
        "cfbea7eb740243d91d95eea237a3ca9b2f093f2f39a8851779f3ea14c0cbbda2",
        "segbook/segbook_results.json",
    ),
    Upstream(
        "static/data/STU_Benchmark_Information.csv",
        "f78178a79228f9419a92de3a8c1061617828dc5bdf7ea323af0af18e85ca5d6f",
        "segbook/STU_Benchmark_Information.csv",
    ),
]
GROUPS = {
    "胸部结构": "Thorax",
    "腹部结构": "Abdomen",
    "头颈结构": "Head and neck",
    "盆腔结构": "Pelvis",
    "肢体结构": "Spine",  # the name of the authors' own leaderboard; it holds hips and the heads of the femur, too
    "其他结构": "Necrosis",
}


def blocks(lesions: list[str], raw: pd.DataFrame, family: pd.Series) -> list[str]:
    """A number for each lesion, the same where a chain of shared families of data sets joins two."""
    english, chinese = (
        [[*ast.literal_eval(it).values()] for it in raw[f"Category-{tongue}"]] for tongue in ("EN", "CN")
    )
    names = [
        {(en.strip(), cn.strip()) for en, cn in zip(*both, strict=True)}
        for both in zip(english, chinese, strict=True)
    ]
    codes = family.astype("category").cat.codes.to_numpy()
    pairs = [tuple(part.strip() for part in lesion.split("--")) for lesion in lesions]
    edges = [
        (row, len(pairs) + codes[k])
        for row, pair in enumerate(pairs)
        for k, held in enumerate(names)
        if pair in held
    ]
    rows, columns = zip(*edges, strict=True)
    size = len(pairs) + codes.max() + 1
    label = connected_components(coo_array(([1] * len(edges), (rows, columns)), (size, size)))[1]
    return [f"block {k + 1}" for k in pd.factorize(label[: len(pairs)])[0]]


def convert(results, sets):
    """One row a group and target, in the authors' order."""
    by_group = json.loads(results.read_text("utf-8"))
    raw = pd.read_csv(sets)
    family = upstream.converter("segbook_sets").convert(sets, results).family
    block = dict(zip(by_group["Disease"], blocks([*by_group["Disease"]], raw, family), strict=True))
    table = [
        {
            "group": GROUPS.get(group, group),
            "target": name.split("--")[0].strip(),
            "block": block[name] if group == "Disease" else GROUPS.get(group, group),
        }
        | dice
        for group, of in by_group.items()
        for name, dice in of.items()
    ]
    return pd.DataFrame(table)[list(SOURCE["columns"])].dropna()
