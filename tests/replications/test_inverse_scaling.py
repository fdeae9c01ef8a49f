"""Notebook 40 by other routes: normal equations, explicit residuals of every relabelling, closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import beta, t

from scalinglaws import load
from scalinglaws.claims import verdicts

NAMED = {"Hindsight Neglect", "Memo Trap", "Pattern Match Suppression", "TruthfulQA-MC1", "TruthfulQA-MC2"}


@pytest.fixture(scope="module")
def kept():
    return {verdict["id"]: verdict for verdict in verdicts.read("40_inverse_scaling")["verdicts"]}


@pytest.fixture(scope="module")
def results():
    return load("inverse_scaling_pythia").sort_values(["task", "n_params", "step"], ignore_index=True)


def design(rows):
    """The plane with a twist: sizes and tokens standardised in logs."""
    size, tokens = (np.log10(rows[column].to_numpy()) for column in ("n_params", "n_tokens"))
    size, tokens = ((v - v.mean()) / v.std(ddof=1) for v in (size, tokens))
    return np.column_stack([np.ones(len(rows)), size, tokens, size * tokens])


def t_values(columns, scores):
    """Student's t of each coefficient, one column for each column of scores."""
    inverse = np.linalg.inv(columns.T @ columns)
    coefficients = inverse @ columns.T @ scores
    spread = ((scores - columns @ coefficients) ** 2).sum(0) / (len(columns) - columns.shape[1])
    return coefficients / np.sqrt(np.outer(np.diag(inverse), spread))


def adjusted(p):
    """Benjamini and Hochberg, as their paper has it."""
    order = np.argsort(p)
    stepped = p[order] * len(p) / np.arange(1, len(p) + 1)
    out = np.empty(len(p))
    out[order] = np.minimum.accumulate(stepped[::-1])[::-1].clip(max=1)
    return out


def test_the_36_tests(results, kept):
    tasks = results.groupby("task")
    ours = np.array([t_values(design(g), g.accuracy.to_numpy()[:, None])[1:, 0] for _, g in tasks])
    printed = load("inverse_scaling_tests").pivot(index="task", columns="effect", values=["t", "p"])
    printed = printed.loc[[*tasks.groups]]
    effects = ["parameters", "tokens", "interaction"]
    assert np.abs(ours - printed.t[effects]).max(axis=None) == pytest.approx(kept["t-values"]["measured"])
    significant = adjusted(2 * t.sf(np.abs(ours), 60).ravel()).reshape(ours.shape) < 0.05
    assert (significant == (printed.p[effects] < 0.05)).sum(axis=None) == kept["calls"]["measured"]
    five = {task for task, s, v in zip(tasks.groups, significant, ours, strict=True) if s[2] and v[2] < 0}
    assert five == NAMED


def test_every_relabelling_of_sizes_leaves_three_of_the_five(results, kept):
    orders = np.array([*itertools.permutations(range(8))])
    p = {}
    for task, rows in results.groupby("task"):
        runs = rows.accuracy.to_numpy().reshape(8, 8)
        seen = np.abs(t_values(design(rows), runs[orders].reshape(-1, 64).T))[[1, 3]]
        p[task] = (seen >= seen[:, :1] - 1e-9).mean(1)
    both = adjusted(np.array([*p.values()]).ravel()).reshape(12, 2)
    size, twist = ({task for task, q in zip(p, column, strict=True) if q < 0.05} for column in both.T)
    assert size & NAMED == size == NAMED - {"Pattern Match Suppression"}
    assert twist == NAMED - {"Hindsight Neglect", "TruthfulQA-MC1"}
    assert any("sizes relabelled" in choice for choice in kept["five"]["fragile"])


def test_slopes_with_size_and_the_share_of_tasks_that_fall(results, kept):
    last = results[results.step == results.step.max()]
    slopes = {task: np.polyfit(np.log10(g.n_params), g.accuracy, 1)[0] for task, g in last.groupby("task")}
    assert slopes["Memo Trap"] == pytest.approx(kept["memo-trap"]["measured"], rel=1e-9)
    assert slopes["TruthfulQA-MC2"] == pytest.approx(kept["truthfulqa"]["measured"], rel=1e-9)
    falling = sum(slope < 0 for task, slope in slopes.items() if not task.startswith("TruthfulQA"))
    bounds = beta.ppf(0.025, falling, 11 - falling), beta.ppf(0.975, falling + 1, 10 - falling)
    found = kept["n-inverse"]
    assert (found["measured"], found["low"], found["high"]) == pytest.approx((falling / 10, *bounds))


def test_a_slope_over_training_for_each_run(results, kept):
    runs = results[results.task == "Pattern Match Suppression"].groupby("n_params")
    slopes = np.array([np.linalg.lstsq(line(run), run.accuracy, rcond=None)[0][1] for _, run in runs])
    half = t.ppf(0.975, 7) * slopes.std(ddof=1) / np.sqrt(8)
    found = kept["pms-tokens"]
    assert slopes.mean() == pytest.approx(found["measured"], rel=1e-9)
    assert (slopes.mean() - half, slopes.mean() + half) == pytest.approx(
        (found["low"], found["high"]), rel=1e-9
    )


def line(run):
    """The columns of a straight line in log10 tokens."""
    return np.column_stack([np.ones(len(run)), np.log10(run.n_tokens)])
