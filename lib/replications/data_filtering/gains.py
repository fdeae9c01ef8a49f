"""What a filter gains over no filtering, beside the noise of runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import f, t

from replications.data_filtering.orders import SEVEN, seven
from scalinglaws.uncertainty import Estimate

#: Runs that hardly differ: large random parts of the pool, and CLIP scores that differ by one to five per cent of it.
ALIKE = (
    ("No filtering", "Random 75%", "Random 50%"),
    ("B32 top 30%", "B32 1% to 30%", "B32 2% to 30%", "B32 5% to 30%"),
)
#: The strategies that section 5.1 says to be better than no filtering.
NAMED = ("basic", "clip", "image", "text")
SCALES = ("small", "medium", "large", "xlarge")
COLUMNS = ("imagenet", "shifts", "vtab", "retrieval", "average")
#: Table 10: ImageNet and the average at medium, in the order of Table 3, with the usual batch and with twice as much.
STANDARD = {
    "imagenet": np.array([0.176, 0.226, 0.255, 0.268, 0.230, 0.273, 0.297]),
    "average": np.array([0.258, 0.285, 0.307, 0.312, 0.292, 0.328, 0.328]),
}
DOUBLED = {
    "imagenet": np.array([0.171, 0.219, 0.251, 0.260, 0.215, 0.271, 0.276]),
    "average": np.array([0.258, 0.277, 0.299, 0.299, 0.288, 0.324, 0.311]),
}
#: Columns other than ImageNet, by their words; and the other way to take noise.
OTHERWISE = {
    "by shifts": "shifts",
    "by VTAB": "vtab",
    "by retrieval": "retrieval",
    "by the average": "average",
}
ONE_NOISE = "one noise for all scales"
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


def noisier(baselines: pd.DataFrame, measure: str) -> tuple[float, float]:
    """Variance of a run at small over that at medium, and the chance of as much if they were alike, by the F distribution."""
    small, medium = (run_noise(baselines, measure).loc[scale] for scale in ("small", "medium"))
    ratio = small.variance / medium.variance
    return ratio, f.sf(ratio, small.free, medium.free)


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


def at_all_scales(noise: pd.DataFrame) -> pd.DataFrame:
    """One variance of a run for every scale, pooled over those that have runs of their own."""
    known = noise.loc[list(SCALES[:3])]
    free = known.free.sum()
    return noise.assign(variance=(known.variance * known.free).sum() / free, free=free)


def lead(
    baselines: pd.DataFrame, scales: Sequence[str], measure: str = "imagenet", pooled: bool = False
) -> dict[tuple, Estimate]:
    """Intersection less CLIP score in logits, with its interval, at each of some scales; `pooled` takes one noise for all scales."""
    found, noise = gains(baselines, measure), run_noise(baselines, measure)
    noise = at_all_scales(noise) if pooled else noise
    apart = found.loc["intersection"] - found.loc["clip"]
    return {(scale,): with_noise(round(apart[scale], 9), noise, [scale] * 2, len(scales)) for scale in scales}


def growth(
    baselines: pd.DataFrame, strategy: str, measure: str = "imagenet", pooled: bool = False
) -> Estimate:
    """Gain at large less gain at small, in logits; `pooled` as in `lead`."""
    found, noise = gains(baselines, measure).loc[strategy], run_noise(baselines, measure)
    noise = at_all_scales(noise) if pooled else noise
    return with_noise(round(found["large"] - found["small"], 9), noise, ["large"] * 2 + ["small"] * 2)


def lead_otherwise(baselines: pd.DataFrame, scales: Sequence[str]) -> dict[str, Estimate]:
    """The least lead of the intersection by each other column, and by one noise for all scales."""
    found = {how: least(lead(baselines, scales, column)) for how, column in OTHERWISE.items()}
    return found | {ONE_NOISE: least(lead(baselines, scales, pooled=True))}


def growth_otherwise(baselines: pd.DataFrame, strategy: str) -> dict[str, Estimate]:
    """The growth of a gain by each other column, and by one noise for all scales."""
    found = {how: growth(baselines, strategy, column) for how, column in OTHERWISE.items()}
    return found | {ONE_NOISE: growth(baselines, strategy, pooled=True)}


def noise_of_retrained() -> dict[str, float]:
    """Standard deviation of a run at medium in logits, from the strategies with twice the batch less those with the usual one.

    What the batch does to one strategy and not to another is in it, which makes it too large.
    """
    changed = {m: logit(DOUBLED[m]) - logit(STANDARD[m]) for m in DOUBLED}
    return {m: round(float(less.std(ddof=1) / np.sqrt(2)), 4) for m, less in changed.items()}


def lead_of_retrained() -> dict[str, float]:
    """Intersection less CLIP score in logits at medium, with twice the batch."""
    first, second = (list(SEVEN).index(name) for name in ("intersection", "clip"))
    return {m: round(float(logit(of[first]) - logit(of[second])), 3) for m, of in DOUBLED.items()}
