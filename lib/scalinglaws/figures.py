"""The house style: colour-blind-safe, labelled, with alt text."""

from __future__ import annotations

import io
from typing import Any

import matplotlib.pyplot as plt

# Okabe and Ito (2008), safe for the common colour-vision deficiencies; black first.
PALETTE = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
#: Keyword arguments for the paper's own curve: dashed everywhere in this suite.
PAPER = {"linestyle": "--", "color": PALETTE[2]}

STYLE = {
    "axes.grid": True,
    "axes.prop_cycle": plt.cycler(color=PALETTE),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "font.size": 10,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "svg.hashsalt": "scalinglaws",
}


def panels(columns: int = 1, rows: int = 1, *, width: float = 4.4, height: float = 3.3, **kwargs: Any):
    """A figure and its axes in the house style.

    Returns
    -------
    (Figure, Axes or ndarray of Axes)
        As `matplotlib.pyplot.subplots` gives them.
    """
    with plt.rc_context(STYLE):
        return plt.subplots(rows, columns, figsize=(width * columns, height * rows), **kwargs)


def show(figure: Any, alt: str) -> Any:
    """Close a figure and return it as a PNG with alt text, for the last line of a cell.

    Raises
    ------
    ValueError
        If the alt text is empty or an axis has no label.
    """
    from IPython.display import Image

    if not alt.strip():
        raise ValueError("say in words what the figure shows: alt text is empty")
    for ax in figure.axes:
        # Colour bars carry their label on one axis only.
        if ax.get_label() == "<colorbar>" or not ax.axison:
            continue
        shared_x = ax.get_shared_x_axes().get_siblings(ax)
        shared_y = ax.get_shared_y_axes().get_siblings(ax)
        if not any(a.get_xlabel() for a in shared_x) or not any(a.get_ylabel() for a in shared_y):
            raise ValueError(f"an axis of the figure {alt[:40]!r} has no label")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    plt.close(figure)
    return Image(buffer.getvalue(), alt=alt)
