"""Dice of STU-Net of three sizes, pre-trained and from scratch, and of nnU-Net, on 87 data sets."""

import ast
import json

import pandas as pd

from scalinglaws.tables.upstream import Upstream

DICE = {"unit": "Dice", "min": 0, "max": 1}
SOURCE = {
    "title": "Dice of STU-Net of three sizes, pre-trained on full-body CT and from scratch, on 87 data sets",
    "paper": "Ye et al. (2024), SegBook: A Simple Baseline and Cookbook for Volumetric Medical Image Segmentation",
    "arxiv": "2411.14525",
    "repository": "uni-medical/SegBook",
    "commit": "5deb650642fdad26acb7cbd31667447831cd6e45",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "the authors' table, one row a data set; the kind of its targets from the authors' group Disease; the family "
    "of data sets, which is our reading of their names and of what is known of their images",
    "columns": {
        "dataset": {"unit": "name", "about": "the authors' task number and name"},
        "family": {
            "unit": "name",
            "about": "data sets that share images or are of one series of challenges have one name; ours",
        },
        "organiser": {
            "unit": "name",
            "about": "the same, with all tasks of the Medical Segmentation Decathlon and what shares images with one of them "
            "as one; ours",
        },
        "modality": {
            "unit": "name",
            "about": "CT, MRI (all of its channels are), or other: ultrasound, or PET with CT",
        },
        "targets": {"unit": "name", "about": "lesions, structures, or both, by the authors' group Disease"},
        "n_train": {
            "unit": "cases",
            "about": "volumes that were trained or fine-tuned on",
            "min": 1,
            "max": 2000,
        },
        "n_test": {"unit": "cases", "about": "volumes that Dice was measured on", "min": 1, "max": 500},
        "nnunet": DICE | {"about": "nnU-Net, trained from scratch; mean over the targets of the data set"},
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
        "static/data/STU_Benchmark_Information.csv",
        "f78178a79228f9419a92de3a8c1061617828dc5bdf7ea323af0af18e85ca5d6f",
        "segbook/STU_Benchmark_Information.csv",
    ),
    Upstream(
        "static/data/result_segbook/segbook_results.json",
        "cfbea7eb740243d91d95eea237a3ca9b2f093f2f39a8851779f3ea14c0cbbda2",
        "segbook/segbook_results.json",
    ),
]
#: Families of more than one data set, by the authors' names without their task numbers. AbdomenCT-1K holds LiTS, KiTS and
#: the decathlon's spleen and pancreas; CTPelvic1K its colon and KiTS; CTSpine1K its liver; the decathlon's liver is
#: LiTS, and its brain tumours are BraTS; LUNA16 is a part of LIDC.
FAMILIES = {
    "abdominal CT": "Liver LITS AbdomenCT1K FLARE22 KiTS2021 KiTS23 Pancreas Spleen Colon CTPelvic1k CTSpine1K_Full",
    "BraTS": "BrainTumour BraTS21 BraTs2015 BraTS2023_MET BraTS2023_SSA BraTS2023_PED BraTS2023_MEN BraTS2023_GLI",
    "LIDC": "DICOM_LIDC_IDRI_Nodules LUNA16",
    "BTCV": "BTCV BTCV_Cervix",
    "AMOS": "AMOS_CT AMOS_MR AMOS_Task2",
    "LAScarQS": "LAScarQS22_task1 LAScarQS22_task2",
    "autoPET": "autoPET autoPET_PET_only autoPET_CT_only",
    "StructSeg": "StructSeg2019_subtask1 StructSeg2019_subtask2 StructSeg2019_subtask3 StructSeg2019_subtask4",
    "SegRap": "SegRap2023 SegRap2023_Task2",
    "ISPY1": "ISPY1-Tumor-SEG-Radiomics ISPY1",
    "PROSTATEx": "PROSTATEx-Seg-HiRes PROSTATEx-Seg-Zones",
}
DECATHLON = ("abdominal CT", "BraTS", "Heart", "Hippocampus", "Prostate", "Lung", "HepaticVessel")


def kind(categories: str, lesions: set[str]) -> str:
    """Whether the targets of a data set are lesions, structures or both."""
    names = {name.strip() for name in ast.literal_eval(categories).values()} - {"background"}
    return "lesions" if names <= lesions else "both" if names & lesions else "structures"


def convert(sets, targets):
    """One row a data set, in the authors' order."""
    raw = pd.read_csv(sets)
    raw.columns = raw.columns.str.removeprefix("Dice ")
    lesions = {name.split("--")[0].strip() for name in json.loads(targets.read_text("utf-8"))["Disease"]}
    of = {name: family for family, names in FAMILIES.items() for name in names.split()}
    short = raw.Dataset.str.replace(r"^Task\d+_", "", regex=True)
    raw["family"] = short.map(of).fillna(short)
    raw["organiser"] = raw.family.where(~raw.family.isin(DECATHLON), "decathlon")
    channels = raw.Modality.str.split(",").map(set)
    raw["modality"] = [
        "CT" if it == {"CT"} else "MRI" if all(c.endswith("MRI") for c in it) else "other" for it in channels
    ]
    raw["targets"] = [kind(it, lesions) for it in raw["Category-EN"]]
    raw = raw.rename(columns={"Dataset": "dataset", "Train cases": "n_train", "Test cases": "n_test"})
    return raw[list(SOURCE["columns"])]
