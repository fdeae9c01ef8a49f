"""The figures of time series Transformers: their laws, and how the two architectures part."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.time_series.lines import curve, implied, largest, line
from replications.time_series.printed import FAMILIES, LEGENDS, SETS
from scalinglaws.figures import PALETTE, PAPER, panels
from scalinglaws.uncertainty import Estimate

COLOURS = dict(zip(SETS, (PALETTE[3], PALETTE[1], PALETTE[0]), strict=True))
MARKS = dict(zip(SETS, "os^", strict=True))
NAMES = {"LSF": "LSF (OOD)", "Monash": "Monash (OOD)", "ID": "ID"}
#: Wider intervals of differences of exponents leave the picture, and are written out.
WIDEST = 0.03
ALONG = {"size": "size [parameters]", "data": "amount of data [time points]"}


def law(ax: Axes, losses: pd.DataFrame, key: tuple[str, str, str]) -> None:
    """One curve's points, our line through them, and the printed law, dashed, with the exponent its constant implies."""
    x, y = curve(losses, *key)
    it, name = line(x, np.log10(y)), key[-1]
    ax.plot(10**x, y, MARKS[name], color=COLOURS[name], ms=5, label=f"{NAMES[name]}: a model")
    ax.plot(10**x, 10 ** it.at(x), color=COLOURS[name], lw=1.2, label=f"{NAMES[name]}: our line")
    constant = LEGENDS.constant[key]
    ax.plot(10**x, (constant / 10**x) ** implied(it, constant), lw=1.4, **PAPER)


def laws(losses: pd.DataFrame) -> Figure:
    """Loss against size and against data, a column an architecture, with the encoder called 1B beside the line of size."""
    fig, axes = panels(2, 2, width=3.9, height=2.9, sharey=True)
    for row, figure in zip(axes, ALONG, strict=True):
        for ax, family in zip(row, FAMILIES, strict=True):
            for name in SETS:
                law(ax, losses, (figure, family, name))
            ax.set(xscale="log", yscale="log", title=f"{family}-only, by {figure}", xlabel=ALONG[figure])
            ax.set_yticks([2, 3, 4, 5, 6], list("23456"))
            ax.minorticks_off()
        row[0].set_ylabel("negative log-likelihood [nats]")
    last = largest(losses)
    style = {"ls": "", "marker": "*", "ms": 11, "mfc": "w", "color": "k"}
    axes[0, 0].plot(last.n_params, last.nll, label="1B, left out of the line", **style)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    dashed = axes[0, 0].lines[2]
    fig.legend(
        [*handles, dashed],
        [*labels, "printed law, implied exponent"],
        loc="outside lower center",
        ncols=3,
        fontsize=8,
    )
    return fig


def ratios(ax: Axes, losses: pd.DataFrame) -> None:
    """The decoder's loss over the encoder's, pair by pair of one size."""
    for name in SETS:
        (x, encoder), (_, decoder) = (curve(losses, "size", family, name) for family in FAMILIES)
        it = line(x, np.log10(decoder / encoder))
        ax.plot(10**x, decoder / encoder, MARKS[name], color=COLOURS[name], ms=5, label=NAMES[name])
        ax.plot(10**x, 10 ** it.at(x), color=COLOURS[name], lw=1.2)
    ax.axhline(1, color="0.6", lw=0.8)
    ax.set(xscale="log", xlabel=ALONG["size"], ylabel="decoder's loss over encoder's")
    ax.legend(fontsize=8)


def apart(losses: pd.DataFrame, found: Mapping[tuple[str, str], Estimate]) -> Figure:
    """Pairs of one size, and the six differences of exponents with their intervals; printed ones as dashes.

    Parameters
    ----------
    losses
        The table.
    found
        Figure and set -> encoder's exponent less the decoder's.
    """
    fig, (left, right) = panels(2, width=4.4, height=3.4)
    ratios(left, losses)
    for k, ((figure, name), it) in enumerate(found.items()):
        ours, printed = (None, None) if k else ("ours, 95 % interval", "printed")
        style = {"marker": MARKS[name], "markevery": [1], "ms": 6, "lw": 2, "color": COLOURS[name]}
        right.plot([it.low, it.value, it.high], [-k] * 3, label=ours, **style)
        encoder, decoder = (LEGENDS.exponent[figure, family, name] for family in FAMILIES)
        right.plot([encoder - decoder] * 2, [-k - 0.3, -k + 0.3], label=printed, **PAPER)
        if it.high > WIDEST:
            right.text(
                0, -k - 0.45, f"from {it.low:.3f} to {it.high:.3f}", ha="center", va="center", fontsize=8
            )
    right.axvline(0, color="0.6", lw=0.8, zorder=0)
    right.set_yticks(-np.arange(len(found)), [f"{figure}, {name}" for figure, name in found])
    right.set(
        xlabel="encoder's exponent less decoder's", xlim=(-WIDEST, WIDEST), ylim=(0.4 - len(found), 0.6)
    )
    right.set_ylabel("what varies, and the set")
    fig.get_layout_engine().set(wspace=0.08)
    right.legend(fontsize=8, loc="upper left")
    return fig
