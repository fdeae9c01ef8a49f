"""The two figures of parallel scaling: the fits, and what streams are worth at each size."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scalinglaws.figures import PALETTE, panels

#: Number of streams -> colour and marker.
MARKS = {
    1: (PALETTE[0], "o"),
    2: (PALETTE[1], "s"),
    4: (PALETTE[3], "^"),
    8: (PALETTE[4], "D"),
}
TICKS = (0.5, 0.7, 1, 1.5, 2, 3, 4)


def in_billions(ax: Axes) -> None:
    """A logarithmic axis of parameters that is labelled in billions."""
    ax.set(xscale="log", xlabel="parameters without embedding [billions]")
    ax.set_xticks(TICKS, [f"{t:g}" for t in TICKS])
    ax.set_xticks([], minor=True)


def losses(
    runs: Mapping[str, pd.DataFrame],
    law: Callable[..., np.ndarray],
    fits: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> Figure:
    """Loss against parameters, a panel a text, a colour a number of streams.

    Parameters
    ----------
    runs
        Name of the text -> its runs: n_params, streams, loss.
    law
        The law: parameters and streams, then its parameters, to nats per token.
    fits
        Name of the text -> label -> parameters of the law; the first is ours and drawn
        broad and pale, the second the paper's, dashed on top of it in the same colour.
    """
    figure, axes = panels(len(runs), width=4.6, height=3.6)
    for ax, (text, table) in zip(axes, runs.items(), strict=True):
        n_params = np.geomspace(table.n_params.min() * 0.95, table.n_params.max() * 1.05, 200)
        for streams, (color, marker) in MARKS.items():
            ours, papers = (law(n_params, streams, **params) for params in fits[text].values())
            ax.plot(n_params / 1e9, ours, color=color, lw=4, alpha=0.3)
            ax.plot(n_params / 1e9, papers, color=color, lw=1, ls="--")
            seen = table[table.streams == streams]
            ax.scatter(
                seen.n_params / 1e9, seen.loss, color=color, marker=marker, s=22, label=f"P = {streams}"
            )
        handles = ax.get_legend_handles_labels()[0]
        ours, papers = fits[text]
        handles += [
            Line2D([], [], color="0.3", lw=4, alpha=0.3, label=ours),
            Line2D([], [], color="0.3", lw=1, ls="--", label=papers),
        ]
        ax.legend(handles=handles, fontsize=8)
        in_billions(ax)
        ax.set(ylabel="loss [nats per token]", title=text)
    return figure


def worths(tables: Mapping[str, pd.DataFrame], printed: Mapping[str, float]) -> Figure:
    """What streams are worth against parameters, a panel a text, a colour a number of streams.

    Parameters
    ----------
    tables
        Name of the text -> one row a run with several streams: n_params, streams, `read` (its worth
        in times its parameters, read between plain runs; nan beyond them) and `carried` (the same by
        a law fitted to the plain runs).
    printed
        Name of the text -> the paper's k; its law is drawn dashed.
    """
    figure, axes = panels(len(tables), width=4.6, height=3.6, sharey=True)
    for ax, (text, table) in zip(axes, tables.items(), strict=True):
        for streams in (2, 4, 8):
            color, marker = MARKS[streams]
            seen = table[table.streams == streams].sort_values("n_params")
            x = seen.n_params / 1e9
            ax.axhline(printed[text] * np.log(streams) + 1, color=color, ls="--", lw=1.2)
            ax.plot(x, seen.read, marker=marker, color=color, ms=5, lw=0, label=f"P = {streams}")
            ax.plot(x, seen.carried, marker=marker, color=color, ms=5, lw=0, mfc="none")
        handles = ax.get_legend_handles_labels()[0] + [
            Line2D([], [], color="0.3", ls="--", label="the paper's law"),
            Line2D([], [], color="0.3", marker="o", lw=0, label="between plain runs"),
            Line2D([], [], color="0.3", marker="o", lw=0, mfc="none", label="by a law of the plain runs"),
        ]
        ax.legend(handles=handles, fontsize=8)
        in_billions(ax)
        ax.set(ylabel="worth [times the parameters]", title=text)
    return figure
