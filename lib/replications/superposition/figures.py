"""The figures of superposition: losses, the map of exponents, exponents against the frequencies, overlaps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullFormatter

from replications.superposition.exponents import DRAWN_WEAK
from replications.superposition.models import Fitted
from scalinglaws.figures import PALETTE, PAPER, panels, shades
from scalinglaws.uncertainty import Estimate

#: Cells that claims speak of: name, corner (decay, alpha), width and height, colour.
BOXES = (
    ("plateau", (-1.11, -0.06), 0.885, 1.495, PALETTE[2]),
    ("steep, steep-rise", (-0.885, 1.5625), 0.66, 0.5, PALETTE[4]),
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
                ax.plot(used.m, np.exp(np.polyval(line, np.log(used.m))), ls="--", lw=1, color=colour)
        if regime == "strong":
            ax.plot([], [], ls="--", lw=1, color="black", label="the paper's lines, fitted again")
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
    alphas, decays = zip(*DRAWN_WEAK, strict=True)
    ax.plot(decays, alphas, "o", color="white", mec="black", ms=5, label="weak-line")
    fig.legend(loc="outside upper center", ncols=3, fontsize=8)
    return fig


def exponents(published: pd.DataFrame, tail: Callable[[float], float]) -> Figure:
    """Exponents against those of the frequencies: the cells that the paper draws, and what is said of them.

    Parameters
    ----------
    published
        Exponents: rows are alphas, columns decays.
    tail
        From alpha to the exponent of the tail of rare features at the paper's sizes.
    """
    fig, ax = panels(width=6, height=4)
    for decay, colour in zip((-0.7778, -0.5556, -0.3333), shades(3), strict=True):
        label = f"decay {decay:.2f}"
        ax.plot(published.index, published[decay], "o-", ms=4, lw=0.8, color=colour, label=label)
    weak = [(alpha, published.loc[alpha, decay]) for alpha, decay in DRAWN_WEAK]
    ax.plot(*zip(*weak, strict=True), "s", ms=5, color=PALETTE[5], label="decays above 0, nine cells")
    alphas = np.linspace(0, 2, 81)
    ax.plot(alphas, [tail(a) for a in alphas], color="grey", lw=1.5, label="tail of rare features")
    ax.plot(alphas, 0 * alphas + 1, lw=1, **PAPER, label="paper: 1, α - 1, 2(α - 1)")
    for factor in (1, 2):
        ax.plot(alphas[40:], factor * (alphas[40:] - 1), lw=1, **PAPER)
    ax.set(xlabel="exponent of frequencies α [1]", ylabel="exponent of the loss in 1/m [1]")
    ax.legend(fontsize=7, loc="upper left")
    return fig


def own(
    runs: pd.DataFrame, bound: Callable[[int], float], ours: pd.DataFrame, theirs: pd.DataFrame
) -> Figure:
    """Networks of our own: losses at the optimum against the width, and exponents against the paper's.

    Parameters
    ----------
    runs
        Runs of our own; those of the descent with even frequencies are drawn.
    bound
        From m to Welch's bound at that number of features.
    ours, theirs
        Exponents of the same cells, rows are alphas, columns decays.
    """
    fig, (left, right) = panels(2, width=4.8, height=4)
    descent = runs[(runs.training == "descent") & (runs.alpha == 0)]
    at = np.unique(descent.m)
    for column, colour in (("loss", PALETTE[1]), ("overlap", PALETTE[3])):
        left.plot(descent.m, descent[column], "o", ms=4, color=colour, label=f"{column} at local minima")
        first = descent[column][descent.m == at[0]].mean()
        line = [first * bound(m) / bound(at[0]) for m in at]
        left.plot(at, line, lw=1, **PAPER, label="as Welch's bound falls" if column == "loss" else None)
    widths(left, at)
    left.set(ylabel="loss, or mean squared overlap [1]")
    # Blues where rows grow to length 1, reds where they shrink; the darker, the larger the decay.
    hues = [*shades(4)[2::-1], *colormaps["RdPu"](np.linspace(0.45, 0.95, 3))]
    for decay, colour, marker in zip(ours.columns, hues, "ovs^DP", strict=True):
        right.plot(theirs[decay], ours[decay], marker, ms=5, color=colour, label=f"decay {decay:.2f}")
    ends = [0, float(max(ours.max().max(), theirs.max().max()))]
    right.plot(ends, ends, lw=1, **PAPER, label="equal to the paper's")
    right.set(xlabel="exponent in the paper's map, n = 1,000 [1]", ylabel="ours, n = 125 [1]")
    for ax in (left, right):
        ax.legend(fontsize=7, loc="lower left" if ax is left else "upper left")
    return fig


def language_models(table: pd.DataFrame, fit: Fitted, intervals: dict[str, Estimate]) -> Figure:
    """Losses of language models less their offsets against the width, and the exponent with its intervals.

    Parameters
    ----------
    table
        Digitised losses.
    fit
        The fit to all of them.
    intervals
        What varies, in words -> the exponent with its interval.
    """
    fig, (left, right) = panels(2, width=4.8, height=3.6)
    rest = table.loss - pd.Series(list(zip(table.family, table.corpus, strict=True))).map(
        fit.offsets.to_dict()
    )
    for (family, one), colour in zip(table.groupby("family"), FAMILIES, strict=True):
        left.plot(one.m, rest[one.index], "o", ms=4, alpha=0.5, color=colour, label=family)
    ends = np.array([480, 10_000.0])
    left.plot(ends, fit.amplitude * ends**-fit.exponent, lw=1, label="least squares, as the paper's", **PAPER)
    middle = np.exp(np.log(table.m).mean())
    left.plot(ends, fit.amplitude * middle**-fit.exponent * middle / ends, color="grey", lw=1.5, label="1/m")
    widths(left, np.array([512, 1024, 2048, 4096, 8192]))
    left.set(ylim=(0.01, 3), ylabel="loss less its offset [nats a token]")
    for row, one in enumerate(intervals.values()):
        right.plot([one.low, one.high], [row, row], "-", lw=2, color=PALETTE[1])
        right.plot(one.value, row, "o", color=PALETTE[1])
    right.set_yticks(range(len(intervals)), intervals)
    right.axvline(1, lw=1, label="paper: 1/m", **PAPER)
    right.set(
        xlabel="exponent of the loss in 1/m [1]", ylabel="what varies", ylim=(-0.5, len(intervals) - 0.3)
    )
    for ax in (left, right):
        ax.legend(fontsize=7, loc="lower left" if ax is left else "upper right")
    return fig


def overlaps(models: pd.DataFrame) -> Figure:
    """Mean squared overlaps of token vectors of language models."""
    fig, ax = panels(width=5, height=3.9)
    for (family, one), colour in zip(models.groupby("family"), FAMILIES, strict=True):
        ax.plot(one.m, one.overlap, "o", ms=5, color=colour, label=family)
    ends = np.array([500, 10_000])
    ax.plot(ends, 25 / ends, lw=1, label="paper: slope 1, 25/m", **PAPER)
    steeper = np.array([1000, 6000.0])
    ax.plot(steeper, 2.4e5 / steeper**2, lw=2, label="paper: slope 2", **(PAPER | {"linestyle": ":"}))
    ax.plot(ends, 1 / ends, color="grey", lw=1.5, label="random directions, 1/m")
    widths(ax, np.array([512, 1024, 2048, 4096, 8192]))
    ax.set(xlabel="width m of token vectors [dimensions]", ylabel="mean squared overlap [1]")
    fig.legend(loc="outside upper center", ncols=3, fontsize=7)
    return fig
