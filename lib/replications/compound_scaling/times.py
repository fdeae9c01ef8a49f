"""What tells the run time of a network, FLOPs or activations: exponents and correlations over families."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from scalinglaws.correlation import correlation
from scalinglaws.uncertainty import Estimate, cluster_interval, from_draws, from_left_out

FAMILIES_AGAIN = "families drawn again"
#: Families of timm that are built as EfficientNet is: inverted bottlenecks with depthwise convolutions, and relatives.
MOBILE = (
    "efficientnet",
    "efficientnetv2",
    "fbnet",
    "ghostnet",
    "hardcorenas",
    "lcnet",
    "mixnet",
    "mnasnet",
    "mobilenetv1, v2",
    "mobilenetv3",
    "mobilenetv4",
    "rexnet",
    "tinynet",
)
#: Milliseconds to infer 64 images on a V100, EfficientNet-B0 to B5, before pycls had a faster activation function
#: (its MODEL_ZOO.md at commit 3747e12); the other networks' times are the same to a few milliseconds.
EARLIER_V100 = (34.0, 55.0, 70.0, 113.0, 243.0, 527.0)
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


def apart(costs: np.ndarray, both: np.ndarray) -> float:
    """`joint` on a first machine less that on a second; logarithms of their times, shape (networks, 2)."""
    return joint(costs, both[:, 0]) - joint(costs, both[:, 1])


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


def of_deals(found: np.ndarray) -> Estimate:
    """The middle of what deals gave, with the interval that holds 95 % of them."""
    return from_draws(float(np.median(found)), found, "deals")


def standardised(values: np.ndarray) -> np.ndarray:
    """Values less their mean, over their standard deviation, along the first axis."""
    return (values - values.mean(axis=0)) / values.std(axis=0)


def exchanged(
    costs: np.ndarray, times: np.ndarray, families: np.ndarray, draws: int, rng: np.random.Generator
) -> dict[str, Estimate]:
    """What `closer` ("corr") and `joint` are where neither cost tells more: middle and 95 % of the deals.

    Both costs are standardised, and in each draw a random half of the families has them exchanged. The time keeps
    its relation to the two together, and which of the two is which means nothing any more.
    """
    codes = np.unique(families, return_inverse=True)[1]
    alike = standardised(costs)
    found = []
    for _ in range(draws):
        swap = rng.integers(2, size=codes.max() + 1)[codes].astype(bool)
        mixed = np.where(swap[:, None], alike[:, ::-1], alike)
        found.append((closer(mixed, times), joint(mixed, times)))
    return {name: of_deals(column) for name, column in zip(("corr", "joint"), np.array(found).T, strict=True)}


def following(costs: np.ndarray, times: np.ndarray, exponent: float, rng: np.random.Generator) -> np.ndarray:
    """Times that follow the first cost alone, with the residuals that the law in both costs leaves, dealt out."""
    law = exponents(costs, times)
    return exponent * costs[:, 0] + rng.permutation(times - costs @ law[:-1])


def machines_exchanged(
    statistic: Statistic,
    costs: np.ndarray,
    both: np.ndarray,
    families: np.ndarray,
    draws: int,
    rng: np.random.Generator,
) -> Estimate:
    """A statistic of two machines, middle and 95 % of the deals, where a random half of the families has the machines exchanged.

    Parameters
    ----------
    both
        Logarithms of times, shape (networks, 2); each machine is standardised, so that neither is the slower one.
    """
    codes = np.unique(families, return_inverse=True)[1]
    level = standardised(both)
    swaps = (rng.integers(2, size=codes.max() + 1)[codes].astype(bool) for _ in range(draws))
    found = [statistic(costs, np.where(swap[:, None], level[:, ::-1], level)) for swap in swaps]
    return of_deals(np.array(found))


def missed(
    costs: np.ndarray, times: np.ndarray, grown: np.ndarray, ratio: float, exponent: float | None = None
) -> float:
    """How much better activations predict the time of one network over another than FLOPs alone.

    Parameters
    ----------
    costs, times
        Of the networks that the two laws are fitted to, as in `exponents`.
    grown
        Logarithms of FLOPs and activations of the second network over those of the first, shape (2,).
    ratio
        Logarithm of the time of the second over that of the first, as measured.
    exponent
        Exponent of the law in FLOPs alone; fitted by default.

    Returns
    -------
    float
        Absolute error of the law in both costs less that of the law in FLOPs alone.
    """
    both = exponents(costs, times)[:2]
    alone = exponents(costs[:, :1], times)[0] if exponent is None else exponent
    return abs(both @ grown - ratio) - abs(alone * grown[0] - ratio)


def ends(family: pd.DataFrame, rate: str) -> tuple[np.ndarray, float]:
    """Logarithms of what the dearest network of a family has over the cheapest: FLOPs and activations, and time."""
    rows = family.sort_values("gmacs").iloc[[0, -1]]
    costs, times = logs(rows, rate=[rate])
    return costs[1] - costs[0], times[1] - times[0]


def foretold(costs: np.ndarray, times: np.ndarray, family: pd.DataFrame, rate: str) -> dict[str, float]:
    """How many times the time grows over a family, cheapest to dearest: as measured, and as laws of other networks say.

    Parameters
    ----------
    costs, times
        Of the networks that the laws are fitted to, as in `exponents`.
    family
        Networks with `gmacs`, `macts` and the rate.
    rate
        Column of images a second.

    Returns
    -------
    dict
        Growth measured, and by laws of both costs and of either alone; `nearer` is for how many of all pairs in the
        family the law in both is nearer than that in FLOPs alone.
    """
    grown, ratio = ends(family, rate)
    pairs = list(combinations(range(len(family)), 2))
    nearer = sum(missed(costs, times, *ends(family.iloc[list(pair)], rate)) < 0 for pair in pairs)
    flops, acts = (exponents(costs[:, [kind]], times)[0] * grown[kind] for kind in (0, 1))
    logs_of = {"measured": ratio, "both": exponents(costs, times)[:2] @ grown}
    logs_of |= {"FLOPs": flops, "activations": acts}
    found = {how: float(np.exp(log)) for how, log in logs_of.items()}
    return found | {"nearer": nearer}


def speeds_foretold(
    costs: np.ndarray, times: np.ndarray, ratios: pd.DataFrame, rate: str
) -> dict[str, float]:
    """What laws of other networks make of ratios of costs: ratios of speed, beside those that were measured.

    Parameters
    ----------
    costs, times
        Of the networks that the laws are fitted to, as in `exponents`.
    ratios
        Ratios of `gmacs`, `macts` and of the rate, a row for each comparison.
    rate
        Column of images a second.

    Returns
    -------
    dict
        By a law of both costs and by one of FLOPs alone: the median ratio, and the correlation ("r") of its logarithm
        with the logarithm of the ratio measured, over the rows. Rounded to two digits.
    """
    found = {}
    for how, by in (("both", ["gmacs", "macts"]), ("FLOPs", ["gmacs"])):
        told = -np.log(ratios[by].to_numpy()) @ exponents(costs[:, : len(by)], times)[:-1]
        found[how] = round(float(np.exp(np.median(told))), 2)
        found[f"r of {how}"] = round(float(correlation(told[None], np.log(ratios[rate].to_numpy()))[0]), 2)
    return found
