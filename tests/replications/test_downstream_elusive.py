"""The chain of scores: R2 by polyfit, answers drawn one by one, correlations by scipy, slopes by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from replications.downstream_elusive import exams, samples, worlds
from scalinglaws import load
from scalinglaws.claims import verdicts

#: Questions of the exams, as the papers of the benchmarks and their data sets give them.
KNOWN = {
    "arc_challenge_test": 1172,
    "arc_challenge_val": 299,
    "arc_easy_test": 2376,
    "arc_easy_val": 570,
    "boolq_val": 3270,
    "csqa_val": 1221,
    "hellaswag_val": 10042,
    "openbookqa_test": 500,
    "openbookqa_val": 500,
    "piqa_val": 1838,
    "socialiqa_val": 1954,
    "winogrande_val": 1267,
}
SIZES = {"gpt2": [124e6, 355e6, 774e6, 1558e6], "gpt3": [350e6, 1.3e9, 6.7e9, 175e9]}
STEMS = ["arc_challenge", "arc_easy", "mmlu_humanities", "mmlu_other", "mmlu_social_sciences", "mmlu_stem"]


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("43_downstream_elusive")["verdicts"]}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return load("olmo_ladder_chain").assign(
        x=lambda t: np.log10(6 * t.n_params * t.n_tokens), bits=lambda t: np.log10(t.bits_per_byte)
    )


@pytest.fixture(scope="module")
def runs(table) -> dict[str, pd.DataFrame]:
    """The runs that were not repetitions, by exam."""
    return dict(list(table[~table.run.str.contains("rerun")].groupby("exam")))


@pytest.fixture(scope="module")
def ladder(table) -> exams.Ladder:
    return exams.ladder(table, 6 * table.n_params * table.n_tokens)


def r2(x: pd.Series, y: pd.Series) -> float:
    """The share that a parabola explains, as the square of a correlation."""
    return np.corrcoef(np.polyval(np.polyfit(x, y, 2), x), y)[0, 1] ** 2


@pytest.fixture(scope="module")
def closeness(runs) -> pd.DataFrame:
    scores = ["bits", "soft", "accuracy"]
    return pd.DataFrame({exam: {c: r2(t.x, t[c]) for c in scores} for exam, t in runs.items()}).T


def benchmark(exam: str) -> str:
    return "mmlu" if "mmlu" in exam else exam[: exam.rindex("_")]


def over_benchmarks(values: list[float], stems: list[str]) -> tuple[float, float, float]:
    """Student's interval, all of MMLU one benchmark."""
    means = pd.Series(values, stems).groupby(lambda stem: "mmlu" if "mmlu" in stem else stem).mean()
    return student(means)


def test_the_table_has_every_run_in_every_exam_and_the_known_numbers_of_questions(table, runs):
    assert len(runs) == 20 and {len(t) for t in runs.values()} == {25}
    n = table.groupby("exam").n_questions.unique().map(list)
    assert {exam: n[exam] for exam in KNOWN} == {exam: [size] for exam, size in KNOWN.items()}
    right = table.accuracy * table.n_questions
    assert (abs(right - right.round()) < 6e-7 * table.n_questions).all()


def test_the_loss_along_the_chain(closeness, kept):
    lost = closeness.bits - closeness.accuracy
    assert lost.median() == pytest.approx(kept["loss"]["measured"], abs=1e-9)
    won = lost.groupby(benchmark).median() > 0
    assert list(won[~won].index) == ["piqa", "winogrande"]
    assert won.mean() == pytest.approx(kept["wins"]["measured"])
    # Eight of ten: the lower end by the quantile of a beta distribution.
    assert stats.beta.ppf(0.025, 8, 3) == pytest.approx(kept["wins"]["low"], abs=1e-6)
    bits, soft, accuracy = closeness.median()
    assert min(bits - soft, soft - accuracy) == pytest.approx(kept["steps"]["measured"], abs=1e-9)


def test_binomial_answers_would_have_cost_more_than_was_lost(runs, closeness, kept):
    """Answers drawn as counts, where the notebook adds noise with a bell curve."""
    rng, cost = np.random.default_rng(5), {}
    for exam, t in runs.items():
        on, of = (np.polyval(np.polyfit(t.x, t[c], 2), t.x) for c in ("accuracy", "bits"))
        true = np.clip(on - (t.bits - of) * on.std() / of.std(), 1e-3, 1 - 1e-3)
        assert r2(t.x, true) == pytest.approx(closeness.bits[exam], abs=0.002)
        n = int(t.n_questions.iloc[0])
        drawn = rng.binomial(n, true, size=(300, 25)) / n
        cost[exam] = [closeness.bits[exam] - r2(t.x, y) for y in drawn]
    lost = (closeness.bits - closeness.accuracy).median()
    medians = pd.DataFrame(cost).median(axis=1)
    assert lost - medians.mean() == pytest.approx(kept["beyond-binomial"]["measured"], abs=0.003)
    assert (medians > lost).all()


def noise(table: pd.DataFrame) -> pd.Series:
    """Variance between two runs of one recipe over the binomial one, exam by exam."""
    wide = table.assign(recipe=table.run.str.removesuffix("-rerun"), again=table.run.str.endswith("-rerun"))
    wide = wide.pivot_table("accuracy", ["exam", "recipe"], "again").dropna()
    p = wide.mean(axis=1)
    both = pd.DataFrame({"seen": wide.var(axis=1), "binomial": p * (1 - p)}).groupby("exam").sum()
    return both.seen / both.binomial * table.groupby("exam").n_questions.first()


def test_repeated_runs_and_exams_of_unlike_size_agree_on_the_noise(table, runs, closeness, kept):
    of_reruns = noise(table)
    assert of_reruns.median() == pytest.approx(0.264, abs=5e-4) and of_reruns.idxmax() == "boolq_val"
    lost, slopes, ends = closeness.bits - closeness.accuracy, [], []
    share = {
        e: (t.accuracy * (1 - t.accuracy) / t.n_questions).mean() / t.accuracy.var(ddof=0)
        for e, t in runs.items()
    }
    for stem in STEMS:
        both = [f"{stem}_val", f"{stem}_test"]
        slope, end = np.polyfit([share[e] for e in both], [lost[e] for e in both], 1)
        slopes.append(slope)
        ends.append(end)
    assert np.mean(slopes) == pytest.approx(0.265, abs=1e-3)
    assert over_benchmarks(slopes, STEMS)[0] == pytest.approx(0.242, abs=1e-3)
    apart = [lost[f"{s}_val"] - lost[f"{s}_test"] for s in STEMS]
    for id, values in {"infinite-exam": ends, "exam-size": apart}.items():
        claim = [kept[id][end] for end in ("measured", "low", "high")]
        assert over_benchmarks(values, STEMS) == pytest.approx(claim, abs=1e-9)
    # What the noise of repeated runs does, by its first order: variance added to variance.
    worn = {e: closeness.bits[e] * (1 - 1 / (1 + of_reruns.median() * share[e])) for e in runs}
    assert pd.Series(worn).median() == pytest.approx(0.014, abs=0.003)


def test_what_bits_per_byte_leave_goes_together_within_and_across_exams(runs, kept):
    left = {
        (e, c): t.set_index("run")[c] - np.polyval(np.polyfit(t.bits, t[c], 2), t.bits)
        for e, t in runs.items()
        for c in ("accuracy", "soft")
    }
    within = pd.Series({e: stats.pearsonr(left[e, "accuracy"], left[e, "soft"])[0] for e in runs})
    assert within.groupby(benchmark).median().median() == pytest.approx(
        kept["wrong-mass"]["measured"], abs=1e-8
    )
    across = []
    for stem in [*STEMS, "openbookqa"]:
        pair = [f"{stem}_val", f"{stem}_test"]
        both = [left[a, "accuracy"].corr(left[b, "soft"]) for a, b in (pair, pair[::-1])]
        across.append(np.mean(both))
    claim = [kept["wrong-mass-across"][end] for end in ("measured", "low", "high")]
    assert over_benchmarks(across, [*STEMS, "openbookqa"]) == pytest.approx(claim, abs=1e-8)
    strangers = [
        left[a, "accuracy"].corr(left[b, "soft"]) for a in runs for b in runs if benchmark(a) != benchmark(b)
    ]
    assert np.mean(strangers) == pytest.approx(0.009, abs=5e-4)


@pytest.fixture(scope="module")
def questions() -> pd.DataFrame:
    """Correlation of each question's four scores with log size, by numpy one by one."""
    rows = []
    for row in load("gpt_choices").itertuples():
        choices, mass = (
            np.array([getattr(row, f"{w}_{k}") for k in (1, 2, 3, 4)]) for w in ("choices", "mass")
        )
        p_choices = np.exp(choices)
        scores = [choices + mass, p_choices * np.exp(mass), p_choices, 1.0 * (p_choices > 0.5)]
        x = np.log10(SIZES[row.family])
        r = [np.corrcoef(x, y)[0, 1] if np.ptp(y) > 0 else np.nan for y in scores]
        slopes = [
            np.polyfit(x, y, 1)[0] for y in (scores[0], np.log(1 - np.minimum(p_choices, 1 - 1e-6)) + mass)
        ]
        rows.append((row.task, row.shots, row.family, *r, *slopes))
    names = ["task", "shots", "family", "log p", "p", "choices", "accuracy", "right", "wrong"]
    return pd.DataFrame(rows, columns=names)


def student(values: pd.Series) -> tuple[float, float, float]:
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return values.mean(), values.mean() - half, values.mean() + half


def test_the_chain_of_single_questions(questions, kept):
    def above(column: str) -> pd.Series:
        return (
            questions.dropna(subset=column)
            .groupby(["task", "family", "shots"])[column]
            .agg(lambda r: (r > 0.75).mean())
        )

    share = pd.DataFrame({c: above(c) for c in ("log p", "p", "choices", "accuracy")}).fillna(0)
    step = {
        "sample-exp": (share["log p"] - share.p),
        "sample-gpt2": (share.p - share.choices).xs("gpt2", level="family"),
        "sample-gpt3": (share.p - share.choices).xs("gpt3", level="family"),
        "sample-acc": (share.choices - share.accuracy),
    }
    for claim, lost in step.items():
        ours = [kept[claim][end] for end in ("measured", "low", "high")]
        assert student(lost.groupby("task").mean()) == pytest.approx(ours, abs=1e-9)
    reverse = share.loc["boolq", "gpt3", 0]
    assert reverse.p < 0.125 < reverse.choices


def test_slopes_of_right_and_wrong(questions, kept):
    cells = questions.groupby(["task", "family", "shots"])[["right", "wrong"]].apply(
        lambda t: t.right.corr(t.wrong)
    )
    ours = [kept["covary"][end] for end in ("measured", "low", "high")]
    assert student(cells.groupby("task").mean()) == pytest.approx(ours, abs=1e-6)


def test_r_of_four_points_is_spread_evenly_where_there_is_no_relation():
    drawn = np.random.default_rng(3).standard_normal((40_000, 4))
    for sizes in SIZES.values():
        r = samples.pearson(np.log10(sizes), drawn)
        assert stats.kstest(r, stats.uniform(-1, 2).cdf).pvalue > 0.01
        assert (r > 0.75).mean() == pytest.approx(0.125, abs=0.006)


def test_a_loss_is_found_where_nothing_is_lost_but_answers(ladder):
    """The falsification's point, over many worlds: the sign of the loss says nothing of the chain."""
    rng, even = np.random.default_rng(8), ladder.as_close_as_bits()
    worlds = np.broadcast_to(even, (200, *even.shape))
    noisy = exams.r2(ladder.x, ladder.examined(worlds, np.median(ladder.rerun), rng))
    medians = np.median(exams.r2(ladder.x, ladder.bits) - noisy, axis=1)
    assert (medians > 0.005).all() and np.median(medians) == pytest.approx(0.014, abs=0.002)


def test_wrong_options_alone_look_like_the_noise_of_repeated_runs(ladder):
    """The paper's mechanism and nothing else: what is lost goes with more questions, and reruns disagree alike."""
    rng = np.random.default_rng(11)
    many = replace(ladder.only(np.arange(20) < 4), n=np.full(4, 200_000))
    endless = worlds.wrong_options_alone(many, 0.3, rng)
    assert endless.accuracy == pytest.approx(many.as_close_as_bits(), abs=0.006)
    assert abs(exams.losses(endless)).max() < 0.003
    found = [worlds.wrong_options_alone(ladder, 0.3, rng) for _ in range(8)]
    assert np.mean([np.median(exams.losses(world)) for world in found]) == pytest.approx(0.014, abs=0.004)
    slopes = [exams.by_size(world).slope.mean() for world in found]
    # Two runs at even odds disagree with probability arccos(correlation) / pi: half of it over a quarter.
    expected = 2 * np.arccos(1 / (1 + 0.3**2)) / np.pi
    assert expected == pytest.approx(0.26, abs=0.005)
    assert np.mean(slopes) == pytest.approx(expected, abs=0.06)


def test_a_luck_common_to_all_questions_is_found_if_it_is_large(ladder):
    none, large = (worlds.power(ladder, luck, 12, 60, 5) for luck in (0, 0.4))
    assert max(none[c] for c in ("infinite-exam", "beyond-reruns")) <= 0.25 and abs(none["loss"]) < 0.005
    assert min(large[c] for c in ("infinite-exam", "by pairs", "beyond-reruns")) >= 0.75


def test_the_noise_of_reruns_is_known_by_its_benchmarks_and_recipes(ladder):
    found = exams.noise(ladder, 500, 3)
    assert found.value == pytest.approx(0.264, abs=5e-4)
    assert found.low == pytest.approx(0.13, abs=0.02) and found.high == pytest.approx(0.35, abs=0.03)


def test_scores_that_differ_in_their_last_bits_have_no_correlation():
    y = np.array([[0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.3, 0.4]])
    r = samples.pearson(np.arange(4.0), y * (1 + 1e-12 * np.arange(4)))
    assert np.isnan(r[0]) and r[1] == pytest.approx(1)
    assert samples.share_beyond(r) == 1 and samples.share_beyond(r, agreed=True) == 0.5
    assert samples.share_beyond(np.array([np.nan])) == 0
    assert samples.share_beyond(np.array([0.5, -0.1, np.nan]), None) == pytest.approx(0.2)
