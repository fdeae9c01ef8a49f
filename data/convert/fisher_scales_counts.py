"""Answers of 75 people who compared triplets of pictures, counted for each person and triplet."""

import itertools

import numpy as np
import pandas as pd

from scalinglaws.tables.upstream import Upstream

STIMULI, FAR, REPEATS = 13, 3, 5
SOURCE = {
    "title": "Difference scaling of textures: answers of 5 people in each of 15 conditions to 81 triplets of pictures",
    "paper": "Vacher & Mamassian (2024), Perceptual Scales Predicted by Fisher Information Metrics",
    "arxiv": "2310.11759",
    "repository": "JonathanVacher/perceptual_metric",
    "commit": "d686bdc8712c013fe000e416f062175548f41cc7",
    "licence": "GPL-3.0",
    "how_obtained": "30,375 trials of 75 files in preds_analysis/data, counted for each condition, person and triplet; "
    "side of the screen, order and response times left out; the pictures of a triplet added from its number, which "
    "counts the triplets of 13 pictures with gaps of 1 to 3 in lexicographic order, as src/mlds/mlds.py does",
    "columns": {
        "condition": {"unit": "text", "about": "exp_sf, exp_sf_bdw, exp_ori_bdw, or a pair of textures"},
        "person": {
            "unit": "index",
            "about": "1 to 5 within the condition; not the same people in all",
            "min": 1,
            "max": 5,
        },
        "triplet": {"unit": "index", "about": "number of the triplet, from 0", "min": 0, "max": 80},
        "first": {"unit": "index", "about": "picture at the low end of the triplet", "min": 0, "max": 10},
        "middle": {
            "unit": "index",
            "about": "picture that the other two are compared with",
            "min": 1,
            "max": 11,
        },
        "last": {"unit": "index", "about": "picture at the high end of the triplet", "min": 2, "max": 12},
        "shown": {"unit": "trials", "about": "how often the person saw the triplet", "min": 5, "max": 5},
        "last_nearer": {
            "unit": "trials",
            "about": "of these, how often the last picture was called more like the middle one than the first was",
            "min": 0,
            "max": 5,
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
    """One row a condition, person and triplet."""
    raw = pd.read_csv(trials).rename(columns={"subject": "person", "triplet_idx": "triplet"})
    answers = raw.groupby(["condition", "person", "triplet"]).resp
    table = answers.agg(shown="size", last_nearer="sum").reset_index()
    near = [t for t in itertools.combinations(range(STIMULI), 3) if max(np.diff(t)) <= FAR]
    if not (table.triplet.max() == len(near) - 1 and (table.shown == REPEATS).all()):
        raise ValueError(f"{len(near)} triplets, each shown {REPEATS} times, were expected")
    table[["first", "middle", "last"]] = np.array(near)[table.triplet]
    return table[list(SOURCE["columns"])]
