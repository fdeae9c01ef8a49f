"""What a law is: a vectorised formula with named columns and named parameters, and its derivatives.

Its positional arguments are the columns of the data, its keyword-only arguments are the
parameters. The decorator `law` says which parameters enter linearly, which are positive, and
between which bounds they are sought. The laws themselves stand in `scalinglaws.laws`.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from scalinglaws.fitting.derivatives import (
    STEP,
    complex_step,
    real_curvatures,
    real_differences,
    takes_complex,
)

Gradient = Callable[..., Mapping[str, Any]]
Hessian = Callable[..., Mapping[tuple[str, str], Any]]


@dataclass(frozen=True, repr=False, eq=False)
class Law:
    """A formula with named columns and named parameters; call it as the function it is.

    Attributes
    ----------
    function
        The formula.
    columns, parameters
        Names of its positional and of its keyword-only arguments.
    linear
        Parameters in which it is linear, jointly, the others being given.
    positive
        Parameters that are estimated, and reported, on the log scale.
    bounds
        Name -> (low, high) in natural units.
    derivatives
        Gives name -> derivative by that parameter; found numerically where there is none.
    curvatures
        Gives (name, name) -> second derivative, pairs that vanish left out; found
        numerically where there is none.
    analytic
        Whether a complex step may be taken through `derivatives`, or through `function` where
        there are none. None: not known, and found out at each call; a fit finds it out once.
    labels
        Column -> its labels, for a column that names groups: the data hold labels, the
        formula is given their places in this tuple.
    ties
        Parameter -> the parameter that it always equals; it is none of `parameters`.
    derived
        Name -> function of the parameters that gives what the paper derives from them, such as
        the exponent of the best size; a fit has each under its name.
    optimum
        Function of the parameters and a budget in FLOPs: the compute-optimal split, where the
        law has one in closed form.
    """

    function: Callable[..., Any]
    columns: tuple[str, ...]
    parameters: tuple[str, ...]
    linear: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    derivatives: Gradient | None = None
    curvatures: Hessian | None = None
    analytic: bool | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ties: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, Callable[[Mapping[str, float]], float]] = field(default_factory=dict)
    optimum: Callable[[Mapping[str, float], Any], Any] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.function.__doc__)

    @property
    def name(self) -> str:
        """Name of the formula."""
        return self.function.__name__

    @property
    def nonlinear(self) -> tuple[str, ...]:
        """Parameters that do not enter linearly."""
        return tuple(name for name in self.parameters if name not in self.linear)

    @property
    def curved(self) -> dict[str, list[str]]:
        """Each nonlinear parameter -> those with which it may have a second derivative, each pair once.

        Two parameters in which the formula is jointly linear have none.
        """
        names = [*self.nonlinear, *self.linear]
        return {first: names[j:] for j, first in enumerate(self.nonlinear)}

    @property
    def summary(self) -> str:
        """First line of the formula's docstring, or its name."""
        return (inspect.getdoc(self.function) or self.name).splitlines()[0]

    def __call__(self, *columns: Any, **parameters: Any) -> Any:
        return self.function(*columns, **parameters)

    def __repr__(self) -> str:
        return f"Law {self.name}({', '.join(self.columns)}; {', '.join(self.parameters)})"

    def __reduce__(self) -> Any:
        """Pickle a law of a module by its name: the function itself hides behind the decorator."""
        declared = named(self.function)
        if declared is self:
            return named_law, (self.function.__module__, self.function.__qualname__)
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        if isinstance(declared, Law):
            changed = {k: v for k, v in own.items() if v is not getattr(declared, k)}
            return replaced, (declared, changed)
        if "<" in getattr(self.function, "__qualname__", ""):
            raise TypeError(
                f"cannot pickle the law {self.name}, which is defined inside a function: define it at the top of a module"
            )
        return replaced, (None, own)

    def complete(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters with those that are tied to another one added."""
        return dict(parameters) | {name: parameters[other] for name, other in self.ties.items()}

    def scales(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Over what distance the formula changes along each parameter, to an order of magnitude or two."""
        found = {}
        for name, value in parameters.items():
            size = np.abs(np.asarray(value, float))
            if name not in self.positive:
                width = np.ptp(self.bounds.get(name, (0.0, 1.0)))
                size = np.maximum(size, 1e-2 * min(width, 1.0) if name in self.nonlinear else 0.0)
            found[name] = np.where(size > 0, size, 1.0)
        return found

    def gradient(self, *columns: Any, **parameters: Any) -> dict[str, np.ndarray]:
        """Derivative of the formula by each parameter, in natural units.

        Without `derivatives` a complex step is taken, exact to rounding for formulas made
        of analytic functions; else real differences, good to some ten digits.

        Raises
        ------
        ValueError
            If the given derivatives lack a parameter.
        """
        if self.derivatives is not None:
            found = self.derivatives(*columns, **parameters)
            if missing := set(self.parameters) - set(found):
                raise ValueError(f"the gradient of {self.name} lacks {sorted(missing)}")
            return {name: np.asarray(found[name]) for name in self.parameters}
        analytic = self.analytic
        if analytic is None:
            analytic = takes_complex(self.function, columns, parameters, self.scales(parameters))
        if analytic:
            return complex_step(self.function, columns, parameters)
        scales = self.scales(parameters)
        return {n: d.value for n, d in real_differences(self.function, columns, parameters, scales).items()}

    def hessian(self, *columns: Any, **parameters: Any) -> dict[tuple[str, str], np.ndarray]:
        """Second derivatives by pairs of parameters, each pair once; what is left out is zero.

        From `curvatures`; else by a complex step through `derivatives`; else by a small
        step, which is good to five or six digits: enough to choose a direction, and nothing
        else is done with it.
        """
        return self.second(columns, parameters)

    def second(
        self,
        columns: tuple[Any, ...],
        parameters: Mapping[str, Any],
        gradient: Mapping[str, np.ndarray] | None = None,
    ) -> dict[tuple[str, str], np.ndarray]:
        """As `hessian`; `gradient` is the one there, where it is at hand."""
        if self.curvatures is not None:
            return dict(self.curvatures(*columns, **parameters))
        analytic = self.analytic
        if analytic is None:
            scales = self.scales(parameters)
            analytic = all(
                takes_complex(formula, columns, parameters, scales) for formula in self.steppable.values()
            )
        # An analytic law needs none, and they take as long as its derivatives where there are few runs.
        scales = {} if analytic else self.scales(parameters)
        if self.derivatives is None and not analytic:
            return real_curvatures(self.function, columns, parameters, scales, self.curved)
        if gradient is None and self.derivatives is None:
            gradient = self.gradient(*columns, **parameters)
        found = {}
        for first, names in self.curved.items():
            value = np.asarray(parameters[first])

            def slopes(moved: Any, first: str = first) -> dict[str, np.ndarray]:
                return self.gradient(*columns, **(parameters | {first: moved}))

            if self.derivatives is not None and analytic:
                moved = slopes(value + 1j * STEP)
                row = {name: np.imag(moved[name]) / STEP for name in names}
            elif self.derivatives is not None:
                width = 1e-4 * scales[first]
                with np.errstate(all="ignore"):
                    above, below = slopes(value + width), slopes(value - width)
                    row = {name: (above[name] - below[name]) / (2 * width) for name in names}
            else:
                step = 1e-6 * np.where(value == 0, 1.0, np.abs(value))
                moved = complex_step(self.function, columns, parameters | {first: value + step}, names)
                row = {name: (moved[name] - gradient[name]) / step for name in names}
            found |= {(first, name): values for name, values in row.items()}
        return found

    @property
    def steppable(self) -> dict[str, Callable[..., Any]]:
        """The formulas through which a complex step would go: the given derivatives, or the law itself."""
        if self.derivatives is None:
            return {"": self.function}
        return {
            name: lambda *columns, name=name, **values: self.derivatives(*columns, **values)[name]
            for name in self.parameters
        }

    def row_by_row(self) -> Law:
        """The same law for formulas that take one value of each parameter at a time."""
        if isinstance(self.function, RowByRow):
            return self
        return replace(self, function=RowByRow(self), derivatives=None, curvatures=None)

    def with_bounds(self, **bounds: tuple[float, float]) -> Law:
        """The same law, sought between other bounds."""
        return replace(self, bounds=dict(self.bounds) | bounds)


@dataclass(frozen=True)
class Formula:
    """A formula made of a law's, under the law's name."""

    law: Law

    def __post_init__(self) -> None:
        object.__setattr__(self, "__name__", self.law.name)
        object.__setattr__(self, "__doc__", self.law.__doc__)


class RowByRow(Formula):
    """A law's formula, called once for each row of parameters; not a number where it cannot be evaluated."""

    def __call__(self, *columns: Any, **parameters: Any) -> np.ndarray:
        lead = np.broadcast_shapes(*map(np.shape, parameters.values()))
        rows = {name: np.broadcast_to(value, lead).ravel() for name, value in parameters.items()}
        size, count = np.shape(columns[0]), int(np.prod(lead))
        found = np.stack(
            [self.once(columns, {n: v[k].item() for n, v in rows.items()}, size) for k in range(count)]
        )
        return found if len(lead) > 1 or count > 1 else found[0]

    def once(self, columns: tuple[Any, ...], values: Mapping[str, Any], size: tuple[int, ...]) -> np.ndarray:
        """The formula for one value of each parameter."""
        try:
            return np.broadcast_to(self.law.function(*columns, **values), size)
        except ArithmeticError:  # `math.exp` raises where numpy says infinity.
            return np.full(size, np.nan)
        except ValueError as error:
            if "math domain" in str(error) or "expected a" in str(error):
                return np.full(size, np.nan)
            raise


def named(function: Callable[..., Any]) -> Any:
    """What a module holds under a function's own name; None if nothing."""
    try:
        found: Any = importlib.import_module(function.__module__)
        for part in function.__qualname__.split("."):
            found = getattr(found, part)
    except (AttributeError, ImportError):
        return None
    return found if getattr(found, "function", None) is function else None


def named_law(module: str, name: str) -> Any:
    """The law of this name in a module."""
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def replaced(law: Law | None, changes: dict[str, Any]) -> Law:
    """A law with some fields changed, or one made of all its fields."""
    return Law(**changes) if law is None else replace(law, **changes)


def law(
    function: Callable[..., Any] | None = None,
    *,
    linear: tuple[str, ...] = (),
    positive: tuple[str, ...] = (),
    bounds: Mapping[str, tuple[float, float]] | None = None,
    gradient: Gradient | None = None,
    hessian: Hessian | None = None,
    derived: Mapping[str, Callable[[Mapping[str, float]], float]] | None = None,
    optimum: Callable[[Mapping[str, float], Any], Any] | None = None,
) -> Any:
    """Turn a function into a `Law`; use as a decorator, with or without arguments.

    Parameters
    ----------
    function
        Positional arguments are data columns, keyword-only arguments are parameters. Write
        it with numpy's broadcasting: a fit calls it with a column of values for each
        parameter, so that many starts advance together. A formula that cannot is called row
        by row, which is slower.
    linear
        Parameters in which the law is linear, jointly, the others being given: they are
        solved for exactly at every start, which leaves fewer to search.
    positive
        Parameters that are positive; they are estimated on the log scale, so that their
        intervals are never symmetric in natural units.
    bounds
        Name -> (low, high) in natural units. A nonlinear parameter needs them, unless
        `fit` is given explicit starts.
    gradient
        Function of the same arguments that returns name -> derivative. A fit checks it.
    hessian
        Function of the same arguments that returns (name, name) -> second derivative, each
        pair once; it saves time only. A fit checks it.
    derived
        Name -> function of the parameters, for what is derived from them: `fit.a` asks `derived["a"]`.
    optimum
        Function of the parameters and a budget in FLOPs: the compute-optimal split.

    Raises
    ------
    ValueError
        If the function has no columns or no parameters, or a name is unknown.

    Examples
    --------
    >>> @law(linear=("A",), positive=("A",), bounds={"alpha": (0, 2)})
    ... def decay(steps, *, A, alpha):
    ...     return A * steps**-alpha
    >>> decay
    Law decay(steps; A, alpha)
    >>> float(decay(4.0, A=2.0, alpha=0.5))
    1.0
    """
    if function is None:
        return lambda f: law(
            f,
            linear=linear,
            positive=positive,
            bounds=bounds,
            gradient=gradient,
            hessian=hessian,
            derived=derived,
            optimum=optimum,
        )
    kinds = inspect.Parameter
    arguments = inspect.signature(function).parameters.values()
    columns = tuple(
        a.name for a in arguments if a.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)
    )
    names = tuple(a.name for a in arguments if a.kind is kinds.KEYWORD_ONLY)
    if not columns or not names:
        raise ValueError(f"{function.__name__}: write it as f(column, ..., *, parameter, ...)")
    limits = dict(bounds or {})
    if unknown := (set(linear) | set(positive) | set(limits)) - set(names):
        raise ValueError(
            f"{function.__name__}: no such parameter: {sorted(unknown)}; it has {', '.join(names)}"
        )
    return Law(
        function,
        columns,
        names,
        tuple(linear),
        tuple(positive),
        limits,
        gradient,
        hessian,
        derived=dict(derived or {}),
        optimum=optimum,
    )
