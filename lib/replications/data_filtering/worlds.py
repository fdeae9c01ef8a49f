"""Tables as they would be in other worlds: an order planted or taken away, noise alone, counts alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import rankdata

from replications.data_filtering import gains, orders
from replications.data_filtering.curation import GOLD, by_class
from scalinglaws.uncertainty import Estimate, from_draws


def one_order(baselines: pd.DataFrame) -> pd.DataFrame:
    """Every score in the order of ImageNet at medium, with the mean and the spread that its logits have at its scale."""
    order = logit(orders.by_scale(baselines, "imagenet").medium).dropna()
    found = baselines[baselines["filter"].isin(order.index)].copy()
    height, scale = found["filter"].map(order), found.scale
    apart = height.groupby(scale).transform(lambda h: (h - h.mean()) / h.std())
    for measure in gains.COLUMNS:
        own = logit(found[measure]).groupby(scale)
        found[measure] = expit(own.transform("mean") + apart * own.transform("std"))
    return found


def reordered(
    values: np.ndarray,
    others: list[np.ndarray],
    targets: list[float],
    free: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Values, two exchanged at a time, until their rank correlations with others are within 0.002 of targets.

    Parameters
    ----------
    values
        Shape (n,).
    others, targets
        Arrays of that shape, and the rank correlation that each is to have.
    free
        Which values may be exchanged, as indices.
    rng
        Source of randomness; after 20,000 trials the best order so far is returned.
    """
    centred = [rankdata(x) - (len(x) + 1) / 2 for x in (values, *others)]
    ranks, *known = (x / np.sqrt(x @ x) for x in centred)
    known = np.stack(known)
    place, least = np.arange(len(values)), np.inf
    for _ in range(20_000):
        other, pair = place.copy(), rng.choice(free, 2, replace=False)
        other[pair] = place[pair[::-1]]
        found = np.abs(known @ ranks[other] - targets).max()
        if found < least:
            place, least = other, found
        if least < 0.002:
            break
    return values[place]


def as_printed(baselines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The scores of small and of large, exchanged among filters until the rank correlations are those of Table 22."""
    found = baselines.copy()
    for measure, (near, far, late) in zip(orders.MEASURES, orders.PRINTED.reshape(2, 3), strict=True):
        wide = orders.by_scale(baselines, measure).dropna(subset=["small", "medium"])
        later = wide.large.notna().to_numpy()
        small, medium, large = wide.loc[later, ["small", "medium", "large"]].to_numpy().T
        wide.loc[later, "large"] = reordered(large, [small, medium], [far, late], np.arange(len(large)), rng)
        small, medium = wide[["small", "medium"]].to_numpy().T
        wide["small"] = reordered(small, [medium], [near], np.flatnonzero(~later), rng)
        keys = pd.MultiIndex.from_frame(found[["filter", "scale"]])
        moved = wide.melt(ignore_index=False).set_index("scale", append=True).value.reindex(keys).to_numpy()
        found[measure] = np.where(np.isnan(moved), found[measure], moved)
    return found


def dealt(baselines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The scores of each scale dealt out among its filters, the five of a row together."""
    columns = list(gains.COLUMNS)
    found = baselines.copy()
    for _, rows in baselines.groupby("scale"):
        found.loc[rows.index, columns] = rows[columns].to_numpy()[rng.permutation(len(rows))]
    return found


def all_alike(baselines: pd.DataFrame) -> pd.DataFrame:
    """Every filter as good as none."""
    none = baselines[baselines["filter"] == orders.SEVEN["none"]].set_index("scale")
    return baselines.assign(**{m: baselines.scale.map(none[m]) for m in gains.COLUMNS})


def with_run_noise(found: pd.DataFrame, baselines: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A table with the noise that runs of another one have at each scale."""
    noisy = {}
    for measure in gains.COLUMNS:
        sd = np.sqrt(found.scale.map(gains.run_noise(baselines, measure).variance))
        noisy[measure] = expit(logit(found[measure]) + rng.normal(size=len(found)) * sd)
    return found.assign(**noisy)


def across_scales(found: pd.DataFrame, baselines: pd.DataFrame, counts: np.ndarray) -> dict[str, Estimate]:
    """What claims on order and gain would measure on another table.

    Parameters
    ----------
    found, baselines
        That table, which may lack filters, and the table as it is.
    counts
        Samples of the filters of the table as it is, as `orders.once_and_drawn` gives them.
    """
    there = np.isin(orders.families(baselines).index, found["filter"])
    drawn = orders.correlations(found, counts[:, there])
    weakest = {"order-adjacent": drawn[:, orders.ADJACENT], "order-far": drawn[:, orders.FAR]}
    words = {id: from_draws(of.min(axis=1)[0], of.min(axis=1)[1:], "families") for id, of in weakest.items()}
    words["intersection-later"] = gains.least(gains.lead(found, gains.SCALES[1:]))
    return words | {"beats-none": gains.least(gains.all_gains(found, orders.MEASURES))}


def equal_sets(transfer: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Every set as good as ImageNet-1K at each task, test pictures drawn again."""
    right = transfer[transfer.train_set == GOLD].set_index("task").n_correct
    share = transfer.task.map(right) / transfer.n_test
    return transfer.assign(n_correct=rng.binomial(transfer.n_test, share))


def by_counts(classes: pd.DataFrame, name: str, rng: np.random.Generator) -> pd.DataFrame:
    """One set behind ImageNet-1K by a constant for each halving of a class's count and by nothing else; 50 test pictures a class."""
    n, accuracy = by_class(classes, "n_train"), by_class(classes)
    fewer = np.log2(n[name].clip(lower=1) / n[GOLD])
    # Five points of accuracy for each halving make about as large a gap as the data show.
    share = classes["class"].map((accuracy[GOLD] + 0.05 * fewer).clip(0, 1))
    return classes.assign(
        accuracy=classes.accuracy.where(classes.train_set != name, rng.binomial(50, share) / 50)
    )
