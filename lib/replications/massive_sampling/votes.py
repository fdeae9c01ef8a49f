"""What a majority of sampled answers, and what the best of them, is worth on multiple choice."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from replications.massive_sampling.coverage import pass_at_k

WRONG = ["wrong_1", "wrong_2", "wrong_3", "wrong_4"]


def majority(right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """The chance that the most frequent answer is right, ties broken at random.

    Parameters
    ----------
    right
        Right answers, any shape.
    wrong
        Each of the wrong ones, with one more axis, the first.
    """
    most = wrong.max(axis=0)
    ties = (wrong == right).sum(axis=0)
    return np.where(right > most, 1.0, np.where((right == most) & (right > 0), 1 / (1 + ties), 0.0))


def scores(votes: pd.DataFrame) -> pd.DataFrame:
    """Of each model and question: one answer, the majority, coverage, and coverage by blind guesses.

    Parameters
    ----------
    votes
        As in the table cot20_votes: 20 answers each.
    """
    wrong = votes[WRONG].to_numpy().T
    return votes[["model", "test", "question"]].assign(
        one=votes.right / 20,
        most=majority(votes.right.to_numpy(), wrong),
        any=(votes.right > 0).astype(float),
        guessed=1 - (1 - 1 / votes.options) ** 20,
    )


def pairs(scored: pd.DataFrame) -> pd.DataFrame:
    """Means over questions, a row a model and test."""
    return scored.groupby(["model", "test"], sort=False)[["one", "most", "any", "guessed"]].mean()


def questions_drawn(scored: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Mean over models and tests of each score, questions drawn again within each test.

    A question is drawn for all models at once, since all answered the same ones.

    Returns
    -------
    ndarray
        one, most, any and guessed, shape (4, draws).
    """
    columns = ["one", "most", "any", "guessed"]
    total, n_pairs = np.zeros((4, draws)), 0
    for _, part in scored.groupby("test", sort=False):
        models = part.model.nunique()
        sums = part.groupby("question", sort=False)[columns].sum().to_numpy()
        times = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=draws)
        total += (times @ sums).T / len(sums)
        n_pairs += models
    return total / n_pairs


def above_again(scored: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Share of the pairs of model and test whose coverage exceeds that of guessing, shape (draws,).

    Parameters
    ----------
    scored
        As `scores` gives it; questions are drawn again within each test, for all models at once.
    draws
        Number of draws.
    rng
        Source of randomness.
    """
    above = []
    for _, part in scored.groupby("test", sort=False):
        seen = part.pivot_table("any", "model", "question", aggfunc="sum").fillna(0).to_numpy()
        n = seen.shape[1]
        times = rng.multinomial(n, np.full(n, 1 / n), size=draws).T
        above.append(seen @ times / n > part.guessed.iloc[0])
    return np.concatenate(above).mean(axis=0)


def above_by_chance(scored: pd.DataFrame) -> float:
    """Share of the pairs that blind guesses would put above their own mean coverage.

    With few questions it is not one half: where the mean lies above all but one of the values
    that coverage can take, only a pair that covers every question is above it.
    """
    groups = scored.groupby(["model", "test"]).guessed.agg(["size", "first"])
    return float(
        stats.binom.sf(np.floor(groups["size"] * groups["first"]), groups["size"], groups["first"]).mean()
    )


def over_k(votes: pd.DataFrame, deals: int, rng: np.random.Generator) -> pd.DataFrame:
    """Mean majority and coverage of k of the 20 answers, by model, for k from 1 to 20.

    Parameters
    ----------
    votes
        As in the table cot20_votes.
    deals
        Orders in which the 20 answers are taken.
    rng
        Source of randomness.

    Returns
    -------
    DataFrame
        Index model and k; columns most, any, guessed.
    """
    counts = votes[["right", *WRONG]].to_numpy()
    missing = 20 - counts.sum(axis=1, keepdims=True)
    kinds = np.repeat(np.tile(np.arange(6), len(votes)), np.hstack([counts, missing]).ravel())
    kinds = kinds.reshape(len(votes), 20)
    most = 0
    for _ in range(deals):
        dealt = rng.permuted(kinds, axis=1)
        so_far = np.array([np.cumsum(dealt == kind, axis=1) for kind in range(5)])
        most = most + majority(so_far[0], so_far[1:]) / deals
    # A majority of one is that answer, whose mean needs no dealing.
    most[:, 0] = counts[:, 0] / 20
    # Coverage needs no dealing: k of 20 answers without replacement.
    anyone = pass_at_k(20, counts[:, 0], np.arange(1, 21))
    guessed = 1 - (1 - 1 / votes.options.to_numpy()[:, None]) ** np.arange(1, 21)
    long = {"most": most, "any": anyone, "guessed": guessed}
    index = pd.MultiIndex.from_product([range(len(votes)), range(1, 21)], names=["row", "k"])
    table = pd.DataFrame({name: values.ravel() for name, values in long.items()}, index=index).reset_index()
    table["model"] = votes.model.to_numpy()[table.row]
    return table.groupby(["model", "k"], sort=False)[["most", "any", "guessed"]].mean()
