"""What the rules for the momentum leave on a parabola, to the first order in the step.

Time tau = a eta t is counted in units of 1 / a, and b = -ln(rho) / (eta a) is the rate at which the
average forgets, in the same units. Small steps have the limits theta' = -theta and
zeta' = b (theta - zeta). All functions take tau of any shape and b other than 1.
"""

from __future__ import annotations

import numpy as np


def forgetting(rate: float, momentum: float, curvature: float = 1.0) -> float:
    """b, the rate at which an average forgets over the rate at which weights approach the minimum."""
    return float(-np.log(momentum) / (rate * curvature))


def left_by_power(tau: np.ndarray, b: float, lag: float = 1.0) -> np.ndarray:
    """Error of the average under rho^kappa, over (kappa - 1) eta a.

    Parameters
    ----------
    tau, b
        See above.
    lag
        1 where a step averages the weights that it was given, -1 where those that it has made.
    """
    fast, slow = np.exp(-tau), np.exp(-b * tau)
    return b / 2 * (((lag - tau) * fast - lag * slow) / (b - 1) + (fast - slow) / (b - 1) ** 2)


def left_by_shortcut(tau: np.ndarray, b: float, lag: float = 1.0) -> np.ndarray:
    """The same under 1 - kappa (1 - rho).

    For old weights it is Euler's method, whose error is -tau zeta'' / 2; weights that are seen later
    or sooner change it as they change that of rho^kappa.
    """
    second = (b * np.exp(-tau) - b**3 * np.exp(-b * tau)) / (b - 1) + b**2 * np.exp(-b * tau)
    return -tau / 2 * second + left_by_power(tau, b, lag) - left_by_power(tau, b)


def largest_left(b: float, lag: float = 1.0) -> dict[str, float]:
    """Rule -> largest distance over (kappa - 1) eta a that it leaves, over tau from 0 to 13."""
    tau = np.linspace(0, 13, 130_001)
    errors = {"power": left_by_power(tau, b, lag), "shortcut": left_by_shortcut(tau, b, lag)}
    return {rule: float(np.abs(error).max()) for rule, error in errors.items()}


def shortcut_over_power(b: float, lag: float = 1.0) -> float:
    """How much larger the largest distance is that the shortcut leaves."""
    largest = largest_left(b, lag)
    return largest["shortcut"] / largest["power"]
