"""What is asked of all data sets, or of all targets, at once: the id of a claim, and the middle of a gain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from replications.medical_transfer import gains
from replications.medical_transfer.gains import SIZES, Centre, difference, means
from scalinglaws.uncertainty import Estimate

TUNED = [f"{size}_ft" for size in SIZES]
#: Claim on the size of the model -> the smaller and the larger model.
STEPS = {
    "pre-bl": ("base_ft", "large_ft"),
    "pre-lh": ("large_ft", "huge_ft"),
    "scratch-bl": ("base", "large"),
    "scratch-lh": ("large", "huge"),
}
#: Claim on the data sets of one kind -> what their targets are.
KINDS = {"lesion-sets": "lesions", "structures": "structures"}
#: Data sets of lesions by their names, though no target, or not each, is in the authors' group Disease: nodules that are
#: named lymph nodes, hyperintensities, stroke, haemorrhage, and tumours of the brain whose necrosis has a group of its own.
LESIONS_TOO = "LIDC_IDRI|WMH|ISLES2022|Instance22|BraTs2015|BraTS2023_GLI"
#: Families that may share images, too: pelvic CT was taken from BTCV, and airways were labelled in scans of LIDC.
JOINED = {"BTCV": "abdominal CT", "ATM22": "LIDC"}
Measure = Callable[[pd.Series, pd.Series], pd.Series]


def better(these: pd.Series, those: pd.Series) -> pd.Series:
    """1 where these are higher, 0 where those are, and a half where they are equal."""
    return (np.sign(these - those) + 1) / 2


def of_sets(
    table: pd.DataFrame,
    groups: pd.Series,
    draws: int,
    seed: int,
    centre: Centre = means,
    measure: Measure = difference,
) -> dict[str, Estimate]:
    """Gains by size of the model, by modality and kind of target, over nnU-Net, how many gain, and how often the next size is better.

    Parameters
    ----------
    table
        One row a data set.
    groups
        What is drawn as a whole, one label a data set.
    draws, seed
        Number of draws for each interval, and their seed.
    centre
        `gains.means` or `gains.medians`.
    measure
        Of a gain: a function of the later and the earlier Dice.
    """
    times = gains.times_drawn(groups, draws, np.random.default_rng([seed, 0])).astype(float)
    gained, how = gains.by_size(table, measure), "families drawn"
    mean, mri = gained.mean(axis=1), table.modality == "MRI"

    def of(values: pd.Series, among: pd.Series | None = None) -> Estimate:
        return gains.middle(values, times, how, among, centre)

    found = {f"gain-{size[0]}": of(gained[size]) for size in SIZES}
    found["over-nnunet"] = of(measure(table[TUNED].mean(axis=1), table.nnunet))
    found |= {id: of(mean, table.targets == kind) for id, kind in KINDS.items()} | {"mri": of(mean, mri)}
    found["ct-more"] = gains.apart(mean, table.modality == "CT", mri, times, how, centre)
    found |= {id: of(better(table[large], table[small])) for id, (small, large) in STEPS.items()}
    found["wins"] = of((gained > 0).mean(axis=1))
    return found | {"gain-grows": of(gained.huge - gained.base)}


def step_means(
    table: pd.DataFrame, groups: pd.Series, draws: int, seed: int, measure: Measure = difference
) -> dict[str, Estimate]:
    """By how much the next size of the model is better on average, in another measure than in how many data sets."""
    times = gains.times_drawn(groups, draws, np.random.default_rng([seed, 0])).astype(float)
    return {
        id: gains.middle(measure(table[large], table[small]), times, "families drawn")
        for id, (small, large) in STEPS.items()
    }


def as_share(difference: Estimate) -> Estimate:
    """A difference with a half added, so that it is judged as a share is: no difference stands at one half."""
    ends = difference.low + 0.5, difference.high + 0.5
    return Estimate.around(difference.value + 0.5, *ends, difference.how)


def of_lesions(
    table: pd.DataFrame, draws: int, seed: int, centre: Centre = means, measure: Measure = difference
) -> Estimate:
    """Gain over the targets of the authors' group Disease, in blocks that share data sets."""
    lesions = table[table.group == "Disease"]
    times = gains.times_drawn(lesions.block, draws, np.random.default_rng([seed, 1])).astype(float)
    gained = gains.by_size(lesions, measure).mean(axis=1)
    return gains.middle(gained, times, "blocks of lesions drawn", centre=centre)


def by_other_choices(
    table: pd.DataFrame, targets: pd.DataFrame, mean: np.ndarray, draws: int, seed: int
) -> dict[str, dict[str, Estimate]]:
    """The same by other middles and measures, without the five data sets that gain most, and with other families.

    Parameters
    ----------
    table, targets
        One row a data set, and one a group and target.
    mean
        Gain of each data set.
    draws, seed
        As in `of_sets`.

    Returns
    -------
    dict
        What was chosen otherwise, in words -> as from `of_sets`, with that of `of_lesions` where it touches it.
    """
    ways = {
        "medians": {"centre": gains.medians},
        "share of error": {"measure": gains.share_of_error},
        "log odds": {"measure": gains.log_odds},
    }
    found = {
        how: of_sets(table, table.family, draws, seed, **way)
        | {"lesions": of_lesions(targets, draws, seed, **way)}
        for how, way in ways.items()
    }
    # Which of two models is better does not depend on the measure, and a share has no median.
    shares = {*STEPS, "wins"}
    found = {how: {id: it for id, it in them.items() if id not in shares} for how, them in found.items()}
    rest = table.iloc[np.sort(np.argsort(mean)[:-5])]
    found["less 5"] = of_sets(rest, rest.family, draws, seed)
    found["singly"] = of_sets(table, table.dataset, draws, seed)
    found["organiser"] = of_sets(table, table.organiser, draws, seed)
    found["joined"] = of_sets(table, table.family.replace(JOINED), draws, seed)
    return found
