"""The released fit of the law in width, depth, parameters and tokens."""

import pandas as pd

from scalinglaws.tables.upstream import converter

FITS = converter("gemstones_fits")
TERMS = {"a": "width", "b": "depth", "c": "parameters", "d": "tokens"}
SOURCE = FITS.SOURCE | {
    "title": "Gemstones: the released fit of the law in width, depth, parameters and tokens",
    "how_obtained": "all of the file of that law for the main runs, all tokens, threshold 1e-4 (parameters_delta-4)",
    "columns": {
        k: {"unit": "none", "about": f"exponent of {x}", "min": 0, "max": 1} for k, x in TERMS.items()
    }
    | {
        f"log_{k.upper()}": {
            "unit": "log nats per token",
            "about": f"logarithm of the coefficient of {x}",
            "min": -5,
            "max": 30,
        }
        for k, x in TERMS.items()
    }
    | {name: FITS.SOURCE["columns"][name] for name in ("log_E", "objective")},
}
DIGEST = "25bdb2596968714402840d41bd2846bb0460a0e5a98db001c40329d727d28d9e"
UPSTREAM = [FITS.upstream("width_depth_parameters_grid_search_0_hot_100b+", DIGEST)]


def convert(path) -> pd.DataFrame:
    """The one fit, under our names."""
    return pd.DataFrame([FITS.values(path)], columns=[*SOURCE["columns"]])
