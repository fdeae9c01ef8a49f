"""The share of claims that hold, with an interval that knows that the claims of one paper are alike.

The interval is that of Korn and Graubard (1998, Survey Methodology 24, 193-201): the exact binomial
interval, for as many independent claims as would leave the share as uncertain as it is. It is made
for few clusters and for shares near 0 or 1, where resampling of whole papers fails (see `coverage`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import t
from statsmodels.stats.proportion import proportion_confint

Interval = tuple[float, float]


def effective(held: np.ndarray, tested: np.ndarray) -> float:
    """How many independent claims would leave the share as uncertain as claims of these papers do.

    Parameters
    ----------
    held, tested
        How many claims of each paper hold, and how many were tested; shape (papers,).

    Returns
    -------
    float
        At most the number of claims; the number of papers where their shares do not differ, since
        then nothing says how alike the claims of one paper are.
    """
    claims, papers = tested.sum(), len(tested)
    share = held.sum() / claims
    off = held - share * tested
    variance = papers / (papers - 1) * np.sum(off**2) / claims**2
    if variance < 1e-12:
        return float(papers)
    # The variance of few papers is itself uncertain, as that of a mean is for Student.
    known = (t.ppf(0.975, claims - 1) / t.ppf(0.975, papers - 1)) ** 2
    return float(min(claims, share * (1 - share) / variance) * known)


def by_paper(held: ArrayLike, tested: ArrayLike) -> Interval:
    """95 % interval of the share of claims that hold, for papers that may differ.

    Parameters
    ----------
    held, tested
        How many claims of each paper hold, and how many were tested; shape (papers,).

    Returns
    -------
    (float, float)
        Two nan for a single paper: how much papers differ cannot be seen from one.

    Raises
    ------
    ValueError
        If there is no paper, one without a claim, or one with more that hold than were tested.
    """
    held, tested = np.asarray(held, float), np.asarray(tested, float)
    if not len(tested) or np.any(tested < 1) or np.any((held < 0) | (held > tested)):
        raise ValueError("each paper needs a claim at least, and no more that hold than were tested")
    if len(tested) == 1:
        return np.nan, np.nan
    n, share = effective(held, tested), held.sum() / tested.sum()
    low, high = proportion_confint(n * share, n, method="beta")
    return float(low), float(high)


def as_if_independent(held: ArrayLike, tested: ArrayLike) -> Interval:
    """Wilson's 95 % interval, which counts every claim as if it were a paper of its own."""
    low, high = proportion_confint(np.sum(held), np.sum(tested), method="wilson")
    return float(low), float(high)


def resampled(held: ArrayLike, tested: ArrayLike, rng: np.random.Generator, n: int = 400) -> Interval:
    """Percentile 95 % interval over samples of papers drawn with replacement."""
    held, tested = np.asarray(held), np.asarray(tested)
    drawn = rng.integers(len(tested), size=(n, len(tested)))
    low, high = np.quantile(held[drawn].sum(1) / tested[drawn].sum(1), [0.025, 0.975])
    return float(low), float(high)


def shares(claims: pd.DataFrame, by: Sequence[str], what: str = "holds") -> pd.DataFrame:
    """How many claims hold, group by group.

    Parameters
    ----------
    claims
        One row a claim that was tested: its `paper`, the columns `by`, and `what`, true or false.
    by
        Columns whose values make the groups.
    what
        The column that is counted.

    Returns
    -------
    pandas.DataFrame
        A row a group with `papers`, `claims`, `what` (how many), `share`, and its interval by paper,
        `low` and `high`, nan for a single paper.
    """
    rows = {}
    for group, mine in claims.groupby([*by], sort=False, observed=True):
        papers = mine.groupby("paper")[what].agg(["sum", "size"])
        low, high = by_paper(papers["sum"], papers["size"])
        held = int(papers["sum"].sum())
        rows[group] = [len(papers), len(mine), held, held / len(mine), low, high]
    index = pd.MultiIndex.from_tuples([*rows], names=[*by]) if rows else None
    return pd.DataFrame([*rows.values()], index, ["papers", "claims", what, "share", "low", "high"])


def printed(found: pd.DataFrame) -> pd.DataFrame:
    """A table of `shares` as it is shown: two decimals, and a dash where a single paper has no interval."""
    interval = [
        "–" if np.isnan(low) else f"[{low:.2f}, {high:.2f}]"
        for low, high in zip(found["low"], found["high"], strict=True)
    ]
    return found.assign(share=found["share"].map("{:.2f}".format), interval=interval).drop(
        columns=["low", "high"]
    )


def by_traits(claims: pd.DataFrame, traits: Sequence[str], what: str = "holds") -> pd.DataFrame:
    """The shares within each role by one trait after the other, as they are shown.

    Parameters
    ----------
    claims, what
        As in `shares`.
    traits
        Columns, each of which divides the claims of a role by itself.
    """
    tables = {
        trait: printed(shares(claims, ["role", trait], what)).rename_axis(["role", "which"])
        for trait in traits
    }
    return pd.concat(tables, names=["by"])


def coverage(
    tested: ArrayLike, share: float, alike: float, n: int, rng: np.random.Generator
) -> dict[str, float]:
    """How often three intervals hold the truth, over simulated suites whose papers differ.

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
    dict
        Name of an interval -> the part of the suites in which it holds `share`.
    """
    tested = np.asarray(tested)
    spread = 1 / alike - 1
    methods: dict[str, Callable[[np.ndarray], Interval]] = {
        "by paper": lambda held: by_paper(held, tested),
        "papers resampled": lambda held: resampled(held, tested, rng),
        "claims independent": lambda held: as_if_independent(held, tested),
    }
    hits = dict.fromkeys(methods, 0)
    for _ in range(n):
        held = rng.binomial(tested, rng.beta(share * spread, (1 - share) * spread, len(tested)))
        for name, interval in methods.items():
            low, high = interval(held)
            hits[name] += low <= share <= high
    return {name: hit / n for name, hit in hits.items()}
