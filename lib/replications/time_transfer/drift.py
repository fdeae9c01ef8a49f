"""How the optimal learning rate drifts with the token budget, batch by batch, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from replications.time_transfer.optima import best_batches
from scalinglaws.uncertainty import Estimate, from_left_out

SIZE_AND_BATCH = ["model", "batch_size"]
SIZE_AND_BUDGET = ["model", "n_tokens"]
#: Batches that count as small and as large, in sequences, and runs that count as long, in updates.
SMALL, LARGE, LONG = 96, 736, 5000


def groups_of(cells: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Number of the group of each cell, where cells with the same labels are one group."""
    codes = np.zeros(len(cells), int)
    for name in names:
        labels, own = np.unique(np.asarray(cells[name]), return_inverse=True)
        codes = np.unique(codes * len(labels) + own, return_inverse=True)[1]
    return codes


def log_of(cells: pd.DataFrame, name: str) -> np.ndarray:
    """Natural logarithm of a column."""
    return np.log(np.asarray(cells[name], float))


def absorbed(columns: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Columns, shape (cells, k), less the mean of their group: as a constant for each group would do."""
    means = np.zeros((codes.max() + 1, columns.shape[1]))
    np.add.at(means, codes, columns)
    return columns - (means / np.bincount(codes)[:, None])[codes]


def slopes(
    cells: pd.DataFrame, y: np.ndarray, terms: Sequence[np.ndarray], groups: Sequence[str]
) -> np.ndarray:
    """Least-squares coefficients of y on some terms, with a constant for each group.

    Raises
    ------
    ValueError
        If the terms do not vary independently within the groups.
    """
    columns = absorbed(np.column_stack([y, *terms]).astype(float), groups_of(cells, groups))
    found, _, rank, _ = np.linalg.lstsq(columns[:, 1:], columns[:, 0])
    if rank < len(terms):
        raise ValueError(f"{len(terms)} terms, of which {rank} vary independently within {list(groups)}")
    return found


def drift(cells: pd.DataFrame) -> float:
    """Exponent of the tokens in the optimal learning rate at fixed size and batch, one for all cells given."""
    return float(slopes(cells, cells.log_rate, [log_of(cells, "n_tokens")], SIZE_AND_BATCH)[0])


def line(cells: pd.DataFrame) -> tuple[float, float]:
    """The drift as a straight line in the logarithm of the batch: drift at a batch of 1, and its change."""
    tokens, batch = log_of(cells, "n_tokens"), log_of(cells, "batch_size")
    at_one, change = slopes(cells, cells.log_rate, [tokens, tokens * batch], SIZE_AND_BATCH)
    return float(at_one), float(change)


def zero_grows(cells: pd.DataFrame, by_size: bool = True) -> float:
    r"""Exponent of the tokens in the batch at which the drift is zero.

    Let the drift be $b_0 + b_1 \ln B + 2 b_2 \ln D$. It is zero at a batch that grows as $D$ to the
    power $-2 b_2 / b_1$.

    Parameters
    ----------
    cells
        As `best_rates` gives them.
    by_size
        Whether the drift may also change with the logarithm of the size. Otherwise what differs between
        the sizes, whose budgets differ, counts as an effect of the budget.
    """
    tokens, batch = log_of(cells, "n_tokens"), log_of(cells, "batch_size")
    tokens = tokens - tokens.mean()
    terms = [tokens, tokens * batch, tokens**2] + [tokens * log_of(cells, "n_params")] * by_size
    found = slopes(cells, cells.log_rate, terms, SIZE_AND_BATCH)
    return float(-2 * found[2] / found[1])


def surge_drift(batch: np.ndarray, critical: np.ndarray | float, largest: float = 0.5) -> np.ndarray:
    """Drift by the law of the surge, whose critical batch is in proportion to the tokens: see the notebook."""
    return largest * np.tanh(np.log(np.asarray(batch, float) / critical) / 2)


class Surge(NamedTuple):
    """The largest drift, the critical batch at the middle of the budgets [sequences], and the squares left."""

    largest: float
    critical: float
    left: float


def surge(cells: pd.DataFrame, power: float = 1.0, step: bool = False, shifted: bool = False) -> Surge:
    """The law of the surge by least squares on the optimal learning rates, a constant for each size and batch.

    At a given critical batch the largest drift is a linear coefficient, so that one number is searched, on a
    grid and then finely. What is multiplied with the largest drift is the integral of `surge_drift` over the
    logarithm of the tokens.

    Parameters
    ----------
    cells
        As `best_rates` gives them.
    power
        Exponent of the tokens in the critical batch; 0 leaves it where it is.
    step
        Whether the drift jumps from its lowest to its highest value at the critical batch, instead of
        following the hyperbolic tangent; this needs a power.
    shifted
        Whether every drift may also be higher or lower by one number.

    Returns
    -------
    Surge
        The critical batch is searched between 1 and 100,000 sequences.
    """
    tokens = log_of(cells, "n_tokens")
    batch, off = log_of(cells, "batch_size")[:, None], (tokens - tokens.mean())[:, None]
    codes = groups_of(cells, SIZE_AND_BATCH)
    free = absorbed(off, codes)

    def varying(columns: np.ndarray) -> np.ndarray:
        """What a constant for each group, and the shift if there is one, do not explain."""
        columns = absorbed(columns, codes)
        return columns - free * (free * columns).sum(0) / (free**2).sum() if shifted else columns

    def fitted(log_critical: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The largest drift, and the sum of squares that is left, at each critical batch."""
        ahead = batch - log_critical - power * off
        if power:
            shape = -(np.abs(ahead) if step else 2 * np.log(np.cosh(ahead / 2))) / power
        else:
            shape = off * np.tanh(ahead / 2)
        x = varying(shape)
        largest = (x * y).sum(0) / (x**2).sum(0)
        return largest, ((y - largest * x) ** 2).sum(0)

    y = varying(np.asarray(cells["log_rate"])[:, None])
    grid = np.linspace(0, np.log(1e5), 40)
    k = int(np.argmin(fitted(grid)[1]))
    ends = grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)]
    best = minimize_scalar(
        lambda point: fitted(np.array([point]))[1][0], bounds=ends, method="bounded", options={"xatol": 1e-7}
    )
    (largest,), (left,) = fitted(np.array([best.x]))
    return Surge(float(largest), float(np.exp(best.x)), float(left))


def rises_with_batch(cells: pd.DataFrame) -> float:
    """Exponent of the batch in the optimal learning rate at fixed size and budget."""
    return float(slopes(cells, cells.log_rate, [log_of(cells, "batch_size")], SIZE_AND_BUDGET)[0])


def with_best_batch(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells with the logarithms of the optimal batch of their pair and of the optimal rate there.

    Returns
    -------
    DataFrame
        The columns `log_best` and `log_rate_there` are added, nan for a pair without an optimal batch. The
        rate is interpolated between the two batches next to the optimal one.
    """
    best = best_batches(cells).rename(columns={"log_batch": "log_best"})
    pairs = dict(list(cells.sort_values("batch_size").groupby(SIZE_AND_BUDGET)))
    there = []
    for row in best.itertuples():
        own = pairs[row.model, row.n_tokens]
        there.append(np.interp(row.log_best, log_of(own, "batch_size"), own.log_rate))
    best = best.assign(log_rate_there=there).drop(columns="least")
    return cells.merge(best, on=SIZE_AND_BUDGET, how="left")


def a_row_a_pair(cells: pd.DataFrame) -> pd.DataFrame:
    """The first cell of each pair that has an optimal batch."""
    cells = cells[~np.isnan(cells["log_best"])]
    first = np.zeros(len(cells), bool)
    first[np.unique(groups_of(cells, SIZE_AND_BUDGET), return_index=True)[1]] = True
    return cells[first]


def behind_best(cells: pd.DataFrame, factor: float = 1.5) -> pd.DataFrame:
    """Cells at batches of at least `factor` times the optimal one, from pairs that have two of them."""
    behind = cells[log_of(cells, "batch_size") >= cells.log_best + np.log(factor)]
    return behind[behind.groupby(SIZE_AND_BUDGET).batch_size.transform("size") > 1]


def batch_grows(cells: pd.DataFrame) -> float:
    """Exponent of the tokens in the optimal batch, at fixed size, from `with_best_batch`."""
    best = a_row_a_pair(cells)
    return float(slopes(best, best.log_best, [log_of(best, "n_tokens")], ["model"])[0])


def rate_grows(cells: pd.DataFrame) -> float:
    """Exponent of the tokens in the optimal rate at the optimal batch, at fixed size, from `with_best_batch`."""
    best = a_row_a_pair(cells)
    return float(slopes(best, best.log_rate_there, [log_of(best, "n_tokens")], ["model"])[0])


def at_best_batch(cells: pd.DataFrame, degree: int = 1) -> float:
    """Mean drift at the optimal batches, by a polynomial in the logarithm of the batch, from `with_best_batch`."""
    middle = log_of(cells, "batch_size").mean()
    tokens, batch = log_of(cells, "n_tokens"), log_of(cells, "batch_size") - middle
    powers = slopes(cells, cells.log_rate, [tokens * batch**k for k in range(degree + 1)], SIZE_AND_BATCH)
    return float(np.polynomial.polynomial.polyval(a_row_a_pair(cells).log_best - middle, powers).mean())


def with_the_batch(cells: pd.DataFrame, factor: float = 4.0) -> float:
    """What the growth of the optimal batch adds to the exponent of the tokens in the optimal learning rate.

    It is the exponent of the batch in the learning rate, within `factor` of the optimal batch, times the
    exponent of the tokens in that batch, from `with_best_batch`.
    """
    near = cells[abs(log_of(cells, "batch_size") - cells.log_best) <= np.log(factor)]
    return rises_with_batch(near) * batch_grows(cells)


def share_of_batch(cells: pd.DataFrame) -> float:
    """Share of the growth along the optimal batch that comes with the batch, of the growth read directly."""
    return with_the_batch(cells) / rate_grows(cells)


def share_of_parts(cells: pd.DataFrame) -> float:
    """The same of the sum of the two parts: the drift at the optimal batch, and what comes with the batch."""
    part = with_the_batch(cells)
    return part / (at_best_batch(cells) + part)


def unmirrored(cells: pd.DataFrame) -> float:
    """Drift plus exponent of the batch, which by the law of the surge add up to nothing."""
    return drift(cells) + rises_with_batch(cells)


def sensitivity(cells: pd.DataFrame) -> float:
    """Exponent of the tokens in the curvature of the loss over the log learning rate, at fixed size and batch."""
    bent = cells[cells.curvature > 0]
    return float(slopes(bent, log_of(bent, "curvature"), [log_of(bent, "n_tokens")], SIZE_AND_BATCH)[0])


def over_pairs(
    cells: pd.DataFrame, statistic: Callable[[pd.DataFrame], float], by: Sequence[str] = SIZE_AND_BUDGET
) -> Estimate:
    """A statistic of cells with Student's interval of the jackknife over pairs of a size and a budget.

    Parameters
    ----------
    cells
        Rows that `statistic` takes.
    statistic
        One number from the rows. They come as a record array, which has the columns under the same names,
        and of which parts are taken ten times as fast as of a data frame.
    by
        What is left out together.
    """
    codes = groups_of(cells, by)
    cells = cells.to_records(index=False)
    left_out = [statistic(cells[codes != code]) for code in range(codes.max() + 1)]
    how = f"jackknife over {len(left_out)} " + ("pairs of a size and a budget" if len(by) > 1 else "sizes")
    return from_left_out(statistic(cells), left_out, how)


#: Claim -> which cells it is about, and the number that is asked of them.
QUESTIONS: dict[str, tuple[str, Callable[[pd.DataFrame], float]]] = {
    "flip": ("n_steps > 0", lambda cells: line(cells)[1]),
    "small": (f"batch_size <= {SMALL}", drift),
    "large": (f"batch_size >= {LARGE}", drift),
    "large-long": (f"batch_size >= {LARGE} and n_steps >= {LONG}", drift),
    "amplitude": ("n_steps > 0", lambda cells: surge(cells).largest),
    "bcrit": ("n_steps > 0", zero_grows),
    "mirror": (f"batch_size >= {LARGE}", rises_with_batch),
    "bstar": ("n_steps > 0", batch_grows),
    "below": ("n_steps > 0", at_best_batch),
    "through-batch": ("n_steps > 0", share_of_batch),
    "sensitivity": ("n_steps > 0", sensitivity),
    "moe-flip": ("n_steps > 0", lambda cells: line(cells)[1]),
    "moe-small": ("batch_size == 32", drift),
    "moe-large": ("batch_size == 512", drift),
}


def asked(
    cells: pd.DataFrame, ids: Sequence[str], by: Sequence[str] = SIZE_AND_BUDGET
) -> dict[str, Estimate]:
    """The numbers that some claims ask for, each from the cells that it is about."""
    cells = with_best_batch(cells)
    return {k: over_pairs(cells.query(QUESTIONS[k][0]), QUESTIONS[k][1], by) for k in ids}


def by_batch(cells: pd.DataFrame, fewest: int = 10) -> dict[int, Estimate]:
    """The drift at each batch that has enough cells."""
    return {int(b): over_pairs(own, drift) for b, own in cells.groupby("batch_size") if len(own) >= fewest}


#: Other ways to the number of a claim: the claim, what is done otherwise, and the number of all cells.
OTHER_WAYS: list[tuple[str, str, Callable[[pd.DataFrame], float]]] = [
    ("amplitude", "a critical batch that stays", lambda cells: surge(cells, power=0.0).largest),
    ("bcrit", "drift not free by size", lambda cells: zero_grows(cells, by_size=False)),
    ("below", "drift curved in the log batch", lambda cells: at_best_batch(cells, degree=2)),
    ("through-batch", "of the sum of two parts", share_of_parts),
]
