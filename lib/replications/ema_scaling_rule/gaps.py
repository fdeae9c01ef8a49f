"""How far averages of trained weights are from their path at the batch of reference, and how that grows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from scalinglaws.uncertainty import Estimate, of_mean

#: Columns of the losses of an average, one for each eighth of training.
PARTS = [f"loss_{k}" for k in range(1, 9)]
#: What a table without these columns holds.
PLAIN = {"rates": "linear", "order": 0}
#: What may be made of the eight differences of a run: (runs, 8) -> (runs,).
OVER_MOMENTS = {
    "worst": lambda apart: apart.max(axis=1),
    "mean": lambda apart: apart.mean(axis=1),
    "end": lambda apart: apart[PARTS[-1]],
}


def arms(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table of runs by arm and seed; without columns for them, rates are linear and the order is 0."""
    table = table.assign(**{name: value for name, value in PLAIN.items() if name not in table})
    return table.set_index(["rates", "order", "rule", "rho", "kappa", "seed"]).sort_index()


def gaps(
    runs: pd.DataFrame,
    rule: str,
    kappa: int,
    rho: float = 0.998,
    rates: str = "linear",
    order: int = 0,
    over: str = "worst",
) -> pd.Series:
    """Of each seed, the difference of the average's held-out loss from that at the batch of reference.

    Parameters
    ----------
    runs
        By arm and seed, see `arms`.
    rule, kappa, rho, rates, order
        Which arm; a rho of 0 is the weights themselves. Its reference is the same average at kappa = 1.
    over
        `worst`, `mean` or `end` of the eight moments.

    Returns
    -------
    pandas.Series
        By seed, over the fall of the loss of reference from the first weights to the last moment.
    """
    known = runs.loc[("linear", 0, "power" if rho else "weights", rho, 1)]
    apart = (runs.loc[(rates, order, rule, rho, kappa), PARTS] - known[PARTS]).abs()
    return OVER_MOMENTS[over](apart) / (known.start - known[PARTS[-1]])


def shortcut_less_power(runs: pd.DataFrame, kappa: int, rho: float, over: str = "worst") -> pd.Series:
    """Of each seed, how much farther off the shortcut is than rho^kappa."""
    return gaps(runs, "shortcut", kappa, rho, over=over) - gaps(runs, "power", kappa, rho, over=over)


def growth(
    runs: pd.DataFrame,
    kappa: int,
    base: int = 8,
    rule: str = "power",
    rho: float = 0.998,
    order: int = 0,
    over: str = "worst",
    times: float | None = None,
) -> Estimate:
    """Geometric mean over seeds of the gap at kappa over that at `base`, over the times of growth in proportion.

    Parameters
    ----------
    runs, rule, rho, order, over
        Which gaps, see `gaps`.
    kappa, base
        The batches.
    times
        What the ratio is divided by; kappa / base by default.

    Returns
    -------
    Estimate
        With the interval of Student's t over seeds, in logs.
    """
    far, near = (gaps(runs, rule, k, rho, order=order, over=over) for k in (kappa, base))
    logs = of_mean(np.log(far / near / (times or kappa / base)), f"Student's t over {len(far)} seeds")
    return replace(logs, **{part: float(np.exp(getattr(logs, part))) for part in ("value", "low", "high")})
