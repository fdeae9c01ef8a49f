"""Groups of runs that vary together: checkpoints of one run, models of one family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scalinglaws.fitting.problem import FitError
from scalinglaws.text import counted

if TYPE_CHECKING:
    from scalinglaws.fitting.result import Fit


def group_codes(fit: Fit, by: Any) -> np.ndarray:
    """Group number of each run, from a column's name or from labels.

    Raises
    ------
    FitError
        If there is no such column, not one label a run, or a single group.
    """
    if isinstance(by, str):
        if by not in fit.data:
            raise FitError(f"no column {by!r} in the fitted data to group by")
        by = fit.data[by]
    codes = pd.factorize(np.asarray(by))[0]
    if len(codes) != fit.n or np.any(codes < 0):
        raise FitError(f"give one group label for each of the {counted(fit.n, 'run')}")
    if codes.max() == 0:
        raise FitError("there is one group only: nothing varies between groups")
    return codes


def clustered(influence: np.ndarray, codes: np.ndarray) -> np.ndarray:
    r"""Covariance of estimates whose runs depend on each other within groups (sandwich, CR1).

    Parameters
    ----------
    influence
        What each run's residual adds to each of k estimates to first order, shape (n, k).
    codes
        Group of each run, shape (n,).

    Returns
    -------
    ndarray
        Shape (k, k): the sums over groups multiplied with each other, times
        $\frac{G}{G-1}\,\frac{n-1}{n-k}$ for G groups; infinite for a single one.

    Source: Cameron & Miller (2015), A Practitioner's Guide to Cluster-Robust Inference,
    doi:10.3368/jhr.50.2.317, eqs. 11 and 12.
    """
    n, k = influence.shape
    sums = np.stack([influence[codes == group].sum(0) for group in np.unique(codes)])
    groups = len(sums)
    if groups < 2:
        return np.full((k, k), np.inf)
    return groups / (groups - 1) * (n - 1) / (n - k) * (sums.T @ sums)
