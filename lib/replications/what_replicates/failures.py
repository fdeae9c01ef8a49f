"""What failures have in common: where they lie, and whether they come together by paper, group or kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

#: Of fewer failures, or fewer claims that did not fail, a correlation says nothing.
FEWEST = 5


class Judged(Protocol):
    """What is asked of a claim: the regions in which a measurement agrees with the paper and with the rival."""

    agreeing: Any
    refuting: Any


def where(claim: Judged, measured: float, low: float | None, high: float | None) -> str:
    """Where a measurement that agrees with no paper lies, in words.

    Parameters
    ----------
    claim
        The claim that it refutes.
    measured, low, high
        The number and its 95 % interval, in the claim's unit; without one it counts as exact.
    """
    low, high = (measured, measured) if low is None else (low, high)
    if claim.refuting.touches(low, high):
        return "with the rival"
    return "near the paper, surely off" if claim.agreeing.contains(measured, measured) else "with neither"


def correlation(failed: np.ndarray, groups: np.ndarray) -> float:
    """Correlation of failure between two claims of one group.

    Parameters
    ----------
    failed
        Whether each claim failed, shape (claims,).
    groups
        Label of each claim's group, shape (claims,).

    Returns
    -------
    float
        1 if groups fail or hold as a whole, about 0 if the group does not matter; nan if all claims
        fared alike, or no group has two.
    """
    off = np.asarray(failed, float) - np.mean(failed)
    codes = np.unique(groups, return_inverse=True)[1]
    sizes, sums = np.bincount(codes), np.bincount(codes, off)
    pairs = np.sum(sizes * (sizes - 1))
    if not pairs or not np.any(off):
        return np.nan
    return float((np.sum(sums**2) - np.sum(off**2)) / pairs / np.mean(off**2))


def correlations(
    claims: pd.DataFrame, groupings: Sequence[str], n: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Correlation of failure within each role, beside what it is when words are dealt out at random.

    Parameters
    ----------
    claims
        One row a claim with `role`, `fails` and the columns of `groupings`.
    groupings
        Columns that say which claims belong together.
    n
        How often words are dealt out.
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        A row a role and grouping with `correlation`, and `low` and `high`, the middle 95 % of what
        chance gives. Roles in which fewer than `FEWEST` claims fail, or do not, are left out, and so
        are groupings of a single group or without a pair.
    """
    rows = {}
    for role, mine in claims.groupby("role", sort=False):
        fails = mine["fails"].to_numpy()
        if not FEWEST <= fails.sum() <= len(fails) - FEWEST:
            continue
        shuffled = [rng.permutation(fails) for _ in range(n)]
        for by in groupings:
            groups = mine[by].to_numpy(str)
            if 1 < len(np.unique(groups)) < len(groups):
                chance = [correlation(each, groups) for each in shuffled]
                rows[role, by] = [correlation(fails, groups), *np.quantile(chance, [0.025, 0.975])]
    index = pd.MultiIndex.from_tuples([*rows], names=["role", "same"]) if rows else None
    return pd.DataFrame([*rows.values()], index, ["correlation", "low", "high"])


def dealt(claims: pd.DataFrame, rng: np.random.Generator, by: str = "") -> pd.DataFrame:
    """The claims with their words dealt out anew within each role.

    Parameters
    ----------
    claims
        One row a claim with `role`, `holds` and `fails`; what a claim is stays, what became of it moves.
    rng
        Source of randomness.
    by
        If empty, any claim may get any word, so that neither paper nor kind matters. Else the name of
        a column: its groups come in random order, and get the failures one after the other until
        there are none left, so that the group decides nearly alone.
    """
    found = []
    for _, mine in claims.groupby("role", sort=False):
        words = mine[["holds", "fails"]]
        if by:
            turn = {group: rng.random() for group in mine[by].unique()}
            mine = mine.iloc[np.argsort(mine[by].map(turn).to_numpy(), kind="stable")]
            words = words.sort_values("fails", ascending=False, kind="stable")
        else:
            words = words.iloc[rng.permutation(len(mine))]
        found.append(mine.assign(holds=words["holds"].to_numpy(), fails=words["fails"].to_numpy()))
    return pd.concat(found)
