"""The figures of weight decay by layers: what AdamW leaves, for how long it goes on, and for which teachers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, PAPER, panels

#: Rule of the weight decay -> how its runs are drawn, and how they are named.
RULES = {
    "constant": ({"ls": "-", "mfc": "none", "alpha": 0.55}, "constant $\\lambda$"),
    "sqrt": ({"ls": "-"}, "$\\lambda\\propto\\sqrt{d}$"),
}


def steady_states(
    states: pd.DataFrame, kinds: Sequence[str], law: Callable[[np.ndarray, float], np.ndarray]
) -> Figure:
    """Top singular values and gains in AdamW's steady state against width, a colour a kind of gradients.

    Parameters
    ----------
    states
        One row a run: `gradients`, `rule` (of the weight decay), `width`, `scaled` (top singular
        value over the root of rate over decay), `top` and `gain`.
    kinds
        The three kinds of gradients; "noise" is held against the exponent 0.5, the others against 0.75.
    law
        (widths, exponent) -> the law of the top singular value, up to a factor.
    """
    figure, axes = panels(3, width=3.6, height=3.5)
    widths = np.unique(states.width)
    starts = {}
    for kind, mark, color in zip(kinds, "so^", (PALETTE[0], PALETTE[1], PALETTE[3]), strict=True):
        part = states[states.gradients == kind]
        at = part[part.rule == "sqrt"].groupby("width").scaled.agg(["mean", "std"])
        axes[0].errorbar(at.index, at["mean"], at["std"], fmt=mark, color=color, label=kind)
        starts[kind] = at["mean"].iloc[0]
        for ax, column in zip(axes[1:], ("top", "gain"), strict=True):
            for rule, (style, said) in RULES.items():
                mean = part[part.rule == rule].groupby("width")[column].mean().dropna()
                label = f"{kind}, {said}" if len(mean) else None
                ax.plot(mean.index, mean, marker=mark, color=color, ms=5, lw=1, label=label, **style)
    # The trained kinds begin so near to each other that one line serves both.
    trained = np.mean([start for kind, start in starts.items() if kind != "noise"])
    laws = {
        "paper: $d^{0.75}$": (trained, 0.75, PAPER),
        "random matrix: $d^{0.5}$": (starts["noise"], 0.5, {"ls": ":", "color": "0.3"}),
    }
    for label, (start, power, style) in laws.items():
        line = law(widths, power)
        axes[0].plot(widths, start / line[0] * line, lw=1.2, label=label, **style)
    scaled = "top singular value / $\\sqrt{\\eta/\\lambda}$"
    axes[0].set(ylabel=scaled, title=f"{RULES['sqrt'][1]} alone")
    axes[1].set(ylabel="top singular value", title="both rules")
    axes[2].set(ylabel="gain of an MLP sublayer", title="both rules")
    for ax, ticks in zip(axes, ([7, 15, 30, 60, 120], [0.4, 0.7, 1, 2], [0.1, 0.2, 0.4, 0.8]), strict=True):
        ax.set(xscale="log", yscale="log", xlabel="width $d$")
        ax.set_xticks(widths, widths)
        ax.set_yticks(ticks, ticks)
        ax.minorticks_off()
        if ax is not axes[2]:
            ax.legend(fontsize=7, loc="upper left")
    axes[1].set_ylim(top=7)  # room for the legend above the lines
    return figure


def lengths(ends: Mapping[float, pd.DataFrame], law: Callable[[np.ndarray, float], np.ndarray]) -> Figure:
    """Top singular values against width, a line a length of training; and what the length leaves of them.

    Parameters
    ----------
    ends
        Rate x decay x steps -> one row a run that lasted as long: `width`, and `scaled` (top
        singular value over the root of rate over decay).
    law
        (widths, exponent) -> the law of the top singular value, up to a factor.
    """
    figure, axes = panels(2, width=4.2, height=3.3)
    widths = np.unique(np.concatenate([part.width for part in ends.values()]))
    means = {k: part.groupby("width").scaled.agg(["mean", "std"]) for k, part in ends.items()}
    for (k, at), mark, color in zip(means.items(), "so^", (PALETTE[5], PALETTE[1], PALETTE[0]), strict=True):
        axes[0].errorbar(at.index, at["mean"], at["std"], marker=mark, lw=1, color=color, label=f"$k={k:g}$")
    line = law(widths, 0.75)
    first = means[min(means)]["mean"].iloc[0]
    axes[0].plot(widths, first / line[0] * line, **PAPER, label="paper: $d^{0.75}$")
    axes[0].set(
        xscale="log", yscale="log", xlabel="width $d$", ylabel="top singular value / $\\sqrt{\\eta/\\lambda}$"
    )
    axes[0].set_xticks(widths, widths)
    axes[0].set_yticks([10, 20, 40], [10, 20, 40])
    for width, mark, color in zip(widths, "oDv", PALETTE[1:4], strict=True):
        left = [means[k]["mean"][width] / means[min(means)]["mean"][width] for k in means]
        axes[1].plot(list(means), left, marker=mark, lw=1, color=color, label=f"width {width}")
    axes[1].set(
        xscale="log",
        xlabel="$k=\\eta\\lambda T$, length of training",
        ylabel="top value, of what it was at $k=3$",
    )
    axes[1].set_xticks(list(means), [f"{k:g}" for k in means])
    for ax in axes:
        ax.minorticks_off()
        ax.legend(fontsize=8)
    return figure


def teachers(taught: Mapping[str, pd.DataFrame], law: Callable[[np.ndarray, float], np.ndarray]) -> Figure:
    """Top singular values of students, and what they learned, against their width, a line a teacher.

    Parameters
    ----------
    taught
        Teacher in words -> one row a run: `width` of the student, `scaled` (top singular value
        over the root of rate over decay) and `learned` (share of the teacher's variance).
    law
        (widths, exponent) -> the law of the top singular value, up to a factor.
    """
    figure, axes = panels(2, width=5.0, height=3.4)
    colors = (PALETTE[1], *PALETTE[3:], PALETTE[0])
    for (name, part), mark, color in zip(taught.items(), "so^vDP", colors, strict=True):
        for ax, column in zip(axes, ("scaled", "learned"), strict=True):
            at = part.groupby("width")[column].agg(["mean", "std"])
            ax.errorbar(at.index, at["mean"], at["std"], marker=mark, ms=5, lw=1, color=color, label=name)
    widths = np.unique(np.concatenate([part.width for part in taught.values()]))
    lowest = min(part[part.width == widths[0]].scaled.mean() for part in taught.values())
    line = law(widths, 0.75)
    axes[0].plot(widths, 0.8 * lowest / line[0] * line, **PAPER, label="paper: $d^{0.75}$")
    axes[0].set(yscale="log", ylabel="top singular value / $\\sqrt{\\eta/\\lambda}$")
    axes[0].set_yticks([10, 20, 40, 80, 160], [10, 20, 40, 80, 160])
    axes[1].set(ylabel="share of the teacher's variance learned")
    for ax in axes:
        ax.set(xscale="log", xlabel="width $d$ of the student")
        ax.set_xticks(widths, widths)
        ax.minorticks_off()
    handles = axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside right upper", fontsize=8, title="teacher: units, outputs")
    return figure
