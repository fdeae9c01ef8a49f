"""The tests of the authors' repository: folds against folds, unpaired, and what such tests can give."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu
from statsmodels.stats.multitest import multipletests


def pairs(errors: pd.DataFrame, models: list[str]) -> pd.DataFrame:
    """P-values of Mann-Whitney tests of the folds of each pair of models, Holm over the pairs of a data set.

    Parameters
    ----------
    errors
        As from `gains.errors`.
    models
        Columns of it.

    Returns
    -------
    pandas.DataFrame
        One row a data set, one column a pair of models.
    """
    both = list(combinations(models, 2))
    found = {}
    for dataset, folds in errors.groupby(level="dataset"):
        plain = [mannwhitneyu(folds[a], folds[b]).pvalue for a, b in both]
        found[dataset] = dict(zip(both, multipletests(plain, method="holm")[1], strict=True))
    return pd.DataFrame(found).T


def plainly(table: pd.DataFrame, before: str, after: str, test=mannwhitneyu) -> pd.Series:
    """P-value of one pair of models on each data set by a test of two samples, not adjusted."""
    return table.groupby(level="dataset").apply(lambda it: test(it[before], it[after]).pvalue)


def differing(errors: pd.DataFrame, model: str, others: list[str]) -> list[int]:
    """On how many data sets each of others differs from a model with p < 0.05, by `pairs` of all."""
    found = pairs(errors, [model, *others])
    return [int((found[(model, other)] < 0.05).sum()) for other in others]


def least_p(folds: int, comparisons: int) -> float:
    """The least two-sided p of `folds` numbers against as many, Holm over so many comparisons.

    All of one model's numbers below all of the other's is one order of `comb(2 folds, folds)`, and its reverse another.
    """
    return min(1.0, 2 * comparisons / comb(2 * folds, folds))


def seen(errors: pd.DataFrame, models: list[str], less: float, left: int = 3) -> int:
    """On how many data sets the test would see an improvement that is the same on every fold.

    Parameters
    ----------
    errors
        As from `gains.errors`.
    models
        Each is compared with itself improved.
    less
        The improvement, a share of the error.
    left
        Holm multiplies the p of this comparison by the number that are left: from all pairs down to one.
    """
    better = pd.concat([errors[models], (errors[models] + np.log1p(-less)).add_suffix(" improved")], axis=1)
    p = [plainly(better, model, f"{model} improved") for model in models]
    return int((np.array(p) * left < 0.05).sum())
