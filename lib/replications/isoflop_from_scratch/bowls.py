"""IsoFLOP curves from loss curves, and how fast their bottoms move.

Tables of log losses are DataFrames with a row for each size, by width, and a column for each token count.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from scalinglaws.frontier import exponent, isoflop_optimum

#: Exponent and flattening from which the search starts.
STARTS = ((0.3, 0.3), (0.5, 0.1), (0.8, 0.1))
#: How far above the lowest ln loss of its budget a size may lie to help to shape the bowl.
WITHIN = 0.3


class Bowl(NamedTuple):
    """One bowl for all budgets.

    Attributes
    ----------
    exponent
        By which its bottom moves: ln size per ln FLOPs.
    flattening
        By which it flattens: the depth of the bowl goes as FLOPs to the power of minus this.
    best
        The best size, parameters, by budget; NaN where it lies at or beyond the smallest or the largest
        size that shaped the bowl there.
    spread
        Root mean square of what the bowl leaves of the loss, nats, degrees of freedom taken off.
    agree
        How many of `STARTS` lead to it.
    left
        What it leaves of the loss, nats, (budgets, sizes); NaN for a size that took no part.
    """

    exponent: float
    flattening: float
    best: pd.Series
    spread: float
    agree: int
    left: pd.DataFrame


def loss_curves(runs: pd.DataFrame) -> pd.DataFrame:
    """Log losses of all runs by `warmup`, `width`, `log2_lr` and `seed`; columns: tokens after which they were judged."""
    names = {name: int(name.rsplit("_", 1)[1]) for name in runs if name.startswith("loss_at_")}
    by = runs.set_index(["warmup", "width", "log2_lr", "seed"])[list(names)]
    return np.log(by.astype(float)).rename(columns=names).sort_index()


def over_seeds(curves: pd.DataFrame) -> pd.DataFrame:
    """The mean log loss of the seeds; NaN where one of them has none, as after it diverged."""
    return curves.groupby(level=["warmup", "width", "log2_lr"]).mean(skipna=False)


def at_rates(curves: pd.DataFrame, rates: pd.Series) -> pd.DataFrame:
    """The curve of each width (rows) at its own rate, from curves by `width` and `log2_lr`."""
    return pd.DataFrame({width: curves.loc[(width, rate)] for width, rate in rates.items()}).T


def isoflop(curves: pd.DataFrame, flops_per_token: pd.Series, budgets: np.ndarray) -> pd.DataFrame:
    """Log loss of each size at each budget, read between checkpoints by straight lines on log scales.

    Parameters
    ----------
    curves
        Log losses, (sizes, token counts); NaN where a run was not judged.
    flops_per_token
        By width; at budget C a size has read C / flops_per_token tokens.
    budgets
        FLOPs.

    Returns
    -------
    DataFrame
        (budgets, sizes); NaN where a size was not trained so far.
    """
    at, found = np.log(curves.columns.to_numpy(float)), {}
    for size, curve in curves.iterrows():
        wanted = np.log(budgets / flops_per_token[size[0] if isinstance(size, tuple) else size])
        found[size] = np.interp(wanted, at, curve.to_numpy(float), left=np.nan, right=np.nan)
    return pd.DataFrame(found, index=pd.Index(budgets, name="flops"))


def best_rates(curves: pd.DataFrame, flops_per_token: pd.Series, budgets: np.ndarray) -> pd.Series:
    """Base-two logarithm of the rate that is best for each width, over the budgets that it reaches.

    Parameters
    ----------
    curves
        Log losses, indexed by `width` and `log2_lr`; a rate that lacks a budget which others of its width have
        reached, as its run diverged, is never the best.
    flops_per_token, budgets
        As in `isoflop`.
    """
    losses = isoflop(curves, flops_per_token, budgets)
    reached = losses.notna().sum()
    whole = reached == reached.groupby(level=0).transform("max")
    mean = losses.loc[:, whole].mean()
    best = mean.groupby(level=0).idxmin().map(lambda pair: pair[1])
    return best.rename_axis("width").rename("log2_lr")


def near_bottom(losses: pd.DataFrame, within: float = WITHIN) -> pd.DataFrame:
    """Log losses (budgets, sizes), NaN where they lie more than `within` above the lowest of their budget."""
    return losses.where(losses.sub(losses.min(axis=1), axis=0) <= within)


def moving_bowl(losses: pd.DataFrame, n_params: pd.Series, within: float = WITHIN, degree: int = 3) -> Bowl:
    r"""One bowl that moves with the budget, and flattens as it goes.

    $L = g_C + C^{-s} (p_1 v + p_2 v^2 + p_3 v^3)$ with $v = \ln N - a \ln C$, by least squares. For given
    $a$ and $s$ it is linear, so that these two alone are searched for (variable projection).

    Parameters
    ----------
    losses
        Log losses, (budgets, sizes), NaN where there is none.
    n_params
        Parameters by width, counted as the budgets are.
    within
        Sizes whose log loss lies farther above the lowest of their budget take no part.
    degree
        2 for a parabola, 3 for a bowl that may lean.

    Raises
    ------
    ValueError
        If fewer than three budgets have three sizes that take part.

    Source: Golub & Pereyra (2003), Inverse Problems 19:R1, section 2 (variable projection).
    """
    near = near_bottom(losses, within)
    near = near[near.notna().sum(axis=1) >= 3]
    if len(near) < 3:
        raise ValueError(f"three budgets need three sizes near their lowest loss; {len(near)} have them")
    budget, size = np.nonzero(near.notna().to_numpy())
    sizes, at = (np.log(np.asarray(part, float)) for part in (n_params[near.columns], near.index))
    x, z, per_budget = sizes[size] - sizes.mean(), at - at.mean(), np.bincount(budget)

    def centred(values: np.ndarray) -> np.ndarray:
        """Less the mean of its budget, which takes the place of g."""
        return values - (np.bincount(budget, values) / per_budget)[budget]

    y = centred(np.exp(near.to_numpy()[budget, size]))

    def shape(moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The coefficients of v, v^2, ... at an exponent and a flattening, and what they leave."""
        v, deep = x - moved[0] * z[budget], np.exp(-moved[1] * z[budget])
        terms = np.column_stack([centred(deep * v**power) for power in range(1, degree + 1)])
        p = np.linalg.lstsq(terms, y, rcond=None)[0]
        return p, y - terms @ p

    fits = [least_squares(lambda moved: shape(moved)[1], start, xtol=1e-12) for start in STARTS]
    best = min(fits, key=lambda one: one.cost)
    coefficients, residuals = shape(best.x)
    v = minimum(np.polynomial.Polynomial([0, *coefficients])) + best.x[0] * z
    ends = pd.Series(x).groupby(budget)
    inside = (v > ends.min().to_numpy()) & (v < ends.max().to_numpy())
    free = len(y) - len(near) - degree - 2
    left = np.full(near.shape, np.nan)
    left[budget, size] = residuals
    return Bowl(
        exponent=float(best.x[0]),
        flattening=float(best.x[1]),
        best=pd.Series(np.where(inside, np.exp(v + sizes.mean()), np.nan), near.index),
        spread=float(np.sqrt(2 * best.cost / free)) if free > 0 else np.nan,
        agree=sum(bool(one.cost < best.cost * (1 + 1e-6) + 1e-15) for one in fits),
        left=pd.DataFrame(left, near.index, near.columns),
    )


def bottoms(losses: pd.DataFrame, n_params: pd.Series, method: str = "akima", points: int = 5) -> pd.Series:
    """The best size of each budget by itself; NaN where it lies at an end of the sizes.

    Parameters
    ----------
    losses, n_params
        As in `moving_bowl`.
    method, points
        As in `scalinglaws.frontier.isoflop_optimum`; or `"cubic"`, by least squares through the sizes that
        shape the moving bowl.
    """
    found = pd.Series(np.nan, losses.index)
    rows = near_bottom(losses) if method == "cubic" else losses
    for flops, row in rows.iterrows():
        there = row.dropna()
        sizes = n_params[there.index].to_numpy(float)
        if len(there) < (5 if method == "cubic" else 3):
            continue
        if method == "cubic":
            found[flops] = np.exp(bottom_of_cubic(np.log(sizes), there.to_numpy()))
            continue
        with warnings.catch_warnings():
            # A second valley is a matter of noise here: the lower is taken.
            warnings.simplefilter("ignore", UserWarning)
            found[flops] = isoflop_optimum(sizes, np.exp(there), method, points=points).n_params
    return found


def bottom_of_cubic(x: np.ndarray, y: np.ndarray) -> float:
    """Where the least-squares cubic has its minimum; NaN if that is not within x."""
    found = minimum(np.polynomial.Polynomial.fit(x, y, 3))
    return found if x.min() < found < x.max() else np.nan


def minimum(curve: np.polynomial.Polynomial) -> float:
    """Where a polynomial has its first minimum; NaN if it has none."""
    turns = curve.deriv().roots()
    found = [t.real for t in turns if abs(t.imag) < 1e-9 and curve.deriv(2)(t.real) > 0]
    return found[0] if found else np.nan


def slope(best: pd.Series) -> float:
    """The exponent of best sizes, by budget; those at an end are left out. NaN for fewer than three."""
    known = best.dropna()
    return exponent(known.index.to_numpy(float), known).exponent if len(known) > 2 else np.nan


def left_out(statistic: Callable[[list[int]], pd.Series], widths: list[int]) -> pd.DataFrame:
    """A statistic of widths with each of them left out in turn: a row for each."""
    return pd.DataFrame({out: statistic([w for w in widths if w != out]) for out in widths}).T
