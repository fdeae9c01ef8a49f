"""What a fit is: estimates, a status that says what to do, and intervals where they hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from scalinglaws.fitting.binding import columns_of
from scalinglaws.fitting.drawn import plotted
from scalinglaws.fitting.losses import Loss
from scalinglaws.fitting.problem import FitError, Problem
from scalinglaws.fitting.solve import SAME, TIGHT, Points
from scalinglaws.fitting.stored import read, save
from scalinglaws.fitting.typeset import as_html, as_latex
from scalinglaws.fitting.wald import Quantity, covariance, interval, prediction_interval
from scalinglaws.text import counted
from scalinglaws.uncertainty import Estimate


class Status(Enum):
    """How a fit ended, each with a sentence that says what to do."""

    CONVERGED = "the optimum is proved: use the estimates"
    NOT_CONVERGED = "no proved optimum: give more starts, or check the data for a few runs that dominate"
    BOUND_HIT = (
        "the optimum is proved and lies at a bound: say so; intervals are conditional on it. If the bound was "
        "only a place to search, widen bounds={...}"
    )
    UNIDENTIFIABLE = (
        "the runs do not determine every parameter: vary what is constant, fix a parameter with fixed={...}, "
        "or fit a smaller law"
    )


@dataclass(frozen=True)
class Proof:
    """Why a fit counts as converged.

    Attributes
    ----------
    scaled_gradient
        What a Gauss-Newton step would still gain, as a share of the objective.
    agree, starts
        How many of how many independent starts reach the best objective to 1e-6.
    second
        Relative difference to a second, different algorithm from another start, and to
        searches from all around: negative if one ended lower; nan if none got there; infinite
        if none was tried.
    """

    scaled_gradient: float
    agree: int
    starts: int
    second: float

    @property
    def holds(self) -> bool:
        """All parts at once: a second algorithm that fails is no disagreement if starts agree."""
        if not self.scaled_gradient < TIGHT or self.agree < min(2, self.starts):
            return False
        return abs(self.second) <= SAME or (bool(np.isnan(self.second)) and self.agree >= 2)

    def __str__(self) -> str:
        # Bounds instead of values: the digits beyond are rounding and differ across machines.
        gradient = f"< {TIGHT:.0e}" if self.scaled_gradient < TIGHT else f"{self.scaled_gradient:.1e}"
        second = "no second opinion" if np.isnan(self.second) else "no second algorithm tried"
        if np.isfinite(self.second):
            same = abs(self.second) <= SAME
            second = (
                f"second algorithm {f'agrees to {SAME:.0e}' if same else f'is off by {self.second:+.1e}'}"
            )
        return f"scaled gradient {gradient}, {self.agree} of {self.starts} starts agree, {second}"


@dataclass(frozen=True, repr=False, eq=False)
class Fit:
    """The result of `fit`.

    Attributes
    ----------
    params
        Every parameter in natural units, the fixed ones too.
    status
        One of `Status`; `status.value` says what to do.
    message
        What happened, in one sentence.
    objective
        Sum of the losses.
    proof
        The evidence of convergence.
    problem, point, data
        What was fitted, the place that was found, and the data as they were given. A
        parameter at a bound is one of the problem's fixed ones.
    whole
        The problem before any parameter was found to lie at a bound.
    at_bounds
        Name -> bound in natural units, for each parameter that lies at one; 0 for a term
        that is best left out.

    Examples
    --------
    >>> import numpy as np
    >>> from scalinglaws import fit
    >>> from scalinglaws.laws import power_law
    >>> x = np.array([1.0, 2, 4, 8, 16])
    >>> y = 3 * x**-0.5 * np.exp([0.01, -0.01, 0.0, 0.01, -0.01])
    >>> found = fit(power_law, {"x": x, "loss": y})
    >>> round(found["alpha"], 4)
    0.5029
    """

    params: dict[str, float]
    status: Status
    message: str
    objective: float
    proof: Proof
    problem: Problem = field(repr=False)
    point: Points = field(repr=False)
    data: Any = field(repr=False)
    whole: Problem = field(repr=False)
    at_bounds: dict[str, float] = field(default_factory=dict)

    @property
    def proved(self) -> bool:
        """Whether the optimum is proved, inside the bounds or at one."""
        return self.status in (Status.CONVERGED, Status.BOUND_HIT)

    def __getitem__(self, name: str) -> float:
        if name not in self.params:
            raise KeyError(f"{name!r}; the parameters are {', '.join(self.params)}")
        return self.params[name]

    def __getattr__(self, name: str) -> Any:
        # Asked for names that are no attributes: what the law derives from its parameters.
        derived = self.__dict__["problem"].law.derived if "problem" in self.__dict__ else {}
        if name not in derived:
            known = f"; its law gives {', '.join(derived)}" if derived else ""
            raise AttributeError(f"a fit has no {name!r}{known}")
        return float(derived[name](self.law.complete(self.params)))

    def optimum(self, flops: Any) -> Any:
        """The compute-optimal split of a budget by the fitted law; see `scalinglaws.frontier.compute_optimal`.

        Raises
        ------
        FitError
            If the law has no such split in closed form.
        ValueError
            If a parameter or the budget is not positive.
        """
        if self.law.optimum is None:
            raise FitError(f"the law {self.law.name} has no compute-optimal split in closed form")
        return self.law.optimum(self.law.complete(self.params), flops)

    def log(self, name: str) -> float:
        """Natural logarithm of a parameter."""
        return float(np.log(self[name]))

    @property
    def law(self) -> Any:
        """The law that was fitted."""
        return self.problem.law

    @property
    def n(self) -> int:
        """Number of runs."""
        return len(self.problem.y)

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the estimated parameters."""
        return self.problem.names

    @property
    def residuals(self) -> np.ndarray:
        """Observed minus fitted, of the logarithms where the residual is "log"."""
        return self.problem.residuals(self.point.theta)

    def predict(self, data: Any) -> np.ndarray:
        """The law at these parameters for other data, in the unit of y.

        Raises
        ------
        FitError
            If the data lack a column of the law, or hold missing values.
        """
        columns = columns_of(self.law, data)
        predicted = self.law(*columns, **self.params)
        return np.broadcast_to(np.asarray(predicted, float), columns[0].shape).copy()

    def save(self, path: str | Path) -> None:
        """Write it to a JSON file; see `scalinglaws.fitting.stored.save`."""
        save(self, path)

    @staticmethod
    def load(path: str | Path, law: Any = None) -> Fit:
        """Read it from a JSON file and judge it again; see `scalinglaws.fitting.stored.read`."""
        kept = read(path, law)
        try:
            status = Status[kept["status"]]
        except KeyError as error:
            raise FitError(f"{path} is damaged: it knows a status {kept['status']}") from error
        return Fit(**kept | {"status": status, "proof": Proof(**kept["proof"])})

    @property
    def determined(self) -> bool:
        """Whether the runs determine every estimated parameter."""
        return self.status is not Status.UNIDENTIFIABLE

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of the estimated coordinates; see `scalinglaws.fitting.wald.covariance`."""
        return covariance(self)

    @property
    def degrees_of_freedom(self) -> int:
        """Runs with a positive weight, less the estimated parameters."""
        return int(np.sum(self.problem.weights > 0)) - len(self.free)

    def index(self, what: str) -> tuple[int, bool]:
        """Which coordinate a name such as "A" or "log A" means, and whether its logarithm is asked for.

        Raises
        ------
        FitError
            For a fixed or unknown parameter, or a logarithm of one that is not estimated as such.
        """
        name = what.removeprefix("log ")
        if name not in self.free:
            raise FitError(f"{name!r} is not estimated here; estimated are {', '.join(self.free)}")
        j = self.free.index(name)
        if name != what and not self.problem.logged[j]:
            raise FitError(f"{name!r} is not estimated on the log scale: ask for {name!r}")
        return j, name != what

    def interval(self, what: Quantity, level: float = 0.95, by: Any = None) -> tuple[float, float]:
        """Wald interval; see `scalinglaws.fitting.wald.interval`."""
        return interval(self, what, level, by)

    def estimate(self, what: Quantity, by: Any = None) -> Estimate:
        """The value with its Wald 95 % interval, for a claim; see `scalinglaws.fitting.wald.interval`."""
        low, high = self.interval(what, by=by)
        value = what(self.params) if callable(what) else self[what]
        grouped = "" if by is None else ", groups of runs as one"
        return Estimate(value, low, high, f"Wald, Student's t{grouped}", self)

    def prediction_interval(self, data: Any, level: float = 0.95, **options: Any) -> Any:
        """Interval of predictions; see `scalinglaws.fitting.wald.prediction_interval`."""
        return prediction_interval(self, data, level, **options)

    def report(self) -> dict[str, str]:
        """What the reporting checklist can learn from this fit: item -> answer."""
        p = self.problem
        given = [f"{k} = {v:.4g}" for k, v in p.fixed.items() if k not in self.at_bounds]
        given += [f"{k} = {v}" for k, v in p.law.ties.items()]
        found = [f"{k} = {v:.4g}" for k, v in self.at_bounds.items()]
        parts = {"estimated": labels(p), "at a bound": found, "fixed": given}
        spread = "of the logarithm" if p.residual == "log" else f"of {p.y_name}"
        return {
            "form": self.law.summary,
            "variables": f"{', '.join(self.law.columns)} -> {p.y_name}",
            "parameters": "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names),
            "objective": f"{summed(p.loss)} of the residual {spread}",
            "weights": "given by the caller" if p.weighted else "every run counts the same",
            "algorithm": "damped Newton with exact derivatives, to a gain below 1e-20 of the objective; checked by "
            + ("a trust-region method" if p.loss.kind == "squared" else "BFGS"),
            "starts": str(self.proof),
            "goodness": f"root mean square residual {spread} {np.sqrt(np.mean(self.residuals**2)):.3g}, "
            f"median absolute {np.median(np.abs(self.residuals)):.3g}",
            "intervals": "Wald on the estimated scale" if p.loss.kind == "squared" else "bootstrap over runs",
        }

    def to_latex(self, sure: Any = None) -> str:
        """The law as an equation and its parameters as a table, in natural units, for a paper (package `booktabs`).

        Parameters
        ----------
        sure
            A `Bootstrap` of this fit, whose intervals are taken; for least squares Wald's by default, for
            other losses none.
        """
        return as_latex(self, sure)

    def plot(self, sure: Any = None, along: str | None = None) -> Any:
        """A figure of two panels: the law along a column with its 95 % band and the runs, and the residuals.

        Where the law takes a second column there is a curve for each of a few of its values; further ones stay
        at their middle.

        Parameters
        ----------
        sure
            A `Bootstrap` of this fit, for the band; for least squares Wald's by default, for other losses none.
        along
            Column of the law; the first by default.

        Raises
        ------
        FitError
            If the law has no such column.
        """
        return plotted(self, sure, along)

    def _repr_html_(self) -> str:
        return as_html(self)

    def __repr__(self) -> str:
        p = self.problem
        rows = []
        for j, label in enumerate(labels(p)):
            text = f"{digits(self.point.theta[j])}"
            if p.loss.kind == "squared":
                low, high = self.interval(label)
                text += f"  [{digits(low)}, {digits(high)}]"
            rows.append((label, text))
        rows += [
            (name, f"{digits(value)}  {'at its bound' if name in self.at_bounds else 'fixed'}")
            for name, value in p.fixed.items()
        ]
        rows += [(name, f"= {other}") for name, other in p.law.ties.items()]
        width = max(len(label) for label, _ in rows)
        lines = [f"{label:<{width}}  {text}" for label, text in rows]
        word = self.status.name.lower().replace("_", " ")
        lines.append(f"{word}: {self.proof}")
        if self.status is not Status.CONVERGED:
            lines.append(self.message)
        lines.append(
            f"objective {digits(self.objective, p.floor)} = {summed(p.loss)} on {counted(self.n, 'run')}"
        )
        return "\n".join(lines)


def labels(problem: Problem) -> list[str]:
    """Names of the estimated coordinates: "log A" for a positive parameter A."""
    return [f"log {n}" if logged else n for n, logged in zip(problem.names, problem.logged, strict=True)]


def summed(loss: Loss) -> str:
    """What an objective is the sum of, in words."""
    return "half the sum of squares" if loss.kind == "squared" else f"sum of {loss}"


def digits(value: float, floor: float = 0.0) -> str:
    """Four significant digits, which agree across machines; rounding noise prints as 0."""
    return "0" if abs(value) <= floor else f"{value:.4g}"


def raise_for(fit: Fit) -> None:
    """Raise a `FitError` that carries the fit."""
    error = FitError(f"{fit.message} {fit.status.value[0].upper()}{fit.status.value[1:]}.")
    error.fit = fit
    raise error


def constant_columns(problem: Problem) -> list[str]:
    """Names of the data columns that hold a single value."""
    used = problem.weights > 0
    return [
        name
        for name, values in zip(problem.law.columns, problem.columns, strict=True)
        if np.ptp(values[used]) <= 1e-12 * np.max(np.abs(values[used]))
    ]


def undetermined(problem: Problem, at: Points) -> str:
    """Why the runs do not determine the parameters at this point; empty if they do."""
    names = np.array(labels(problem))
    use = ~at.held
    root = (problem.jacobian(at.theta) * np.sqrt(problem.weights)[:, None])[:, use]
    if not np.isfinite(root).all():
        return "The law has no finite derivative at the best place found: a parameter lies at a pole of it."
    size = np.linalg.norm(root, axis=0)
    # A coordinate has no effect if moving it as far as it can go changes no prediction. A logarithm moves
    # by one, a bounded coordinate from bound to bound; one without bounds has no unit, so that only a
    # derivative of exactly zero counts.
    low, high = problem.limits
    reach = np.where(problem.logged, 1.0, high - low)[use]
    idle = np.where(
        np.isfinite(reach), size * reach < 1e-8 * problem.size * np.sqrt(problem.weights.sum()), size == 0
    )
    if idle.any():
        return f"{', '.join(names[use][idle])} has no effect on the fitted values."
    if root.shape[1] and np.linalg.cond(root / size) > 1e9:
        constant = constant_columns(problem)
        cause = f" (constant: {', '.join(constant)})" if constant else ""
        return f"Several sets of parameters fit the runs equally well{cause}."
    return ""
