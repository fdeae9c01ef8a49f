"""Scaling laws as short functions with named parameters, and the forms that recur.

A `Law` is a vectorised function: its positional arguments are the columns of the data, its
keyword-only arguments are the parameters. The decorator `law` says which parameters enter
linearly, which are positive, and between which bounds they are sought.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

#: Length of a complex step.
STEP = 1e-200

Gradient = Callable[..., Mapping[str, Any]]
Hessian = Callable[..., Mapping[tuple[str, str], Any]]


@dataclass(frozen=True, repr=False)
class Law:
    """A formula with named columns and named parameters; call it as the function it is.

    Attributes
    ----------
    function
        The formula.
    columns, parameters
        Names of its positional and of its keyword-only arguments.
    linear
        Parameters in which it is linear (and, all being zero, zero).
    positive
        Parameters that are estimated, and reported, on the log scale.
    bounds
        Name -> (low, high) in natural units.
    derivatives
        Gives name -> derivative by that parameter; a complex step where there is none.
    curvatures
        Gives (name, name) -> second derivative, pairs that vanish left out; a complex step
        through `derivatives` where there is none.
    """

    function: Callable[..., Any]
    columns: tuple[str, ...]
    parameters: tuple[str, ...]
    linear: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    derivatives: Gradient | None = None
    curvatures: Hessian | None = None

    @property
    def name(self) -> str:
        """Name of the formula."""
        return self.function.__name__

    @property
    def nonlinear(self) -> tuple[str, ...]:
        """Parameters that do not enter linearly."""
        return tuple(name for name in self.parameters if name not in self.linear)

    @property
    def summary(self) -> str:
        """First line of the formula's docstring, or its name."""
        return (inspect.getdoc(self.function) or self.name).splitlines()[0]

    def __call__(self, *columns: Any, **parameters: Any) -> Any:
        return self.function(*columns, **parameters)

    def __repr__(self) -> str:
        return f"Law {self.name}({', '.join(self.columns)}; {', '.join(self.parameters)})"

    def gradient(self, *columns: Any, **parameters: Any) -> dict[str, np.ndarray]:
        """Derivative of the formula by each parameter, in natural units.

        Without `derivatives` a complex step is taken, exact to rounding for formulas made
        of analytic functions; `abs`, `max` and comparisons on a parameter are not.

        Raises
        ------
        ValueError
            If the given derivatives lack a parameter.
        """
        if self.derivatives is None:
            return complex_step(self.function, columns, parameters)
        found = self.derivatives(*columns, **parameters)
        if missing := set(self.parameters) - set(found):
            raise ValueError(f"the gradient of {self.name} lacks {sorted(missing)}")
        return {name: np.asarray(found[name]) for name in self.parameters}

    def hessian(self, *columns: Any, **parameters: Any) -> dict[tuple[str, str], np.ndarray]:
        """Second derivatives by pairs of parameters, each pair once; what is left out is zero.

        From `curvatures`; else by a complex step through `derivatives`; else by a small
        step of the complex-step gradient, which is good to six digits: enough to choose a
        direction, and nothing else is done with it.
        """
        if self.curvatures is not None:
            return dict(self.curvatures(*columns, **parameters))
        found = {}
        base = None if self.derivatives else self.gradient(*columns, **parameters)
        for j, first in enumerate(self.parameters):
            value = np.asarray(parameters[first])
            if base is None:
                moved = self.derivatives(*columns, **(parameters | {first: value + 1j * STEP}))
                row = {name: np.imag(moved[name]) / STEP for name in self.parameters[j:]}
            else:
                step = 1e-6 * np.where(value == 0, 1.0, np.abs(value))
                moved = self.gradient(*columns, **(parameters | {first: value + step}))
                row = {name: (moved[name] - base[name]) / step for name in self.parameters[j:]}
            found |= {(first, name): values for name, values in row.items()}
        return found

    def row_by_row(self) -> Law:
        """The same law for formulas that take one value of each parameter at a time."""

        @functools.wraps(self.function)
        def looped(*columns: Any, **parameters: Any) -> np.ndarray:
            count = max(np.size(value) for value in parameters.values())
            rows = {name: np.broadcast_to(np.ravel(value), count) for name, value in parameters.items()}
            size = np.shape(columns[0])
            return np.stack([
                np.broadcast_to(self.function(*columns, **{n: v[k].item() for n, v in rows.items()}), size)
                for k in range(count)
            ])  # fmt: skip

        return replace(self, function=looped, derivatives=None, curvatures=None)

    def with_bounds(self, **bounds: tuple[float, float]) -> Law:
        """The same law, sought between other bounds."""
        return replace(self, bounds=dict(self.bounds) | bounds)


def complex_step(
    function: Callable[..., Any], columns: tuple[Any, ...], parameters: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Derivatives by a tiny step along the imaginary axis: no cancellation, so no error to speak of."""
    return {
        name: np.imag(function(*columns, **(dict(parameters) | {name: np.asarray(value) + 1j * STEP}))) / STEP
        for name, value in parameters.items()
    }


def law(
    function: Callable[..., Any] | None = None,
    *,
    linear: tuple[str, ...] = (),
    positive: tuple[str, ...] = (),
    bounds: Mapping[str, tuple[float, float]] | None = None,
    gradient: Gradient | None = None,
    hessian: Hessian | None = None,
) -> Any:
    """Turn a function into a `Law`; use as a decorator, with or without arguments.

    Parameters
    ----------
    function
        Positional arguments are data columns, keyword-only arguments are parameters. Write
        it with numpy's broadcasting: a fit calls it with a column of values for each
        parameter, so that many starts advance together.
    linear
        Parameters in which the law is linear, zero when all of them are zero: they are
        solved for exactly at every start, which leaves fewer to search.
    positive
        Parameters that are positive; they are estimated on the log scale, so that their
        intervals are never symmetric in natural units.
    bounds
        Name -> (low, high) in natural units. A nonlinear parameter needs them, unless
        `fit` is given explicit starts.
    gradient
        Function of the same arguments that returns name -> derivative.
    hessian
        Function of the same arguments that returns (name, name) -> second derivative, each
        pair once; it saves time only.

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
            f, linear=linear, positive=positive, bounds=bounds, gradient=gradient, hessian=hessian
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
    made = Law(function, columns, names, tuple(linear), tuple(positive), limits, gradient, hessian)
    object.__setattr__(made, "__doc__", function.__doc__)
    return made


def _power_law_gradient(x: Any, *, A: Any, alpha: Any) -> dict[str, Any]:
    power = x**-alpha
    return {"A": power, "alpha": -A * power * np.log(x)}


def _power_law_hessian(x: Any, *, A: Any, alpha: Any) -> dict[tuple[str, str], Any]:
    falling = -(x**-alpha) * np.log(x)
    return {("A", "alpha"): falling, ("alpha", "alpha"): -A * falling * np.log(x)}


@law(
    linear=("A",),
    positive=("A",),
    bounds={"alpha": (0, 3)},
    gradient=_power_law_gradient,
    hessian=_power_law_hessian,
)
def power_law(x, *, A, alpha):
    r"""A falling power law, $\hat y = A\,x^{-\alpha}$.

    Parameters
    ----------
    x
        What is scaled: parameters, tokens, FLOPs, in any unit; the unit moves `A` only.
    A
        Value at x = 1, in the unit of y.
    alpha
        Exponent, no unit.

    Source: Hestness et al. (2017), arXiv:1712.00409, section 2 (there with E = 0);
    Kaplan et al. (2020), arXiv:2001.08361, eq. 1.1 writes $A = x_c^{\alpha}$.
    """
    return A * x**-alpha


def _power_law_with_constant_gradient(x: Any, *, E: Any, A: Any, alpha: Any) -> dict[str, Any]:
    return {"E": 1.0, **_power_law_gradient(x, A=A, alpha=alpha)}


def _power_law_with_constant_hessian(x: Any, *, E: Any, A: Any, alpha: Any) -> dict[tuple[str, str], Any]:
    return _power_law_hessian(x, A=A, alpha=alpha)


@law(
    linear=("E", "A"),
    positive=("E", "A"),
    bounds={"alpha": (0, 3)},
    gradient=_power_law_with_constant_gradient,
    hessian=_power_law_with_constant_hessian,
)
def power_law_with_constant(x, *, E, A, alpha):
    r"""A power law above a floor, $\hat y = E + A\,x^{-\alpha}$.

    Parameters
    ----------
    x
        What is scaled, in any unit; the unit moves `A` only.
    E
        What is left at infinite x, in the unit of y.
    A
        Distance from the floor at x = 1, in the unit of y.
    alpha
        Exponent, no unit.

    Source: Hestness et al. (2017), arXiv:1712.00409, section 2; Henighan et al. (2020),
    arXiv:2010.14701, eq. 1.1.
    """
    return E + A * x**-alpha


def _chinchilla_gradient(
    n_params: Any, n_tokens: Any, *, E: Any, A: Any, B: Any, alpha: Any, beta: Any
) -> dict[str, Any]:
    size, data = n_params**-alpha, n_tokens**-beta
    return {
        "E": 1.0,
        "A": size,
        "B": data,
        "alpha": -A * size * np.log(n_params),
        "beta": -B * data * np.log(n_tokens),
    }


def _chinchilla_hessian(
    n_params: Any, n_tokens: Any, *, E: Any, A: Any, B: Any, alpha: Any, beta: Any
) -> dict[tuple[str, str], Any]:
    size = _power_law_hessian(n_params, A=A, alpha=alpha)
    data = _power_law_hessian(n_tokens, A=B, alpha=beta)
    return size | {("B", "beta"): data["A", "alpha"], ("beta", "beta"): data["alpha", "alpha"]}


@law(
    linear=("E", "A", "B"),
    positive=("E", "A", "B"),
    bounds={"alpha": (0, 3), "beta": (0, 3)},
    gradient=_chinchilla_gradient,
    hessian=_chinchilla_hessian,
)
def chinchilla(n_params, n_tokens, *, E, A, B, alpha, beta):
    r"""Loss from size and data, $\hat L(N, D) = E + A/N^{\alpha} + B/D^{\beta}$.

    Parameters
    ----------
    n_params
        $N$, trainable parameters (say how embeddings are counted).
    n_tokens
        $D$, training tokens seen.
    E
        Loss of an infinite model on infinite data, nats per token.
    A, B
        Excess losses at one parameter and at one token, nats per token.
    alpha, beta
        Exponents, no unit.

    Source: Hoffmann et al. (2022), arXiv:2203.15556, eq. 2.
    """
    return E + A * n_params**-alpha + B * n_tokens**-beta
