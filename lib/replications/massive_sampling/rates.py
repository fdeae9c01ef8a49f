"""Mean pass rates over problems, problems drawn again, and the task law on them.

Arrays of many draws have the draws last, so that one function serves the data as they are,
shape (models,), and draws of them, shape (models, draws).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import special, stats

from scalinglaws.correlation import rank_correlation
from scalinglaws.counting import training_flops
from scalinglaws.uncertainty import Estimate, cluster_resamples, from_draws

SIZES = "problems and sizes drawn again"


def every_problem(counts: pd.DataFrame) -> pd.DataFrame:
    """One row a checkpoint and problem, from a table in which unsolved problems share rows.

    Parameters
    ----------
    counts
        The table pythia_gsm8k_counts: where `problem` is -1, a row stands for as many of the
        checkpoint's unsolved problems as `problems` says.

    Returns
    -------
    DataFrame
        The same columns but `problems`. Which of the unsolved ones had which number of samples is
        not known, and is settled by their order.
    """
    known = np.sort(counts.problem[counts.problem >= 0].unique())
    most = counts.groupby(["n_params", "n_tokens"]).problems.sum().max()
    # Problems that no checkpoint ever solved have no name in the table, but count all the same.
    known = np.concatenate([known, -2 - np.arange(most - len(known))])
    parts = []
    for _, part in counts.groupby(["n_params", "n_tokens"]):
        part = part.loc[part.index.repeat(part.problems)].reset_index(drop=True)
        unnamed = (part.problem < 0).to_numpy()
        left = np.setdiff1d(known, part.problem)
        part.loc[unnamed, "problem"] = np.resize(left if len(left) else known, unnamed.sum())
        parts.append(part)
    return pd.concat(parts, ignore_index=True).drop(columns="problems")


def pivoted(counts: pd.DataFrame, checkpoint: list[str], values: str = "rate") -> pd.DataFrame:
    """Pass rates, or another column, with a row a checkpoint and a column a problem.

    Parameters
    ----------
    counts
        One row a checkpoint and problem: `n_correct`, `n_samples`, `problem`.
    checkpoint
        The columns that name a checkpoint.
    values
        The column; `rate` is the share of right answers. Problems never sampled are nan.
    """
    rated = counts.assign(rate=counts.n_correct / counts.n_samples)
    return rated.pivot_table(values, checkpoint, "problem", aggfunc="sum")


def draws_of(problems: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """How often each problem is in each of many samples with replacement, shape (problems, draws)."""
    return rng.multinomial(problems, np.full(problems, 1 / problems), size=draws).T


def mean_rates(rates: pd.DataFrame, times: np.ndarray | None = None) -> np.ndarray:
    """Mean over problems, shape (checkpoints,), or of draws of them, shape (checkpoints, draws).

    Parameters
    ----------
    rates
        As `pivoted` gives them; a problem that a checkpoint was not sampled on is left out of its mean.
    times
        As `draws_of` gives them.
    """
    known = rates.notna().to_numpy(float)
    values = rates.fillna(0).to_numpy()
    if times is None:
        return values.sum(axis=1) / known.sum(axis=1)
    return values @ times / (known @ times)


def on_lines(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Slope and intercept of the least-squares line through y over x, shape (2, ...).

    Parameters
    ----------
    x
        Shape (points,).
    y
        Shape (points, ...): each column has a line of its own.
    weights
        What each square counts, shape (points,); all alike if none.
    """
    weights = np.ones(len(x)) if weights is None else weights
    weights = weights / weights.sum()
    about = x - weights @ x
    slope = np.tensordot(weights * about, y, 1) / (weights @ about**2)
    return np.array([slope, np.tensordot(weights, y, 1) - slope * (weights @ x)])


def explained(x: np.ndarray, y: np.ndarray) -> np.ndarray | float:
    """Share of the variance of y that the least-squares line over x explains; of each draw."""
    slope, level = on_lines(x, y)
    left = y - (np.multiply.outer(x, slope) + level)
    return 1 - (left**2).sum(axis=0) / ((y - y.mean(axis=0)) ** 2).sum(axis=0)


def of_compute(
    cells: pd.DataFrame, rate: np.ndarray, drawn: np.ndarray, keep: np.ndarray, rng: np.random.Generator
) -> Estimate:
    """Rank correlation of compute and rate over some checkpoints; problems and sizes are drawn again.

    Parameters
    ----------
    cells
        One row a checkpoint: `flops`, `n_params`.
    rate, drawn
        Shape (checkpoints,) and (checkpoints, draws).
    keep
        Which checkpoints count, shape (checkpoints,).
    rng
        Source of randomness.
    """
    keep = np.flatnonzero(keep)
    flops, rate, drawn = cells.flops.to_numpy()[keep], np.asarray(rate)[keep], drawn[keep]
    rows = cluster_resamples(cells.n_params.to_numpy()[keep], drawn.shape[1], rng)
    many = [rank_correlation(flops[r], drawn[r, i]) for i, r in enumerate(rows)]
    return from_draws(rank_correlation(flops, rate), many, SIZES)


def at_equal(cells: pd.DataFrame, by: str, of: str, rate: np.ndarray, keep: np.ndarray) -> dict:
    """Rank correlation of one measure of scale with the rate, at each value of another one.

    Parameters
    ----------
    cells
        One row a checkpoint.
    by, of
        Column that is held fixed, and column that is ranked.
    rate
        Shape (checkpoints,) or (checkpoints, draws).
    keep
        Which checkpoints count, shape (checkpoints,); values with fewer than four are left out.
    """
    groups = cells[keep].groupby(by).groups.items()
    return {
        value: rank_correlation(cells[of][rows].to_numpy(), rate[rows].T)
        for value, rows in groups
        if len(rows) >= 4
    }


def of_size(
    cells: pd.DataFrame, drawn: np.ndarray, keep: np.ndarray, rng: np.random.Generator
) -> tuple[dict, Estimate]:
    """Rank correlation of size and rate at each budget of tokens, and their mean.

    Parameters
    ----------
    cells, drawn, keep, rng
        As in `of_compute`; for the mean problems and budgets are drawn again.
    """
    each = at_equal(cells, "n_tokens", "n_params", cells.rate.to_numpy(), keep)
    table = np.array([*at_equal(cells, "n_tokens", "n_params", drawn, keep).values()])
    chosen = np.take_along_axis(table, rng.integers(len(table), size=table.shape), 0)
    return each, from_draws(
        np.mean([*each.values()]), chosen.mean(axis=0), "problems and budgets drawn again"
    )


def dealt_within(cells: pd.DataFrame, keep: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Rank correlations of compute and rate where sizes say nothing: rates dealt out within each budget.

    Parameters
    ----------
    cells, keep, rng
        As in `of_compute`.
    draws
        Number of deals.
    """
    part = cells[keep]
    order = np.lexsort((rng.random((draws, len(part))), np.tile(part.n_tokens.to_numpy(), (draws, 1))))
    by_budget = np.argsort(part.n_tokens.to_numpy(), kind="stable")
    rates = np.empty((draws, len(part)))
    rates[:, by_budget] = part.rate.to_numpy()[order]
    return rank_correlation(part.flops.to_numpy(), rates)


def in_order(cells: pd.DataFrame, drawn: np.ndarray, keep: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """The rates, and their draws, of some checkpoints dealt out so that they rise with size in each budget.

    Parameters
    ----------
    cells, drawn, keep
        As in `of_compute`.

    Returns
    -------
    tuple
        These checkpoints, numbered anew, and the draws that go with them.
    """
    part = cells[keep].sort_values(["n_tokens", "n_params"])
    rows = cells[keep].sort_values(["n_tokens", "rate"]).index
    return part.assign(rate=cells.rate[rows].to_numpy()).reset_index(drop=True), drawn[rows]


def over_compute(
    cells: pd.DataFrame, drawn: np.ndarray, keep: np.ndarray, rng: np.random.Generator
) -> Estimate:
    """How much of log(-log rate) a line in log compute explains, over checkpoints that ever passed.

    Parameters
    ----------
    cells, drawn, keep, rng
        As in `of_compute`; where a drawn rate is zero the checkpoint is left out of that draw.
    """
    part = cells[keep & (cells.rate > 0)]
    x, again = np.log(part.flops.to_numpy()), drawn[part.index]
    found = []
    for i, rows in enumerate(cluster_resamples(part.n_params.to_numpy(), drawn.shape[1], rng)):
        rows = rows[again[rows, i] > 0]
        found.append(explained(x[rows], np.log(-np.log(again[rows, i]))))
    return from_draws(explained(x, np.log(-np.log(part.rate.to_numpy()))), found, SIZES)


def on_the_line(
    sizes: np.ndarray, rates: np.ndarray, worlds: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Pass rates on the task law through all models, and in worlds that scatter about it as they do.

    Parameters
    ----------
    sizes, rates
        Shape (models,); parameters, and shares.
    worlds
        Number of worlds; in each log(-log rate) is the line plus Gaussian noise of the size of
        the residuals, two degrees of freedom taken off.
    rng
        Source of randomness.

    Returns
    -------
    tuple
        Rates on the line, shape (models,), and of the worlds, shape (models, worlds).
    """
    x, y = np.log(sizes), np.log(-np.log(rates))
    slope, level = on_lines(x, y)
    line = slope * x + level
    noise = np.sqrt(((y - line) ** 2).sum() / (len(x) - 2)) * rng.standard_normal((len(x), worlds))
    return np.exp(-np.exp(line)), np.exp(-np.exp(line[:, None] + noise))


def bend(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Coefficient of x squared in the least-squares parabola, and its two-sided p by Student's t."""
    (coefficient, *_), covariance = np.polyfit(x - x.mean(), y, 2, cov=True)
    t = abs(coefficient) / np.sqrt(covariance[0, 0])
    return float(coefficient), float(2 * stats.t.sf(t, len(x) - 3))


def each_from_smaller(series: Mapping[str, tuple], miss: Callable) -> pd.DataFrame:
    """How far each model lies from the prediction of all smaller ones, of which there are at least three.

    Parameters
    ----------
    series
        Name -> sizes in parameters and pass rates, each of shape (models,), and what may follow.
    miss
        Function of sizes and rates that says by how much the last one is missed.

    Returns
    -------
    DataFrame
        task, predicted (parameters) and off by, the closest first.
    """
    found = [
        (task, sizes[k], miss(sizes[: k + 1], rate[: k + 1]))
        for task, (sizes, rate, *_) in series.items()
        for k in range(3, len(sizes))
    ]
    return pd.DataFrame(found, columns=["task", "predicted", "off by"]).sort_values("off by")


def nearest(cells: pd.DataFrame, ratio: float) -> pd.DataFrame:
    """Of each size the checkpoint whose tokens per parameter are nearest to a ratio, by size.

    Parameters
    ----------
    cells
        One row a checkpoint: `n_params`, `n_tokens`.
    ratio
        Tokens per parameter.
    """
    off = np.log(cells.n_tokens / cells.n_params / ratio).abs()
    return cells.loc[off.groupby(cells.n_params).idxmin()].sort_values("n_params")


def at_ratios(cells: pd.DataFrame, ratios: Sequence[float]) -> pd.DataFrame:
    """The checkpoints `nearest` to each ratio, which takes the place of `n_tokens`; `row` is theirs."""
    parts = [nearest(cells, ratio).assign(n_tokens=ratio) for ratio in ratios]
    return pd.concat(parts).rename_axis("row").reset_index()


def closely(counts: pd.DataFrame, checkpoint: list[str]) -> pd.DataFrame:
    """Pass rate of each checkpoint, and right answers and samples of all its problems together.

    Parameters
    ----------
    counts, checkpoint
        As in `pivoted`; the checkpoint is `n_params` and `n_tokens`.

    Returns
    -------
    DataFrame
        One row a checkpoint: rate (mean over problems), flops, right, sampled, solved (problems), uneven (whether samples differ
        between problems), and the ends of Jeffreys' 95 % interval of right over sampled.
    """
    groups = counts.assign(solved=counts.n_correct > 0).groupby(checkpoint)
    table = groups.agg(right=("n_correct", "sum"), sampled=("n_samples", "sum"), solved=("solved", "sum"))
    table["uneven"] = groups.n_samples.min() < groups.n_samples.max()
    for end, share in (("from", 0.025), ("to", 0.975)):
        table[end] = special.betaincinv(table.right + 0.5, table.sampled - table.right + 0.5, share)
    table["rate"] = mean_rates(pivoted(counts, checkpoint))
    table = table.reset_index().astype({name: float for name in checkpoint})
    return table.assign(flops=training_flops(table.n_params, table.n_tokens))


def estimates_of_rules(rate: float, problems: int, rng: np.random.Generator) -> dict[str, float]:
    """Mean estimate over true pass rate, by when sampling stops and how the estimate is made.

    Parameters
    ----------
    rate
        True pass rate of every problem.
    problems
        Number of problems simulated.
    rng
        Source of randomness.
    """
    found = {}
    for right in (1, 2, 10):
        sampled = rng.negative_binomial(right, rate, size=problems) + right
        found[f"stopped at {right} right: right over sampled"] = float(np.mean(right / sampled) / rate)
        if right > 1:
            unbiased = np.mean((right - 1) / (sampled - 1)) / rate
            found[f"stopped at {right} right: one less of each"] = float(unbiased)
    counts = rng.binomial(round(1 / rate), rate, size=problems)
    found["equally many samples: right over sampled"] = float(counts.mean())
    found["equally many samples, problems never solved left out"] = float(counts[counts > 0].mean())
    return found
