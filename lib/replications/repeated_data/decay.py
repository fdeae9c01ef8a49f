"""The law in which repeated tokens and excess parameters lose their worth, and what a fit of it leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from scalinglaws import bootstrap, fit, huber, law
from scalinglaws.fitting import Fit
from scalinglaws.fitting.law import Law
from scalinglaws.fitting.losses import Loss
from scalinglaws.uncertainty import Estimate, cluster_counts


@dataclass(frozen=True)
class Constants:
    """What the law says of runs of one epoch: logarithms of A, B and E, and the exponents alpha and beta."""

    log_A: float
    log_B: float
    log_E: float
    alpha: float
    beta: float

    def optimal_params(self, tokens: Any) -> Any:
        """Parameters for which so many tokens are compute-optimal in one epoch (the paper's eq. 15)."""
        ratio = np.log(self.alpha / self.beta) + self.log_A - self.log_B
        G = np.exp(ratio / (self.alpha + self.beta))
        return (tokens * G) ** (self.beta / self.alpha) * G


#: Fitted by the authors to points of Hoffmann et al. on C4, with equal exponents (cell 7 of their
#: parametric_fit.ipynb) and with exponents that may differ (cell 10); and those of MassiveWeb (cell 29).
C4 = Constants(6.255414, 7.3049974, 0.6254804, 0.3526596, 0.3526596)
C4_FREE = Constants(5.9577184, 7.9145365, 0.63032365, 0.33480313, 0.38289225)
MASSIVEWEB = Constants(6.007337896264272, 6.016157159698354, 0.5247285289349821, 0.34, 0.28)
#: R_D* and R_N* as the paper prints them, and as rates.
PRINTED = (15.387756, 5.309743)
AS_PRINTED = {"repeat_rate": 1 / PRINTED[0], "excess_rate": 1 / PRINTED[1]}
#: Where the rates 1 / R* are sought: from 0, where nothing decays, to a decay that is over before the second repeat.
RATES = {"repeat_rate": (0, 2), "excess_rate": (0, 50)}


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
    return 1 + repeats * np.where(small, 1 - x / 2 + x**2 / 6, -np.expm1(-safe) / safe)


def predicted(
    values: Constants, n_params: Any, n_tokens: Any, unique_tokens: Any, repeat_rate: Any, excess_rate: Any
) -> Any:
    """Loss where repeated tokens and excess parameters lose their worth (Muennighoff et al. 2023, eq. 14).

    Parameters
    ----------
    values
        The constants for one epoch.
    n_params, n_tokens, unique_tokens
        Parameters, tokens trained on, and different ones among them.
    repeat_rate, excess_rate
        1 / R_D* and 1 / R_N*: at 0 nothing decays, so that no fit has to look for infinity.

    Returns
    -------
    ndarray
        Nats per token.
    """
    first = np.minimum(n_params, values.optimal_params(unique_tokens))
    params = first * worth(n_params / first - 1, excess_rate)
    tokens = unique_tokens * worth(n_tokens / unique_tokens - 1, repeat_rate)
    A, B, E = np.exp([values.log_A, values.log_B, values.log_E])
    return E + A * params**-values.alpha + B * tokens**-values.beta


@law(bounds=RATES)
def two_decays(n_params, n_tokens, unique_tokens, *, repeat_rate, excess_rate):
    """Loss where repeated tokens and excess parameters lose their worth, with the paper's constants on C4."""
    return predicted(C4, n_params, n_tokens, unique_tokens, repeat_rate, excess_rate)


@law(linear=("level",), positive=("level",), bounds=RATES)
def leveled(n_params, n_tokens, unique_tokens, *, level, repeat_rate, excess_rate):
    """The same times a level, for losses that lie above or below the law as a whole."""
    return level * predicted(C4, n_params, n_tokens, unique_tokens, repeat_rate, excess_rate)


def with_constants(values: Constants) -> Law:
    """The law with other constants for one epoch."""

    @law(bounds=RATES)
    def other_constants(n_params, n_tokens, unique_tokens, *, repeat_rate, excess_rate):
        """Loss where repeated tokens and excess parameters lose their worth, with other constants."""
        return predicted(values, n_params, n_tokens, unique_tokens, repeat_rate, excess_rate)

    return other_constants


#: R* of a grid: of repeats, the last of which is no decay at all, and of excess parameters.
REPEATS = np.sort(np.r_[np.geomspace(1, 1000, 73), PRINTED[0], np.inf])
EXCESS = np.r_[np.geomspace(0.02, 200, 73), 1e3, 1e4, 1e5]


def huber_terms(
    runs: pd.DataFrame,
    values: Constants = C4,
    repeats: ArrayLike = REPEATS,
    excess: ArrayLike = EXCESS,
    delta: float = 1e-3,
) -> np.ndarray:
    """What each run adds to the sum of Huber losses, at each pair of constants of a grid.

    It is written out once more, apart from the law that is fitted, since a grid can share the
    two terms among its rows and columns.

    Parameters
    ----------
    runs
        n_params, n_tokens, unique_tokens, and loss in nats per token; n rows.
    values
        Constants of the law for one epoch.
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
    A, B, E = np.exp([values.log_A, values.log_B, values.log_E])
    first = np.minimum(N, values.optimal_params(U))
    rates = [1 / np.asarray(grid, float)[:, None] for grid in (repeats, excess)]
    data = B * (U * worth(D / U - 1, rates[0])) ** -values.beta
    size = A * (first * worth(N / first - 1, rates[1])) ** -values.alpha
    off = np.log(E + size + data[:, None]) - np.log(runs.loss.to_numpy())
    large = np.abs(off)
    return np.where(large <= delta, off**2 / 2, delta * (large - delta / 2) if np.isfinite(delta) else 0)


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

    @property
    def without_end(self) -> np.ndarray:
        """Whether repeats that never decay fit better than any decay of the grid, shape (count,)."""
        return np.isinf(self.repeats)


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


def draws_of(groups: ArrayLike, count: int, rng: np.random.Generator) -> np.ndarray:
    """How often each run stands in resamples that draw whole groups with replacement, shape (n, count).

    Parameters
    ----------
    groups
        A label a run, shape (n,): all runs of a group are drawn together.
    count, rng
        How many resamples, and the source of randomness.
    """
    in_order = pd.factorize(np.asarray(groups))[0]
    return cluster_counts(in_order, count, rng).T.astype(float)


def outer(value: float, draws: ArrayLike, how: str) -> Estimate:
    """A number with the 95 % interval of draws that may be infinite: between two draws the outer one is taken."""
    low, high = (np.quantile(draws, q, method=m) for q, m in ((0.025, "lower"), (0.975, "higher")))
    return Estimate.around(value, low, high, how)


@dataclass(frozen=True)
class Answer:
    """What runs say of the two constants.

    Attributes
    ----------
    both, only_excess
        The fit, and the one in which repeats do not decay.
    terms, drawn
        The grid, and what resamples say on it.
    told
        `repeats` and `excess`, the two constants; `faster`, the logarithm of their ratio; `infinite`, the
        share of resamples that are fitted best by no decay of repeats; `both`, by how
        many per cent the sum rises if only parameters decay.
    """

    both: Fit
    only_excess: Fit
    terms: np.ndarray
    drawn: Drawn
    told: dict[str, Estimate]

    @property
    def proved(self) -> bool:
        """Whether both fits are at an optimum that is proved."""
        return self.both.proved and self.only_excess.proved

    @property
    def pair(self) -> tuple[float, float]:
        """R_D* and R_N* of the fit; a million stands for infinity."""
        return tuple(1 / max(self.both[name], 1e-6) for name in AS_PRINTED)


def asked(
    runs: pd.DataFrame,
    count: int,
    seed: int,
    *,
    values: Constants = C4,
    by: str | None = None,
    loss: Loss | None = None,
    how: str = "runs drawn again",
) -> Answer:
    """Fit both constants to runs, and draw the runs again on the grid; see `proved` before using a fit.

    Parameters
    ----------
    runs
        n_params, n_tokens, unique_tokens, and loss in nats per token.
    count, seed
        How many resamples, and the seed of fits and draws.
    values
        Constants of the law for one epoch.
    by
        Column of groups that are drawn as a whole; without it runs are.
    loss
        The paper's Huber loss, if not given; else least squares.
    how
        What was drawn, in words.
    """
    runs = runs.reset_index(drop=True)
    options = {"loss": loss or huber(1e-3), "seed": seed, "strict": False}
    form = two_decays if values == C4 else with_constants(values)
    both = fit(form, runs, **options)
    only_excess = fit(form, runs, fixed={"repeat_rate": 0.0}, **options)
    terms = huber_terms(runs, values, delta=np.inf if loss else 1e-3)
    groups = np.arange(len(runs)) if by is None else runs[by]
    drawn = redrawn(terms, draws_of(groups, count, np.random.default_rng([seed, 1])))
    better = int(drawn.without_end.sum())
    share = binomtest(better, count).proportion_ci(method="wilson")
    pair = Answer(both, only_excess, terms, drawn, {}).pair
    told = {
        "repeats": outer(pair[0], drawn.repeats, how),
        "excess": outer(pair[1], drawn.excess, how),
        "faster": outer(np.log(pair[0] / pair[1]), np.log(drawn.repeats / drawn.excess), how),
        "infinite": Estimate(
            better / count, share.low, share.high, f"Wilson's, of the number of draws alone; {how}"
        ),
        "both": outer(
            100 * (only_excess.objective / both.objective - 1),
            100 * (drawn.only_excess / drawn.least - 1),
            how,
        ),
    }
    return Answer(both, only_excess, terms, drawn, told)


def planted(
    runs: pd.DataFrame, count: int, rng: np.random.Generator, level: float = 1.0, resamples: int = 50
) -> pd.DataFrame:
    """What the fit finds where the printed law is true, and the scatter is that of the runs.

    Parameters
    ----------
    runs
        The runs whose settings and scatter are taken; the scatter is centred and dealt out anew.
    count, rng
        How many sets of losses are made, and the source of randomness.
    level
        By how much the losses that are made lie above the law as a whole.
    resamples
        How often the runs of each set are drawn again.

    Returns
    -------
    DataFrame
        A row a set: repeats, excess, both and infinite, as `Answer.told` calls them.
    """
    true = two_decays(*(runs[c].to_numpy(float) for c in two_decays.columns), **AS_PRINTED)
    left = np.log(runs.loss.to_numpy() / true)
    left = left - np.median(left) + np.log(level)
    rows = []
    for _ in range(count):
        made = runs.assign(loss=true * np.exp(rng.permutation(left)))
        weights = np.c_[np.ones(len(runs)), draws_of(np.arange(len(runs)), resamples, rng)]
        found = redrawn(huber_terms(made), weights)
        rise = 100 * (found.only_excess[0] / found.least[0] - 1)
        rows.append([found.repeats[0], found.excess[0], rise, found.without_end[1:].mean()])
    return pd.DataFrame(rows, columns=["repeats", "excess", "both", "infinite"])


def of_rises(means: pd.DataFrame) -> tuple[float, float, np.ndarray]:
    """The constants that predict best by how much losses rise where text is repeated, each size beside its own run.

    Parameters
    ----------
    means
        n_params, n_tokens, unique_tokens, and rise: by how many per cent the loss lies above that
        of as many unique tokens.

    Returns
    -------
    tuple
        R_D* and R_N* with the least mean square error, and the R_D* for which some R_N* has at
        most twice that error.
    """
    N, D, _ = (means[c].to_numpy(float) for c in two_decays.columns)
    alone = two_decays(N, D, D, **AS_PRINTED)
    shifted = means.assign(loss=alone * (1 + means.rise / 100))
    errors = huber_terms(shifted, delta=np.inf).sum(axis=2)
    row, column = np.unravel_index(errors.argmin(), errors.shape)
    near = REPEATS[errors.min(axis=1) < 2 * errors.min()]
    return REPEATS[row], EXCESS[column], near


def leveled_constants(free: Fit, count: int, seed: int) -> pd.DataFrame:
    """Both constants of a fit whose level is free, with percentile intervals by what was drawn again.

    Parameters
    ----------
    free
        A fit of `leveled`.
    count, seed
        How many resamples, and their seed.

    Returns
    -------
    DataFrame
        A row a choice of what is drawn, a column a constant.
    """
    if not free.proved:
        return pd.DataFrame({"drawn again": ["the fit is not proved"]})
    groups = {"runs": None, "all runs of a size": "n_params", "all runs on one text": "unique_tokens"}
    rows = {}
    for name, by in groups.items():
        sample = bootstrap(free, count, seed=seed, by=by)
        row = []
        for rate in AS_PRINTED:
            with np.errstate(divide="ignore"):
                high, value, low = 1 / np.sort([free[rate], *sample.interval(rate)])
            row.append(f"{value:.1f} [{low:.1f}, {high:.1f}]")
        rows[name] = dict(zip(("R_D*", "R_N*"), row, strict=True))
    return pd.DataFrame(rows).T.rename_axis("drawn again")
