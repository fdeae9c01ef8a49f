"""How far the estimates move when runs, or groups of them, are left out one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.fitting.problem import FitError
from scalinglaws.fitting.refits import finite, refits, units_of, values_of
from scalinglaws.fitting.result import Fit
from scalinglaws.fitting.wald import Quantity
from scalinglaws.text import counted


@dataclass(frozen=True, repr=False, eq=False)
class Jackknife:
    """The result of `jackknife`.

    Attributes
    ----------
    fit
        The fit of all runs.
    samples
        One row a unit left out (indexed by its number, or its label): parameters in natural
        units and `objective`.
    failed
        Units without which the fit did not converge.
    """

    fit: Fit
    samples: pd.DataFrame
    failed: tuple[Any, ...]

    def values(self, what: Quantity) -> np.ndarray:
        """A parameter, or a function of the dictionary of parameters, without each unit."""
        return values_of(self.fit, self.samples, what)

    def standard_error(self, what: Quantity) -> float:
        """Jackknife standard error, sqrt((n - 1) / n * sum of squared deviations).

        Raises
        ------
        FitError
            If the fit did not converge without some unit: the sum would lack it.

        Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, eq. 11.5.
        """
        if self.failed:
            raise FitError(
                f"the fit did not converge without {', '.join(map(str, self.failed))}, so there is no "
                "jackknife standard error: use bootstrap(fit, n, seed).standard_error(...)"
            )
        values = finite(self.values(what), what)
        return float(np.sqrt((len(values) - 1) * np.var(values)))

    def __repr__(self) -> str:
        lines = [f"{counted(len(self.samples), 'fit')} with one unit left out, {len(self.failed)} failed"]
        for name in self.fit.free:
            label = f"log {name}" if name in self.fit.law.positive else name
            try:
                lines.append(f"{label:<8}  standard error {self.standard_error(label):.4g}")
            except FitError:
                lines.append(f"{label:<8}  no standard error")
        return "\n".join(lines)


def jackknife(fit: Fit, by: Any = None) -> Jackknife:
    """Leave out one run, or one group of runs, at a time and fit the others.

    Parameters
    ----------
    fit
        A converged fit.
    by
        Labels of groups, or a column's name, as for `bootstrap`.

    Returns
    -------
    Jackknife

    Raises
    ------
    FitError
        If the fit did not converge, or more than a fifth of the refits fail.
    """
    codes = units_of(fit, by)
    samples, failed = refits(fit, lambda k: (codes != k).astype(float), range(int(codes.max()) + 1))
    return Jackknife(fit, samples.rename_axis("left out"), failed)
