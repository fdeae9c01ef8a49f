"""Smooth targets on a cube, interpolated between random points by flat pieces or by the nearest point."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import LinearNDInterpolator, interp1d
from scipy.spatial import cKDTree


def smooth(points: np.ndarray, waves: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Sums of cosines: points (n, d), waves (t, k, d) in radians a unit length, phases (t, k); gives (n, t)."""
    return np.cos(np.einsum("nd,tkd->ntk", points, waves) + phases).sum(2)


def losses(dimension: int, sizes: list[int], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Mean squared errors of two interpolators, over eight random smooth targets on the same points.

    The points fill the unit cube. Errors are taken at 1,000 points of its middle half, where no
    test point lies outside the hull of the others or close to it.

    Parameters
    ----------
    dimension
        Of the cube.
    sizes
        Numbers of points; smaller sets are the first of the largest.
    rng
        For targets, points and test points.

    Returns
    -------
    dict
        "flat pieces" and "nearest point" -> errors, one a size.
    """
    waves, phases = rng.normal(size=(8, 4, dimension)), rng.uniform(0, 2 * np.pi, (8, 4))
    # Waves of one length, so that no target carries the mean: errors grow as its fourth power.
    waves *= 3.0 / np.linalg.norm(waves, axis=-1, keepdims=True)
    points = rng.uniform(size=(max(sizes), dimension))
    tests = rng.uniform(0.25, 0.75, (1000, dimension))
    truth, values = smooth(tests, waves, phases), smooth(points, waves, phases)
    errors: dict[str, list[float]] = {"flat pieces": [], "nearest point": []}
    for n in sizes:
        nearest = values[cKDTree(points[:n]).query(tests)[1]]
        errors["flat pieces"].append(np.mean((flat(points[:n], values[:n], tests) - truth) ** 2))
        errors["nearest point"].append(np.mean((nearest - truth) ** 2))
    return {name: np.array(found) for name, found in errors.items()}


def runs(dimension: int, sizes: list[int], draws: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Errors of many point sets, each with targets of its own, each of shape (draws, sizes); see `losses`."""
    drawn = [losses(dimension, sizes, rng) for _ in range(draws)]
    return {kind: np.array([one[kind] for one in drawn]) for kind in drawn[0]}


def flat(points: np.ndarray, values: np.ndarray, tests: np.ndarray) -> np.ndarray:
    """Linear on each simplex of a Delaunay triangulation, on each gap in one dimension; values (n,) or (n, t)."""
    if points.shape[1] == 1:
        order = points[:, 0].argsort()
        return interp1d(points[order, 0], values[order], axis=0)(tests[:, 0])
    return LinearNDInterpolator(points, values)(tests)
