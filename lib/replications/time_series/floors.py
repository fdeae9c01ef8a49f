"""How large a floor beside the power law the points of one curve allow."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq, least_squares
from scipy.special import stdtrit

from scalinglaws.uncertainty import Estimate

#: Shares of the least loss that are tried as floors; above the last the law is a step.
SHARES = np.linspace(0, 0.99, 100)


def misfit(x: np.ndarray, loss: np.ndarray, share: float) -> float:
    """Least sum of squares of log10 loss about floor + 10^(a - alpha x), with the floor a share of the least loss.

    Parameters
    ----------
    x
        log10 of the size, shape (n,).
    loss
        In nats, shape (n,).
    share
        From 0 to below 1.
    """
    floor, y, far = share * loss.min(), np.log10(loss), x - x.mean()
    slope, height = np.polyfit(far, np.log10(loss - floor), 1)

    def off(law: np.ndarray) -> np.ndarray:
        return np.log10(floor + 10 ** (law[0] + law[1] * far)) - y

    def gradient(law: np.ndarray) -> np.ndarray:
        power = 10 ** (law[0] + law[1] * far)
        return np.stack([power / (floor + power), far * power / (floor + power)], axis=1)

    found = least_squares(off, [height, slope], jac=gradient, method="lm", xtol=1e-12, ftol=1e-12, gtol=1e-12)
    return float(2 * found.cost)


def allowed(x: np.ndarray, loss: np.ndarray) -> Estimate:
    """The best floor as a share of the least loss, and those that Student's ratio does not refuse at 5 %.

    Beside the best share the misfit may grow by t^2 / (n - 3) of itself, as it may for one of three parameters in a
    linear model.
    """
    misfits = np.array([misfit(x, loss, share) for share in SHARES])
    best, free = int(misfits.argmin()), len(x) - 3
    most = misfits[best] * (1 + stdtrit(free, 0.975) ** 2 / free)

    def ends(side: np.ndarray, out: float) -> float:
        refused = side[misfits[side] > most]
        if not len(refused):
            return out
        near, far = SHARES[refused[0]], SHARES[refused[0] + (1 if refused[0] < best else -1)]
        return brentq(lambda share: misfit(x, loss, share) - most, *sorted((near, far)))

    low, high = ends(np.arange(best)[::-1], 0.0), ends(np.arange(best + 1, len(SHARES)), 1.0)
    return Estimate(SHARES[best], low, high, "floors whose misfit Student's ratio does not refuse")
