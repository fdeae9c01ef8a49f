"""What is asked of the columns and levels that these functions take."""

from __future__ import annotations

from typing import Any

import numpy as np

from scalinglaws.text import counted


def check_share(level: float) -> None:
    """Raise unless a confidence level is a share."""
    if not 0 < level < 1:
        raise ValueError(f"level is a share between 0 and 1, not {level}")


def positive_columns(least: int, **columns: Any) -> tuple[np.ndarray, ...]:
    """Columns as float arrays of one length, or an error that names what is wrong."""
    arrays = {name: np.asarray(values, float) for name, values in columns.items()}
    for name, values in arrays.items():
        if values.ndim != 1 or len(values) != len(next(iter(arrays.values()))):
            raise ValueError(f"{' and '.join(arrays)} must be columns of one length")
        if not (np.isfinite(values) & (values > 0)).all():
            raise ValueError(f"{name} must be positive and finite")
        if len(values) < least:
            raise ValueError(f"needs at least {counted(least, 'point')}, has {len(values)}")
    return tuple(arrays.values())
