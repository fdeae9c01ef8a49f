"""What tells the run time of a network, FLOPs or activations: exponents, correlations, and equal accuracy."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from scalinglaws.correlation import correlation
from scalinglaws.uncertainty import Estimate, cluster_interval, cluster_resamples, from_draws, from_left_out

FAMILIES_AGAIN = "families drawn again"
#: What a statistic of a table is: the logarithms of costs and of times, rows of networks, to a number.
Statistic = Callable[[np.ndarray, np.ndarray], float]


def exponents(costs: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Exponents of each cost in one power law of the time, by least squares of logarithms.

    Parameters
    ----------
    costs
        Logarithms, shape (networks, kinds of cost).
    times
        Logarithms, shape (networks,).

    Returns
    -------
    ndarray
        Shape (kinds of cost + 1,); the last is the intercept.

    Raises
    ------
    ValueError
        If the networks cannot tell the costs apart.
    """
    design = np.column_stack([costs, np.ones(len(times))])
    found, _, rank, _ = np.linalg.lstsq(design, times, rcond=None)
    if rank < design.shape[1]:
        raise ValueError("the networks' costs are proportional to each other: no exponents can be told apart")
    return found


def joint(costs: np.ndarray, times: np.ndarray) -> float:
    """Exponent of the second cost less that of the first; parameters of both as in `exponents`."""
    first, second, _ = exponents(costs, times)
    return second - first


def closer(costs: np.ndarray, times: np.ndarray) -> float:
    """Correlation of the time with the second cost less that with the first."""
    first, second = correlation(costs.T, times)
    return second - first


def within(values: np.ndarray, families: np.ndarray) -> np.ndarray:
    """Values less the mean of their family, along the first axis."""
    codes = np.unique(families, return_inverse=True)[1]
    counts = np.bincount(codes)
    columns = values.reshape(len(values), -1).T
    means = np.array([np.bincount(codes, column) / counts for column in columns])
    return values - means.T[codes].reshape(values.shape)


def logs(table: pd.DataFrame, time: Sequence[str] = (), rate: Sequence[str] = ()) -> tuple[np.ndarray, ...]:
    """Logarithms of FLOPs and activations, shape (networks, 2), and of each time named, or each rate inverted."""
    flops, acts = ("flops", "acts") if "flops" in table else ("gmacs", "macts")
    times = [np.log(table[name].to_numpy(float)) for name in time]
    times += [-np.log(table[name].to_numpy(float)) for name in rate]
    return np.log(table[[flops, acts]].to_numpy(float)), *times


def again(
    statistic: Statistic, costs: np.ndarray, times: np.ndarray, families: np.ndarray, draws: int, seed: int
) -> Estimate:
    """A statistic of all networks, with its interval under resampling of whole families."""
    low, high = cluster_interval(
        lambda rows: statistic(costs[rows], times[rows]), families, draws, np.random.default_rng(seed)
    )
    return Estimate.around(statistic(costs, times), low[0], high[0], FAMILIES_AGAIN)


def left_out(statistic: Statistic, costs: np.ndarray, times: np.ndarray, families: np.ndarray) -> Estimate:
    """The same statistic with Student's interval of its jackknife, each family left out in turn."""
    others = [families != name for name in np.unique(families)]
    found = [statistic(costs[keep], times[keep]) for keep in others]
    return from_left_out(statistic(costs, times), found, "families left out in turn")


def exchanged(
    costs: np.ndarray, times: np.ndarray, families: np.ndarray, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Differences `closer` and `joint` where neither cost tells more, shape (draws, 2).

    Both costs are standardised, and in each draw a random half of the families has them exchanged. The time keeps
    its relation to the two together, and which of the two is which means nothing any more.
    """
    codes = np.unique(families, return_inverse=True)[1]
    alike = (costs - costs.mean(axis=0)) / costs.std(axis=0)
    found = []
    for _ in range(draws):
        swap = rng.integers(2, size=codes.max() + 1)[codes].astype(bool)
        mixed = np.where(swap[:, None], alike[:, ::-1], alike)
        found.append((closer(mixed, times), joint(mixed, times)))
    return np.array(found)


def missed(costs: np.ndarray, times: np.ndarray, low: np.ndarray, high: np.ndarray, ratio: float) -> float:
    """How much better activations predict the time of one network over another than FLOPs alone.

    Parameters
    ----------
    costs, times
        Of the networks that the two laws are fitted to, as in `exponents`.
    low, high
        Logarithms of FLOPs and activations of the two networks, shape (2,).
    ratio
        Logarithm of the time of the second over that of the first, as measured.

    Returns
    -------
    float
        Absolute error of the law in both costs less that of the law in FLOPs alone.
    """
    both, alone = exponents(costs, times), exponents(costs[:, :1], times)
    grown = high - low
    return abs(both[:2] @ grown - ratio) - abs(alone[0] * grown[0] - ratio)


def at_equal_accuracy(base: pd.DataFrame, other: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Each measure of one family over what the base family has at the same accuracy.

    Parameters
    ----------
    base, other
        Tables with `top1` and the columns named; `top1` of the base rises with its size.
    columns
        What is compared: interpolated along the base in logarithms, a line between neighbours.

    Returns
    -------
    DataFrame
        One row for each network of the other family whose accuracy the base reaches; the ratios.

    Raises
    ------
    ValueError
        If the accuracy of the base does not rise.
    """
    base = base.sort_values("gmacs")
    if (np.diff(base.top1) <= 0).any():
        raise ValueError("the accuracy of the base family does not rise with its size")
    inside = other[other.top1.between(base.top1.min(), base.top1.max())]
    ratios = {
        name: inside[name] / np.exp(np.interp(inside.top1, base.top1, np.log(base[name]))) for name in columns
    }
    return pd.DataFrame(ratios).assign(model=inside.model, image_size=inside.image_size, top1=inside.top1)


def median_again(values: np.ndarray, models: np.ndarray, draws: int, seed: int) -> Estimate:
    """A median with its interval under resampling of models, all their image sizes together."""
    values = np.asarray(values, float)
    drawn = [
        np.median(values[rows]) for rows in cluster_resamples(models, draws, np.random.default_rng(seed))
    ]
    return from_draws(float(np.median(values)), drawn, "ResNet-RS models drawn again")
