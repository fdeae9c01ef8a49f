"""The five solid lines of TabDPT's figure of scaling, traced pixel by pixel from the released picture."""

import numpy as np
import pandas as pd
from matplotlib.image import imread

from scalinglaws.tables.upstream import Upstream

SOURCE = {
    "title": "The fitted curves of excess loss against size that TabDPT's figure draws, traced from its pixels",
    "paper": "Ma et al. (2025), TabDPT: Scaling Tabular Foundation Models on Real Data",
    "arxiv": "2410.18164",
    "repository": "layer6ai-labs/TabDPT-inference",
    "commit": "ff4275db2b74ad5e216383881b39f5ba41175110",
    "licence": "Apache-2.0",
    "how_obtained": "digitised: middle of each line in every sixth column of pixels, by its colour, against the ticks; "
    "columns next to markers, under the legend or where two lines of a colour could be meant are left out; a pixel is "
    "0.6 % of a loss and 1.3 % of a size, and a middle is good to about a third of one",
    "columns": {
        "cells": {
            "unit": "cells",
            "about": "of the tables trained on, as the legend has it: 52M, 141M, 269M, 598M and 2B, the last to one digit",
            "min": 5e7,
            "max": 2e9,
        },
        "n_params": {"unit": "parameters", "about": "from the axis", "min": 3e4, "max": 1e8},
        "excess_loss": {
            "unit": "loss",
            "about": "loss less a fitted constant that is not printed; digitised",
            "min": 0.01,
            "max": 0.15,
        },
    },
}
UPSTREAM = [
    Upstream(
        path="figures/scaling.png",
        sha256="3fc475bff8ebaefe8dd25a06676b393688189a52751f7ed5702669d6ff8423b4",
        mirror="tabdpt/scaling.png",
    )
]
#: Colours of the lines, by cells, 0 to 255.
COLOURS = {
    52e6: (254, 207, 146),
    141e6: (247, 112, 92),
    269e6: (186, 67, 130),
    598e6: (100, 26, 128),
    2e9: (20, 14, 54),
}
#: Columns of the ticks at 10^5 to 10^8 parameters, and rows of those at these excess losses, in pixels.
TICKS_ACROSS = {1e5: 264.71, 1e6: 436.17, 1e7: 607.55, 1e8: 778.96}
TICKS_DOWN = {
    0.1: 72.24,
    0.09: 91.16,
    0.08: 112.17,
    0.07: 136.19,
    0.06: 163.66,
    0.05: 196.41,
    0.04: 236.43,
    0.03: 288.0,
    0.02: 360.66,
}
#: Columns of the seven sizes, and how far a marker reaches beyond them.
MARKERS, REACH = (184.4, 299.0, 372.2, 528.7, 624.0, 679.8, 760.4), 12
#: Rows and columns where no line is looked for: the frame, and the legend.
INSIDE, LEGEND = (slice(12, 480), slice(158, 787)), (slice(0, 200), slice(570, 787))
#: A line is so many pixels thick where it is seen whole.
THICK = (3, 6)


def axis(ticks: dict[float, float], pixels: np.ndarray) -> np.ndarray:
    """Values of a logarithmic axis at pixels, by the straight line through its ticks."""
    slope, start = np.polyfit(list(ticks.values()), np.log10(list(ticks)), 1)
    return 10 ** (start + slope * pixels)


def middles(seen: np.ndarray) -> list[tuple[float, float]]:
    """Column and middle row of one line, where a single run of its pixels is as thick as a line."""
    found = []
    for column in range(0, seen.shape[1], 6):
        rows = np.flatnonzero(seen[:, column])
        runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
        # Where two lines cross or touch, the edges of one take on the colour of another: thin runs.
        lines = [run for run in runs if THICK[0] <= len(run) <= THICK[1]]
        if len(lines) == 1 and np.abs(column - np.array(MARKERS)).min() > REACH:
            found.append((column, lines[0].mean()))
    return found


def convert(path) -> pd.DataFrame:
    """One row a column of pixels in which a line is seen."""
    picture = (imread(path)[..., :3] * 255).round()
    parts = []
    for cells, colour in COLOURS.items():
        near = np.abs(picture - colour).max(axis=2) < 60
        near[LEGEND] = False
        seen = np.zeros_like(near)
        seen[INSIDE] = near[INSIDE]
        across, down = np.array(middles(seen)).T
        parts.append(
            pd.DataFrame(
                {
                    "cells": cells,
                    "n_params": axis(TICKS_ACROSS, across),
                    "excess_loss": axis(TICKS_DOWN, down),
                }
            )
        )
    table = pd.concat(parts, ignore_index=True)
    # Five digits are more than a pixel tells.
    for name in ("n_params", "excess_loss"):
        table[name] = [float(f"{value:.5g}") for value in table[name]]
    return table[list(SOURCE["columns"])]
