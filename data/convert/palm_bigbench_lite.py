"""PaLM at three sizes on the 24 tasks of BIG-bench Lite, as the paper prints them, with the tasks' numbers of questions."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SCORE = {"unit": "points", "min": 0, "max": 100}
SOURCE = {
    "title": "PaLM 8B, 62B and 540B on the 24 tasks of BIG-bench Lite",
    "paper": "Chowdhery et al. (2022), PaLM: Scaling Language Modeling with Pathways",
    "arxiv": "2204.02311",
    "repository": "wschella/BIG-bench",
    "commit": "386cfb3e95a109accd2df5bdcd6915654721bbc1",
    "licence": "CC BY 4.0 (its version in JMLR); BIG-bench: Apache-2.0",
    "how_obtained": "typed from the first table of appendix H.2; no file upstream. The numbers of questions are those of the "
    "tasks' default split in the data set card of BIG-bench; the repository named is the copy of BIG-bench "
    "that the answers of BIG-G rest on",
    "columns": {
        "task": {"unit": "name", "about": "task of BIG-bench Lite"},
        "score_8B": SCORE | {"about": "raw score of PaLM 8B, as a rule the share of right answers"},
        "score_62B": SCORE | {"about": "the same of PaLM 62B"},
        "score_540B": SCORE | {"about": "the same of PaLM 540B"},
        "n_questions": {
            "unit": "questions",
            "about": "of the whole task; whether PaLM was asked all of a long one is not printed",
            "type": "integer",
            "min": 10,
            "max": 60000,
        },
    },
}
UPSTREAM: list[Upstream] = []
#: As printed: 8B, 62B, 540B; then the number of questions.
PRINTED = """
auto_debugging 14.7 38.2 38.2 34
bbq_lite_json 71.2 91.0 96.3 16076
code_line_description 15.0 26.7 90.0 60
conceptual_combinations 25.9 59.7 81.3 103
conlang_translation 40.1 52.1 66.3 164
emoji_movie 25.0 55.0 91.0 100
formal_fallacies_syllogisms_negation 48.8 49.5 53.3 14200
hindu_knowledge 34.9 77.7 95.4 175
known_unknowns 50.0 58.7 73.9 46
language_identification 11.8 12.9 36.0 10000
linguistics_puzzles 0.0 0.1 0.1 2000
logic_grid_puzzle 33.3 36.5 42.4 1000
logical_deduction 24.4 31.2 43.3 1500
misconceptions_russian 36.7 38.8 59.2 49
novel_concepts 46.9 59.4 71.9 32
operators 23.8 45.2 59.0 210
parsinlu_reading_comprehension 27.6 42.3 49.2 518
play_dialog_same_or_different 43.2 51.2 53.1 3264
repeat_copy_logic 6.2 15.6 53.1 32
strange_stories 41.9 63.8 87.9 174
strategyqa 55.4 65.4 73.9 2289
symbol_interpretation 19.0 19.9 21.9 990
vitaminc_fact_verification 38.9 44.4 70.2 54668
winowhy 55.7 61.0 65.9 2862
"""


def convert() -> pd.DataFrame:
    """One row a task, in alphabetical order."""
    rows = [line.split() for line in PRINTED.split("\n") if line]
    return pd.DataFrame(
        [(task, *map(float, scores), int(questions)) for task, *scores, questions in rows],
        columns=list(SOURCE["columns"]),
    )
