"""Narrow networks that are written down, not trained: each shows that some width is enough.

All rest on one step. A leaky ReLU bends one coordinate and can bend it back, so two layers can leave
a held coordinate as it was and add to the others a function of it that has one corner. Corner by
corner the others become any piecewise linear function of the held coordinate (`graph`):

- width 3, one input, two outputs: hold the input, and write both outputs (`followed`): no error at all;
- width 2: two graphs, one after the other (`swept`). The first sends the input to a place on a
  zigzag, the second draws the zigzag that sweeps the plane. Where the place must change from one
  sweep to another it runs there in a moment, which costs the mean square next to nothing.

This is the coding scheme by which Kim, Min and Park (2024, arXiv:2309.10402) and Cai (2023,
arXiv:2209.11395) prove that no more width is needed in the mean, in its simplest case. For two
inputs `enveloped` takes ReLU's minimum with one tangent plane a layer, after Hanin (arXiv:1708.02691).
"""

from __future__ import annotations

import numpy as np

from replications.minimum_width.networks import Network, Polyline, Quadratic
from replications.minimum_width.targets import TARGETS

Layers = list[tuple[np.ndarray, np.ndarray]]
Affine = tuple[np.ndarray, np.ndarray]


def graph(start: Affine, knots: np.ndarray, values: np.ndarray, slope: float) -> tuple[Layers, Affine]:
    """Layers that turn one number into itself and piecewise linear functions of it.

    Parameters
    ----------
    start
        Matrix (1, before) and offset (1,) that give the number from what the layer before puts out.
    knots
        Ascending (knots,); the first and the last bound the number.
    values
        Of the functions at the knots, (functions, knots).
    slope
        Of the activation below zero, in (0, 1).

    Returns
    -------
    (layers, state)
        Two hidden layers a corner, each as wide as one and the functions; and the matrix and
        offset that give the number and the functions from what the last of them puts out.

    Raises
    ------
    ValueError
        If the slope is not between 0 and 1: a coordinate that ReLU has bent cannot be bent back.
    """
    if not 0 < slope < 1:
        raise ValueError(f"the slope of the activation below zero must lie between 0 and 1, not at {slope}")
    rises = np.diff(values, axis=1) / np.diff(knots)
    # The last piece, continued to the left; each corner then adds a multiple of min(0, number - knot).
    held, others = np.asarray(knots, float), values[:, -1:] + rises[:, -1:] * (knots - knots[-1])
    matrix = np.vstack([start[0], rises[:, -1:] @ start[0]])
    offset = np.append(start[1], values[:, -1] + rises[:, -1] * (start[1] - knots[-1]))
    layers: Layers = []
    for corner in range(len(knots) - 2, 0, -1):
        bend = rises[:, corner - 1] - rises[:, corner]
        below = held - knots[corner]
        bent = np.where(below < 0, slope * below, below)
        share = bend / (1 - slope)
        # The others stay above zero, where the activation leaves them alone.
        lift = 1 + np.abs(others).max(1)
        more = 1 + np.abs(share) * np.abs(bent).max()
        layers.append((matrix, offset + np.append(-knots[corner], lift)))
        # Bend the held coordinate back, and subtract of the others what will be wanted of its bend.
        back = np.diag(np.append(-1.0, np.ones(len(bend))))
        back[1:, 0] = -share
        layers.append((back, np.append(0.0, more)))
        matrix = np.diag(np.append(-1 / slope, np.ones(len(bend))))
        matrix[1:, 0] = -share / slope
        offset = np.append(knots[corner], -lift - more)
        others = others + bend[:, None] * np.minimum(0, below)
    return layers, (matrix, offset)


def followed(target: Polyline, slope: float = 0.2) -> Network:
    """The network that holds its input and is the target, exactly: one neuron wider than the target's outputs."""
    layers, (matrix, offset) = graph((np.ones((1, 1)), np.zeros(1)), target.times, target.corners.T, slope)
    return Network([*layers, (matrix[1:], offset[1:])], slope)


def places(target: Polyline, sweeps: int, moment: float) -> tuple[np.ndarray, np.ndarray]:
    """Where on the zigzag to be at which time: the nearest sweep's point at the height of the target.

    Sweep k runs from height -1 to 1 if k is even and back if it is odd, while the first
    coordinate grows from -1 + 2 k / sweeps by 2 / sweeps.

    Returns
    -------
    (times, place)
        Knots of a piecewise linear function, from 0 to 1; a place k + s is the share s of sweep k.
    """
    times, number = np.unique(np.append(np.linspace(0, 1, 400 * sweeps + 1), target.times)), np.arange(sweeps)

    def on_sweep(t: np.ndarray, k: np.ndarray) -> np.ndarray:
        share = (np.clip(target(t)[1], -1, 1) + 1) / 2
        return k + np.where(k % 2 == 0, share, 1 - share)

    options = on_sweep(times[:, None], number[None])
    nearest = np.abs(-1 + 2 * options / sweeps - target(times)[0][:, None]).argmin(1)
    change = np.flatnonzero(np.diff(nearest))
    late = times[change] + moment
    corner = np.flatnonzero(np.isin(times, target.times))
    knots = np.concatenate([times[change], late, times[corner]])
    place = np.concatenate(
        [
            on_sweep(times[change], nearest[change]),
            on_sweep(late, nearest[change + 1]),
            on_sweep(times[corner], nearest[corner]),
        ]
    )
    knots, first = np.unique(knots, return_index=True)
    return knots, place[first]


def swept(target: Polyline, sweeps: int, slope: float = 0.2, moment: float = 1e-7) -> Network:
    """A network of width 2 near a plane target within [-1, 1]^2 at all but a small part of the times.

    Parameters
    ----------
    target
        Two outputs.
    sweeps
        Of the zigzag; the error away from the moments is at most some 2 / sweeps.
    slope
        Of the activation below zero.
    moment
        How long a change of sweep takes; [0, 1] is the whole.
    """
    knots, place = places(target, sweeps, moment)
    first, (matrix, offset) = graph((np.ones((1, 1)), np.zeros(1)), knots, place[None], slope)
    turns = np.arange(sweeps + 1)
    heights = np.where(turns % 2 == 0, -1.0, 1.0)
    second, (matrix, offset) = graph((matrix[1:], offset[1:]), turns, heights[None], slope)
    scale = np.diag([2 / sweeps, 1.0])
    return Network([*first, *second, (scale @ matrix, scale @ offset - [1.0, 0.0])], slope)


def enveloped(target: Quadratic = TARGETS["bump"], planes: int = 5) -> Network:
    """A ReLU network of width 3 that is the least of tangent planes of the bump, moved to halve the error.

    Parameters
    ----------
    target
        A concave quadratic.
    planes
        Along each side of the square: one layer for each plane but the first.
    """
    middle = (2 * np.arange(planes) + 1) / planes - 1
    touch = np.stack(np.meshgrid(middle, middle)).reshape(2, -1).T
    gradients = target.linear + 2 * touch @ target.curvature
    constants = target(touch.T)[0] - (gradients * touch).sum(1)
    # The state is (x1, x2, lowest so far); a tangent plane lies above, by 2 / planes^2 at most for the bump.
    matrix = np.vstack([np.eye(2), gradients[0]])
    offset = np.array([0.0, 0.0, constants[0]])
    layers: Layers = []
    for gradient, constant in zip(gradients[1:], constants[1:], strict=True):
        above = np.append(gradient, 0.0) @ np.vstack([matrix[:2], matrix[2]]) - matrix[2]
        shift = gradient @ offset[:2] + constant - offset[2]
        layers.append((np.vstack([matrix[:2], above]), np.append(offset[:2] + 1, shift)))
        matrix = np.vstack([np.eye(3)[:2], np.append(gradient, -1.0)])
        offset = np.array([-1.0, -1.0, constant - gradient.sum()])
    return Network([*layers, (matrix[2:], offset[2:] - 1 / planes**2)], 0.0)
