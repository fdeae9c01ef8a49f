"""What is asked of the errors of all models: each answer is a number with its interval, in per cent of the error."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from replications.molecular_pretraining import gains
from scalinglaws.uncertainty import Estimate

OBJECTIVES = ("mlm", "mtr")
SIZES = (30, 60, 100)
#: The paper's adapted model, and the one that it was adapted from.
ADAPTED, PLAIN = "mlm 30 MTR", "mlm 30"
RIVALS = {"molbert": "MolBERT", "molformer": "MolFormer", "physchem": "PhysChem"}


def less(errors: pd.DataFrame, before: str, after: str) -> pd.Series:
    """By how much the logarithm of the error is less after than before, on each fold."""
    return errors[before] - errors[after]


def over_runs(errors: pd.DataFrame, of=gains.of_endpoints) -> Estimate:
    """Gain from 30 to 100 % by a line over the logarithm of the size, pre-trained models being the units.

    Each objective has its own intercept and both have one slope, so that six models leave three degrees of freedom.
    """
    x, y = (np.empty((2, 3)) for _ in range(2))
    for row, objective in enumerate(OBJECTIVES):
        level = [of(errors[f"{objective} {size}"]).mean() for size in SIZES]
        x[row], y[row] = np.log(SIZES) - np.log(SIZES).mean(), np.array(level) - np.mean(level)
    squares = (x**2).sum()
    slope = (x * y).sum() / squares
    free = x.size - len(OBJECTIVES) - 1
    half = stdtrit(free, 0.975) * np.sqrt(((y - slope * x) ** 2).sum() / free / squares)
    reach = np.log(SIZES[-1] / SIZES[0])
    low, high = (-slope - half) * reach, (-slope + half) * reach
    return gains.percent(Estimate(-slope * reach, low, high, "Student, six pre-trained models as units"))


def asked(errors: pd.DataFrame, later: int = 100) -> dict[str, pd.Series]:
    """The gains that are averaged over endpoints: claim -> difference of logarithms, one a data set and fold.

    `later` is the size, in per cent, that is compared with 30 % to see what more molecules are worth.
    """
    found = {}
    for objective in OBJECTIVES:
        first = less(errors, "none 0", f"{objective} 30")
        after = less(errors, f"{objective} 30", f"{objective} {later}")
        them = {"gain": first, "flat": after, "bends": first - after}
        found |= {f"{name}-{objective}": it for name, it in them.items()}
    gain = less(errors, PLAIN, ADAPTED)
    return found | {
        "da-endpoints": gain,
        "da-mtr-base": less(errors, "mtr 30", "mtr 30 MTR"),
        "da-objective": gain - better_of_others(errors),
        "da-beats-data": gain - less(errors, PLAIN, f"mlm {later}"),
        "over-pretraining": less(errors, "mtr 30", ADAPTED),
    }


def better_of_others(errors: pd.DataFrame) -> pd.Series:
    """Gain by adaptation by MLM or contrastive learning: on each endpoint the better, chosen against the claim."""
    both = {name: less(errors, PLAIN, f"{PLAIN} {name}") for name in ("MLM", "CL")}
    best = pd.DataFrame({name: gains.of_endpoints(it) for name, it in both.items()}).idxmax(axis=1)
    chosen = errors.index.get_level_values("dataset").map(gains.OF_DATASET).map(best)
    return both["MLM"].where(chosen == "MLM", both["CL"])


def of_each(errors: pd.DataFrame) -> dict[str, Estimate]:
    """What adaptation is worth on each endpoint, four being asked at once."""
    gain = less(errors, PLAIN, ADAPTED)
    return {f"da-{it}": gains.of_endpoint(gain, it, len(gains.ENDPOINTS)) for it in gains.ENDPOINTS}


def of_all(errors: pd.DataFrame) -> dict[str, Estimate]:
    """All that is asked: over endpoints, over runs, and of each endpoint."""
    over = {id: gains.across(it) for id, it in asked(errors).items()}
    return over | {"runs-slope": over_runs(errors)} | of_each(errors)


def over_adapted(errors: pd.DataFrame, forest: pd.DataFrame) -> dict[str, Estimate]:
    """By how much other models err less than the adapted one.

    The paper's sentence on descriptors is about a random forest, whatever head reads the transformers, so their
    errors are taken from `forest`.
    """
    errors = errors.assign(PhysChem=forest["PhysChem"])
    return {name: gains.across(less(errors, ADAPTED, name)) for name in RIVALS.values()}


def drawn(errors: pd.DataFrame) -> dict[str, dict[str, Estimate]]:
    """The gains of the figure: by pre-training, by adaptation, and of other models over the adapted one."""
    found = of_all(errors)
    adaptation = {endpoint: found[f"da-{endpoint}"] for endpoint in gains.ENDPOINTS}
    names = {"PhysChem": "descriptors, forest"}
    return {
        "pre-training": {
            f"{objective.upper()} {step}": found[f"{id}-{objective}"]
            for objective in OBJECTIVES
            for step, id in (("0 to 30 %", "gain"), ("30 to 100 %", "flat"))
        },
        "adaptation by MTR": adaptation
        | {"mean, after MLM": found["da-endpoints"], "mean, after MTR": found["da-mtr-base"]},
        "over the adapted model": {
            names.get(name, name): it for name, it in over_adapted(errors, errors).items()
        },
    }
