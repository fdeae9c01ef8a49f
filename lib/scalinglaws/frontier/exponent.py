"""How the best size grows with the budget: a line on log scales."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtrit

from scalinglaws.frontier.columns import check_share, positive_columns
from scalinglaws.text import counted


class Exponent(NamedTuple):
    r"""A line on log scales, $\ln n = intercept + exponent \cdot \ln C$; standard error of the exponent.

    The error comes from the scatter of the optima about the line, which has budgets - 2
    degrees of freedom.
    """

    exponent: float
    intercept: float
    se: float
    degrees_of_freedom: int

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval of the exponent, by Student's t.

        Raises
        ------
        ValueError
            If the level is no share.
        """
        check_share(level)
        half = float(stdtrit(self.degrees_of_freedom, 0.5 + level / 2)) * self.se
        return self.exponent - half, self.exponent + half


def exponent(flops: Any, n_opt: Any, weights: Any = None) -> Exponent:
    r"""The exponent $a$ in $N_{opt} \propto C^{a}$: least squares of ln n_opt on ln flops.

    Parameters
    ----------
    flops
        Budgets, FLOPs; their unit moves the intercept only.
    n_opt
        Best size at each (or best tokens, or their ratio).
    weights
        Inverse variances of ln n_opt, up to a factor; all the same by default.

    Raises
    ------
    ValueError
        For fewer than three budgets, budgets that are all the same, or values that are not
        positive and finite; NaN is what `isoflop_optimum` gives for an optimum at an edge.

    Examples
    --------
    >>> round(exponent([1e18, 1e19, 1e20], [1e8, 1e8 * 10**0.5, 1e9]).exponent, 6)
    0.5
    """
    flops, n_opt = positive_columns(3, flops=flops, n_opt=n_opt)
    (weights,) = positive_columns(3, weights=np.ones_like(flops) if weights is None else weights)
    if len(weights) != len(flops):
        raise ValueError(f"{counted(len(weights), 'weight')} for {counted(len(flops), 'budget')}")
    x, y = np.log(flops), np.log(n_opt)
    if np.ptp(x) == 0:
        raise ValueError("all budgets are the same: no slope")
    # About the mean, where slope and height do not share their rounding.
    mean, height = weights @ x / weights.sum(), weights @ y / weights.sum()
    x, y, free = x - mean, y - height, len(x) - 2
    stiff = weights @ x**2
    slope = weights @ (x * y) / stiff
    se = np.sqrt(weights @ (y - slope * x) ** 2 / free / stiff)
    return Exponent(float(slope), float(height - slope * mean), float(se), free)
