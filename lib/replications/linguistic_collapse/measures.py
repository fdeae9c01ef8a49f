"""Other definitions of the measures of collapse, and the words that other choices give to claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from replications.linguistic_collapse import links
from scalinglaws import Replication
from scalinglaws.uncertainty import Estimate

Column = Callable[[pd.DataFrame], pd.Series]


def unevenness(mean: pd.Series, variance: pd.Series) -> pd.Series:
    """Coefficient of variation: standard deviation over the size of the mean."""
    return np.sqrt(variance) / abs(mean)


#: Tokens that occur in the training text, each a class (from the authors' analyze.py).
CLASSES = 29_233


def least(width: int) -> float:
    """The least distance to a simplex that so many dimensions allow; `reached` says why."""
    return float(np.sqrt(2 - 2 * np.sqrt(width / (CLASSES - 1))))


def reached(error: pd.Series, width: pd.Series) -> pd.Series:
    """How far a distance of two matrices has come towards the least that so many dimensions allow.

    Both matrices, of all pairs of classes, have length 1. A product of rank `width` has at most the
    overlap sqrt(width / (CLASSES - 1)) with the simplex's: the sum of so many singular values of which
    the squares sum to 1. At distance e the overlap is 1 - e**2 / 2; this is its share of the most.

    Parameters
    ----------
    error
        The distance.
    width
        Dimension of the features.
    """
    return (1 - error**2 / 2) / np.sqrt(width / (CLASSES - 1))


#: Choice in words and measure -> the measure, from the table. An exponential makes it positive, keeps its
#: order, and lets a difference of logarithms be one of the shares themselves.
VARIANTS: dict[tuple[str, str], Column] = {
    ("variance, not unevenness", "gnc2"): lambda t: t.log_kern_var,
    ("variance, not unevenness", "unc3"): lambda t: t.simcos_var,
    ("measured in May", "gnc2"): lambda t: t.log_dist_std,
    ("spread of the cosines, as measured in May", "nc2"): lambda t: t.may_cos_std,
    ("the same over the size of their mean", "nc2"): lambda t: t.may_cos_std / abs(t.may_cos_mean),
    ("mean cosine", "nc3"): lambda t: np.exp(-t.simcos_mean),
    ("distance of two matrices", "nc3"): lambda t: t.dual_error,
    ("two matrices, share of what the width allows", "nc2"): lambda t: np.exp(-reached(t.etf_error, t.width)),
    ("two matrices, share of what the width allows", "nc3"): lambda t: np.exp(
        -reached(t.dual_error, t.width)
    ),
}
#: The same for the norms of class means.
NORMS: dict[str, Column] = {
    "the norms, not their logarithms": lambda t: unevenness(t.norms_mean, t.norms_var),
    "the squared norms, as measured in May": lambda t: t.may_norms_std / t.may_norms_mean,
    "variance of the logarithms": lambda t: t.norms_log_var,
}


#: A generalised measure -> the one that the paper finds it to surpass.
SURPASSED = {"gnc2": "nc2", "unc3": "nc3"}


def surpassing(
    runs: pd.DataFrame,
    measured: Mapping[str, np.ndarray],
    loss: np.ndarray,
    times: Mapping[str, slice],
    rows: np.ndarray,
) -> dict[tuple[str, str], Estimate]:
    """By how much the generalised measures go with the loss more than the others do, by other choices.

    Parameters
    ----------
    runs
        One row a run of the grid.
    measured, loss
        Of each training and architecture, shape (t, n).
    times
        Choice in words -> trainings that count.
    rows
        Draws of architectures, as in `links.ahead`.

    Returns
    -------
    dict
        (Choice in words, generalised measure) -> difference of rank correlations.
    """
    found = {}
    for m, than in SURPASSED.items():
        for how, part in times.items():
            found[how, m] = links.ahead(measured[m][part], measured[than][part], loss[part], rows)
        for (how, changed), of in VARIANTS.items():
            if changed in (m, than):
                both = {m: measured[m], than: measured[than]} | {changed: links.by_training(runs, of(runs))}
                found[f"{changed.upper()}: {how}", m] = links.ahead(both[m], both[than], loss, rows)
    return found


def in_words(paper: Replication, group: str, ways: Mapping[tuple[str, str], Estimate]) -> pd.DataFrame:
    """What other choices give for the claims of a group, each with its word: a row a choice.

    Parameters
    ----------
    paper
        Whose claims they are; the choices are kept there.
    group
        First part of the claims' ids.
    ways
        Choice in words and second part of the id -> what it measures.
    """
    table: dict[str, dict[str, str]] = {}
    for (how, part), it in ways.items():
        word = paper.judged(f"{group}-{part}", it, choice=how)
        table.setdefault(part.upper(), {})[how] = f"{it:.2f} {word}"
    return pd.DataFrame(table).fillna("")


def knowing_shape_alone(x: np.ndarray, shapes: pd.DataFrame, order: np.ndarray) -> np.ndarray:
    """A measure that knows depth and width alone: a quadratic surface in logarithms, its misses dealt out.

    Parameters
    ----------
    x
        Of each training and architecture, positive, shape (t, n).
    shapes
        Depth and width of the architectures.
    order
        Whose miss each architecture gets, shape (n,).
    """
    depth, width = np.log(shapes.depth.to_numpy()), np.log(shapes.width.to_numpy())
    design = np.column_stack([np.ones_like(depth), depth, width, depth**2, width**2])
    y = np.log(x).T
    known = design @ np.linalg.lstsq(design, y)[0]
    return np.exp(known + (y - known)[order]).T
