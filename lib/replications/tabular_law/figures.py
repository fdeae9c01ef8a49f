"""The figures: points and two laws, and what the points leave open."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.tabular_law.laws import Drawn
from replications.tabular_law.sure import AGAIN, HOFFMANN, Pair
from scalinglaws.figures import PALETTE, PAPER, panels
from scalinglaws.fitting import Fit

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


def both_exponents(ax: Axes, found: Pair, drawn: Drawn) -> None:
    """The region of both exponents, each one's interval as a cross, and the pairs that they are held against."""
    alpha, beta = np.meshgrid(np.linspace(0, 0.9, 200), np.linspace(0, 0.75, 200))
    ax.contour(alpha, beta, found.p(alpha, beta), [0.05], colors=[PALETTE[0]])
    (a, *wide), (b, *high) = found.ends("alpha"), found.ends("beta")
    ax.plot([], [], color=PALETTE[0], label="both together, 95 %")
    ax.plot(wide, [b, b], color="0.6", lw=1, label="each alone, 95 %")
    ax.plot([a, a], high, color="0.6", lw=1)
    ax.plot(a, b, "o", color=PALETTE[0], label="our fit")
    for (x, y), mark, colour, name in (
        ((drawn.alpha, drawn.beta), "D", PALETTE[1], "drawn by the authors"),
        (HOFFMANN, "s", PALETTE[2], "language, Hoffmann et al."),
        (AGAIN, "^", PALETTE[3], "language, Besiroglu et al."),
    ):
        ax.plot(x, y, mark, color=colour, ms=7, label=name)
    ax.set(xlabel="alpha, exponent of size", ylabel="beta, exponent of data", xlim=(0, 0.9), ylim=(0, 0.9))
    ax.legend(fontsize=8, ncols=2, loc="upper center")


def open_questions(losses: pd.DataFrame, it: Fit, found: Pair, drawn: Drawn) -> Figure:
    """Residuals of our fit by amount of data, and what the points say of both exponents together."""
    fig, (left, right) = panels(2, width=4.8, height=3.8)
    residuals(left, losses, it)
    both_exponents(right, found, drawn)
    return fig
