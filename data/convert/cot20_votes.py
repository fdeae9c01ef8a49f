"""Twenty sampled answers of eleven models to multiple-choice questions, counted."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

VOTES = {"unit": "answers", "min": 0, "max": 20}
SOURCE = {
    "title": "Twenty sampled answers to 100 multiple-choice questions of up to five tests, counted, of 11 models",
    "paper": "no paper: repository 'Inverse Scaling of CoT Faithfulness', after Lanham et al. (2023)",
    "arxiv": "",
    "repository": "sohv/inverse-scaling-cot",
    "commit": "ab131a7fc64f79891ae6c68458476da975a1dd11",
    "licence": "none stated",
    "how_obtained": "answers of results/core_sweep/<model>__<test>/generation_results.jsonl, 44 of 55 pairs of model and test; "
    "counted by us: right ones, and each wrong one, most frequent first",
    "columns": {
        "model": {"unit": "name", "about": "model, without its maker"},
        "test": {"unit": "name", "about": "test the question is from"},
        "question": {"unit": "name", "about": "the question, as the test names it"},
        "options": {
            "unit": "answers",
            "about": "answers to choose from: 5 in AQuA, 4 elsewhere (a few ARC questions have 3 or 5)",
            "min": 4,
            "max": 5,
        },
        "right": VOTES | {"about": "right answers among 20; what is missing to 20 could not be read"},
        "wrong_1": VOTES | {"about": "the most frequent wrong answer"},
        "wrong_2": VOTES | {"about": "the second"},
        "wrong_3": VOTES | {"about": "the third"},
        "wrong_4": VOTES | {"about": "the fourth"},
    },
}
UPSTREAM = [
    Upstream(
        "results/core_sweep/<model>__<test>/generation_results.jsonl",
        "9e86c48ab1982794f71bd0abe121e812703b4ff44850782c1356cfbe7fd133af",
        "cot-20-samples/cot20_answers.csv.gz",
        public=False,
    )
]


def convert(answers):
    """One row a model and question, in the order of the models, tests and questions upstream."""
    table = pd.read_csv(answers)
    rows = []
    for row in table.itertuples():
        votes = pd.Series([answer for answer in row.cot_answers.split("|") if answer]).value_counts()
        right = int(votes.get(row.correct_label, 0))
        wrong = sorted(votes.drop(row.correct_label, errors="ignore"), reverse=True)
        wrong = [*wrong, 0, 0, 0, 0][:4]
        options = 5 if row.dataset == "aqua" else 4
        rows.append((row.model.split("/")[1], row.dataset, row.question_id, options, right, *wrong))
    return pd.DataFrame(rows, columns=list(SOURCE["columns"]))
