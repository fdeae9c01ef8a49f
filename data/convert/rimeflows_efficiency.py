"""Efficiencies at which two model flows towards a stagnation point deposit inertial particles."""

import numpy as np
import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "Deposition efficiency of inertial particles in two model flows towards a curved surface",
    "paper": "Robinson, Warren, Turner and Sear (2023), Critical inertia for particle capture is determined "
    "by surface geometry at forward stagnation point",
    "arxiv": "2310.03474",
    "repository": "tranqui/rimeflows",
    "commit": "84feb2128b17811a5bd8b715b7b23bea0f0c290e",
    "licence": "GPL-3.0 (the figures only, with attribution)",
    "how_obtained": "all rows of efficiency_shm.csv and efficiency_power_m=2.0.csv, each a run of the authors' "
    "efficiency.py; units are those of their flows: strain 1, or its coefficient of x^2, and a surface of curvature 1",
    "columns": {
        "power": {
            "unit": "1",
            "about": "m of the speed x^m towards the surface: 1 inviscid flow, 2 a viscous boundary",
            "min": 1,
            "max": 2,
        },
        "stokes": {"unit": "1", "about": "Stokes number St", "min": 0.2, "max": 2},
        "excess": {
            "unit": "1",
            "about": "St less the threshold that the authors found",
            "min": 1e-8,
            "max": 1,
        },
        "efficiency": {
            "unit": "1",
            "about": "twice the largest distance from the axis, at a start at x = 1, from which a particle "
            "strikes; twelve decimals, so that the smallest are printed as 0",
            "min": 0,
            "max": 1,
        },
    },
}

UPSTREAM = [
    Upstream(
        path="data/efficiency_shm.csv",
        sha256="147969f1f016edebe19940c73fbed3c9b739e8c6710f23238becb8a2c2ef06d4",
        mirror="rimeflows/efficiency_shm.csv",
    ),
    Upstream(
        path="data/efficiency_power_m=2.0.csv",
        sha256="4f3c1980525fc62e14c5918f821581c111c375010323f25ad00ef069117a110d",
        mirror="rimeflows/efficiency_power_m=2.0.csv",
    ),
]


def convert(linear, quadratic) -> pd.DataFrame:
    """Both flows below each other, in the order of the Stokes number."""
    columns = ["stokes", "excess", "efficiency"]
    tables = [pd.DataFrame(np.loadtxt(path), columns=columns) for path in (linear, quadratic)]
    both = pd.concat([table.assign(power=power) for power, table in enumerate(tables, 1)])
    return both[list(SOURCE["columns"])]
