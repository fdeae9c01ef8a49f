"""The share of claims that hold, with an interval that knows that the claims of one paper are alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import betabinom

Interval = tuple[float, float]
#: The shares that are tried: middles of as many equal steps from 0 to 1.
SHARES = (np.arange(100) + 0.5) / 100
#: The correlations of two claims of one paper that are tried, all as likely beforehand.
ALIKE = tuple((np.arange(40) + 0.5) / 40)
#: A correlation so small that every claim counts as a paper of its own.
NOT_ALIKE = (1e-6,)
#: Of fewer papers nobody can see how papers differ: such groups are not shown.
FEWEST_PAPERS = 3


@lru_cache(maxsize=512)
def likelihoods(tested: int, alike: tuple[float, ...]) -> np.ndarray:
    """Log likelihood of 0, 1, ... claims that hold, shape (tested + 1, shares, correlations)."""
    held, share, spread = np.ix_(np.arange(tested + 1), SHARES, 1 / np.array(alike) - 1)
    return betabinom.logpmf(held, tested, share * spread, (1 - share) * spread)


def by_paper(held: ArrayLike, tested: ArrayLike, alike: tuple[float, ...] = ALIKE) -> Interval:
    """95 % interval of the share of claims that hold over all papers there could be.

    Parameters
    ----------
    held, tested
        How many claims of each paper hold, and how many were tested; shape (papers,).
    alike
        Correlations of two claims of one paper, between 0 and 1, that are as likely beforehand.

    Returns
    -------
    (float, float)
        The middle 95 % of what the share may be, where each share from 0 to 1 was as likely beforehand.

    Raises
    ------
    ValueError
        If there is no paper, one without a claim, or one with more that hold than were tested.

    Notes
    -----
    Each paper has a share of its own, from a Beta distribution around the common one (Skellam 1948,
    Journal of the Royal Statistical Society B 10, 257-261); the posterior is summed over a grid.
    """
    held, tested = np.asarray(held, int), np.asarray(tested, int)
    if not len(tested) or np.any(tested < 1) or np.any((held < 0) | (held > tested)):
        raise ValueError("each paper needs a claim at least, and no more that hold than were tested")
    logs = sum(likelihoods(of, alike)[hold] for hold, of in zip(held.tolist(), tested.tolist(), strict=True))
    below = np.cumsum(np.exp(logs - logs.max()).sum(axis=1))
    edges = np.linspace(0, 1, len(SHARES) + 1)
    low, high = np.interp([0.025, 0.975], np.append(0, below / below[-1]), edges)
    return float(low), float(high)


def shares(claims: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """How many claims hold, group by group.

    Parameters
    ----------
    claims
        One row a claim that was tested: its `paper`, the columns `by`, and `holds`, true or false.
    by
        Columns whose values make the groups.

    Returns
    -------
    pandas.DataFrame
        A row a group with `papers`, `claims`, `hold` (how many), `share`, and its interval by paper,
        `low` and `high`.
    """
    rows = {}
    for group, mine in claims.groupby([*by], sort=False, observed=True):
        papers = mine.groupby("paper")["holds"].agg(["sum", "size"])
        held = int(papers["sum"].sum())
        rows[group] = [
            len(papers),
            len(mine),
            held,
            held / len(mine),
            *by_paper(papers["sum"], papers["size"]),
        ]
    index = pd.MultiIndex.from_tuples([*rows], names=[*by]) if rows else None
    return pd.DataFrame([*rows.values()], index, ["papers", "claims", "hold", "share", "low", "high"])


def printed(found: pd.DataFrame) -> pd.DataFrame:
    """A table of `shares` as it is shown, with two decimals."""
    interval = [f"[{low:.2f}, {high:.2f}]" for low, high in zip(found["low"], found["high"], strict=True)]
    return found.assign(share=found["share"].map("{:.2f}".format), interval=interval).drop(
        columns=["low", "high"]
    )


def by_traits(claims: pd.DataFrame, traits: Sequence[str]) -> pd.DataFrame:
    """The shares within each role by one trait after the other.

    Parameters
    ----------
    claims
        As in `shares`, with `role`.
    traits
        Columns, each of which divides the claims of a role by itself.

    Returns
    -------
    pandas.DataFrame
        As `shares` gives it. Left out are groups of fewer than `FEWEST_PAPERS`, and those that are the
        whole role.
    """
    sizes = claims.groupby("role").size()
    tables = {}
    for trait in traits:
        found = shares(claims, ["role", trait]).rename_axis(["role", "which"])
        whole = found["claims"].to_numpy() == sizes[found.index.get_level_values("role")].to_numpy()
        tables[trait] = found[(found["papers"].to_numpy() >= FEWEST_PAPERS) & ~whole]
    return pd.concat(tables, names=["by"])


def coverage(
    tested: ArrayLike, share: float, alike: float, n: int, rng: np.random.Generator
) -> tuple[float, float]:
    """How often two intervals hold the truth, over simulated suites whose papers differ.

    Parameters
    ----------
    tested
        Claims of each paper, shape (papers,).
    share
        The share of claims that hold over all papers there could be.
    alike
        Correlation of two claims of one paper, between 0 and 1: each paper's own share is drawn
        from the Beta distribution that gives it.
    n
        Number of simulated suites.
    rng
        Source of randomness.

    Returns
    -------
    (float, float)
        The part of the suites in which the interval by paper holds `share`, and the part in which it
        does that takes claims for independent.
    """
    tested = np.asarray(tested)
    spread = 1 / alike - 1
    hits = np.zeros(2)
    for _ in range(n):
        held = rng.binomial(tested, rng.beta(share * spread, (1 - share) * spread, len(tested)))
        intervals = (by_paper(held, tested), by_paper(held, tested, NOT_ALIKE))
        hits += [low <= share <= high for low, high in intervals]
    by, independent = hits / n
    return float(by), float(independent)
