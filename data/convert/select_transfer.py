"""SELECT's transfer tasks: pictures of the test sets, and how many of them each model has right."""

import re
from pathlib import Path

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Six training sets of SELECT on ten transfer tasks: pictures tested and right",
    "paper": "Feuer, Xu, Cohen et al. (2024), SELECT: A Large-Scale Benchmark of Data Curation Strategies for Image Classification",
    "arxiv": "2410.05057",
    "repository": "jimmyxu123/SELECT",
    "commit": "8777e5666aa924b1fb2e820ca4d9ad09ba7107c7",
    "licence": "MIT",
    "how_obtained": "six of seven files of vtab/results, without lfwpeople, where every model has 0; the size of each test set "
    "is the least that makes every accuracy a whole number of pictures",
    "columns": {
        "train_set": {
            "unit": "name",
            "about": "in1000: ImageNet-1K; oi1000: OpenImages; la1000: LAION by pictures; laionnet: LAION by captions; sd1000: "
            "Stable Diffusion from pictures; sd1000t2i: from texts",
        },
        "task": {"unit": "name", "about": "data set of the transfer task"},
        "n_test": {"unit": "pictures", "about": "size of its test set", "min": 1000, "max": 2e5},
        "n_correct": {
            "unit": "pictures",
            "about": "right after a thousand steps of fine-tuning",
            "min": 0,
            "max": 2e5,
        },
    },
}
SETS = {
    "in1000.pth.tar": "in1000",
    "oi1000.pth.tar": "oi1000",
    "la1000.pth.tar": "la1000",
    "laionnet.pth.tar": "laionnet",
    "sd1000-i2i.tar": "sd1000",
    "sd1000-t2i.tar": "sd1000t2i",
}
HASHES = [
    "871d2ecf1c0abf958e47a7e0abbd0be7a66fa25d851d80a7ed426760e804e76c",
    "5c0162da426e3fe6ab5c62f8215892f15570bfc003caee4d39430725e40934e2",
    "088e3be89a27b4b06b2d3b9de4f7dec95138e39380fbb93feabbb6f20ca9d33d",
    "c3aa8e958274af6239414c9df5df8e97b01b759fdaba270c4e54d55457b310d7",
    "808c10393ed6310e451aa789c8ffdf50044e2452866046f45791a0c8b4a68c0c",
    "51d8e6c85059c901bd6a68d91447f8589eb09b12fc65927ecee3e8350afd54b2",
]
UPSTREAM = [
    Upstream(f"vtab/results/{name}.txt", digest, f"select/vtab-{name}.txt")
    for name, digest in zip(SETS, HASHES, strict=True)
]
#: Pictures in the test set of each task.
N_TEST = {
    "caltech256": 6037,
    "svhn": 26032,
    "dtd": 1880,
    "eurosat": 5400,
    "flowers102": 6149,
    "country211": 21100,
    "fgvcaircraft": 3333,
    "gtsrb": 12630,
    "renderedsst2": 1821,
    "sun397": 21751,
}


def counted(accuracy, n_test):
    """Right answers, which must be a whole number."""
    hits = accuracy * n_test
    if abs(hits - round(hits)) > 1e-6:
        raise ValueError(f"{accuracy} of {n_test} pictures is no whole number of them")
    return round(hits)


def convert(*paths):
    """One row a training set and task."""
    rows = []
    for name, path in zip(SETS.values(), paths, strict=True):
        found = dict(re.findall(r"(\w+) Accuracy: ([0-9.]+)", Path(path).read_text()))
        rows += [[name, task, n, counted(float(found[task]), n)] for task, n in N_TEST.items()]
    return pd.DataFrame(rows, columns=list(SOURCE["columns"]))
