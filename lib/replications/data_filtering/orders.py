"""Whether filters keep their order from one scale of compute to another, and what that is worth."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import permutations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import logit

from scalinglaws.correlation import rank_correlation
from scalinglaws.uncertainty import Estimate, cluster_counts, of_ranks

#: Columns of `correlations` that are of adjacent scales, and of small and large.
ADJACENT, FAR = [0, 2, 3, 5], [1, 4]
PAIRS = (("small", "medium"), ("small", "large"), ("medium", "large"))
MEASURES = ("imagenet", "average")
#: Words for the six correlations, in the order of `PRINTED`.
SIX = [f"{measure}, {smaller} and {larger}" for measure in MEASURES for smaller, larger in PAIRS]
#: Table 22: rank correlations of the pairs of scales, ImageNet first, then the average.
PRINTED = np.array([0.895, 0.811, 0.847, 0.854, 0.708, 0.876])
#: The seven strategies of Table 3, as the long tables name them.
SEVEN = {
    "none": "No filtering",
    "basic": "English (fasttext), caption, image size",
    "text": "Text clusters (21k)",
    "image": "Image clusters (1k)",
    "laion": "B32 and English, from 0.28",
    "clip": "L14 top 30%",
    "intersection": "Image clusters and L14 (1k)",
}


def by_scale(baselines: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Scores of one measure, a row each filter and a column each scale; nan where a filter was not run.

    Scores are rounded to six decimals, so that two that are printed alike are alike.
    """
    return baselines.pivot_table(measure, "filter", "scale").round(6)


def families(baselines: pd.DataFrame) -> pd.Series:
    """The family of each filter, in the order of `by_scale`."""
    return baselines.drop_duplicates("filter").set_index("filter").family.sort_index()


def counted_ranks(x: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean rank of each value in samples that hold value i `counts[..., i]` times; shape of `counts`."""
    below = (x[:, None] < x) + 0.5 * (x[:, None] == x)
    return counts @ below


def counted_rank_correlation(x: ArrayLike, y: ArrayLike, counts: np.ndarray) -> np.ndarray:
    """Spearman's correlation in samples that hold row i `counts[..., i]` times.

    Parameters
    ----------
    x, y
        Values of the rows, shape (n,).
    counts
        Whole numbers, shape (draws, n).

    Returns
    -------
    ndarray
        Shape (draws,); nan where a sample holds fewer than two values of x or y.
    """
    x, y = (counted_ranks(np.asarray(v, float), counts) for v in (x, y))
    n = counts.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = (v - (counts * v).sum(axis=-1, keepdims=True) / n for v in (x, y))
        xy, xx, yy = ((counts * v).sum(axis=-1) for v in (x * y, x * x, y * y))
        return np.where((xx > 1e-9) & (yy > 1e-9), xy / np.sqrt(xx * yy), np.nan)


def correlations(baselines: pd.DataFrame, counts: np.ndarray, useful: bool = False) -> np.ndarray:
    """Rank correlations between scales, of ImageNet and then the average, in samples of filters.

    Parameters
    ----------
    baselines
        The table of printed scores.
    counts
        How often each filter stands in each sample, in the order of `families`, shape (draws, filters).
    useful
        Whether only those filters count that beat no filtering at the smaller scale.

    Returns
    -------
    ndarray
        Shape (draws, 6), in the order of `PRINTED`.
    """
    found = []
    for measure in MEASURES:
        wide = by_scale(baselines, measure)
        for smaller, larger in PAIRS:
            chosen = wide[[smaller, larger]].notna().all(axis=1)
            if useful:
                chosen &= wide[smaller] > wide.loc[SEVEN["none"], smaller]
            x, y = wide.loc[chosen, [smaller, larger]].to_numpy().T
            found.append(counted_rank_correlation(x, y, counts[:, chosen.to_numpy()]))
    return np.stack(found, axis=-1)


def once_and_drawn(baselines: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Counts of filters: each once, and below it samples that draw whole families; shape (1 + draws, filters)."""
    names = families(baselines)
    return np.vstack([np.ones(len(names), int), cluster_counts(names, draws, rng)])


@cache
def all_orders(n: int) -> np.ndarray:
    """All orders of n units, a row each."""
    return np.array(list(permutations(range(n))))


def exact_chance(x: ArrayLike, y: ArrayLike) -> float:
    """Chance that an order drawn blindly has a rank correlation as high as this one, over all orders.

    Parameters
    ----------
    x, y
        Values of at most eight units.

    Raises
    ------
    ValueError
        If there are more, whose orders are too many to go through.
    """
    x, y = stats.rankdata(x), stats.rankdata(y)
    if len(x) > 8:
        raise ValueError(f"{len(x)} units have too many orders; at most eight")
    return float(np.mean(y[all_orders(len(y))] @ x >= y @ x - 1e-9))


def seven(baselines: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Scores of the strategies of Table 3, a row each and a column each scale."""
    return by_scale(baselines, measure).loc[list(SEVEN.values())].set_axis(list(SEVEN))


def exact_chances(baselines: pd.DataFrame, smaller: str, larger: str) -> dict[str, float]:
    """The exact chance of the seven strategies, a number each measure."""
    return {m: exact_chance(*seven(baselines, m)[[smaller, larger]].to_numpy().T) for m in MEASURES}


def weaker_of_seven(
    baselines: pd.DataFrame, smaller: str, larger: str, measures: Sequence[str] = MEASURES
) -> Estimate:
    """The weakest rank correlation of the seven strategies, with the interval of a sample of seven."""
    pairs = (seven(baselines, measure)[[smaller, larger]].to_numpy().T for measure in measures)
    return of_ranks(min(float(rank_correlation(*pair)) for pair in pairs), len(SEVEN))


def found_in_sevens(
    baselines: pd.DataFrame, smaller: str, larger: str, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """How often seven filters drawn from all that were run at two scales pass the exact test at 5 %.

    Returns
    -------
    tuple of float
        The share that passes on ImageNet, and the share that passes on ImageNet and in the average.
    """
    pairs = [by_scale(baselines, m)[[smaller, larger]].dropna().to_numpy() for m in MEASURES]
    passed = []
    for _ in range(draws):
        some = rng.choice(len(pairs[0]), 7, replace=False)
        passed.append([exact_chance(*pair[some].T) < 0.05 for pair in pairs])
    return np.mean(passed, axis=0)[0], np.all(passed, axis=1).mean()


def larger_chance(baselines: pd.DataFrame, smaller: str, larger: str, without: tuple[str, ...] = ()) -> float:
    """The larger of the two exact chances, ImageNet's and the average's, of the seven strategies or fewer."""
    both = (seven(baselines, measure).drop(index=list(without)) for measure in MEASURES)
    return max(exact_chance(each[smaller], each[larger]) for each in both)


def share_kept(
    wide: pd.DataFrame,
    counts: np.ndarray,
    sd: pd.Series | None = None,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Of the best gain at large, the share that the filter has which is best at small.

    Parameters
    ----------
    wide
        Accuracies, as `by_scale` gives them.
    counts
        As in `correlations`; a filter with none is not to be had, but for no filtering.
    sd, rng
        Noise of a run in logits at each scale, which every sample but the first then has once more.

    Returns
    -------
    ndarray
        Gains over no filtering in logits, where several are best at small their mean; shape (draws,),
        nan in samples without a filter that was run at both scales and gains.
    """
    both = wide[["small", "large"]].notna().all(axis=1).to_numpy()
    there = counts[:, both] > 0
    small, large = (np.tile(logit(wide.loc[both, s].to_numpy()), (len(there), 1)) for s in ("small", "large"))
    if sd is not None:
        small[1:] += rng.normal(0, sd["small"], small[1:].shape)
        large[1:] += rng.normal(0, sd["large"], large[1:].shape)
    gains = large - large[:, wide.index[both] == SEVEN["none"]]
    seen = np.where(there, small, -np.inf)
    chosen = there & (seen >= seen.max(axis=1, keepdims=True) - 1e-9)
    best = np.where(there, gains, -np.inf).max(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (chosen * gains).sum(axis=1) / chosen.sum(axis=1)
        return np.where(best > 1e-9, mean / best, np.nan)


def within_scales(baselines: pd.DataFrame, counts: np.ndarray) -> np.ndarray:
    """Rank correlation of ImageNet with the average at small, medium and large, in samples of filters; shape (draws, 3)."""
    imagenet, average = (by_scale(baselines, measure) for measure in MEASURES)
    found = []
    for scale in ("small", "medium", "large"):
        there = imagenet[scale].notna().to_numpy()
        found.append(
            counted_rank_correlation(imagenet[scale][there], average[scale][there], counts[:, there])
        )
    return np.stack(found, axis=-1)


def kept_share(baselines: pd.DataFrame) -> pd.Series:
    """Share of the scale's pool that each filter keeps."""
    return baselines.n_pairs / baselines.groupby("scale").n_pairs.transform("max")


def other_sets(baselines: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The table with fewer filters, by what is left, in words."""
    known, none = baselines["filter"], baselines["filter"] == SEVEN["none"]
    everywhere = by_scale(baselines, "imagenet")[["small", "medium", "large"]].dropna().index
    return {
        "a tenth of the pool or more": baselines[kept_share(baselines) >= 0.0999],
        "without random parts of the pool": baselines[(baselines.family != "random") | none],
        "run at small, medium and large": baselines[known.isin(everywhere)],
        "without a suspect score at large": baselines[
            (known != "Image clusters and L14 (21k)") | (baselines.scale != "large")
        ],
    }
