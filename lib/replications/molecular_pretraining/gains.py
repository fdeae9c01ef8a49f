"""Errors of models fold by fold, and by how much one model's are less than another's.

A model is named by its objective, the share of GuacaMol in per cent and its adaptation, as in `mlm 30 MTR`;
without adaptation `mlm 30`, without pre-training `none 0`.
"""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from scalinglaws.uncertainty import Estimate

#: The paper's four endpoints and their six data sets.
ENDPOINTS = {
    "solubility": ("Solubility",),
    "permeability": ("Permeability",),
    "stability": ("HLM", "RLM"),
    "binding": ("hPPB", "rPPB"),
}
OF_DATASET = {dataset: endpoint for endpoint, those in ENDPOINTS.items() for dataset in those}


def named(table: pd.DataFrame) -> pd.Series:
    """The name of each row's model."""
    name = table.objective + " " + table["size"].astype(str)
    return name.where(table.adaptation == "none", name + " " + table.adaptation)


def errors(
    adapted: pd.DataFrame,
    rivals: pd.DataFrame,
    split: str = "random",
    head: str = "random-forest",
    measure: str = "mae",
) -> pd.DataFrame:
    """Logarithm of the error of every model on every fold.

    Parameters
    ----------
    adapted, rivals
        The tables `molecular_adaptation` and `molecular_rivals`.
    split, head
        Which of their rows.
    measure
        mae; or r2, for the root of 1 - R2: the root mean squared error in units of the spread of the fold's labels.

    Returns
    -------
    pandas.DataFrame
        One row a data set and fold, one column a model; natural logarithms.

    Raises
    ------
    ValueError
        If a model has no figure, or two, for a fold.
    """
    rows = pd.concat([adapted.assign(model=named(adapted)), rivals])
    rows = rows[(rows.split == split) & (rows["head"] == head)]
    keys = ["dataset", "fold", "model"]
    if rows.duplicated(keys).any():
        raise ValueError("a model has two figures for a fold")
    error = rows.mae if measure == "mae" else np.sqrt(1 - rows.r2)
    wide = rows.assign(log=np.log(error)).pivot_table(index=keys[:2], columns="model", values="log")
    if wide.isna().any(axis=None):
        raise ValueError("a model has no figure for a fold")
    return wide


def under_all_choices(
    adapted: pd.DataFrame, rivals: pd.DataFrame
) -> dict[tuple[str, str, str], pd.DataFrame]:
    """`errors` by head, split and measure, all crossed: eight tables."""
    heads = {"forest": "random-forest", "SVM": "svm"}
    splits = {"random": "random", "DataSAIL": "datasail"}
    measures = {"MAE": "mae", "R2": "r2"}
    return {
        (head, split, measure): errors(adapted, rivals, splits[split], heads[head], measures[measure])
        for head, split, measure in product(heads, splits, measures)
    }


def of_datasets(gain: pd.Series) -> pd.Series:
    """Mean over the folds of each data set."""
    return gain.groupby("dataset").mean()


def of_endpoints(gain: pd.Series) -> pd.Series:
    """Mean over the data sets of each endpoint."""
    mean = of_datasets(gain)
    return mean.groupby(OF_DATASET).mean()[list(ENDPOINTS)]


def percent(estimate: Estimate) -> Estimate:
    """A difference of logarithms as per cent less error, `100 (1 - exp(-d))`."""
    ends = {name: -100 * np.expm1(-getattr(estimate, name)) for name in ("value", "low", "high")}
    return dataclasses.replace(estimate, **ends)


def corrected_error(differences: np.ndarray) -> float:
    """Standard error of a mean over the folds of one cross-validation.

    Any two training sets share most of their molecules, so that folds are not independent; the variance of
    their mean is taken as `s^2 (1/k + 1/(k - 1))` in place of `s^2 / k`, the second term being the size of a
    test set by that of a training set.

    Source: Nadeau & Bengio (2003), Machine Learning 52, section 3.
    """
    k = len(differences)
    return float(np.std(differences, ddof=1) * np.sqrt(1 / k + 1 / (k - 1)))


def fold_errors(gain: pd.Series) -> pd.Series:
    """Standard error of each data set's mean over its folds, as `corrected_error`."""
    folds = gain.groupby("dataset")
    k = folds.size()
    return folds.std() * np.sqrt(1 / k + 1 / (k - 1))


def across(gain: pd.Series, of=of_endpoints, asked: int = 1) -> Estimate:
    """Mean gain in per cent, with the wider of two intervals.

    Student's interval of the scatter of endpoints asks what another endpoint might show. It holds the noise of
    folds in expectation, but four means may agree by chance to less than their own noise; so the interval that
    follows from the folds alone, its degrees of freedom by Welch and Satterthwaite, is taken where it is wider.

    Parameters
    ----------
    gain
        Differences of logarithms, one a data set and fold.
    of
        What the units are: `of_endpoints` or `of_datasets`. Errors of two data sets of one endpoint are added as
        if they went fully together, since they share molecules; those of units as if they were independent.
    asked
        How many such means are asked at once: the level is 1 - 0.05 / asked (Bonferroni).
    """
    values, errors = of(gain), fold_errors(gain)
    if of is of_endpoints:
        errors = errors.groupby(OF_DATASET).mean()[list(ENDPOINTS)]
    n, free = len(values), gain.groupby("dataset").size().min() - 1
    variances = errors.to_numpy() ** 2 / n**2
    by_folds = (variances.sum(), variances.sum() ** 2 / (variances**2 / free).sum())
    name = of.__name__.removeprefix("of_")
    both = {
        f"Student, {n} {name} as units": (values.var(ddof=1) / n, n - 1),
        f"corrected folds of {n} {name}, which scatter less than their folds": by_folds,
    }
    half = {how: np.sqrt(it) * stdtrit(df, 1 - 0.025 / asked) for how, (it, df) in both.items()}
    how = max(half, key=half.get)
    return percent(Estimate(values.mean(), values.mean() - half[how], values.mean() + half[how], how))


def of_endpoint(gain: pd.Series, endpoint: str, asked: int = 1) -> Estimate:
    """Mean gain on one endpoint in per cent, its interval from the folds.

    Errors of two data sets of one endpoint are added as if they went fully together, since they share molecules.

    Parameters
    ----------
    gain
        Differences of logarithms, one a data set and fold.
    endpoint
        A name of `ENDPOINTS`.
    asked
        How many endpoints are asked at once: the interval has the level 1 - 0.05 / asked (Bonferroni).
    """
    folds = [gain.loc[dataset].to_numpy() for dataset in ENDPOINTS[endpoint]]
    mean = np.mean([it.mean() for it in folds])
    error = np.mean([corrected_error(it) for it in folds])
    half = error * stdtrit(min(map(len, folds)) - 1, 1 - 0.025 / asked)
    how = f"folds, corrected for shared molecules, {100 * (1 - 0.05 / asked):g} %"
    return percent(Estimate(mean, mean - half, mean + half, how))
