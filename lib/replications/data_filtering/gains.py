"""What a filter gains over no filtering, beside the noise of runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import t

from replications.data_filtering.orders import seven
from scalinglaws.uncertainty import Estimate

#: Runs that hardly differ: large random parts of the pool, and CLIP scores that differ by one to five per cent of it.
ALIKE = (
    ("No filtering", "Random 75%", "Random 50%"),
    ("B32 top 30%", "B32 1% to 30%", "B32 2% to 30%", "B32 5% to 30%"),
)
SCALES = ("small", "medium", "large", "xlarge")
COLUMNS = ("imagenet", "shifts", "vtab", "retrieval", "average")
HOW = "noise of runs, from runs that hardly differ"


def run_noise(baselines: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Variance of a run in logits of a measure, and its degrees of freedom, a row each scale.

    What small differences of the data do is in it, which makes it too large. The largest scale has no such runs and takes
    those of the next.
    """
    found = {}
    for scale in SCALES[:3]:
        logits = logit(baselines[baselines.scale == scale].set_index("filter")[measure])
        groups = [g for g in (logits.reindex(names).dropna() for names in ALIKE) if len(g) > 1]
        free = sum(len(g) - 1 for g in groups)
        found[scale] = (sum(((g - g.mean()) ** 2).sum() for g in groups) / free, free)
    return pd.DataFrame(found | {"xlarge": found["large"]}, ["variance", "free"]).T


def with_noise(value: float, noise: pd.DataFrame, scales: Sequence[str], comparisons: int = 1) -> Estimate:
    """A difference of runs with Student's interval.

    Parameters
    ----------
    value
        In logits.
    noise
        As `run_noise` gives it.
    scales
        The scale of each run that is added or subtracted.
    comparisons
        Among how many it is the least. That all are positive needs no correction (each must be); that one is negative
        needs Bonferroni's, which widens the upper side.
    """
    runs = noise.loc[list(scales)]
    variance = runs.variance.sum()
    # Welch and Satterthwaite: runs of one scale share their degrees of freedom.
    by_scale = runs.groupby(level=0).agg({"variance": "sum", "free": "first"})
    free = variance**2 / (by_scale.variance**2 / by_scale.free).sum()
    low, high = t.ppf([0.975, 1 - 0.025 / comparisons], free) * np.sqrt(variance)
    return Estimate(value, value - low, value + high, HOW)


def gains(baselines: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Gain of six strategies over no filtering in logits, a row each and a column each scale."""
    logits = logit(seven(baselines, measure)[list(SCALES)])
    return logits.drop(index="none") - logits.loc["none"]


def least(found: dict[tuple, Estimate]) -> Estimate:
    """The least of several differences: the least lower end, and the least upper end."""
    values, lows, highs = zip(*((e.value, e.low, e.high) for e in found.values()), strict=True)
    return Estimate.around(min(values), min(lows), min(highs), HOW)


def all_gains(baselines: pd.DataFrame, measures: Sequence[str]) -> dict[tuple, Estimate]:
    """Every gain over no filtering with its interval; keys are measure, strategy, scale."""
    found = {}
    for measure in measures:
        each, noise = gains(baselines, measure), run_noise(baselines, measure)
        many = int(each.notna().to_numpy().sum()) * len(measures)
        for strategy in each.index:
            for scale in each.columns[each.loc[strategy].notna()]:
                value = round(each.loc[strategy, scale], 9)
                found[measure, strategy, scale] = with_noise(value, noise, [scale] * 2, many)
    return found


def in_doubt(found: dict[tuple, Estimate]) -> tuple[dict[str, int], dict[str, float]]:
    """How many gains noise could make, by scale, and those gains that are below zero."""
    doubtful = [key[-1] for key, gain in found.items() if gain.low < 0]
    below = {" ".join(key): round(gain.value, 3) for key, gain in found.items() if gain.value < 0}
    return {scale: doubtful.count(scale) for scale in SCALES}, below


def lead(baselines: pd.DataFrame, scales: Sequence[str]) -> dict[tuple, Estimate]:
    """Intersection less CLIP score on ImageNet in logits, with its interval, at each of some scales."""
    found, noise = gains(baselines, "imagenet"), run_noise(baselines, "imagenet")
    apart = found.loc["intersection"] - found.loc["clip"]
    return {(scale,): with_noise(apart[scale], noise, [scale] * 2, len(scales)) for scale in scales}


def growth(baselines: pd.DataFrame, strategy: str) -> Estimate:
    """Gain on ImageNet at large less gain at small, in logits."""
    found = gains(baselines, "imagenet").loc[strategy]
    scales = ["large"] * 2 + ["small"] * 2
    return with_noise(found["large"] - found["small"], run_noise(baselines, "imagenet"), scales)
