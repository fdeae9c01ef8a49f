"""A law put to the test on the data before it is fitted: what it says of itself is not believed.

At a few random places within the bounds: can it be called with columns of values, is it linear
where it says so, is a given gradient its gradient, does it take complex numbers, and are there
runs at which it has no value at all?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from scalinglaws.fitting.derivatives import apart, complex_step, real_differences, takes_complex
from scalinglaws.fitting.law import Law
from scalinglaws.fitting.problem import FitError
from scalinglaws.text import counted

Columns = tuple[np.ndarray, ...]
Point = dict[str, float]

#: How many places are looked at, and on how many runs.
PLACES, RUNS = 4, 16
#: Second derivatives by differences are good to this share of the largest.
ROUGH = 1e-2
#: Formula -> what came of examining it.
PASSED: WeakKeyDictionary[Callable[..., object], Trial] = WeakKeyDictionary()


@np.errstate(all="ignore")
def examined(law: Law, columns: Columns, fixed: Mapping[str, float]) -> Law:
    """The law in a form that can be fitted, with what a complex step may be taken through.

    A law that has passed once is not examined again, except for runs at which it has no value.

    Raises
    ------
    FitError
        If the law cannot be called, is not linear in what it says, has no value at some runs,
        or comes with wrong derivatives: one sentence that names what is wrong.
    """
    linear = tuple(name for name in law.linear if name not in fixed)
    declaration = law.derivatives, law.curvatures, linear
    places = inside(law, fixed)
    known = PASSED.get(law.function)
    if known is None or known.declaration != declaration:
        few = tuple(values[:: -(-len(values) // RUNS)] for values in columns)
        known = trial(law, few, places, linear)
        if known.sound:
            PASSED[law.function] = known._replace(declaration=declaration)
    law = replace(law.row_by_row() if known.alone else law, analytic=known.analytic)
    if any((values <= 0).any() for values in columns):
        refuse_runs_without_value(law, columns, places)
    return law


class Trial(NamedTuple):
    """What came of examining a law.

    Attributes
    ----------
    alone
        Whether it takes one set of parameters at a time only.
    analytic
        As an attribute of the law.
    sound
        Whether it had a value anywhere: else the rest is not known.
    declaration
        What the law had said of itself.
    """

    alone: bool
    analytic: bool | None = None
    sound: bool = False
    declaration: tuple[object, ...] = ()


def trial(law: Law, columns: Columns, places: list[Point], linear: tuple[str, ...]) -> Trial:
    """Examine a law on a few runs.

    Raises
    ------
    FitError
        As `examined` does.
    """
    alone = not broadcasts(law, columns, places)
    law = law.row_by_row() if alone else law
    sound = [place for place in places if np.isfinite(evaluated(law, columns, place)).any()]
    if not sound:
        return Trial(alone)
    for place in sound:
        refuse_false_linearity(law, columns, place, linear)
    if law.derivatives is None:
        analytic = all(takes_complex(law.function, columns, place, law.scales(place)) for place in sound)
    else:
        for place in sound:
            refuse_wrong_gradient(law, columns, place)
        analytic = law.curvatures is not None or derivatives_take_complex(law, columns, sound[0])
    if law.curvatures is not None:
        refuse_wrong_hessian(replace(law, analytic=analytic), columns, sound[0])
    return Trial(alone, analytic, True)


def inside(law: Law, fixed: Mapping[str, float]) -> list[Point]:
    """Random places within the bounds; exponents, which are sought from 0 on, small more often than large."""
    rng = np.random.default_rng(0)

    def draw(name: str) -> float:
        share = rng.uniform(0.1, 0.9)
        if name in fixed:
            return float(fixed[name])
        low, high = map(float, law.bounds.get(name, (-np.inf, np.inf)))
        if name in law.positive:
            low, high = max(low, 0.0), high
            if not 0 < low < high < np.inf:
                return float(np.clip(np.exp(2 * share - 1), low, high))
            return low * (high / low) ** share
        if not np.isfinite([low, high]).all():
            return float(np.clip(0.5 + share, low, high))
        return low + (high - low) * (share**2 if low == 0 else share)

    return [{name: draw(name) for name in law.parameters} for _ in range(PLACES)]


def evaluated(law: Law, columns: Columns, place: Point) -> np.ndarray:
    """The law at one place."""
    try:
        return np.broadcast_to(np.asarray(law(*columns, **place), float), np.shape(columns[0]))
    except Exception as error:  # Whatever a formula of the user's raises.
        raise FitError(
            f"{law.name} raises {type(error).__name__} ({error}) when called with the columns as arrays and "
            f"{listed(place)}: the law has to take these"
        ) from error


def listed(place: Mapping[str, float]) -> str:
    """Parameters and their values in words."""
    return ", ".join(f"{name} = {value:.3g}" for name, value in place.items())


def broadcasts(law: Law, columns: Columns, places: list[Point]) -> bool:
    """Whether the formula takes a column of values for each parameter, and gives a row for each."""
    column = {name: np.array([[places[0][name]], [places[1][name]]]) for name in law.parameters}
    shape = (2, len(columns[0]))

    def same(both: object, single: list[object]) -> bool:
        rows = np.broadcast_to(np.asarray(both, float), shape)
        alone = [np.broadcast_to(np.asarray(one, float), shape[1:]) for one in single]
        return bool(np.allclose(rows, alone, rtol=1e-9, atol=0, equal_nan=True))

    try:
        if not same(law(*columns, **column), [law(*columns, **place) for place in places[:2]]):
            return False
        if law.derivatives is None:
            return True
        both = law.gradient(*columns, **column)
        single = [law.gradient(*columns, **place) for place in places[:2]]
        return all(same(both[name], [one[name] for one in single]) for name in law.parameters)
    except ValueError as error:
        if "lacks" in str(error):
            raise FitError(str(error)) from error
        return False
    except (TypeError, ArithmeticError, AttributeError, IndexError):
        return False


def refuse_runs_without_value(law: Law, columns: Columns, places: list[Point]) -> None:
    """Raise if runs with a column that is 0 or negative have no value, or no derivative, at any place."""
    count = len(columns[0])
    has = np.zeros(count, bool)
    for place in places:
        found = [evaluated(law, columns, place), *law.gradient(*columns, **place).values()]
        has |= np.all([np.broadcast_to(np.isfinite(values), count) for values in found], axis=0)
    for name, values in zip(law.columns, columns, strict=True):
        bad = np.flatnonzero(~has & (values <= 0))
        if len(bad):
            raise FitError(
                f"{law.name} has no value or no derivative, whatever its parameters, in {counted(len(bad), 'run')} where {name!r} "
                f"is not positive (first in row {bad[0]}: {values[bad[0]]:.4g}): powers and logarithms need positive "
                "columns; drop those runs, and say so"
            )


def refuse_false_linearity(law: Law, columns: Columns, place: Point, linear: tuple[str, ...]) -> None:
    """Raise if the law is not linear in what it says it is linear in, all taken together."""
    if not linear:
        return

    def at(factor: float, names: Sequence[str]) -> np.ndarray:
        scaled = {name: factor * place[name] if name in names else 0.0 for name in linear}
        return evaluated(law, columns, place | scaled)

    def bent(names: Sequence[str]) -> bool:
        none, one, two = at(0.0, names), at(1.0, names), at(2.0, names)
        size = np.maximum(np.abs(none), np.abs(two))
        off = np.abs(two - 2 * one + none) > 1e-8 * size
        return bool(np.any(np.isfinite(one) & (off | ~np.isfinite(none))))

    if bent(linear):
        guilty = [name for name in linear if bent([name])] or linear
        raise FitError(
            f"{law.name} is not linear in {', '.join(guilty)}: take "
            f"{'it' if len(guilty) == 1 else 'them'} out of linear=(...)"
        )


def refuse_wrong_gradient(law: Law, columns: Columns, place: Point) -> None:
    """Raise if a given derivative is not that of the law."""
    try:
        given = law.gradient(*columns, **place)
        exact = complex_step(law.function, columns, place)
        if all(np.allclose(given[name], exact[name], rtol=1e-9, atol=0) for name in law.parameters):
            return
    except Exception:  # A formula that refuses complex numbers does so in any way it likes.
        given = law.gradient(*columns, **place)
    for name, real in real_differences(law.function, columns, place, law.scales(place)).items():
        wrong = np.flatnonzero(apart(given[name], real))
        if len(wrong):
            ours = np.broadcast_to(given[name], real.value.shape)[wrong[0]]
            raise FitError(
                f"the gradient given for {law.name} is wrong for {name}: {ours:.6g}, where differences "
                f"of the law give {real.value[wrong[0]]:.6g} (at {listed(place)}); mend it, or leave gradient= out"
            )


def rough_curvatures(law: Law, columns: Columns, place: Point) -> dict[tuple[str, str], np.ndarray]:
    """Differences of the gradient, by pairs of parameters, each pair once."""
    found, scales = {}, law.scales(place)
    for j, first in enumerate(law.parameters):
        width = 1e-4 * float(scales[first])
        above, below = (
            law.gradient(*columns, **(place | {first: place[first] + step})) for step in (width, -width)
        )
        for name in law.parameters[j:]:
            found[first, name] = np.asarray(above[name] - below[name]) / (2 * width)
    return found


def of_pair(found: Mapping[tuple[str, str], Any], first: str, second: str) -> Any:
    """A second derivative, which may be kept in either order, or left out where it is zero."""
    return found.get((first, second), found.get((second, first), 0.0))


def agree(one: object, other: object) -> bool:
    """Whether two second derivatives agree as well as rough differences can."""
    one, other = np.broadcast_arrays(one, other)
    size = max(np.abs(one).max(initial=0.0), np.abs(other).max(initial=0.0))
    return not np.any(np.abs(one - other) > ROUGH * size + 1e-300)


def derivatives_take_complex(law: Law, columns: Columns, place: Point) -> bool:
    """Whether a complex step through the given derivatives gives second derivatives."""
    try:
        found = replace(law, analytic=True, curvatures=None).hessian(*columns, **place)
    except Exception:  # As above.
        return False
    rough = rough_curvatures(law, columns, place)
    return all(agree(of_pair(found, *pair), rough[pair]) for pair in rough)


def refuse_wrong_hessian(law: Law, columns: Columns, place: Point) -> None:
    """Raise if a given second derivative is not that of the law."""
    given = law.hessian(*columns, **place)
    # Differences of a gradient that does not depend on a parameter are rounding.
    for (first, second), rough in rough_curvatures(law, columns, place).items():
        ours = of_pair(given, first, second)
        slope = np.abs(law.gradient(*columns, **place)[second]).max()
        nothing = 1e-8 * slope / float(law.scales(place)[first])
        if not agree(ours, rough) and np.any(np.abs(ours - rough) > nothing):
            raise FitError(
                f"the hessian given for {law.name} is wrong for ({first}, {second}): mend it, or leave hessian= out"
            )
