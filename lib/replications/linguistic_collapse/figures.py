"""The figures of collapse, shape and loss: the grid, three kinds of evidence, and what depth gains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, PAPER, panels
from scalinglaws.uncertainty import Estimate

#: Batch of a shape, in sequences: marker and colour.
BATCHES = {16: ("o", PALETTE[1]), 8: ("s", PALETTE[4]), 4: ("^", PALETTE[3])}
#: Layers: marker.
DEPTHS = {1: "o", 2: "s", 4: "^", 8: "D", 12: "v"}
#: What the axis of a measure shows.
AXES = {
    "nc1": "spread over distance [1]",
    "nc2": "distance of matrices [1]",
    "gnc2": "unevenness on the sphere [1]",
    "nc3": "distance of vectors [1]",
    "unc3": "unevenness of cosines [1]",
    "nc4": "agreement [tokens]",
}


def grid(models: pd.DataFrame, measures: Mapping[str, pd.Series]) -> Figure:
    """Measures of collapse against the loss, a panel each: finished runs by width and depth, and the seeds.

    Parameters
    ----------
    models
        One row a model: depth, width, seed (-1 in the grid) and val_loss.
    measures
        Name of the measure -> values, on the rows of `models`.
    """
    fig, axes = panels(3, 2, width=3.4, height=2.9)
    colours = dict(
        zip(sorted(models.width.unique()), colormaps["viridis"](np.linspace(0.95, 0, 6)), strict=True)
    )
    seeds = models.seed >= 0
    for ax, (measure, values) in zip(axes.flat, measures.items(), strict=True):
        for depth, part in models[~seeds].groupby("depth"):
            shade = [colours[width] for width in part.width]
            ax.scatter(part.val_loss, values[part.index], 16, shade, DEPTHS[depth], linewidths=0)
        ax.plot(models.val_loss[seeds], values[seeds], "x", ms=5, color=PALETTE[2])
        # Distances that hardly change have no decade to show.
        ax.set_yscale("log" if values.max() > 2 * values.min() else "linear")
        better = "larger" if measure == "nc4" else "smaller"
        ax.set(xlabel="loss [nats per token]", ylabel=AXES[measure])
        ax.set_title(f"{measure.upper()}, {better} is more collapsed", size=10)
    some = axes.flat[0]
    marks = {f"{d} layer{'s' * (d > 1)}": (m, "0.4") for d, m in DEPTHS.items()}
    marks |= {f"width {width}": ("o", colour) for width, colour in colours.items()}
    marks["20 seeds of 2 x 768"] = ("x", PALETTE[2])
    handles = [some.plot([], [], m, color=colour, ms=5)[0] for m, colour in marks.values()]
    fig.legend(handles, [*marks], loc="outside lower center", ncols=4, fontsize=9)
    return fig


def turned(measure: str, estimate: Estimate) -> Estimate:
    """Positive where more collapse goes with less loss: agreement falls with the loss, the others grow."""
    sign = -1 if measure == "nc4" else 1
    return Estimate(sign * estimate.value, *sorted([sign * estimate.low, sign * estimate.high]), estimate.how)


def evidence(found: Mapping[str, Mapping[str, Estimate]]) -> Figure:
    """Kinds of evidence side by side, a row a measure, with intervals, to the right where they agree.

    Parameters
    ----------
    found
        Label of the horizontal axis -> measure -> how it goes with the loss: positive where it is larger
        in models of more loss.
    """
    fig, axes = panels(len(found), width=3.4, height=3.4, sharey=True)
    for ax, (label, rows) in zip(axes, found.items(), strict=True):
        for height, (measure, estimate) in enumerate(rows.items()):
            estimate = turned(measure, estimate)
            clear = estimate.low > 0 or estimate.high < 0
            colour = PALETTE[1] if clear and estimate.value > 0 else PALETTE[2] if clear else "0.55"
            ax.plot([estimate.low, estimate.high], [height, height], color=colour, lw=2)
            ax.plot(estimate.value, height, "o", color=colour, ms=6)
        ax.axvline(0, color="0.4", lw=1)
        ax.set_xlabel(label)
        names = [f"{m.upper()}{', sign turned' * (m == 'nc4')}" for m in rows]
        ax.set_yticks(range(len(rows)), names)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        if label.endswith("rank correlation"):
            ax.set_xlim(-1.05, 1.05)
    axes[0].set_ylabel("measure of collapse")
    kinds = {
        "more collapse, less loss": PALETTE[1],
        "not decided": "0.55",
        "more collapse, more loss": PALETTE[2],
    }
    handles = [axes[0].plot([], [], "o-", lw=2, color=colour)[0] for colour in kinds.values()]
    fig.legend(handles, [*kinds], loc="outside lower center", ncols=3, fontsize=9)
    return fig


def shapes(table: pd.DataFrame, pairs: list[tuple[tuple, tuple]], gains: Mapping[str, Estimate]) -> Figure:
    """The loss against non-embedding parameters, by batch, and what depth gains at equal size.

    Parameters
    ----------
    table
        One row an architecture, with (depth, width) as index: batch, blocks (parameters) and loss.
    pairs
        Of equal non-embedding size: the deep one's and the shallow one's index.
    gains
        Choice in words -> % less loss a doubling of depth; the paper's caption says none.
    """
    fig, (left, right) = panels(2, width=5, height=3.9)
    for size, (marker, colour) in BATCHES.items():
        part = table[table.batch == size]
        left.plot(
            part.blocks,
            part.loss,
            ls="",
            marker=marker,
            color=colour,
            ms=6,
            label=f"batch of {size} sequences",
        )
    for k, both in enumerate(pairs):
        ends = table.loc[[*both]]
        label = None if k else "a pair of equal size, the deep one below"
        left.plot(ends.blocks, ends.loss, color="0.4", lw=1.2, zorder=0, label=label)
    left.set(xscale="log", yscale="log", xlabel="non-embedding parameters", ylabel="loss [nats per token]")
    left.set_yticks([1.5, 2, 2.5, 3, 3.5], ["1.5", "2", "2.5", "3", "3.5"])
    left.minorticks_off()
    for height, estimate in enumerate(gains.values()):
        right.plot([estimate.low, estimate.high], [height, height], color=PALETTE[1], lw=2)
        right.plot(estimate.value, height, "o", color=PALETTE[1], ms=6, label=None if height else "ours")
    right.axvline(0, label="Tay et al.'s caption: shape is nothing", **PAPER)
    right.set_yticks(np.arange(len(gains)), [*gains])
    right.set_ylim(len(gains) - 0.5, -0.5)
    right.set(xlabel="less loss a doubling of depth [%]", ylabel="kept equal")
    (marks, texts), (more, beside) = (ax.get_legend_handles_labels() for ax in (left, right))
    fig.legend(marks + more, texts + beside, loc="outside lower center", ncols=3, fontsize=9)
    return fig
