"""Which training runs lie on the lower envelope of loss against compute (approach 1 of Hoffmann et al.)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from scalinglaws.frontier.columns import positive_columns


def envelope(flops: Any, loss: Any, method: str = "hull", stretches: int = 1500) -> np.ndarray:
    """Runs, or checkpoints of runs, on the lower envelope of loss against compute (approach 1).

    Parameters
    ----------
    flops
        Compute spent up to each point, FLOPs; any size and order, curves of many runs together.
    loss
        Loss at each point.
    method
        - `"hull"`: vertices of the lower convex hull of (ln flops, ln loss) on its falling
          side, from the least compute to the lowest loss.
        - `"running minimum"`: the range of ln flops is cut into `stretches` of equal length;
          the lowest loss of each is kept if it is lower than that of every stretch before.
    stretches
        For the running minimum only.

    Returns
    -------
    ndarray of int
        Row numbers (positions, not labels) in order of rising compute and falling loss.

    Raises
    ------
    ValueError
        For fewer than three points, values that are not positive and finite, an unknown
        method, or fewer than one stretch.

    Notes
    -----
    The hull is that of Gemstones (McLeish et al. 2025, arXiv:2502.06857). As there, a point
    far up and right, (2 max flops, 2 max loss), is added before the hull is taken; it only
    keeps the hull from being flat and is never returned. The running minimum is the rule of
    Hoffmann et al. (2022), arXiv:2203.15556, section 3.1, on the points as they are: they
    interpolate smoothed training curves at 1500 budgets first.

    Examples
    --------
    >>> envelope([1e18, 1e19, 1e19, 1e20, 1e21], [4.0, 3.0, 3.5, 2.8, 2.9])
    array([0, 1, 3])
    """
    flops, loss = positive_columns(3, flops=flops, loss=loss)
    x, y = np.log(flops), np.log(loss)
    if method == "hull":
        corner = [x.max() + np.log(2), y.max() + np.log(2)]
        try:
            hull = ConvexHull(np.vstack([np.column_stack([x, y]), corner]))
        except QhullError as error:
            raise ValueError("the points lie on one line that does not fall: no envelope") from error
        # An outward normal that points down and left belongs to a falling side of the lower hull.
        falling = (hull.equations[:, :2] < 0).all(axis=1)
        first = np.lexsort([y, x])[:1]
        rows = np.union1d(hull.simplices[falling], first)
    elif method == "running minimum":
        if stretches < 1:
            raise ValueError(f"stretches must be at least 1, not {stretches}")
        width = max(np.ptp(x), np.finfo(float).tiny) / stretches
        stretch = np.minimum((x - x.min()) // width, stretches - 1)
        order = np.lexsort([x, y, stretch])
        rows = order[np.unique(stretch[order], return_index=True)[1]]
        rows = rows[np.r_[True, y[rows[1:]] < np.minimum.accumulate(y[rows])[:-1]]]
    else:
        raise ValueError(f"method {method!r} is neither 'hull' nor 'running minimum'")
    return rows[np.argsort(x[rows], kind="stable")].astype(int)
