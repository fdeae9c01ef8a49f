"""The figures of repeated data: what epochs cost, the valley of a fit, where losses turn, and the linear model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from replications.repeated_data.linear import risk
from scalinglaws.figures import PALETTE, PAPER, panels

#: Marker and colour of three sizes or widths.
THREE = (("o", PALETTE[0]), ("s", PALETTE[1]), ("D", PALETTE[3]))


def returns(table: pd.DataFrame, laws: Mapping[str, Callable[[pd.DataFrame], np.ndarray]]) -> Figure:
    """How much losses rise with the epochs at a fixed number of tokens, a panel a size.

    Parameters
    ----------
    table
        A row a run: size in words, n_params, n_tokens, unique_tokens, epochs, rise (%).
    laws
        Name -> a function of a table of settings that gives the predicted rise (%). The first is the paper's.
    """
    sizes = table["size"].unique()
    fig, axes = panels(len(sizes), width=3.7, height=3.3, sharey=True)
    for ax, size in zip(axes, sizes, strict=True):
        part = table[table["size"] == size]
        ax.plot(part.epochs, part.rise, "o", ms=6, mfc="none", color=PALETTE[0], label="a run")
        first = part.iloc[0]
        grid = pd.DataFrame({"epochs": np.geomspace(1, 16, 60)})
        grid["n_params"], grid["n_tokens"] = first.n_params, first.n_tokens
        grid["unique_tokens"] = first.n_tokens / grid.epochs
        for k, (name, predicted) in enumerate(laws.items()):
            style = PAPER if k == 0 else {"color": PALETTE[1]}
            ax.plot(grid.epochs, predicted(grid), label=name, **style)
        ax.axhline(0, color="0.6", lw=1)
        ax.set(xscale="log", title=f"{size} parameters", xlabel="epochs", ylim=(-1.2, 8.5))
        ax.set_xticks([1, 2, 4, 7, 14], ["1", "2", "4", "7", "14"])
        ax.minorticks_off()
    axes[0].set_ylabel("loss above that of one epoch [%]")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig


def valley(
    repeats: np.ndarray,
    excess: np.ndarray,
    sums: np.ndarray,
    leveled: np.ndarray,
    profiles: np.ndarray,
    printed: tuple[float, float],
    best: tuple[float, float],
) -> Figure:
    """The sum of losses over both constants, and its least value for each R_D*.

    Parameters
    ----------
    repeats, excess
        R_D* and R_N* of the grid, shapes (a,) and (b,); infinite R_D*, and R_N* above 500, are not drawn.
    sums
        Sum of Huber losses, shape (a, b).
    leveled
        The same at another level of the law, held fixed.
    profiles
        Least sum for each R_D* in resamples, shape (a, m).
    printed, best
        R_D* and R_N* of the paper, and at the least sum.
    """
    fig, (left, right) = panels(2, width=5.0, height=3.8)
    above = 100 * (sums / sums.min() - 1)
    finite, small = np.isfinite(repeats), excess < 500
    levels = [0, 0.2, 0.5, 1, 2, 5, 10, 20]
    drawn = left.contourf(
        repeats[finite],
        excess[small],
        above[np.ix_(finite, small)].T,
        levels=levels,
        cmap="Blues_r",
        extend="max",
    )
    fig.colorbar(drawn, ax=left, label="sum above the least [%]")
    left.plot(*printed, "X", ms=10, color=PALETTE[2], mec="w", label="the paper's")
    left.plot(*best, "*", ms=14, color=PALETTE[5], mec="k", label="least sum")
    left.set(xscale="log", yscale="log", xlabel="$R_D^*$ [repeats]", ylabel="$R_N^*$, excess parameters")
    left.legend(loc="lower left", facecolor="w", framealpha=0.8, frameon=True)
    for k, profile in enumerate(profiles.T):
        label = "in a resample, above its own least" if k == 0 else None
        shown = 100 * (profile / profile.min() - 1)
        right.plot(repeats[finite], shown[finite], color="0.75", lw=0.8, label=label)
    right.plot(repeats[finite], above.min(axis=1)[finite], color=PALETTE[0], lw=2, label="all 182 runs")
    least = leveled.min(axis=1)
    right.plot(
        repeats[finite],
        100 * (least / least.min() - 1)[finite],
        color=PALETTE[1],
        lw=2,
        label="all runs, at the level that fits best",
    )
    right.axvline(printed[0], label="the paper's $R_D^*$", **PAPER)
    right.set(xscale="log", ylim=(0, 8), xlabel="$R_D^*$ [repeats]", ylabel="least sum above the least [%]")
    fig.legend(*right.get_legend_handles_labels(), loc="outside lower right", ncols=2, fontsize=9)
    return fig


def turning(
    runs: pd.DataFrame,
    turns: pd.DataFrame,
    law: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Figure:
    """Loss against epochs for models of many sizes on 100 million tokens, and where each is least.

    Parameters
    ----------
    runs
        n_params, epochs and loss, one row a run.
    turns
        As `epochs.turns` gives it: n_params, epochs, flops.
    law
        The paper's law: loss from parameters and epochs.
    """
    fig, (left, right) = panels(2, width=5.2, height=4.0, width_ratios=(1.35, 1))
    sizes = turns.n_params.to_numpy()
    # Eight shades of one blue cannot be told apart: the colours run through several hues, each with its marker.
    colours = colormaps["viridis_r"](np.linspace(0.1, 1, len(sizes)))
    for size, colour, mark in zip(sizes, colours, "osD^<>Pp", strict=True):
        part = runs[runs.n_params == size].sort_values("epochs")
        left.plot(
            part.epochs,
            part.loss,
            marker=mark,
            ms=5,
            lw=1.2,
            color=colour,
            label=f"{np.floor(size / 1e6 + 0.5):.0f} million",
        )
    grid = np.geomspace(4, 3000, 60)
    for k, size in enumerate((sizes[0], sizes[-1])):
        label = "the paper's law, smallest and largest" if k == 0 else None
        left.plot(grid, law(np.full(60, size), grid), label=label, **PAPER)
    lowest = [runs[(runs.n_params == n)].loss.min() for n in sizes]
    left.plot(turns.epochs, lowest, "v", ms=8, color=PALETTE[5], mec="k", ls="", label="least loss")
    left.set(xscale="log", xlim=(3.5, 4000), ylim=(3.6, 5.2), xlabel="epochs", ylabel="loss [nats per token]")
    fig.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=5, fontsize=9)
    right.plot(sizes, turns.epochs, "v", ms=8, color=PALETTE[5], mec="k", label="epochs")
    # Both axes have 1.6 decades, so that slopes can be compared.
    right.set(xscale="log", yscale="log", ylim=(8, 320))
    right.set(xlabel="parameters", ylabel="epochs with the least loss")
    right.set_yticks([10, 20, 50, 100, 200], ["10", "20", "50", "100", "200"])
    right.minorticks_off()
    other = right.twinx()
    other.plot(sizes, turns.flops, "s", ms=7, mfc="none", color=PALETTE[1], label="compute")
    other.set(yscale="log", ylim=(1e18, 4e19), ylabel="compute of that run [FLOP]")
    other.grid(False)
    handles = [axis.get_legend_handles_labels() for axis in (right, other)]
    right.legend(*map(sum, zip(*handles, strict=True), ([], [])), loc="upper right")
    return fig


def humps(repeats: Sequence[int], drawn: Mapping[int, np.ndarray], weights: Sequence[np.ndarray]) -> Figure:
    """Risk of linear models against the number of repeats of a tenth of their data, over that at one repeat.

    Parameters
    ----------
    repeats
        Numbers of repeats, of which the first is 1; k of them.
    drawn
        Features -> risks of drawn designs as `linear.simulated` gives them, shape (designs, k + 1); the last
        column is that without the repeated samples.
    weights
        Of the samples, for each column.
    """
    fig, axes = panels(len(drawn), width=3.6, height=3.2)
    for ax, (features, risks), (marker, colour) in zip(axes, drawn.items(), THREE, strict=True):
        line = np.array([risk(features, w) for w in weights])
        mean = risks.mean(axis=0)
        ax.plot(repeats, line[:-1] / line[0], color=colour)
        ax.plot(repeats, mean[:-1] / mean[0], marker, color=colour, ms=6, mfc="none")
        ax.axhline(line[-1] / line[0], color="0.5", ls=":", lw=1.5)
        ax.set(xscale="log", title=f"{features} features", xlabel="repeats of the tenth")
        ax.set_xticks([1, 2, 5, 10, 20, 40], ["1", "2", "5", "10", "20", "40"])
        ax.minorticks_off()
        ax.set_ylabel("risk over that at one repeat")
    named = {
        "by the formula": {"color": "0.2"},
        "mean of drawn designs": {"color": "0.2", "marker": "o", "mfc": "none", "ls": ""},
        "without the repeated tenth, by the formula": {"color": "0.5", "ls": ":"},
    }
    handles = [Line2D([], [], label=name, **style) for name, style in named.items()]
    fig.legend(handles=handles, loc="outside lower center", ncols=3)
    return fig
