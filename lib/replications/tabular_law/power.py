"""What these sizes and amounts could show: the same estimates in many worlds at the scatter that is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from replications.tabular_law.laws import fitted
from replications.tabular_law.sure import HOFFMANN, WAYS, Pair, covariance, from_reading
from replications.tabular_law.worlds import at, on_sum
from scalinglaws.uncertainty import Estimate

#: Gauss-Newton steps from the planted law; how small the last must be, and how long one may be (log A or log B).
STEPS, SMALL, LONGEST = 20, 1e-6, 2.0


def noise(
    losses: pd.DataFrame, shares: tuple[float, float, float], count: int, rng: np.random.Generator
) -> np.ndarray:
    """Noise of models, and noise that all of one size, and all of one amount, share; shape (count, points).

    Parameters
    ----------
    losses
        The table.
    shares
        Standard deviations, of the logarithm: of a model alone, of a size, of an amount.
    count, rng
        How many worlds, and the source of randomness.
    """
    found = shares[0] * rng.standard_normal((count, len(losses)))
    for way, share in zip(WAYS, shares[1:], strict=True):
        kinds, codes = np.unique(losses[way], return_inverse=True)
        found += share * rng.standard_normal((count, len(kinds)))[:, codes]
    return found


class Worlds:
    """Worlds on one law at the sizes and amounts of a table, with noise, fitted again with parts left out.

    Parameters
    ----------
    losses
        The table, for its sizes and amounts.
    law
        A, alpha, B and beta.
    off
        Noise of the logarithm, shape (worlds, points).
    """

    def __init__(self, losses: pd.DataFrame, law: tuple[float, ...], off: np.ndarray):
        self.law, self.table = law, at(losses, on_sum(losses, *law))
        self.logs = np.log(on_sum(losses, *law)) + off
        self.across = np.log(losses[[*WAYS]].to_numpy(float))

    def terms(self, found: np.ndarray) -> np.ndarray:
        """Logarithms of both powers, shape (..., points, 2), for parameters of shape (..., 4) as `without` has them."""
        return found[..., None, [0, 2]] - found[..., None, [1, 3]] * self.across

    def without(self, out: np.ndarray) -> np.ndarray:
        """log A, alpha, log B and beta with some points left out.

        Gauss-Newton for all worlds at once, halved where it would lengthen the residuals: the library's search
        proves each optimum, which spreads over thousands of worlds do not need (a test compares the two).

        Parameters
        ----------
        out
            Which points are left out, shape (parts, points).

        Returns
        -------
        numpy.ndarray
            Shape (parts, worlds, 4); nan where the search has not settled.
        """
        A, alpha, B, beta = self.law
        kept = ~np.asarray(out)[:, None, :]
        found = np.tile([np.log(A), alpha, np.log(B), beta], (len(out), len(self.logs), 1))

        def left(at: np.ndarray) -> np.ndarray:
            return kept * (self.logs - np.logaddexp(*np.moveaxis(self.terms(at), -1, 0)))

        for _ in range(STEPS):
            terms = self.terms(found)
            share = np.exp(terms - np.logaddexp(terms[..., :1], terms[..., 1:])) * kept[..., None]
            gain = np.stack([share, -share * self.across], axis=-1).reshape(*share.shape[:-1], 4)
            normal = np.einsum("...pi,...pj->...ij", gain, gain)
            # A ridge moves no optimum; it and the longest step keep worlds without one from running away.
            normal = normal + 1e-10 * np.trace(normal, axis1=-2, axis2=-1)[..., None, None] * np.eye(4)
            step = np.linalg.solve(normal, np.einsum("...pi,...p->...i", gain, left(found))[..., None])[
                ..., 0
            ]
            step = step / np.maximum(np.abs(step).max(-1, keepdims=True) / LONGEST, 1)
            longer = (left(found + step) ** 2).sum(-1) > (left(found) ** 2).sum(-1) + 1e-12
            found = found + np.where(longer, 0.5, 1.0)[..., None] * step
        return np.where((np.abs(step).max(-1) < SMALL)[..., None], found, np.nan)

    def pair(self) -> Pair:
        """Both exponents of every world, as `sure.pair` has them for a table."""
        none = np.zeros((1, len(self.table)), bool)
        spread = {"points": covariance(self.without(np.eye(len(self.table), dtype=bool))[..., [1, 3]])}
        for way in WAYS:
            labels = self.table[way].to_numpy()
            spread[way] = covariance(self.without(labels == np.unique(labels)[:, None])[..., [1, 3]])
        fewest = min(self.table[way].nunique() for way in WAYS) - 1
        reading = from_reading(fitted(self.table), self.table)
        return Pair(self.without(none)[0][:, [1, 3]], spread, reading, fewest)

    def beyond(self, way: str) -> Iterator[Estimate]:
        """What `sure.beyond` says in each world."""
        labels = self.table[way].to_numpy()
        largest = labels == labels.max()
        parts = np.array([largest, *(labels == it for it in np.unique(labels[~largest]))])
        laws = self.without(parts | largest)
        # Worlds that did not settle come out as nan, and are left out below.
        with np.errstate(invalid="ignore"):
            apart = self.logs - np.logaddexp(*np.moveaxis(self.terms(laws), -1, 0))
        off = np.array([one[:, part].mean(axis=1) for one, part in zip(apart, parts, strict=True)])
        half = stdtrit(len(off) - 1, 0.975) * np.sqrt(np.mean(off[1:] ** 2, axis=0))
        for value, wide in zip(off[0], half, strict=True):
            if np.isfinite(value + wide):
                yield Estimate(value, value - wide, value + wide, "planted")

    def steps(self, way: str, scatter: float, freedom: int) -> Iterator[Estimate]:
        """What `missed.worst_step` says in each world, with Bonferroni's share for each step."""
        (other,) = {*WAYS} - {way}
        place = (
            self.table.assign(place=np.arange(len(self.table))).pivot_table("place", other, way).to_numpy()
        )
        change, half = [], []
        for start, end in pairwise(place.T):
            both = ~np.isnan(start + end)
            of, to = (self.logs[:, where[both].astype(int)] for where in (start, end))
            change.append((to - of).mean(axis=1))
            half.append(
                stdtrit(freedom, 1 - 0.025 / (place.shape[1] - 1)) * scatter * np.sqrt(2 / both.sum())
            )
        for steps in np.array(change).T:
            yield Estimate(steps.max(), (steps - half).max(), (steps + half).max(), "planted")


def exponents(found: Pair, what: str) -> Iterator[Estimate]:
    """alpha, beta or their sum in each world, with the intervals of a pair; worlds that did not settle left out."""
    for ends in zip(*found.ends(what), strict=True):
        if np.isfinite(ends).all():
            yield Estimate(*ends, "planted")


def words(
    judge: Callable[[str, Estimate | float], str], those: Worlds, scatter: float, freedom: int
) -> pd.Series:
    """In what share of worlds each claim would be replicated, and in what share not.

    Parameters
    ----------
    judge
        Claim and measurement -> word.
    those
        The worlds.
    scatter, freedom
        As for `missed.worst_step`.

    Returns
    -------
    Series
        Claim -> "replicated / not replicated of n", as shares of the n worlds whose searches settled.
    """
    pair = those.pair()
    found = {id: exponents(pair, id) for id in ("alpha", "beta", "sum")}
    found |= {"sum-again": exponents(pair, "sum"), "pair": (p for p in pair.p(*HOFFMANN) if np.isfinite(p))}
    for id, way in (("size", "n_params"), ("data", "cells")):
        found |= {f"steps-{id}": those.steps(way, scatter, freedom), f"beyond-{id}": those.beyond(way)}
    told = {id: [judge(id, it) for it in many] for id, many in found.items()}
    shares = {
        id: (
            np.mean([it.startswith("replicated") for it in many]),
            np.mean([it == "not replicated" for it in many]),
            len(many),
        )
        for id, many in told.items()
    }
    return pd.Series({id: f"{yes:.2f} / {no:.2f} of {n}" for id, (yes, no, n) in shares.items()})
