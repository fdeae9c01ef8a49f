"""Which particles strike an obstacle: their equation of motion, and the one that only grazes.

A particle relaxes to the air's velocity u within the time St (units of the obstacle's radius over
the speed of the stream): St dv/dt = u - v. Near the critical inertia a particle that just grazes
starts 1e-50 radii off the axis, and the gaps that decide are smaller still, so no tolerance in plain
coordinates would do. The gap s is therefore written as exp(-k t) sigma and the angle phi as
exp(L + mu t) theta, with L the logarithm of the starting distance from the axis, and sigma, theta
and their velocities, all of order 1, are integrated. Any rates k and mu would be right; those of the
stagnation point take the growth out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import atan2, cos, exp, hypot, inf, log, pi, sin, sqrt

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from replications.critical_deposition.flows import Flow

#: Beyond this depth within the obstacle a particle has struck, however the flow goes on there.
DEEP = 0.2
#: How long after the particle on the axis has struck others are followed (radii over the stream's speed).
LINGER = 30.0


@dataclass(frozen=True)
class Launch:
    """How particles start.

    Parameters
    ----------
    distance
        From the obstacle's centre, along the axis (radii).
    speed
        Velocity in units of the air's at that place.
    """

    distance: float = 5.0
    speed: float = 1.0


@dataclass(frozen=True)
class Grazing:
    """The particle that only grazes the surface; all that start nearer to the axis strike it.

    Parameters
    ----------
    log_start
        Natural logarithm of its distance from the axis at the start (radii).
    log_angle
        Natural logarithm of the angle from the front at which it grazes (radians).
    time
        How long it has been under way (radii over the speed of the stream).
    """

    log_start: float
    log_angle: float
    time: float


def rates(flow: Flow, stokes: float) -> tuple[float, float]:
    """Rates at which the gap closes and the distance from the axis grows, at the stagnation point.

    Parameters
    ----------
    flow
        The flow.
    stokes
        Stokes number, by radius.

    Returns
    -------
    (float, float)
        k, the real part of the smaller root of St k^2 - k + closing(0) = 0, which is 1 / (2 St) for
        a damped oscillation; and the larger root mu of St mu^2 + mu = sliding(0). Both are 0 for a
        flow without a strain at the surface.
    """
    overdamped = sqrt(max(0.0, 1 - 4 * flow.closing(0.0) * stokes))
    growing = sqrt(1 + 4 * flow.sliding(0.0) * stokes)
    return (1 - overdamped) / (2 * stokes), (growing - 1) / (2 * stokes)


def equations(flow: Flow, stokes: float, log_start: float) -> Callable[[float, np.ndarray], list[float]]:
    """The four equations of motion, for sigma and theta and the velocities of gap and angle in their units.

    Parameters
    ----------
    flow, stokes
        As in `rates`.
    log_start
        The logarithm L; -inf on the axis.
    """
    k, mu = rates(flow, stokes)
    closing, sliding, curved = flow.closing, flow.sliding, float(flow.curved)

    def change(t: float, state: np.ndarray) -> list[float]:
        sigma, push, theta, omega = state.tolist()
        shrunk, grown = exp(-k * t), exp(log_start + mu * t)
        s, phi = shrunk * sigma, grown * theta
        r = 1 + s
        sine = sin(phi) / grown if grown > 1e-150 else theta
        # phi'^2 in units of the gap: the product of both scales, which neither holds alone.
        thrown = curved * r * omega**2 * exp(2 * log_start + (2 * mu + k) * t)
        return [
            k * sigma + push,
            k * push + thrown - (cos(phi) * sigma * closing(s) + push) / stokes,
            omega - mu * theta,
            (-2 * shrunk * push * omega + (sine * sliding(s) - r * omega) / stokes) / r - mu * omega,
        ]

    return change


def start(flow: Flow, log_start: float, launch: Launch) -> list[float]:
    """Scaled gap, angle and their velocities at the start, in the order of `equations`.

    Parameters
    ----------
    flow
        The flow.
    log_start
        The logarithm L; -inf on the axis.
    launch
        Where a particle starts, and how fast.
    """
    aside = exp(log_start)
    r = hypot(launch.distance, aside)
    angle = atan2(aside, launch.distance)
    s = r - 1
    theta = angle / aside if aside > 1e-150 else 1 / launch.distance
    sine = sin(angle) / aside if aside > 1e-150 else theta
    outwards = -cos(angle) * s * flow.closing(s)
    return [s, launch.speed * outwards, theta, launch.speed * sine * flow.sliding(s) / r]


def until(
    flow: Flow,
    stokes: float,
    log_start: float,
    events: list[Callable],
    longest: float,
    launch: Launch = Launch(),
    rtol: float = 1e-8,
):
    """Follow a particle until the first of some events, or for the longest time; scipy's solution."""
    for event in events:
        event.terminal = True
    return solve_ivp(
        equations(flow, stokes, log_start),
        (0, longest),
        start(flow, log_start, launch),
        method="DOP853",
        rtol=rtol,
        atol=1e-3 * rtol,
        events=events,
    )


def time_to_surface(
    flow: Flow, stokes: float, longest: float = 400.0, launch: Launch = Launch(), rtol: float = 1e-8
) -> float:
    """When a particle on the axis strikes the obstacle; infinity if it does not within the longest time.

    Parameters
    ----------
    flow, stokes
        As in `rates`.
    longest
        When to give up (radii over the speed of the stream).
    launch
        Where a particle starts, and how fast.
    rtol
        Relative tolerance of a step.
    """
    solution = until(flow, stokes, -inf, [lambda t, state: state[0]], longest, launch, rtol)
    times = solution.t_events[0]
    return float(times[0]) if len(times) else inf


def least_gap(
    flow: Flow, stokes: float, log_start: float, longest: float, launch: Launch = Launch(), rtol: float = 1e-8
) -> tuple[float, Grazing]:
    """The scaled gap where a particle stops approaching, negative if it struck; and when and where that is.

    It stops where it turns outwards, or else at the obstacle's side, where the air turns outwards.

    Parameters
    ----------
    flow, stokes, launch, rtol
        As in `time_to_surface`.
    log_start
        Natural logarithm of its distance from the axis at the start (radii).
    longest
        When to look at the gap of a particle that has not turned until then.

    Notes
    -----
    The flow is continued into the obstacle, so that the gap passes through 0 smoothly at the
    particle that grazes. What lies within is no path of a particle and is used for the sign alone.
    """
    k, mu = rates(flow, stokes)

    def turns(t: float, state: np.ndarray) -> float:
        return state[1]

    def sinks(t: float, state: np.ndarray) -> float:
        return exp(-k * t) * state[0] + DEEP

    def passes(t: float, state: np.ndarray) -> float:
        return exp(log_start + mu * t) * state[2] - pi / 2

    turns.direction = passes.direction = 1
    solution = until(flow, stokes, log_start, [turns, sinks, passes], longest, launch, rtol)
    time, (sigma, _, theta, _) = solution.t[-1], solution.y[:, -1]
    return float(sigma), Grazing(log_start, log_start + mu * time + log(theta), float(time))


def grazing(
    flow: Flow, stokes: float, guess: float, launch: Launch = Launch(), rtol: float = 1e-8
) -> Grazing:
    """The particle that only grazes the obstacle.

    Parameters
    ----------
    flow, stokes
        As in `rates`.
    guess
        About where the logarithm of its distance from the axis lies, at the start; whatever it is,
        the search goes on until it has a particle that strikes and one that does not.
    launch
        Where particles start, and how fast.
    rtol
        Relative tolerance of a step.

    Raises
    ------
    ValueError
        If a particle on the axis does not strike: nothing is deposited.
    """
    on_axis = time_to_surface(flow, stokes, launch=launch, rtol=1e-6)
    if on_axis == inf:
        raise ValueError(f"nothing is deposited at St = {stokes:g}: on the axis no particle strikes")

    seen: dict[float, Grazing] = {}

    def gap(log_start: float) -> float:
        least, seen[log_start] = least_gap(flow, stokes, log_start, on_axis + LINGER, launch, rtol)
        return least

    strikes, misses, step = guess - 0.005, guess + 0.005, 0.02
    while gap(strikes) > 0:
        strikes, misses, step = strikes - step, strikes, 2 * step
    while gap(misses) < 0:
        strikes, misses, step = misses, misses + step, 2 * step
    return seen[brentq(gap, strikes, misses, xtol=1e-9)]
