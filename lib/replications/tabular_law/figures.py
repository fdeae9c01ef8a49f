"""The figures: points and two laws, and what the points leave open."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.tabular_law.laws import Drawn
from scalinglaws.figures import PALETTE, PAPER, panels
from scalinglaws.fitting import Fit
from scalinglaws.uncertainty import Estimate

LABELS = {52e6: "52M", 141e6: "141M", 269e6: "269M", 598e6: "598M", 2e9: "2B"}
COLOURS = dict(zip(LABELS, (PALETTE[5], PALETTE[2], PALETTE[4], PALETTE[1], PALETTE[0]), strict=True))
MARKS = dict(zip(LABELS, "osD^v", strict=True))
SIZE = "size [parameters]"


def laws(losses: pd.DataFrame, it: Fit, drawn: Drawn) -> Figure:
    """Excess loss against size, a colour an amount of data: points, our fit, and the drawn law, dashed."""
    fig, ax = panels(width=6.4, height=4.6)
    x = np.geomspace(losses.n_params.min(), losses.n_params.max(), 100)
    for cells, part in losses.groupby("cells"):
        style = {"color": COLOURS[cells]}
        ax.plot(part.n_params, part.excess_loss, MARKS[cells], ms=6, label=f"{LABELS[cells]} cells", **style)
        ax.plot(x, it.predict({"n_params": x, "n_tokens": np.full_like(x, cells)}), lw=1.3, **style)
        ax.plot(x, drawn.predict(x, cells), lw=1.2, **PAPER | style)
    ax.plot([], [], color="0.4", label="our fit")
    ax.plot([], [], label="drawn by the authors", **PAPER | {"color": "0.4"})
    ax.set(xscale="log", yscale="log", xlabel=SIZE, ylabel="excess loss")
    ax.set_yticks([0.01, 0.02, 0.04, 0.08], ["0.01", "0.02", "0.04", "0.08"])
    ax.minorticks_off()
    ax.legend(fontsize=8, ncols=2)
    return fig


def residuals(ax: Axes, losses: pd.DataFrame, it: Fit) -> None:
    """How far each point lies from our fit, joined along an amount of data."""
    for cells, part in losses.assign(off=it.residuals).groupby("cells"):
        ax.plot(
            part.n_params, part.off, "-" + MARKS[cells], color=COLOURS[cells], ms=5, lw=1, label=LABELS[cells]
        )
    ax.axhline(0, color="0.6", lw=0.8)
    ax.set(xscale="log", xlabel=SIZE, ylabel="log of observed over fitted", ylim=(-0.27, 0.45))
    ax.legend(fontsize=8, title="cells", title_fontsize=8, ncols=3, loc="upper center")


def intervals(ax: Axes, found: Mapping[str, tuple[Estimate, Estimate]], drawn: Drawn) -> None:
    """Both exponents with their intervals, a row a way of leaving out; the drawn ones dashed."""
    for k, (alpha, beta) in enumerate(found.values()):
        for it, colour, up, name in (
            (alpha, PALETTE[1], 0.12, "alpha (size)"),
            (beta, PALETTE[3], -0.12, "beta (data)"),
        ):
            ax.plot([it.low, it.high], [up - k] * 2, color=colour, lw=2, label=None if k else name)
            ax.plot(it.value, up - k, "o", color=colour, ms=5)
    for value, colour, name in (
        (drawn.alpha, PALETTE[1], "drawn alpha"),
        (drawn.beta, PALETTE[3], "drawn beta"),
    ):
        ax.axvline(value, label=name, **PAPER | {"color": colour, "lw": 1.2})
    ax.set_yticks(-np.arange(len(found)), list(found))
    ax.set(xlabel="exponent", ylabel="what is left out", xlim=(-0.05, 0.9), ylim=(-len(found) + 0.5, 1.6))
    ax.legend(fontsize=8, ncols=2, loc="upper left")


def open_questions(
    losses: pd.DataFrame, it: Fit, found: Mapping[str, tuple[Estimate, Estimate]], drawn: Drawn
) -> Figure:
    """Residuals of our fit by amount of data, and how sure the exponents are.

    Parameters
    ----------
    losses, it, drawn
        The table, our fit of the sum, and the drawn law.
    found
        What is left out -> the two exponents with intervals; those that leave the panel are cut off.
    """
    fig, (left, right) = panels(2, width=4.8, height=3.8)
    residuals(left, losses, it)
    intervals(right, found, drawn)
    return fig
