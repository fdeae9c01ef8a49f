"""Predictions of the largest model: a task law for each problem, one with a constant, one of log rates.

Arrays of many draws have the draws last, as in `rates`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import optimize

from replications.massive_sampling.rates import (
    draws_of,
    explained,
    mean_rates,
    on_lines,
    pivoted,
)
from scalinglaws.uncertainty import Estimate, from_draws

PROBLEMS = "problems drawn again"

#: log(-log pass rate) at the middle of the sizes lies between these: rates of 0.9997 and of nothing.
LEVELS = (-8.0, 8.0)


def bent(rate: np.ndarray) -> np.ndarray:
    """What the task law makes a line of: log(-log pass rate). A rate of zero has none."""
    return np.log(-np.log(np.where(rate > 0, rate, np.nan)))


def task_law(
    sizes: np.ndarray, rate: np.ndarray, held: int = 1, weights: np.ndarray | None = None
) -> np.ndarray:
    """Slope and level of the least-squares line of log(-log pass rate) in log size, shape (2, ...).

    Parameters
    ----------
    sizes
        Parameters, shape (models,).
    rate
        Mean pass rates, shape (models, ...).
    held
        How many of the largest models are left out.
    weights
        As in `on_lines`, of the others.
    """
    return on_lines(np.log(sizes)[:-held], bent(rate)[:-held], weights)


def miss(sizes: np.ndarray, rate: np.ndarray, **how: object) -> np.ndarray | float:
    """Predicted over measured rate of the largest model, less one; the sign is left off.

    Parameters
    ----------
    sizes, rate, how
        As in `task_law`.
    """
    slope, level = task_law(sizes, rate, **how)
    return abs(np.exp(-np.exp(slope * np.log(sizes[-1]) + level)) / rate[-1] - 1)


def missed(
    sizes: np.ndarray,
    table: pd.DataFrame,
    draws: int,
    rng: np.random.Generator,
    of: Callable = miss,
    **given: object,
) -> Estimate:
    """The miss of the largest model, problems drawn again.

    Parameters
    ----------
    sizes
        Parameters, shape (models,).
    table
        Pass rates, a row a model and a column a problem.
    draws, rng
        Number of draws, and source of randomness.
    of, given
        Function of sizes and mean rates, and what else it takes.
    """
    again = mean_rates(table, draws_of(table.shape[1], draws, rng))
    return from_draws(of(sizes, mean_rates(table), **given), of(sizes, again, **given), PROBLEMS)


def otherwise(
    sizes: np.ndarray, table: pd.DataFrame, bare: np.ndarray, draws: int, rng: np.random.Generator
) -> dict[str, Estimate]:
    """The miss by other sizes, fewer models, and a law with a constant.

    Parameters
    ----------
    sizes, table, draws, rng
        As in `missed`.
    bare
        Parameters without embeddings, shape (models,).
    """
    fewer = range(1, len(sizes) - 3)
    found = {f"without the {k} smallest": missed(sizes[k:], table[k:], draws, rng) for k in fewer}
    return found | {
        "size without embeddings": missed(np.asarray(bare, float), table, draws, rng),
        "6.9B held out as well": missed(sizes, table, draws, rng, held=2),
        "law with a constant": missed(sizes, table, draws, rng, with_constant),
    }


def beside(sizes: np.ndarray, rate: np.ndarray, drawn: np.ndarray) -> tuple[Estimate, Estimate]:
    """How the law compares with no law, and how much of log(-log rate) a line in size explains.

    Parameters
    ----------
    sizes, rate, drawn
        Parameters; mean pass rates, shape (models,) and (models, draws).

    Returns
    -------
    tuple
        The absolute logarithm of predicted over measured rate of the largest model, of the law
        less of the rate of the second largest; and the share of the variance.
    """

    def against_last(p: np.ndarray) -> np.ndarray:
        slope, level = task_law(sizes, p)
        said = -np.exp(slope * np.log(sizes[-1]) + level)
        return abs(said - np.log(p[-1])) - abs(np.log(p[-2] / p[-1]))

    def line(p: np.ndarray) -> np.ndarray:
        return explained(np.log(sizes), bent(p))

    return tuple(from_draws(of(rate), of(drawn), PROBLEMS) for of in (against_last, line))


def by_problem(table: pd.DataFrame, times: np.ndarray, **how: object) -> Estimate:
    """The miss where each problem has a task law of its own, and the predictions are averaged.

    Parameters
    ----------
    table
        Counts of one budget, as `rates.pivoted` takes them.
    times
        How often each problem is in each draw, shape (problems, draws).
    how
        As in `foretold`.
    """
    right, sampled = (pivoted(table, ["n_params"], column) for column in ("n_correct", "n_samples"))
    said = foretold(right.index.to_numpy(float), right.to_numpy(), sampled.to_numpy(), **how)
    rate = (right / sampled).to_numpy()[-1]
    return from_draws(misses(said, rate), misses(said, rate, times), PROBLEMS)


def score(level: np.ndarray, slope: np.ndarray, x: np.ndarray, right: np.ndarray, sampled: np.ndarray):
    """Derivatives of the binomial log-likelihood of log(-log rate) = level + slope x, a pair a problem.

    Parameters
    ----------
    level, slope
        Shape (problems,).
    x
        Shape (models, 1).
    right, sampled
        Answers, shape (models, problems).

    Returns
    -------
    tuple
        By level and by slope, each of shape (problems,).
    """
    hazard = np.exp(level + slope * x)
    each = hazard * (sampled * np.exp(-hazard) - right) / -np.expm1(-hazard)
    return each.sum(axis=0), (each * x).sum(axis=0)


def likeliest(
    x: np.ndarray, right: np.ndarray, sampled: np.ndarray, steepest: float
) -> tuple[np.ndarray, np.ndarray]:
    """Level and slope of greatest binomial likelihood, for each problem, slopes kept within bounds.

    Parameters
    ----------
    x
        Log sizes about their mean, shape (models, 1).
    right, sampled
        Answers, shape (models, problems); some right ones for each problem.
    steepest
        Largest slope in size. Without a bound a problem that only one model solved has none.

    Notes
    -----
    The likelihood is concave in level and slope, so that each derivative changes its sign once:
    two nested bisections find the one optimum, or the bound behind which it lies.
    """

    def best_level(slope: np.ndarray) -> np.ndarray:
        low, high = (np.full(right.shape[1], end) for end in LEVELS)
        for _ in range(45):
            middle = (low + high) / 2
            rising = score(middle, slope, x, right, sampled)[0] > 0
            low, high = np.where(rising, middle, low), np.where(rising, high, middle)
        return (low + high) / 2

    low, high = np.full(right.shape[1], -steepest), np.full(right.shape[1], steepest)
    for _ in range(40):
        middle = (low + high) / 2
        rising = score(best_level(middle), middle, x, right, sampled)[1] > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    slope = (low + high) / 2
    return best_level(slope), slope


def foretold(
    sizes: np.ndarray,
    right: np.ndarray,
    sampled: np.ndarray,
    how: str = "likelihood",
    steepest: float = 1.0,
) -> np.ndarray:
    """Pass rate of the largest model on each problem, by a task law of that problem alone.

    Parameters
    ----------
    sizes
        Parameters, shape (models,), the largest last; it is held out.
    right, sampled
        Answers, shape (models, problems).
    how
        likelihood (binomial), half (least squares with half a right answer added to each count),
        or solved (least squares of those models that solved the problem, at least two of them).
    steepest
        Largest exponent of size, either way, for likelihood.

    Returns
    -------
    ndarray
        Shape (problems,). A problem on which no law can be fitted, since none of the smaller
        models solved it (or, for solved, fewer than two), is foretold a rate of zero.

    Raises
    ------
    ValueError
        If `how` is none of the three.
    """
    x = np.log(sizes)[:, None]
    middle = x[:-1].mean()
    x, last = x[:-1] - middle, x[-1, 0] - middle
    right, sampled = np.asarray(right, float)[:-1], np.asarray(sampled, float)[:-1]
    if how == "likelihood":
        known = right.sum(axis=0) > 0
        level, slope = likeliest(x, right[:, known], sampled[:, known], steepest)
    elif how in ("half", "solved"):
        weights = np.ones_like(right) if how == "half" else (right > 0).astype(float)
        known = weights.sum(axis=0) >= 2
        w = weights[:, known]
        y = np.log(-np.log((right + 0.5) / (sampled + 1)))
        if how == "solved":
            most = 1 - 0.5 / sampled
            y = np.log(-np.log(np.clip(np.where(right > 0, right / sampled, 0.5), None, most)))
        y, about = y[:, known], x - (w * x).sum(axis=0) / w.sum(axis=0)
        slope = (w * about * y).sum(axis=0) / (w * about**2).sum(axis=0)
        level = (w * (y - slope * x)).sum(axis=0) / w.sum(axis=0)
    else:
        raise ValueError(f"no way to fit a problem is called {how!r}: likelihood, half or solved")
    found = np.zeros(right.shape[1])
    found[known] = np.exp(-np.exp(level + slope * last))
    return found


def misses(foretold: np.ndarray, rate: np.ndarray, times: np.ndarray | None = None) -> np.ndarray | float:
    """Mean foretold over mean measured rate, less one, without its sign.

    Parameters
    ----------
    foretold, rate
        Of the largest model on each problem, shape (problems,).
    times
        How often each problem is in each draw, shape (problems, draws). A law of one problem
        does not depend on the others, so that nothing is fitted again.
    """
    times = np.ones(len(rate)) if times is None else times
    return np.abs((foretold @ times) / (rate @ times) - 1)


def with_constant(sizes: np.ndarray, rates: np.ndarray) -> np.ndarray | float:
    """How far -log P = c N^-a + d, fitted to all but the largest model, misses it, without sign.

    Parameters
    ----------
    sizes
        Parameters, shape (models,).
    rates
        Mean pass rates, shape (models,) or (models, draws).

    Notes
    -----
    At a given exponent the law is a line, which has an exact solution of least squares of log P;
    the exponent is the best of 300 between 0.01 (nearly a line in log N) and 4 (nearly a step).
    """
    x = np.log(sizes) - np.log(sizes[:-1]).mean()
    y = -np.log(rates)
    least = np.full(np.shape(rates)[1:], np.inf)
    said = np.zeros_like(least)
    for exponent in np.geomspace(0.01, 4, 300):
        power = np.exp(-exponent * x)
        slope, level = on_lines(power[:-1], y[:-1])
        line = np.multiply.outer(power, slope) + level
        left = ((y[:-1] - line[:-1]) ** 2).sum(axis=0)
        said = np.where(left < least, line[-1], said)
        least = np.minimum(left, least)
    return np.abs(np.exp(y[-1] - said) - 1)


def by_log_rate(log_sizes: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Slope and intercept of the task law by least squares of the log of the pass rate.

    Parameters
    ----------
    log_sizes, rates
        Shape (models,); rates as shares.

    Notes
    -----
    At a given slope the best factor follows from one linear equation, so that the search is
    over the slope alone: the best of a fine grid, polished.
    """
    y = -np.log(rates)

    def at(slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        powers = np.exp(np.multiply.outer(slopes, log_sizes))
        factors = powers @ y / (powers**2).sum(axis=-1)
        return factors, ((y - factors[..., None] * powers) ** 2).sum(axis=-1)

    grid = np.linspace(-1, 0.5, 301)
    best = grid[at(grid)[1].argmin()]
    around = (best - 0.01, best + 0.01)
    found = optimize.minimize_scalar(
        lambda s: float(at(np.array(s))[1]), bounds=around, method="bounded", options={"xatol": 1e-10}
    )
    return np.array([found.x, np.log(at(np.array(found.x))[0])])


def misses_by_log_rate(sizes: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Predicted over measured rate of the largest model, less one, without sign: `by_log_rate` of the others.

    Parameters
    ----------
    sizes
        Parameters, shape (models,).
    rates
        Shape (models, draws).
    """
    x = np.log(sizes)
    lines = (by_log_rate(x[:-1], each[:-1]) for each in rates.T)
    foretold = np.exp([-np.exp(slope * x[-1] + level) for slope, level in lines])
    return np.abs(foretold / rates[-1] - 1)


def by_problem_otherwise(table: pd.DataFrame, times: np.ndarray) -> dict[str, Estimate]:
    """`by_problem` by other methods of fitting, and with other bounds on the exponent of size."""
    return {
        "half a right answer added": by_problem(table, times, how="half"),
        "only models that solved it": by_problem(table, times, how="solved"),
        "exponents up to 0.3": by_problem(table, times, steepest=0.3),
        "exponents up to 2": by_problem(table, times, steepest=2.0),
    }
