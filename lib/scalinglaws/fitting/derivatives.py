"""Derivatives of a formula: by a complex step where it takes complex numbers, by real differences where not.

A complex step is exact to rounding, but needs a formula of analytic functions: `scipy.special.expit`,
`math.exp` or `np.logaddexp` refuse complex numbers, and `abs` or `float` drop their imaginary part
without a word. Real differences, extrapolated, are good to some ten digits for any smooth formula.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

Formula = Callable[..., Any]
Parameters = Mapping[str, Any]

#: Length of a complex step.
STEP = 1e-200
#: The widest real difference, as a share of the parameter's scale; each further one is a third as wide.
WIDEST = 0.1
#: How many differences are extrapolated from.
LEVELS = 9
#: Width of the real differences that second derivatives are made of, as a share of the scale.
SECOND = 1e-3
#: Two derivatives that differ by more than this share are not the same.
APART = 1e-5


class Derivative(NamedTuple):
    """A derivative by real differences and how far it may be off, entry by entry."""

    value: np.ndarray
    error: np.ndarray


def complex_step(
    function: Formula, columns: Sequence[Any], parameters: Parameters, names: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Derivatives by some or all parameters, by a tiny step along the imaginary axis.

    Nothing cancels, so there is no error to speak of.
    """
    found = {}
    for name in parameters if names is None else names:
        stepped = dict(parameters) | {name: np.asarray(parameters[name]) + 1j * STEP}
        found[name] = np.imag(function(*columns, **stepped)) / STEP
    return found


def extrapolated(function: Callable[[Any], Any], value: Any, scale: Any) -> Derivative:
    """Derivative at a value, extrapolated to a width of zero from ever narrower central differences.

    Parameters
    ----------
    function
        Of one argument of the shape of `value`.
    value, scale
        Where, and over what distance it changes there, to an order of magnitude or two.

    Source: Ridders (1982), doi:10.1016/S0141-1195(82)80057-0; for each entry the
    extrapolation that changes least is taken.
    """
    value = np.asarray(value, float)
    best = least = None
    former: list[np.ndarray] = []
    for level in range(LEVELS):
        above, below = value + WIDEST * scale / 3**level, value - WIDEST * scale / 3**level
        high, low = np.asarray(function(above), float), np.asarray(function(below), float)
        # The width that was stepped, which rounding may have changed.
        width = above - below
        noise = 4 * np.finfo(float).eps * (np.abs(high) + np.abs(low)) / np.abs(width)
        row = [(high - low) / width]
        if best is None:
            best, least = row[0], np.full(np.shape(row[0]), np.inf)
        for order, old in enumerate(former, start=1):
            row.append(row[-1] + (row[-1] - old) / (9.0**order - 1))
            change = np.maximum(np.abs(row[-1] - row[-2]), np.abs(row[-1] - old))
            error = np.maximum(change, noise)
            better = error < least
            best, least = np.where(better, row[-1], best), np.where(better, error, least)
        former = row
    return Derivative(best, least)


def real_differences(
    function: Formula, columns: Sequence[Any], parameters: Parameters, scales: Parameters
) -> dict[str, Derivative]:
    """Derivatives by real differences, good to some ten digits where the formula is smooth.

    Parameters
    ----------
    function, columns, parameters
        The formula and its arguments; parameters may be columns of values.
    scales
        Name -> over what distance the formula changes, for each parameter.
    """

    def along(name: str) -> Callable[[Any], Any]:
        return lambda value: function(*columns, **(dict(parameters) | {name: value}))

    with np.errstate(all="ignore"):
        return {name: extrapolated(along(name), value, scales[name]) for name, value in parameters.items()}


def real_curvatures(
    function: Formula,
    columns: Sequence[Any],
    parameters: Parameters,
    scales: Parameters,
    pairs: Mapping[str, Sequence[str]],
) -> dict[tuple[str, str], np.ndarray]:
    """Second derivatives by pairs of parameters, good to some five digits.

    Parameters
    ----------
    function, columns, parameters, scales
        As for `real_differences`.
    pairs
        Parameter -> those that it is paired with, itself first.
    """
    values = {name: np.asarray(value, float) for name, value in parameters.items()}
    widths = {name: SECOND * scales[name] for name in parameters}

    def at(**steps: int) -> np.ndarray:
        moved = {name: values[name] + step * widths[name] for name, step in steps.items()}
        return np.asarray(function(*columns, **(values | moved)), float)

    found = {}
    with np.errstate(all="ignore"):
        here = at()
        for first, (_, *others) in pairs.items():
            found[first, first] = (at(**{first: 1}) - 2 * here + at(**{first: -1})) / widths[first] ** 2
            for second in others:
                corners = sum(i * k * at(**{first: i, second: k}) for i in (1, -1) for k in (1, -1))
                found[first, second] = corners / (4 * widths[first] * widths[second])
    return found


def apart(ours: Any, other: Derivative) -> np.ndarray:
    """Where a derivative differs from real differences by more than these may be off."""
    ours = np.broadcast_to(np.asarray(ours), other.value.shape)
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(ours), np.abs(other.value))
        wrong = np.abs(ours - other.value) > APART * size + 100 * other.error
    return wrong & np.isfinite(other.value) & np.isfinite(other.error)


def takes_complex(
    function: Formula, columns: Sequence[Any], parameters: Parameters, scales: Parameters
) -> bool:
    """Whether a complex step gives the formula's derivatives: it is taken, and real differences agree."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
            steps = complex_step(function, columns, parameters)
    except Exception:  # A formula may refuse complex numbers in any way it likes.
        return False
    differences = real_differences(function, columns, parameters, scales)
    return not any(apart(steps[name], differences[name]).any() for name in parameters)
