"""A linear model of which a tenth of the data is repeated: its risk by a formula, and by drawing designs.

The model has d features, 400 samples count, and a tenth of them are copies of a few. Least
squares with the copies is least squares with weights: a sample that is there r times has the
weight r, and its label noise is the same each time. For a linear model with the right
features the excess risk does not depend on the spectrum of the features, which drops out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import brentq

from scalinglaws.uncertainty import Estimate, of_mean


def copies(repeats: float, samples: int, share: float = 0.1) -> np.ndarray:
    """Weights of the distinct samples: 1 for those that are unique, r for those that are there r times.

    Parameters
    ----------
    repeats
        r; 0 leaves the repeated samples out. It must divide `share * samples`.
    samples
        How many count, copies included.
    share
        Of them, the share that is repeated.

    Raises
    ------
    ValueError
        If the repeated samples are no whole number.
    """
    unique = np.ones(round(samples * (1 - share)))
    if repeats == 0:
        return unique
    number = share * samples / repeats
    if abs(number - round(number)) > 1e-9 or number < 1:
        raise ValueError(
            f"{share * samples:g} samples cannot be made of whole ones repeated {repeats:g} times"
        )
    return np.r_[unique, np.full(round(number), float(repeats))]


def risk(features: int, weights: np.ndarray) -> float:
    """Excess risk of weighted least squares in units of the label noise's variance, for many features.

    The deterministic equivalent for Gaussian features: the inverse of the weighted covariance
    is that of the unit matrix over kappa, where kappa is the sum of w / (1 + w d / kappa); the
    risk follows from its derivative in the weights. With equal weights it is d / (n - d).

    Parameters
    ----------
    features
        d, fewer than there are samples.
    weights
        One a distinct sample, shape (n,).
    """

    def beyond(kappa: float) -> float:
        return kappa - (weights * kappa / (kappa + weights * features)).sum()

    kappa = brentq(beyond, 1e-9, weights.sum(), xtol=1e-12, rtol=1e-14)
    share = features * ((weights / (kappa + weights * features)) ** 2).sum()
    return float(share / (1 - share))


def simulated(
    features: int,
    weights: Sequence[np.ndarray],
    designs: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """The same for drawn designs, exact in the noise: its mean is taken by a trace and not drawn.

    The weights are tried on one and the same design, so that their differences vary little.

    Parameters
    ----------
    features, weights
        As in `risk`; several vectors of weights.
    designs, rng
        How many designs are drawn, and the source of randomness.

    Returns
    -------
    ndarray
        Shape (designs, number of weights).
    """
    most = max(map(len, weights))
    # All vectors begin with the samples that are unique, whose products are formed once a design.
    shared = min(int(np.cumprod(w == 1).sum()) for w in weights)
    rows = []
    for _ in range(designs):
        X = rng.standard_normal((most, features))
        unique = X[:shared].T @ X[:shared]
        row = []
        for w in weights:
            rest, extra = X[shared : len(w)], w[shared:]
            weighted = unique + (rest.T * extra) @ rest
            squared = unique + (rest.T * extra**2) @ rest
            inverse = cho_solve(cho_factor(weighted), np.eye(features))
            row.append(((inverse @ inverse) * squared).sum())
        rows.append(row)
    return np.array(rows)


def worst(features: int, repeats: Sequence[float], weights: Callable[[float], np.ndarray]) -> float:
    """The number of repeats with the largest risk by the formula.

    Parameters
    ----------
    features
        d.
    repeats
        Those to choose from.
    weights
        A function of repeats, such as `copies` with its samples.
    """
    return max(repeats, key=lambda r: risk(features, weights(r)))


def worst_of(features: Sequence[int], samples: int) -> dict[str, float]:
    """The worst numbers of repeats of models of some sizes, among all that leave whole samples.

    Parameters
    ----------
    features
        Sizes of the models.
    samples
        How many count, of which a tenth are copies.
    """
    number = samples // 10
    choices = [r for r in range(1, number + 1) if number % r == 0]
    return {f"{d} features": float(worst(d, choices, lambda r: copies(r, samples))) for d in features}


def heights(risks: np.ndarray, worst: int) -> dict[str, Estimate]:
    """How far the worst risk stands out, in per cent of it, with Student's intervals over designs.

    Parameters
    ----------
    risks
        As `simulated` gives them, shape (designs, k + 1): from one repeat to the most, and last without
        the repeated samples.
    worst
        Which column is the worst; chosen by other means than these draws.

    Returns
    -------
    dict
        `hump`, above one repeat and above the most repeats, the smaller of both; and `drop`, above
        the risk without the repeated samples.
    """
    top = risks[:, worst]
    gaps = {"hump": min(top - risks[:, 0], top - risks[:, -2], key=np.mean), "drop": top - risks[:, -1]}
    return {name: of_mean(100 * gap / top.mean(), "Student's, over designs") for name, gap in gaps.items()}
