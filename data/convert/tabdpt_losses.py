"""Excess losses of TabDPT by size and by cells of data, digitised from its figure of scaling."""

import pandas as pd

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "30 excess losses of TabDPT models, digitised: seven sizes, five amounts of data",
    "paper": "Ma et al. (2025), TabDPT: Scaling Tabular Foundation Models on Real Data",
    "arxiv": "2410.18164",
    "repository": "layer6ai-labs/TabDPT-inference",
    "commit": "ff4275db2b74ad5e216383881b39f5ba41175110",
    "licence": "Apache-2.0",
    "how_obtained": "digitised: centres of discs against the ticks, by colour, a pixel is 0.6 % of a loss and 1.3 % of a "
    "size; six discs that others hide in part were fitted as discs; five of 35 cells of the grid cannot be seen",
    "columns": {
        "cells": {
            "unit": "cells",
            "about": "of the tables trained on, as the legend has it: 52M, 141M, 269M, 598M and 2B, the last to one digit",
            "min": 5e7,
            "max": 2e9,
        },
        "n_params": {
            "unit": "parameters",
            "about": "from the axis, one value a size",
            "min": 3e4,
            "max": 1e8,
        },
        "excess_loss": {
            "unit": "loss",
            "about": "loss, the mean of a cross-entropy of classification and one minus a correlation of regression, less "
            "a fitted constant that is not printed; digitised",
            "min": 0.01,
            "max": 0.15,
        },
        "disc": {"unit": "name", "about": "whether the disc is seen whole, or hidden in part by others"},
    },
}
UPSTREAM = [
    Upstream(
        # The discs of the picture, written out as a table, one row a disc.
        path="figures/scaling.png",
        sha256="f7137a5066d8295d52a5693202394567ccc5b00f3363db2bf368cd07e446e55b",
        mirror="tabdpt/tabdpt_excess_loss_digitised.csv",
        public=False,
    )
]


def convert(path) -> pd.DataFrame:
    """Every disc, in the order of the amounts of data and the sizes."""
    raw = pd.read_csv(path)
    table = raw.rename(columns={"params": "n_params"}).assign(
        disc=raw.marker.map({"clean": "whole", "partially occluded": "hidden in part"})
    )
    return table[list(SOURCE["columns"])]
