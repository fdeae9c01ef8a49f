"""Curves from one loss to another: models paired by their tokens, a line in logarithms above two floors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from scalinglaws.uncertainty import Estimate, from_left_out

#: Exponents that are looked at before the best one is refined.
EXPONENTS = np.geomspace(0.02, 20, 200)


class Curve(NamedTuple):
    """The shifted power law E1 + K (L0 - E0)^kappa; E0, E1 and K in nats per token."""

    kappa: float
    K: float
    E0: float
    E1: float

    def __call__(self, loss: ArrayLike) -> np.ndarray:
        """Loss 1 at values of loss 0, nats per token."""
        return self.E1 + self.K * (np.asarray(loss) - self.E0) ** self.kappa


def between(x: ArrayLike, y: ArrayLike, E0: float, E1: float) -> Curve:
    """The curve whose logarithm above known floors is the line of least squares.

    Parameters
    ----------
    x, y
        Losses 0 and 1 of the pairs, nats per token, shape (n,).
    E0, E1
        Their floors, nats per token.

    Raises
    ------
    ValueError
        If a loss does not lie above its floor, since it then has no logarithm.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if not (x.min() > E0 and y.min() > E1):
        raise ValueError(
            f"losses down to {x.min():.3f} and {y.min():.3f} must lie above {E0:.3f} and {E1:.3f}"
        )
    kappa, log_factor = np.polyfit(np.log(x - E0), np.log(y - E1), 1)
    return Curve(kappa, np.exp(log_factor), E0, E1)


def best_lines(
    above: np.ndarray, y: np.ndarray, kappa: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """E1, K and the sum of squares of E1 + K above^kappa at given exponents; E1 from 0 to the least y."""
    power = above ** np.asarray(kappa)[..., None]
    mean = power.mean(axis=-1)
    K = ((power - mean[..., None]) * (y - y.mean())).sum(axis=-1) / power.var(axis=-1) / len(y)
    E1 = np.clip(y.mean() - K * mean, 0, y.min())
    # The sum of squares is a bowl, so a floor that is not allowed gives way to the nearest one that is.
    K = (power * (y - E1[..., None])).sum(axis=-1) / (power**2).sum(axis=-1)
    return E1, K, ((E1[..., None] + K[..., None] * power - y) ** 2).sum(axis=-1)


def with_floor_fitted(x: ArrayLike, y: ArrayLike, E0: float) -> Curve:
    """The curve of least squares of losses whose second floor is fitted, too.

    At each exponent floor and factor are a line that is known exactly, so that one number is searched
    for: over a grid, and then by Brent's method between the neighbours of the best place. `scalinglaws.fit`
    proves the same optimum (a test compares them), and is far slower over some hundreds of curves.

    Parameters
    ----------
    x, y
        Losses 0 and 1 of the pairs, nats per token, shape (n,).
    E0
        Floor of loss 0, nats per token.

    Raises
    ------
    ValueError
        If a loss 0 does not lie above its floor.
    """
    above, y = np.asarray(x, float) - E0, np.asarray(y, float)
    if not above.min() > 0:
        raise ValueError(f"losses down to {above.min() + E0:.3f} must lie above their floor, {E0:.3f}")
    k = int(best_lines(above, y, EXPONENTS)[2].argmin())
    near = EXPONENTS[max(k - 1, 0)], EXPONENTS[min(k + 1, len(EXPONENTS) - 1)]
    options = {"bounds": near, "method": "bounded", "options": {"xatol": 1e-9}}
    kappa = minimize_scalar(lambda kappa: best_lines(above, y, kappa)[2], **options).x
    E1, K, _ = best_lines(above, y, kappa)
    return Curve(kappa, float(K), E0, float(E1))


def paired(runs: pd.DataFrame, zero: str, one: str) -> pd.DataFrame:
    """Runs of two data sets that have equal parameters and saw equally many tokens, side by side.

    Parameters
    ----------
    runs
        One row a run: train_set, n_params, n_tokens and losses.
    zero, one
        Names of the two data sets.

    Returns
    -------
    DataFrame
        One row a pair; columns of data set 1 end in `_1`.

    Raises
    ------
    ValueError
        If no run has an equal.
    """
    here, there = (runs[runs.train_set == name] for name in (zero, one))
    both = here.merge(there, on=["n_params", "n_tokens"], suffixes=("", "_1"))
    if both.empty:
        raise ValueError(f"no run on {zero} has the parameters and tokens of one on {one}")
    return both


def explained(predicted: ArrayLike, measured: ArrayLike) -> float:
    """Share of the variance of the measured that the predicted explain; negative if worse than their mean."""
    measured = np.asarray(measured, float)
    return 1 - ((predicted - measured) ** 2).sum() / ((measured - measured.mean()) ** 2).sum()


def all_paired(runs: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    """Ordered pair of data sets -> its runs side by side, as `paired` has them, without the tests."""
    lean = runs[["train_set", "n_params", "n_tokens", "flops", "loss"]]
    return {names: paired(lean, *names) for names in permutations(sorted(runs.train_set.unique()), 2)}


def all_pairs(
    pairing: Mapping[tuple[str, str], pd.DataFrame],
    large: Mapping[str, float],
    floors: Mapping[str, float],
    given: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """The curve of each ordered pair of data sets, and how it does at the large models.

    Parameters
    ----------
    pairing
        The small runs as `all_paired` has them: flops, loss, loss_1.
    large
        Data set -> measured loss of its large model, nats per token.
    floors
        Data set -> irreducible loss, nats per token.
    given
        Data set -> loss of its large model that the curve starts from; None for the measured one.

    Returns
    -------
    DataFrame
        One row a pair: zero, one, n, kappa, K; explained (share of variance); scatter (root mean
        square of relative residuals, in %); error of the curve at the large model, and error of a
        rule that keeps the mean ratio of the losses at the largest budget (both predicted less
        measured, in %).
    """
    given = large if given is None else given
    rows = []
    for (zero, one), both in pairing.items():
        curve = between(both.loss, both.loss_1, floors[zero], floors[one])
        last = both[both.flops == both.flops.max()]
        kept = given[zero] * (last.loss_1 / last.loss).mean()
        rows.append(
            {
                "zero": zero,
                "one": one,
                "n": len(both),
                "kappa": curve.kappa,
                "K": curve.K,
                "explained": explained(curve(both.loss), both.loss_1),
                "scatter": 100 * np.sqrt((np.log(both.loss_1 / curve(both.loss)) ** 2).mean()),
                "error": 100 * (float(curve(given[zero])) / large[one] - 1),
                "kept": 100 * (kept / large[one] - 1),
            }
        )
    return pd.DataFrame(rows)


def over_data_sets(pairs: pd.DataFrame, statistic: Callable[[pd.DataFrame], float]) -> Estimate:
    """A statistic of ordered pairs with the jackknife interval over the data sets that they are made of.

    Thirty pairs of six data sets are not thirty measurements: a data set that is off is off in all ten
    of its pairs. So a data set is left out with all its pairs, and Student's t has one degree of
    freedom less than there are data sets.

    Parameters
    ----------
    pairs
        One row a pair, with names of data sets in `zero` and `one`.
    statistic
        From such a table to a number.
    """
    names = sorted({*pairs.zero, *pairs.one})
    rest = [statistic(pairs[(pairs.zero != name) & (pairs.one != name)]) for name in names]
    return from_left_out(statistic(pairs), rest, f"jackknife over {len(names)} data sets")
