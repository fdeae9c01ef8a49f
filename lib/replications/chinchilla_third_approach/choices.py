"""What the claims ask of a fit of the third law, for any selection of the runs, each number with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from scalinglaws import bootstrap, compute_optimal, huber, size_exponent
from scalinglaws.fitting import Fit, best_scale, huber_likelihood
from scalinglaws.laws import chinchilla
from scalinglaws.uncertainty import Estimate, from_draws

#: Threshold of Huber's loss in units of the scale, as Besiroglu et al. have it in their likelihood.
DELTA = 1e-3


def selections(everything: pd.DataFrame, dropped: int) -> dict[str, pd.DataFrame]:
    """Other runs than those that the authors keep: fewer or more of the highest losses dropped, or an end of an axis.

    Parameters
    ----------
    everything
        All runs, from the highest `loss` to the lowest, with `n_params`, `n_tokens` and `flops`.
    dropped
        How many of the highest losses the authors leave out. The ends are a twentieth of the runs that
        are left, and the halves are theirs too.

    Returns
    -------
    dict
        Choice in words -> its runs, counted from 0.
    """
    kept = everything.iloc[dropped:]
    numbers = {1: "highest loss", 3: "three highest", 10: "ten highest", 20: "twenty highest"}
    chosen = {f"all {len(everything)} runs": everything}
    chosen |= {f"the {said} dropped": everything.iloc[k:] for k, said in numbers.items()}
    cuts = {
        "fewest tokens left out": ("n_tokens", 0.05, 1),
        "most tokens left out": ("n_tokens", 0, 0.95),
        "both ends of the tokens left out": ("n_tokens", 0.05, 0.95),
        "smallest models left out": ("n_params", 0.05, 1),
        "largest models left out": ("n_params", 0, 0.95),
        "the lower half of compute": ("flops", 0, 0.5),
        "the upper half of compute": ("flops", 0.5, 1),
    }
    for said, (axis, *ends) in cuts.items():
        chosen[said] = kept[kept[axis].between(*kept[axis].quantile(ends))]
    return {said: runs.reset_index(drop=True) for said, runs in chosen.items()}


def in_logs(params: pd.DataFrame) -> pd.DataFrame:
    """Parameters on the scale on which the law is fitted: logarithms of E, A and B beside the exponents.

    Parameters
    ----------
    params
        Columns E, A, B, alpha and beta in natural units, one row a fit. A row in which a term is
        exactly 0 has no logarithm to compare, and is left out.
    """
    inside = params[(params[[*"EAB"]] > 0).all(axis=1)]
    return np.log(inside[[*"EAB"]]).join(inside[["alpha", "beta"]])


def squared_distance(
    params: pd.DataFrame, published: Mapping[str, float], covariance: pd.DataFrame
) -> np.ndarray:
    """Wald's squared distance of published parameters from fits, as cell 34 of the authors' notebook has it.

    Parameters
    ----------
    params
        One row a fit, as in `in_logs`.
    published
        The five parameters in natural units.
    covariance
        Of resamples, on the scale of `in_logs`.

    Returns
    -------
    np.ndarray
        Shape (fits,).
    """
    gap = (in_logs(params) - in_logs(pd.DataFrame([published])).iloc[0]).to_numpy()
    return np.einsum("ij,ij->i", gap, np.linalg.solve(covariance, gap.T).T)


def log_densities(runs: pd.DataFrame, params: Mapping[str, float]) -> np.ndarray:
    """Each run's share of the log-likelihood, at the scale that suits the parameters best, but for a constant.

    Parameters
    ----------
    runs
        With `n_params`, `n_tokens` and `loss`, nats per token.
    params
        The five parameters in natural units.
    """
    left = np.log(runs.loss / chinchilla(runs.n_params, runs.n_tokens, **params)).to_numpy()
    scale = best_scale(left, DELTA)[0]
    return -huber(DELTA).rho(left / scale) - np.log(scale)


def summary(
    params: Mapping[str, float], runs: pd.DataFrame, published: Mapping[str, float], budget: float
) -> dict[str, float]:
    """What matters of a fit: parameters, exponent of the best size, tokens per parameter, likelihood ratio.

    Parameters
    ----------
    params, runs
        As in `log_densities`.
    published
        The law that the likelihood ratio is against.
    budget
        Compute at which tokens per parameter are asked for, FLOP.
    """
    return {
        **params,
        "a": size_exponent(params),
        "ratio": tokens_per_param(params, budget),
        "likelihood ratio": 2 * (log_densities(runs, params) - log_densities(runs, published)).sum(),
    }


def widths(samples: pd.DataFrame, runs: int) -> tuple[float, float, float]:
    """How sure the exponent a of the best size is, as cells 57 and 59 of the authors' notebook ask it.

    Parameters
    ----------
    samples
        Resamples, with `alpha` and `beta`.
    runs
        How many runs were fitted.

    Returns
    -------
    tuple
        Width of the 80 % interval of a; runs that would make it 0.001, by percentiles and by the
        delta method at the mean of the resamples.
    """
    alpha, beta = samples.alpha, samples.beta
    width = np.ptp(np.quantile(beta / (alpha + beta), [0.1, 0.9]))
    slope = np.array([-beta.mean(), alpha.mean()]) / (alpha.mean() + beta.mean()) ** 2
    delta = 2 * stats.norm.ppf(0.9) * np.sqrt(slope @ np.cov(alpha, beta) @ slope)
    return width, *(runs * (w / 0.001) ** 2 for w in (width, delta))


def of_misreadings(fits: pd.DataFrame) -> dict[str, Estimate]:
    """Claim -> mean over misread losses, with the interval of these misreadings alone.

    Parameters
    ----------
    fits
        One row a set of misread losses, as `summary` has it, and `wald`.
    """
    columns = {"ratio": "ratio", "grid-beta": "beta", "a": "a", "lr": "likelihood ratio", "wald": "wald"}
    how = f"{len(fits)} misreadings"
    return {claim: from_draws(fits[k].mean(), fits[k], how) for claim, k in columns.items()}


def of_selection(
    found: Fit, runs: pd.DataFrame, rows: np.ndarray, published: Mapping[str, float], budget: float
) -> dict[str, Estimate | float]:
    """What the finding rests on, but for the optimiser's stops and the rounding, for a selection of the runs.

    The parameters are fitted again to each resample. The likelihood ratio is not: as in Vuong's
    test (1989) the shares of the runs are drawn again, at the parameters of the real runs.

    Parameters
    ----------
    found
        The law with the least sum of Huber losses on these runs.
    runs
        The selection, as in `log_densities`, in the order of the fitted data.
    rows
        Resamples, shape (resamples, runs): numbers of runs.
    published
        The law that is refuted, or not.
    budget
        Compute at which tokens per parameter are asked for, FLOP.

    Returns
    -------
    dict
        Claim -> number with its 95 % interval; the runs that a width would need have none.
    """
    likely = huber_likelihood(found, DELTA).params
    drawn = bootstrap(found, len(rows), rows=rows)
    covariance = in_logs(drawn.samples).cov()
    gain = 2 * (log_densities(runs, likely) - log_densities(runs, published))
    values = {
        "ratio": (
            tokens_per_param(found.params, budget),
            drawn.values(lambda p: tokens_per_param(p, budget)),
        ),
        "grid-alpha": (found["alpha"], drawn.samples.alpha),
        "grid-beta": (found["beta"], drawn.samples.beta),
        "table1-A": (likely["A"], drawn.samples.A),
        "table1-B": (likely["B"], drawn.samples.B),
        "a": (size_exponent(likely), drawn.values(size_exponent)),
        "lr": (gain.sum(), gain[rows].sum(axis=1)),
        "wald": (
            squared_distance(pd.DataFrame([likely]), published, covariance)[0],
            squared_distance(drawn.samples, published, covariance),
        ),
    }
    how = f"{len(rows):,} resamples of runs"
    _, by_percentiles, by_delta = widths(drawn.samples, len(runs))
    needed = {"runs-delta": by_delta, "runs-bootstrap": by_percentiles}
    return {claim: from_draws(value, draws, how) for claim, (value, draws) in values.items()} | needed


def tables(
    words: Sequence[tuple[str, str, str, str]], shown: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How often each claim has each word, and the numbers of some claims, a row a choice.

    Parameters
    ----------
    words
        Claim, choice, number in words and verdict word, in the order in which they are told.
    shown
        The claims whose numbers are shown; the words of the first stand beside its numbers.

    Returns
    -------
    tuple
        Counts, a row a claim and a column a word; and numbers, a row a choice.
    """
    told = pd.DataFrame(words, columns=["claim", "choice", "ours", "word"])
    real = told[~told.choice.str.startswith("(")]
    numbers = told.pivot_table("ours", "choice", "claim", aggfunc="first")[list(shown)]
    numbers.insert(1, "its word", told[told.claim == shown[0]].set_index("choice").word)
    numbers = numbers.reindex(told.choice.unique()).fillna("–").rename_axis(index=None, columns=None)
    return pd.crosstab(real.claim, real.word), numbers


def tokens_per_param(params: Mapping[str, float], budget: float) -> float:
    """The best number of tokens per parameter at a budget in FLOP."""
    return compute_optimal(params, budget).tokens_per_param
