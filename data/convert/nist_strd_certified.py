"""Starts and certified answers of the 27 nonlinear regression problems of NIST's StRD."""

import re

import pandas as pd

from scalinglaws.tables.upstream import converter

#: The same files, read for other lines.
OBSERVATIONS = converter("nist_strd")
SOURCE = OBSERVATIONS.SOURCE | {
    "title": "Starts and certified estimates of 27 nonlinear regression problems",
    "how_obtained": "the certified block of each problem's file, one row a parameter, all of its 11 digits; "
    "of the observations see nist_strd",
    "columns": {
        "problem": {"unit": "name", "about": "problem, as NIST calls it"},
        "parameter": {"unit": "name", "about": "parameter of its model"},
        "start1": {
            "unit": "as the problem has it",
            "about": "NIST's first start, far from the answer",
            "min": -2000,
            "max": 4e5,
        },
        "start2": {
            "unit": "as the problem has it",
            "about": "NIST's second start, nearer to the answer",
            "min": -1500,
            "max": 4000,
        },
        "value": {
            "unit": "as the problem has it",
            "about": "certified least-squares estimate",
            "min": -2600,
            "max": 6200,
        },
        "se": {
            "unit": "as the problem has it",
            "about": "its certified standard deviation",
            "min": 0,
            "max": 300,
        },
        "rss": {
            "unit": "square of the response",
            "about": "certified residual sum of squares of the problem, the same in each of its rows",
            "min": 0,
            "max": 9000,
        },
    },
}
UPSTREAM = OBSERVATIONS.UPSTREAM
PARAMETER = re.compile(r"\s*(b\d)\s*=\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s*$")


def convert(*paths):
    """The lines `b1 = start1 start2 value se` of every file, and its residual sum of squares."""
    rows = []
    for name, path in zip(OBSERVATIONS.FILES, paths, strict=True):
        text = path.read_text(encoding="ascii")
        rss = float(re.search(r"Residual Sum of Squares:\s+(\S+)", text)[1])
        found = filter(None, map(PARAMETER.match, text.splitlines()))
        rows += [(name, match[1], *map(float, match.groups()[1:]), rss) for match in found]
    return pd.DataFrame(rows, columns=list(SOURCE["columns"]))
