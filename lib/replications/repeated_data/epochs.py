"""Runs of one size and one text, told apart by their epochs: by how much losses rise, and where they turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from scalinglaws.uncertainty import Estimate, of_slope

#: The three series of Figure 4: size in words -> parameters, and tokens trained on.
SERIES = {
    "2.8 billion": (2.81e9, 5.5e10),
    "4.2 billion": (4.2465e9, 8.4e10),
    "8.7 billion": (8.67e9, 1.78e11),
}
#: What two runs that differ by their seed alone have in common.
SETTING = ["n_params", "n_tokens", "unique_tokens"]


def risen(many: ArrayLike, one: ArrayLike) -> Estimate:
    """By how many per cent the mean loss of some runs lies above that of others, with Welch's interval.

    Parameters
    ----------
    many, one
        Losses of runs that differ by their seed alone, at least two each.
    """
    many, one = np.asarray(many, float), np.asarray(one, float)
    low, high = stats.ttest_ind(many, one, equal_var=False).confidence_interval()
    share = 100 / one.mean()
    return Estimate(share * (many.mean() - one.mean()), share * low, share * high, "Welch's, runs by seed")


def scatter(runs: pd.DataFrame) -> float:
    """Standard deviation between runs of one setting, as a share of their loss, pooled over settings.

    Parameters
    ----------
    runs
        n_params, n_tokens, unique_tokens and loss; settings with one run do not count.
    """
    groups = runs.assign(log=np.log(runs.loss)).groupby(SETTING).log
    kept = groups.count() > 1
    free = (groups.count() - 1)[kept]
    return float(np.sqrt((groups.var()[kept] * free).sum() / free.sum()))


def apart(value: float, share: float, runs: float = 2, how: str = "scatter of runs by seed") -> Estimate:
    """A difference of losses in per cent, with what so many single runs scatter.

    Parameters
    ----------
    value
        The difference, %.
    share
        Standard deviation of one run, as a share of its loss.
    runs
        Variances of one run that the difference holds: two for one run less another.
    how
        Where the scatter is from.
    """
    half = 100 * special.ndtri(0.975) * share * np.sqrt(runs)
    return Estimate(value, value - half, value + half, how)


def rises(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Runs of some sizes with their rise above the mean loss of one epoch, and the name of the size.

    Parameters
    ----------
    parts
        Size in words -> its runs at one number of tokens: epochs and loss.

    Returns
    -------
    DataFrame
        The runs with columns `size` and `rise` (%).
    """
    return pd.concat(
        part.assign(size=size, rise=100 * (part.loss / part.loss[part.epochs == 1].mean() - 1))
        for size, part in parts.items()
    )


def series(parts: Mapping[str, pd.DataFrame], law: Callable[[pd.DataFrame], pd.Series]) -> pd.DataFrame:
    """The same for the mean of the runs of each setting, with the rise that a law predicts as `law` (%).

    Parameters
    ----------
    parts
        As in `rises`.
    law
        Predicted rise (%) of a table of settings.
    """
    means = rises(parts).groupby(["size", "epochs"], as_index=False).mean(numeric_only=True)
    return means.assign(law=law(means))


def turns(runs: pd.DataFrame, sizes: Sequence[float], since: float = 39) -> pd.DataFrame:
    """Where the loss is least along the epochs, and by how much it rises from a run in the middle to the last.

    Parameters
    ----------
    runs
        Runs on one number of unique tokens, one a setting.
    sizes
        Parameters of the models to look at; those of which there is no run are passed over.
    since
        Epochs of the run in the middle, chosen beforehand: from the least loss every curve rises.

    Returns
    -------
    DataFrame
        A row a size: runs, best epochs, compute there (6 N D, FLOP), and the rise from `since` to the most epochs
        (%), which is nan where there is no such run.
    """
    rows = {}
    for size in sizes:
        part = runs[runs.n_params == size].sort_values("n_tokens")
        if part.empty:
            continue
        best = part.loc[part.loss.idxmin()]
        middle = part.loss[(part.n_tokens / part.unique_tokens).round(6) == since]
        rows[size] = {
            "runs": len(part),
            "epochs": best.n_tokens / best.unique_tokens,
            "flops": 6 * size * best.n_tokens,
            "rise": 100 * np.log(part.loss.iloc[-1] / middle.iloc[0]) if len(middle) else np.nan,
        }
    return pd.DataFrame(rows).T.rename_axis("n_params").reset_index()


def slope(table: pd.DataFrame, column: str = "epochs") -> Estimate:
    """How the place of the least loss moves with size: slope of the logarithms, with Student's interval over sizes.

    Parameters
    ----------
    table
        As `turns` gives it.
    column
        The place: epochs, or flops.
    """
    return of_slope(np.log(table.n_params), np.log(table[column]), "Student's, over sizes")


def hump(runs: pd.DataFrame, before: float, at: float) -> float:
    """How far a loss lies above an earlier one and above the least later one: the smaller of both, in per cent.

    Parameters
    ----------
    runs
        Runs of one size on one number of unique tokens, one a setting.
    before, at
        Epochs of the two runs.

    Raises
    ------
    ValueError
        If there is no run with these epochs, or none later.
    """
    epochs = (runs.n_tokens / runs.unique_tokens).round(6).to_numpy()
    loss = dict(zip(epochs, runs.loss, strict=True))
    later = [value for epoch, value in loss.items() if epoch > at]
    if before not in loss or at not in loss or not later:
        raise ValueError(f"a hump at {at:g} epochs needs runs of {before:g}, of {at:g} and of more epochs")
    return 100 * min(np.log(loss[at] / loss[before]), np.log(loss[at] / min(later)))


def by_chance(
    runs: pd.DataFrame, before: float, at: float, share: float, rng: np.random.Generator, count: int = 200
) -> float:
    """How often the scatter of single runs alone is taken for a hump: share of so many draws.

    Parameters
    ----------
    runs, before, at
        As in `hump`, with losses that have none.
    share
        Standard deviation of one run, as a share of its loss.
    rng, count
        The source of randomness, and how many draws.
    """
    dealt = (runs.assign(loss=runs.loss * np.exp(rng.normal(0, share, len(runs)))) for _ in range(count))
    return float(np.mean([apart(hump(made, before, at), share).low > 0 for made in dealt]))


def peak(runs: pd.DataFrame) -> float:
    """The epochs of the run that stands out most: the largest hump that any run makes.

    Parameters
    ----------
    runs
        Runs of one size on one number of unique tokens, one a setting; at least three.
    """
    ordered = runs.sort_values("n_tokens")
    loss = ordered.loss.to_numpy()
    out = [min(loss[k] - loss[:k].min(), loss[k] - loss[k + 1 :].min()) for k in range(1, len(loss) - 1)]
    found = ordered.iloc[1 + int(np.argmax(out))]
    return float(found.n_tokens / found.unique_tokens)
