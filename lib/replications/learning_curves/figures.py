"""The figures of the notebook on learning curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.learning_curves import curves as lc
from scalinglaws.figures import PALETTE, PAPER, panels

#: Families in the order of the legend; the last two, of text alone, are drawn with squares.
FAMILIES = ("nearest", "linear", "forest", "boosting", "mlp", "convnet", "witten_bell", "discounting")
COLOURS = dict(zip(FAMILIES, [PALETTE[i] for i in (0, 1, 3, 4, 5, 6)] + ["#7A5195", "#8C6D31"], strict=True))
MARKS = {name: "s" if name in FAMILIES[-2:] else "o" for name in FAMILIES}
#: Numbers of examples whose errors are drawn against width, of the sets that are.
SHOWN = {"letter": (128, 512, 2048, 8192, 16384), "mnist1d": (128, 512, 2048, 4096, 8192)}


def plain_ticks(ax: Axes, ticks: list[float]) -> None:
    """Decimals instead of powers of ten on the vertical axis."""
    ax.set_yticks(ticks)
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")


def every_curve(
    curves: pd.DataFrame, law: Callable[..., np.ndarray], steepness: tuple[float, float]
) -> Figure:
    """Test error or loss against training examples, one panel a data set.

    Parameters
    ----------
    curves
        `data`, `family`, `n` (examples, or bytes of text) and `y` (error, a fraction, or loss in nats a byte).
    law
        (n over the smallest n, value there, exponent) -> the power law.
    steepness
        The least and greatest exponents reported of the paper, drawn dashed from the mean of the families at the smallest n.
    """
    figure, axes = panels(3, 3, width=3.4, height=2.8)
    handles = {}
    for ax, (name, group) in zip(axes.flat, curves.groupby("data", sort=False), strict=False):
        mean, ends = group.groupby(["family", "n"]).y.mean(), np.array([group.n.min(), group.n.max()], float)
        for family in mean.index.unique("family"):
            style = {"marker": MARKS[family], "color": COLOURS[family], "markersize": 3}
            (handles[family],) = ax.plot(mean[family], **style)
        for beta in steepness:
            dashed = ax.plot(ends, law(ends / ends[0], mean[:, ends[0]].mean(), beta), **PAPER, linewidth=0.9)
        text = ends[0] > 1000
        ax.set(xlabel="training bytes" if text else "training examples", xscale="log", yscale="log")
        ax.set(ylabel="test loss (nats a byte)" if text else "test error (fraction)", title=name)
        plain_ticks(ax, [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.2, 1.5, 2, 2.5, 3])
        ax.set_ylim(0.85 * mean.min(), 1.15 * mean.max())
    handles = {family: handles[family] for family in FAMILIES if family in handles}
    handles[f"exponents {steepness[0]} and {steepness[1]}, the range reported"] = dashed[0]
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5, fontsize=8)
    return figure


def exponents(lines: pd.DataFrame, order: list[str], steepness: tuple[float, float]) -> Figure:
    """Exponents with their intervals, a row a data set, a colour a family.

    Parameters
    ----------
    lines
        Indexed by data set and family: `exponent` and `half`, half the width of its interval.
    order
        Data sets from the bottom to the top.
    steepness
        The least and greatest exponents reported of the paper, dashed.
    """
    figure, ax = panels(1, width=7.5, height=4.6)
    for (name, family), line in lines.iterrows():
        place = order.index(name) + 0.09 * (FAMILIES.index(family) % 6 - 2.5)
        style = {"fmt": MARKS[family], "color": COLOURS[family], "markersize": 4, "label": family}
        ax.errorbar(line.exponent, place, xerr=line.half, **style)
    for edge in steepness:
        ax.axvline(edge, **PAPER, label="the range reported")
    ax.set(xlabel="exponent (steepness of the curve)", ylabel="data set", xlim=(0, None))
    ax.set_yticks(range(len(order)), order)
    handles = dict(zip(*ax.get_legend_handles_labels()[::-1], strict=True))
    ax.legend(handles.values(), handles.keys(), fontsize=8, loc="lower right")
    return figure


def sizes(swept: Mapping[str, lc.Widths], as_good: lc.Enough, fits: lc.Enough) -> Figure:
    """Error against parameters on letter and mnist1d, and parameters needed against examples on every swept set.

    Parameters
    ----------
    swept
        Data set -> its networks.
    as_good, fits
        Which sizes are enough: those near the best error, and those that fit the training set.
    """
    figure, axes = panels(3, width=4)
    for ax, (name, examples) in zip(axes, SHOWN.items(), strict=False):
        networks = swept[name]
        for colour, n in zip(PALETTE[1:6], examples, strict=True):
            (mean,) = networks.error.mean(0)[networks.n == n]
            ax.plot(networks.params, mean, "o-", color=colour, markersize=4, label=f"{n:,} examples")
        ax.set(xscale="log", yscale="log", xlabel="parameters", ylabel="test error (fraction)", title=name)
        plain_ticks(ax, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5])
        ax.set_ylim(0.5 * networks.error.mean(0).min(), 0.95)
        ax.legend(fontsize=7, loc="lower left")
    ways = (("o-", as_good, "within 5 % of best"), ("s:", fits, "fits training set"))
    for colour, (name, networks) in zip(PALETTE[1:], swept.items(), strict=False):
        for marker, enough, what in ways:
            # Sizes without an answer leave a gap.
            size = networks.smallest(enough).reindex(networks.n)
            axes[2].plot(size.index, size, marker, color=colour, markersize=4, label=f"{name}, {what}")
    x = np.array([128.0, 16384.0])
    axes[2].plot(x, 2 * x, color="grey", linewidth=1, label="proportional to n")
    axes[2].set(xscale="log", yscale="log", xlabel="training examples", ylabel="parameters needed")
    axes[2].set_title("parameters needed")
    figure.legend(*axes[2].get_legend_handles_labels(), loc="outside lower right", ncols=4, fontsize=8)
    return figure
