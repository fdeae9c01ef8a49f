"""The figures of superposition: losses, the map of exponents, exponents against the frequencies, overlaps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullFormatter

from scalinglaws.figures import PALETTE, PAPER, panels, shades

#: Cells that claims speak of: name, corner (decay, alpha), width and height, colour.
BOXES = (
    ("plateau, plateau-trend", (-1.11, -0.06), 0.885, 1.495, PALETTE[2]),
    ("steep", (-0.885, 1.5625), 0.87, 0.5, PALETTE[4]),
    ("weak-slope", (0.225, 1.1875), 0.44, 0.875, PALETTE[5]),
)
FAMILIES = (PALETTE[3], PALETTE[1], PALETTE[4], PALETTE[5])
FREQUENCIES = {"exponential": PALETTE[1], "power": PALETTE[5], "linear": PALETTE[3]}


def widths(ax: Axes, at: np.ndarray) -> None:
    """Logarithmic axes, with a tick at each width."""
    ax.set(xscale="log", yscale="log", xlabel="width m [dimensions]")
    ax.set_xticks(list(at), [f"{m:g}" for m in at])
    ax.xaxis.set_minor_formatter(NullFormatter())


def losses(table: pd.DataFrame, fitted: dict[str, int]) -> Figure:
    """Losses of the large autoencoders, a panel for each regime.

    Parameters
    ----------
    table
        Digitised losses.
    fitted
        Law of frequency -> the least width to which the paper fits its line of strong superposition.
    """
    fig, axes = panels(2, width=4.8, height=3.8, sharey=True)
    for ax, regime in zip(axes, ("strong", "weak"), strict=True):
        for name, colour in FREQUENCIES.items():
            one = table[(table.regime == regime) & (table.frequencies == name)]
            ax.plot(one.m, one.loss, "o", color=colour, label=f"{name} frequencies")
            if regime == "strong":
                used = one[one.m >= fitted[name]]
                line = np.polyfit(np.log(used.m), np.log(used.loss), 1)
                label = "paper's lines" if name == "linear" else None
                ax.plot(
                    used.m, np.exp(np.polyval(line, np.log(used.m))), ls="--", lw=1, color=colour, label=label
                )
        ax.axhline(4 / 3, color="grey", lw=0.8, label="nothing learned, 4/3")
        widths(ax, np.unique(table.m))
        ax.set_title(f"{regime} superposition, n = 10,240", size=10)
        ax.legend(fontsize=7, loc="lower left")
    axes[0].set_ylabel("loss [squared error, sum over features]")
    return fig


def heat(published: pd.DataFrame) -> Figure:
    """The paper's map of exponents; rows are alphas, columns decays."""
    fig, ax = panels(width=5.6, height=4)
    mesh = ax.pcolormesh(published.columns, published.index, published, cmap="viridis", shading="nearest")
    fig.colorbar(mesh, label="exponent of the loss in 1/m [1]")
    ax.set(xlabel="weight decay; below 0 rows grow to length 1 [1]", ylabel="exponent of frequencies α [1]")
    ax.grid(False)
    for name, corner, wide, tall, colour in BOXES:
        ax.add_patch(Rectangle(corner, wide, tall, fill=False, ec=colour, lw=2, label=name))
    fig.legend(loc="outside upper center", ncols=3, fontsize=8)
    return fig


def exponents(
    published: pd.DataFrame, own: pd.DataFrame, tails: dict[str, Callable[[float], float]]
) -> Figure:
    """Exponents against those of the frequencies: the paper's cells, ours, and what is said of them.

    Parameters
    ----------
    published, own
        Exponents: rows are alphas, columns decays.
    tails
        Title of a panel -> the exponent of the tail of rare features at its sizes.
    """
    fig, axes = panels(2, width=4.8, height=4, sharey=True)
    for ax, cells, (title, tail) in zip(axes, (published, own), tails.items(), strict=True):
        for decay, colour in zip(cells.columns, [*shades(2), PALETTE[5], PALETTE[4]], strict=True):
            ax.plot(cells.index, cells[decay], "o-", ms=4, lw=0.8, color=colour, label=f"decay {decay:.2f}")
        alphas = np.linspace(0, 2, 81)
        ax.plot(alphas, [tail(a) for a in alphas], color="grey", lw=1.5, label="tail of rare features")
        ax.plot(alphas, 0 * alphas + 1, lw=1, **PAPER, label="paper: 1, α - 1, 2(α - 1)")
        for factor in (1, 2):
            ax.plot(alphas[40:], factor * (alphas[40:] - 1), lw=1, **PAPER)
        ax.set(xlabel="exponent of frequencies α [1]", title=title)
        ax.title.set_size(10)
    axes[0].set_ylabel("exponent of the loss in 1/m [1]")
    axes[0].legend(fontsize=7, loc="upper left")
    return fig


def own_losses(runs: pd.DataFrame, decays: tuple[float, float]) -> Figure:
    """Losses of our runs against the width, one panel a decay, and 1/m."""
    fig, axes = panels(2, width=4.8, height=3.6, sharey=True)
    for ax, decay in zip(axes, decays, strict=True):
        part = runs[runs.decay == decay]
        for (alpha, one), colour in zip(part.groupby("alpha"), shades(part.alpha.nunique()), strict=True):
            mean = one.groupby("m").loss.mean()
            ax.plot(one.m, one.loss, ".", ms=4, color=colour)
            ax.plot(mean.index, mean, "-", lw=1, color=colour, label=f"α = {alpha:g}")
        at = np.unique(runs.m)
        ax.plot(at, 8 / at, lw=1, label="paper: 1/m", **PAPER)
        widths(ax, at)
        ax.set_title(f"decay {decay:.2f}, n = 200", size=10)
    axes[0].set_ylabel("loss [squared error, sum over features]")
    axes[0].legend(fontsize=7, loc="lower left")
    return fig


def overlaps(models: pd.DataFrame, runs: pd.DataFrame, common: pd.Series) -> Figure:
    """Mean squared overlaps: rows of our autoencoders and random directions, and token vectors of language models.

    Parameters
    ----------
    models
        Digitised overlaps of language models.
    runs
        Our runs of strong superposition.
    common
        Overlaps of random directions with a common part, by width.
    """
    fig, (left, right) = panels(2, width=4.8, height=3.6)
    mean = runs.groupby("m").overlap.mean()
    left.plot(runs.m, runs.overlap, ".", color=PALETTE[1], label="rows of our autoencoders, decay -1")
    left.plot(mean.index, mean, "-", lw=1, color=PALETTE[1])
    left.plot(common.index, common, "s-", ms=4, lw=1, color=PALETTE[4], label="random with a common part")
    left.plot(mean.index, 1 / mean.index, lw=1, label="1/m", **PAPER)
    widths(left, mean.index)
    for (family, one), colour in zip(models.groupby("family"), FAMILIES, strict=True):
        right.plot(one.m, one.overlap, "o", ms=5, color=colour, label=family)
    ends = np.array([500, 10_000])
    right.plot(ends, 25 / ends, lw=1, label="paper: slopes 1 and 2", **PAPER)
    right.plot(ends[0] * np.array([2, 12]), 2.4e5 / (ends[0] * np.array([2, 12.0])) ** 2, lw=1, **PAPER)
    right.plot(ends, 1 / ends, color="grey", lw=1.5, label="random directions, 1/m")
    widths(right, np.array([512, 1024, 2048, 4096, 8192]))
    right.set_xlabel("width m of token vectors [dimensions]")
    for ax in (left, right):
        ax.set_ylabel("mean squared overlap [1]")
        ax.legend(fontsize=7, loc="lower left" if ax is left else "upper right")
    return fig
