"""Over-training: headline numbers by scipy's least squares, and the grain of the exam by counting answers."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from scalinglaws import load
from scalinglaws.claims import verdicts

KEYS = ["train_set", "n_params", "multiplier"]


def least(form, starts, y):
    """The parameters of the least sum of squares over all starts."""
    best = min(
        (
            optimize.least_squares(
                lambda p: form(p) - y, s, x_scale="jac", xtol=1e-15, ftol=1e-15, gtol=1e-15
            )
            for s in starts
        ),
        key=lambda found: found.cost,
    )
    return best.x


def loss_law(p, n, d):
    return np.exp(p[0]) + np.exp(p[1] - p[3] * np.log(n)) + np.exp(p[2] - p[3] * np.log(d))


def error_law(p, loss):
    return p[0] - np.exp(p[1] - p[2] * loss)


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    """Runs on RedPajama with the share of wrong answers to each of the 17 tasks that pass the paper's rule."""
    table, tasks = load("overtraining_runs"), load("overtraining_tasks").set_index("task")
    wrong = 1 - load("overtraining_accuracy").pivot_table("accuracy", KEYS, "task")
    at_154m = wrong[wrong.index.get_level_values("n_params") == 153677376]
    chosen = [t for t in wrong if (1 - tasks.chance[t]) - at_154m[t].min() >= 0.1]
    assert len(chosen) == 17
    table = table.join(wrong[chosen], on=KEYS)
    table["error17"] = table[chosen].mean(axis=1)
    return table[table.train_set == "RedPajama"]


@pytest.fixture(scope="module")
def kept() -> dict[str, float]:
    return {v["id"]: v["measured"] for v in verdicts.read("13_overtraining_and_downstream")["verdicts"]}


def test_the_four_headline_errors(runs, kept):
    small = runs[runs.n_params < 1e9]
    smallest = small.n_params == small.n_params.min()
    five = small[(small.multiplier == 20) | (smallest & (small.multiplier == 320))]
    six = pd.concat([five, runs[runs.n_params.between(1e9, 2e9) & (runs.multiplier == 20)]])
    starts = itertools.product((0.0, 0.7), (4.0, 7.0), (4.0, 7.0), (0.2, 0.4))
    law = least(lambda p: loss_law(p, five.n_params, five.n_tokens), [*starts], five.loss)
    exam = least(lambda p: error_law(p, six.loss), [(0.8, 0.7, 0.5), (0.9, 1.0, 1.0)], six.error17)
    for name, size, multiplier in (("1b", 1.4e9, 640), ("7b", 6.9e9, 20)):
        (target,) = runs[
            runs.n_params.between(0.9 * size, 1.1 * size) & (runs.multiplier == multiplier)
        ].itertuples()
        loss = loss_law(law, target.n_params, target.n_tokens)
        assert 100 * abs(loss / target.loss - 1) == pytest.approx(kept[f"rpj-{name}"], abs=2e-4)
        off = 100 * abs(error_law(exam, loss) / target.error17 - 1)
        assert off == pytest.approx(kept[f"err17-{name}"], abs=2e-4)


def test_the_exam_is_coarser_than_the_hit_for_one_task_of_32_questions(runs, kept):
    largest = runs.n_params.idxmax()
    questions = load("overtraining_tasks").set_index("task").n_questions
    wrong = runs.loc[largest, runs.columns.intersection(questions.index)].astype(float)
    variance = wrong * (1 - wrong) / questions[wrong.index]
    assert len(variance) == 17
    grain = 100 * np.sqrt(variance.sum()) / 17 / runs.error17[largest]
    assert grain / 0.0464 == pytest.approx(kept["coarser"], rel=1e-6)
    assert variance.idxmax() == "bigbench_novel_concepts"
    assert variance.max() / variance.sum() == pytest.approx(0.646, abs=5e-4)
