"""Which of three sizes of BIG-G were right on the questions of 82 tasks, three examples shown."""

import json
from collections import Counter

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

TASKS = converter("bigbench_bigg")
N_PARAMS = [2e6, 1.6e7, 5.3e7, 1.25e8, 2.44e8, 4.22e8, 1e9, 2e9, 4e9, 8e9, 2.7e10, 1.28e11]
#: Right (1) or wrong (0) of the smallest, the middle and the largest of three models.
PATTERNS = [f"{small}{middle}{large}" for small in (0, 1) for middle in (0, 1) for large in (0, 1)]
#: Places of three sizes: neighbours, and other pairs of smaller ones below the largest.
TRIPLES = [(k - 2, k - 1, k) for k in range(2, 12)] + [(6, 8, 11), (6, 9, 11), (7, 9, 11), (8, 9, 11)]
SIZE = {"unit": "parameters", "min": 1e6, "max": 2e11}
SOURCE = TASKS.SOURCE | {
    "title": "Answers of three sizes of BIG-G, question by question, 82 tasks of BIG-bench",
    "how_obtained": "the labels that assessors of BIG-G were tested on, counted by which of three sizes were right on the "
    "question in the same place of their files; what the assessors predict left out, and three tasks that "
    "have not as many questions at all sizes. Places of sizes up to 27B belong together: their answers are correlated. "
    "Those of 128B belong to another random fifth of each task's questions: by the code of the repository, as last "
    "stored, questions are sorted before the fifth is drawn where two models are loaded, and not for 128B, which is loaded alone; "
    "so places of 128B pair its answers at random, but where tasks are ordered by parts. " + TASKS.KEPT,
    "columns": {
        "task": {"unit": "name", "about": "task of BIG-bench"},
        "n_params_small": SIZE | {"about": "the smallest of the three sizes, as it is named"},
        "n_params_middle": SIZE | {"about": "the middle one"},
        "n_params": SIZE | {"about": "the largest"},
    }
    | {
        f"right_{pattern}": {
            "unit": "questions",
            "about": f"on which the three answers are {pattern}, from small to large, 1 for right",
            "type": "integer",
            "min": 0,
            "max": 205,
        }
        for pattern in PATTERNS
    },
}
FOLDER = "artifacts/csv-results-new/q6scaling/deberta_bs32_3sh_instance-split-07251345/base"
HASHES = {
    "2m": "f7e55e598c4c4f22703d8b288a907a007adbfaa56f6acaa4c29a066688d2b949",
    "16m": "408187bbdf1ef428321a81b65532b8ffdf39157f479f1854fbacd2fa27a98557",
    "53m": "babeceed878799b25177765919665c4e7403e7bfed68bd760cbc2b7729348a6e",
    "125m": "062b0cb84fbc0b1cf3cc61c4c34baabad7e0055fc304ac080f4f7a77b30380a7",
    "244m": "c214fb8c7e6db7c8859eaa4d91932f5331aa4d0610b287fbd9c5ac4f3eae2879",
    "422m": "76ffc532b3bf29ef67a897b5dad509294b258aba7ed925ca2500eb7359ae6189",
    "1b": "93ed03a31fb8d94de296ff9e8bf83704a44d1b99b30635b1560d6920173d8837",
    "2b": "5ac2d41c6be5ec000afa817d9417457c84573c3bcdfebd62e9586c0990959960",
    "4b": "043c5785ec1a84cb2ef08da4cb846c4fd9d870671e99f6680c2b44ea88751621",
    "8b": "f5cbda4d3c991b177f60048d00ee2baa1b03d07fa27bc31dc730b7af2c8ffab6",
    "27b": "753f9c64d8173a9b30b8d2ed6d723ef99fd0e158ee8406de411b0e7b4bfe6565",
    "128b": "dd92c6c49de5bf24000eda2502134e7b67cf733a3b75910916f9009e7aac275c",
}
UPSTREAM = [
    Upstream(f"{FOLDER}/{size}/predictions_per_task.json", digest, f"bigbench-bigg-answers/{size}.json")
    for size, digest in HASHES.items()
]


def convert(*paths) -> pd.DataFrame:
    """One row a task and three sizes, ordered by these."""
    sizes = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    rows = []
    for task in sorted(set.intersection(*map(set, sizes))):
        answers = [size[task]["labels"] for size in sizes]
        if len({len(each) for each in answers}) > 1:
            continue
        for triple in TRIPLES:
            seen = Counter(
                "".join(map(str, three)) for three in zip(*(answers[k] for k in triple), strict=True)
            )
            rows.append((task, *(N_PARAMS[k] for k in triple), *(seen[pattern] for pattern in PATTERNS)))
    return pd.DataFrame(rows, columns=list(SOURCE["columns"]))
