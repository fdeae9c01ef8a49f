"""What a word is worth: the chance that a measurement of this precision could have refuted the rival."""

from __future__ import annotations

import math
from statistics import NormalDist

from scalinglaws.claims.claim import Claim

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
        Above 0.025 and at most 1. None where the interval is unbounded or of no width; for signs and
        orders, whose size the paper does not say; and where the rival begins where the paper's
        region ends, since no interval can tell the least that the paper says from such a rival.

    Notes
    -----
    The interval is taken as symmetric and normal: its centre falls within `HALF` standard errors
    of the rival's edge with probability 1 - power.
    """
    width = high - low
    if claim.kind in ("sign", "order") or meets(claim) or not 0 < width < math.inf:
        return None
    return NORMAL.cdf(distance(claim) / (width / 2 / HALF) - HALF)


def meets(claim: Claim) -> bool:
    """Whether the rival begins where the paper's region ends: an open end lies one float beyond its number."""
    return math.isclose(*facing(claim), rel_tol=1e-12, abs_tol=1e-300)


def distance(claim: Claim) -> float:
    """How far the paper's value (the nearest edge of its region) lies from the rival's region."""
    paper, rival = facing(claim)
    return abs(paper - rival)


def facing(claim: Claim) -> tuple[float, float]:
    """The paper's value (the nearest edge of its region), and the point of the rival's region nearest to it."""
    theirs = claim.agreeing if claim.kind != "value" else None
    low, high = (claim.paper, claim.paper) if theirs is None else (theirs.low, theirs.high)
    return (high, claim.refuting.low) if claim.refuting.low >= high else (low, claim.refuting.high)
