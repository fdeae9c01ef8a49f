"""Worlds that are made up: the task law exactly true or with scatter, pass rates of known distributions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import optimize, special

from replications.massive_sampling.coverage import apart, tails
from replications.massive_sampling.predictions import miss, task_law
from replications.massive_sampling.rates import bend, on_the_line
from scalinglaws.uncertainty import Estimate, from_draws


def worlds(
    kind: str, means: np.ndarray, fitted: np.ndarray, size: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Pass rates of problems of several models, drawn from one of four kinds of distributions.

    Parameters
    ----------
    kind
        beta, equal (all problems alike), two kinds (one four times as easy), or logit-normal.
    means
        Mean pass rate of each model, for equal and two kinds, shape (models,).
    fitted
        The two parameters of each model's distribution, for beta and logit-normal, which have
        their own means, shape (models, 2).
    size
        Shape of what is drawn for each model.
    rng
        Source of randomness.

    Returns
    -------
    ndarray
        Shape (models, *size).
    """
    size = (len(means), *size)
    first, second, mean = (
        np.reshape(each, (-1, *[1] * (len(size) - 1))) for each in (fitted[:, 0], fitted[:, 1], means)
    )
    if kind == "beta":
        return rng.beta(first, second, size=size)
    if kind == "equal":
        return np.broadcast_to(mean, size)
    if kind == "two kinds":
        return mean * np.where(rng.random(size) < 0.5, 0.4, 1.6)
    return special.expit(first + second * rng.standard_normal(size))


def logit_normal_fitted(n: int, correct: np.ndarray) -> np.ndarray:
    """Mean and standard deviation of the logit of pass rates, of greatest likelihood, shape (2,).

    Parameters
    ----------
    n
        Samples of each problem.
    correct
        Right ones, shape (problems,).

    Raises
    ------
    RuntimeError
        If two starts do not agree.

    Notes
    -----
    The integral over logits is a sum over 1,000 equal steps from -30 to 8.
    """
    logits = np.linspace(-30, 8, 1000)
    c, times = np.unique(correct, return_counts=True)
    terms = c[:, None] * -np.logaddexp(0, -logits) - (n - c[:, None]) * np.logaddexp(0, logits)
    largest = terms.max(axis=1, keepdims=True)
    terms = np.exp(terms - largest)

    def loss(parameters: np.ndarray) -> float:
        mean, log_sd = parameters
        return -float(times @ np.log(terms @ np.exp(-0.5 * ((logits - mean) / np.exp(log_sd)) ** 2 - log_sd)))

    found = [optimize.minimize(loss, start, method="BFGS") for start in ([-6, 0.7], [-9, 1.3])]
    if abs(found[0].fun - found[1].fun) > 1e-4 or np.abs(found[0].x - found[1].x).max() > 1e-2:
        raise RuntimeError("two starts for the logit-normal distribution of pass rates do not agree")
    mean, log_sd = found[0].x
    return np.array([mean, np.exp(log_sd)])


def sampled_worlds(
    kind: str, n: int, correct: np.ndarray, betas: pd.DataFrame, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Right answers among n in worlds of a kind that is fitted to the counts, (models, problems, draws).

    Parameters
    ----------
    kind
        As in `worlds`.
    n, correct
        Samples of each problem, and right ones, shape (models, problems).
    betas
        As `tails` gives them: a and b.
    draws, rng
        Number of worlds, and source of randomness.
    """
    fitted = betas[["a", "b"]].to_numpy()
    if kind == "logit-normal":
        fitted = np.array([logit_normal_fitted(n, each) for each in correct])
    return rng.binomial(n, worlds(kind, correct.mean(axis=1) / n, fitted, (correct.shape[1], draws), rng))


def apart_in(n: int, sampled: np.ndarray, ks: np.ndarray) -> Estimate:
    """`apart` in worlds of counts, of shape (models, problems, worlds); the rest as in `tails`."""
    once = np.ones((sampled.shape[1], 1))
    found = [apart(tails(n, sampled[..., i], ks, once)[0]) for i in range(sampled.shape[-1])]
    return from_draws(np.median(found), found, "worlds")


def of_the_law(
    sizes: np.ndarray, rates: np.ndarray, draws: int, rng: np.random.Generator
) -> dict[str, Estimate]:
    """The miss of the largest model where the task law is true, by where the rest comes from.

    Parameters
    ----------
    sizes, rates
        Parameters, and mean pass rates, shape (models,).
    draws, rng
        Number of worlds, and source of randomness.
    """
    exact, scattered = on_the_line(sizes, rates, draws, rng)
    sampled = rng.binomial(1_280_000, exact[:, None], size=scattered.shape) / 1_280_000
    named = {"law exact, answers sampled": sampled, "law with our scatter": scattered}
    return {how: from_draws(np.median(off := miss(sizes, w)), off, "worlds") for how, w in named.items()}


def beside_worlds(
    sizes: np.ndarray, rates: np.ndarray, off: Estimate, of: Callable, rng: np.random.Generator
) -> dict[str, object]:
    """The miss of the largest model, beside worlds in which the law is true and models scatter as they do.

    Parameters
    ----------
    sizes, rates
        Parameters, and mean pass rates, shape (models,).
    off
        The miss, with its interval.
    of
        Function of sizes and rates, shape (models, worlds), that gives it.
    rng
        Source of randomness.

    Returns
    -------
    dict
        The miss, whether the law says too much, the shares of worlds with one so far or farther and with one within 0.05, and
        the coefficient of the square of log10 size with its p.
    """
    found = of(sizes, on_the_line(sizes, rates, 20_000, rng)[1])
    slope, level = task_law(sizes, rates)
    coefficient, p = bend(np.log10(sizes), np.log(-np.log(rates)))
    return {
        "off by": f"{off:.2f}",
        "too high": np.exp(-np.exp(slope * np.log(sizes[-1]) + level)) > rates[-1],
        "so far or farther": (found >= off.value).mean(),
        "within 0.05": (found < 0.05).mean(),
        "bend": coefficient,
        "p": p,
    }


def at_quantiles(table: pd.DataFrame, a: float, b: tuple[float, float]) -> pd.DataFrame:
    """A table of counts whose problems lie at the quantiles of beta distributions of pass rates.

    Parameters
    ----------
    table
        One row a model and problem: `n_params`, `n_samples` and `n_correct`, which is replaced.
    a
        Exponent of the tail, the same for all models.
    b
        The other parameter, of the smallest and of the largest model; evenly spaced between.
    """
    models = table.groupby("n_params").ngroup()
    share = (table.groupby("n_params").cumcount() + 0.5) / table.groupby("n_params").n_params.transform(
        "size"
    )
    rate = special.betaincinv(a, np.linspace(*b, models.max() + 1)[models], share)
    return table.assign(n_correct=np.round(table.n_samples * rate).astype(int))
