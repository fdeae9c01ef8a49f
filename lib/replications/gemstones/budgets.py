"""Approach 2 on checkpoints that do not meet at common budgets: losses are read off between those of a run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scalinglaws.frontier import exponent, isoflop_optimum


def approach2(points: pd.DataFrame, sizes: int | None, budgets: np.ndarray) -> tuple[float, int]:
    """Exponent of the best size from parabolas at each budget, and at how many budgets there was one.

    Parameters
    ----------
    points
        Checkpoints: `model`, `n_params`, `flops` and `loss`, those of a model in the order of its training.
    sizes
        How many sizes about the lowest each parabola goes through; None for all.
    budgets
        FLOPs. One at which fewer than seven models have a loss, or whose best size would lie outside
        the sizes trained, is left out; with fewer than three left the exponent is not a number.
    """
    tracks = [(t.n_params.iloc[0], np.log(t.flops), t.loss) for _, t in points.groupby("model")]
    loss = [np.interp(np.log(budgets), x, y, left=np.nan, right=np.nan) for _, x, y in tracks]
    n_params = np.array([n for n, _, _ in tracks])
    seen = [(n_params[there := np.isfinite(row)], row[there]) for row in np.transpose(loss)]
    enough = (isoflop_optimum(n, y, "parabola", points=sizes) if len(n) > 6 else None for n, y in seen)
    low = np.array([np.nan if found is None else found.n_params for found in enough])
    used = np.isfinite(low)
    return exponent(budgets[used], low[used]).exponent if used.sum() > 2 else np.nan, used.sum()
