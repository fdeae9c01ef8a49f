"""The 36 significance tests that the authors of the Pythia results printed."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Printed t-values and adjusted p-values of the regressions of accuracy on size and tokens",
    "paper": "Michaelov & Bergen (2023), Emergent Inabilities? Inverse Scaling Over the Course of Pretraining",
    "arxiv": "2305.14681",
    "repository": "jmichaelov/emergent-inabilities",
    "commit": "eb36a6c85b852601f283c4a045221b44373fb987",
    "licence": "MIT",
    "how_obtained": "cells such as 't(60)=-4.22, p<0.001' split into numbers, one row a test",
    "columns": {
        "task": {"unit": "name", "about": "task"},
        "effect": {"unit": "name", "about": "parameters, tokens or their product (interaction)"},
        "t": {
            "unit": "1",
            "about": "Student's t with 60 degrees of freedom, printed to 2 decimals",
            "min": -30,
            "max": 30,
        },
        "p": {
            "unit": "probability",
            "about": "adjusted p-value, printed to 3 decimals; where '<0.001' is printed, 0.001",
            "min": 0.001,
            "max": 1,
        },
        "below": {
            "unit": "0 or 1",
            "about": "1 where the p-value is printed as '<0.001'",
            "min": 0,
            "max": 1,
        },
    },
}
UPSTREAM = [
    Upstream(
        "statistical_analysis/statistical_tests.tsv",
        "f6ccc6483eee17b30cb1f78be15d46ab3163852be2ae2764a5b800da3f67f007",
        "inverse-scaling-pythia/statistical_tests.tsv",
    ),
]


def convert(tests):
    """One row for each printed test."""
    raw = pd.read_csv(tests, sep="\t").melt("task_name", var_name="effect", value_name="cell")
    parts = raw["cell"].str.extract(r"t\(60\)=(?P<t>-?[\d.]+), p(?P<relation>[<=])(?P<p>[\d.]+)")
    table = pd.DataFrame(
        {
            "task": raw["task_name"],
            "effect": raw["effect"].str.lower(),
            "t": parts["t"].astype(float),
            "p": parts["p"].astype(float),
            "below": (parts["relation"] == "<").astype(int),
        }
    )
    return table.sort_values(["task", "effect"])
