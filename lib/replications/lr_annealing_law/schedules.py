"""The nine learning-rate schedules of Luo et al. (2025), what of them a fit has not seen, and shared trunks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

#: Steps of linear warm-up, then the highest rate, and the rate that a decay ends at.
WARMUP, PEAK, END = 2160, 3e-4, 3e-5
#: Steps of the longest run: all schedules are written out to here, at their last rate once they have ended.
LONGEST = 72_000
#: Step at which a two-stage schedule changes its rate, and at which WSD begins to decay, and ends.
STEP_DOWN, DECAY, DECAYED = 8_000, 20_000, 24_000
#: Curve -> its family: schedules that differ in a number or in the form of the decay are of one.
FAMILY = {
    "constant_24000": "constant",
    "constant_72000": "constant",
    "cosine_24000": "cosine",
    "cosine_72000": "cosine",
    "wsd_20000_24000": "decay at the end",
    "wsdld_20000_24000": "decay at the end",
    "wsdcon_3": "step down",
    "wsdcon_9": "step down",
    "wsdcon_18": "step down",
}


def warmed(rest: np.ndarray) -> np.ndarray:
    """Rates of all steps up to the longest run: the warm-up, the given ones, and the last of these held."""
    rates = np.concatenate([np.linspace(0, PEAK, WARMUP), rest])
    return np.concatenate([rates, np.full(max(0, LONGEST + 1 - len(rates)), rates[-1])])


def decayed(begin: int, end: int, form: str) -> np.ndarray:
    """Rates that are constant after the warm-up and decay between two steps, linearly or exponentially.

    Parameters
    ----------
    begin, end
        Steps between which the rate falls from its peak to its end.
    form
        `"linear"` or `"exponential"`.

    Returns
    -------
    ndarray
        Rate at each step, shape (72001,).
    """
    done = np.arange(end - begin) / (end - begin)
    falling = PEAK ** (1 - done) * END**done if form == "exponential" else PEAK + (END - PEAK) * done
    return warmed(np.concatenate([np.full(begin - WARMUP, PEAK), falling]))


def rates(curve: str) -> np.ndarray:
    """Learning rate at each step of one of the nine schedules.

    Parameters
    ----------
    curve
        Its name in the table, such as `wsd_20000_24000`.

    Returns
    -------
    ndarray
        Shape (72001,); after its end a schedule stays at its last rate.

    Raises
    ------
    ValueError
        If there is no such schedule.

    Source: arXiv:2503.12811; the rates beside the losses in its repository are the same.
    """
    if curve not in FAMILY:
        raise ValueError(f"no schedule {curve!r}: there are {', '.join(FAMILY)}")
    kind, _, number = curve.partition("_")
    if kind == "constant":
        return warmed(np.array([PEAK]))
    if kind == "cosine":
        done = np.arange(int(number) - WARMUP) / (int(number) - WARMUP)
        return warmed(END + 0.5 * (PEAK - END) * (1 + np.cos(np.pi * done)))
    if kind == "wsdcon":
        return warmed(np.array([PEAK] * (STEP_DOWN - WARMUP) + [int(number) * 1e-5]))
    return decayed(DECAY, DECAYED, "exponential" if kind == "wsd" else "linear")


def first_new(curve: str, fitted: Sequence[str], ends: dict[str, int]) -> int:
    """The first step at which a schedule differs from all that were fitted, or outlasts the last like it.

    Parameters
    ----------
    curve
        The schedule in question.
    fitted
        Schedules that were fitted.
    ends
        Last recorded step of each curve.
    """
    ours, step = rates(curve), 0
    for other in fitted:
        differs = np.flatnonzero(ours != rates(other))
        step = max(step, min(differs[0] if len(differs) else LONGEST, ends[other] + 1))
    return int(step)


def shared_losses(table: pd.DataFrame, size: int) -> pd.DataFrame:
    """Which curves of a size have losses in common, to the last digit, and how many.

    Two runs of their own agree by chance in a few of some hundred values of four decimals; only pairs
    that agree in more than a tenth are listed.

    Parameters
    ----------
    table
        Columns size, curve, step and loss.
    size
        Million parameters.

    Returns
    -------
    DataFrame
        One row a pair: both names, `equal` losses out of so many `records` at equal steps.
    """
    curves = dict(list(table[table["size"] == size].groupby("curve", sort=False)))
    found = []
    for one, other in itertools.combinations(curves, 2):
        both = curves[one].merge(curves[other], on="step")
        equal = int((both.loss_x == both.loss_y).sum())
        if equal > 0.1 * len(both):
            found.append((one, other, equal, len(both)))
    return pd.DataFrame(found, columns=["curve", "other", "equal", "records"])


def one_row_a_loss(table: pd.DataFrame) -> pd.DataFrame:
    """The published table with one row a recorded loss, size by size.

    Parameters
    ----------
    table
        Columns curve, step, lr, and a column of losses for each size, such as loss_25m.

    Returns
    -------
    DataFrame
        Columns size (million parameters), curve, step, lr, loss (nats per token).
    """
    parts = []
    for column in table.columns[table.columns.str.startswith("loss_")]:
        size = int(column.removeprefix("loss_").removesuffix("m"))
        parts.append(table[["curve", "step", "lr"]].assign(size=size, loss=table[column]).dropna())
    found = pd.concat(parts, ignore_index=True)[["size", "curve", "step", "lr", "loss"]]
    found.attrs = dict(table.attrs)
    return found


def sizes_side_by_side(runs: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The published table with the losses of `one_row_a_loss`, whose rows are in its order."""
    table = table.copy()
    for size, rows in runs.groupby("size"):
        column = f"loss_{size}m"
        table.loc[table[column].notna(), column] = rows.loss.to_numpy()
    return table
