"""What failures have in common: where they lie, and whether they come together by group, paper or kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalinglaws.claims.claim import Claim, Region

#: Of fewer claims that failed, or that did not, a correlation says nothing.
FEWEST = 5
#: Which claims may belong together.
TOGETHER = ("group", "paper", "kind")


def where(claim: Claim, measured: float, low: float | None, high: float | None) -> str:
    """Where the measurement of a value that failed lies, in words; empty for another kind of claim.

    Another kind fails only if its measurement lies with the rival, so that nothing is left to ask.

    Parameters
    ----------
    claim
        The claim that failed.
    measured, low, high
        The number and its 95 % interval, in the claim's unit; without one it counts as exact.
    """
    if claim.kind != "value":
        return ""
    if claim.agreeing.contains(measured, measured):
        return "near the paper, surely off"
    theirs = claim.refuting
    if theirs.low == theirs.high:
        # A rival that is one number deserves the tolerance that the paper's number has.
        theirs = Region(theirs.low - claim.within, theirs.high + claim.within)
    low, high = (measured, measured) if low is None else (low, high)
    return "with the rival" if theirs.touches(low, high) else "with neither"


def sums(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Sums over the claims that share a number: values and codes of shape (..., claims), sums (..., codes)."""
    values, codes = np.broadcast_arrays(values, codes)
    deals, several = values[..., 0].size, codes.max() + 1
    places = codes.reshape(deals, -1) + several * np.arange(deals)[:, None]
    found = np.bincount(places.ravel(), values.ravel(), minlength=deals * several)
    return found.reshape(*values.shape[:-1], several)


class Pairs(NamedTuple):
    """All pairs of claims that are alike in one thing and unlike in a finer one.

    Sums over pairs are sums over groups, less those of the finer groups: no matrix of all claims is made.
    """

    #: A number for what each claim must share with the other, shape (..., claims).
    alike: np.ndarray
    #: A number for what it must not share, shape (..., claims). Claims that share this share that.
    unlike: np.ndarray

    def partners(self) -> np.ndarray:
        """With how many others each claim makes a pair, shape (..., claims)."""
        mine = [np.take_along_axis(sums(np.ones(codes.shape), codes), codes, -1) for codes in self]
        return mine[0] - mine[1]

    def products(self, values: np.ndarray) -> np.ndarray:
        """Sum over all ordered pairs of the product of their values, of shape (..., claims); shape (...)."""
        alike, unlike = ((sums(values, codes) ** 2).sum(axis=-1) for codes in self)
        return alike - unlike


def pairs(codes: Mapping[str, np.ndarray], same: str) -> Pairs:
    """Which pairs of claims belong together.

    Parameters
    ----------
    codes
        For each of `TOGETHER` a number for the group, paper or kind of each claim, shape (claims,); that
        of the paper may be (..., claims). The claims of a group are of one paper.
    same
        `group`: the same group. `paper`: the same paper, but another group. `kind`: the same kind.
    """
    return Pairs(codes[same], codes["group"] if same == "paper" else np.arange(codes[same].shape[-1]))


def coded(claims: pd.DataFrame) -> dict[str, np.ndarray]:
    """Group, paper, kind and notebook of each claim as numbers."""
    return {name: pd.factorize(claims[name])[0] for name in (*TOGETHER, "notebook")}


def correlation(happened: np.ndarray, together: Pairs) -> np.ndarray:
    """Pearson's correlation over all ordered pairs of claims that belong together.

    Parameters
    ----------
    happened
        Whether it happened to each claim, shape (..., claims).
    together
        Which pairs belong together.

    Returns
    -------
    numpy.ndarray
        1 if claims that belong together always share their fate, about 0 if it does not matter; nan
        if there are no pairs, or all claims in them fared alike. Shape (...).

    Notes
    -----
    Mean and variance are those of the pairs, so that groups of unlike size do no harm: Karlin, Cameron
    and Williams (1981), Proceedings of the National Academy of Sciences 78, 2664-2668.
    """
    happened, weight = np.asarray(happened, float), together.partners()
    mean = (happened * weight).sum(axis=-1) / np.maximum(weight.sum(axis=-1), 1)
    off = happened - mean[..., None]
    variance = (off**2 * weight).sum(axis=-1)
    return np.divide(
        together.products(off), variance, out=np.full(variance.shape, np.nan), where=variance > 1e-9
    )


def chance(
    codes: Mapping[str, np.ndarray], happened: np.ndarray, same: str, n: int, rng: np.random.Generator
) -> tuple[float, float]:
    """A correlation, and how often chance gives as much.

    Parameters
    ----------
    codes
        Of the claims of one role, as in `pairs`.
    happened
        Whether it happened to each claim, shape (claims,).
    same
        Which pairs, as in `pairs`.
    n
        How often chance is asked.
    rng
        Source of randomness.

    Returns
    -------
    (float, float)
        The correlation as it is, and the part of the deals that give as much or more. For `group` and
        `kind` what happened is dealt out among the claims of a paper, so that papers stay what they
        are; for `paper` whole groups are dealt out among papers, so that groups stay what they are.
    """
    found, papers = correlation(happened, pairs(codes, same)), codes["paper"]
    if same == "paper":
        _, first, group = np.unique(codes["group"], return_index=True, return_inverse=True)
        others = rng.permuted(np.tile(papers[first], (n, 1)), axis=1)[:, group]
        dealt = correlation(happened, pairs({**codes, "paper": others}, same))
    else:
        again = np.tile(happened, (n, 1))
        for paper in np.unique(papers):
            mine = papers == paper
            again[:, mine] = rng.permuted(again[:, mine], axis=1)
        dealt = correlation(again, pairs(codes, same))
    return float(found), float((1 + np.sum(dealt >= found - 1e-9)) / (1 + n))


def enough(happened: np.ndarray) -> bool:
    """Whether it happened to `FEWEST` claims at least, and to as many did not."""
    return FEWEST <= happened.sum() <= len(happened) - FEWEST


def lasting(
    codes: Mapping[str, np.ndarray], happened: np.ndarray, same: str, n: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """What `chance` gives, and the largest part of deals when one of the `coded` notebooks is left out.

    That part is 1 where too few claims are left to tell. With all notebooks chance is asked five
    times as often, since that part is compared with 5 % by itself and is no largest of many.
    """
    without = [codes["notebook"] != each for each in np.unique(codes["notebook"])]
    parts = [
        chance({name: of[left] for name, of in codes.items()}, happened[left], same, n, rng)[1]
        if enough(happened[left])
        else 1.0
        for left in without
    ]
    return *chance(codes, happened, same, 5 * n, rng), max(parts)


def together(claims: pd.DataFrame, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Whether failures, and claims that hold, come together, and whether that rests on one notebook.

    Parameters
    ----------
    claims
        One row a claim with `role`, `notebook`, `fails`, `holds` and the columns of `TOGETHER`.
    n
        How often chance is asked.
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        A row for `what` happened, `role` and `same`, with `correlation`; `chance`, the part of deals that
        give as much; and `without one`, as in `lasting`. Roles in which too few fail, or do not, are
        left out.
    """
    rows = {
        (what, role, same): lasting(coded(mine), mine[what].to_numpy(), same, n, rng)
        for what in ("fails", "holds")
        for role, mine in claims.groupby("role", sort=False)
        for same in (TOGETHER if enough(mine[what]) else ())
    }
    index = pd.MultiIndex.from_tuples([*rows], names=["what", "role", "same"]) if rows else None
    return pd.DataFrame([*rows.values()], index, ["correlation", "chance", "without one"])


def dealt(failed: np.ndarray, rng: np.random.Generator, groups: np.ndarray | None = None) -> np.ndarray:
    """Failures dealt out anew, shape (claims,).

    Parameters
    ----------
    failed
        Whether each claim failed, shape (claims,).
    rng
        Source of randomness.
    groups
        Without it any claim may fail, so that nothing matters. Else a number for the group of each
        claim: groups come in random order and get the failures one after the other, until there are
        none left, so that the group decides nearly alone.
    """
    # In the group where failures end it is chance that says which claims get them.
    order = rng.permutation(len(failed))
    if groups is not None:
        turn = rng.permutation(groups.max() + 1)
        order = order[np.argsort(turn[groups[order]], kind="stable")]
    again = np.zeros(len(failed), dtype=bool)
    again[order[: int(np.sum(failed))]] = True
    return again


def planted(claims: pd.DataFrame, deals: int, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """What is found where the cause is known: nothing, or the group, the paper or the kind.

    Parameters
    ----------
    claims
        As in `together`.
    deals
        How often failures are dealt out for each cause.
    n
        How often chance is asked in each deal.
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        A row a role and cause: the median correlation for each of `TOGETHER`; `beyond chance`, the part
        of deals in which that of the cause is among the highest 5 % of what chance gives; and `lasting`,
        the part in which it is so whichever notebook is left out. Without a cause these two are
        means over the three. Roles in which too few fail, or do not, are left out.
    """
    rows = {}
    for role, mine in claims.groupby("role", sort=False):
        codes, failed = coded(mine), mine["fails"].to_numpy()
        for cause in ("nothing", *TOGETHER) if enough(failed) else ():
            again = [dealt(failed, rng, codes.get(cause)) for _ in range(deals)]
            medians = [np.nanmedian(correlation(np.array(again), pairs(codes, same))) for same in TOGETHER]
            found = [
                lasting(codes, fails, same, n, rng)[1:]
                for fails in again
                for same in (TOGETHER if cause == "nothing" else [cause])
            ]
            rows[role, cause] = [*medians, *np.mean(np.array(found) <= 0.05, axis=0)]
    index = pd.MultiIndex.from_tuples([*rows], names=["role", "cause"]) if rows else None
    return pd.DataFrame([*rows.values()], index, [*TOGETHER, "beyond chance", "lasting"])
