"""A law on its data, seen from coordinates in which a search is easy: what the oracles share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from scalinglaws.fitting.losses import Loss
from scalinglaws.laws import Law

#: Log residuals are taken to be within this: a prediction of 0 is infinitely far off.
FAR = 1e3


@dataclass(frozen=True)
class Ground:
    """A law on its data, seen from coordinates.

    What each linear parameter adds in the middle of the runs; logarithms of positive nonlinear
    parameters, and of how far `E_here` lies below the least loss, where the law has a pole; all
    else as it is.
    """

    law: Law
    columns: tuple[np.ndarray, ...]
    y: np.ndarray
    loss: Loss

    @property
    def names(self) -> tuple[str, ...]:
        """The coordinates: the linear parameters first."""
        return (*self.law.linear, *self.law.nonlinear)

    @cached_property
    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Least and greatest coordinates."""
        ends = [(0.0, np.inf)] * len(self.law.linear)
        for name in self.law.nonlinear:
            low, high = self.law.bounds[name]
            if name == "E_here":
                ends.append((np.log(1e-17), np.log(self.top - low)))
            else:
                ends.append((np.log(low), np.log(high)) if name in self.law.positive else (low, high))
        return tuple(np.array(ends, float).T)

    @cached_property
    def middle(self) -> tuple[float, ...]:
        """The middle of the runs."""
        return tuple(float(np.median(c)) for c in self.columns)

    @cached_property
    def top(self) -> float:
        """What `E_here` is below."""
        return min(self.law.bounds["E_here"][1], float(self.columns[0].min()))

    def coordinate(self, name: str, values: np.ndarray) -> np.ndarray:
        """A nonlinear parameter in natural units as a coordinate."""
        if name == "E_here":
            return np.log(np.maximum(self.top - values, 1e-17))
        return np.log(values) if name in self.law.positive else values

    def params(self, x: np.ndarray) -> dict[str, Any]:
        """Coordinates, (parameters,) or (rows, parameters), as the law takes them."""
        found = {name: x[j] if x.ndim == 1 else x[:, j, None] for j, name in enumerate(self.names)}
        for name in self.law.nonlinear:
            if name == "E_here":
                found[name] = self.top - np.exp(found[name])
            elif name in self.law.positive:
                found[name] = np.exp(found[name])
        linear = {name: found.pop(name) for name in self.law.linear}
        return {name: value / self.share(name, found) for name, value in linear.items()} | found

    def share(self, name: str, nonlinear: Mapping[str, Any]) -> Any:
        """What a unit of a linear parameter adds in the middle of the runs."""
        middle = self.middle
        zero = dict.fromkeys(self.law.linear, 0.0)
        with np.errstate(all="ignore"):
            added = self.law.function(*middle, **nonlinear, **(zero | {name: 1.0}))
            found = added - self.law.function(*middle, **nonlinear, **zero)
        return np.where(np.isfinite(found) & (found != 0), found, 1.0)[()]

    def coordinates(self, params: Mapping[str, np.ndarray]) -> np.ndarray:
        """Parameters in natural units as coordinates, (places, parameters)."""
        nonlinear = {name: params[name] for name in self.law.nonlinear}
        linear = [params[name] * self.share(name, nonlinear) for name in self.law.linear]
        return np.column_stack([*linear, *(self.coordinate(n, v) for n, v in nonlinear.items())])

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """Log y minus log prediction."""
        with np.errstate(all="ignore"):
            r = np.log(self.y) - np.log(self.law.function(*self.columns, **self.params(x)))
        return np.clip(np.nan_to_num(r, nan=FAR, posinf=FAR, neginf=-FAR), -FAR, FAR)

    def slopes(self, x: np.ndarray) -> np.ndarray:
        """Their derivatives by the coordinates, (runs, parameters), by a complex step."""
        with np.errstate(all="ignore"):
            moved = self.params(x + 1e-30j * np.eye(len(x)))
            predicted = np.broadcast_to(self.law.function(*self.columns, **moved), (len(x), len(self.y)))
            found = -np.imag(predicted) / np.real(predicted) / 1e-30
        return np.nan_to_num(found.T, nan=0.0, posinf=0.0, neginf=0.0)

    def value(self, x: np.ndarray) -> float:
        """The objective."""
        return float(self.loss.rho(self.residuals(x)).sum())
