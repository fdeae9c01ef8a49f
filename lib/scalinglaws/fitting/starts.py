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
    low, high = problem.low[index], problem.high[index]
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


def project(problem: Problem, params: dict[str, float], linear: Sequence[str]) -> dict[str, float]:
    """Fill in the linear parameters that fit best, the others being given.

    Raises
    ------
    FitError
        If the law is not linear in what it says it is linear in.
    """
    law, zero = problem.law, dict.fromkeys(linear, 0.0)

    def at(**values: float) -> np.ndarray:
        return np.broadcast_to(law(*problem.columns, **(params | zero | values)), problem.y.shape).astype(
            float
        )

    with np.errstate(all="ignore"):
        offset = at()
        basis = np.stack([at(**{name: 1.0}) - offset for name in linear], axis=1)
        together = at(**dict.fromkeys(linear, 2.0)) - offset
    if not np.isfinite(basis).all() or not np.isfinite(offset).all():
        return params | dict.fromkeys(linear, np.nan)
    if not np.allclose(2 * basis.sum(axis=1), together, rtol=1e-8, atol=1e-300):
        raise FitError(f"{law.name} is not linear in {', '.join(linear)}: take them out of linear=(...)")
    # Relative errors are what log residuals measure.
    weight = np.sqrt(problem.weights) / (problem.y if problem.residual == "log" else 1.0)
    rows, target = basis * weight[:, None], (problem.y - offset) * weight
    size = np.linalg.norm(rows, axis=0)
    size[size == 0] = 1.0
    signed = np.array([name not in law.positive for name in linear])
    found, _ = nnls(np.hstack([rows, -rows[:, signed]]) / np.hstack([size, size[signed]]), target)
    values = found[: len(linear)]
    values[signed] -= found[len(linear) :]
    least = CRUMB * np.linalg.norm(target)
    values = np.where(~signed & (values < least), least, values)
    return params | dict(zip(linear, (values / size).tolist(), strict=True))


def candidates(problem: Problem, count: int, seed: int) -> list[np.ndarray]:
    """Starts, best objective first.

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
    found = []
    for cell in cells(len(searched), count, seed):
        theta = np.zeros(len(problem.names))
        theta[[problem.names.index(name) for name in searched]] = low + (high - low) * cell
        if linear:
            theta = problem.theta(project(problem, problem.params(theta), linear))
        if np.isfinite(theta).all() and np.isfinite(value := problem.objective(theta)):
            found.append((value, len(found), theta))
    if not found:
        raise FitError(
            f"{problem.law.name} gives no finite prediction anywhere within its bounds: are all columns "
            "positive where the law takes powers or logarithms?"
        )
    return [theta for _, _, theta in sorted(found, key=lambda item: item[:2])]


def given(problem: Problem, starts: Sequence[Mapping[str, float]]) -> list[np.ndarray]:
    """Explicit starts as coordinates, best objective first.

    Raises
    ------
    FitError
        If one lacks a parameter, or the law cannot be evaluated at any.
    """
    for start in starts:
        if missing := [name for name in problem.names if name not in start]:
            raise FitError(f"a start lacks {missing}: give every free parameter, in natural units")
    thetas = [problem.theta(start) for start in starts]
    thetas = [t for t in thetas if np.isfinite(t).all() and np.isfinite(problem.objective(t))]
    if not thetas:
        raise FitError("the law gives no finite prediction at any of the starts given")
    return sorted(thetas, key=problem.objective)
