"""DataComp's released models, task by task, from OpenCLIP's list of results."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Scores of DataComp's 25 released models on 38 tasks: seven filters at three scales, four at the largest",
    "paper": "Ilharco et al. (2021), OpenCLIP",
    "arxiv": "",
    "repository": "mlfoundations/open_clip",
    "commit": "89fb801f1e6087880e951fc8354b8a2077b79c6d",
    "licence": "MIT",
    "how_obtained": "25 of the list's 121 rows, a row for each task here; test sets, classes and metrics typed from Table 15 of "
    "arXiv:2304.14108",
    "columns": {
        "scale": {"unit": "name", "about": "small, medium, large or xlarge"},
        "filter": {
            "unit": "name",
            "about": "none, basic, text, image, laion (B/32 from 0.28 and English), clip (L/14, best 30 %), intersection (image "
            "and clip)",
        },
        "task": {"unit": "name", "about": "data set, as the list names it"},
        "kind": {
            "unit": "name",
            "about": "shares: right answers counted over the whole test set; other: by class or group, or retrieval",
        },
        "n_test": {"unit": "pictures", "about": "size of the test set", "min": 500, "max": 2e5},
        "n_classes": {
            "unit": "classes",
            "about": "among which the model chooses; empty for retrieval",
            "min": 2,
            "max": 1000,
            "missing": True,
        },
        "clean": {
            "unit": "0 or 1",
            "about": "0: one of the five that the paper sets apart as near guessing",
            "min": 0,
            "max": 1,
        },
        "score": {"unit": "share", "about": "the task's own metric", "min": 0, "max": 1},
    },
}
UPSTREAM = [
    Upstream(
        "docs/openclip_results.csv",
        "6b3f9313e2e24691b31ab69b534b2553165be1a975dd149ee9b4a7facb384d21",
        "open-clip-results/openclip_results.csv",
    ),
]
SCALES = {"s": "small", "m": "medium", "l": "large", "xl": "xlarge"}
#: Test set, classes; a star where right answers are not counted alike, a minus where the paper sets the task apart.
TASKS = """
Caltech-101 6085 102 *
CIFAR-10 10000 10
CIFAR-100 10000 100
CLEVR Counts 15000 8 -
CLEVR Distance 15000 6 -
Country211 21100 211
Describable Textures 1880 47
EuroSAT 5400 10
FGVC Aircraft 3333 100 *
Food-101 25250 101
GTSRB 12630 43
ImageNet 1k 50000 1000
ImageNet Sketch 50889 1000
ImageNet v2 10000 1000
ImageNet-A 7500 200
ImageNet-O 2000 200
ImageNet-R 30000 200
KITTI Vehicle Distance 711 4 -
MNIST 10000 10
ObjectNet 18574 113
Oxford Flowers-102 6149 102 *
Oxford-IIIT Pet 3669 37 *
Pascal VOC 2007 14976 20
PatchCamelyon 32768 2 -
Rendered SST2 1821 2
RESISC45 6300 45
Stanford Cars 8041 196
STL-10 8000 10
SUN397 108754 397
SVHN 26032 10
iWildCam 42791 182 *
Camelyon17 85054 2 -
FMoW 22108 62 *
Dollar Street 3503 58 *
GeoDE 12488 40 *
Flickr 31014 0 *
MSCOCO 5000 0 *
WinoGAViL 3563 0 *
"""


def task(line):
    """Name, kind, size of the test set, classes and whether it is clean, from one line of the list above."""
    last = line.split()[-1]
    mark = last if last in "*-" else ""
    name, n_test, n_classes = line.removesuffix(mark).rsplit(maxsplit=2)
    kind = "other" if mark == "*" else "shares"
    return name, kind, int(n_test), float(n_classes) or None, int(mark != "-")


def convert(path):
    """One row a model and task; models by scale and filter in the order of the list."""
    raw = pd.read_csv(path)
    found = raw.pretrained.str.extract(
        r"^(?:(?P<pool>commonpool|datacomp)_(?P<scale>s|m|l|xl)(?:_(?P<filter>[a-z]+))?)_s(?:13m_b4k|128m_b4k|1b_b8k|13b_b90k)$"
    )
    # The full set of the largest scale also trained smaller models, which are no part of the comparison.
    chosen = found.pool.notna() & ~((found.scale == "xl") & (raw.name != "ViT-L-14"))
    names = found["filter"].fillna("none").mask(found.pool == "datacomp", "intersection")
    rows = [
        [SCALES[found.scale[i]], names[i], *described, raw.loc[i, described[0]]]
        for i in raw.index[chosen]
        for described in map(task, TASKS.strip().splitlines())
    ]
    return pd.DataFrame(rows, columns=list(SOURCE["columns"]))
