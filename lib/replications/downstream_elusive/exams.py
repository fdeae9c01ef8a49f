"""Scores of whole exams against compute: how close they follow it, and what a finite exam takes from that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from scalinglaws.correlation import correlation, rank_correlation
from scalinglaws.uncertainty import Estimate, cluster_resamples, from_draws, of_mean, of_share

#: How close scores follow compute: from x of shape (runs,) and y of shape (..., runs) to shape (...).
Closeness = Callable[[np.ndarray, np.ndarray], np.ndarray]


def trend(x: np.ndarray, y: np.ndarray, degree: int = 2) -> np.ndarray:
    """The least-squares polynomial in x at each x, shape (..., n) as y; x and y in any unit."""
    powers = np.vander((x - x.mean()) / x.std(), degree + 1)
    return y @ (powers @ np.linalg.pinv(powers)).T


def r2(x: np.ndarray, y: np.ndarray, degree: int = 2) -> np.ndarray:
    """Share of the variance of y along its last axis that a polynomial in x explains, shape (...)."""
    return 1 - (y - trend(x, y, degree)).var(-1) / y.var(-1)


def line(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """As `r2`, of a straight line."""
    return r2(x, y, 1)


def cubic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """As `r2`, of a polynomial of degree 3."""
    return r2(x, y, 3)


def rank(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Size of Spearman's rank correlation of x with y along its last axis, shape (...)."""
    return abs(rank_correlation(x, y))


def noise_of_reruns(first: np.ndarray, again: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Variance of accuracy between two runs of one recipe, over the binomial variance of the exam.

    Parameters
    ----------
    first, again
        Accuracies, shape (..., exams, recipes).
    n
        Questions of each exam, shape (exams,).

    Returns
    -------
    ndarray
        One ratio an exam, shape (..., exams); 1 if each answer were drawn by itself.
    """
    mean = (first + again) / 2
    return ((first - again) ** 2 / 2).sum(-1) / (mean * (1 - mean)).sum(-1) * n


@dataclass(frozen=True)
class Ladder:
    """Scores of the same runs in several exams.

    Parameters
    ----------
    x
        log10 of compute (FLOP), shape (runs,).
    bits, soft, accuracy
        log10 of bits per byte, probability over choices, and accuracy, shape (exams, runs).
    n
        Questions, shape (exams,).
    twice
        Accuracy of the runs that were repeated, and of their repetitions, shape (2, exams, recipes).
    names, benchmarks
        Of each exam, and of the benchmark it belongs to, shape (exams,).
    """

    x: np.ndarray
    bits: np.ndarray
    soft: np.ndarray
    accuracy: np.ndarray
    n: np.ndarray
    twice: np.ndarray
    names: np.ndarray
    benchmarks: np.ndarray

    @property
    def rerun(self) -> np.ndarray:
        """Noise of repeated runs over the binomial one, shape (exams,)."""
        return noise_of_reruns(*self.twice, self.n)

    def only(self, kept: np.ndarray) -> Ladder:
        """The exams of a mask."""
        parts = ("bits", "soft", "accuracy", "n", "names", "benchmarks")
        return replace(self, twice=self.twice[:, kept], **{part: getattr(self, part)[kept] for part in parts})

    def binomial_share(self) -> np.ndarray:
        """Mean binomial variance of accuracy over its variance between runs, shape (exams,)."""
        return (self.accuracy * (1 - self.accuracy)).mean(1) / self.n / self.accuracy.var(1)

    def as_close_as_bits(self) -> np.ndarray:
        """Accuracies on their own trend that scatter about it as bits per byte do, shape (exams, runs).

        Their R2 with compute is that of bits per byte: nothing is lost on the way.
        """
        on, of = trend(self.x, self.accuracy), trend(self.x, self.bits)
        scale = on.std(1, keepdims=True) / of.std(1, keepdims=True)
        return np.clip(on - (self.bits - of) * scale, 1e-3, 1 - 1e-3)

    def examined(self, true: np.ndarray, ratio: np.ndarray | float, rng: np.random.Generator) -> np.ndarray:
        """True accuracies with the noise of the exams, its variance `ratio` times the binomial one."""
        n = self.n[:, None]
        return true + rng.standard_normal(true.shape) * np.sqrt(ratio * true * (1 - true) / n)


def benchmark_of(exam: str) -> str:
    """The benchmark of an exam: all of MMLU is one, elsewhere the name without the part of its questions."""
    return "mmlu" if exam.startswith("mmlu") else exam.removesuffix("_val").removesuffix("_test")


def ladder(table: pd.DataFrame, compute: pd.Series, soft: str = "soft") -> Ladder:
    """The scores of a table as arrays, repeated runs apart.

    Parameters
    ----------
    table
        One row a run and exam: run, exam, n_questions, bits_per_byte, accuracy and `soft`.
    compute
        FLOP, a row each.
    soft
        Column that stands between bits per byte and accuracy.
    """
    table = table.assign(x=np.log10(compute), bits=np.log10(table.bits_per_byte))
    repeated = table.run.str.endswith("-rerun")
    again = table[repeated].assign(run=table.run.str.removesuffix("-rerun"))
    first = table[~repeated]
    grid = {c: first.pivot_table(c, "exam", "run") for c in ("bits", soft, "accuracy")}
    accuracy, second = grid["accuracy"], again.pivot_table("accuracy", "exam", "run")
    n = first.groupby("exam").n_questions.first().to_numpy()
    names = accuracy.index.to_numpy()
    return Ladder(
        x=first.groupby("run").x.first().to_numpy(),
        bits=grid["bits"].to_numpy(),
        soft=grid[soft].to_numpy(),
        accuracy=accuracy.to_numpy(),
        n=n,
        twice=np.stack([accuracy[second.columns].to_numpy(), second.to_numpy()]),
        names=names,
        benchmarks=np.array([benchmark_of(name) for name in names]),
    )


def noise(ladder: Ladder, draws: int, seed: int) -> Estimate:
    """Median over exams of the noise of repeated runs over the binomial one, benchmarks and recipes drawn."""
    rng, recipes = np.random.default_rng([seed, 4]), ladder.twice.shape[-1]
    picks = rng.integers(recipes, size=(draws, recipes))
    rows = cluster_resamples(ladder.benchmarks, draws, np.random.default_rng([seed, 1]))
    each = noise_of_reruns(*np.moveaxis(ladder.twice[:, :, picks], 2, 1), ladder.n)
    found = [np.median(one[i]) for one, i in zip(each, rows, strict=True)]
    return from_draws(np.median(ladder.rerun), found, "benchmarks and recipes drawn again")


def of_exams(values: np.ndarray, ladder: Ladder, draws: int, seed: int) -> Estimate:
    """Median over exams, whole benchmarks drawn again."""
    rows = cluster_resamples(ladder.benchmarks, draws, np.random.default_rng([seed, 1]))
    return from_draws(np.median(values), [np.median(values[i]) for i in rows], "benchmarks drawn again")


def smaller_step(ladder: Ladder, close: Closeness, draws: int, seed: int) -> Estimate:
    """The smaller of the two steps between the medians of three closenesses, benchmarks drawn again."""
    three = np.stack([close(ladder.x, y) for y in (ladder.bits, ladder.soft, ladder.accuracy)])
    rows = cluster_resamples(ladder.benchmarks, draws, np.random.default_rng([seed, 1]))

    def smaller(i):
        return -np.diff(np.median(three[:, i], axis=1)).max()

    return from_draws(smaller(slice(None)), [smaller(i) for i in rows], "benchmarks drawn again")


def losses(ladder: Ladder, close: Closeness = r2) -> np.ndarray:
    """What accuracy loses of closeness to compute against bits per byte, shape (exams,)."""
    return close(ladder.x, ladder.bits) - close(ladder.x, ladder.accuracy)


def wins(ladder: Ladder, close: Closeness = r2, each: str = "benchmarks") -> Estimate:
    """Share of benchmarks (or `names`: of exams) where bits per byte are closer, exact binomial interval."""
    kinds, lost = getattr(ladder, each), losses(ladder, close)
    won = [bool(np.median(lost[kinds == kind]) > 0) for kind in np.unique(kinds)]
    return of_share(sum(won), len(won), "exact binomial")


def beyond(ladder: Ladder, close: Closeness, draws: int, seed: int, *, reruns: bool) -> Estimate:
    """Median loss, less what the noise of finite exams does to accuracies as close as bits per byte.

    Parameters
    ----------
    ladder, close
        The scores, and how closeness is measured.
    draws, seed
        Of benchmarks and of answers, drawn together.
    reruns
        Whether the noise is that of repeated runs, the median over the exams drawn, or binomial.
    """
    rng, lost, true = np.random.default_rng([seed, 2]), losses(ladder, close), ladder.as_close_as_bits()
    reference, found, alone = close(ladder.x, ladder.bits), [], []
    ratios = ladder.rerun if reruns else np.ones(len(ladder.n))
    for i in cluster_resamples(ladder.benchmarks, draws, np.random.default_rng([seed, 1])):
        noisy = ladder.examined(true, np.median(ratios[i]), rng)
        by_noise = reference - close(ladder.x, noisy)
        alone.append(np.median(by_noise))
        found.append(np.median(lost[i]) - np.median(by_noise[i]))
    return from_draws(np.median(lost) - np.mean(alone), found, "benchmarks and answers drawn again")


def pairs(ladder: Ladder) -> list[tuple[str, int, int]]:
    """Name and the rows of the validation and of the test exam of each benchmark that has both."""
    row = {name: k for k, name in enumerate(ladder.names)}
    stems = [str(name).removesuffix("_val") for name in ladder.names if str(name).endswith("_val")]
    return [(s, row[f"{s}_val"], row[f"{s}_test"]) for s in stems if f"{s}_test" in row]


def by_size(ladder: Ladder, close: Closeness = r2) -> pd.DataFrame:
    """What two exams of one benchmark lose, where their sizes differ, and what is left without end.

    The noise of an exam adds to the variance in proportion to `binomial_share`, whatever its
    size for one question; the line through two exams is read where that share is zero.

    Returns
    -------
    DataFrame
        A row a benchmark: questions of both exams, loss of the small one less that of the large
        one, slope of the loss with the binomial share, and loss in an exam without end.
    """
    lost, share, rows = losses(ladder, close), ladder.binomial_share(), {}
    for name, small, large in pairs(ladder):
        if ladder.n[small] < ladder.n[large]:
            apart = lost[small] - lost[large]
            slope = apart / (share[small] - share[large])
            sizes = int(ladder.n[small]), int(ladder.n[large])
            rows[name] = (*sizes, apart, slope, lost[large] - slope * share[large])
    columns = ["small", "large", "small less large", "slope", "without end"]
    return pd.DataFrame.from_dict(rows, "index", columns=columns)


def of_means(values: pd.Series, each: str = "benchmarks") -> Estimate:
    """Mean over benchmarks of their means, or over `pairs` of exams, by stem of their names; Student's interval."""
    values = values.groupby(benchmark_of).mean() if each == "benchmarks" else values
    return of_mean(values, f"Student's, over {each}")


def of_pairs(ladder: Ladder, close: Closeness = r2, each: str = "benchmarks") -> dict[str, Estimate]:
    """The claims about two exams of one benchmark: means of `by_size`, as `of_means` takes them."""
    found = by_size(ladder, close)
    columns = {"exam-size": "small less large", "infinite-exam": "without end"}
    return {id: of_means(found[c], each) for id, c in columns.items()}


def of_medians(ladder: Ladder, close: Closeness, draws: int, seed: int) -> dict[str, Estimate]:
    """The claims about medians over the exams, and the share of the benchmarks."""
    return {
        "loss": of_exams(losses(ladder, close), ladder, draws, seed),
        "wins": wins(ladder, close),
        "steps": smaller_step(ladder, close, draws, seed),
        "beyond-binomial": beyond(ladder, close, draws, seed, reruns=False),
        "beyond-reruns": beyond(ladder, close, draws, seed, reruns=True),
    }


def left_over(ladder: Ladder, y: np.ndarray, degree: int = 2) -> np.ndarray:
    """What a polynomial in log bits per byte leaves of y, exam by exam, shape (exams, runs)."""
    return np.stack([v - trend(b, v, degree) for b, v in zip(ladder.bits, y, strict=True)])


def across(ladder: Ladder, degree: int = 2) -> pd.Series:
    """Correlation of what is left of accuracy in one exam of a benchmark and of `soft` in the other, by pair."""
    hard, soft = (left_over(ladder, y, degree) for y in (ladder.accuracy, ladder.soft))
    both = {stem: correlation(hard[[a, b]], soft[[b, a]]).mean() for stem, a, b in pairs(ladder)}
    return pd.Series(both)


def across_strangers(ladder: Ladder, degree: int = 2) -> float:
    """The correlation of `across` between exams of different benchmarks, mean of all such pairs.

    It is what two exams share because the same runs sat them, whatever was asked.
    """
    hard, soft = (left_over(ladder, y, degree) for y in (ladder.accuracy, ladder.soft))
    strangers = ladder.benchmarks[:, None] != ladder.benchmarks
    return float(correlation(hard[:, None], soft[None])[strangers].mean())


def wrong_mass(
    ladder: Ladder, draws: int, seed: int, degree: int = 2, each: str = "benchmarks"
) -> tuple[dict[str, Estimate], np.ndarray]:
    """Correlation of what bits per byte leave of accuracy and of probability over choices.

    Returns
    -------
    (dict, ndarray)
        By claim: the median over benchmarks, within one exam, and the mean of `across`, as
        `of_means` takes it; and the correlation in each exam.
    """
    hard, soft = (left_over(ladder, y, degree) for y in (ladder.accuracy, ladder.soft))
    within, kinds = correlation(hard, soft), np.unique(ladder.benchmarks)
    medians = np.array([np.median(within[ladder.benchmarks == kind]) for kind in kinds])
    picks = np.random.default_rng([seed, 3]).integers(len(kinds), size=(draws, len(kinds)))
    median = from_draws(np.median(medians), np.median(medians[picks], axis=1), "benchmarks drawn again")
    return {"wrong-mass": median, "wrong-mass-across": of_means(across(ladder, degree), each)}, within
