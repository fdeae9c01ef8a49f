"""The two figures of the notebook: accuracy over training, and its slope with size."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, panels


def trajectories(results: pd.DataFrame, sizes: Sequence[str], half: Sequence[str]) -> Figure:
    """Accuracy against training tokens, a panel for each task and a line for each size of model.

    Parameters
    ----------
    results
        Columns `task` (twelve of them), `n_params`, `n_tokens` and `accuracy` (share).
    sizes
        Names of the sizes, from small to large; the largest is drawn thicker, in a colour of its own.
    half
        The tasks in whose panels a line at one half is drawn.
    """
    fig, axes = panels(4, 3, width=2.7, height=2.2, sharex=True, sharey=True)
    shades = plt.get_cmap("viridis")(np.linspace(0.95, 0, len(sizes) - 1))
    colors = [*shades, PALETTE[2]]
    for ax, (task, rows) in zip(axes.flat, results.groupby("task"), strict=True):
        if task in half:
            ax.axhline(0.5, color="k", ls=":", lw=1, label="one half")
        for color, label, (_, run) in zip(colors, sizes, rows.groupby("n_params"), strict=True):
            width = 2.2 if label == sizes[-1] else 1.2
            ax.plot(run.n_tokens, run.accuracy, color=color, label=label, lw=width)
        ax.set(title=task, xscale="log", ylim=(-0.03, 1.03))
        ax.set(xlabel="training tokens", ylabel="accuracy (share)")
        ax.label_outer()
    fig.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside right center", title="parameters")
    return fig


def slopes(trends: pd.DataFrame) -> Figure:
    """Slopes with their intervals, one row a task, those that exclude zero in a colour.

    Parameters
    ----------
    trends
        Columns `slope`, `low` and `high` (share per tenfold parameters), indexed by task.
    """
    figure, ax = panels(width=6.2, height=3.8)
    order = trends.sort_values("slope", ascending=False)
    kinds = {
        "interval below zero": (order.high < 0, PALETTE[2]),
        "interval holds zero": ((order.low <= 0) & (order.high >= 0), "0.55"),
        "interval above zero": (order.low > 0, PALETTE[1]),
    }
    for label, (chosen, color) in kinds.items():
        rows, heights = order[chosen], np.flatnonzero(chosen)
        if len(rows):
            off = (rows.slope - rows.low, rows.high - rows.slope)
            ax.errorbar(rows.slope, heights, xerr=off, fmt="|", ms=9, lw=2.5, color=color, label=label)
    ax.axvline(0, color="k", lw=0.8)
    ax.set(yticks=range(len(order)), yticklabels=order.index, ylabel="task", xlim=(-0.5, 0.5))
    ax.set_xlabel("change of accuracy per tenfold parameters (share)")
    ax.legend(fontsize=8, loc="upper right")
    return figure
