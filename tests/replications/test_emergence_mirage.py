"""Emergence: scores and bends by loops and normal equations, smooth curves by scipy's optimiser instead of a grid."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.emergence_mirage import open_models, sharpness, smooth
from replications.emergence_mirage.resampled import sharper
from replications.emergence_mirage.tasks import arranged, emerging, jumps, planted, redrawn, simulated
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
    bends = [parabola(np.log(sizes), [each**length for each in p]) for length in (8, 4, 2, 1)]
    assert min(-np.diff(bends)) == pytest.approx(kept["theory-bend"]["measured"], rel=1e-9)


def test_scores_of_all_tasks(tasks):
    ours = sharpness.emergence(tasks.accuracy)
    assert list(ours) == pytest.approx([score(row) for row in tasks.accuracy.to_numpy().tolist()])
    assert sharpness.emergence([0.5] * 12) == 0
    assert sharpness.emergence([0.0] * 11 + [0.1]) == math.inf
    assert sharpness.emergence([0.3] + [0.0] * 11) == -math.inf


def test_edit_distance_bends_more_because_outputs_run_on(kept):
    """Compared one task after the other; the same models and tasks drawn again as rows instead of weights."""
    rows = load("on_emergence_scores").query("shots == 5")
    mean = rows.groupby(["task", "model"])[["n_params", "exact_match", "edit_distance"]].mean().dropna()
    tasks = [task.droplevel("task") for _, task in mean.groupby("task")]

    def won(task: pd.DataFrame) -> float:
        if task.n_params.nunique() < 4 or not task.exact_match.any():
            return math.nan
        x = np.log(task.n_params)
        return float(parabola(x, task.exact_match) > parabola(x, -task.edit_distance))

    tasks = [task for task in tasks if math.isfinite(won(task))]
    assert len(tasks) == 20
    assert np.mean([won(task) for task in tasks]) == kept["fixed-output"]["measured"]
    rng, models, shares = np.random.default_rng([7, 4]), mean.index.unique("model"), []
    drawn = rng.multinomial(22, np.full(22, 1 / 22), 60)
    for times, each in zip(drawn, rng.multinomial(20, np.full(20, 1 / 20), 60), strict=True):
        some = models.repeat(times)
        words = [won(task.loc[[m for m in some if m in task.index]]) for task in tasks]
        shares.append(np.nanmean(np.repeat(words, each)))
    ours = sharper(rows.assign(edits=-rows.edit_distance), "edits", 60, 7)
    assert [ours.low, ours.high] == pytest.approx(np.quantile(shares, [0.025, 0.975]))
    assert kept["fixed-output"]["high"] > 0.5
    # Numbers of a few digits, and tens of characters to be changed: what comes behind the answer.
    sums = rows.query("task == 'modified_arithmetic' and model == 'gpt2' and prompt == 'closed'").iloc[0]
    assert sums.exact_match > 0.3
    assert sums.edit_distance > 20


@pytest.mark.parametrize("per", ["rise", "spread"])
def test_bends_of_resamples(per):
    """Points that are drawn several times, by weights and by rows; too few sizes give nan."""
    rng = np.random.default_rng(3)
    x, y = np.log([1.0, 3, 3, 9, 40, 100]), rng.normal(size=6)
    times = np.array([[1, 1, 1, 1, 1, 1], [0, 2, 1, 3, 0, 1], [2, 1, 0, 1, 4, 0], [3, 1, 2, 0, 0, 0]], float)
    found = sharpness.redrawn_bends(x, y, times, per)
    for each, weights in zip(found[[0, 2]], times[[0, 2]].astype(int), strict=True):
        rows = np.repeat(np.arange(6), weights)
        assert each == pytest.approx(float(sharpness.bend(x[rows], y[rows], per)), rel=1e-9)
    assert np.isnan(found[[1, 3]]).all()  # three sizes and two


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
    seen = models[(models.ipa_bleu > 1) & (models.ipa_exact > 0)]
    line = stats.linregress(np.log(seen.ipa_bleu), np.log(seen.ipa_exact))
    assert open_models.bleu_power(seen.to_records()) == pytest.approx(line.slope)
    # Far from the sixth power that sentences of fifteen independent words would give.
    assert line.slope + 4 * line.stderr < 2


def test_tasks_that_leave_chance_at_the_largest_model(tasks):
    emerge = []
    for task, about in tasks.about[tasks.about.choosing].iterrows():
        error = np.sqrt(about.chance * (1 - about.chance) / tasks.questions.loc[task].to_numpy())
        off = (tasks.accuracy.loc[task].to_numpy() - about.chance) / error
        emerge.append(np.abs(off[:10]).max() <= 2 and off[11] > 3)
    choosing = tasks.about.index[tasks.about.choosing]
    ours, _ = emerging(tasks, choosing, simulated(tasks, 2, 0))
    assert list(ours.emerges) == emerge
    assert sum(emerge) == 4


def test_a_count_of_emergent_tasks_cannot_tell(tasks):
    """With fourteen planted, smooth curves of an optimiser and 60 sets from each show as many."""
    sets = simulated(tasks, 2, 0)
    choosing = tasks.about[tasks.about.choosing]
    rows = choosing.index[choosing.most >= 40][::2]
    made = planted(redrawn(tasks, sets), rows, np.random.default_rng(21))
    rng, counts, count = np.random.default_rng(11), np.zeros(60), 0
    for task, about in choosing.iterrows():
        n, guess = tasks.questions.loc[task].to_numpy(int), about.chance
        right = made.right.loc[task].to_numpy()
        curve, _ = likeliest(tasks.sizes, right, n, guess)
        off = (np.vstack([right, rng.binomial(n, curve, (60, 12))]) / n - guess) / np.sqrt(
            guess * (1 - guess) / n
        )
        emerge = (np.abs(off[:, :10]).max(1) <= 2) & (off[:, 11] > 3)
        count += emerge[0]
        counts += emerge[1:]
    low, high = np.quantile(count - counts, [0.025, 0.975])
    assert len(rows) == 14
    assert low < 0.5 < high


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


def test_the_last_step_on_tasks_with_two_choices(tasks, kept):
    rows = tasks.about.index[tasks.about.choosing & (tasks.about.chance.sub(0.5).abs() < 1e-6)]
    x = np.log(tasks.sizes)
    share = (x[-1] - x[-2]) / (x[-1] - x[0])
    first, second = (
        (m.iloc[-1] - m.iloc[-2]) / (m.iloc[-1] - m.iloc[0]) - share
        for m in (tasks.accuracy.loc[rows].mean(), tasks.brier.loc[rows].mean())
    )
    assert len(rows) == 16
    assert second - first / 2 == pytest.approx(kept["last-step-brier"]["measured"])


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
    rows = tasks.about.index[tasks.about.choosing]
    made = planted(redrawn(tasks, sets, 1), rows, np.random.default_rng(4))
    n, guess = tasks.questions.loc[rows].to_numpy(), tasks.about.chance[rows].to_numpy()[:, None]
    off = (made.accuracy.loc[rows].to_numpy() - guess) / np.sqrt(guess * (1 - guess) / n)
    # Guessing has the noise of guessing, and the largest model is well above it.
    assert np.std(off[:, :-1]) == pytest.approx(1, abs=0.1)
    assert np.median(made.accuracy.loc[rows].to_numpy()[:, -1] - guess[:, 0]) > 0.25
    other = tasks.about.index[~tasks.about.choosing][0]
    assert (made.right.loc[other] == sets[other].right[1]).all()


def test_jumps_range_over_what_smooth_means(tasks, kept):
    number, p = jumps(tasks, 60, 0)
    found = [(stats.false_discovery_control(each) <= 0.05).sum() for each in p.to_numpy().T]
    assert [number.value, number.low, number.high] == [found[0], min(found), max(found)]
    assert number.value == kept["jumps"]["measured"]


def test_bends_of_bad_input():
    with pytest.raises(ValueError, match="three different sizes"):
        sharpness.bend([1, 1, 2], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="per rise or per spread"):
        sharpness.bend([1, 2, 3], [0.1, 0.2, 0.3], per="pound")
    assert sharpness.bend([1, 2, 3], [0.0, 0.0, 1.0]) == pytest.approx(1.0)
    assert sharpness.bend([1, 2, 3], [1.0, 2.0, 3.0]) == pytest.approx(0)
