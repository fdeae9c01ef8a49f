"""Bootstrap: how far the estimates move when the runs are drawn again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.fitting.problem import FitError, Problem
from scalinglaws.fitting.result import Fit, Status
from scalinglaws.fitting.solve import TIGHT, Point, minimise
from scalinglaws.fitting.starts import candidates

#: Below so many groups a cluster bootstrap understates the spread.
ENOUGH_GROUPS = 20


@dataclass(frozen=True, repr=False, eq=False)
class Bootstrap:
    """The result of `bootstrap`.

    Attributes
    ----------
    fit
        The fit that was resampled.
    samples
        One row a converged resample, indexed by its number: parameters in natural units
        and `objective`.
    failed
        Numbers of the resamples that did not converge.
    """

    fit: Fit
    samples: pd.DataFrame
    failed: tuple[int, ...]
    units: str

    def values(self, what: str | Callable[[dict[str, float]], float]) -> np.ndarray:
        """A parameter, or a function of the dictionary of parameters, for each resample."""
        if callable(what):
            rows = self.samples[list(self.fit.params)].to_dict("records")
            return np.array([float(what(row)) for row in rows])
        name = what.removeprefix("log ")
        if name not in self.fit.params:
            raise FitError(f"no parameter {name!r}; there are {', '.join(self.fit.params)}")
        values = self.samples[name].to_numpy()
        return np.log(values) if name != what else values

    def interval(
        self, what: str | Callable[[dict[str, float]], float], level: float = 0.95
    ) -> tuple[float, float]:
        """Percentile interval.

        Parameters
        ----------
        what
            A parameter; `"log A"` for a logarithm; or a function of the dictionary of
            parameters, such as `scalinglaws.frontier.size_exponent`.
        level
            Confidence level.

        Raises
        ------
        FitError
            If there are too few resamples for a percentile at that level.
        """
        if not 0 < level < 1:
            raise FitError(f"level is a share between 0 and 1, not {level}")
        tail = (1 - level) / 2
        if len(self.samples) * tail < 1:
            raise FitError(
                f"{len(self.samples)} resamples say nothing about a {level:.0%} interval: draw more"
            )
        low, high = np.quantile(self.values(what), [tail, 1 - tail])
        return float(low), float(high)

    def standard_error(self, what: str | Callable[[dict[str, float]], float]) -> float:
        """Standard deviation over the resamples."""
        return float(np.std(self.values(what), ddof=1))

    def __repr__(self) -> str:
        lines = [f"{len(self.samples)} resamples of {self.units}, {len(self.failed)} failed"]
        if len(self.samples) >= 40:
            for name in self.fit.free:
                label = f"log {name}" if name in self.fit.law.positive else name
                low, high = self.interval(label)
                lines.append(f"{label:<8}  95 % [{low:.4g}, {high:.4g}]")
        return "\n".join(lines)


def resolve(problem: Problem, start: np.ndarray) -> Point | None:
    """The optimum of a resample from a warm start, from cold ones if that fails; None if all do."""
    with np.errstate(all="ignore"):
        at = minimise(problem, start)
        if at.decrement < TIGHT and not at.held.any():
            return at
        try:
            cold = candidates(problem, 16, seed=0)[:3]
        except FitError:
            return None
        for theta in cold:
            at = minimise(problem, theta)
            if at.decrement < TIGHT and not at.held.any():
                return at
    return None


def group_codes(fit: Fit, by: Any) -> np.ndarray:
    """Group number of each run, from a column's name or from labels.

    Raises
    ------
    FitError
        If there is no such column, a label is missing, or there is only one group.
    """
    if isinstance(by, str):
        if by not in fit.data:
            raise FitError(f"no column {by!r} in the fitted data to resample by")
        by = fit.data[by]
    codes = pd.factorize(np.asarray(by))[0]
    if len(codes) != fit.n or np.any(codes < 0):
        raise FitError(f"give one group label for each of the {fit.n} runs")
    if codes.max() == 0:
        raise FitError("there is one group only: nothing can be resampled")
    return codes


def bootstrap(
    fit: Fit, n: int, seed: int = 0, by: Any = None, *, first: int = 0, numbers: Iterable[int] | None = None
) -> Bootstrap:
    """Draw the runs again with replacement and fit each draw, starting at the fit.

    Resample k depends on the seed and on k alone, so that any one can be made again.

    Parameters
    ----------
    fit
        A converged fit.
    n
        Number of resamples.
    seed
        Resample k draws with `numpy.random.default_rng([seed, k])`.
    by
        One group label a run (for instance `runs["run"]`): whole groups are drawn, as
        checkpoints of one run are not independent. A column of the fitted data goes by
        its name. Warns below 20 groups.
    first
        Number of the first resample.
    numbers
        Numbers of the resamples, instead of `first, ..., first + n - 1`.

    Returns
    -------
    Bootstrap

    Raises
    ------
    FitError
        If the fit did not converge, or more than a fifth of the resamples fail.
    """
    if fit.status is not Status.CONVERGED:
        raise FitError(f"only a converged fit can be resampled; this one: {fit.message}")
    problem, rows = fit.problem, fit.n
    codes = np.arange(rows) if by is None else group_codes(fit, by)
    count = int(codes.max()) + 1
    if by is not None and count < ENOUGH_GROUPS:
        warnings.warn(
            f"{count} groups: below {ENOUGH_GROUPS} a cluster bootstrap understates the spread", stacklevel=2
        )
    kept, found, failed = [], [], []
    for k in range(first, first + n) if numbers is None else numbers:
        drawn = np.random.default_rng([seed, k]).integers(0, count, count)
        # A run drawn twice counts twice: weights say the same as repeated rows.
        times = np.bincount(drawn, minlength=count)[codes].astype(float)
        at = resolve(problem.with_weights(problem.weights * times), fit.point.theta)
        if at is None:
            failed.append(int(k))
            continue
        kept.append(int(k))
        found.append(problem.params(at.theta) | {"objective": at.value})
    if len(failed) > 0.2 * (len(failed) + len(kept)):
        raise FitError(
            f"{len(failed)} of {len(failed) + len(kept)} resamples did not converge: the runs hardly "
            "determine the parameters; fix one, or fit a smaller law"
        )
    samples = pd.DataFrame(found, index=pd.Index(kept, name="resample"), columns=[*fit.params, "objective"])
    return Bootstrap(fit, samples, tuple(failed), f"{count} groups" if by is not None else f"{rows} runs")
