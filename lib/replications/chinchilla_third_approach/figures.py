"""The figures of Chinchilla's third approach: residuals, where an optimiser stops, tokens per parameter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalinglaws import figures as draw
from scalinglaws.figures import PALETTE, PAPER, panels


def residuals(runs: pd.DataFrame, left: Mapping[str, np.ndarray]) -> Figure:
    """What laws leave of the losses, against tokens; the colour is the logarithm of the size.

    Parameters
    ----------
    runs
        With `n_tokens` and `n_params`.
    left
        Name of a law -> observed over fitted loss, per cent, one for each run; a panel each.
    """
    figure, axes = panels(len(left), width=4.8, height=3.4, sharey=True)
    for ax, (name, rest) in zip(axes, left.items(), strict=True):
        dots = ax.scatter(runs.n_tokens, rest, c=np.log10(runs.n_params), s=16, cmap="viridis")
        ax.axhline(0, lw=1, color=PALETTE[0])
        ax.set(xscale="log", xlabel="training tokens $D$", title=f"{name}: mean {rest.mean():+.2f} %")
        ax.set(ylim=(-4, 8), ylabel="observed over fitted loss [%]")
        ax.label_outer()
    figure.colorbar(dots, ax=axes, label="log10 of parameters $N$")
    return figure


def stops(found: Mapping[str, pd.DataFrame], optimum: float, published: float) -> Figure:
    """Where the starts of an optimiser stop: exponent of data, and excess over the least objective.

    Parameters
    ----------
    found
        What is minimised -> one row a start, with `beta` and `excess`, a share of the least objective.
    optimum, published
        Exponent of data at the least objective, and Hoffmann et al.'s.
    """
    figure, axes = panels(len(found), width=4.6, height=3.4, sharex=True, sharey=True)
    for ax, (name, starts) in zip(axes, found.items(), strict=True):
        draw.stops(ax, starts.beta, starts.excess, optimum, ("Hoffmann et al.", published))
        ax.set(xlabel=r"exponent of data $\beta$", title=f"{name}, default L-BFGS-B")
        ax.legend(loc="center right")
        ax.label_outer()
    return figure


def allocation(
    budgets: np.ndarray,
    lines: Mapping[str, np.ndarray],
    band: np.ndarray,
    seen: tuple[float, float],
    trained: tuple[float, float],
) -> Figure:
    """Best tokens per parameter against compute, with a band around the first line.

    Parameters
    ----------
    budgets
        Training compute, FLOP.
    lines
        Names of the refit, of the paper's law and of its rounded form -> best tokens per parameter.
    band
        Lower and upper end of the 80 % band of the refit, two rows.
    seen
        Compute of the smallest and of the largest run, FLOP.
    trained
        Compute of Chinchilla and the tokens per parameter that it had.
    """
    figure, ax = panels(1, width=6.4, height=3.8)
    styles = ({"color": PALETTE[1]}, PAPER, PAPER | {"linestyle": ":"})
    ax.fill_between(budgets, *band, alpha=0.2, color=PALETTE[1], lw=0, label="refit, 80 % band")
    for (name, line), style in zip(lines.items(), styles, strict=True):
        ax.plot(budgets, line, label=name, **style)
    ax.plot(*trained, "*", ms=13, color=PALETTE[0], ls="none", label="Chinchilla as trained")
    ax.axvspan(*seen, color="0.5", alpha=0.1, lw=0, label="compute of the 240 runs")
    ax.set(xscale="log", yscale="log", ylim=(3, 400), xlabel="training compute $C$ [FLOP]")
    ax.set_ylabel("best tokens per parameter")
    ax.legend(loc="upper left", ncols=2, fontsize=9)
    return figure
