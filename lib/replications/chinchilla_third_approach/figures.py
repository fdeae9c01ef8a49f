"""The figures of Chinchilla's third approach: residuals, where an optimiser stops, tokens per parameter."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection

from scalinglaws.figures import PALETTE, PAPER


def residuals(ax: Axes, runs: pd.DataFrame, left: np.ndarray, title: str) -> PathCollection:
    """What a law leaves of the losses, against tokens; the colour is the logarithm of the size.

    Parameters
    ----------
    ax
        Where to draw.
    runs
        With `n_tokens` and `n_params`.
    left
        Observed over fitted loss, per cent, one for each run.
    title
        Of the panel, before the mean.

    Returns
    -------
    PathCollection
        The dots, for a colour bar.
    """
    dots = ax.scatter(runs.n_tokens, left, c=np.log10(runs.n_params), s=16, cmap="viridis")
    ax.axhline(0, lw=1, color=PALETTE[0])
    ax.set(
        xscale="log", xlabel="training tokens $D$", title=f"{title}: mean {left.mean():+.2f} %", ylim=(-4, 8)
    )
    ax.set_ylabel("observed over fitted loss [%]")
    ax.label_outer()
    return dots


def stops(ax: Axes, found: pd.DataFrame, optimum: float, published: float, title: str) -> None:
    """Where the starts of an optimiser stop: exponent of data, and excess over the least objective.

    Parameters
    ----------
    ax
        Where to draw.
    found
        One row a start, with `beta` and `excess`, a share of the least objective.
    optimum, published
        Exponent of data at the least objective, and Hoffmann et al.'s.
    title
        Of the panel.
    """
    # On a log axis the optimum itself has no place.
    ax.scatter(found.beta, np.maximum(100 * found.excess, 1e-4), s=14, alpha=0.6, label="where it stops")
    ax.axvline(optimum, color=PALETTE[1], lw=1.5, label="our optimum")
    ax.axvline(published, label="Hoffmann et al.", **PAPER)
    ax.set(yscale="log", xlabel=r"exponent of data $\beta$", title=title)
    ax.set_ylabel("above the least objective [%]")
    ax.legend(loc="center right")
    ax.label_outer()


def allocation(
    ax: Axes,
    budgets: np.ndarray,
    lines: Mapping[str, np.ndarray],
    band: np.ndarray,
    seen: tuple[float, float],
    trained: tuple[float, float],
) -> None:
    """Best tokens per parameter against compute, with a band around the first line.

    Parameters
    ----------
    ax
        Where to draw.
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
    styles = ({"color": PALETTE[1]}, PAPER, PAPER | {"linestyle": ":"})
    ax.fill_between(budgets, *band, alpha=0.2, color=PALETTE[1], lw=0, label="refit, 80 % band")
    for (name, line), style in zip(lines.items(), styles, strict=True):
        ax.plot(budgets, line, label=name, **style)
    ax.plot(*trained, "*", ms=13, color=PALETTE[0], ls="none", label="Chinchilla as trained")
    ax.axvspan(*seen, color="0.5", alpha=0.1, lw=0, label="compute of the 240 runs")
    ax.set(xscale="log", yscale="log", ylim=(3, 400), xlabel="training compute $C$ [FLOP]")
    ax.set_ylabel("best tokens per parameter")
    ax.legend(loc="upper left", ncols=2, fontsize=9)
