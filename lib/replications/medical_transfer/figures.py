"""The figures of the notebook: gain against size of the data set, edges, and means of subgroups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.medical_transfer import bottleneck
from scalinglaws.figures import PALETTE, PAPER, in_blocks, panels
from scalinglaws.turning import TwoLines
from scalinglaws.uncertainty import Estimate

COLOURS = {"CT": PALETTE[1], "MRI": PALETTE[3], "other": PALETTE[4]}


def against_size(
    table: pd.DataFrame,
    values: np.ndarray,
    means: Mapping[str, Estimate],
    lines: TwoLines,
) -> Figure:
    """Gain of each data set against its training cases, means of three classes, and Simonsohn's lines; then the edges.

    Parameters
    ----------
    table
        One row a data set: n_train, modality.
    values
        Gains in Dice.
    means
        Of small, medium and large data sets.
    lines
        Two lines over the logarithm to base 10 of the training cases.
    """
    figure, (left, right) = panels(2)
    for modality, colour in COLOURS.items():
        it = (table.modality == modality).to_numpy()
        left.plot(table.n_train[it], values[it], "o", ms=4, alpha=0.6, color=colour, label=modality)
    ends = [table.n_train.min(), *bottleneck.EDGES, table.n_train.max()]
    for k, mean in enumerate(means.values()):
        middle, half = (
            np.sqrt(ends[k] * ends[k + 1]),
            np.array([[mean.value - mean.low], [mean.high - mean.value]]),
        )
        label = "mean of a class, 95 %" if k == 0 else None
        left.errorbar(middle, mean.value, half, fmt="s", color=PALETTE[0], capsize=4, zorder=5, label=label)
    two_lines(left, table.n_train, values, lines)
    left.set(xscale="log", xlabel="training cases", ylabel="gain by pre-training [Dice]")
    left.legend(fontsize=8, ncol=2, loc="upper center", bbox_to_anchor=(0.5, -0.18))
    edges(right, table.n_train.to_numpy(), values)
    return figure


def two_lines(ax: Axes, n_train: pd.Series, values: np.ndarray, lines: TwoLines) -> None:
    """Least-squares lines on both sides of the break."""
    x = np.log10(n_train.to_numpy(float))
    for side, slope in ((x <= lines.at, lines.below), (x > lines.at, lines.above)):
        ends = np.array([x[side].min(), x[side].max()])
        height = values[side].mean() + slope * (ends - x[side].mean())
        label = "two lines" if slope == lines.below else None
        ax.plot(10**ends, height, "-", color=PALETTE[5], lw=2, label=label)


def edges(ax: Axes, n_train: np.ndarray, values: np.ndarray) -> None:
    """Both arms of the U at every pair of edges of the grid; a U lies above and to the right of zero."""
    pairs = [bottleneck.EDGES, *bottleneck.all_edges(n_train)]
    of = [bottleneck.classes(n_train, pair) for pair in pairs]
    small, large = (
        np.array([values[getattr(it, arm)].mean() - values[it.medium].mean() for it in of])
        for arm in ("small", "large")
    )
    ax.axhline(0, **PAPER)
    ax.axvline(0, **PAPER, label="the paper's U: above and right of both")
    ax.plot(small[1:], large[1:], "o", ms=4, color=PALETTE[6], label="other pairs of edges")
    ax.plot(small[0], large[0], "s", color=PALETTE[0], label="50 and 200 cases")
    ax.set(xlabel="small less medium [Dice]", ylabel="large less medium [Dice]")
    ax.set_xlim(right=max(0.045, 1.1 * small.max()))
    ax.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.18))


def subgroups(blocks: Mapping[str, Mapping[str, Estimate]], axis: str = "mean gain [Dice]") -> Figure:
    """Means with their intervals, one row each, in blocks of one colour.

    Parameters
    ----------
    blocks
        What the rows of a block have in common -> what it is the mean of -> the mean.
    axis
        What the means are of.
    """
    figure, ax = panels(1, width=6.6, height=4.4)
    in_blocks(ax, {f"{label}, 95 %": block for label, block in blocks.items()})
    ax.axvline(0, color="0.5", lw=1)
    ax.set(xlabel=axis, ylabel="model, or kind of data set")
    ax.legend(fontsize=8, ncol=3, loc="upper center", bbox_to_anchor=(0.4, -0.16))
    return figure
