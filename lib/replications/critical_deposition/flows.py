"""Flows past an obstacle of radius 1 in an air stream of speed 1, near and far from its front.

A point lies at the distance 1 + s from the centre and at an angle phi from the front, against which
the air blows. Velocities are -cos(phi) s closing(s) outwards and sin(phi) sliding(s) along the
surface. With s taken out of the first, a gap of 1e-50 is as exact as one of order 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Flow:
    """A steady flow past a round obstacle.

    Parameters
    ----------
    name
        What the obstacle is, and the flow if it is not the inviscid one.
    closing
        Speed towards the surface on the axis, over the distance s from the surface, at s.
    sliding
        Speed along the surface, over the sine of the angle, at s.
    curved
        Whether a particle that moves along the surface is thrown off it; False removes this
        centrifugal acceleration, and nothing else.
    """

    name: str
    closing: Callable[[float], float]
    sliding: Callable[[float], float]
    curved: bool = True


def _closing_cylinder(s: float) -> float:
    return (2 + s) / (1 + s) ** 2


def _sliding_cylinder(s: float) -> float:
    return 1 + 1 / (1 + s) ** 2


def _closing_sphere(s: float) -> float:
    return (3 + s * (3 + s)) / (1 + s) ** 3


def _sliding_sphere(s: float) -> float:
    return 1 + 0.5 / (1 + s) ** 3


def _closing_sticky(s: float) -> float:
    return s * _closing_cylinder(s) ** 2


def _sliding_sticky(s: float) -> float:
    return s * _closing_cylinder(s) * (1 + 3 / (1 + s) ** 2)


#: Potential flow past a cylinder: a stream function (r - 1/r) sin(phi).
CYLINDER = Flow("cylinder", _closing_cylinder, _sliding_cylinder)
#: Potential flow past a sphere.
SPHERE = Flow("sphere", _closing_sphere, _sliding_sphere)
#: A made flow that sticks to the cylinder, as a viscous one does: (r - 1/r) (1 - 1/r^2) sin(phi).
#: It is incompressible and uniform far away, but solves no equation of motion of air.
STICKY = Flow("cylinder that the air sticks to", _closing_sticky, _sliding_sticky)
