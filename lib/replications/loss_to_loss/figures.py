"""The two figures of loss-to-loss prediction: the curves, and the errors at the large models."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalinglaws.figures import PALETTE, panels

#: Colour and marker of each data set, in the order of their names.
MARKS = tuple(zip((*PALETTE[1:], PALETTE[0]), "osD^vP", strict=False))


def curves(
    pairs: Mapping[str, pd.DataFrame],
    ours: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    printed: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    large: Mapping[str, float],
    zero: str,
) -> Figure:
    """Losses on other data sets against that on one, with our curves and the printed ones.

    Parameters
    ----------
    pairs
        Data set 1 -> its pairs with data set 0: loss, loss_1, nats per token.
    ours, printed
        Data set 1 -> curve from loss 0 to loss 1; the printed one is dashed.
    large
        Data set -> loss of its large model, drawn as a star.
    zero
        Name of data set 0.
    """
    figure, ax = panels(width=6.4, height=4.4)
    for (one, both), (color, marker) in zip(pairs.items(), MARKS, strict=False):
        x = np.linspace(large[zero], both.loss.max(), 200)
        ax.scatter(both.loss, both.loss_1, color=color, marker=marker, s=12, alpha=0.5, label=one)
        ax.plot(x, ours[one](x), color=color, lw=4, alpha=0.3)
        ax.plot(x, printed[one](x), color="0.1", lw=1, ls="--")
        ax.scatter(large[zero], large[one], color=color, marker="*", s=130, edgecolor="black", zorder=3)
    handles = ax.get_legend_handles_labels()[0] + [
        Line2D([], [], color="0.3", lw=4, alpha=0.3, label="our curve"),
        Line2D([], [], color="0.1", lw=1, ls="--", label="the paper's"),
        Line2D([], [], color="0.8", marker="*", ms=11, mec="black", lw=0, label="large models, not fitted"),
    ]
    ax.legend(handles=handles, fontsize=9, title="data set 1", loc="center left", bbox_to_anchor=(1, 0.5))
    ax.set(
        xlabel=f"loss 0, on {zero} [nats per token]",
        ylabel="loss 1, on data set 1 [nats per token]",
        xscale="log",
        yscale="log",
    )
    ticks = (1, 1.5, 2, 2.5, 3, 3.5, 4)
    ax.set_xticks(ticks[2:], [f"{t:g}" for t in ticks[2:]])
    ax.set_yticks(ticks, [f"{t:g}" for t in ticks])
    ax.set_xticks([], minor=True)
    ax.set_yticks([], minor=True)
    return figure


def errors(ways: Mapping[str, pd.DataFrame]) -> Figure:
    """Errors of predictions at the large models, a row a data set that is predicted.

    Parameters
    ----------
    ways
        Label -> one row a prediction: `one`, the data set, and `error`, predicted less measured, in %.
    """
    figure, ax = panels(width=7.2, height=3.8)
    names = sorted({name for table in ways.values() for name in table.one})
    for shift, ((label, table), (color, marker)) in enumerate(zip(ways.items(), MARKS, strict=False)):
        y = np.array([names.index(name) for name in table.one]) + 0.22 * (shift - (len(ways) - 1) / 2)
        ax.scatter(table.error, y, color=color, marker=marker, s=28, alpha=0.7, label=label)
    ax.axvline(0, color="0.6", lw=1)
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="predicted less measured loss [%]", ylabel="data set that is predicted")
    ax.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.4, 1.25), ncols=2)
    return figure
