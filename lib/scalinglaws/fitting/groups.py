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
