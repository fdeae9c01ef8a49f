"""Is the gain larger on small and on large data sets than on those between? By classes of size, and without them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import statsmodels.api as sm

from replications.medical_transfer import gains
from scalinglaws.turning import TwoLines, robin_hood, two_lines
from scalinglaws.uncertainty import Estimate, of_share

#: Training cases up to which a data set is small, and from above which it is large; the first pair is the one that is claimed on.
EDGES = (50, 200)
#: The pairs of edges that are tried, fixed before any was: those that leave eight data sets in each class.
LOWER, UPPER, LEAST = (20, 30, 40, 50, 60, 80, 100), (100, 150, 200, 250, 300, 400, 500), 8


class Classes(NamedTuple):
    """Which data sets are small, medium and large: bool, shape (data sets,) each."""

    small: np.ndarray
    medium: np.ndarray
    large: np.ndarray


def classes(n_train: np.ndarray, edges: tuple[float, float] = EDGES) -> Classes:
    """Small, medium and large data sets by their training cases; an edge itself belongs to the class below it."""
    n = np.asarray(n_train)
    small, large = n <= edges[0], n > edges[1]
    return Classes(small, ~small & ~large, large)


def all_edges(n_train: np.ndarray) -> list[tuple[int, int]]:
    """The pairs of edges of the grid that leave enough data sets in each class."""
    pairs = [(low, high) for low in LOWER for high in UPPER if low < high]
    return [pair for pair in pairs if min(it.sum() for it in classes(n_train, pair)) >= LEAST]


def arms(
    values: np.ndarray, of: Classes, times: np.ndarray, how: str, centre: gains.Centre = gains.means
) -> dict[str, Estimate]:
    """Mean (or median) among small less that among medium data sets, and the same of the large ones."""
    return {
        arm: gains.apart(values, getattr(of, arm), of.medium, times, how, centre)
        for arm in ("small", "large")
    }


def clearness(values: np.ndarray, of: Sequence[Classes]) -> np.ndarray:
    """The smaller of the two differences, each in its standard errors, for each choice of classes.

    Parameters
    ----------
    values
        Shape (..., data sets).
    of
        Choices of the classes.

    Returns
    -------
    numpy.ndarray
        Shape (..., choices); a difference of Welch over its standard error.
    """
    member = np.array(of, float)  # choices, three classes, data sets
    n = np.maximum(member.sum(-1), 1)
    mean = np.einsum("...r,kcr->...kc", values, member) / n
    squares = np.einsum("...r,kcr->...kc", values**2, member) / n
    # Of one data set alone nothing can be clear.
    variance = np.maximum(squares - mean**2, 0) / np.where(n > 1, n - 1, np.nan)
    apart = [(mean[..., k] - mean[..., 1]) / np.sqrt(variance[..., k] + variance[..., 1]) for k in (0, 2)]
    return np.nan_to_num(np.minimum(*apart), nan=-np.inf)


class BestEdges(NamedTuple):
    """The clearest U of all pairs of edges, and what deals of the same gains reach by chance."""

    edges: tuple[int, int]
    seen: float
    one_in_twenty: float
    chance: Estimate


def best_edges(n_train: np.ndarray, values: np.ndarray, deals: int, rng: np.random.Generator) -> BestEdges:
    """How clear a U is at the best of all edges, against gains that are dealt out among the data sets.

    The edges are chosen again in each deal, so that the choice is paid for. Deals take the data sets of a
    family as independent, which makes the chance, if anything, too small.

    Parameters
    ----------
    n_train, values
        Training cases and gains, shape (data sets,).
    deals
        How often they are dealt out.
    rng
        Source of randomness.
    """
    pairs = all_edges(n_train)
    of = [classes(n_train, pair) for pair in pairs]
    values = np.asarray(values, float)
    seen = clearness(values, of)
    dealt = rng.permuted(np.tile(values, (deals, 1)), axis=1)
    best = np.concatenate([clearness(part, of).max(-1) for part in np.array_split(dealt, 20)])
    # A deal that returns the same classes must count, whatever its last bits are.
    hits = int((best >= seen.max() - 1e-9).sum())
    chance = of_share(hits, deals, "Clopper and Pearson's, over deals")
    return BestEdges(pairs[int(seen.argmax())], float(seen.max()), float(np.quantile(best, 0.95)), chance)


def weaker(lines: TwoLines) -> Estimate:
    """The weaker of two slopes, the first counted downward; below zero it is no U.

    Both must hold for a U, so that each end of the interval is the lower of the two.
    """
    (below_low, below_high), (above_low, above_high) = lines.below_interval, lines.above_interval
    low, high = min(-below_high, above_low), min(-below_low, above_high)
    return Estimate.around(min(-lines.below, lines.above), low, high, "Student's t, clustered by family")


def lines_of(
    n_train: np.ndarray, values: np.ndarray, family: np.ndarray, cases: float | None = None
) -> TwoLines:
    """Simonsohn's two lines over the logarithm to base 10 of the training cases.

    They are broken at so many cases, or where these are not given at the Robin Hood break.
    """
    x, y = np.log10(np.asarray(n_train, float)), np.asarray(values, float)
    return two_lines(x, y, np.log10(cases) if cases else robin_hood(x, y), np.asarray(family))


def in_lines(
    n_train: np.ndarray, values: np.ndarray, family: np.ndarray, cases: float | None = None
) -> Estimate:
    """The weaker of Simonsohn's two lines, in gain per tenfold training cases."""
    return weaker(lines_of(n_train, values, family, cases))


def rise_above(n_train: np.ndarray, values: np.ndarray, family: np.ndarray, cases: float) -> Estimate:
    """Slope of one line over the data sets of more cases alone, in gain per tenfold training cases.

    Two lines in one regression are judged by Student's t with as many degrees of freedom as there are families
    in the whole table, less one. The families of large data sets are few; here only they count.
    """
    above = np.asarray(n_train) > cases
    x, groups = (
        np.log10(np.asarray(n_train, float)[above]),
        np.unique(np.asarray(family)[above], return_inverse=True)[1],
    )
    line = sm.OLS(np.asarray(values, float)[above], sm.add_constant(x))
    fitted = line.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    how = f"Student's t, {groups.max()} degrees of freedom, clustered by family"
    return Estimate.around(float(fitted.params[1]), *map(float, fitted.conf_int()[1]), how)


def vee(n_train: np.ndarray, small: float, large: float) -> np.ndarray:
    """A V over the logarithm of the training cases whose classes differ by what is asked for.

    Parameters
    ----------
    n_train
        Training cases, shape (data sets,).
    small, large
        Means of the small and of the large class less that of the medium one.

    Returns
    -------
    numpy.ndarray
        Its height at each data set; zero at 100 cases, the middle of the medium class.
    """
    x = np.log10(np.asarray(n_train, float)) - 2
    sides = np.array([np.maximum(-x, 0), np.maximum(x, 0)])
    of = classes(n_train)
    rise = [[side[it].mean() - side[of.medium].mean() for side in sides] for it in (of.small, of.large)]
    return np.linalg.solve(rise, [small, large]) @ sides
