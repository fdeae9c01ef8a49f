"""Which law the runs prefer: AICc, the nested F test, and prediction of groups left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.fitting.groups import group_codes
from scalinglaws.fitting.jackknife import jackknife
from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.result import Fit
from scalinglaws.text import article, counted


def aicc(fit: Fit) -> float:
    r"""Akaike's information criterion, corrected for few runs; squared loss only.

    $n \ln(2S/n) + 2k + 2k(k+1)/(n-k-1)$, with S half the sum of squares and k the
    parameters and the noise level. Only differences between fits of the same y mean something.

    Raises
    ------
    FitError
        For a robust loss, or too few runs.

    Source: Hurvich & Tsai (1989), doi:10.1093/biomet/76.2.297.
    """
    if fit.problem.loss.kind != "squared":
        raise FitError(
            f"AICc needs a likelihood, which {article(str(fit.problem.loss))} fit has not: fit with squared()"
        )
    k = len(fit.free) + 1
    n = fit.degrees_of_freedom + len(fit.free)
    if n - k - 1 <= 0:
        raise FitError(
            f"{counted(n, 'run is', 'runs are')} too few for AICc with {counted(k, 'parameter')}: at least {k + 2} are needed"
        )
    return aicc_of(max(2 * fit.objective, fit.problem.floor), n, k - 1)


def aicc_of(left: float, points: int, parameters: int) -> float:
    """`aicc` of a residual sum of squares; the noise level is one parameter more."""
    k = parameters + 1
    return float(points * np.log(left / points) + 2 * k + 2 * k * (k + 1) / (points - k - 1))


def leave_groups_out(fit: Fit, by: Any) -> pd.Series:
    """Mean absolute residual of each group of runs, predicted by a fit of all the others.

    Parameters
    ----------
    fit
        A converged fit.
    by
        Labels of groups, or a column's name, as for `bootstrap`.

    Returns
    -------
    Series
        One entry a group whose left-out fit converged, indexed by its label; of the
        logarithm where the residual is "log".

    Raises
    ------
    FitError
        As `jackknife` does.
    """
    codes = group_codes(fit, by)
    labels = pd.unique(np.asarray(fit.data[by] if isinstance(by, str) else by))
    left_out = jackknife(fit, codes).samples
    found = {}
    for k, params in zip(left_out.index, left_out[list(fit.params)].to_dict("records"), strict=True):
        rows = codes == k
        found[labels[k]] = np.abs(fit.problem.residuals(fit.problem.theta(params))[rows]).mean()
    return pd.Series(found, name="error").rename_axis("left out")


def compare(fits: Mapping[str, Fit], by: Any = None) -> pd.DataFrame:
    """Compare fits of the same runs by different laws.

    Parameters
    ----------
    fits
        Name -> fit; same y, residual, weights and runs.
    by
        Labels of groups, or a column's name: adds the error of predicting each group from
        the others.

    Returns
    -------
    DataFrame
        One row a law, best first: parameters, objective, AICc with its difference to the
        best and the Akaike weight (squared loss only), and "left out", the mean error over
        groups that were left out.

    Raises
    ------
    FitError
        If the fits are not of the same runs.
    """
    names = list(fits)
    for name in names[1:]:
        same_runs(fits[names[0]], fits[name])
    table = pd.DataFrame(
        {name: {"parameters": len(f.free), "objective": f.objective} for name, f in fits.items()}
    ).T.astype({"parameters": int})
    order = "objective"
    if all(f.problem.loss.kind == "squared" for f in fits.values()):
        table["AICc"] = [aicc(f) for f in fits.values()]
        table["difference"] = table["AICc"] - table["AICc"].min()
        weight = np.exp(-0.5 * table["difference"])
        table["weight"], order = weight / weight.sum(), "AICc"
    if by is not None:
        table["left out"] = [leave_groups_out(f, by).mean() for f in fits.values()]
    return table.sort_values(order, kind="stable")


def same_runs(one: Fit, other: Fit) -> None:
    """Raise unless two fits are of the same values, on the same scale, with the same weights and loss."""
    a, b = one.problem, other.problem
    same = a.residual == b.residual and a.loss == b.loss
    if not (same and np.array_equal(a.y, b.y) and np.array_equal(a.weights, b.weights)):
        raise FitError("fits can be compared only on the same y, residual, loss and weights")
