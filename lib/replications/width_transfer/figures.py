"""The figures of width transfer: bowls over the learning rate, and what AdamW's steady state grows to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, PAPER, panels

TITLES = {"standard": "standard", "mup": "μP", "unit": "u-μP"}
#: Rule of the weight decay -> how its runs are drawn.
RULES = {"constant": {"ls": "--", "mfc": "none"}, "sqrt": {"ls": "-"}}


def bowls(curves: Mapping[str, pd.DataFrame], optima: Mapping[str, np.ndarray]) -> Figure:
    """Loss against the learning rate, a line a width and a panel a parametrisation; theory dashed.

    Parameters
    ----------
    curves
        Parametrisation -> mean held-out losses (nats per byte), widths in rows, log2 of the peak
        rate in columns.
    optima
        Parametrisation -> best log2 rate at each width.
    """
    figure, axes = panels(3, width=3.5, height=3.5, sharey=True)
    colors = (PALETTE[1], *PALETTE[3:])
    for ax, (name, title) in zip(axes, TITLES.items(), strict=True):
        losses, best = curves[name], optima[name]
        for (width, row), at, color in zip(losses.iterrows(), best, colors, strict=True):
            ax.plot(row.index, row, "o-", ms=3, lw=1.2, color=color, label=f"width {width}")
            ax.plot(at, row.min(), "v", ms=7, color=color, mec="black")
        theory = best[0] - (name == "standard") * np.log2(losses.index / losses.index[0])
        ax.plot(theory, losses.min(axis=1), **PAPER, label="theory")
        ax.set(title=title, xlabel="$\\log_2$ of the peak learning rate", ylim=(1.75, 2.8))
    axes[0].set_ylabel("held-out loss [nats per byte]")
    axes[2].legend(fontsize=8, loc="upper right")
    return figure


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
    for kind, mark, color in zip(kinds, "so^", (PALETTE[0], PALETTE[1], PALETTE[3]), strict=True):
        part = states[states.gradients == kind]
        at = part[part.rule == "sqrt"].groupby("width").scaled.agg(["mean", "std"])
        axes[0].errorbar(at.index, at["mean"], at["std"], fmt=mark, color=color, label=kind)
        power, style = (0.5, {"ls": ":", "color": "0.3"}) if kind == "noise" else (0.75, PAPER)
        line = law(widths, power)
        axes[0].plot(widths, at["mean"].iloc[0] / line[0] * line, lw=1.2, **style)
        for ax, column in zip(axes[1:], ("top", "gain"), strict=True):
            for rule, style in RULES.items():
                mean = part[part.rule == rule].groupby("width")[column].mean().dropna()
                ax.plot(mean.index, mean, marker=mark, color=color, ms=5, lw=1, **style)
    scaled = "top singular value / $\\sqrt{\\eta/\\lambda}$"
    rules = "full: $\\lambda\\propto\\sqrt{d}$, open: constant"
    axes[0].set(ylabel=scaled, title="dashed: $d^{0.75}$, dotted: $d^{0.5}$")
    axes[1].set(ylabel="top singular value", title=rules)
    axes[2].set(ylabel="gain of an MLP sublayer", title=rules)
    for ax, ticks in zip(axes, ([7, 15, 30, 60, 120], [0.4, 0.7, 1, 2], [0.1, 0.2, 0.4]), strict=True):
        ax.set(xscale="log", yscale="log", xlabel="width $d$")
        ax.set_xticks(widths, widths)
        ax.set_yticks(ticks, ticks)
        ax.minorticks_off()
    axes[0].legend(fontsize=8)
    return figure
