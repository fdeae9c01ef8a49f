"""The prediction errors that the paper prints in the cells of three figures and in one table."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

RUNS = converter("overtraining_runs")

SOURCE = RUNS.SOURCE | {
    "title": "300 prediction errors as printed: Figures 5, 11 and 12 and the single tasks of Table 7",
    "licence": "CC BY 4.0 (the preprint)",
    "how_obtained": "typed from the numbers in version 2 of the preprint (June 2024); no file upstream",
    "columns": {
        "where": {"unit": "name", "about": "figure or table"},
        "quantity": {
            "unit": "name",
            "about": "what is predicted: loss, error46, error17 or one task's error",
        },
        "fitted": {
            "unit": "name",
            "about": "runs that the last law was fitted to: five, or six with the 1.4B run",
        },
        "train_set": {"unit": "name", "about": "data set the models were trained on"},
        "n_params": {"unit": "parameters", "about": "size of the predicted run", "min": 1e7, "max": 7e9},
        "multiplier": {
            "unit": "tokens per parameter",
            "about": "of the predicted run",
            "min": 10,
            "max": 640,
        },
        "percent_off": {
            "unit": "per cent",
            "about": "absolute error of the prediction, relative to what was measured",
            "min": 0,
            "max": 100,
        },
    },
}
UPSTREAM: list[Upstream] = []
SIZES = [10569312, 78914048, 153677376, 411616256]
#: The longest run of 1.4 billion parameters, and whether the text sufficed for 0.411B at 640.
LONGEST = {"C4": (80, False), "RedPajama": (640, True), "RefinedWeb": (320, True)}
#: Row by row from 0.011B to 6.9B, each from the fewest tokens per parameter to the most.
FIGURES = {
    ("Figure 5", "loss", "five"): {
        "C4": "1.1 0.0 0.2 0.7 0.9 0.0 0.6 2.6 0.3 0.2 0.4 0.1 0.7 0.8 1.5 0.5 1.1 1.1 3.3 2.8 0.6 "
        "0.5 0.2 0.0 2.8 0.2 2.0 0.8 1.5 4.3",
        "RedPajama": "0.3 0.0 0.3 1.7 1.1 0.0 1.0 2.2 0.3 0.2 0.7 1.4 2.1 2.3 0.8 0.5 0.6 0.0 0.4 0.4 0.3 "
        "0.4 0.2 0.1 0.3 0.3 1.4 1.1 0.1 0.7 0.7",
        "RefinedWeb": "0.9 0.0 0.9 1.9 1.0 0.0 1.1 2.4 0.1 0.0 0.5 1.2 2.0 0.9 0.9 0.2 0.6 2.8 2.2 0.8 0.9 "
        "0.2 0.1 0.5 0.8 0.9 0.9 0.3 0.6 0.0 1.6",
    },
    ("Figure 11", "error46", "six"): {
        "C4": "0.3 0.2 0.6 0.9 0.2 0.3 1.3 1.2 0.4 1.0 0.1 0.3 0.3 0.0 0.2 0.7 0.5 1.2 1.7 1.0 0.4 "
        "0.6 0.2 0.0 1.6 0.0 0.4 0.3 3.1 0.1",
        "RedPajama": "0.1 0.4 1.1 1.3 0.2 0.6 0.4 0.1 0.0 0.3 0.8 1.0 0.6 1.3 0.2 0.2 0.0 0.6 0.9 0.9 0.3 "
        "1.3 0.8 1.3 1.5 1.0 1.0 1.0 0.3 3.4 2.1",
        "RefinedWeb": "1.2 0.1 0.1 0.7 0.3 0.8 0.6 0.5 1.4 0.4 0.9 0.8 1.0 1.2 0.8 0.1 0.6 0.3 1.1 0.7 0.9 "
        "0.5 1.1 1.1 1.7 1.6 0.6 0.9 0.3 4.3 2.8",
    },
    ("Figure 12", "error17", "six"): {
        "C4": "1.2 0.7 1.2 2.3 1.1 1.1 3.1 3.9 1.2 2.5 1.0 0.5 0.6 0.4 1.3 2.9 1.1 2.2 3.9 1.4 0.2 "
        "2.3 1.3 1.7 2.8 2.2 1.8 0.7 9.6 0.1",
        "RedPajama": "0.6 0.4 2.1 2.5 0.6 0.8 0.8 0.8 0.7 0.2 1.3 0.8 0.5 1.3 0.9 1.7 0.2 0.1 0.2 0.7 0.0 "
        "2.6 2.0 1.0 2.6 1.9 3.4 3.4 0.7 3.6 0.0",
        "RefinedWeb": "2.5 0.4 0.7 1.5 1.3 1.7 0.9 1.0 2.7 0.4 0.4 0.9 0.3 2.3 1.5 0.1 0.0 1.3 2.1 0.6 0.6 "
        "0.8 2.2 2.0 3.6 3.4 1.2 1.6 0.4 5.6 2.9",
    },
}
TASKS = ["arc_easy", "lambada_openai", "openbook_qa", "hellaswag_zeroshot"]
#: For the runs of 6.9 billion parameters, with the 1.4-billion run in the fit and without.
TABLE7 = {
    "six": {
        "C4": (28.96, 15.01, 16.80, 79.58),
        "RedPajama": (5.21, 14.39, 8.44, 25.73),
        "RefinedWeb": (26.06, 16.55, 1.92, 81.96),
    },
    "five": {
        "C4": (0.92, 2.04, 96.16, 61.79),
        "RedPajama": (8.13, 11.07, 7.56, 30.98),
        "RefinedWeb": (15.39, 6.26, 6.79, 6.52),
    },
}


def cells(train_set):
    """Size and multiplier of each cell of a figure, in its order."""
    longest, all_sizes = LONGEST[train_set]
    small = [(size, m) for size in SIZES for m in (10, 20, 40, 80, 160, 320, 640)]
    if not all_sizes:
        small.remove((SIZES[-1], 640))
    return [*small, (1439795200, 20), (1439795200, longest), (6889410560, 20)]


def convert():
    """One row a printed number, in the order of the paper."""
    rows = [
        (*about, train_set, *cell, float(value))
        for about, sets in FIGURES.items()
        for train_set, text in sets.items()
        for cell, value in zip(cells(train_set), text.split(), strict=True)
    ]
    rows += [
        ("Table 7", task, fitted, train_set, 6889410560, 20, value)
        for fitted, sets in TABLE7.items()
        for train_set, values in sets.items()
        for task, value in zip(TASKS, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(SOURCE["columns"]))
