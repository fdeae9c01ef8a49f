"""How many words may be wrong by bad luck: the chances of each word, for a truth that is known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Container
from statistics import NormalDist

from scalinglaws.claims import NOT_REPLICATED
from scalinglaws.claims.claim import Claim
from scalinglaws.claims.power import HALF, facing
from scalinglaws.notebooks import scoreboard

NORMAL = NormalDist()


def chance(claim: Claim, half: float, truth: float, words: Container[str], error: float = 1.0) -> float:
    """How likely a claim gets one of some words, where the truth is known.

    Parameters
    ----------
    claim
        The claim.
    half
        Half the width of the 95 % interval, in the claim's unit. The interval is symmetric.
    truth
        The number of which the measurement is an estimate, in the claim's unit.
    words
        The words.
    error
        How many times the standard error is what the interval says: 1 where the interval is right.

    Notes
    -----
    The measurement is normal around the truth. As it moves, the word changes only where it, or an end
    of its interval, crosses an edge of a region, so that the chance is a sum of a few terms.
    """
    regions = (claim.agreeing, claim.refuting)
    edges = {edge for region in regions for edge in (region.low, region.high) if math.isfinite(edge)}
    edges |= {claim.paper} if claim.kind == "value" else set()
    steps = sorted({edge + move for edge in edges for move in (-half, 0.0, half)})
    steps = [steps[0] - half, *steps, steps[-1] + half]
    below = [NORMAL.cdf((step - truth) / (error * half / HALF)) for step in steps]
    below[0], below[-1] = 0.0, 1.0
    centres = [(a + b) / 2 for a, b in itertools.pairwise(steps)]
    return sum(
        b - a
        for centre, (a, b) in zip(centres, itertools.pairwise(below), strict=True)
        if claim.judge(centre, (centre - half, centre + half)) in words
    )


def words(claim: Claim, low: float, high: float) -> dict[str, float] | None:
    """The chance that a claim's word is wrong, under several assumptions.

    Parameters
    ----------
    claim
        The claim.
    low, high
        The 95 % interval that was measured, in the claim's unit; only its width matters.

    Returns
    -------
    dict or None
        `paper`: of "not replicated" where the paper's value (the edge of its region that is nearest to
        the rival) is true. `rival`: of a word that holds where the nearest point of the rival is.
        `either`: the larger of the two. `1.5` and `2`: the same where errors are so many times what
        the interval says. `tolerance`: the same where the truth may also lie at an end of the
        tolerance of a value. None where the interval is unbounded or of no width.
    """
    half = (high - low) / 2
    if not 0 < half < math.inf:
        return None
    paper, rival = facing(claim)

    def larger(error: float, rights: tuple[float, ...] = (paper,)) -> float:
        failing = [chance(claim, half, right, (NOT_REPLICATED,), error) for right in rights]
        return max(*failing, chance(claim, half, rival, scoreboard.HELD, error))

    ends = (claim.agreeing.low, paper, claim.agreeing.high) if claim.kind == "value" else (paper,)
    return {
        "paper": chance(claim, half, paper, (NOT_REPLICATED,)),
        "rival": chance(claim, half, rival, scoreboard.HELD),
        "either": larger(1.0),
        "1.5": larger(1.5),
        "2": larger(2.0),
        "tolerance": larger(1.0, ends),
    }
