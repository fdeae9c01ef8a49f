"""What hangs on the restarts: shares of them, fewer of them, one depth of them, and quantiles of their errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from scalinglaws.uncertainty import of_share


def share(hits: int, of: int) -> str:
    """A share with its exact 95 % interval, in words."""
    return f"{of_share(hits, of, 'exact binomial'):.3f}"


def resampled_quantile(
    values: np.ndarray, level: float, draw: np.random.Generator, draws: int = 2000
) -> np.ndarray:
    """A quantile of the errors of restarts: its value, then that of each resample of them, (1 + draws,)."""
    values = np.asarray(values)
    return np.quantile(np.vstack([values, draw.choice(values, (draws, len(values)))]), level, axis=1)


def least_of_fewer(
    by_depth: Mapping[int, np.ndarray], draw: np.random.Generator, fewer: int = 16, draws: int = 1000
) -> np.ndarray:
    """Least error of so many restarts of each depth, drawn without replacement, for each draw (draws,)."""
    drawn = [
        draw.permuted(np.tile(errors, (draws, 1)), axis=1)[:, :fewer].min(1) for errors in by_depth.values()
    ]
    return np.min(drawn, axis=0)


def choices(errors: pd.Series, draw: np.random.Generator) -> Iterator[tuple[str, float, np.ndarray | None]]:
    """Other choices of restarts and depth for a claim about the least error.

    Parameters
    ----------
    errors
        Of all restarts, indexed by depth.
    draw
        For which restarts are drawn.

    Yields
    ------
    (choice, least, drawn)
        In words; the least error under it; and for the first, fewer restarts, that of each draw. Its
        `least` is the draw of which one in twenty is worse.
    """
    by_depth = {depth: group.to_numpy() for depth, group in errors.groupby(level=0)}
    drawn = least_of_fewer(by_depth, draw)
    yield "an unlucky 16 restarts of each depth", float(np.quantile(drawn, 0.95)), drawn
    if len(by_depth) > 1:
        for depth, group in by_depth.items():
            yield f"{depth} hidden layers alone", float(group.min()), None
