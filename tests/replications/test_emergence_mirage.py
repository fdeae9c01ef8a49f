"""Emergence: scores and bends by loops and normal equations, smooth curves by scipy's optimiser instead of a grid."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.emergence_mirage import sharpness, smooth
from replications.emergence_mirage.tasks import arranged, planted, redrawn, simulated
from scalinglaws import load
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("42_emergence_mirage")["verdicts"]}


@pytest.fixture(scope="module")
def tasks():
    return arranged(load("bigbench_bigg"))


@pytest.fixture(scope="module")
def models() -> pd.DataFrame:
    return load("obs_scaling_emergent")


def score(y: list[float]) -> float:
    """The emergence score by its formula, in plain Python."""
    steps = statistics.median((b - a) ** 2 for a, b in itertools.pairwise(y))
    reach = max(y) - min(y)
    if not reach:
        return 0.0
    return math.copysign(reach / math.sqrt(steps) if steps else math.inf, y.index(max(y)) - y.index(min(y)))


def parabola(x, y) -> float:
    """Quadratic over linear coefficient on [-1, 1], by the normal equations."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    z = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    design = np.stack([np.ones_like(z), z, z * z], axis=1)
    _, b, c = np.linalg.solve(design.T @ design, design.T @ y)
    return c / b


def law(n_params, guess, log_t, a):
    relative = np.log(n_params) - np.log(n_params).mean()
    return np.clip(guess + (1 - guess) * np.exp(-np.exp(log_t - a * relative)), 1e-5, 1 - 1e-5)


def likeliest(n_params, right, questions, guess, kept=slice(None)):
    """The curve of greatest likelihood, of the sizes kept, by an optimiser from several starts; its log-likelihood."""

    def loss(p):
        return -stats.binom.logpmf(right[kept], questions, law(n_params, guess, *p)[kept]).sum()

    bounds = [(math.log(1e-3), math.log(300)), (0.004, 0.5)]
    starts = [(t, a) for t in (-2, 0, 2, 4, 5.5) for a in (0.05, 0.3, 0.5)]
    found = [optimize.minimize(loss, start, method="Nelder-Mead", bounds=bounds) for start in starts]
    best = min(found, key=lambda each: each.fun)
    return law(n_params, guess, *best.x), -best.fun


def test_the_per_token_model(kept):
    sizes = [2e6, 1.6e7, 5.3e7, 1.25e8, 2.44e8, 4.22e8, 1e9, 2e9, 4e9, 8e9, 2.7e10, 1.28e11]
    p = [math.exp(-3 * (n / 2e6) ** -0.3) for n in sizes]
    scores = [score([each**length for each in p]) for length in (8, 4, 2, 1)]
    bends = [parabola(np.log(sizes), [each**length for each in p]) for length in (8, 4, 2, 1)]
    assert min(-np.diff(scores)) == pytest.approx(kept["theory"]["measured"], rel=1e-9)
    assert min(-np.diff(bends)) == pytest.approx(kept["theory-bend"]["measured"], rel=1e-9)


def test_scores_of_all_tasks(tasks):
    ours = sharpness.emergence(tasks.accuracy)
    assert list(ours) == pytest.approx([score(row) for row in tasks.accuracy.to_numpy().tolist()])
    assert sharpness.emergence([0.5] * 12) == 0
    assert sharpness.emergence([0.0] * 11 + [0.1]) == math.inf
    assert sharpness.emergence([0.3] + [0.0] * 11) == -math.inf


def test_edit_distance_bends_more_because_outputs_run_on(kept):
    rows = load("on_emergence_scores").query("shots == 5")
    wins = compared = 0
    for _, task in rows.groupby("task"):
        mean = task.groupby("model")[["n_params", "exact_match", "edit_distance"]].mean()
        if mean.n_params.nunique() > 3 and mean.exact_match.max() > 0:
            x = np.log(mean.n_params)
            compared += 1
            wins += parabola(x, mean.exact_match) > parabola(x, -mean.edit_distance)
    assert compared == 20
    assert wins / compared == kept["fixed-output"]["measured"]
    # The probability that so few or fewer come out of 20 is a fortieth at the end of the interval.
    assert stats.binom.cdf(wins, compared, kept["fixed-output"]["high"]) == pytest.approx(0.025, abs=1e-6)
    # Numbers of a few digits, and tens of characters to be changed: what comes behind the answer.
    sums = rows.query("task == 'modified_arithmetic' and model == 'gpt2' and prompt == 'closed'").iloc[0]
    assert sums.exact_match > 0.3
    assert sums.edit_distance > 20


def test_open_models(models, kept):
    c = np.log10(models.flops)
    some = models.unscramble > 0
    log, plain = (
        stats.pearsonr(c[some], y[some]).statistic
        for y in (np.log(models.unscramble.where(some)), models.unscramble)
    )
    assert log - plain == pytest.approx(kept["resolution"]["measured"], rel=1e-9)
    lower = models.flops < models.flops.median()
    y = np.log10((models.unscramble * 2000 + 0.5) / 2001)
    assert stats.linregress(c[lower], y[lower]).slope == pytest.approx(kept["lower-half"]["measured"])
    both = models.ipa_bleu.notna()
    ratio = parabola(c[both], models.ipa_bleu[both]) / parabola(c[both], models.ipa_exact[both])
    assert ratio == pytest.approx(kept["counter"]["measured"], rel=1e-9)
    a, b = models.add_2, models.add_3
    inside = (a > 0) & (a < 1) & (b > 0) & (b < 1)
    assert np.median(np.log(b[inside]) / np.log(a[inside])) == kept["geometric"]["measured"]


def test_tasks_that_leave_chance_at_the_largest_model(tasks, kept):
    flat, large = [], []
    for task, about in tasks.about[tasks.about.choosing].iterrows():
        error = np.sqrt(about.chance * (1 - about.chance) / tasks.questions.loc[task].to_numpy())
        off = (tasks.accuracy.loc[task].to_numpy() - about.chance) / error
        flat.append(np.abs(off[:10]).max() <= 2)
        large.append(off[11] > 3)
    assert np.mean(np.array(flat)[large]) == kept["few"]["measured"]


def test_smooth_curves_show_as_many(tasks, kept):
    """The curves by an optimiser, and 60 test sets from each by numpy: the count that noise makes."""
    rng, counts = np.random.default_rng(11), np.zeros(60)
    for task, about in tasks.about[tasks.about.choosing].iterrows():
        n, guess = tasks.questions.loc[task].to_numpy(int), about.chance
        curve, _ = likeliest(tasks.sizes, tasks.right.loc[task].to_numpy(), n, guess)
        drawn = rng.binomial(n, curve, (60, 12)) / n
        off = (drawn - guess) / np.sqrt(guess * (1 - guess) / n)
        counts += (np.abs(off[:, :10]).max(1) <= 2) & (off[:, 11] > 3)
    emerging = 4
    assert emerging - counts.mean() == pytest.approx(kept["wei-noise"]["measured"], abs=1)


@pytest.mark.parametrize(("task", "jumps"), [("word_sorting", True), ("modified_arithmetic", False)])
def test_jumps_by_another_optimiser(tasks, task, jumps):
    right, n = tasks.right.loc[task].to_numpy(), int(tasks.about.most[task])
    _, joint = likeliest(tasks.sizes, right, n, 0.0)
    _, before = likeliest(tasks.sizes, right, n, 0.0, slice(-1))
    gain = before + stats.binom.logpmf(right[-1], n, right[-1] / n) - joint
    ours = simulated(tasks, 50, 0)[task]
    assert ours.excess == pytest.approx(math.sqrt(2 * gain), abs=0.3)
    assert (stats.norm.sf(math.sqrt(2 * gain)) < 0.05 / 85) == jumps


@pytest.mark.parametrize(("task", "jumps"), [("word_sorting", True), ("modified_arithmetic", False)])
def test_jumps_on_a_grid_ten_times_as_fine(tasks, task, jumps, monkeypatch):
    monkeypatch.setattr(smooth, "LOSSES", np.geomspace(1e-3, 300, 200))
    monkeypatch.setattr(smooth, "EXPONENTS", 48)
    right, n = tasks.right.loc[task].to_numpy(), tasks.questions.loc[task].to_numpy()
    fine = smooth.simulate(tasks.sizes, right, n, (0.0,), 2000, np.random.default_rng(5))
    _, joint = likeliest(tasks.sizes, right, n, 0.0)
    assert stats.binom.logpmf(right, n, fine.curve).sum() == pytest.approx(joint, abs=0.1)
    assert (fine.p_value < 0.001) == jumps


def test_a_little_luck_takes_word_sorting_back(tasks):
    """With a floor of one in a hundred the law has room for what the largest model does."""
    right, n = tasks.right.loc["word_sorting"].to_numpy(), 205
    curve, _ = likeliest(tasks.sizes, right, n, 0.01)
    assert stats.binom.sf(right[-1] - 1, n, curve[-1]) > 0.1


def test_the_last_step(tasks, kept):
    rows = tasks.about.index[tasks.about.choosing]
    x = np.log(tasks.sizes)
    share = (x[-1] - x[-2]) / (x[-1] - x[0])
    first, second = (
        (m.iloc[-1] - m.iloc[-2]) / (m.iloc[-1] - m.iloc[0]) - share
        for m in (tasks.accuracy.loc[rows].mean(), tasks.brier.loc[rows].mean())
    )
    assert first == pytest.approx(kept["last-step"]["measured"])
    assert second / first == pytest.approx(kept["last-step-brier"]["measured"])


def test_written_answers_have_no_brier_score_of_their_own(tasks):
    written = tasks.about.index[~tasks.about.choosing & tasks.about.chance.notna()]
    assert len(written) == 5
    assert np.allclose(1 - tasks.accuracy.loc[written], tasks.brier.loc[written], atol=1e-4)


def test_discoveries_are_those_of_scipy():
    p = np.random.default_rng(3).uniform(size=200) ** 3
    assert (smooth.discoveries(p) == (stats.false_discovery_control(p) <= 0.05)).all()
    assert not smooth.discoveries(np.array([0.2, 0.9])).any()


def test_planted_and_redrawn_tasks(tasks):
    sets = simulated(tasks, 3, 0)
    rows = tasks.about.index[tasks.about.choosing][:2]
    made = planted(redrawn(tasks, sets), rows)
    assert np.ptp(made.right.loc[rows[0]].iloc[:-1]) == 0
    assert made.accuracy.loc[rows[0]].iloc[-1] > made.accuracy.loc[rows[0]].iloc[0] + 0.2
    other = tasks.about.index[5]
    assert (made.right.loc[other] == sets[other].right[0]).all()


def test_bends_of_bad_input():
    with pytest.raises(ValueError, match="three different sizes"):
        sharpness.bend([1, 1, 2], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="per rise or per spread"):
        sharpness.bend([1, 2, 3], [0.1, 0.2, 0.3], per="pound")
    assert sharpness.bend([1, 2, 3], [0.0, 0.0, 1.0]) == pytest.approx(1.0)
    assert sharpness.bend([1, 2, 3], [1.0, 2.0, 3.0]) == pytest.approx(0)
