"""Narrow networks as arrays, and their errors at every point of the domain, not on a grid.

A network of ReLU or leaky ReLU is linear between finitely many breakpoints. The targets of one
input are polylines, so the error is linear between breakpoints, too: its largest component is
attained at one of them, and its mean square is a finite sum. The targets of two inputs are
quadratic, and the error on each region on which the network is linear is largest at a corner,
at a stationary point of an edge, or at one of the inside. What `curve_errors` and
`surface_error` return is therefore the supremum over the continuum, up to the rounding of float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Network:
    """A perceptron.

    Parameters
    ----------
    layers
        Weights (outputs, inputs) and biases (outputs,) of each layer; an activation between any two.
    slope
        Slope of the activation below zero: 0 for ReLU.
    """

    layers: Sequence[tuple[np.ndarray, np.ndarray]]
    slope: float

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Outputs (outputs, points) for inputs (inputs, points)."""
        for k, (weights, bias) in enumerate(self.layers):
            x = weights @ x + bias[:, None]
            if k + 1 < len(self.layers):
                x = np.where(x < 0, self.slope * x, x)
        return x

    @property
    def width(self) -> int:
        """Neurons of the widest hidden layer."""
        return max(len(bias) for _, bias in self.layers[:-1])

    @property
    def depth(self) -> int:
        """Hidden layers."""
        return len(self.layers) - 1


@dataclass(frozen=True)
class Polyline:
    """A target of one input: corners (corners, outputs), followed at constant speed over [0, 1]."""

    corners: np.ndarray

    @property
    def times(self) -> np.ndarray:
        """Parameter at each corner."""
        lengths = np.linalg.norm(np.diff(self.corners, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(lengths)]) / lengths.sum()

    def __call__(self, t: np.ndarray) -> np.ndarray:
        """Values (outputs, points) at parameters (points,)."""
        return np.array([np.interp(t, self.times, corner) for corner in self.corners.T])


@dataclass(frozen=True)
class Quadratic:
    """A target of two inputs over the square [-1, 1]^2: constant + linear.x + x.curvature.x, curvature symmetric."""

    constant: float
    linear: np.ndarray
    curvature: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Values (1, points) at points (2, points)."""
        return (self.constant + self.linear @ x + np.einsum("ip,ij,jp->p", x, self.curvature, x))[None]


def pieces(network: Network, knots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All breakpoints of a network of one input, and what it puts out there.

    Parameters
    ----------
    network
        A network of one input.
    knots
        Parameters at which the error may bend besides, ascending, with both ends of the domain.

    Returns
    -------
    (t, values)
        Ascending parameters (points,) and outputs (outputs, points); linear in between.
    """
    t, x = np.asarray(knots, float), np.asarray(knots, float)[None]
    for k, (weights, bias) in enumerate(network.layers):
        x = weights @ x + bias[:, None]
        if k + 1 == len(network.layers):
            break
        neuron, left = np.nonzero(x[:, :-1] * x[:, 1:] < 0)
        share = x[neuron, left] / (x[neuron, left] - x[neuron, left + 1])
        between = x[:, left] + share * (x[:, left + 1] - x[:, left])
        between[neuron, np.arange(len(left))] = 0.0
        t, x = np.append(t, t[left] + share * (t[left + 1] - t[left])), np.hstack([x, between])
        order = np.argsort(t, kind="stable")
        t, x = t[order], x[:, order]
        x = np.where(x < 0, network.slope * x, x)
    return t, x


def curve_errors(network: Network, target: Polyline) -> tuple[float, float]:
    """Largest error and root mean square error of a network of one input, over the whole of [0, 1].

    Returns
    -------
    (largest, root_mean_square)
        The largest absolute value of any component; the root of the mean over [0, 1] of the squared
        Euclidean length.
    """
    t, values = pieces(network, target.times)
    error = values - target(t)
    left, right = error[:, :-1], error[:, 1:]
    square = (left**2 + left * right + right**2).sum(0) @ np.diff(t) / 3
    return float(np.abs(error).max()), float(np.sqrt(square))


def largest_length(network: Network, target: Polyline) -> float:
    """Largest Euclidean length of the error over the whole of [0, 1]: convex on each piece, so at a breakpoint."""
    t, values = pieces(network, target.times)
    return float(np.linalg.norm(values - target(t), axis=0).max())


def split(corners: np.ndarray, side: np.ndarray) -> list[np.ndarray]:
    """A convex polygon (corners, 2) cut where a linear function, known at its corners, is zero."""
    if (side >= 0).all() or (side <= 0).all():
        return [corners]
    parts = []
    after, side_after = np.roll(corners, -1, axis=0), np.roll(side, -1)
    crossing = side * side_after < 0
    share = np.divide(side, side - side_after, out=np.zeros_like(side), where=crossing)
    cuts = corners + share[:, None] * (after - corners)
    for keep in (side >= 0, side <= 0):
        found = []
        for k in range(len(corners)):
            if keep[k]:
                found.append(corners[k])
            if crossing[k]:
                found.append(cuts[k])
        parts.append(np.array(found))
    return parts


def regions(network: Network) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """The polygons of [-1, 1]^2 on which a network of two inputs and one output is linear.

    Returns
    -------
    list of (corners, gradient, constant)
        Corners (corners, 2); there the network is `gradient . x + constant`.
    """
    square = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    found = [(square, np.eye(2), np.zeros(2))]
    for weights, bias in network.layers[:-1]:
        cut = []
        for corners, matrix, constant in found:
            matrix, constant = weights @ matrix, weights @ constant + bias
            parts = [corners]
            for row, offset in zip(matrix, constant, strict=True):
                parts = [piece for part in parts for piece in split(part, part @ row + offset)]
            for part in parts:
                factor = np.where(matrix @ part.mean(0) + constant < 0, network.slope, 1.0)
                cut.append((part, factor[:, None] * matrix, factor * constant))
        found = cut
    weights, bias = network.layers[-1]
    return [
        (c, (weights @ matrix)[0], float((weights @ constant + bias)[0])) for c, matrix, constant in found
    ]


def surface_error(network: Network, target: Quadratic) -> float:
    """Largest absolute error of a network of two inputs over the whole of [-1, 1]^2."""
    largest, curvature = 0.0, target.curvature
    bent = abs(np.linalg.det(curvature)) > 1e-12
    for corners, gradient, constant in regions(network):
        slope = gradient - target.linear
        along = np.roll(corners, -1, axis=0) - corners
        bend = 2 * np.einsum("ei,ij,ej->e", along, curvature, along)
        rise = along @ slope - 2 * np.einsum("ei,ij,ej->e", along, curvature, corners)
        share = np.divide(rise, bend, out=np.zeros_like(rise), where=np.abs(bend) > 1e-300)
        places = [corners, corners + np.clip(share, 0, 1)[:, None] * along]
        if bent:
            inside = np.linalg.solve(2 * curvature, slope)
            turn = along[:, 0] * (inside - corners)[:, 1] - along[:, 1] * (inside - corners)[:, 0]
            if (turn >= 0).all() or (turn <= 0).all():
                places.append(inside[None])
        x = np.concatenate(places).T
        largest = max(largest, float(np.abs(gradient @ x + constant - target(x)[0]).max()))
    return largest
