"""The house style: colour-blind-safe, labelled, with alt text."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from scalinglaws.frontier import isoflop_optimum

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


def size_name(n_params: float) -> str:
    """A size as a label says it: 7e7 is 70M, 2.8e9 is 2.8B."""
    return f"{n_params / 1e9:g}B" if n_params >= 1e9 else f"{n_params / 1e6:g}M"


def shades(count: int) -> list[tuple[float, float, float]]:
    """Blues from light to dark, for sizes or budgets in ascending order."""
    return [(0.5 * shade, 0.7 * shade, shade) for shade in np.linspace(0.9, 0.1, count)]


def bowls(ax: Axes, curves: Sequence[tuple[float, np.ndarray, np.ndarray]]) -> None:
    """Loss against size, one line a budget, darker for larger ones, with the interpolated minima.

    Parameters
    ----------
    ax
        Where to draw.
    curves
        Budget (FLOP), sizes (parameters) and losses, in ascending order of the budgets; the
        first and the last are named in the legend.
    """
    for k, ((flops, n_params, loss), color) in enumerate(zip(curves, shades(len(curves)), strict=True)):
        label = f"{flops:.3g} FLOP" if k in (0, len(curves) - 1) else None
        ax.plot(n_params, loss, "o-", ms=3, lw=1, color=color, label=label)
        low = isoflop_optimum(n_params, loss)
        marked = None if k else "interpolated minimum"
        ax.plot(low.n_params, low.loss, "v", ms=7, color=PALETTE[2], zorder=3, ls="none", label=marked)
    ax.set_xscale("log")


def stops(
    ax: Axes, found: np.ndarray, excess: np.ndarray, optimum: float, published: tuple[str, float]
) -> None:
    """Where the starts of an optimiser stop: a parameter, and how far the objective is above the least.

    Parameters
    ----------
    ax
        Where to draw.
    found, excess
        One value a start: of the parameter, and of the objective's share above the least.
    optimum
        The parameter at the least objective.
    published
        Whose value is drawn beside it, and the value.
    """
    # On a log axis the optimum itself has no place.
    height = np.maximum(100 * np.asarray(excess), 1e-4)
    ax.scatter(found, height, s=12, alpha=0.5, label="where a start stops")
    ax.axvline(optimum, color=PALETTE[1], lw=1.5, label="optimum")
    ax.axvline(published[1], label=published[0], **PAPER)
    ax.set(yscale="log", ylabel="objective above the least [%]")


def in_blocks(
    ax: Axes, blocks: Mapping[str, Mapping[str, Any]], colours: Sequence[Any] = PALETTE
) -> list[str]:
    """Estimates with their intervals, one row each from the top, in blocks of one colour; the rows' names.

    Parameters
    ----------
    ax
        Axes to draw on.
    blocks
        The legend of a block -> name of a row -> its `uncertainty.Estimate`.
    colours
        One a block.
    """
    names: list[str] = []
    for colour, (label, block) in zip(colours, blocks.items(), strict=False):
        at = range(len(names), len(names) + len(block))
        ends = np.array([[it.value - it.low, it.high - it.value] for it in block.values()]).T
        ax.errorbar([it.value for it in block.values()], at, xerr=ends, fmt="o", color=colour, label=label)
        names += block
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    return names


def as_png(figure: Any, alt: str, dpi: float | None = None) -> bytes:
    """Close a figure and return it as a PNG; `alt` will stand beside it, and is only looked at.

    Raises
    ------
    ValueError
        If the alt text is empty or an axis has no label.
    """
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
    figure.savefig(buffer, format="png", metadata={"Software": None}, dpi=dpi or "figure")
    plt.close(figure)
    return buffer.getvalue()


def show(figure: Any, alt: str) -> Any:
    """Close a figure and return it as a PNG with alt text, for the last line of a cell.

    Raises
    ------
    ValueError
        If the alt text is empty or an axis has no label.
    """
    from IPython.display import Image

    return Image(as_png(figure, alt), alt=alt)
