"""Two lines of Approach 1 that McLeish et al. released: best size against compute."""

import json

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

MAIN = converter("gemstones")
#: Points of the line -> what tells its file apart, and the file's hash.
FILES = {
    "all": ("100b+", "3651b803ab6658d6cf4b6457972607a7b5d65d06ca3a7752d7e7d856cd73c848"),
    "120b": ("120b+_only", "538396860f1566afab36ac96469146bfce692afcf41203a379dbdc4f5b1102ab"),
}
SOURCE = MAIN.SOURCE | {
    "title": "Gemstones: two released lines of Approach 1, for all tokens and beyond 120 billion",
    "how_obtained": "intercept and slope of the two files whose lines are drawn here; the other choices left out",
    "columns": {
        "points": {"unit": "name", "about": "all: all tokens; 120b: beyond 120 billion tokens"},
        "height": {"unit": "log parameters", "about": "ln N at C = 1 FLOP", "min": -30, "max": 0},
        "slope": {"unit": "none", "about": "of ln N on ln C: the exponent a", "min": 0, "max": 1},
    },
}


def upstream(name: str, digest: str) -> Upstream:
    """A file of the authors' folder of lines."""
    path = f"parameters/approach_1_linear_regression_params_{name}.json"
    return Upstream(path, digest, f"gemstones/{path}")


UPSTREAM = [upstream(*file) for file in FILES.values()]


def convert(*paths) -> pd.DataFrame:
    """One row a file, by the name of its points."""
    lines = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    rows = [(points, line["intercept"], *line["coef"]) for points, line in zip(FILES, lines, strict=True)]
    return pd.DataFrame(rows, columns=[*SOURCE["columns"]])
