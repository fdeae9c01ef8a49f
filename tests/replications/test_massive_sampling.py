"""Massive sampling: rates by groupby, lines by scipy's regression, coverage by its distribution, votes by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.massive_sampling import coverage, predictions, rates, votes, worlds
from scalinglaws import load
from scalinglaws.claims import verdicts

KS = np.unique(np.round(np.geomspace(1, 10_000, 41)).astype(int))


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("44_massive_sampling")["verdicts"]}


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    """One row a checkpoint of the grid, its rate the mean of the problems' shares, by sums of the rows."""
    grid = load("pythia_gsm8k_counts")
    sums = grid.assign(rate=grid.problems * grid.n_correct / grid.n_samples)
    sums = sums.groupby(["n_params", "n_tokens"])[["rate", "problems"]].sum()
    return sums.assign(rate=sums.rate / sums.problems).reset_index()


@pytest.fixture(scope="module")
def math() -> pd.DataFrame:
    """Right answers of 10,000, a row a problem and a column a model."""
    return load("pythia_math_counts").pivot_table("n_correct", "problem", "n_params")


def bent(rate) -> np.ndarray:
    return np.log(-np.log(np.asarray(rate)))


def too_high(sizes, rate) -> float:
    """Predicted over measured rate of the last model, less one, by scipy's regression of the others."""
    line = stats.linregress(np.log(sizes[:-1]), bent(rate[:-1]))
    return float(np.exp(-np.exp(line.intercept + line.slope * np.log(sizes[-1]))) / rate[-1] - 1)


def twenty(cells: pd.DataFrame) -> pd.DataFrame:
    """Of each size the checkpoint nearest to 20 tokens a parameter, by sorting."""
    off = np.abs(np.log(cells.n_tokens) - np.log(cells.n_params) - np.log(20))
    return cells.assign(off=off).sort_values("off").drop_duplicates("n_params").sort_values("n_params")


def covered(correct: np.ndarray) -> np.ndarray:
    """Coverage at each of KS, by the chance of no right one among k drawn without replacement."""
    return np.array([np.mean(1 - stats.hypergeom.pmf(0, 10_000, correct, k)) for k in KS])


def test_the_order_below_resolution(cells, kept):
    hidden = cells[cells.rate < 1 / 128]
    assert len(hidden) == 61
    compute = hidden.n_params.astype(float) * hidden.n_tokens
    assert stats.spearmanr(compute, hidden.rate)[0] == pytest.approx(kept["resolution"]["measured"])
    by_budget = [
        stats.spearmanr(part.n_params, part.rate)[0]
        for _, part in hidden.groupby("n_tokens")
        if len(part) >= 4
    ]
    assert len(by_budget) == 6
    assert np.mean(by_budget) == pytest.approx(kept["resolution-size"]["measured"])


def test_the_largest_model_is_predicted_too_high(cells, math, kept):
    last, alike = cells[cells.n_tokens == 300_000_000_000], twenty(cells)
    for id, sizes, rate in (
        ("strict-math", math.columns.to_numpy(float), math.mean().to_numpy() / 10_000),
        ("strict-gsm8k", last.n_params.to_numpy(float), last.rate.to_numpy()),
        ("strict-recipe", alike.n_params.to_numpy(float), alike.rate.to_numpy()),
    ):
        off = too_high(sizes, rate)
        assert off > 0
        assert off == pytest.approx(kept[id]["measured"], rel=1e-9)


def test_problems_decide_how_far_off_the_law_is_on_math(math, kept):
    """The interval by drawing problems in a loop, with another seed: it holds misses of 15 % and of 70 %."""
    rng = np.random.default_rng(11)
    sizes, table = math.columns.to_numpy(float), math.to_numpy() / 10_000
    drawn = [
        abs(too_high(sizes, table[rng.integers(len(table), size=len(table))].mean(axis=0)))
        for _ in range(600)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert low == pytest.approx(kept["strict-math"]["low"], abs=0.06)
    assert high == pytest.approx(kept["strict-math"]["high"], abs=0.1)
    assert low < 0.15 < 0.7 < high


def by_likelihood(x, right, sampled) -> float:
    """The rate foretold at the last x by binomial likelihood of the others, by scipy's bounded optimiser."""
    if not right[:-1].any():
        return 0.0
    middle = x[:-1].mean()

    def loss(level_and_slope):
        hazard = np.exp(level_and_slope[0] + level_and_slope[1] * (x[:-1] - middle))
        each = right[:-1] * hazard - (sampled[:-1] - right[:-1]) * np.log(-np.expm1(-hazard))
        return each.sum() / right[:-1].sum()

    starts = ([1.5, -0.1], [2.2, -0.5])
    found = [
        optimize.minimize(loss, s, method="L-BFGS-B", bounds=[(-8, 8), (-1, 1)], options={"ftol": 1e-13})
        for s in starts
    ]
    level, slope = min(found, key=lambda f: f.fun).x
    return float(np.exp(-np.exp(level + slope * (x[-1] - middle))))


def test_a_law_for_each_problem_by_another_optimiser(math, kept):
    table = rates.every_problem(load("pythia_gsm8k_counts"))
    table = table[table.n_tokens == 300_000_000_000]
    gsm = [table.pivot_table(c, "n_params", "problem", aggfunc="sum") for c in ("n_correct", "n_samples")]
    for id, right, sampled in (
        ("instance-math", math.T, math.T * 0 + 10_000),
        ("instance-gsm8k", *gsm),
    ):
        x = np.log(right.index.to_numpy(float))
        right, sampled = right.to_numpy(float), sampled.to_numpy(float)
        said = np.mean([by_likelihood(x, r, n) for r, n in zip(right.T, sampled.T, strict=True)])
        off = said / np.mean(right[-1] / sampled[-1]) - 1
        assert off > 0.15
        assert off == pytest.approx(kept[id]["measured"], rel=0.01)


@pytest.mark.parametrize("how", ["likelihood", "half", "solved"])
def test_a_law_for_each_problem_finds_a_law_that_is_there(how):
    sizes = np.array([1e8, 3e8, 1e9, 3e9, 1e10])
    level, slope = np.array([3.5, 4.5, 5.5]), np.array([-0.1, -0.15, -0.2])
    exact = np.exp(-np.exp(level + np.multiply.outer(np.log(sizes), slope)))
    sampled = np.full(exact.shape, 10**12)
    said = predictions.foretold(sizes, np.round(exact * sampled), sampled, how)
    assert said == pytest.approx(exact[-1], rel=1e-3)
    with pytest.raises(ValueError, match="likelihood, half or solved"):
        predictions.foretold(sizes, exact, sampled, "best")


def test_a_problem_that_none_of_the_smaller_models_solved_is_foretold_nothing():
    right, sampled = np.array([[0, 0], [0, 3], [9, 9]]), np.full((3, 2), 100)
    said = predictions.foretold(np.array([1e8, 1e9, 1e10]), right, sampled)
    assert said[0] == 0
    assert said[1] > 0.03


def test_a_law_with_a_constant_by_another_optimiser(math):
    sizes, rate = math.columns.to_numpy(float), math.mean().to_numpy() / 10_000
    x, y = np.log(sizes / 1e9), -np.log(rate)
    law = lambda x, log_c, a, d: np.exp(log_c - a * x) + d  # noqa: E731
    found, _ = optimize.curve_fit(law, x[:-1], y[:-1], [1, 0.3, 2], maxfev=20_000)
    off = abs(np.exp(-law(x[-1], *found)) / rate[-1] - 1)
    assert predictions.with_constant(sizes, rate) == pytest.approx(off, abs=0.01)
    assert off == pytest.approx(0.06, abs=0.01)


def test_sizes_are_in_order_at_equal_tokens_per_parameter(cells):
    found = []
    for ratio in (5, 10, 20, 40):
        off = np.abs(np.log(cells.n_tokens / cells.n_params / ratio))
        part = cells.assign(off=off).sort_values("off").drop_duplicates("n_params")
        part = part[part.rate < 1 / 128]
        found.append(stats.spearmanr(part.n_params, part.rate)[0])
    assert np.mean(found) == pytest.approx(0.98, abs=0.005)


def test_a_logit_normal_distribution_is_found_again():
    rng = np.random.default_rng(8)
    rate = 1 / (1 + np.exp(-(-6 + 2.5 * rng.standard_normal(4000))))
    mean, sd = worlds.logit_normal_fitted(10_000, rng.binomial(10_000, rate))
    assert (mean, sd) == pytest.approx((-6, 2.5), abs=0.15)


def test_how_much_a_line_explains(cells, math, kept):
    of_math = stats.linregress(np.log(math.columns.to_numpy(float)), bent(math.mean() / 10_000))
    assert of_math.rvalue**2 == pytest.approx(kept["f-linear-size"]["measured"])
    some = cells[cells.rate > 0]
    assert len(some) == 79
    of_all = stats.linregress(np.log(some.n_params) + np.log(some.n_tokens), bent(some.rate))
    assert of_all.rvalue**2 == pytest.approx(kept["f-linear-compute"]["measured"])


def test_a_hit_of_a_tenth_of_a_per_cent_is_luck_among_46(cells, math):
    series = [(math.columns.to_numpy(float), math.mean().to_numpy() / 10_000)]
    for _, part in cells[cells.n_tokens >= 5e8].groupby("n_tokens"):
        series.append((part.n_params.to_numpy(float), part.rate.to_numpy()))
    off = np.sort([abs(too_high(n[: k + 1], p[: k + 1])) for n, p in series for k in range(3, len(n))])
    assert len(off) == 46
    assert (off < 0.05).sum() == 5
    assert (off < 0.001).sum() == 3
    assert np.median(off) == pytest.approx(0.90, abs=0.005)


def test_the_law_of_coverage_and_its_forecast(math, kept):
    few = KS <= 100
    explains, off = [], {"law": [], "logit": [], "probit": []}
    for correct in math.to_numpy().T:
        seen = covered(correct)
        explains.append(stats.linregress(np.log(KS), bent(seen)).rvalue ** 2)
        for name, there, back in (
            ("law", bent, lambda y: np.exp(-np.exp(y))),
            ("logit", lambda c: np.log(c / (1 - c)), lambda y: 1 / (1 + np.exp(-y))),
            ("probit", stats.norm.ppf, stats.norm.cdf),
        ):
            line = stats.linregress(np.log(KS[few]), there(seen[few]))
            off[name].append(abs(back(line.intercept + line.slope * np.log(KS[-1])) - seen[-1]))
    assert min(explains) == pytest.approx(kept["coverage-law"]["measured"], abs=1e-8)
    assert max(off["law"]) == pytest.approx(kept["coverage-predict"]["measured"], abs=1e-6)
    law, logit, probit = (np.mean(each) for each in off.values())
    assert law - min(logit, probit) == pytest.approx(kept["coverage-rival"]["measured"], abs=1e-6)


def test_the_exponent_follows_from_a_beta_distribution_by_another_optimiser(math, kept):
    apart, tail = [], []
    for correct in math.to_numpy().T:
        found = optimize.minimize(
            lambda p, c=correct: -stats.betabinom.logpmf(c, 10_000, *np.exp(p)).sum(),
            np.log([0.2, 20]),
            method="Nelder-Mead",
            options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 2000},
        )
        a, b = np.exp(found.x)
        assert (a, b) == pytest.approx(coverage.beta_fitted(10_000, correct), rel=1e-4)
        # The chance of no right answer among k, as the beta function's ratio, product by product.
        none = np.cumsum(np.log1p(-a / (a + b + np.arange(10_000))))[KS - 1]
        implied = stats.linregress(np.log(KS), bent(1 - np.exp(none))).slope
        fitted = stats.linregress(np.log(KS), bent(covered(correct))).slope
        apart.append(abs(implied / fitted - 1))
        tail.append(abs(a / -fitted - 1))
    assert max(tail) == pytest.approx(kept["mechanism-tail"]["measured"], abs=1e-4)
    assert max(apart) == pytest.approx(kept["mechanism"]["measured"], abs=1e-4)


def test_a_majority_and_a_guess_by_hand(kept):
    table = load("cot20_votes")
    found = []
    for row in table.itertuples():
        wrong = [row.wrong_1, row.wrong_2, row.wrong_3, row.wrong_4]
        most = max(row.right, *wrong)
        winners = [row.right == most, *(w == most for w in wrong)]
        found.append(
            (
                row.right / 20,
                winners[0] / sum(winners) if most else 0,
                row.right > 0,
                1 - (1 - 1 / row.options) ** 20,
            )
        )
    scores = table[["model", "test"]].assign(
        **dict(zip(("one", "most", "any", "guess"), zip(*found, strict=True), strict=True))
    )
    pairs = scores.groupby(["model", "test"]).mean()
    mean = pairs.mean()
    share = (mean.most - mean.one) / (mean["any"] - mean.one)
    assert share == pytest.approx(kept["maj-gap"]["measured"])
    assert mean["any"] - mean.guess == pytest.approx(-0.029, abs=5e-4)
    assert (pairs["any"] > pairs.guess).sum() == 6
    assert kept["guessing"]["measured"] == pytest.approx(6 / 44)
    # Blind guesses, drawn: a share of pairs above their own mean that is not one half.
    rng = np.random.default_rng(3)
    above = []
    for _, part in table.groupby(["model", "test"]):
        m, n = part.options.iloc[0], len(part)
        covered_by = rng.binomial(n, 1 - (1 - 1 / m) ** 20, size=4000) / n
        above.append((covered_by > 1 - (1 - 1 / m) ** 20).mean())
    scored = votes.scores(table)
    assert votes.above_by_chance(scored) == pytest.approx(np.mean(above), abs=0.005)


def test_a_majority_without_a_vote_for_the_right_answer_is_never_right():
    right, wrong = np.array([0, 0, 2, 3]), np.array([[0, 2, 2, 1], [0, 0, 1, 1]])
    assert votes.majority(right, wrong).tolist() == [0, 0, 0.5, 1]


def test_coverage_of_k_agrees_with_drawing_k():
    rng = np.random.default_rng(2)
    drawn = rng.hypergeometric(3, 17, 5, size=200_000)
    assert coverage.pass_at_k(20, 3, np.array([5]))[0] == pytest.approx(np.mean(drawn > 0), abs=0.004)
    with pytest.raises(ValueError, match="21 samples cannot be had from 20"):
        coverage.pass_at_k(20, 3, np.array([21]))


def test_nearly_equal_problems_have_a_narrow_beta_distribution_and_equal_ones_none():
    ks = np.array([1, 3, 10, 30])
    nearly = np.repeat([88, 100, 112], [20, 10, 20])
    a, b = coverage.beta_fitted(1000, nearly)
    assert a / (a + b) == pytest.approx(0.1, abs=1e-4)
    # What counts vary by beyond binomial draws is what the rates themselves vary by.
    between = (nearly.var() - 1000 * 0.1 * 0.9) / (1000 * 999)
    assert a * b / (a + b) ** 2 / (a + b + 1) == pytest.approx(between, rel=0.1)
    assert coverage.beta_coverage(a, b, ks) == pytest.approx(1 - 0.9**ks, abs=2e-3)
    for equal in (np.full(50, 100), np.repeat([95, 105], 25)):
        with pytest.raises(ValueError, match="no more than those of equal problems"):
            coverage.beta_fitted(1000, equal)


def test_stopping_at_the_first_success_multiplies_a_rate_by_its_logarithm():
    found = rates.estimates_of_rules(1e-2, 400_000, np.random.default_rng(4))
    assert found["stopped at 1 right: right over sampled"] == pytest.approx(-np.log(1e-2) / 0.99, rel=0.02)
    assert found["stopped at 10 right: one less of each"] == pytest.approx(1, abs=0.01)
    assert found["equally many samples: right over sampled"] == pytest.approx(1, abs=0.01)


def test_unsolved_problems_are_taken_apart_again():
    table = load("pythia_gsm8k_counts")
    grid = rates.every_problem(table)
    sizes = grid.groupby(["n_params", "n_tokens"]).problem.agg(["size", "nunique"])
    assert (sizes["size"] == sizes["nunique"]).all()
    assert sizes["size"].value_counts().to_dict() == {128: 80, 30: 1}
    assert grid.n_correct.sum() == table.n_correct.sum()
    assert grid.n_samples.sum() == (table.n_samples * table.problems).sum()


def test_the_smallest_rates_rest_on_a_handful_of_right_answers():
    grid = load("pythia_gsm8k_counts")
    grid = grid.assign(n_samples=grid.n_samples * grid.problems)
    sums = grid.groupby(["n_params", "n_tokens"])[["n_correct", "n_samples"]].sum()
    least = sums.loc[160_000_000, 64_000_000]
    assert least.n_correct == 4
    low, high = stats.beta(4.5, least.n_samples - 3.5).ppf([0.025, 0.975])
    assert (low, high) == pytest.approx((1.7e-7, 1.2e-6), rel=0.05)
    (never,) = [sums.n_correct[sums.n_correct == 0]]
    assert len(never) == 2
