"""Answers of 75 people who compared triplets of pictures, counted for each person and triplet."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

TRIPLETS, REPEATS, PEOPLE = 81, 5, 5
SOURCE = {
    "title": "Difference scaling of textures: answers of 5 people in each of 15 conditions to 81 triplets of pictures",
    "paper": "Vacher & Mamassian (2024), Perceptual Scales Predicted by Fisher Information Metrics",
    "arxiv": "2310.11759",
    "repository": "JonathanVacher/perceptual_metric",
    "commit": "d686bdc8712c013fe000e416f062175548f41cc7",
    "licence": "GPL-3.0",
    "how_obtained": "30,375 trials of 75 files in preds_analysis/data, counted for each condition, triplet and person; "
    "side of the screen, order and response times left out",
    "columns": {
        "condition": {"unit": "text", "about": "exp_sf, exp_sf_bdw, exp_ori_bdw, or a pair of textures"},
        "triplet": {
            "unit": "index",
            "about": "number of the triplet, from 0, in lexicographic order of the triplets of 13 pictures with gaps of 1 to 3",
            "min": 0,
            "max": 80,
        },
        **{
            f"person_{k}": {
                "unit": "trials",
                "about": "of the five times that this person of the condition saw the triplet, how often the last picture "
                "was called more like the middle one than the first was; whether people recur in other conditions is not said",
                "min": 0,
                "max": 5,
            }
            for k in range(1, PEOPLE + 1)
        },
    },
}
UPSTREAM = [
    Upstream(
        "preds_analysis/data",
        "dda0d5f8300949e702a257c703b82710f9a9f5fd1f1dee5b967a8c4b34312d6e",
        "perceptual-scales/mlds_trials.csv",
        public=False,
    )
]


def convert(trials):
    """One row a condition and triplet, one column a person."""
    raw = pd.read_csv(trials).rename(columns={"triplet_idx": "triplet"})
    cells = ["condition", "triplet"], "subject"
    if not (raw.pivot_table("resp", *cells, "size").to_numpy() == REPEATS).all():
        raise ValueError(f"every person of every condition was expected to see each triplet {REPEATS} times")
    table = (
        raw.pivot_table("resp", *cells, "sum").add_prefix("person_").rename_axis(columns=None).reset_index()
    )
    if len(table) != 15 * TRIPLETS:
        raise ValueError(f"15 conditions of {TRIPLETS} triplets were expected, not {len(table)} rows")
    return table[list(SOURCE["columns"])]
