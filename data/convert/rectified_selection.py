"""The printed scores of four rules for choosing a model to fine-tune."""

import re

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

LOSSES = converter("rectified_losses")

SOURCE = LOSSES.SOURCE | {
    "title": "Correlation and relative accuracy of four rules for choosing among 30 models, as printed",
    "how_obtained": "all 168 cells of the authors' LaTeX table, one row a cell, without its marks of the best",
    "columns": {
        "score": {"unit": "name", "about": "pearson (PearCorr) or relacc (RelAcc)"},
        "rule": {"unit": "name", "about": "AtS, SubTuning, ZeroShot or ModelSize"},
        "dataset": {"unit": "name", "about": "FLAN, WMT19 or Gigaword"},
        "n_max": {"unit": "examples", "about": "largest subset used", "min": 3200, "max": 204800},
        "printed": {"unit": "per cent", "about": "the score, printed to 1 decimal", "min": -100, "max": 100},
    },
}
UPSTREAM = [
    Upstream(
        "results/tab1.txt",
        "65e71d44d16d2dbe180014e0dd94c38e1d6009b315048eb407c1cdbaf133df51",
        "rectified-ft-law/tab1.txt",
    ),
]
SCORES = {"PearCorr": "pearson", "RelAcc": "relacc"}
LARGEST = 1_638_400


def convert(path):
    """The cells of the table, read line by line."""
    # Marks of the best and the second best: \textbf{90.9}, \underline{60.9}.
    text = re.sub(r"\\(?:textbf|underline)\{([^}]*)\}", r"\1", path.read_text(encoding="utf-8"))
    lines = [line.removesuffix("\\\\") for line in text.splitlines()]
    head, *rows = ([cell.strip() for cell in line.split("&")] for line in lines if "&" in line)
    found = []
    for name, *cells in rows:
        score, fraction = name.split("-")
        for column, cell in zip(head[1:], cells, strict=True):
            dataset, rule = column.split("-")
            dataset = dataset.replace("GIGAWORD", "Gigaword")
            n_max = LARGEST // int(fraction.removeprefix("1/"))
            found.append((SCORES[score], rule, dataset, n_max, float(cell)))
    return pd.DataFrame(found, columns=[*SOURCE["columns"]])
