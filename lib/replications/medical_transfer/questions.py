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
    """Gains by size of the model, by modality, on lesions, over nnU-Net, and how often the next size is better.

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
    found |= {"mri": of(mean, mri), "lesion-sets": of(mean, table.targets == "lesions")}
    found["ct-more"] = gains.apart(mean, table.modality == "CT", mri, times, how, centre)
    found |= {id: of(better(table[large], table[small])) for id, (small, large) in STEPS.items()}
    return found | {"gain-grows": of(gained.huge - gained.base)}


def of_targets(
    table: pd.DataFrame, draws: int, seed: int, centre: Centre = means, measure: Measure = difference
) -> dict[str, Estimate]:
    """Gains over lesions, in blocks that share data sets, and over structures, in the authors' groups.

    A structure that stands in two groups counts once, in the first.
    """
    once = table.drop_duplicates(["target", "huge"])
    lesions, structures = table[table.group == "Disease"], once[~once.group.isin(["Disease", "Necrosis"])]
    found = {}
    for id, part, how in (
        ("lesions", lesions, "blocks of lesions drawn"),
        ("structures", structures, "regions of the body drawn"),
    ):
        times = gains.times_drawn(part.block, draws, np.random.default_rng([seed, 1])).astype(float)
        found[id] = gains.middle(gains.by_size(part, measure).mean(axis=1), times, how, centre=centre)
    return found


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
        What was chosen otherwise, in words -> as from `of_sets`, with those of `of_targets` where it touches them.
    """
    ways = {
        "medians": {"centre": gains.medians},
        "share of error": {"measure": gains.share_of_error},
        "log odds": {"measure": gains.log_odds},
    }
    found = {
        how: of_sets(table, table.family, draws, seed, **way) | of_targets(targets, draws, seed, **way)
        for how, way in ways.items()
    }
    # Which of two models is better does not depend on the measure, and a share has no median.
    found = {how: {id: it for id, it in them.items() if id not in STEPS} for how, them in found.items()}
    rest = table.iloc[np.sort(np.argsort(mean)[:-5])]
    found["less five"] = of_sets(rest, rest.family, draws, seed)
    found["each alone"] = of_sets(table, table.dataset, draws, seed)
    found["organiser"] = of_sets(table, table.organiser, draws, seed)
    return found
