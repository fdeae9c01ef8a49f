"""SELECT's six training sets, class by class: pictures, and how well a model trained on the set knows the class."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

SELECT = converter("select_transfer")

SOURCE = SELECT.SOURCE | {
    "title": "Accuracy on ImageNet's 1000 classes of models trained on six sets, and the pictures of each class in the set",
    "how_obtained": "six files of analytical, joined by the number of the class; two of eleven columns. The rows of two "
    "classes (missile and sunglasses, which ImageNet has twice each by name) are repeated with other values; the first of each is kept",
    "columns": {
        "train_set": SELECT.SOURCE["columns"]["train_set"]
        | {
            "about": "in1000: ImageNet-1K; oi1000: OpenImages; la1000: LAION by pictures; la1000t2i: LAION by texts; sd1000: "
            "Stable Diffusion from pictures; sd1000t2i: from texts"
        },
        "class": {"unit": "number", "about": "of the class, as ImageNet counts them", "min": 0, "max": 999},
        "n_train": {"unit": "pictures", "about": "of this class in the training set", "min": 0, "max": 1e6},
        "accuracy": {
            "unit": "share",
            "about": "right among the 50 pictures of the class in ImageNet's validation set",
            "min": 0,
            "max": 1,
        },
    },
}
HASHES = {
    "in1000": "2ac210067c03c2397d55822ecbe2e3a0c01a70b3e73df2dcc2d7cacfe9a1045e",
    "oi1000": "d9719115c0fb3e3e1eaeec9e840ce7a64fe6f8f9f4c6124668859a5f98ff665f",
    "la1000": "3c8c90c7c4005b98e3a9aa252034b468c3aeac5478e42301b4d696e9bcd395c8",
    "la1000t2i": "0d5c632ba54fae159537d7c0fd25876753acddf6b05dee4491d8dfeb397b849e",
    "sd1000": "2c7297d077a7d35f4e3c547a7db137c7677995d5e857c14b03f9b7b2b22d7234",
    "sd1000t2i": "34123b99364e55bd4e9c1f07515f883d8dc93e4c1db792e8c4d086054fda797b",
}
UPSTREAM = [
    Upstream(f"analytical/{name}-stats-complete.csv", digest, f"select/{name}-stats-complete.csv")
    for name, digest in HASHES.items()
]


def convert(*paths):
    """One row a training set and class."""
    tables = []
    for name, path in zip(HASHES, paths, strict=True):
        raw = pd.read_csv(path).rename(columns=str.lower).drop_duplicates("index").sort_values("index")
        if list(raw["index"]) != list(range(1000)):
            raise ValueError(f"{name} has other classes than ImageNet's thousand")
        tables.append(
            pd.DataFrame(
                {
                    "train_set": name,
                    "class": raw["index"].to_numpy(),
                    "n_train": raw["class count"].to_numpy(),
                    "accuracy": raw["accuracy"].round(6).to_numpy(),
                }
            )
        )
    return pd.concat(tables)
