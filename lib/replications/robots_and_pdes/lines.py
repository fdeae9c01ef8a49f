"""Lines, parabolas and broken lines in logarithms, through the few points of a panel, and a law with a ceiling.

In all of it x is the natural logarithm of n and y that of an error or a gap.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, stats

from scalinglaws import correlation
from scalinglaws.fitting import Fit, fit
from scalinglaws.fitting.law import law
from scalinglaws.uncertainty import Estimate


@law(bounds={"n0": (1e-3, 1e5), "h": (0.01, 5)}, positive=("n0", "h"))
def bounded_law(n, *, n0, h):
    r"""An error with the ceiling one, $\hat y = 1 / (1 + (n/n_0)^h)$.

    Parameters
    ----------
    n
        What is scaled, a count.
    n0
        Count at which the error is one half.
    h
        Exponent far beyond `n0`, no unit.

    Source: the logistic function of log n (Hill 1910, for the share of sites that are taken).
    """
    return 1 / (1 + (n / n0) ** h)


def bounded(x: ArrayLike, y: ArrayLike) -> Fit:
    """The bounded law, fitted by least squares of logarithms, with its proof of convergence."""
    return fit(bounded_law, pd.DataFrame({"n": np.exp(x), "error": np.exp(y)}), "error")


def curves(table: pd.DataFrame, by: list[str], error: str) -> dict[tuple, tuple[np.ndarray, np.ndarray]]:
    """Each curve of a table: the values of `by` -> log n and log error, in ascending order of n."""
    return {
        key: (np.log(part.n.to_numpy(float)), np.log(part[error].to_numpy(float)))
        for key, part in table.sort_values("n", kind="stable").groupby(by, sort=False)
    }


def squares(x: ArrayLike, y: ArrayLike) -> float:
    """Residual sum of squares of the line."""
    slope, level = correlation.lines(x, y)
    return float(((y - level - slope * np.asarray(x)) ** 2).sum())


def against(x: ArrayLike, columns: ArrayLike) -> np.ndarray:
    """Directions of unit length that columns add to a line, shape (columns, points).

    Parameters
    ----------
    x
        Shape (points,).
    columns
        Shape (columns, points); none of them may itself be a line.
    """
    x, columns = np.asarray(x, float), np.atleast_2d(np.asarray(columns, float))
    slope, level = correlation.lines(x, columns)
    left = columns - level[:, None] - slope[:, None] * x
    return left / np.sqrt((left**2).sum(axis=1, keepdims=True))


def curvature(x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Twice the leading coefficient of the parabola: how fast the slope changes, per unit of x; shape of y less its last axis."""
    x = np.asarray(x, float)
    square = (x - x.mean()) ** 2
    (direction,) = against(x, square)
    return 2 * (np.asarray(y, float) @ direction) / (square @ direction)


def curved(x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Two-sided p-value of the parabola's leading coefficient, Student's t with (points - 3) degrees of freedom."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    (direction,) = against(x, (x - x.mean()) ** 2)
    slope, level = correlation.lines(x, y)
    left = y - level[..., None] - slope[..., None] * x
    share = (left @ direction) ** 2 / (left**2).sum(axis=-1)
    free = len(x) - 3
    return stats.f.sf(free * share / (1 - share), 1, free)


def count_for(
    x: ArrayLike, y: ArrayLike, target: float, scatter: tuple[float, int] | None = None
) -> Estimate:
    """The count at which a line reaches `target`, with the 95 % interval of the inverted line (Fieller).

    Parameters
    ----------
    x, y
        Points; the line has to fall.
    target
        Value of y.
    scatter
        Variance about the line and its degrees of freedom, where they come from more than these points.

    Returns
    -------
    Estimate
        A count; the interval ends at infinity where the slope is not established.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    slope, _ = correlation.lines(x, y)
    sxx = ((x - x.mean()) ** 2).sum()
    spread, free = scatter or (squares(x, y) / (len(x) - 2), len(x) - 2)
    t = stats.t.ppf(0.975, free)
    # The ends u, from the mean of x, are where the line misses the target by t standard errors.
    miss = target - y.mean()
    a = slope**2 - t**2 * spread / sxx
    b = slope * miss
    c = miss**2 - t**2 * spread / len(x)
    value = reached_by_line(x, y, target)
    root = b**2 - a * c
    if a <= 0 or root < 0:
        return Estimate(value, 0, np.inf, "Fieller's, of a slope that is not established")
    low, high = sorted(
        np.exp(np.clip((b + sign * np.sqrt(root)) / a + x.mean(), -50, 50)) for sign in (-1, 1)
    )
    return Estimate.around(value, low, high, "Fieller's interval of the line, inverted")


class Break(NamedTuple):
    """Two lines that meet: where, the 95 % interval of that, exponents, the chance that a line looks as broken.

    `left` is the residual sum of squares.
    """

    at: Estimate
    below: float
    above: float
    chance: float
    left: float


def places(x: ArrayLike, least: int = 2) -> np.ndarray:
    """Where two lines may meet: every quarter octave, `least` points or more on either side."""
    x = np.sort(np.asarray(x, float))
    return np.arange(x[least - 1], x[-least] + 1e-9, np.log(2) / 4)


def broken(x: ArrayLike, y: ArrayLike, draws: int, rng: np.random.Generator, least: int = 2) -> Break:
    """Two lines that meet, the meeting point searched for, against one line.

    Parameters
    ----------
    x, y
        Points, six at least.
    draws
        Straight lines with normal scatter in which a break is searched for likewise.
    rng
        Source of randomness.
    least
        Points on either side, at least.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    knots = places(x, least)
    hinges = np.maximum(x - knots[:, None], 0)
    directions = against(x, hinges)
    slope, level = correlation.lines(x, y)
    left = y - level - slope * x
    gain = (directions @ left) ** 2
    share = gain.max() / (left @ left)
    # Scatter about a line, which takes two dimensions away.
    scatter = rng.standard_normal((draws, len(x)))
    a, b = correlation.lines(x, scatter)
    scatter -= b[:, None] + a[:, None] * x
    simulated = ((scatter @ directions.T) ** 2).max(axis=1) / (scatter**2).sum(axis=1)
    chance = (1 + (simulated >= share - 1e-12).sum()) / (1 + draws)
    remaining = left @ left - gain
    free = len(x) - 4
    likely = np.exp(knots[remaining <= remaining.min() * (1 + stats.f.ppf(0.95, 1, free) / free)])
    at = int(np.argmin(remaining))
    columns = np.column_stack([np.ones_like(x), x, hinges[at]])
    _, below, more = np.linalg.lstsq(columns, y, rcond=None)[0]
    where = Estimate.around(
        float(np.exp(knots[at])), likely.min(), likely.max(), "likelihood of two lines that meet"
    )
    return Break(where, -float(below), -float(below + more), float(chance), float(remaining[at]))


class Smooth(NamedTuple):
    """A bounded law with a ceiling of its own: the ceiling, and the residual sum of squares."""

    ceiling: float
    left: float


def own_ceiling(x: ArrayLike, y: ArrayLike) -> Smooth:
    r"""The law $c / (1 + (n/n_0)^h)$, three parameters, by least squares of logarithms.

    Source: `bounded_law` with a free ceiling. The logarithm of c is linear and is solved for; the other two
    start from a grid. Where a line fits best, c grows without end; n0 is held within twelve octaves of the points.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    ends = ([x[0] - 12 * np.log(2), 0.01], [x[-1] + 12 * np.log(2), 10])

    def above(p):
        """Points over the law with ceiling one, in logarithms."""
        return y + np.logaddexp(0, p[1] * (x - p[0]))

    starts = [(at, h) for at in np.linspace(x[0], x[-1], 4) for h in (0.4, 1)]
    tried = [optimize.least_squares(lambda p: above(p) - above(p).mean(), s, bounds=ends) for s in starts]
    best = min(tried, key=lambda one: one.cost)
    return Smooth(float(np.exp(above(best.x).mean())), float(2 * best.cost))


def paid(curve: tuple, smooth: Smooth) -> float:
    """Log of the line's residual sum of squares over that of a law with one parameter more, which BIC charges."""
    points = len(curve[0])
    return float(np.log(squares(*curve) / smooth.left) - np.log(points) / points)


def reached(x: ArrayLike, y: ArrayLike, target: float) -> float:
    """The fewest trajectories whose log error is `target`: straight between points, and not beyond them."""
    lowest = np.minimum.accumulate(np.asarray(y, float))
    return float(np.exp(np.interp(-target, -lowest, x)))


def reached_by_line(x: ArrayLike, y: ArrayLike, target: float) -> float:
    """The count at which the least-squares line reaches `target`."""
    slope, level = correlation.lines(x, y)
    return float(np.exp(np.clip((target - level) / slope, -50, 50)))


def bend(x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """How much larger the local exponent is at the last x than at the first, by the parabola; shape of y less its last axis."""
    return -np.ptp(np.asarray(x, float)) * curvature(x, y)


def surplus(x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """The last point less what the line through the others predicts; shape of y less its last axis."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    slope, level = correlation.lines(x[:-1], y[..., :-1])
    return y[..., -1] - level - slope * x[-1]


def ahead(x: ArrayLike, y: ArrayLike) -> Estimate:
    """The last point's `surplus`, and where that of a new point could have lain.

    Returns
    -------
    Estimate
        Its interval is the 95 % prediction interval about the forecast, widened to hold the value.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    free, known = len(x) - 3, x[:-1]
    spread = squares(known, y[:-1]) / free
    leverage = 1 + 1 / len(known) + (x[-1] - known.mean()) ** 2 / ((known - known.mean()) ** 2).sum()
    half = stats.t.ppf(0.975, free) * np.sqrt(spread * leverage)
    return Estimate.around(float(surplus(x, y)), -half, half, "prediction of a new point")


def through(curve: tuple, law: Fit) -> tuple[np.ndarray, float]:
    """A fitted law along a curve, in logarithms, and the scatter of the points about it."""
    x, y = curve
    fitted = np.log(law.predict(pd.DataFrame({"n": np.exp(x)})))
    return fitted, float(np.sqrt(((y - fitted) ** 2).sum() / (len(x) - 2)))


def better(curve: tuple, law: Fit) -> float:
    """Log of the line's residual sum of squares over that of a law with as many parameters, fitted to logarithms."""
    return float(np.log(squares(*curve) / (2 * law.objective)))


def along(curve: tuple) -> np.ndarray:
    """The line through a curve, at its points."""
    slope, level = correlation.lines(*curve)
    return level + slope * curve[0]


def weighted_bend(x: ArrayLike, y: ArrayLike, rough: ArrayLike) -> float:
    """The `bend` of a parabola whose points have the standard deviations `rough`."""
    x = np.asarray(x, float)
    return float(-2 * np.ptp(x) * np.polyfit(x, y, 2, w=1 / np.asarray(rough, float))[0])


def corrected(values: ArrayLike, looks: int) -> Estimate:
    """A mean over panels, with Student's interval widened for several looks at one question (Bonferroni)."""
    values = np.asarray(values, float)
    half = stats.t.ppf(1 - 0.025 / looks, len(values) - 1) * stats.sem(values)
    return Estimate.around(values.mean(), values.mean() - half, values.mean() + half, f"{looks} looks")


def choices(panels: dict, exact: dict, half: dict) -> dict[str, dict[str, list]]:
    """Bends over five doublings, and surpluses, by other points: values of the panels for each choice.

    Parameters
    ----------
    panels, exact, half
        Panel -> log n and log gap: digitised; from printed scores; and those of half of the demonstrations, from n = 2.
    """
    octaves, curves = np.log(32), panels.values()
    without = {key: [surplus(*c) for other, c in panels.items() if other != key] for key in panels}
    return {
        "bend": {
            "scores as printed": [bend(*c) for c in exact.values()],
            "without n = 1": [-octaves * curvature(x[1:], y[1:]) for x, y in curves],
            "without n = 32": [-octaves * curvature(x[:-1], y[:-1]) for x, y in curves],
            "half of the demonstrations": [-octaves * curvature(*c) for c in half.values()],
        },
        "ahead": {
            "scores as printed": [surplus(*c) for c in exact.values()],
            "line through n = 2 to 16": [surplus(x[1:], y[1:]) for x, y in curves],
            "n = 32 from 1 to 8": [surplus(np.delete(x, 4), np.delete(y, 4)) for x, y in curves],
            "n = 16 from 1 to 8": [surplus(x[:5], y[:5]) for x, y in curves],
            "n = 8 from 1 to 4": [surplus(x[:4], y[:4]) for x, y in curves],
            "half of the demonstrations": [surplus(*c) for c in half.values()],
        }
        | {f"without {' '.join(key)}": values for key, values in without.items()},
    }
