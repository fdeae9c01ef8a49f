"""Loss and neural collapse of 230 small language models: 30 shapes in seven states, and 20 seeds of one."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream


def one(about: str, low: float, high: float) -> dict:
    """A column without a unit: what it is, and between which bounds it must lie."""
    return {"unit": "1", "about": about, "min": low, "max": high}


SOURCE = {
    "title": "Validation loss and measures of neural collapse of GPT-Neo models trained on TinyStories",
    "paper": "Wu & Papyan (2024), Linguistic Collapse: Neural Collapse in (Large) Language Models",
    "arxiv": "2405.17767",
    "repository": "rhubarbwu/linguistic-collapse",
    "commit": "9e250206e47ef07a999d3e90f034d4dd07ee58d4",
    "licence": "none stated (the figures only, with attribution)",
    "how_obtained": "the authors' tables of October and May 2024, one row an evaluated model; shape, training and seed "
    "taken out of its name; the batch is what batch-train.sh gives to its shape",
    "columns": {
        "depth": {"unit": "layers", "about": "transformer blocks", "min": 1, "max": 12},
        "width": {"unit": "1", "about": "dimension of the features", "min": 64, "max": 1024},
        "epochs": {
            "unit": "epochs",
            "about": "length of the run, to which the schedule is fitted",
            "min": 1,
            "max": 10,
        },
        "done": {
            "unit": "epochs",
            "about": "after which the model was evaluated: 6 of 10 is a checkpoint of a run that is here at 10, too",
            "min": 1,
            "max": 10,
        },
        "decay": {"unit": "1", "about": "weight decay", "min": 5e-4, "max": 0.1},
        "seed": {"unit": "number", "about": "of a repetition; -1 in the grid", "min": -1, "max": 19},
        "batch": {
            "unit": "sequences",
            "about": "of an update, on one GPU, from batch-train.sh",
            "min": 4,
            "max": 16,
        },
        "n_params": {
            "unit": "parameters",
            "about": "all, the shared embedding counted once",
            "min": 3e6,
            "max": 2.1e8,
        },
        "val_loss": {"unit": "nats per token", "about": "on the validation set", "min": 1, "max": 4},
        "cdnv": one("variance within two classes over their squared distance, mean over pairs (NC1)", 0, 1),
        "norms_mean": one("mean of the norms of the class means, from their common mean", 0, 100),
        "norms_var": one("variance of the norms of the class means", 0, 1000),
        "norms_log_mean": one("mean of the logarithms of these norms", 0, 10),
        "norms_log_var": one("variance of the logarithms of these norms", 0, 1),
        "etf_error": one(
            "distance of the matrix of all products of class means from that of a simplex of equal angles (NC2)",
            1.3,
            1.5,
        ),
        "log_kern_mean": one("logarithmic kernel of pairs of class means, mean", -1, 0),
        "log_kern_var": one("the same, variance (GNC2)", 0, 1),
        "log_dist_std": one("the same, standard deviation, as measured in May", 0, 1),
        "may_norms_mean": one("mean of the squared norms of the class means, as measured in May", 0, 10000),
        "may_norms_std": one("standard deviation of these squared norms", 0, 10000),
        "may_cos_mean": one("cosine of two class means, mean over pairs, as measured in May", -0.1, 0.1),
        "may_cos_std": one("standard deviation of these cosines", 0, 1),
        "dists_mean": one(
            "distance of a class mean and the classifier's row for it, both of length 1, mean over classes (NC3)",
            0,
            2,
        ),
        "dual_error": one(
            "distance of the matrix of all products of classifier and class means, as a whole, from that of a simplex",
            0,
            2,
        ),
        "simcos_mean": one(
            "cosine of a class mean and the classifier's row for it, mean over classes", -1, 1
        ),
        "simcos_var": one("the same, variance (UNC3)", 0, 1),
        "hits": {
            "unit": "tokens",
            "about": "of 4,714,191 of the validation set: where the class mean nearest to the feature is that of the "
            "token which the model predicts (NC4)",
            "min": 0,
            "max": 4714191,
        },
    },
}
UPSTREAM = [
    Upstream(
        "artifacts/lc-2024_10_24.csv",
        "8496ad8ab0816948e2d28b1951f7adcd6d5cdca91874ba8fffda1e28ad90511e",
        "linguistic-collapse/lc-2024_10_24.csv",
    ),
    Upstream(
        "artifacts/lc-2024_05_18.csv",
        "a8a43624be87fb380dee400b438dbfc1aef922f57ce319b7a2b70696fe30387f",
        "linguistic-collapse/lc-2024_05_18.csv",
    ),
]
#: Width from which on a depth has half the batch of the widths below it, and its largest batch.
BATCH = {1: (16, None), 2: (16, 1024), 4: (8, None), 8: (8, 512), 12: (4, None)}
DECAY = {"d": 5e-4, "L": 0.1}


def batch(depth: int, width: int) -> int:
    """Sequences of an update of a shape, as batch-train.sh has them."""
    largest, halved_from = BATCH[depth]
    return largest // 2 if halved_from and width >= halved_from else largest


def convert(october, may):
    """One row an evaluated model, ordered by shape, training and seed."""
    names = {"norms": "may_norms", "interfere": "may_cos"}
    kept = {f"{old}_{of}": f"{new}_{of}" for old, new in names.items() for of in ("mean", "std")}
    earlier = pd.read_csv(may).rename(columns=kept)[["model", "log_dist_std", *kept.values()]]
    table = pd.read_csv(october).merge(earlier, on="model", validate="one_to_one")
    parts = table.model.str.extract(
        r"^(?P<depth>\d+)x(?P<width>\d+)_(?P<epochs>\d+)(?P<kind>[dL])(?P<seed>\d*)@(?P<done>\d+)$"
    )
    for name in ("depth", "width", "epochs"):
        table[name] = parts[name].astype(int)
    table["done"] = parts.done.astype(int) + 1
    table["seed"] = parts.seed.replace("", "-1").astype(int)
    table["decay"] = parts.kind.map(DECAY)
    table["batch"] = [batch(*shape) for shape in zip(table.depth, table.width, strict=True)]
    return table[list(SOURCE["columns"])].sort_values(
        ["depth", "width", "epochs", "done", "decay", "seed"], ignore_index=True
    )
