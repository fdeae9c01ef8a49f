"""What an interval over a few units could have told from nought."""

from __future__ import annotations

from scipy.optimize import brentq
from scipy.special import stdtrit
from scipy.stats import nct

from scalinglaws.uncertainty import Estimate


def told_apart(estimate: Estimate, n: int, chance: float = 0.8) -> float:
    """The true size that a Student interval of this width tells from nought with some chance.

    Parameters
    ----------
    estimate
        A number with its interval, of which only the width matters.
    n
        Units that the interval rests on.
    chance
        How often such an interval is to lie apart from nought, on the true side.

    Returns
    -------
    float
        In the estimate's unit; from the noncentral t distribution.
    """
    t = stdtrit(n - 1, 0.975)
    return (
        brentq(lambda size: nct.sf(t, n - 1, size) - chance, 0, 50) * (estimate.high - estimate.low) / 2 / t
    )


def chance_to_tell(estimate: Estimate, n: int, size: float) -> float:
    """The chance that a Student interval of this width tells a true size from nought, on its side."""
    t = stdtrit(n - 1, 0.975)
    return float(nct.sf(t, n - 1, abs(size) * 2 * t / (estimate.high - estimate.low)))
