"""What a word is worth: the chance that a measurement of this precision could have refuted the rival."""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist

from scalinglaws.claims.claim import NOT_REPLICATED, REPLICATED, WIDER, Claim

NORMAL = NormalDist()
#: Half the width of a 95 % interval, in standard errors.
HALF = NORMAL.inv_cdf(0.975)


def power(claim: Claim, low: float, high: float) -> float | None:
    """The chance that a 95 % interval of this width, centred on the paper's value, excludes the rival.

    Parameters
    ----------
    claim
        The claim. For a bound the paper's value is the edge of its region that lies nearest to
        the rival: the least that the paper says.
    low, high
        The interval that was measured, in the claim's unit; only its width matters.

    Returns
    -------
    float or None
        Between 0.025, where paper and rival meet, and 1. None where the interval is unbounded
        or of no width, and for signs and orders, whose size the paper does not say.

    Notes
    -----
    The interval is taken as symmetric and normal: its centre falls within `HALF` standard errors
    of the rival's edge with probability 1 - power.
    """
    width = high - low
    if claim.kind in ("sign", "order") or not 0 < width < math.inf:
        return None
    apart = distance(claim)
    return NORMAL.cdf(apart / (width / 2 / HALF) - HALF)


def distance(claim: Claim) -> float:
    """How far the paper's value (the nearest edge of its region) lies from the rival's region."""
    paper, rival = facing(claim)
    return abs(paper - rival)


def facing(claim: Claim) -> tuple[float, float]:
    """The paper's value (the nearest edge of its region), and the point of the rival's region nearest to it."""
    theirs = claim.agreeing if claim.kind != "value" else None
    low, high = (claim.paper, claim.paper) if theirs is None else (theirs.low, theirs.high)
    return (high, claim.refuting.low) if claim.refuting.low >= high else (low, claim.refuting.high)


def mistaken(claim: Claim, low: float, high: float) -> tuple[float, float] | None:
    """The chances that a measurement of this precision gives a claim a wrong word.

    Parameters
    ----------
    claim
        The claim.
    low, high
        The 95 % interval that was measured, in the claim's unit; only its width matters.

    Returns
    -------
    (float, float) or None
        How likely the word is *not replicated* where the paper is right, and how likely it is
        *replicated*, also with a wider interval, where the rival is. None where the interval is
        unbounded or of no width.

    Notes
    -----
    The truth is taken at the two points that face each other, the paper's value (the nearest edge of
    its region) and the nearest point of the rival's, where mistakes are likeliest. The interval is
    taken as symmetric and normal, as for `power`. As its centre moves, the word changes only where
    the centre or an end crosses an edge of a region, so that the chances are sums of a few terms.
    """
    half = (high - low) / 2
    if not 0 < half < math.inf:
        return None
    regions = (claim.agreeing, claim.refuting)
    edges = {edge for region in regions for edge in (region.low, region.high) if math.isfinite(edge)}
    edges |= {claim.paper} if claim.kind == "value" else set()
    steps = sorted({edge + move for edge in edges for move in (-half, 0.0, half)})
    steps = [steps[0] - half, *steps, steps[-1] + half]
    words = [
        claim.judge(centre := (a + b) / 2, (centre - half, centre + half))
        for a, b in itertools.pairwise(steps)
    ]

    def chance(truth: float, wrong: tuple[str, ...]) -> float:
        below = [NORMAL.cdf((step - truth) / (half / HALF)) for step in steps]
        below[0], below[-1] = 0.0, 1.0
        return sum(
            b - a for word, (a, b) in zip(words, itertools.pairwise(below), strict=True) if word in wrong
        )

    paper, rival = facing(claim)
    return chance(paper, (NOT_REPLICATED,)), chance(rival, (REPLICATED, WIDER))
