"""Where a drawn curve meets itself."""

from __future__ import annotations

import numpy as np


def self_crossings(curve: np.ndarray) -> int:
    """How often two pieces of a polyline cross that do not follow each other.

    Parameters
    ----------
    curve
        Corners (2, corners), in order.

    Returns
    -------
    int
        Pairs of segments each of which has the ends of the other strictly on both its sides.
    """
    start, way = curve[:, :-1], np.diff(curve, axis=1)

    def side(points: np.ndarray) -> np.ndarray:
        """On which side of each segment (rows) each point (columns) lies."""
        to = points[:, None, :] - start[:, :, None]
        return np.sign(way[0][:, None] * to[1] - way[1][:, None] * to[0])

    apart = side(curve[:, :-1]) * side(curve[:, 1:]) < 0
    both = apart & apart.T
    return int(np.triu(both, 2).sum())
