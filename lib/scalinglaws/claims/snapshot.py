"""A notebook's names, set aside and brought back between two mutations."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd

from scalinglaws.claims.replication import Replication

#: What a later cell could change in place, so that the next mutation would see it.
CHANGEABLE = (Replication, pd.DataFrame, pd.Series, np.ndarray, dict, list, set)


def snapshot(namespace: dict[str, Any]) -> dict[str, Any]:
    """A notebook's names, with copies of what could be changed in place."""
    return {
        name: copy.deepcopy(value) if isinstance(value, CHANGEABLE) else value
        for name, value in namespace.items()
        if not name.startswith("_") and name not in ("In", "Out", "get_ipython", "exit", "quit")
    }
