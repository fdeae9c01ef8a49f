"""Where a fit starts: variable projection where a law has linear parameters.

Once the nonlinear parameters are given, the linear ones follow from (non-negative) least
squares. That leaves two numbers to search for the Chinchilla law instead of five, and a
small grid over them is close to the optimum somewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import nnls

from scalinglaws.fitting.problem import FitError, Problem

#: Share of a run's typical value given to a positive term that least squares leaves out.
CRUMB = 1e-3


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


def cells(dimensions: int, count: int, seed: int) -> np.ndarray:
    """Points of the unit cube: midpoints of a grid up to two dimensions, a Latin hypercube beyond."""
    if dimensions == 0:
        return np.empty((1, 0))
    if dimensions <= 2:
        side = int(np.ceil(count ** (1 / dimensions)))
        axis = (np.arange(side) + 0.5) / side
        return np.stack(np.meshgrid(*[axis] * dimensions, indexing="ij"), -1).reshape(-1, dimensions)
    from scipy.stats import qmc  # takes a second to import, and few laws need it

    return qmc.LatinHypercube(dimensions, rng=np.random.default_rng(seed)).random(count)


def project(problem: Problem, theta: np.ndarray, linear: Sequence[str]) -> np.ndarray:
    """Fill in the linear parameters that fit best, the others being given, on every row of theta.

    Raises
    ------
    FitError
        If the law is not linear in what it says it is linear in.
    """
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
    # Relative errors are what log residuals measure.
    weight = np.sqrt(problem.weights) / (problem.y if problem.residual == "log" else 1.0)
    rows, targets = basis * weight[:, None], (problem.y - offset) * weight
    positive = np.array([name in law.positive for name in linear])
    values = np.full((len(theta), len(linear)), np.nan)
    for k in np.flatnonzero(sound):
        size = np.linalg.norm(rows[k], axis=0)
        size[size == 0] = 1.0
        unit = rows[k] / size
        found, _ = nnls(np.hstack([unit, -unit[:, ~positive]]), targets[k])
        values[k] = found[: len(linear)]
        values[k, ~positive] -= found[len(linear) :]
        least = CRUMB * np.linalg.norm(targets[k])
        values[k] = np.where(positive & (values[k] < least), least, values[k]) / size
    filled = theta.copy()
    for j, name in enumerate(linear):
        found = values[:, j]
        filled[:, problem.names.index(name)] = np.log(found) if name in law.positive else found
    return np.clip(filled, *problem.limits)


def candidates(problem: Problem, count: int, seed: int) -> np.ndarray:
    """Starts, best objective first, (starts, parameters).

    Parameters
    ----------
    problem
        The problem.
    count
        How many at least to look at.
    seed
        Of the Latin hypercube.
    """
    linear = [name for name in problem.law.linear if name in problem.names]
    searched = [name for name in problem.names if name not in linear]
    low, high = bounds_of(problem, searched)
    cube = cells(len(searched), count, seed)
    # Exponents are sought from zero on: there, twice as much matters rather than so much more.
    cube = np.where(low == 0, cube**2, cube)
    theta = np.zeros((len(cube), len(problem.names)))
    theta[:, [problem.names.index(name) for name in searched]] = low + (high - low) * cube
    with np.errstate(all="ignore"):
        theta = project(problem, theta, linear) if linear else theta
    ranked = rank(problem, theta)
    if not len(ranked):
        raise FitError(
            f"{problem.law.name} gives no finite prediction anywhere within its bounds: are all columns "
            "positive where the law takes powers or logarithms?"
        )
    return ranked


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
