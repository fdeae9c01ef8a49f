"""Excess losses of TabDPT by size and by cells of data, read from the discs of its released figure of scaling."""

import numpy as np
import pandas as pd
from matplotlib.image import imread

from scalinglaws.tables.upstream import converter

#: The same picture, with its axes and colours, as the traced curves are read from.
PICTURE = converter("tabdpt_curves")
SOURCE = {
    "title": "32 excess losses of TabDPT models, digitised: seven sizes, five amounts of data",
    "paper": "Ma et al. (2025), TabDPT: Scaling Tabular Foundation Models on Real Data",
    "arxiv": "2410.18164",
    "repository": "layer6ai-labs/TabDPT-inference",
    "commit": "ff4275db2b74ad5e216383881b39f5ba41175110",
    "licence": "Apache-2.0",
    "how_obtained": "digitised: a disc of nine pixels' radius is moved along the column of its size to where it covers most "
    "of its colour and least of what should not be seen there, against the ticks; a pixel is 0.6 % of a loss and 1.3 % of a "
    "size; eight discs are hidden in part by others, two of them but for a crescent; three of 35 cells of the grid have no disc",
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
UPSTREAM = PICTURE.UPSTREAM
#: The sizes, in the order of the columns of markers.
SIZES = (34e3, 159e3, 424e3, 3.47e6, 12.5e6, 26.4e6, 78e6)
#: Radius of a disc in pixels, and of how many of its 254 pixels a disc that is seen whole shows at least.
RADIUS, WHOLE = 9.0, 225
#: Combinations of cells and size where the picture has no disc: nothing of the colour but the line.
ABSENT = {(52e6, 424e3), (52e6, 26.4e6), (52e6, 78e6)}


def labelled(picture: np.ndarray) -> np.ndarray:
    """Number of the amount of data whose colour a pixel has, -1 where it has none; later amounts are drawn above."""
    apart = np.abs(picture[:, :, None] - np.array(list(PICTURE.COLOURS.values()))).max(axis=-1)
    found = np.where(apart.min(axis=-1) < 40, apart.argmin(axis=-1), -1)
    found[PICTURE.LEGEND] = -1
    return found


def disc(labels: np.ndarray, number: int, column: float) -> tuple[float, int]:
    """Row of the middle of a disc in a column, and how many of its pixels are seen.

    The best row counts for each pixel of the colour that the disc covers, and against each pixel that it
    covers although nothing is drawn above it there, and each of the colour that it leaves beside it.
    """
    left = int(column - RADIUS - 2)
    strip = labels[:, left : left + int(2 * RADIUS) + 6]
    down, across = np.mgrid[: strip.shape[0], left : left + strip.shape[1]]
    own, bare = strip == number, strip < number
    beside = own & (np.abs(across - column) <= RADIUS + 1)
    reached = np.flatnonzero(beside.any(axis=1))
    places = np.arange(reached[0] - 2, reached[-1] + 2, 0.1)
    inside = (down - places[:, None, None]) ** 2 + (across - column) ** 2 <= RADIUS**2
    seen = (inside & own).sum((1, 2))
    score = seen - (inside & bare).sum((1, 2)) - (beside & ~inside).sum((1, 2))
    best = score == score.max()
    return float(places[best].mean()), int(seen[best].max())


def convert(path) -> pd.DataFrame:
    """Every disc, in the order of the amounts of data and the sizes."""
    labels = labelled((imread(path)[..., :3] * 255).round())
    rows = []
    for number, cells in enumerate(PICTURE.COLOURS):
        for size, column in zip(SIZES, PICTURE.MARKERS, strict=True):
            if (cells, size) not in ABSENT:
                row, seen = disc(labels, number, column)
                # Four digits are more than a pixel tells.
                loss = float(f"{PICTURE.axis(PICTURE.TICKS_DOWN, row):.4g}")
                rows.append((cells, size, loss, "whole" if seen >= WHOLE else "hidden in part"))
    return pd.DataFrame(rows, columns=list(SOURCE["columns"]))
