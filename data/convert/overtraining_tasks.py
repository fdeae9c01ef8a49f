"""The 46 tasks of `overtraining_accuracy`: how many questions, and what guessing scores."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

RUNS = converter("overtraining_runs")

SOURCE = RUNS.SOURCE | {
    "title": "Number of questions and chance accuracy of 46 tasks",
    "how_obtained": "rows of the repository's table of tasks that are among the 46 of the paper; chance turned "
    "from per cent into a share",
    "columns": {
        "task": {"unit": "name", "about": "task, named as in the repository"},
        "n_questions": {"unit": "questions", "about": "questions in the task", "min": 30, "max": 60000},
        "chance": {"unit": "share", "about": "accuracy of guessing", "min": 0, "max": 0.5},
    },
}
UPSTREAM = [
    Upstream(
        "exp_data/eval_metadata.csv",
        "8cd5243244a6890c8cec31cf7752901131f1da479b3c4920e37eb65ad608089c",
        "overtraining/eval_metadata.csv",
    ),
]
#: In the file, but among the tasks that the paper does not use.
UNUSED = ["triviaqa_sm_sub", "gsm8k", "agi_eval_sat_math", "aqua", "svamp"]


def convert(metadata):
    """One row a task, by name."""
    raw = pd.read_csv(metadata)
    raw = raw[~raw["Eval Task"].isin(UNUSED)]
    table = pd.DataFrame(
        {
            "task": raw["Eval Task"],
            "n_questions": raw["#datapoints"],
            "chance": raw["Random baseline"] / 100,
        }
    )
    return table.sort_values("task")
