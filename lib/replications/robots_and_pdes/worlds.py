"""What few points could tell: worlds in which the law is straight or bent, and the noise of roll-outs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from replications.robots_and_pdes import lines
from scalinglaws.correlation import correlation, rank_correlation
from scalinglaws.uncertainty import Estimate

#: Lin et al.'s Table 1: mean score of a policy, as a share, and its standard deviation over eight environments.
OVER_ENVIRONMENTS = {
    "Pour Water": (0.922, 0.075),
    "Mouse Arrangement": (0.933, 0.088),
    "Fold Towels": (0.95, 0.062),
    "Unplug Charger": (0.887, 0.14),
}
ROLLOUTS, ENVIRONMENTS = 40, 8


def share_of_binomial() -> float:
    """Variance of a mean score over that of 40 roll-outs that either fail or succeed wholly, mean of four tasks.

    A score in steps varies less than all or nothing. Each task's variance is that of eight environments
    over eight, as the paper's Table 1 prints it: an upper estimate, since it holds how hard each environment is.
    """
    ratios = [
        (spread**2 / ENVIRONMENTS) / (mean * (1 - mean) / ROLLOUTS)
        for mean, spread in OVER_ENVIRONMENTS.values()
    ]
    return float(np.mean(ratios))


def log_variance(gap: ArrayLike, share: float) -> np.ndarray:
    """Variance of the log of a mean gap over 40 roll-outs, to first order.

    Parameters
    ----------
    gap
        True gaps, between 0 and 1.
    share
        Variance of a score over that of all or nothing.
    """
    gap = np.asarray(gap, float)
    return share * (1 - gap) / (ROLLOUTS * gap)


def misfit(x: ArrayLike, y: ArrayLike, variance: ArrayLike) -> float:
    """Least sum of squares of a line in units of known variances: chi-square with (points - 2) degrees of freedom."""
    root = 1 / np.sqrt(np.asarray(variance, float))
    columns = np.column_stack([np.ones_like(root), np.asarray(x, float)]) * root[:, None]
    target = np.asarray(y, float) * root
    left = target - columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
    return float(left @ left)


def by_noise_alone(panels: Mapping, smooth: Mapping, share: float) -> tuple[float, float]:
    """Chi-square of a line in each panel, summed, and its chance if roll-outs are the only noise.

    Parameters
    ----------
    panels
        Panel -> log n and log gap, shape (points,) each.
    smooth
        Panel -> gaps by a curve that stays below one, from which the noise follows.
    share
        As in `log_variance`.
    """
    total = sum(misfit(x, y, log_variance(smooth[key], share)) for key, (x, y) in panels.items())
    free = sum(len(x) - 2 for x, _ in panels.values())
    return total, float(stats.chi2.sf(total, free))


def drawn(curve: ArrayLike, scatter: float, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Points about a curve with normal scatter, shape (draws, points)."""
    return np.asarray(curve, float) + scatter * rng.standard_normal((draws, len(curve)))


def told_apart(
    x: ArrayLike, straight: ArrayLike, bent: ArrayLike, scatter: float, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """How often a bent curve is told from a straight one with as much scatter, at the 5 % level.

    Parameters
    ----------
    x
        Log n, shape (points,).
    straight, bent
        The two curves at x, logarithms.
    scatter
        Standard deviation about both.

    Returns
    -------
    tuple of float
        By the size of Pearson's correlation, which has to lie below that of 95 % of the straight ones;
        and by the leading coefficient of a parabola.
    """
    x = np.asarray(x, float)
    sizes = [abs(correlation(x, drawn(curve, scatter, draws, rng))) for curve in (straight, bent)]
    by_r = np.mean(sizes[1] < np.quantile(sizes[0], 0.05))
    return float(by_r), float(np.mean(lines.curved(x, drawn(bent, scatter, draws, rng)) < 0.05))


def students(values: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Means over panels, and half of their Student's intervals, of worlds of shape (draws, panels)."""
    values = np.asarray(values, float)
    panels = values.shape[1]
    half = stats.t.ppf(0.975, panels - 1) * values.std(axis=1, ddof=1) / np.sqrt(panels)
    return values.mean(axis=1), half


def middle(values: ArrayLike, how: str) -> Estimate:
    """The world in the middle: medians of the means over panels and of the ends of their Student's intervals.

    Parameters
    ----------
    values
        Shape (draws, panels).
    how
        What the worlds are.
    """
    means, half = students(values)
    return Estimate.around(*(float(np.median(v)) for v in (means, means - half, means + half)), how)


def above(values: ArrayLike, border: float) -> float:
    """Share of worlds in which Student's interval of the mean over panels lies beyond a border; shape (draws, panels)."""
    means, half = students(values)
    return float(np.mean(means - half > border))


def deals(
    starts: Mapping, growths: Mapping, strata: list[list], draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Rank correlations of two measures of curves with the first dealt out within each stratum, shape (draws,).

    Heights that are all the same correlate with nothing, 0.
    """
    grown = np.array([growths[key] for stratum in strata for key in stratum])
    other = [rng.permuted(np.tile([starts[k] for k in s], (draws, 1)), axis=1) for s in strata]
    return np.nan_to_num(rank_correlation(np.hstack(other), grown))


def beyond(
    starts: Mapping, growths: Mapping, strata: list[list], draws: int, rng: np.random.Generator
) -> tuple[float, Estimate, float]:
    """A rank correlation of curves, what it has beyond a difference of strata, and how often deals give as much.

    Parameters
    ----------
    starts, growths
        Curve -> value.
    strata
        The curves of each paper.

    Returns
    -------
    tuple
        The correlation; the same less the mean of `deals`, its interval that of deals; the share of
        deals that correlate as highly.
    """
    keys = [key for stratum in strata for key in stratum]
    raw = rank_correlation([starts[key] for key in keys], [growths[key] for key in keys])
    raw = float(np.nan_to_num(raw))
    dealt = deals(starts, growths, strata, draws, rng)
    low, high = np.quantile(dealt, [0.025, 0.975])
    left = Estimate.around(raw - dealt.mean(), raw - high, raw - low, "heights dealt out within each paper")
    return raw, left, float(np.mean(dealt >= raw - 1e-9))


def rolled(curve: ArrayLike, share: float, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Log gaps as 40 roll-outs would measure them, shape (draws, points); beta-distributed means.

    Parameters
    ----------
    curve
        True log gaps; those above 0.98 count as 0.98, since no measured gap exceeds one.
    share
        As in `log_variance`.
    """
    gap = np.minimum(np.exp(np.asarray(curve, float)), 0.98)
    size = ROLLOUTS / share - 1
    return np.log(np.maximum(rng.beta(gap * size, (1 - gap) * size, size=(draws, len(gap))), 1e-6))
