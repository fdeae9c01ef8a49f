"""Scores of Grok-2 on single examples of the open-ended tasks of MEGA-Bench with one image."""

import json

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Scores of Grok-2 on the 808 questions of 42 open-ended tasks of MEGA-Bench",
    "paper": "Chen et al. (2025), MEGA-Bench: Scaling Multimodal Evaluation to over 500 Real-World Tasks",
    "arxiv": "2410.10563",
    "repository": "TIGER-AI-Lab/MEGA-Bench",
    "commit": "ee324ab7ee918dc570b322aa077d114502f61122",
    "licence": "Apache-2.0",
    "how_obtained": "one row a question, in the order of the file; its text, answer and images left out",
    "columns": {
        "task": {"unit": "name", "about": "task, as the authors name it"},
        "score": {"unit": "score", "about": "that the judging model gave the answer", "min": 0, "max": 1},
    },
}
UPSTREAM = [
    Upstream(
        "megabench/results/SI_results/Grok-2-vision-1212/data_with_scores_open.json",
        "d6ce23fb3831bf17d8c8754dacdcce777296d8b0240e68b9bc14f67643d3ea94",
        "mega-bench/grok_open.json",
    )
]


def convert(answers):
    """One row a question, by task and place."""
    tasks = json.loads(answers.read_text(encoding="utf-8"))["data"]
    rows = [(task["task_name"], each["scores"]["query"]) for task in tasks for each in task["query_response"]]
    return pd.DataFrame(rows, columns=list(SOURCE["columns"]))
