"""A longer search by brute force, for problems on which `grid_oracle.search` stops short; it too knows only the formula.

From more places of the grid Newton's method leads down, on ever less rounded losses, where many runs
met exactly leave no curvature at all by linear programs; from the lowest place found it starts anew, at
random places near and far: near as the runs measure it, so that narrow valleys are followed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from grid_oracle import Best, at_edge, best_of, by_linear_programs, filled, starts
from ground import Ground

from scalinglaws.fitting.losses import Loss
from scalinglaws.laws import Law

#: Places of the grid that are started from.
PLACES = 16
#: Losses are first rounded off to this share of the median residual, and further only for places that then lie
#: above the lowest known by no more than that share.
ROUGH, NEAR = 0.01, 0.02


def rounded(loss: Loss, width: float, r: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """The sum of losses over delta, rounded off within a width, and its first and second derivatives by r."""
    if loss.kind == "squared":
        return float(0.5 * (r**2).sum()), r, np.ones_like(r)
    if width <= loss.delta:
        inner, delta = np.abs(r) < loss.delta, loss.delta
        value = np.where(inner, r**2 / (2 * delta), np.abs(r) - delta / 2)
        return float(value.sum()), np.where(inner, r / delta, np.sign(r)), inner / delta
    root = np.hypot(r, width)
    return float((root - width).sum()), r / root, width**2 / root**3


def derivatives(ground: Ground, x: np.ndarray, free: np.ndarray, unit: np.ndarray, width: float):
    """The rounded objective with its gradient and second derivatives in units of some coordinates."""
    value, pull, curved = rounded(ground.loss, width, ground.residuals(x))
    rows = ground.slopes(x)[:, free] * unit
    turns = []
    for move in np.diag(1e-5 * np.minimum(unit, 1e3)):
        ends = []
        for side in (1, -1):
            there = x.copy()
            there[free] += side * move
            ends.append(pull @ ground.slopes(there)[:, free])
        turns.append((ends[0] - ends[1]) * unit / (2 * move.sum()))
    bend = unit[:, None] * np.array(turns)
    return value, pull @ rows, rows.T @ (rows * curved[:, None]) + 0.5 * (bend + bend.T)


def descended(ground: Ground, x: np.ndarray, free: np.ndarray, width: float, rounds: int = 25) -> np.ndarray:
    """Where damped Newton steps lead, along saddles downwards; a coordinate that hits its wall is held there."""
    (low, high), free, damping = ground.limits, free.copy(), 1e-2
    value = np.inf
    for _ in range(rounds):
        if not free.any():
            break
        norm = np.linalg.norm(ground.slopes(x)[:, free], axis=0)
        unit = 1 / np.where(norm > 1e-12, norm, 1.0)
        value, gradient, bend = derivatives(ground, x, free, unit, width)
        if not (np.isfinite(bend).all() and np.isfinite(gradient).all()):
            break
        size, axes = np.linalg.eigh(bend)
        size = np.abs(size) + 1e-14 * np.abs(size).max()
        gain = 0.0
        while damping < 1e10:
            moved = x.copy()
            moved[free] -= unit * (axes @ (axes.T @ gradient / (size + damping * size.max())))
            moved = np.clip(moved, low, high)
            gain = value - rounded(ground.loss, width, ground.residuals(moved))[0]
            if gain > 0:
                break
            damping = 4 * damping
        if not gain > 0:
            break
        damping, x = damping / 16, moved
        free &= (x > low) & (x < high)
        if gain < 1e-13 * value:
            break
    return x


def led_down(ground: Ground, x: np.ndarray, ends: tuple[float, float], edges: bool = True) -> np.ndarray:
    """The lowest place on the way through ever less rounded losses, from one to another share of the median residual.

    Coordinates at an end of theirs stay there unless `edges` is false.
    """
    size = float(np.median(np.abs(ground.residuals(x))))
    widths = [0.0]
    if ground.loss.kind != "squared":
        first, last = (max(share * size, ground.loss.delta, 1e-300) for share in ends)
        widths = np.geomspace(first, last, 1 + round(np.log(first / last) / np.log(8)))
    free = ~at_edge(ground, x, 1e-9) if edges else np.ones(len(x), bool)
    best = x
    for width in widths:
        x = descended(ground, x, free, float(width))
        best = min(best, x, key=ground.value)
    return best


def lower(ground: Ground, best: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The lower of two places, the second led down to the very loss if that may make it the lower one."""
    if ground.value(x) < (1 + NEAR) * ground.value(best):
        x = led_down(ground, x, (ROUGH, 1e-7))
        if ground.loss.kind == "absolute":
            x = by_linear_programs(ground, x, ~at_edge(ground, x, 1e-9), 20)
    return min(best, x, key=ground.value)


def elsewhere(ground: Ground, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another place: along what the runs hardly tell apart, or some nonlinear parameters anew."""
    low, high = ground.limits
    count = len(ground.law.linear)
    moved = x.copy()
    if rng.random() < 0.6:
        _, size, axes = np.linalg.svd(ground.slopes(x), full_matrices=False)
        noise = np.sqrt(np.mean(ground.residuals(x) ** 2)) * 10 ** rng.uniform(-1, 1.5)
        length = np.minimum(noise / np.maximum(size, 1e-300), 10.0)
        moved = x + axes.T @ (length * rng.normal(size=len(size)))
    else:
        anew = np.flatnonzero(rng.random(len(x)) < 0.5)
        anew = anew[anew >= count]
        share = rng.random(len(anew)) ** np.where(low[anew] == 0, 2, 1)
        moved[anew] = low[anew] + share * (high[anew] - low[anew])
    moved = np.clip(moved, low, high)
    places = {n: np.atleast_1d(v) for n, v in ground.params(moved).items() if n in ground.law.nonlinear}
    linear, value = filled(ground, places, 30)
    if np.isfinite(value[0]):
        refilled = ground.coordinates(places | dict(zip(ground.law.linear, linear.T, strict=True)))[0]
        moved = min(moved, refilled, key=ground.value)
    return moved


def search_deeper(law: Law, data: Mapping[str, np.ndarray], loss: Loss, hops: int) -> Best:
    """The lowest objective over the box, by more and longer searches than `grid_oracle.search`."""
    columns = tuple(np.asarray(data[name], float) for name in law.columns)
    ground = Ground(law, columns, np.asarray(data["loss"], float), loss)
    rng = np.random.default_rng(hops)
    places = [led_down(ground, x, (0.1, ROUGH)) for x in starts(ground, data, PLACES)]
    best, *others = sorted(places, key=ground.value)
    for x in (best, *others, led_down(ground, best, (ROUGH, ROUGH), edges=False)):
        best = lower(ground, best, x)
    for _ in range(hops):
        wide, edges = 10 ** rng.uniform(-2, 0), bool(rng.random() < 0.5)
        best = lower(ground, best, led_down(ground, elsewhere(ground, best, rng), (wide, ROUGH), edges))
    return best_of(ground, best)
