"""The interval that covers: Wald's on the logarithms for least squares, the bootstrap over runs or groups otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.fitting import Bootstrap, Fit, bootstrap
from scalinglaws.fitting.wald import Quantity
from scalinglaws.text import counted
from scalinglaws.uncertainty import Estimate, from_draws

#: Resamples between two steps of a progress bar.
STEP = 100


@dataclass(frozen=True)
class Intervals:
    """How sure a fit is, by the method that covers for its loss and its runs.

    Attributes
    ----------
    fit
        The fit.
    by
        Column of groups that are not independent within.
    resamples, seed
        Of the bootstrap, where it is needed.
    told
        Called with the number of resamples made, now and then.
    """

    fit: Fit
    by: str | None = None
    resamples: int = 1000
    seed: int = 0
    told: Callable[[int], Any] = lambda done: None

    @property
    def resampled(self) -> bool:
        """Whether the bootstrap is needed: for a robust loss, for groups, and at a bound."""
        return self.fit.problem.loss.kind != "squared" or self.by is not None or bool(self.fit.at_bounds)

    @cached_property
    def drawn(self) -> Bootstrap:
        """The resamples, made step by step; each is the same whatever the steps."""
        parts = []
        for first in range(0, self.resamples, STEP):
            numbers = range(first, min(first + STEP, self.resamples))
            parts.append(bootstrap(self.fit, len(numbers), self.seed, self.by, numbers=numbers))
            self.told(numbers.stop)
        return replace(
            parts[0],
            samples=pd.concat([part.samples for part in parts]),
            failed=tuple(k for part in parts for k in part.failed),
        )

    @property
    def method(self) -> str:
        """In words."""
        if not self.resampled:
            return "Wald on the logarithms of positive parameters, Student's t"
        made = self.drawn
        failed = f", {len(made.failed)} more failed" if made.failed else ""
        return f"percentiles of {counted(len(made.samples), 'bootstrap resample')} of {made.units}{failed}"

    def of(self, what: Quantity) -> Estimate:
        """A parameter, or a function of them, with its 95 % interval."""
        value = float(what(self.fit.params) if callable(what) else self.fit[what])
        if self.resampled:
            draws = self.drawn.values(what)
            return from_draws(value, draws, self.method, fit=self.fit)
        return Estimate.around(value, *self.fit.interval(what), self.method, self.fit)

    def band(self, curve: Callable[[dict[str, float]], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the 95 % interval, point by point, of a positive curve that parameters make.

        For least squares by the delta method on its logarithm, else by percentiles.
        """
        if self.resampled:
            rows = self.drawn.samples[list(self.fit.params)].to_dict("records")
            with np.errstate(all="ignore"):
                curves = np.array([curve(row) for row in rows])
            low, high = np.nanquantile(curves, [0.025, 0.975], axis=0)
            return low, high
        points = range(len(curve(self.fit.params)))
        ends = [self.fit.interval(lambda p, k=k: float(np.log(curve(p)[k]))) for k in points]
        low, high = np.exp(np.array(ends)).T
        return low, high

    def predicted(self, data: Any) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the 95 % interval of the law at other data."""
        source = self.drawn if self.resampled else self.fit
        return source.prediction_interval(data, new_run=False)
