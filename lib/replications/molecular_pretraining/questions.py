"""What is asked of the errors of all models: each answer is a number with its interval, in per cent of the error."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from replications.molecular_pretraining import gains
from scalinglaws.uncertainty import Estimate, of_mean

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


def of_size(errors: pd.DataFrame, of=gains.of_endpoints) -> dict[str, Estimate]:
    """What more molecules are worth: claims gain, flat and bends of both objectives, and runs-slope."""
    found = {}
    for objective in OBJECTIVES:
        first = less(errors, "none 0", f"{objective} 30")
        later = less(errors, f"{objective} 30", f"{objective} 100")
        asked = {"gain": first, "flat": later, "bends": first - later}
        found |= {f"{name}-{objective}": gains.across(it, of) for name, it in asked.items()}
    return found | {"runs-slope": over_runs(errors, of)}


def of_adaptation(errors: pd.DataFrame, of=gains.of_endpoints, asked: int = 4) -> dict[str, Estimate]:
    """What adaptation is worth: the claims whose ids begin with da, and over-pretraining.

    `asked` is as in `gains.of_endpoint`.
    """
    gain = less(errors, PLAIN, ADAPTED)
    # The rival of each endpoint is the objective that does better there, which is chosen against the claim.
    others = {name: less(errors, PLAIN, f"{PLAIN} {name}") for name in ("MLM", "CL")}
    best = pd.DataFrame({name: of(it) for name, it in others.items()}).max(axis=1)
    return {
        **{f"da-{it}": gains.of_endpoint(gain, it, asked) for it in gains.ENDPOINTS},
        "da-endpoints": gains.across(gain, of),
        "da-mtr-base": gains.across(less(errors, "mtr 30", "mtr 30 MTR"), of),
        "da-objective": gains.percent(of_mean(of(gain) - best, "Student, endpoints or data sets as units")),
        "da-beats-data": gains.across(gain - less(errors, PLAIN, "mlm 100"), of),
        "over-pretraining": gains.across(less(errors, "mtr 30", ADAPTED), of),
    }


def of_rivals(errors: pd.DataFrame, of=gains.of_endpoints) -> dict[str, Estimate]:
    """How far other models are from the adapted one: claims equal."""
    return {f"equal-{id}": gains.distance(less(errors, ADAPTED, name), of) for id, name in RIVALS.items()}


def of_all(errors: pd.DataFrame, of=gains.of_endpoints, asked: int = 4) -> dict[str, Estimate]:
    """All of the above."""
    return of_size(errors, of) | of_adaptation(errors, of, asked) | of_rivals(errors, of)


def drawn(errors: pd.DataFrame) -> dict[str, dict[str, Estimate]]:
    """The gains of the figure: by pre-training, by adaptation, and of other models over the adapted one."""
    found = of_all(errors)
    adaptation = {endpoint: found[f"da-{endpoint}"] for endpoint in gains.ENDPOINTS}
    return {
        "pre-training": {
            f"{objective.upper()} {step}": found[f"{id}-{objective}"]
            for objective in OBJECTIVES
            for step, id in (("0 to 30 %", "gain"), ("30 to 100 %", "flat"))
        },
        "adaptation by MTR": adaptation
        | {"mean, after MLM": found["da-endpoints"], "mean, after MTR": found["da-mtr-base"]},
        "over the adapted model": {
            name: gains.across(less(errors, ADAPTED, name)) for name in RIVALS.values()
        },
    }
