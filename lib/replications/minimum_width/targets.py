"""The functions that networks are to follow, each chosen so that a theorem says what width it takes.

Floors are derived in the notebook.
"""

from __future__ import annotations

import numpy as np

from replications.minimum_width.networks import Polyline, Quadratic

#: Two perpendicular arms of two units that halve each other, and the way from one to the other.
CROSSING = np.array([[-1, 0], [1, 0], [1, 1], [0, 1], [0, -1]], float)
#: The same with its last arm turned away from the first: as long, as many corners, no crossing.
UNCROSSED = np.array([[-1, 0], [1, 0], [1, 1], [0, 1], [0, 3]], float)
#: Other lengths of the last arm below the crossing: name of the target -> length. The floor is half of it.
SHORT_ARMS = {"arm 0.7": 0.7, "arm 0.4": 0.4}
#: |x| for x from -1 to 1.
ABSOLUTE = np.array([[1], [0], [1]], float)


def shortened(arm: float) -> np.ndarray:
    """The crossing curve whose last arm ends `arm` below the crossing in place of one."""
    return np.vstack([CROSSING[:-1], [0.0, -arm]])


def straight(corners: np.ndarray, angles: int = 3601) -> float:
    """Least largest error, of a component, of a curve that lies on one straight line of the plane.

    Parameters
    ----------
    corners
        Of the polyline that is followed, (corners, 2).
    angles
        Directions of the line that are tried, from 0 to half a turn.
    """
    turn = np.linspace(0, np.pi, angles)
    normal = np.stack([-np.sin(turn), np.cos(turn)])
    # Moved by e in both coordinates a point crosses e times the normal's components, summed.
    return float((np.ptp(corners @ normal, axis=0) / 2 / np.abs(normal).sum(0)).min())


def trefoil(corners: int = 12) -> np.ndarray:
    """An open polygon (corners, 3) along most of a trefoil; closed by its chord it is knotted."""
    u = np.linspace(0.3, 0.3 + 2 * np.pi * (1 - 1 / corners), corners)
    knot = [np.sin(u) + 2 * np.sin(2 * u), np.cos(u) - 2 * np.cos(2 * u), -np.sin(3 * u)]
    return np.stack(knot, axis=1) / 2


TARGETS: dict[str, Polyline | Quadratic] = {
    "crossing": Polyline(CROSSING),
    "uncrossed": Polyline(UNCROSSED),
    **{name: Polyline(shortened(arm)) for name, arm in SHORT_ARMS.items()},
    "absolute": Polyline(ABSOLUTE),
    "lifted": Polyline(np.hstack([CROSSING, np.zeros((5, 1))])),
    "knot": Polyline(trefoil()),
    # One at the top, zero at the middle of each side, minus one at the corners.
    "bump": Quadratic(1.0, np.zeros(2), -np.eye(2)),
    # Level sets are parabolas, each of which leaves the square.
    "valley": Quadratic(0.0, np.array([0.0, 1.0]), np.diag([1.0, 0.0])),
}


def dimensions(name: str) -> tuple[int, int]:
    """Inputs and outputs of a target."""
    target = TARGETS[name]
    return (1, target.corners.shape[1]) if isinstance(target, Polyline) else (2, 1)


def constant(name: str) -> float:
    """Least largest error of a constant: half the range of the component that varies most."""
    target = TARGETS[name]
    # The quadratics are greatest and least at points of this grid.
    values = target.corners.T if isinstance(target, Polyline) else sampled(name, 625)[1]
    return float(np.ptp(values, axis=1).max() / 2)


def sampled(name: str, points: int) -> tuple[np.ndarray, np.ndarray]:
    """A regular grid on the domain of a target, and its values there.

    Parameters
    ----------
    name
        One of `TARGETS`.
    points
        Points, ends included; for two inputs those of a square grid, so a square number.

    Returns
    -------
    (x, y)
        Inputs (inputs, points) and values (outputs, points).
    """
    if dimensions(name)[0] == 1:
        x = np.linspace(0, 1, points)[None]
        return x, TARGETS[name](x[0])
    side = np.linspace(-1, 1, round(points**0.5))
    x = np.stack(np.meshgrid(side, side)).reshape(2, -1)
    return x, TARGETS[name](x)
