"""The law in which repeated tokens and excess parameters lose their worth, and what a fit of it leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from scalinglaws import law
from scalinglaws.fitting.law import Law
from scalinglaws.uncertainty import Estimate


@dataclass(frozen=True)
class Constants:
    """What the law says of runs of one epoch: logarithms of A, B and E, and the exponents alpha and beta."""

    log_A: float
    log_B: float
    log_E: float
    alpha: float
    beta: float

    @property
    def G(self) -> float:
        """The paper's G, which splits compute between parameters and tokens."""
        ratio = np.log(self.alpha / self.beta) + self.log_A - self.log_B
        return float(np.exp(ratio / (self.alpha + self.beta)))

    def optimal_params(self, tokens: Any) -> Any:
        """Parameters for which so many tokens are compute-optimal in one epoch."""
        return (tokens * self.G) ** (self.beta / self.alpha) * self.G


#: Fitted by the authors to points of Hoffmann et al. on C4 with equal exponents (cell 7 of parametric_fit.ipynb),
#: with exponents that may differ (cell 10), and those of MassiveWeb (cell 29).
C4 = Constants(6.255414, 7.3049974, 0.6254804, 0.3526596, 0.3526596)
C4_FREE = Constants(5.9577184, 7.9145365, 0.63032365, 0.33480313, 0.38289225)
MASSIVEWEB = Constants(6.007337896264272, 6.016157159698354, 0.5247285289349821, 0.34, 0.28)
#: Between which values 1 / R_D* and 1 / R_N* are sought: from no decay to one that is over before the second repeat.
RATES = {"repeat_rate": (0, 2), "excess_rate": (0, 50)}
#: R_D* and R_N* as the paper prints them.
PRINTED = (15.387756, 5.309743)


def worth(repeats: Any, rate: Any) -> Any:
    """How many times what was there first it is worth, with so many repeats that decay: 1 if there are none.

    Parameters
    ----------
    repeats
        R, how often data or parameters are there beyond the first time.
    rate
        1 / R*, the share of its worth that a repeat loses; 0 where none is lost.

    Returns
    -------
    ndarray
        1 + R* (1 - exp(-R / R*)), by its series where R / R* is small.
    """
    x = np.asarray(repeats * rate)
    small = np.abs(x) < 1e-4
    safe = np.where(small, 1.0, x)
    mean = np.where(small, 1 - x / 2 + x**2 / 6, -np.expm1(-safe) / safe)
    return 1 + repeats * mean


def with_two_decays(constants: Constants) -> Law:
    """The law of eq. 14 of the paper, as a law that can be fitted: both decays are free, the constants are not.

    Parameters
    ----------
    constants
        Those of the law for one epoch.
    """
    A, B, E = np.exp([constants.log_A, constants.log_B, constants.log_E])

    @law(bounds=RATES)
    def two_decays(n_params, n_tokens, unique_tokens, *, repeat_rate, excess_rate):
        """Loss where repeated tokens and excess parameters lose their worth (Muennighoff et al. 2023, eq. 14)."""
        unique_params = np.minimum(n_params, constants.optimal_params(unique_tokens))
        params = unique_params * worth(n_params / unique_params - 1, excess_rate)
        tokens = unique_tokens * worth(n_tokens / unique_tokens - 1, repeat_rate)
        return E + A * params**-constants.alpha + B * tokens**-constants.beta

    return two_decays


def with_free_level(constants: Constants) -> Law:
    """The same law times a factor that is free, for losses that lie above or below it as a whole.

    Parameters
    ----------
    constants
        Those of the law for one epoch.
    """
    form = with_two_decays(constants).function

    @law(linear=("level",), positive=("level",), bounds=RATES)
    def leveled(n_params, n_tokens, unique_tokens, *, level, repeat_rate, excess_rate):
        """The law with two decays, times a level."""
        rates = {"repeat_rate": repeat_rate, "excess_rate": excess_rate}
        return level * form(n_params, n_tokens, unique_tokens, **rates)

    return leveled


#: R* of a grid: those of repeats, the last of which is no decay at all, and those of excess parameters.
REPEATS = np.sort(np.r_[np.geomspace(1, 1000, 73), PRINTED[0], np.inf])
EXCESS = np.geomspace(0.02, 200, 73)


def huber_terms(
    constants: Constants,
    runs: pd.DataFrame,
    repeats: ArrayLike = REPEATS,
    excess: ArrayLike = EXCESS,
    delta: float = 1e-3,
) -> np.ndarray:
    """What each run adds to the sum of Huber losses, at each pair of constants of a grid.

    Parameters
    ----------
    constants
        Those of the law for one epoch.
    runs
        n_params, n_tokens, unique_tokens, and loss in nats per token; n rows.
    repeats, excess
        R_D* and R_N* of the grid, shapes (a,) and (b,).
    delta
        Threshold of the losses; infinite for squares.

    Returns
    -------
    ndarray
        Shape (a, b, n).
    """
    N, D, U = (runs[c].to_numpy(float) for c in ("n_params", "n_tokens", "unique_tokens"))
    A, B, E = np.exp([constants.log_A, constants.log_B, constants.log_E])
    first = np.minimum(N, constants.optimal_params(U))
    rates = (1 / np.asarray(values, float)[:, None] for values in (repeats, excess))
    of_data, of_size = (worth(r, rate) for r, rate in zip((D / U - 1, N / first - 1), rates, strict=True))
    data, size = B * (U * of_data) ** -constants.beta, A * (first * of_size) ** -constants.alpha
    off = np.log(E + size + data[:, None]) - np.log(runs.loss.to_numpy())
    large = np.abs(off)
    return np.where(large <= delta, off**2 / 2, delta * (large - delta / 2) if np.isfinite(delta) else 0)


def draws_of(groups: ArrayLike, count: int, rng: np.random.Generator) -> np.ndarray:
    """How often each run stands in resamples that draw whole groups with replacement, shape (n, count).

    Parameters
    ----------
    groups
        A label a run, shape (n,): all runs of a group are drawn together.
    count, rng
        How many resamples, and the source of randomness.
    """
    code = pd.factorize(np.asarray(groups))[0]
    number = code.max() + 1
    return rng.multinomial(number, np.full(number, 1 / number), count)[:, code].T.astype(float)


@dataclass(frozen=True)
class Drawn:
    """What resamples of the runs say of the two constants, from the same grid.

    Attributes
    ----------
    repeats, excess
        R_D* and R_N* with the least sum, shape (count,).
    least, only_excess
        The least sum of all, and the least where repeats do not decay, shape (count,).
    profile
        Least sum for each R_D*, shape (a, count).
    """

    repeats: np.ndarray
    excess: np.ndarray
    least: np.ndarray
    only_excess: np.ndarray
    profile: np.ndarray

    def measures(
        self, how: str, best: tuple[float, float], least: float, only_excess: float
    ) -> dict[str, Estimate]:
        """What the fit says of each claim on the constants, with intervals of these resamples.

        Parameters
        ----------
        how
            What was drawn.
        best
            R_D* and R_N* of the runs as they are.
        least, only_excess
            Their least sums, of all and where repeats do not decay.

        Returns
        -------
        dict
            `repeats` and `excess`, the two constants; `faster`, the logarithm of their ratio; `infinite`, the
            share of resamples in which no decay of repeats fits better than the printed one; `both`, by how
            many per cent the sum rises if only parameters decay.
        """
        printed = self.profile[np.searchsorted(REPEATS, PRINTED[0])]
        better = int((self.profile[-1] < printed).sum())
        share = binomtest(better, len(printed)).proportion_ci(method="wilson")
        return {
            "repeats": outer(best[0], self.repeats, how),
            "excess": outer(best[1], self.excess, how),
            "faster": outer(np.log(best[0] / best[1]), np.log(self.repeats / self.excess), how),
            "infinite": Estimate(better / len(printed), share.low, share.high, f"so many draws; {how}"),
            "both": outer(100 * (only_excess / least - 1), 100 * (self.only_excess / self.least - 1), how),
        }


def outer(value: float, draws: np.ndarray, how: str) -> Estimate:
    """A number with the 95 % interval of draws that may be infinite: between two draws the outer one is taken."""
    low, high = (np.quantile(draws, q, method=m) for q, m in ((0.025, "lower"), (0.975, "higher")))
    return Estimate.around(value, low, high, how)


def redrawn(terms: np.ndarray, weights: np.ndarray) -> Drawn:
    """The best pair of the grid in each resample, found by looking at all pairs.

    Parameters
    ----------
    terms
        As `huber_terms` gives them for `REPEATS` and `EXCESS`, shape (a, b, n).
    weights
        How often each run was drawn, shape (n, count).
    """
    a, b, n = terms.shape
    sums = (terms.reshape(-1, n) @ weights).reshape(a, b, -1)
    profile = sums.min(axis=1)
    row = profile.argmin(axis=0)
    best = sums[row, :, np.arange(sums.shape[2])].argmin(axis=1)
    return Drawn(REPEATS[row], EXCESS[best], profile.min(axis=0), profile[-1], profile)
