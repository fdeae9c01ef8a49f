"""Three routes to the best vocabulary: the envelope, a law's optimum, and the runs without a law."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.interpolate import griddata, interp1d
from scipy.special import stdtrit

from replications.vocabulary.law import vocabulary_law
from replications.vocabulary.tokens import budget, tokens_per_character, width
from scalinglaws.uncertainty import Estimate

#: Points that the authors put between the runs: along size and text, and along vocabulary.
ALONG, ACROSS = 50, 20


def best_vocabulary(A2: Any, B: Any, alpha2: Any, beta: Any, other_params: float, flops: float, d: float):
    r"""The vocabulary, in entries, at which a law has its least loss for a budget.

    With $N_v = V d$ the slope of the loss vanishes where
    $\alpha_2 A_2 N_v^{-\alpha_2 - 1} = \beta B (6/F)^\beta (N + N_v)^{\beta - 1}$. On logarithmic scales the
    left side falls faster than the right side can, so there is one root, which bisection finds.

    Parameters
    ----------
    A2, B, alpha2, beta
        Of `vocabulary_law`, in its units: numbers or arrays.
    other_params, flops, d
        Parameters outside the vocabulary, FLOPs, and width.

    Returns
    -------
    Entries of the vocabulary; 0 where the law has no vocabulary term.
    """
    A2, B, alpha2, beta = (np.asarray(value, float) for value in (A2, B, alpha2, beta))
    N, spent = other_params / 1e6, flops / 1e15
    low, high = np.full(A2.shape, -40.0), np.full(A2.shape, 40.0)
    with np.errstate(divide="ignore"):
        left = np.log(alpha2 * A2)
        right = np.log(beta * B) + beta * np.log(6 / spent)
    for _ in range(100):
        middle = (low + high) / 2
        falling = left - (alpha2 + 1) * middle > right + (beta - 1) * np.log(N + np.exp(middle))
        low, high = np.where(falling, middle, low), np.where(falling, high, middle)
    return np.where(np.isfinite(left), 1e6 * np.exp(low) / d, 0.0)


def in_units(table: pd.DataFrame, tokens: pd.Series) -> pd.DataFrame:
    """The columns of `vocabulary_law` in its units, N, Nv and D, with the loss, for a table of runs and its tokens."""
    Nv = table.vocabulary * table.width / 1e6
    return pd.DataFrame({"N": table.other_params / 1e6, "Nv": Nv, "D": tokens / 1e9, "loss": table.loss})


def best_at(p: Mapping[str, Any], size: float) -> np.ndarray:
    """Best vocabulary, thousand entries, of a law at the budget that the first route gives to so many other parameters.

    Parameters
    ----------
    p
        A2, B, alpha2 and beta of `vocabulary_law`: numbers or arrays.
    size
        Parameters outside the vocabulary.
    """
    law = (p[name] for name in ("A2", "B", "alpha2", "beta"))
    return best_vocabulary(*law, size, budget(size), width(size)) / 1000


def best_as_fitted(p: Mapping[str, float], size: float) -> float:
    """The same where tokens are counted as in the authors' fit, V in thousands, by the least of 20,001 vocabularies."""
    V = np.geomspace(1e3, 1e7, 20_001)
    trained = budget(size) / 6 / (size + V * width(size)) / 1e9
    D = trained * tokens_per_character(V / 1000) / tokens_per_character(V)
    return float(V[vocabulary_law(size / 1e6, V * width(size) / 1e6, D, **p).argmin()] / 1000)


def between_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """The points that the authors add between the runs before they take the envelope.

    For each vocabulary losses are interpolated along a diagonal, from the least model and text to
    the largest; for each model those at the end of training are interpolated in the vocabulary.

    Returns
    -------
    pandas.DataFrame
        vocabulary, other_params, flops and loss of the points added.

    Source: authors' repository, utils.py, `interpolate`.
    """
    made = []
    sizes, texts, words = (
        np.geomspace(runs[name].min(), runs[name].max(), n)
        for name, n in (("other_params", ALONG), ("characters", ALONG), ("vocabulary", ACROSS))
    )
    diagonal = np.column_stack([sizes, texts])
    for V, part in runs.groupby("vocabulary"):
        loss = griddata(part[["other_params", "characters"]].to_numpy(float), part.loss, diagonal, "cubic")
        made.append(pd.DataFrame({"other_params": sizes, "characters": texts, "vocabulary": V, "loss": loss}))
    for n, part in runs.groupby("other_params"):
        last = part.groupby("vocabulary").last()
        trained = (last.flops / 6 / (n + last.index * last.width)).iloc[0]
        loss = interp1d(last.index, last.loss, "quadratic")(np.clip(words, *last.index[[0, -1]]))
        text = trained / tokens_per_character(words)
        made.append(pd.DataFrame({"other_params": n, "characters": text, "vocabulary": words, "loss": loss}))
    added = pd.concat(made).dropna(subset="loss")
    widths = added.other_params.map(width)
    tokens = added.characters * tokens_per_character(added.vocabulary)
    return added.assign(
        width=widths, flops=6 * (added.other_params + added.vocabulary * widths) * tokens
    ).reset_index(drop=True)


def records(points: pd.DataFrame) -> pd.DataFrame:
    """Points in order of compute whose loss is below that of all before, with their vocabulary parameters."""
    ordered = points.sort_values("flops", kind="stable")
    before = np.minimum.accumulate(np.r_[np.inf, ordered.loss.to_numpy()[:-1]])
    kept = ordered[ordered.loss.to_numpy() < before]
    return kept.assign(vocabulary_params=kept.vocabulary * kept.width)


def at_budget(part: pd.DataFrame, flops: float) -> pd.Series:
    """Loss of one model with each vocabulary at one budget, interpolated along training in ln FLOPs."""
    found = {
        V: np.interp(np.log(flops), np.log(run.flops), run.loss) for V, run in part.groupby("vocabulary")
    }
    return pd.Series(found)


def at_curve(part: pd.DataFrame, flops: float) -> pd.Series:
    """Loss of one model with each vocabulary at one budget, by quadratic splines in FLOPs, drawn out beyond the end.

    Source: authors' repository, approach2_derivative.py, `interpolate_loss`.
    """
    found = {
        V: float(interp1d(run.flops, run.loss, "quadratic", fill_value="extrapolate")(flops))
        for V, run in part.groupby("vocabulary")
    }
    return pd.Series(found)


def shared_budget(part: pd.DataFrame) -> float:
    """The largest budget, FLOPs, that all vocabularies of a model had."""
    return float(part.groupby("vocabulary").flops.max().min())


def free_optima(runs: pd.DataFrame, share: float = 1.0, apart: float = np.inf) -> pd.DataFrame:
    """The best vocabulary of each model at a share of its shared budget: the vertex of a parabola in ln V.

    Parameters
    ----------
    runs
        Table of the runs.
    share
        Of the largest budget that all vocabularies of the model had.
    apart
        Vocabularies further than this factor from the one with the least loss are left out.

    Returns
    -------
    pandas.DataFrame
        other_params, width, flops; vocabulary and vocabulary_params, NaN where the parabola has no least
        value between the smallest and the largest vocabulary; curve, the three coefficients; scatter about it.
        One row a model.
    """
    found = []
    for n, part in runs.groupby("other_params"):
        flops, d = share * shared_budget(part), part.width.iloc[0]
        losses = at_budget(part, flops)
        x = np.log(losses.index.to_numpy(float))
        near = np.abs(x - np.log(losses.idxmin())) <= np.log(apart)
        curve = np.polyfit(x[near], losses[near], 2)
        vertex = -curve[1] / curve[0] / 2
        inside = curve[0] > 0 and x[0] < vertex < x[-1]
        best = np.exp(vertex) if inside else np.nan
        off = losses[near] - np.polyval(curve, x[near])
        found.append((n, d, flops, best, best * d, curve, np.sqrt(off @ off / max(near.sum() - 3, 1))))
    names = ["other_params", "width", "flops", "vocabulary", "vocabulary_params", "curve", "scatter"]
    return pd.DataFrame(found, columns=names)


def least_of_ten(runs: pd.DataFrame) -> pd.DataFrame:
    """The vocabulary with the least loss of each model at its shared budget, no curve drawn."""
    parts = [(n, part.width.iloc[0], part) for n, part in runs.groupby("other_params")]
    best = [at_budget(part, shared_budget(part)).idxmin() for _, _, part in parts]
    table = pd.DataFrame({"other_params": [n for n, _, _ in parts], "vocabulary": best})
    return table.assign(vocabulary_params=table.vocabulary * [d for _, d, _ in parts])


def extrapolated(optima: pd.DataFrame, other_params: float) -> Estimate:
    """The vocabulary, in thousand entries, on the line of ln V in ln N through the optima, with Student's interval."""
    x, y = np.log(optima.other_params / other_params), np.log(optima.vocabulary)
    (_, there), spread = np.polyfit(x, y, 1, cov=True)
    half = stdtrit(len(x) - 2, 0.975) * np.sqrt(spread[1, 1])
    ends = np.exp([there, there - half, there + half]) / 1000
    return Estimate(*ends, f"Student's, of a line through {len(x)} models, taken as straight as far as there")
