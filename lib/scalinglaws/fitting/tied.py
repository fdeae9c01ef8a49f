"""Laws made of a law: some of its parameters tied together, or one a group of runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scalinglaws.fitting.law import Formula, Law
from scalinglaws.fitting.problem import FitError


@dataclass(frozen=True)
class TiedFormula(Formula):
    """A law some of whose parameters equal other ones."""

    ties: Mapping[str, str]

    def whole(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters of the law."""
        own = {name: value for name, value in parameters.items() if name not in self.ties}
        return own | {name: own[other] for name, other in self.ties.items()}

    def __call__(self, *columns: Any, **parameters: Any) -> Any:
        return self.law(*columns, **self.whole(parameters))

    def gradient(self, *columns: Any, **parameters: Any) -> dict[str, Any]:
        """The derivatives by the parameters that are left: those of all that move with each, summed."""
        found: dict[str, Any] = {}
        for name, slope in self.law.gradient(*columns, **self.whole(parameters)).items():
            leader = self.ties.get(name, name)
            found[leader] = found.get(leader, 0.0) + slope
        return found

    def hessian(self, *columns: Any, **parameters: Any) -> dict[tuple[str, str], Any]:
        """The second derivatives, likewise."""
        found: dict[tuple[str, str], Any] = {}
        for (one, other), bend in self.law.hessian(*columns, **self.whole(parameters)).items():
            pair = self.ties.get(one, one), self.ties.get(other, other)
            # Of tied parameters a and b the mixed derivative enters the second derivative of the common one twice.
            twice = 2.0 if one != other and pair[0] == pair[1] else 1.0
            pair = pair if pair in found or pair[::-1] not in found else pair[::-1]
            found[pair] = found.get(pair, 0.0) + twice * bend
        return found


def tied(law: Law, ties: Mapping[str, str]) -> Law:
    """The law with some parameters equal to other ones, which alone are left.

    Parameters
    ----------
    ties
        Parameter -> the parameter that it equals. Where one of them is positive both are, and
        the bounds of both hold.

    Raises
    ------
    FitError
        For names that are no parameters, and ties that go round in a circle.
    """
    if not ties:
        return law
    leaders = {}
    for name, other in ties.items():
        if unknown := {name, other} - set(law.parameters):
            raise FitError(
                f"fixed={{{name!r}: {other!r}}} ties two parameters, but {law.name} has no {', '.join(sorted(unknown))}; "
                f"it has {', '.join(law.parameters)}"
            )
        seen = {name}
        while other in ties:
            if other in seen:
                raise FitError(f"fixed ties {name!r} to itself: leave one parameter of the circle out")
            seen.add(other)
            other = ties[other]
        leaders[name] = other
    if any(name == other for name, other in leaders.items()):
        raise FitError(f"fixed ties {sorted(leaders)} to themselves: leave one parameter of the circle out")
    left = tuple(name for name in law.parameters if name not in leaders)

    def members(leader: str) -> set[str]:
        return {leader} | {name for name, other in leaders.items() if other == leader}

    bounds = {}
    for name in left:
        limits = [law.bounds[member] for member in members(name) if member in law.bounds]
        if limits:
            bounds[name] = max(low for low, _ in limits), min(high for _, high in limits)
            if not bounds[name][0] < bounds[name][1]:
                raise FitError(
                    f"the bounds of {', '.join(sorted(members(name)))}, which are tied, do not overlap"
                )
    formula = TiedFormula(law, leaders)
    return replace(
        law,
        function=formula,
        parameters=left,
        linear=tuple(name for name in left if members(name) <= set(law.linear)),
        positive=tuple(name for name in left if members(name) & set(law.positive)),
        bounds=bounds,
        derivatives=formula.gradient,
        curvatures=formula.hessian,
        ties=leaders,
    )


@dataclass(frozen=True)
class GroupedFormula(Formula):
    """A law some of whose parameters differ between groups of runs.

    Attributes
    ----------
    per
        Parameter -> the column that names the groups.
    labels
        That column -> its labels.
    """

    per: Mapping[str, str]
    labels: Mapping[str, tuple[str, ...]]

    def own(self, name: str) -> list[str]:
        """What a parameter of the law is called here: one name, or one a group."""
        return [f"{name}[{label}]" for label in self.labels[self.per[name]]] if name in self.per else [name]

    def groups(
        self, columns: tuple[Any, ...]
    ) -> Iterator[tuple[np.ndarray, tuple[Any, ...], dict[str, str]]]:
        """For each group its rows, the law's columns there, and what its parameters are called here."""
        count, sizes = len(self.law.columns), tuple(map(len, self.labels.values()))
        codes = tuple(np.asarray(values, int) for values in columns[count:])
        cells = np.ravel_multi_index(codes, sizes)
        for cell in np.flatnonzero(np.bincount(cells)):
            rows = np.flatnonzero(cells == cell)
            place = dict(zip(self.labels, np.unravel_index(cell, sizes), strict=True))
            names = {
                name: self.own(name)[place[self.per[name]] if name in self.per else 0]
                for name in self.law.parameters
            }
            yield rows, tuple(np.asarray(values)[rows] for values in columns[:count]), names

    def room(self, columns: tuple[Any, ...], parameters: Mapping[str, Any]) -> np.ndarray:
        """Zeros, one for each set of parameters and run."""
        shape = np.broadcast_shapes(np.shape(columns[0]), *map(np.shape, parameters.values()))
        return np.zeros(shape, np.result_type(float, *parameters.values()))

    def __call__(self, *columns: Any, **parameters: Any) -> Any:
        found = self.room(columns, parameters)
        for rows, here, names in self.groups(columns):
            found[..., rows] = self.law(*here, **{name: parameters[own] for name, own in names.items()})
        return found

    def gradient(self, *columns: Any, **parameters: Any) -> dict[str, Any]:
        """The derivatives by every group's parameters, 0 at the runs of other groups."""
        found = {name: self.room(columns, parameters) for name in parameters}
        for rows, here, names in self.groups(columns):
            slopes = self.law.gradient(*here, **{name: parameters[own] for name, own in names.items()})
            for name, slope in slopes.items():
                found[names[name]][..., rows] = slope
        return found

    def hessian(self, *columns: Any, **parameters: Any) -> dict[tuple[str, str], Any]:
        """The second derivatives, likewise."""
        found: dict[tuple[str, str], Any] = {}
        for rows, here, names in self.groups(columns):
            bends = self.law.hessian(*here, **{name: parameters[own] for name, own in names.items()})
            for (one, other), bend in bends.items():
                pair = names[one], names[other]
                if pair not in found:
                    found[pair] = self.room(columns, parameters)
                found[pair][..., rows] = bend
        return found


def grouped(law: Law, per: Mapping[str, str], labels: Mapping[str, tuple[str, ...]]) -> Law:
    """The law with some parameters of their own for every group of runs.

    Parameters
    ----------
    per
        Parameter -> the column of the data that names the groups; such a parameter `A` becomes
        `A[label]`, one for each label, within the bounds of A.
    labels
        That column -> its labels, in order.

    Raises
    ------
    FitError
        For a name that is no parameter, and for a column that the law takes itself.
    """
    if not per:
        return law
    if unknown := set(per) - set(law.parameters):
        raise FitError(
            f"per names {', '.join(sorted(unknown))}, but {law.name} has the parameters {', '.join(law.parameters)}"
        )
    if taken := set(per.values()) & set(law.columns):
        raise FitError(
            f"per groups by {', '.join(sorted(taken))}, which {law.name} takes as a number: group by another column"
        )
    formula = GroupedFormula(
        law, dict(per), {column: labels[column] for column in dict.fromkeys(per.values())}
    )

    def spread(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(own for name in names for own in formula.own(name))

    return replace(
        law,
        function=formula,
        columns=(*law.columns, *formula.labels),
        parameters=spread(law.parameters),
        linear=spread(law.linear),
        positive=spread(law.positive),
        bounds={own: limits for name, limits in law.bounds.items() for own in formula.own(name)},
        derived={},  # derived quantities differ from group to group
        optimum=None,
        derivatives=formula.gradient,
        curvatures=formula.hessian,
        labels=formula.labels,
        ties=tied_groups(law, formula),
    )


def tied_groups(law: Law, formula: GroupedFormula) -> dict[str, str]:
    """The ties of a law whose leaders have become one a group."""
    found = {}
    for name, leader in law.ties.items():
        for own in formula.own(leader):
            found[name + own.removeprefix(leader)] = own
    return found
