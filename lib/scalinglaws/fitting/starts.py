"""Where a fit starts: variable projection where a law has linear parameters.

Once the nonlinear parameters are given, the linear ones follow from (non-negative) least
squares. That leaves two numbers to search for the Chinchilla law instead of five, and a
small grid over them is close to the optimum somewhere.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import nnls
from scipy.spatial import cKDTree

from scalinglaws.fitting.problem import FitError, Problem

#: Share of a run's typical value given to a positive term that least squares leaves out.
CRUMB = 1e-3
#: With more positive coefficients than this, their subsets are too many to try all.
MANY = 8
#: Runs that are enough to tell good starts from bad ones.
FEW = 128
#: Rounds of reweighted least squares at a place; weights of residuals below this share of their median are alike.
REWEIGHTED, SHARP = 4, 0.03


def bounds_of(problem: Problem, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of some free parameters as coordinates.

    Raises
    ------
    FitError
        If one has none: a search needs a place to search.
    """
    index = [problem.names.index(name) for name in names]
    low, high = (limit[index] for limit in problem.limits)
    open_ended = [name for name, a, b in zip(names, low, high, strict=True) if not np.isfinite([a, b]).all()]
    if open_ended:
        raise FitError(
            f"no finite bounds for {', '.join(open_ended)}: give bounds={{name: (low, high)}}, with low > 0 for "
            "a positive parameter, or explicit starts=[{name: value, ...}]"
        )
    return low, high


def looked_at(dimensions: int) -> int:
    """How many points of the box are looked at: the more, the more nonlinear parameters there are."""
    return (1, 64, 576, 1024)[min(dimensions, 3)] * 2 ** max(0, dimensions - 3)


def cells(dimensions: int, count: int, seed: int) -> np.ndarray:
    """Points of the unit cube: midpoints of a grid up to two dimensions, a Sobol sequence beyond."""
    if dimensions == 0:
        return np.empty((1, 0))
    if dimensions <= 2:
        side = int(np.ceil(count ** (1 / dimensions)))
        axis = (np.arange(side) + 0.5) / side
        return np.stack(np.meshgrid(*[axis] * dimensions, indexing="ij"), -1).reshape(-1, dimensions)
    from scipy.stats import qmc  # takes a second to import, and few laws need it

    return qmc.Sobol(dimensions, rng=np.random.default_rng(seed)).random_base2(int(np.ceil(np.log2(count))))


def thinned(problem: Problem) -> Problem:
    """The problem on a random part of its runs, `FEW` of them."""
    n = len(problem.y)
    if n <= FEW:
        return problem
    rows = np.sort(np.random.default_rng(0).permutation(n)[:FEW])
    return replace(
        problem,
        columns=tuple(c[rows] for c in problem.columns),
        y=problem.y[rows],
        weights=problem.weights[rows],
    )


def basins(cube: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Which points to start from: those lower than all their neighbours first, then the best of the others."""
    if len(cube) == 1:
        return np.arange(1)
    near = min(3 ** cube.shape[1], 17, len(cube))
    neighbours = cKDTree(cube).query(cube, k=near)[1]
    valley = np.isfinite(values) & (values <= values[neighbours].min(1))
    order = np.argsort(values, kind="stable")
    order = order[np.isfinite(values[order])]
    valleys = order[valley[order]][: 3 * count // 4]
    others = order[~np.isin(order, valleys)]
    return np.concatenate([valleys, others])[:count]


def non_negative(rows: np.ndarray, targets: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Least squares for a batch of small problems, some coefficients not negative.

    Where plain least squares gives no negative ones, nothing fits better. Elsewhere every set of
    coefficients that may be zero is tried: with the few linear parameters of a law that is exact,
    and it needs no loop over the batch.

    Parameters
    ----------
    rows, targets
        (batch, runs, coefficients), with columns of about unit length, and (batch, runs).
    positive
        Which coefficients may not be negative, (coefficients,).
    """
    count = rows.shape[-1]
    if positive.sum() > MANY:
        return non_negative_one_by_one(rows, targets, positive)
    normal = rows.swapaxes(1, 2) @ rows
    right = (rows * targets[:, :, None]).sum(1)
    best = np.linalg.solve(normal + 1e-13 * np.eye(count), right[..., None])[..., 0]
    short = np.flatnonzero(~(best[:, positive] >= 0).all(1))
    if short.size:
        best[short] = by_subsets(normal[short], right[short], positive)
    return best


def by_subsets(normal: np.ndarray, right: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """The same from normal equations, each set of the coefficients that may be zero tried in turn."""
    count = right.shape[-1]
    best, least = np.zeros(right.shape), np.full(len(right), np.inf)
    choices = itertools.product(*[(True, False) if p else (True,) for p in positive])
    for kept in map(np.array, choices):
        both = kept[:, None] & kept[None, :]
        matrix = np.where(both, normal + 1e-13 * np.eye(count), np.eye(count))
        found = np.linalg.solve(matrix, np.where(kept, right, 0.0)[..., None])[..., 0]
        # The sum of squares less that of the targets, which is the same for every choice.
        value = (found * (np.where(both, normal, 0.0) @ found[..., None])[..., 0] - 2 * found * right).sum(-1)
        better = (value < least) & (found[:, positive] >= 0).all(1)
        best[better], least[better] = found[better], value[better]
    return best


def non_negative_one_by_one(rows: np.ndarray, targets: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Least squares likewise for many coefficients, by an active set at every place; nan where it gives up.

    A loop over the places, yet two to ten times as fast as setting each coefficient to its best in
    turn, which ends short of the optimum where columns are nearly alike.
    """
    whole, count = np.linalg.qr(rows), rows.shape[-1]
    right = (whole.Q * targets[:, :, None]).sum(1)
    # nnls wants coefficients of at least zero: one of free sign is written as the difference of two such.
    both = np.concatenate([whole.R, -whole.R[:, :, ~positive]], axis=2)
    found = np.full((len(rows), both.shape[-1]), np.nan)
    for k, (matrix, target) in enumerate(zip(both, right, strict=True)):
        with contextlib.suppress(RuntimeError):
            found[k] = nnls(matrix, target)[0]
    found[:, np.flatnonzero(~positive)] -= found[:, count:]
    return found[:, :count]


def least_squares(
    rows: np.ndarray, targets: np.ndarray, logged: np.ndarray, positive: np.ndarray
) -> np.ndarray:
    """Least squares for a batch, a crumb left of positive terms that are best left out."""
    size = np.linalg.norm(rows, axis=1)
    size[size == 0] = 1.0
    found = non_negative(rows / size[:, None, :], targets, positive)
    least = CRUMB * np.linalg.norm(targets, axis=1)[:, None]
    return np.where(logged & (found < least), least, found) / size


def reweighted(
    problem: Problem, basis: np.ndarray, offset: np.ndarray, logged: np.ndarray, positive: np.ndarray
) -> np.ndarray:
    """The linear parameters that fit best at every place, (places, parameters).

    By least squares; for another loss, which may have its valleys elsewhere, by a few rounds of
    least squares with the weights that lead to it.

    Parameters
    ----------
    problem
        The problem.
    basis, offset
        The law is offset + basis @ parameters: (places, runs, parameters) and (places, runs).
    logged, positive
        Which parameters are estimated on the log scale, and which may not be negative.
    """
    logarithmic = problem.residual == "log"
    # Log residuals are relative errors, so each row is divided by its target.
    weight = np.sqrt(problem.weights) / (problem.y if logarithmic else 1.0)
    best = least_squares(basis * weight[:, None], (problem.y - offset) * weight, logged, positive)
    if problem.loss.kind == "squared" or not len(best):
        return best
    now, least = best.copy(), np.full(len(best), np.inf)
    for left in range(REWEIGHTED, -1, -1):
        with np.errstate(all="ignore"):
            linear = (basis @ now[..., None])[..., 0]
            predicted = offset + linear
            r = problem.residuals_of(predicted)
            value = (problem.weights * problem.loss.rho(r)).sum(-1)
            better = value < least
            best[better], least[better] = now[better], value[better]
            go = np.isfinite(r).all(1)
            if not left or not go.any():
                break
            r, unit = r[go], predicted[go] if logarithmic else 1.0
            wide = SHARP * np.median(np.abs(r), axis=1, keepdims=True)
            pull = problem.loss.psi(np.where(np.abs(r) < wide, wide, r))
            root = np.sqrt(problem.weights * np.abs(pull) / np.maximum(np.abs(r), wide))
            rows, targets = (
                basis[go] / np.expand_dims(unit, -1) * root[..., None],
                (r + linear[go] / unit) * root,
            )
        now[go] = least_squares(rows, targets, logged, positive)
    return best


def linear_in(problem: Problem) -> list[str]:
    """The free parameters that the law is linear in."""
    return [name for name in problem.law.linear if name in problem.names]


def project(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Fill in the linear parameters that fit best, the others being given, on every row of theta.

    Raises
    ------
    FitError
        If the law is not linear in what it says it is linear in.
    """
    linear = linear_in(problem)
    if not linear or not len(theta):
        return theta
    law, params = problem.law, problem.natural(theta)
    shape = (len(theta), len(problem.y))
    zero = dict.fromkeys(linear, np.zeros((len(theta), 1)))

    def at(value: float, *names: str) -> np.ndarray:
        filled = params | zero | dict.fromkeys(names, np.full((len(theta), 1), value))
        return np.broadcast_to(law(*problem.columns, **filled), shape)

    offset = at(0.0)
    basis = np.stack([at(1.0, name) - offset for name in linear], axis=-1)
    together = at(2.0, *linear) - offset
    sound = np.isfinite(basis).all((1, 2)) & np.isfinite(offset).all(1)
    rounding = 1e-12 * np.abs(offset[sound]).max(initial=0.0)
    if not np.allclose(2 * basis[sound].sum(-1), together[sound], rtol=1e-8, atol=rounding + 1e-300):
        raise FitError(f"{law.name} is not linear in {', '.join(linear)}: take them out of linear=(...)")
    logged = np.array([name in law.positive for name in linear])
    positive = logged | np.array([problem.bounds.get(name, (-1.0, 0.0))[0] >= 0 for name in linear])
    values = np.full((len(theta), len(linear)), np.nan)
    values[sound] = reweighted(problem, basis[sound], offset[sound], logged, positive)
    filled = theta.copy()
    for j, name in enumerate(linear):
        found = values[:, j]
        filled[:, problem.names.index(name)] = np.log(found) if name in law.positive else found
    return np.clip(filled, *problem.limits)


def candidates(problem: Problem, count: int, seed: int, places: int | None = None) -> np.ndarray:
    """Starts from all over the box, best objective first, (at most count, parameters).

    Parameters
    ----------
    problem
        The problem.
    count
        How many to give, of the many that are looked at (see `looked_at`).
    seed
        Of the sequence that fills the box where there are more than two dimensions.
    places
        How many places to look at instead, where little is at stake.

    Raises
    ------
    FitError
        If the law cannot be evaluated anywhere in the box.
    """
    linear = linear_in(problem)
    searched = [name for name in problem.names if name not in linear]
    low, high = bounds_of(problem, searched)
    cube = cells(len(searched), places or looked_at(len(searched)), seed)
    # A parameter whose box begins at zero, such as an exponent, gets more starts near zero, where a
    # change of the same size matters more.
    placed = np.where(low == 0, cube**2, cube)
    theta = np.zeros((len(cube), len(problem.names)))
    theta[:, [problem.names.index(name) for name in searched]] = low + (high - low) * placed
    few = thinned(problem)
    chunk = max(1, 2**20 // len(few.y))
    values = np.empty(len(theta))
    with np.errstate(all="ignore"):
        for rows in (slice(i, i + chunk) for i in range(0, len(theta), chunk)):
            theta[rows] = project(few, theta[rows])
            values[rows] = few.objective(np.nan_to_num(theta[rows], nan=0.0))
    values[~np.isfinite(theta).all(1)] = np.inf
    chosen = theta[basins(cube, values, count)]
    if not len(chosen):
        raise FitError(
            f"{problem.law.name} gives no finite prediction anywhere within its bounds: are all columns "
            "positive where the law takes powers or logarithms?"
        )
    return rank(problem, chosen)


def rank(problem: Problem, theta: np.ndarray) -> np.ndarray:
    """The rows at which the objective is finite, best first."""
    theta = theta[np.isfinite(theta).all(1)]
    values = problem.objective(theta) if len(theta) else np.empty(0)
    order = np.argsort(values, kind="stable")
    return theta[order[np.isfinite(values[order])]]


def given(problem: Problem, starts: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Explicit starts as coordinates, best objective first.

    Raises
    ------
    FitError
        If one lacks a parameter, or the law cannot be evaluated at any.
    """
    for start in starts:
        if missing := [name for name in problem.names if name not in start]:
            raise FitError(f"a start lacks {missing}: give every free parameter, in natural units")
    theta = rank(
        problem, np.array([problem.theta(start) for start in starts]).reshape(-1, len(problem.names))
    )
    if not len(theta):
        raise FitError("the law gives no finite prediction at any of the starts given")
    return theta
