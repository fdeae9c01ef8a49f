"""Scores of four vision-language models on the tasks of MEGA-Bench."""

import pandas as pd

from scalinglaws.tables.schema import TableError
from scalinglaws.tables.upstream import Upstream

SCORE = {"unit": "score", "min": 0, "max": 1}
SOURCE = {
    "title": "Scores of four vision-language models on the 505 tasks of MEGA-Bench",
    "paper": "Chen et al. (2025), MEGA-Bench: Scaling Multimodal Evaluation to over 500 Real-World Tasks",
    "arxiv": "2410.10563",
    "repository": "TIGER-AI-Lab/MEGA-Bench",
    "commit": "ee324ab7ee918dc570b322aa077d114502f61122",
    "licence": "Apache-2.0",
    "how_obtained": "a task's score is the mean over its questions; three models on all tasks and Grok-2 on the 315 with a single "
    "image; the second release of Gemini 2.0 on these, equal to the first in every score, is checked and left out; "
    "Qwen2-VL-7B, older than the paper, was run with the released code, the others came after the paper. The authors "
    "say that scores of the repository may differ slightly from the paper's, since prompts were reorganised",
    "columns": {
        "task": {"unit": "name", "about": "task, as the authors name it"},
        "application": {"unit": "name", "about": "first level of the authors' taxonomy: eight applications"},
        "group": {"unit": "name", "about": "first two levels of the taxonomy: 46 groups"},
        "judged_by": {"unit": "name", "about": "rule, or llm where a language model judges an open answer"},
        "n_demonstrations": {
            "unit": "samples",
            "about": "shown with the task, not scored",
            "type": "integer",
            "min": 0,
            "max": 10,
        },
        "n_questions": {
            "unit": "samples",
            "about": "asked and scored, the same for all models",
            "type": "integer",
            "min": 2,
            "max": 200,
        },
        "qwen_2_7b": SCORE | {"about": "Qwen2-VL-7B"},
        "gemini_20": SCORE | {"about": "Gemini 2.0, experimental, of 6 December"},
        "gemini_25": SCORE | {"about": "Gemini 2.5 Pro, experimental, of 25 March"},
        "grok_2": SCORE
        | {"about": "Grok-2 vision, of 12 December; tasks with a single image", "missing": True},
    },
}
UPSTREAM = [
    Upstream(
        "megabench/results/*/analysis/task_results.json",
        "bda7431f5239c64ff81cd8241cdba09924219468f48d938d0db395485ca224a3",
        "mega-bench/task_results.csv",
        public=False,
    ),
    Upstream(
        "megabench/all_task_meta.json",
        "6ad1e469a7854bea8c2376c2d2edc8ed4bd125cf7f1acac4298a53cdcdd70256",
        "mega-bench/task_meta.csv",
        public=False,
    ),
]
#: Model upstream -> our column.
MODELS = {
    "Qwen2-VL-7B": "qwen_2_7b",
    "Gemini-2.0-1206": "gemini_20",
    "Gemini-2.5-pro-exp-03-25": "gemini_25",
    "SI:Grok-2-vision-1212": "grok_2",
}
COUNTS = {"eval_type": "judged_by", "num_demo": "n_demonstrations", "num_query": "n_questions"}


def convert(results, meta):
    """One row a task, by application, group and name.

    Raises
    ------
    TableError
        If models were asked unlike numbers of questions, or the two releases of Gemini 2.0 differ.
    """
    results = pd.read_csv(results).rename(columns=COUNTS)
    counts = results.drop_duplicates(["name", *COUNTS.values()]).set_index("name")[[*COUNTS.values()]]
    scores = results.pivot_table("score", "name", "model")
    twice = scores[["Gemini-2.0-1206", "SI:Gemini-2.0-1206"]].dropna()
    if counts.index.has_duplicates or (twice.iloc[:, 0] != twice.iloc[:, 1]).any():
        raise TableError(
            "megabench_tasks: models with unlike questions, or two unlike releases of Gemini 2.0"
        )
    table = pd.read_csv(meta).set_index("name").join(counts).join(scores.rename(columns=MODELS))
    table["group"] = table.taxonomy.str.split(";").str[:2].str.join(": ")
    table = table.rename(columns={"app": "application"}).rename_axis("task").reset_index()
    return table.sort_values(["application", "group", "task"])[list(SOURCE["columns"])]
