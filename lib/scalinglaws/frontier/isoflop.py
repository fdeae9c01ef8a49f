"""The best size at one budget, from models of several sizes that had it (approach 2 of Hoffmann et al.)."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from scipy.interpolate import Akima1DInterpolator

from scalinglaws.frontier.columns import positive_columns

#: Share of a curve's range that a rise must have to part two valleys.
VALLEY = 0.1


class Optimum(NamedTuple):
    """The best size at one budget; `n_params` and `loss` are NaN wherever `at_edge` is true."""

    n_params: Any
    loss: Any
    at_edge: Any


def isoflop_optimum(
    n_params: Any, loss: Any, method: str = "akima", *, grid: int = 25, points: int | None = 7
) -> Optimum:
    """The size of least loss at one budget, between the sizes that were trained (approach 2).

    Parameters
    ----------
    n_params
        Sizes trained at this budget, all different, in any order and any counting.
    loss
        Their losses; or one column of losses for each of many resamples.
    method
        - `"akima"`: Akima's piecewise cubic through (ln n_params, ln loss), read off at
          `grid` x (sizes - 1) values from the smallest size to the largest.
        - `"parabola"`: least-squares parabola of loss against ln n_params through the
          `points` sizes around the lowest loss (None: through all), its vertex.
    grid, points
        For the one method and for the other.

    Returns
    -------
    Optimum
        Numbers, or arrays with one entry for each resample. Where the least loss lies at the
        smallest or the largest size (parabola: or the vertex lies outside the sizes it was
        fitted to, or is a maximum), the optimum was not bracketed: `at_edge` is true there,
        and `n_params` and `loss` are NaN.

    Warns
    -----
    UserWarning
        If a curve (of one column) has two valleys: a second minimum, or an edge, behind a rise
        of at least a tenth of the range of its losses. The lower one is returned.

    Raises
    ------
    ValueError
        For fewer than three sizes, a size given twice, values that are not positive and
        finite, an unknown method, or a `grid` or `points` that is too small.

    Source: Hoffmann et al. (2022), arXiv:2203.15556, section 3.2 (the parabola); Porian et
    al. (2024), arXiv:2406.19146, repository analysis.py (Akima and its grid).

    Examples
    --------
    >>> sizes = [1e6, 1e7, 1e8]
    >>> round(isoflop_optimum(sizes, [3.0, 2.0, 3.0], "parabola").n_params / 1e6, 6)
    10.0
    >>> isoflop_optimum(sizes, [3.0, 2.0, 1.0])
    Optimum(n_params=nan, loss=nan, at_edge=True)
    """
    (n_params,) = positive_columns(3, n_params=n_params)
    loss = np.asarray(loss, float)
    if loss.ndim not in (1, 2) or len(loss) != len(n_params):
        raise ValueError(f"loss has shape {loss.shape}: give one row for each of {len(n_params)} sizes")
    if not (np.isfinite(loss) & (loss > 0)).all():
        raise ValueError("loss must be positive and finite")
    order = np.argsort(n_params)
    x, y = np.log(n_params[order]), loss[order].reshape(len(loss), -1)
    if (np.diff(x) == 0).any():
        raise ValueError("a size occurs twice at one budget: average or choose first")
    if loss.ndim == 1 and (other := _second_valley(y[:, 0])) is not None:
        warnings.warn(
            f"two valleys: the losses fall to {y.min():.4g} at a size of {np.exp(x[y.argmin()]):.4g} and to "
            f"{y[other, 0]:.4g} at {np.exp(x[other]):.4g}, with a rise between: the lower one is taken; look for "
            "a run that went wrong, or train more sizes between",
            stacklevel=2,
        )
    if method == "akima":
        if grid < 2:
            raise ValueError(f"grid must be at least 2, not {grid}")
        fine = np.linspace(x[0], x[-1], grid * (len(x) - 1))
        curve = Akima1DInterpolator(x, np.log(y))(fine)
        lowest = curve.argmin(axis=0)
        at_edge = (lowest == 0) | (lowest == len(fine) - 1)
        best, least = fine[lowest], np.exp(curve.min(axis=0))
    elif method == "parabola":
        best, least, at_edge = _vertices(x, y, len(x) if points is None else points)
    else:
        raise ValueError(f"method {method!r} is neither 'akima' nor 'parabola'")
    found = (np.where(at_edge, np.nan, np.exp(best)), np.where(at_edge, np.nan, least), at_edge)
    return Optimum(*(v if loss.ndim == 2 else v[0].item() for v in found))


def _second_valley(y: np.ndarray) -> int | None:
    """Row of the lowest point that a rise parts from the lowest of all; None if there is none that is clear."""
    lowest, clear = int(y.argmin()), VALLEY * np.ptp(y)
    if clear == 0:
        return None
    left, right = y[lowest::-1], y[lowest:]
    found = []
    for branch, step in ((left, -1), (right, 1)):
        # How far each point lies below the highest between it and the lowest.
        depth = np.maximum.accumulate(branch) - branch
        if depth.max() >= clear:
            deep = np.flatnonzero(depth >= clear)
            found.append(lowest + step * int(deep[branch[deep].argmin()]))
    return min(found, key=lambda k: y[k], default=None)


def _vertices(x: np.ndarray, y: np.ndarray, points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertex and least value of a parabola around the lowest point of each column; what lies at an edge."""
    if points < 3:
        raise ValueError(f"a parabola needs at least 3 points, not {points}")
    points = min(points, len(x))
    lowest = y.argmin(axis=0)
    best, least = np.full((2, y.shape[1]), np.nan)
    at_edge = (lowest == 0) | (lowest == len(x) - 1)
    # Columns whose lowest point is the same share their sizes, and are fitted in one go.
    for k in np.unique(lowest[~at_edge]):
        start = np.clip(k - points // 2, 0, len(x) - points)
        window, columns = slice(start, start + points), np.flatnonzero(lowest == k)
        c, b, a = np.polyfit(x[window] - x[k], y[window][:, columns], 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            best[columns], least[columns] = x[k] - b / (2 * c), a - b**2 / (4 * c)
        inside = (best[columns] > x[window][0]) & (best[columns] < x[window][-1])
        at_edge[columns] = ~((c > 0) & inside)
    return best, least, at_edge
