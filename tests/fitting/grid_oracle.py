"""Optima by brute force, from nothing of the library but a law's formula: a dense grid, then scipy.

Every place of a grid over the nonlinear parameters of the box that the law declares gets its best
linear parameters, not negative, by reweighted least squares; the lowest places, and those lower
than all their neighbours on the grid, are polished in all parameters by scipy. The objective is the
sum of losses of log y minus log prediction.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ground import Ground
from scipy.optimize import least_squares, linprog

from scalinglaws.fitting.losses import Loss
from scalinglaws.laws import Law

#: Places that are looked at more closely; how many of them are polished; and of fewer runs than `FEW`, whose
#: absolute deviations have a minimum at every few runs that can be met exactly, or of a law without linear parameters.
CLOSER, POLISHED, MANY, FEW = 100, 4, 12, 20
#: Starts are as far apart as this share of the grid along one axis at least.
APART = 0.04
#: Places that are kept of the whole grid, where only a squared loss is quickly solved for.
KEPT = 2000


def places_of(law: Law, data: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], tuple[int, ...]]:
    """A dense grid over the nonlinear parameters of a law, in natural units, flat; and its shape."""
    names, axes = law.nonlinear, []
    side = {1: 1000, 2: 120, 4: 13}[len(names)]
    for name in names:
        low, high = law.bounds[name]
        if name in law.positive:
            axes.append(np.geomspace(low, high, side))
        elif name == "E_here":
            # Below the least loss, the closer the denser: the law has a pole there.
            top = min(high, data["loss_here"].min())
            below = np.geomspace(1, 1e-6, side - 20), np.geomspace(1e-6, 1e-15, 21)[1:]
            axes.append(top - np.concatenate(below) * (top - low))
        else:
            axes.append(low + (high - low) * np.linspace(0, 1, side) ** 2)
    if law.name == "kaplan_with_floor":
        # Scales of sizes and of data follow from how much each adds in the middle of the runs.
        heights = np.geomspace(1e-5, 3, side) * np.median(data["loss"])
        axes[:2] = heights, heights
    grid = np.meshgrid(*axes, indexing="ij")
    found = {name: g.ravel() for name, g in zip(names, grid, strict=True)}
    if law.name == "kaplan_with_floor":
        with np.errstate(over="ignore"):
            for name, column, exponent in (("A", "n_params", "alpha"), ("B", "n_tokens", "beta")):
                middle = np.exp(np.mean(np.log(data[column])))
                found[name] = np.clip(middle * found[name] ** (1 / found[exponent]), *law.bounds[name])
    return found, grid[0].shape


def non_negative(rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Least squares with coefficients that are not negative, (places, runs, coefficients): all subsets tried."""
    count = rows.shape[-1]
    size = np.sqrt((rows**2).sum(1))
    size[size == 0] = 1.0
    normal = rows.swapaxes(1, 2) @ rows / (size[:, :, None] * size[:, None, :])
    right = (rows.swapaxes(1, 2) @ targets[:, :, None])[..., 0] / size
    best, least = np.zeros(right.shape), np.zeros(len(right))
    left = np.arange(len(right))
    for kept in itertools.product((True, False), repeat=count):
        index = np.flatnonzero(kept)
        if not len(index) or not len(left):
            continue
        found = np.zeros((len(left), count))
        matrix = normal[left][:, index[:, None], index] + 1e-13 * np.eye(len(index))
        found[:, index] = np.linalg.solve(matrix, right[left][:, index, None])[..., 0]
        value = np.einsum("mk,mkl,ml->m", found, normal[left], found) - 2 * (found * right[left]).sum(1)
        better = (value < least[left]) & (found >= 0).all(1)
        best[left[better]], least[left[better]] = found[better], value[better]
        if len(index) == count:
            left = left[~better]
    return best / size


def weights_of(loss: Loss, r: np.ndarray) -> np.ndarray:
    """Weights with which least squares leads to the loss."""
    if loss.kind == "squared":
        return np.ones_like(r)
    size = np.abs(r)
    return 1 / np.maximum(size, max(loss.delta, 1e-3 * np.median(size[np.isfinite(size)])))


def filled(ground: Ground, places: Mapping[str, np.ndarray], rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """The best linear parameters at every place, (places, linear), and the objective there."""
    law, n = ground.law, len(ground.y)
    column = {name: values[:, None] for name, values in places.items()}
    zero = dict.fromkeys(law.linear, 0.0)
    count = len(next(iter(places.values())))
    with np.errstate(all="ignore"):
        offset = np.broadcast_to(law.function(*ground.columns, **column, **zero), (count, n))
        basis = (
            np.stack(
                [
                    np.broadcast_to(
                        law.function(*ground.columns, **column, **(zero | {name: 1.0})), (count, n)
                    )
                    - offset
                    for name in law.linear
                ],
                -1,
            )
            if law.linear
            else np.zeros((count, n, 0))
        )
    sound = np.isfinite(basis).all((1, 2)) & np.isfinite(offset).all(1)
    basis, offset = np.where(sound[:, None, None], basis, 0.0), np.where(sound[:, None], offset, 1.0)
    best, least = np.zeros((count, basis.shape[-1])), np.full(count, np.inf)
    predicted, r, w = np.broadcast_to(ground.y, (count, n)), np.zeros((count, n)), np.ones((count, n))
    for _ in range(rounds if law.linear else 1):
        root = np.sqrt(w)
        target = (1 + r - offset / predicted) * root
        found = non_negative(basis / predicted[..., None] * root[..., None], target)
        with np.errstate(all="ignore"):
            predicted = offset + (basis @ found[..., None])[..., 0]
            r = np.log(ground.y) - np.log(predicted)
        value = np.where(np.isfinite(r).all(1) & sound, ground.loss.rho(np.nan_to_num(r)).sum(1), np.inf)
        better = value < least
        best[better], least[better] = found[better], value[better]
        bad = ~np.isfinite(r).all(1)
        predicted = np.where(bad[:, None], ground.y, predicted)
        r = np.where(bad[:, None], 0.0, r)
        w = weights_of(ground.loss, r)
    return best, least


def valleys(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Places that are lower than their neighbours along every axis."""
    grid = values.reshape(shape)
    lower = np.isfinite(grid)
    for axis in range(len(shape)):
        wide = np.pad(
            grid, [(1, 1) if k == axis else (0, 0) for k in range(len(shape))], constant_values=np.inf
        )
        for shift in (0, 2):
            lower &= grid <= np.take(wide, np.arange(shape[axis]) + shift, axis)
    return np.flatnonzero(lower.ravel())


def starts(ground: Ground, data: Mapping[str, np.ndarray], most: int | None = None) -> np.ndarray:
    """The most promising places of the grid as coordinates, none next to another, best first, (starts, parameters)."""
    places, shape = places_of(ground.law, data)
    count = len(next(iter(places.values())))
    chunk = max(1, 2**19 // len(ground.y))
    values = np.concatenate(
        [
            filled(
                ground,
                {n: v[i : i + chunk] for n, v in places.items()},
                1 if ground.loss.kind == "squared" else 2,
            )[1]
            for i in range(0, count, chunk)
        ]
    )
    if ground.loss.kind != "squared":
        kept = np.unique(np.r_[np.argsort(values, kind="stable")[:KEPT], valleys(values, shape)])
        values[kept] = filled(ground, {n: v[kept] for n, v in places.items()}, 6)[1]
    chosen = apart(values, shape, np.arange(count), CLOSER)
    close = {n: v[chosen] for n, v in places.items()}
    linear, value = filled(ground, close, 30)
    x = ground.coordinates(close | dict(zip(ground.law.linear, linear.T, strict=True)))
    few = len(ground.y) < FEW or not ground.law.linear
    return x[apart(value, shape, chosen, most or (MANY if few else POLISHED))]


def apart(values: np.ndarray, shape: tuple[int, ...], places: np.ndarray, most: int) -> np.ndarray:
    """Indices of the lowest values, none next to another on the grid, best first."""
    where = np.array(np.unravel_index(places, shape)).T / np.array(shape)
    order = np.argsort(values, kind="stable")
    order = order[np.isfinite(values[order])]
    taken = []
    while len(order) and len(taken) < most:
        taken.append(order[0])
        order = order[np.abs(where[order] - where[order[0]]).max(1) > APART]
    return np.array(taken, int)


def polished(
    ground: Ground, x: np.ndarray, free: np.ndarray, sharp: float = 1e-4, straight: bool = False
) -> np.ndarray:
    """Where scipy's trust region leads in some coordinates, through wider losses where the loss is not squares.

    Absolute values have their corner rounded off to a share `sharp` of the median residual.
    """
    if not free.any():
        return x
    low, high = (end[free] for end in ground.limits)
    linear = np.arange(len(x))[free] < len(ground.law.linear)
    unit = np.where(linear, np.median(ground.y), 1.0)
    width = np.median(np.abs(ground.residuals(x)))
    last = {"squared": np.inf, "absolute": sharp * width}.get(ground.loss.kind, ground.loss.delta)
    widths = [last]
    # From a place of the grid straight down, which wider losses would leave; then through them.
    while len(widths) < (1 if straight else 20) and widths[-1] < 0.3 * width:
        widths.append(widths[-1] * 10)
    best = x
    for delta in reversed(widths):

        def whole(u: np.ndarray, x: np.ndarray = x) -> np.ndarray:
            out = x.copy()
            out[free] = u * unit
            return out

        inner = np.clip(x[free] / unit, low / unit, high / unit)
        with np.errstate(all="ignore"):
            try:
                found = least_squares(
                    lambda u: ground.residuals(whole(u)),
                    inner,
                    jac=lambda u: ground.slopes(whole(u))[:, free] * unit,
                    bounds=(low / unit, high / unit),
                    x_scale="jac",
                    loss="linear" if np.isinf(delta) else "huber",
                    f_scale=1.0 if np.isinf(delta) else delta,
                    ftol=1e-14 if delta == last else 1e-9,
                    xtol=1e-14 if delta == last else 1e-9,
                    gtol=None,
                    max_nfev=100 if delta == last else 30,
                )
            except (ValueError, np.linalg.LinAlgError):
                break
        x = whole(found.x)
        if ground.value(x) < ground.value(best):
            best = x
    return best


def sharpened(ground: Ground, x: np.ndarray) -> np.ndarray:
    """Least absolute deviations near a place where their rounded ones are least."""
    free = ~at_edge(ground, x, 1e-9)
    x = by_linear_programs(ground, x, free)
    return by_linear_programs(ground, polished(ground, x, free, 1e-6), free)


def by_linear_programs(ground: Ground, x: np.ndarray, free: np.ndarray, rounds: int = 10) -> np.ndarray:
    """Least absolute deviations of the law made straight, again and again, within a trust region."""
    value, radius = ground.value(x), 1.0
    low, high = ground.limits
    for _ in range(rounds):
        r, slopes = ground.residuals(x), ground.slopes(x)[:, free]
        unit = 1 / np.maximum(np.linalg.norm(slopes, axis=0), 1e-300)
        rows, (n, p) = slopes * unit, slopes.shape
        size = value / len(r)
        ends = [
            (max((a - v) / u / size, -radius), min((b - v) / u / size, radius))
            for a, b, v, u in zip(low[free], high[free], x[free], unit, strict=True)
        ]
        matrix = np.hstack([rows, -np.eye(n), np.eye(n)])
        costs = np.r_[np.zeros(p), np.ones(2 * n)]
        found = linprog(
            costs, A_eq=matrix, b_eq=-r / size, bounds=ends + [(0, None)] * (2 * n), method="highs"
        )
        if found.x is None:
            break
        trial = x.copy()
        trial[free] = np.clip(x[free] + found.x[:p] * unit * size, low[free], high[free])
        now = ground.value(trial)
        if now < value:
            small = value - now < 1e-13 * value
            x, value, radius = trial, now, 2 * radius
            if small:
                break
        else:
            radius /= 8
            if radius < 1e-10:
                break
    return x


def at_edge(ground: Ground, x: np.ndarray, near: float) -> np.ndarray:
    """Which coordinates lie at an end of theirs: a term that adds next to nothing, a parameter at its bound."""
    low, high = ground.limits
    with np.errstate(all="ignore"):
        adds = np.max(np.abs(ground.slopes(x) * x), axis=0)
    linear = np.arange(len(x)) < len(ground.law.linear)
    width = np.where(linear, 1.0, high - low)
    return np.where(linear, adds < near, (x - low < near * width) | (high - x < near * width))


def snapped(ground: Ground, x: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """The coordinates with those at an end moved onto it."""
    low, high = ground.limits
    nearest = np.where(x - low < high - x, low, high)
    return np.where(edge, nearest, x)


@dataclass(frozen=True)
class Best:
    """The lowest place found.

    Attributes
    ----------
    value
        The objective.
    params
        Natural units.
    determined
        Whether the runs tell its parameters apart: no other place as low, and derivatives of full rank.
    """

    value: float
    params: dict[str, float]
    determined: bool


def search(law: Law, data: Mapping[str, np.ndarray], loss: Loss) -> Best:
    """The lowest objective over the box."""
    columns = tuple(np.asarray(data[name], float) for name in law.columns)
    ground = Ground(law, columns, np.asarray(data["loss"], float), loss)
    found = []
    for x in starts(ground, data):
        edge = at_edge(ground, x, 1e-9)
        for fixed in {tuple(edge), tuple(np.zeros_like(edge))}:
            free = ~np.array(fixed)
            reached = polished(ground, x, free)
            if loss.kind != "squared":
                reached = min(reached, polished(ground, x, free, straight=True), key=ground.value)
            found.append(reached)
            close = at_edge(ground, reached, 1e-3)
            if close.any() and not np.array_equal(close, np.array(fixed)):
                found.append(polished(ground, snapped(ground, reached, close), ~close))
    values = np.array([ground.value(x) for x in found])
    if loss.kind == "absolute":
        found = [sharpened(ground, found[k]) for k in np.argsort(values)[:2]]
        values = np.array([ground.value(x) for x in found])
    return best_of(ground, found[int(values.argmin())])


def best_of(ground: Ground, x: np.ndarray) -> Best:
    """A place as the result of a search."""
    params = {n: float(v) for n, v in ground.params(x).items()}
    return Best(ground.value(x), params, determined(ground, x))


def determined(ground: Ground, x: np.ndarray) -> bool:
    """Whether the derivatives of the parameters inside their box are independent at a place."""
    free = ~at_edge(ground, x, 1e-7)
    slopes = ground.slopes(x)[:, free]
    size = np.linalg.norm(slopes, axis=0)
    if np.any(size < 1e-7 * np.sqrt(len(ground.y)) * (np.arange(len(x)) >= len(ground.law.linear))[free]):
        return False
    if slopes.shape[1] == 0:
        return True
    return bool(np.linalg.cond(slopes / np.where(size > 0, size, 1.0)) < 1e8)
