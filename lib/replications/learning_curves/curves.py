"""Learning curves of many models on many data sets: exponents, and how far models share them.

A table of curves has one row a run: `data`, `family`, `n` (training examples), `seed` and
`y`, the test error; `logn` and `logy` are added by `retuned`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from scalinglaws.uncertainty import Estimate, from_draws


def retuned(runs: pd.DataFrame) -> pd.DataFrame:
    """Of each family, size and seed the run whose choices are best on validation examples.

    Parameters
    ----------
    runs
        A table of `replications.learning_curves.runs`. `y` becomes the error; for text,
        which has none, the loss.
    """
    y, val = runs["error"].fillna(runs["loss"]), runs["val_error"].fillna(runs["val_loss"])
    runs = runs.assign(y=y, val=val, logn=np.log(runs["n"]), logy=np.log(y)).dropna(subset=["val"])
    return runs.loc[runs.groupby(["data", "family", "n", "seed"], sort=False)["val"].idxmin()]


def one_choice(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs of one choice for all sizes of a curve: the one most often best at the largest size."""
    keys = ["data", "family", "setting", "passes"]
    largest = retuned(runs[runs["n"] == runs.groupby(keys[:2])["n"].transform("max")])
    often = largest.groupby(keys).size().rename("often").reset_index().sort_values("often", kind="stable")
    return runs.merge(often.groupby(keys[:2]).last().reset_index()[keys], on=keys)


def power_law_region(
    curves: pd.DataFrame, margin: float = 0.1, errors: int = 20, sizes: int = 4
) -> pd.DataFrame:
    """The part of each curve between guessing and what its test set can resolve.

    Parameters
    ----------
    curves
        What `retuned` gives, with `chance`, `domain` and `n_test`.
    margin
        How far below chance the mean must be, as a fraction of it.
    errors
        Test errors on which the mean must rest; not for text.
    sizes
        Sizes that a curve must keep; others are left out.
    """
    mean = curves.groupby(["data", "family", "n"])["y"].transform("mean")
    few = np.where(curves["domain"] == "text", 0, errors / curves["n_test"])
    curves = curves[(mean < (1 - margin) * curves["chance"]) & (mean > few)]
    return curves[curves.groupby(["data", "family"])["n"].transform("nunique") >= sizes]


def straight_line(curve: pd.DataFrame) -> pd.Series:
    """Exponent with the half width of its 95 % t interval, from all runs; R2 of the means over seeds."""
    line, mean = stats.linregress(curve["logn"], curve["logy"]), curve.groupby("logn")["logy"].mean()
    half = stats.t.ppf(0.975, len(curve) - 2) * line.stderr
    r2 = np.corrcoef(mean.index, mean)[0, 1] ** 2
    return pd.Series({"sizes": len(mean), "exponent": -line.slope, "half": half, "R2": r2})


def exponents(curves: pd.DataFrame) -> pd.DataFrame:
    """The straight line in log-log of every curve, by data set and family."""
    return curves.groupby(["data", "family"], sort=False)[["logn", "logy"]].apply(straight_line)


def equal_exponents(part: pd.DataFrame) -> float:
    """p-value of the F test of one exponent for all families of a data set against one each.

    The residual holds what is not straight, too, so curved curves make it cautious.
    """
    offset = pd.get_dummies(part["family"], dtype=float).to_numpy()
    x, y, k = part["logn"].to_numpy()[:, None], part["logy"].to_numpy(), offset.shape[1]
    left = [float(np.linalg.lstsq(np.hstack([offset, z]), y)[1][0]) for z in (x, x * offset)]
    free = len(y) - 2 * k
    if k < 2:
        return np.nan
    return float(stats.f.sf((left[0] - left[1]) / (k - 1) / (left[1] / free), k - 1, free))


def holm(p: pd.Series) -> pd.Series:
    """P-values corrected for their number (Holm 1979); those that are not a number are left out."""
    p = p.dropna()
    return pd.Series(multipletests(p, method="holm")[1], p.index)


def between_families(exponent: pd.Series) -> pd.DataFrame:
    """Of each data set: variance, mean and largest ratio of its families' exponents."""
    e = exponent.groupby("data", sort=False)
    return pd.DataFrame({"variance": e.var(), "mean": e.mean(), "factor": e.max() / e.min()})


def between_family_variance(curves: pd.DataFrame) -> pd.DataFrame:
    """Of each data set the variance of log error between families: the same at all sizes, and in all."""
    rows = {}
    for name, part in curves.groupby("data", sort=False):
        logs = part.pivot_table(index="n", columns="family", values="logy").dropna()
        apart = logs.sub(logs.mean(axis=1), axis=0)
        rows[name] = {"shift": (apart.mean() ** 2).sum() * len(apart), "all": (apart**2).sum().sum()}
    return pd.DataFrame(rows).T


def over_sets(statistic: Callable[[np.ndarray], float], by_set: pd.DataFrame, draws: int = 2000) -> Estimate:
    """A statistic of a table with one row a data set, with its interval over sets drawn anew.

    Parameters
    ----------
    statistic
        Function of the table's columns, an array (columns, sets).
    """
    rows, rng = by_set.to_numpy(float), np.random.default_rng(0)
    values = [statistic(rows[rng.integers(len(rows), size=len(rows))].T) for _ in range(draws)]
    # A draw of one set alone has no spread between sets: its value is infinite, or no number.
    known = [value for value in values if np.isfinite(value)]
    return from_draws(float(statistic(rows.T)), known, "data sets drawn again")


def smallest(
    table: pd.DataFrame,
    enough: Callable[[np.ndarray, np.ndarray], np.ndarray],
    rng: np.random.Generator | None = None,
) -> pd.Series:
    """Parameters of the smallest good enough network for each n, where it is not at the grid's edge.

    Parameters
    ----------
    table
        Runs of one data set and family: every seed, n and setting once.
    enough
        From test and training errors (n, setting), means over seeds, to which are good enough.
    rng
        Draws the seeds anew.
    """
    keys = ["seed", "n", "setting"]
    shape, table = [table[key].nunique() for key in keys], table.sort_values(keys)
    error, train, params = (table[c].to_numpy().reshape(shape) for c in ("error", "train_error", "n_params"))
    seeds = np.arange(shape[0]) if rng is None else rng.integers(shape[0], size=shape[0])
    good = enough(error[seeds].mean(0), train[seeds].mean(0))
    first = good.argmax(1)
    inner = good.any(1) & (first > 0) & (first < shape[2] - 1)
    return pd.Series(params[0, 0, first[inner]], index=np.unique(table["n"])[inner])


def growth(size: pd.Series) -> float:
    """Exponent of a size against n; not a number from fewer than three points."""
    return float(np.polyfit(np.log(size.index), np.log(size), 1)[0]) if len(size) > 2 else np.nan
