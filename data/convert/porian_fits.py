"""Power laws that Porian et al. released for their 15 experiments, unweighted and weighted."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream, converter

POINTS = converter("porian_isoflop")

SOURCE = POINTS.SOURCE | {
    "title": "Released power laws of the best model size, and of the loss, in 15 experiments",
    "how_obtained": "the released summary pickles (data/summary_df*.pickle.xz), opened with an unpickler that "
    "allows data frames and arrays only, and flattened; of eight kinds of fit the two to the medians of their "
    "bootstrap, of 13 figures the five that are used",
    "columns": {
        "experiment": {"unit": "name", "about": "as in porian_isoflop"},
        "weighted": {
            "unit": "0 or 1",
            "about": "1: budgets weighted by the inverse variance of their bootstrap (the printed fits); 0: alike",
            "min": 0,
            "max": 1,
        },
        "exponent": {"unit": "none", "about": "a in n_opt = coefficient C^a", "min": 0.4, "max": 1},
        "coefficient": {"unit": "parameters", "about": "n_opt at C = 1 FLOP", "min": 1e-9, "max": 10},
        "E": {"unit": "nats per token", "about": "of the loss fit E + A C^-alpha", "min": 0, "max": 10},
        "A": {"unit": "nats per token", "about": "of the loss fit, at C = 1 FLOP", "min": 0, "max": 1e10},
        "alpha": {"unit": "none", "about": "of the loss fit", "min": 0, "max": 1},
    },
}

UPSTREAM = [
    Upstream(
        path="data/summary_df*.pickle.xz",
        sha256="05fb9376b424311a6bd7dc5d5865191e74c5cbd943dd5b9f65d8b48e8f494022",
        mirror="resolving-discrepancies/published_fits.csv",
        public=False,
    )
]


def convert(fits) -> pd.DataFrame:
    """Two fits for each experiment, under our names, in their order."""
    raw = pd.read_csv(fits)
    raw["experiment"] = POINTS.experiment(raw)
    raw["weighted"] = raw["fit"].map({"bs_median": 0, "bs_median_weighted": 1})
    raw = raw.dropna(subset=["weighted"]).astype({"weighted": int})
    raw = raw.rename(columns={"n_exponent": "exponent", "n_coef": "coefficient"})
    return raw[list(SOURCE["columns"])]
