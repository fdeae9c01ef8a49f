"""What claims on Gemstones measure under other choices than ours, and the words that they would have.

Checkpoints are tables with a row each: `model`, `n_params`, `n_tokens`, `flops` and `loss`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws import Fit, Replication, bootstrap, fit, size_exponent
from scalinglaws.fitting import jackknife
from scalinglaws.laws import chinchilla
from scalinglaws.uncertainty import Estimate, cluster_interval, from_left_out

#: From checkpoints and their sizes to the exponent of Approach 1.
Slope = Callable[[pd.DataFrame, pd.Series], float]
#: From claims to what they measure.
Found = dict[str, Any]
#: Choice in words -> factor on the bounds of a claim and of its rival.
BOUNDS = {"bounds five times as wide": 5, "bounds a fifth as wide": 1 / 5}


def without_each(points: pd.DataFrame, slope: Slope, matrices: float = 0) -> list[float]:
    """Approach 1 without each model in turn; sizes less so many parameters for each unit of width."""
    rests = (points[points.model != model] for model in points.model.unique())
    return [slope(rest, rest.n_params - matrices * rest.width) for rest in rests]


def without_each_fit(found: Fit) -> pd.Series:
    """Approach 3 without each model in turn, by model; a model without which no fit is proved is missing."""
    left = jackknife(found, by="model")
    return pd.Series(left.values(size_exponent), left.samples.index)


def ends(
    sure: Mapping[str, pd.Series],
    points: Mapping[str, pd.DataFrame],
    exponents: Mapping[str, float],
    without: pd.Series,
    loss: Any,
) -> pd.DataFrame:
    """95 % intervals of exponents of Approach 3 and of their differences, by draws and by a jackknife.

    Parameters
    ----------
    sure
        What was drawn -> the draws; those of "all" are also shown in halves, since they are few.
    points, exponents
        Choice of checkpoints -> those, and the exponent of the least objective on them.
    without
        The exponent on all checkpoints without each model, by model.

    Returns
    -------
    DataFrame
        A row each; the moves by up to 100 and beyond 120 billion tokens without each model in turn, of which
        a row counts those without which both fits are proved.
    """
    half = len(sure["all"]) // 2
    halves = {"all, first half of the draws": sure["all"][:half], "all, second half": sure["all"][half:]}
    rows = {said: tuple(draws.quantile([0.025, 0.975])) for said, draws in {**sure, **halves}.items()}
    for choice in ("100b", "120b"):
        found = fit(chinchilla, points[choice], loss=loss, starts=2)
        moves = (without_each_fit(found) - without).dropna()
        moved = from_left_out(exponents[choice] - exponents["all"], moves, "one model left out")
        rows[f"{choice} less all, without each of {len(moves)}"] = moved.low, moved.high
    return pd.DataFrame.from_dict(rows, "index", columns=[0.025, 0.975]).rename("Approach 3: {}".format)


def beyond_law(
    points: pd.DataFrame, law: pd.DataFrame, slope: Slope, times: int, seed: Sequence[int]
) -> np.ndarray:
    """Approach 1 on all tokens, its move beyond 120 billion, and that less the move that one law makes.

    Parameters
    ----------
    points, law
        Checkpoints, and the same rows with the losses of one law.
    times, seed
        How often the models are drawn again, and the seed of the draws.

    Returns
    -------
    ndarray, shape (3, 3)
        Numbers, lower and upper ends of their 95 % intervals; a column for each of the three.
    """

    def moves(rows: np.ndarray) -> np.ndarray:
        real, made = points.iloc[rows], law.iloc[rows]
        late = real.n_tokens > 1.2e11
        all_, end, all_law, end_law = (slope(v, v.n_params) for v in (real, real[late], made, made[late]))
        return np.array([all_, end - all_, end - all_ - (end_law - all_law)])

    ends = cluster_interval(moves, points.model, times, np.random.default_rng(seed))
    return np.array([moves(np.arange(len(points))), *ends])


def as_estimate(beyond: np.ndarray) -> Estimate:
    """The last of the three numbers of `beyond_law`."""
    return Estimate.around(*beyond[:, 2], "the 22 models drawn again")


def of_hulls(
    points: Mapping[str, pd.DataFrame],
    law_at: Callable[[pd.DataFrame], pd.DataFrame],
    slope: Slope,
    times: int,
    seed: Sequence[int],
) -> tuple[Found, dict[str, float]]:
    """What the claims on Approach 1 measure, `loo` by its range alone; and the exponent of each choice of checkpoints.

    Parameters
    ----------
    points
        Choice of checkpoints -> those; "all" is one of them.
    law_at
        From checkpoints to the same with the losses of one law.
    """
    every, exponents = points["all"], {k: slope(v, v.n_params) for k, v in points.items()}
    beyond = beyond_law(every, law_at(every), slope, times, seed)
    found = {
        "embeddings-only": slope(every, every.n_params_non_embedding) - exponents["all"],
        "a1-beyond": as_estimate(beyond),
        "loo": {"Approach 1": np.ptp(without_each(every, slope))},
    }
    return found, exponents


def of_fit(
    points: pd.DataFrame, loss: Any, left_out: Sequence[float], draws: int, seed: int
) -> tuple[Found, dict[str, float]]:
    """What the claims on Approach 3 measure on these checkpoints, beside Approach 1 without each model.

    The fit need not be proved: of shuffled losses, where no law is found, no word is kept.

    Returns
    -------
    tuple
        What the claims measure, `loo` by ranges; and the standard deviation of each approach without each model.
    """
    found = fit(chinchilla, points, loss=loss, starts=2, seed=seed, strict=False)
    without = {
        "Approach 3": without_each_fit(found).to_numpy(),
        "Approach 1": np.asarray(left_out),
    }
    drawn = bootstrap(found, draws, seed=seed, by="model")
    ranges = {approach: np.ptp(v) for approach, v in without.items()}
    deviations = {approach: v.std(ddof=1) for approach, v in without.items()}
    return {"a3-models": drawn.estimate(size_exponent), "loo": ranges}, deviations


def claim_of(points: str) -> str:
    """The claim on the excess of a published fit, from the name of the points that it was made to."""
    if points in ("hoffmann", "ours", "ours lr"):
        return f"reduced-{points.split()[-1]}"
    return f"a3n-{points.removesuffix(' n')}" if points.endswith(" n") else f"a3-{points}"


def bounds_moved(paper: Replication, excess: Mapping[str, float]) -> pd.DataFrame:
    """Words of claims on the excess of published fits where their bounds are multiplied by each factor of `BOUNDS`.

    Parameters
    ----------
    excess
        Points -> how far the published fit is above the least objective, as a share of it.
    """
    of_claims = {claim_of(k): v for k, v in excess.items()} | {"converged": max(excess.values())}
    # A bound that is five times as wide is met as the bound itself is by a fifth of the excess.
    moved = {c: {k: paper.judged(k, v / f, c) for k, v in of_claims.items()} for c, f in BOUNDS.items()}
    return pd.DataFrame({"excess, %": {k: f"{100 * v:.4f}" for k, v in of_claims.items()}} | moved)


def words(paper: Replication, found: Mapping[str, Found]) -> pd.DataFrame:
    """A row a choice, a column a claim: what it measures, all numbers of an order, and the word that it would have."""

    def told(value: Any) -> str:
        return ", ".join(f"{v:.3f}" for v in value.values()) if isinstance(value, dict) else f"{value:.3f}"

    rows = {
        choice: {id: f"{told(value)}: {paper.judged(id, value, choice)}" for id, value in measured.items()}
        for choice, measured in found.items()
    }
    return pd.DataFrame(rows).T.fillna("–")
