"""Losses of time series Transformers by size and by amount of data, digitised from the authors' released figures."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "84 losses of encoder-only and decoder-only Transformers on time series, digitised: by size, and by data",
    "paper": "Yao et al. (2025), Towards Neural Scaling Laws for Time Series Foundation Models",
    "arxiv": "2410.12360",
    "repository": "Qingrenn/TSFM-ScalingLaws",
    "commit": "d157a26a2de53a6c0a4c53087de88bf45ee4b34e",
    "licence": "Apache-2.0",
    "how_obtained": "digitised from the pictures that are kept as outputs of analysis/modelsize_vs_metric.ipynb and "
    "analysis/datasize_vs_metric.ipynb: loss from the centres of discs against the ticks, one pixel is about 0.3 % of a "
    "loss; the ID losses at 302,656 parameters lie behind the legend and are known to about 1 %; sizes and amounts from "
    "analysis/utils.py; all points of the four figures",
    "columns": {
        "figure": {"unit": "name", "about": "what varies along the curve: size or data"},
        "family": {"unit": "name", "about": "architecture: encoder or decoder, each only"},
        "eval_set": {
            "unit": "name",
            "about": "what the loss is of: LSF and Monash are data sets of foreign kinds (OOD), ID the held-out part "
            "of the amount of data that was trained on",
        },
        "n_params": {
            "unit": "parameters",
            "about": "as the authors' table has it, for both architectures; those of 1B by their files have 36 layers "
            "(encoder) and 32 (decoder)",
            "min": 800,
            "max": 1.1e9,
        },
        "n_points": {
            "unit": "time points",
            "about": "in the training set, as the authors' table has it",
            "min": 1e7,
            "max": 1.6e10,
        },
        "nll": {
            "unit": "nats per time point",
            "about": "negative log-likelihood of the series in their own units, a density; least of a hundred "
            "evaluations during training; digitised",
            "min": 1.5,
            "max": 7,
        },
    },
}
UPSTREAM = [
    Upstream(
        # The points of four pictures, written out as a table, one row a point.
        path="analysis/modelsize_vs_metric.ipynb and analysis/datasize_vs_metric.ipynb",
        sha256="5d34d248e4d00a86cda86d8f03976da9f2a6e65d4bee7a4e4de642706deb13a8",
        mirror="tsfm-scaling/tsfm_nll_digitised.csv",
        public=False,
    ),
]
#: What does not vary along a curve: all data, and the size called 1B.
ALL_DATA, LARGEST = 15.7e9, 1.016e9


def convert(path) -> pd.DataFrame:
    """Every point, with its size and its amount of data."""
    raw = pd.read_csv(path)
    by_size = raw.axis == "N"
    table = pd.DataFrame(
        {
            "figure": by_size.map({True: "size", False: "data"}),
            "family": raw.arch,
            "eval_set": raw.eval_set.str.removeprefix("OOD-"),
            "n_params": raw.x.where(by_size, LARGEST),
            "n_points": raw.x.mask(by_size, ALL_DATA),
            "nll": raw.nll,
        }
    )
    return table[list(SOURCE["columns"])]
