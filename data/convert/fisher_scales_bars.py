"""Scores of twelve pairs of textures under four assumptions, read off the bars of the authors' released figure."""

import base64
import io
import json

import numpy as np
import pandas as pd
from matplotlib.image import imread

from scalinglaws.tables.upstream import Upstream

#: Fill of the bars, in the order in which the figure puts them side by side.
FILLS = {
    "pixels": (0x44, 0xAA, 0x99),
    "power": (0x88, 0xCC, 0xEE),
    "wavelets": (0xDD, 0xCC, 0x77),
    "network": (0xCC, 0x66, 0x77),
}
#: Centre of the line at score 0 and height of a score of 1, from the ticks; both in pixels.
ZERO, UNIT = 313.5, 191 / 3
#: Middle of the first bar, and steps to the next assumption and the next pair, in pixels.
FIRST, NEXT, PAIR = 88.5, 5.61, 36.48
#: Lines at 0 and 1 darken the pixels beside them by this factor.
SHADE = 205 / 255
PAIRS, CELL = 12, 14
#: Rows of pixels of the left panel, without its frame.
ROWS = slice(62, 366)
#: How far a pixel may be from a fill, summed over three channels of 0 to 255.
NEAR = 12
ABOUT = "score of the population's scale, from the height of the bar, to a pixel (0.016); bars below a pixel are read as 0"
SOURCE = {
    "title": "Scores of 12 pairs of textures under four assumptions, read off the bars of the authors' figure",
    "paper": "Vacher & Mamassian (2024), Perceptual Scales Predicted by Fisher Information Metrics",
    "arxiv": "2310.11759",
    "repository": "JonathanVacher/perceptual_metric",
    "commit": "d686bdc8712c013fe000e416f062175548f41cc7",
    "licence": "GPL-3.0",
    "how_obtained": "the picture that is kept as output of the last cell of the released notebook on population scales; "
    "the first and last pixel of each bar's colour, against the ticks; the picture is not carried over",
    "columns": {
        "pair": {"unit": "text", "about": "pair_01 to pair_12"},
        **{name: {"unit": "score", "about": ABOUT, "min": -2, "max": 5} for name in FILLS},
    },
}
UPSTREAM = [
    Upstream(
        "preds_analysis/mlds-analysis-pop.ipynb",
        "de1cc642a298e02ea297b1438e7dd87c50f5137b25844587e0f52fdfb1a99435",
        "perceptual-scales/mlds-analysis-pop.ipynb",
    )
]


def picture(notebook):
    """The picture of a cell's output: shape (rows, columns, 3), 0 to 255."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    drawn = [o["data"]["image/png"] for o in cells[CELL]["outputs"] if "image/png" in o.get("data", {})]
    return np.round(imread(io.BytesIO(base64.b64decode(drawn[-1])))[..., :3] * 255)


def height(column, fill):
    """Score of the bar of one colour in one column of pixels of the panel."""
    shades = np.array(fill) * np.array([1, SHADE])[:, None]
    rows = np.flatnonzero((np.abs(column[:, None] - shades).sum(axis=-1) < NEAR).any(axis=1))
    if not len(rows):
        return 0.0
    # The line at 0 hides what is lower than a pixel.
    above, below = ZERO - ROWS.start - rows.min(), ZERO - ROWS.start - (rows.max() + 1)
    tall = above if above > -below else below
    return tall / UNIT if abs(tall) > 1 else 0.0


def convert(notebook):
    """One row a pair, one column an assumption, to three decimals."""
    drawn = picture(notebook)
    rows = [
        {"pair": f"pair_{pair + 1:02d}"}
        | {
            name: round(height(drawn[ROWS, round(FIRST + NEXT * k + PAIR * pair)], fill), 3)
            for k, (name, fill) in enumerate(FILLS.items())
        }
        for pair in range(PAIRS)
    ]
    return pd.DataFrame(rows)
