"""What is read off the resampled kernels: limits along paths and in both sizes, biases, exponents.

Arrays hold an estimate and then its resamples along the axis of length 1 + resamples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from replications.width_depth_commute.cells import Cells, regressed
from replications.width_depth_commute.networks import drawn, scales
from replications.width_depth_commute.runs import PATHS, POWERS, along
from replications.width_depth_commute.theory import flow, infinite_width, plain_kernel
from scalinglaws.correlation import log_slope
from scalinglaws.uncertainty import Estimate, from_draws


def path_limits(
    cells: Cells,
    network: str,
    name: str,
    paths: Mapping[float, Sequence[int]] = PATHS,
    order: int = 2,
    skip: int = 0,
    growth: float = 0.0,
) -> np.ndarray:
    """Where a mean ends along each path depth = width^power, by a polynomial in 1 / min(n, L).

    Parameters
    ----------
    cells, network, name
        Resampled means; which network; which column.
    paths
        Power -> widths.
    order
        Degree of the polynomial. With two, the biases 1/n and 1/L are in it on every path.
    skip
        How many of the smallest widths are left out.
    growth
        What every layer adds, which is taken off first.

    Returns
    -------
    ndarray
        Shape (1 + resamples, paths).
    """
    found = []
    for power, widths in paths.items():
        part = cells.of(network, along({power: tuple(widths)[skip:]}))
        h = 1 / np.minimum(part.n, part.depth)
        found.append(regressed(part[name] - growth * part.depth, *(h**k for k in range(1, order + 1)))[0])
    return np.column_stack(found)


def extrapolated(part: Cells, values: np.ndarray, least: tuple[int, int] = (16, 8)) -> np.ndarray:
    """Constant and coefficients of 1/n, 1/L, 1/(n L), 1/n^2 and 1/L^2 in some values, sizes up to 256.

    Parameters
    ----------
    part
        Sizes of one network.
    values
        What is extrapolated, shape (1 + resamples, sizes).
    least
        The smallest width and depth that are kept.

    Returns
    -------
    ndarray
        Shape (6, 1 + resamples).
    """
    kept = (part.n >= least[0]) & (part.depth >= least[1]) & (part.n <= 256) & (part.depth <= 256)
    n, depth = 1 / part.n[kept], 1 / part.depth[kept]
    return regressed(values[:, kept], n, depth, n * depth, n**2, depth**2)


def errors(
    cells: Cells, network: str, depths: Sequence[int], widths: Sequence[int] = POWERS
) -> tuple[Cells, np.ndarray]:
    """Sizes, and the rms distance over networks of the kernel ab from that of infinite width, by depth and width."""
    part = cells.of(network, [(n, depth) for depth in depths for n in widths])
    wide = np.array([infinite_width(scales(network, int(depth)))[1] for depth in part.depth])
    # Columns that do not belong together can make a mean square negative; its size then gives a wrong error, not none.
    return part, np.sqrt(np.abs(part["ab_squared"] - 2 * wide * part["ab"] + wide**2))


def width_exponents(part: Cells, values: np.ndarray, corrected: bool = False) -> np.ndarray:
    """Exponent of the width in some values at each depth, shape (1 + resamples, depths).

    Parameters
    ----------
    part, values
        Sizes, and what falls with the width there, shape (1 + resamples, sizes).
    corrected
        Whether a term in 1/n, the next order, stands beside the power in the logarithm.
    """
    found = []
    for depth in np.unique(part.depth):
        at = part.depth == depth
        n = part.n[at]
        terms = [np.log(n), np.ones(len(n)), *([1 / n] if corrected else [])]
        found.append(np.linalg.lstsq(np.column_stack(terms), np.log(values[:, at]).T, rcond=None)[0][0])
    return np.column_stack(found)


def plain_width_exponent(depth: int, widths: Sequence[int], draws: int, rng: np.random.Generator) -> float:
    """Exponent of the width in the rms distance of a plain network's kernel ab from that of infinite width."""
    wide = plain_kernel(depth)
    rms = [np.sqrt(np.mean((drawn("mlp", n, depth, draws, rng)["ab"] - wide) ** 2)) for n in widths]
    return log_slope(widths, rms)


def bias(cells: Cells, depths: Sequence[int]) -> np.ndarray:
    """Mean kernel ab of a resnet at infinite width (a parabola in 1/n, n from 16) less its limit.

    Returns
    -------
    ndarray
        Shape (1 + resamples, depths).
    """
    each = [cells.of("resnet", [(n, depth) for n in POWERS[1:]]) for depth in depths]
    at_infinity = [regressed(part["ab_expected"], 1 / part.n, 1 / part.n**2)[0] for part in each]
    return np.column_stack(at_infinity) - flow()[0][1]


def bias_exponent(cells: Cells, depths: Sequence[int]) -> np.ndarray:
    """Exponent of the depth in that bias, shape (1 + resamples,)."""
    return regressed(np.log(np.abs(bias(cells, depths))), np.log(depths))[1]


def growth(cells: Cells, width: int) -> np.ndarray:
    """Variance of the kernel ab of a resnet at depth 256 over that at depth 16, shape (1 + resamples,)."""
    deep, shallow = cells.of("resnet", [(width, 256), (width, 16)]).variance("ab").T
    return deep / shallow


def spread_by_plane(cells: Cells, least: tuple[int, int]) -> np.ndarray:
    """Limit of n times the variance of log aa of a resnet, by a plane in 1/n and 1/L; shape (1 + resamples,)."""
    sizes = [(n, depth) for n in POWERS if n >= least[0] for depth in POWERS if depth >= least[1]]
    part = cells.of("resnet", sizes)
    return regressed(part.n * part.variance("log_aa"), 1 / part.n, 1 / part.depth)[0]


def tails(cells: Cells, network: str, sizes: Sequence[tuple[int, int]]) -> Estimate:
    """The largest excess kurtosis of coordinates, in absolute value, over some sizes."""
    part = cells.of(network, list(sizes))
    return estimate(np.abs(part["fourth"] / part["aa"] ** 2 - 3).max(axis=1))


def farthest(ratio: np.ndarray) -> Estimate:
    """The largest distance from one, over paths: shape (1 + resamples, paths)."""
    return estimate(np.abs(ratio - 1).max(axis=1))


def estimate(values: np.ndarray) -> Estimate:
    """The first of the values, with the middle 95 % of the others for an interval."""
    return from_draws(values[0], values[1:], "blocks of networks resampled")
