"""Discontinuities: plain arithmetic, loops over rows, an exact sum over counts, scipy's optimisers instead of grids."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.breakthrough_tasks import nulls, smooth, tasks, worlds
from scalinglaws import load
from scalinglaws.claims import verdicts
from scalinglaws.counting import Transformer


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("47_breakthrough_tasks")["verdicts"]}


@pytest.fixture(scope="module")
def bigg() -> tasks.Tasks:
    return tasks.arranged(load("bigbench_bigg"))


@pytest.fixture(scope="module")
def every() -> pd.DataFrame:
    return load("bigbench_bigg_answers")


@pytest.fixture(scope="module")
def answers(every) -> pd.DataFrame:
    """Of neighbouring sizes only."""
    others = every.n_params.eq(1.28e11) & ~(every.n_params_small.eq(8e9) & every.n_params_middle.eq(2.7e10))
    return every[~others]


def jumps(table: pd.DataFrame) -> dict[str, float]:
    """Discontinuity of each task from 8B and 27B to 128B, row by row."""
    found = {}
    for task, rows in table.groupby("task"):
        p = dict(zip(rows.n_params, rows.accuracy, strict=True))
        slope = (p[2.7e10] - p[8e9]) / math.log(2.7e10 / 8e9)
        found[task] = round(p[1.28e11] - (p[2.7e10] + slope * math.log(1.28e11 / 2.7e10)), 12)
    return found


def exactly_above(p, n: int, points: float) -> float:
    """Chance of a discontinuity above so many points for equal steps: a sum over all counts of three models."""
    at = np.arange(n + 1)
    mass = [stats.binom.pmf(at, n, each) for each in p]
    # c - 2 b + a > points n, summed over the counts c beyond.
    a, b = np.meshgrid(at, at, indexing="ij")
    beyond = stats.binom.sf(np.floor(points * n + 1e-9) + 2 * b - a, n, p[2])
    return float((mass[0][:, None] * mass[1] * beyond).sum())


def test_utilisation_by_hand(kept):
    attention = 12 * 118 * 48 * 256 * 2048
    n = 118 * 18432 * (2 * 48 * 256 + 2 * 256 + 3 * 4 * 18432) + 256_000 * 18432
    peak = 6144 * 275e12
    assert kept["mfu-plain"]["measured"] == pytest.approx(100 * 238.3e3 * 6 * n / peak)
    assert kept["mfu-attention"]["measured"] == pytest.approx(100 * 238.3e3 * (6 * n + attention) / peak)
    again = 6 * n + attention + 0.75 * 2 * n + attention / 3
    assert kept["hfu"]["measured"] == pytest.approx(100 * 238.3e3 * again / peak)
    assert kept["mtnlg-plain"]["measured"] == pytest.approx(100 * 65.43 * 6 * 530 / (312 * 2240))
    assert kept["flops-plain"]["measured"] == pytest.approx(6 * 540 * 780 / 1000)


def test_the_library_counts_palm_as_its_paper_does():
    shape = Transformer(
        width=4096,
        depth=32,
        heads=16,
        head_width=256,
        kv_heads=1,
        mlp_width=16384,
        vocabulary=256_000,
        context=2048,
        gated=True,
        learned_positions=False,
        biases=False,
    )
    assert round(shape.n_params("matrices + head") / 1e9, 2) == 8.63
    assert round(shape.flops_per_token("6N + head + 12 L d n_ctx") / 1e12, 4) == 0.0550


def test_shares_of_tasks(kept):
    found = np.array(list(jumps(load("bigbench_bigg")).values()))
    assert kept["bigg-10"]["measured"] == pytest.approx((found > 0.1).mean())
    assert kept["bigg-20"]["measured"] == pytest.approx((found > 0.2).mean())
    assert kept["bigg-symmetry"]["measured"] == pytest.approx((found > 0.1).mean() - (found < -0.1).mean())
    lite = load("palm_bigbench_lite")
    by_hand = [
        round(c - b - (b - a), 9)
        for a, b, c in zip(lite.score_8B, lite.score_62B, lite.score_540B, strict=True)
    ]
    assert kept["lite-10"]["measured"] == pytest.approx(np.mean(np.array(by_hand) > 10))
    low, high = stats.beta.ppf(0.025, 5, 20), stats.beta.ppf(0.975, 6, 19)
    assert (kept["lite-10"]["low"], kept["lite-10"]["high"]) == pytest.approx((low, high))


def test_straight_lines_are_those_of_a_bounded_least_squares(bigg):
    ratio = 1.28
    design = np.array([[1, 0], [ratio / (1 + ratio), 1 / (1 + ratio)], [0, 1]])
    rows = bigg.accuracy[:, 9:]
    theirs = [design @ optimize.lsq_linear(design, row, bounds=(0, 1), tol=1e-14).x for row in rows]
    assert nulls.straight(rows, ratio) == pytest.approx(np.array(theirs), abs=1e-6)
    assert nulls.discontinuity(nulls.straight(rows, ratio), ratio) == pytest.approx(0, abs=1e-12)


def test_noise_of_answers_drawn_apart_is_the_exact_one(kept):
    lite = load("palm_bigbench_lite")
    scores = lite.filter(like="score").to_numpy() / 100
    design = np.array([[1, 0], [0.5, 0.5], [0, 1]])
    above = 0.0
    for row, n in zip(scores, lite.n_questions, strict=True):
        line = design @ optimize.lsq_linear(design, row, bounds=(0, 1), tol=1e-14).x
        if n < 600:
            above += exactly_above(np.clip(line, 0, 1), int(n), 0.1)
        else:
            sd = math.sqrt((line * (1 - line) * [1, 4, 1]).sum() / n)
            above += stats.norm.sf(0.1 / sd)
    expected = kept["lite-10"]["measured"] - above / len(lite)
    assert kept["lite-null"]["measured"] == pytest.approx(expected, abs=0.003)
    assert nulls.noise_of(0.5, 150) == pytest.approx(0.1)


def rows(counts: np.ndarray) -> np.ndarray:
    """Counts of patterns written out, one row a question."""
    patterns = list(itertools.product((0, 1), repeat=3))
    return np.array([pattern for pattern, n in zip(patterns, counts, strict=True) for _ in range(n)])


def test_noise_of_shared_questions_is_that_of_rows_drawn_again(answers):
    rng = np.random.default_rng(1)
    chosen = (
        answers.query("task == 'date_understanding' and n_params == 8e9").filter(like="right_").to_numpy()
    )
    value = rows(chosen[0]) @ [1, -2, 1]
    found, noise = nulls.with_redrawn_questions(chosen, 1.0, 4000, rng)
    assert found == pytest.approx([value.mean()])
    drawn = np.array([value[rng.integers(len(value), size=len(value))].mean() for _ in range(4000)])
    assert noise.std() == pytest.approx(drawn.std() * math.sqrt(len(value) / (len(value) - 1)), rel=0.05)
    assert noise.std() == pytest.approx(value.std(ddof=1) / math.sqrt(len(value)), rel=0.05)


def test_excess_before_the_largest(answers, bigg, kept):
    """Normal noise of each task's own spread, in place of the bootstrap."""
    each = []
    for k in range(9):
        r = math.log(bigg.sizes[k + 2] / bigg.sizes[k + 1]) / math.log(bigg.sizes[k + 1] / bigg.sizes[k])
        for row in answers[answers.n_params == bigg.sizes[k + 2]].filter(like="right_").to_numpy():
            value = rows(row) @ [r, -1 - r, 1]
            sem = value.std(ddof=1) / math.sqrt(len(value))
            each.append((round(value.mean(), 12) > 0.1) - stats.norm.sf(0.1 / max(sem, 1e-12)))
    assert kept["bigg-earlier"]["measured"] == pytest.approx(np.mean(each), abs=0.01)


def test_answers_agree_with_the_accuracies(answers, bigg):
    where = {name: row for row, name in enumerate(bigg.names)}
    for each in answers.itertuples(index=False):
        k = list(bigg.sizes).index(each.n_params)
        ours = rows(np.array(each[4:], int)).mean(axis=0)
        assert ours == pytest.approx(bigg.accuracy[where[each.task], k - 2 : k + 1])


def test_the_largest_answers_other_questions(answers):
    linked = tasks.correlations(tasks.counted(answers))
    # Tasks that are ordered by their parts keep a link: their parts are as easy for one model as for another.
    assert min(linked[2:-1]) > 0.4
    assert abs(linked[-1]) < 0.1
    for size, low, high in ((2.7e10, 0, 1e-6), (1.28e11, 0.01, 1)):
        row = answers[(answers.task == "qa_wikidata") & (answers.n_params == size)].filter(like="right_")
        middle, large = rows(row.to_numpy()[0])[:, 1:].T
        assert low <= stats.chi2_contingency(pd.crosstab(middle, large)).pvalue <= high


def test_links_are_correlations_of_rows(every, bigg):
    links = pd.Series(tasks.links(every, np.array([1e9, 8e9, 1.28e11]), bigg.names), bigg.names)
    both = (
        every.query("n_params_small == 1e9 and n_params_middle == 8e9")
        .set_index("task")
        .filter(like="right_")
    )
    for task in ("date_understanding", "qa_wikidata"):
        small, middle, _ = rows(both.loc[task].to_numpy()).T
        assert links[task] == pytest.approx(np.corrcoef(small, middle)[0, 1])
    assert links["strange_stories"] == pytest.approx(links.median(), abs=0.05)  # not counted
    with pytest.raises(ValueError, match="does not hold the sizes"):
        tasks.links(every, np.array([2e6, 8e9, 1.28e11]), bigg.names)


def test_linked_models_answer_alike():
    """Chances and spread of linked answers, against the moments of two correlated coins; and the bounds of a link."""
    rng, chances, asked = np.random.default_rng(3), np.array([[0.3, 0.4, 0.6]]), np.array([[50, 50, 80]])
    drawn = nulls.answered(chances, asked, 40_000, rng, 0.5)[:, 0]
    assert drawn.mean(axis=0) == pytest.approx(chances[0], abs=0.003)
    spread = np.sqrt(chances[0] * (1 - chances[0]) / asked[0])
    assert drawn.std(axis=0) == pytest.approx(spread, rel=0.03)
    assert np.corrcoef(drawn.T)[np.triu_indices(3, 1)] == pytest.approx([0.5, 0, 0], abs=0.03)
    alike = nulls.answered(np.array([[0.3, 0.3, 0.5]]), asked, 100, rng, 1.0)[:, 0]
    assert (alike[:, 0] == alike[:, 1]).all()
    certain = nulls.answered(np.array([[0.0, 1.0, 0.0]]), asked, 10, rng, 0.5)[:, 0]
    assert (certain == [0, 1, 0]).all()


def test_noise_of_a_linked_base_is_smaller_as_the_moments_say(every, bigg, kept):
    """Normal noise about the line with the variance of two correlated coins and a third, in place of draws."""
    ratio = math.log(128 / 27) / math.log(27 / 8)
    links = tasks.links(every, bigg.sizes[9:], bigg.names)
    above = []
    for p, n, link in zip(
        nulls.straight(bigg.accuracy[:, 9:], ratio), bigg.questions[:, 9:], links, strict=True
    ):
        sd = np.sqrt(p * (1 - p) / n)
        variance = (sd**2 * [ratio**2, (1 + ratio) ** 2, 1]).sum() - 2 * ratio * (1 + ratio) * link * sd[
            0
        ] * sd[1]
        above.append(stats.norm.sf(0.1 / max(math.sqrt(max(variance, 0)), 1e-9)))
    expected = kept["bigg-10"]["measured"] - np.mean(above)
    assert kept["bigg-null"]["measured"] == pytest.approx(expected, abs=0.02)


def test_a_trend_is_that_of_a_plain_regression(bigg):
    beyond = tasks.beyond_trend(bigg.sizes, bigg.accuracy, slice(3, 10))
    line = stats.linregress(np.log(bigg.sizes[3:10]), bigg.accuracy[7, 3:10])
    assert beyond[7] == pytest.approx(bigg.accuracy[7] - line.intercept - line.slope * np.log(bigg.sizes))


def test_smooth_curves_are_nearly_the_likeliest(bigg):
    """Of the logistic curves that an optimiser finds, none is likelier by more than a grid's step costs."""
    right = (bigg.accuracy * bigg.questions).round()
    chances = smooth.likeliest(bigg.sizes, right, bigg.questions, bigg.guess, 2)

    def height(p, row):
        return stats.binom.logpmf(right[row], bigg.questions[row], np.clip(p, 1e-9, 1 - 1e-9)).sum()

    for row in range(0, len(right), 6):

        def loss(p, row=row):
            return -height(smooth.curve(bigg.sizes, bigg.guess[row], p[0], p[1]), row)

        starts = itertools.product((8, 10, 12, 16), (2.5, 6, 20))
        best = min(
            optimize.minimize(loss, start, method="Nelder-Mead", bounds=[(3.3, 22.9), (2, 40)]).fun
            for start in starts
        )
        assert height(chances[row], row) > -best - 0.2


def test_worlds_do_what_they_say(answers):
    rng = np.random.default_rng(2)
    flat = np.full((500, 3), 0.3)
    assert worlds.changed(flat, 0.1, 0.0, rng)[:, 1] == pytest.approx(0.2)
    jumping = worlds.changed(flat, 0.0, 0.2, rng)
    assert set(jumping[:, 2].round(3)) == {0.3, 0.65}
    counts = tasks.counted(answers)
    dealt = worlds.exchanged(counts, rng)
    ones = np.array([sum(pattern) for pattern in itertools.product((0, 1), repeat=3)])
    for right in range(4):
        assert (dealt[..., ones == right].sum(-1) == counts[..., ones == right].sum(-1)).all()
    first, last = (dealt @ nulls.PATTERNS[:, k] for k in (0, 2))
    assert first.sum() == pytest.approx(last.sum(), rel=0.02)
    more = worlds.jumped(dealt, 1.0, rng)
    assert (more.sum(axis=-1) == dealt.sum(axis=-1)).all()
    wrong = dealt.sum() - last.sum()
    assert (more @ nulls.PATTERNS[:, 2]).sum() - last.sum() == pytest.approx(wrong / 2, rel=0.02)
    assert (worlds.jumped(dealt, 0.0, rng) == dealt).all()


def test_a_tie_is_not_above_whatever_the_last_bit():
    """Exactly ten points, one bit above or below: neither a rise nor a fall, alone or with shared questions."""
    large = np.array([np.nextafter(0.3, 0), 0.3, np.nextafter(0.3, 1), 0.30001])
    rise = np.stack([np.full(4, 0.2), np.full(4, 0.2), large], axis=1)
    ratio = math.log(128 / 27) / math.log(27 / 8)
    for sign, accuracy in ((1, rise), (-1, 1 - rise)):
        found = nulls.discontinuity(accuracy, ratio)
        assert (nulls.symmetry(found) == [0, 0, 0, sign]).all()
        assert (nulls.excess(found, np.zeros((2, 4))) == [0, 0, 0, sign == 1]).all()
    third = nulls.discontinuity(np.array([[0.4, 0.4, 0.4 + 1 / 15]]), 1.0), np.full((1, 1), -1 / 15)
    for each, tie in zip(nulls.stretched(third, 2 / 3), (0.1, -0.1), strict=True):
        assert (each == tie).all()
    # Of n questions only the largest has a tenth right, or a tenth plus one.
    n = np.arange(10, 200, 10)
    counts = np.zeros((2, len(n), 8), int)
    counts[..., 1] = n // 10 + np.array([[0], [1]])
    counts[..., 0] = n - counts[..., 1]
    for each, above in zip(counts, (False, True), strict=True):
        found, noise = nulls.with_redrawn_questions(each, ratio, 50, np.random.default_rng(4))
        assert ((found > nulls.POINTS) == above).all()
        assert (noise == noise.round(nulls.DIGITS)).all()


def test_bad_sizes_get_a_clear_error():
    with pytest.raises(ValueError, match="three ascending sizes"):
        nulls.step_ratio(np.array([8e9, 8e9, 1e11]))
