"""Many tasks, few examples: nested analyses of variance, questions laid out one by one, simulated benchmarks."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from replications.many_tasks_few_examples import answers, neighbours, ranking, scores, variances, worlds
from scalinglaws import load
from scalinglaws.claims import verdicts

MODELS = ["qwen_2_7b", "grok_2", "gemini_20", "gemini_25"]


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("48_many_tasks_few_examples")["verdicts"]}


@pytest.fixture(scope="module")
def mega() -> pd.DataFrame:
    return load("megabench_tasks")


@pytest.fixture(scope="module")
def bigg() -> answers.Answers:
    return answers.neighbours(load("bigbench_bigg_answers"))


def one_by_one(counts: pd.DataFrame, smaller: int = 1) -> pd.DataFrame:
    """Every question of every task a row, with the answers of one of three sizes and of the largest."""
    rows = [
        (row.task, int(pattern[smaller]), int(pattern[2]))
        for row in counts.itertuples()
        for pattern in answers.PATTERNS
        for _ in range(getattr(row, f"right_{pattern}"))
    ]
    return pd.DataFrame(rows, columns=["task", "smaller", "larger"])


def components(values: pd.Series, tasks: pd.Series) -> tuple[float, float]:
    """Variance of tasks and of their examples, from the variance of each task's examples and of task means."""
    each = values.groupby(tasks).agg(["mean", "var", "size"])
    noise = (each["var"] / each["size"]).mean()
    return statistics_variance(each["mean"]) - noise, each["var"].mean()


def statistics_variance(values: pd.Series) -> float:
    """By pairs: half of the mean squared difference of two."""
    return float(np.mean([(a - b) ** 2 for a, b in itertools.combinations(values, 2)]) / 2)


def share(between: float, within: float, examples: int = 15) -> float:
    return within / examples / (between + within / examples)


def test_core_scores_and_samples(mega, kept):
    ids = ("core-qwen", "core-grok", "core-gemini-20", "core-gemini-25")
    for model, id in zip(MODELS, ids, strict=True):
        asked = [s for s, by in zip(mega[model], mega.judged_by, strict=True) if by == "rule" and s == s]
        assert kept[id]["measured"] == pytest.approx(sum(asked) / len(asked), abs=1e-9)
    assert kept["samples"]["measured"] == sum(mega.n_questions) + sum(mega.n_demonstrations)


def test_limits_from_answers_that_are_all_or_nothing(mega, kept):
    """A score of s over n questions is laid out as s n right and the rest wrong, as the limit assumes."""
    limits = []
    for model in MODELS:
        rows = mega[mega[model].notna()]
        s, n = rows[model].to_numpy(), rows.n_questions.to_numpy()
        within = (n * s * (1 - s) ** 2 + n * (1 - s) * s**2) / (n - 1)
        limits.append(share(statistics_variance(pd.Series(s)) - np.mean(within / n), within.mean()))
    assert kept["single-half"]["measured"] == pytest.approx(max(limits), rel=1e-9)


def test_pairing_and_tasks_of_the_two_gemini(mega, kept):
    """The variance of the difference by the covariance, and 95 % by bisection of the normal distribution."""
    covariance = np.cov(mega.gemini_20, mega.gemini_25)
    of_difference = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert kept["pairing"]["measured"] == pytest.approx(of_difference / np.trace(covariance), rel=1e-9)
    gap = mega.gemini_25.mean() - mega.gemini_20.mean()
    at = kept["report"]["measured"]
    assert stats.norm(gap, np.sqrt(of_difference / at)).sf(0) == pytest.approx(0.95, abs=1e-9)


def test_grok_question_by_question(kept):
    grok = load("megabench_grok_answers")
    assert kept["grok-half"]["measured"] == pytest.approx(share(*components(grok.score, grok.task)), rel=1e-9)


def test_neighbours_question_by_question(kept, bigg):
    table = load("bigbench_bigg_answers")
    table = table[table.n_params <= 2.7e10]
    parts, noise, gaps = [], [], []
    for k, size in enumerate(bigg.sizes[2:], start=1):
        each = one_by_one(table[table.n_params == size])
        difference = each.larger - each.smaller
        parts.append(components(difference, each.task))
        by_task = difference.groupby(each.task).mean()
        gaps.append((by_task.mean(), by_task.var() / len(by_task)))
        assert bigg.difference[k] == pytest.approx(by_task.to_numpy(), abs=1e-12)
        single = [each[side].groupby(each.task).var().mean() for side in ("smaller", "larger")]
        noise.append((parts[-1][1], sum(single)))
    between, within = neighbours.of_pairs(bigg, np.ones((1, 82)))[1:]
    assert between[1:, 0] == pytest.approx([b for b, _ in parts], abs=1e-12)
    assert within[1:, 0] == pytest.approx([w for _, w in parts], abs=1e-12)
    assert kept["bigg-pair"]["measured"] == pytest.approx(share(between.mean(), within.mean()), rel=1e-9)
    # Nine of the ten pairs: the first, whose sizes are the smaller two of three, is checked by its margins.
    assert bigg.difference[0] == pytest.approx(bigg.right[1] - bigg.right[0], abs=1e-12)
    assert 0.5 < sum(a for a, _ in noise) / sum(b for _, b in noise) < 0.6
    square = np.mean([gap**2 - own for gap, own in gaps])
    assert square == pytest.approx(1.6449**2 * within.mean() / 15 / kept["bigg-tasks"]["measured"], rel=0.35)


def test_two_steps_apart_question_by_question(bigg):
    table = load("bigbench_bigg_answers")
    two = neighbours.of_pairs(answers.two_apart(table), np.ones((1, 82)))
    for k, size in enumerate(bigg.sizes[2:]):
        each = one_by_one(table[table.n_params == size], smaller=0)
        between, within = components(each.larger - each.smaller, each.task)
        assert (two.between[k, 0], two.within[k, 0]) == pytest.approx((between, within), abs=1e-12)


@pytest.mark.parametrize("power", [0.5, 1])
def test_the_weighed_variance_is_a_mean_over_pairs_of_tasks(bigg, power):
    counts = bigg.asked**power
    both = list(itertools.combinations(range(82), 2))
    weights = np.array([counts[i] * counts[j] for i, j in both])
    for k, found in enumerate(neighbours.of_pairs(bigg, np.ones((1, 82)), power).between[:, 0]):
        d, noise = bigg.difference[k], bigg.paired[k] / bigg.asked
        half = [((d[i] - d[j]) ** 2 - noise[i] - noise[j]) / 2 for i, j in both]
        assert found == pytest.approx(np.average(half, weights=weights), abs=1e-12)


def test_uneven_is_the_chi_square_of_the_table_of_wins_and_losses(bigg):
    for k, found in enumerate(neighbours.uneven(bigg)):
        table = np.array([bigg.gained[k] * bigg.asked, bigg.lost[k] * bigg.asked]).round()
        disputed = table[:, table.sum(axis=0) > 0]
        assert found == pytest.approx(stats.chi2_contingency(disputed, correction=False).statistic)


def test_applications_are_as_unlike_as_dealt_out_one_by_one(mega):
    rng = np.random.default_rng(4)
    off = mega.gemini_25 - mega.gemini_20
    own = mega.groupby("group").application.first()

    def between(application: pd.Series) -> float:
        return sum(len(x) * (x.mean() - off.mean()) ** 2 for _, x in off.groupby(application))

    seen = between(mega.application)
    dealt = [
        between(mega.group.map(dict(zip(own.index, rng.permutation(own), strict=True)))) for _ in range(300)
    ]
    assert np.mean(np.array(dealt) >= seen) == pytest.approx(scores.unlike(mega, 4000, rng), abs=0.025)


def test_the_design_effect_is_that_of_groups_drawn_again(mega):
    rng = np.random.default_rng(0)
    by_group = [group.to_numpy() for _, group in mega.gemini_25.groupby(mega.group)]
    means = [np.concatenate([by_group[k] for k in rng.integers(46, size=46)]).mean() for _ in range(4000)]
    expected = np.var(means) / (mega.gemini_25.var() / 505)
    assert variances.clustering(mega.gemini_25.to_numpy(), mega.group) == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("power", [0, 1])
@pytest.mark.parametrize(("disagree", "spread"), [(0.2, 0.0), (0.4, 0.2)])
def test_planted_variances_are_found_on_average(bigg, disagree, spread, power):
    rng = np.random.default_rng(1)
    found = [
        neighbours.of_pairs(worlds.planted(bigg, disagree, spread, 0.03, rng), np.ones((1, 82)), power)
        for _ in range(40)
    ]
    between, within = (np.mean([parts[k] for parts in found]) for k in (1, 2))
    planted = worlds.gains(disagree, spread, 0.03)
    assert between == pytest.approx(planted.between, abs=0.002)
    assert within == pytest.approx(planted.within, abs=0.005)
    # Cut off at two standard deviations, a normal variable keeps this much of its variance.
    assert planted.between == pytest.approx(0.918 * spread**2, abs=1e-3)


def test_the_chance_of_the_right_order_in_simulated_benchmarks():
    rng = np.random.default_rng(2)
    parts = variances.Split(np.array(0.05), np.array(0.02), np.array(0.3))
    tasks = rng.normal(0.05, np.sqrt(0.02), (20_000, 30))
    seen = tasks + rng.normal(0, np.sqrt(0.3 / 15), tasks.shape)
    assert ranking.chance_right(parts, 30) == pytest.approx((seen.mean(axis=1) > 0).mean(), abs=0.01)
    assert ranking.chance_right(parts, ranking.tasks_needed(parts)) == pytest.approx(0.95)


def test_the_best_number_of_examples_by_trying_all():
    parts = variances.Split(0.0, 0.06, 0.17)
    n = np.arange(1, 60)
    errors = (parts.between + parts.within / n) * (30 + n)
    assert abs(n[errors.argmin()] - ranking.best_examples(parts, 30)) < 0.5


def test_a_part_agrees_with_the_whole_as_two_correlated_normals_do():
    for part in (0.1, 0.5, 0.9):
        both = stats.multivariate_normal(cov=[[1, np.sqrt(part)], [np.sqrt(part), 1]]).cdf([0, 0])
        assert ranking.agreement_of_part(part) == pytest.approx(2 * both, abs=1e-6)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="single example"):
        variances.most_within(np.array([0.5]), np.array([1]))
    with pytest.raises(ValueError, match="at least two"):
        variances.drawn(np.array(["one", "one"]), 10, np.random.default_rng(0))


def test_fewer_examples_spread_as_the_two_variances_say():
    rng = np.random.default_rng(3)
    toy = pd.DataFrame({"task": np.repeat(np.arange(200), 50), "score": rng.random(10_000).round()})
    drawn = scores.fewer(toy, 5, 2000, rng, tasks_too=False)
    assert drawn == pytest.approx(np.sqrt(0.25 / 5 / 200), rel=0.1)
    # With tasks drawn, the noise of their fifty examples stands in for a variance of tasks.
    drawn = scores.fewer(toy, 5, 2000, rng, tasks_too=True)
    assert drawn == pytest.approx(np.sqrt((0.25 / 5 + 0.25 / 50) / 200), rel=0.1)
