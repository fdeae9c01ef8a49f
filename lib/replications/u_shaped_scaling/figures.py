"""The two figures of the notebook: one benchmark against compute, by family and by release."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, panels

COMPUTE = "training compute, log10 FLOP"
SCORE = "TruthfulQA score (share)"


def trend_and_families(table: pd.DataFrame, at: float, named: Sequence[str]) -> Figure:
    """The models with a parabola and two lines, and the same models joined by family.

    Parameters
    ----------
    table
        Columns `x` (log10 of training compute in FLOP, ascending), `truthfulqa` (share) and `family`.
    at
        The break, in units of `x`.
    named
        The families that get a colour; at most as many as the palette has.
    """
    figure, axes = panels(2, width=5.4, height=4.0)
    parabola_and_lines(axes[0], table, at)
    families(axes[1], table, named)
    return figure


def releases(table: pd.DataFrame, since: float, breaks: Sequence[float]) -> Figure:
    """When the models came out, and their scores with two lines for the earlier and for the later ones.

    Parameters
    ----------
    table
        Columns `x`, `truthfulqa` and `released` (year).
    since
        The year from which a model counts as a later one.
    breaks
        The break of the earlier models and that of the later ones, in units of `x`.
    """
    figure, axes = panels(2, width=5.4, height=4.0)
    dates(axes[0], table, since)
    halves_with_lines(axes[1], table, since, breaks)
    return figure


def parabola_and_lines(ax: Axes, table: pd.DataFrame, at: float) -> None:
    """The models, a parabola through them, and two unconnected lines, below and above a break.

    Parameters
    ----------
    ax
        Where to draw.
    table
        Columns `x` (log10 of training compute in FLOP, ascending) and `truthfulqa` (share).
    at
        The break, in units of `x`.
    """
    ax.plot(table.x, table.truthfulqa, "o", color="0.6", ms=4, label="a model")
    ax.axvline(at, color="k", ls=":", lw=1, label="Robin Hood break")
    grid = np.linspace(table.x.min(), table.x.max(), 200)
    ax.plot(grid, np.polyval(np.polyfit(table.x, table.truthfulqa, 2), grid), lw=2.5, label="parabola")
    two_lines(ax, table, at, ("first line", "second line"), PALETTE[1:3])
    ax.set(xlabel=COMPUTE, ylabel=SCORE)
    ax.legend(fontsize=8, loc="upper left")


def two_lines(
    ax: Axes, table: pd.DataFrame, at: float, labels: tuple[str, str], colors: Sequence[str]
) -> None:
    """Least-squares lines through the models below and above a break."""
    for part, label, color in zip((table[table.x <= at], table[table.x > at]), labels, colors, strict=True):
        line = np.polyfit(part.x, part.truthfulqa, 1)
        ends = np.array([part.x.min(), part.x.max()])
        ax.plot(ends, np.polyval(line, ends), lw=2.5, color=color, label=label)


def families(ax: Axes, table: pd.DataFrame, named: Sequence[str]) -> None:
    """The models of each family joined by a line, some of the families by name and colour.

    Parameters
    ----------
    ax
        Where to draw.
    table
        Columns `x`, `truthfulqa` and `family`, ascending in `x`.
    named
        The families that get a colour; at most as many as the palette has.
    """
    others = table[~table.family.isin(named)]
    for number, (_, rows) in enumerate(others.groupby("family")):
        label = None if number else "all other families"
        ax.plot(rows.x, rows.truthfulqa, "o-", color="0.8", lw=1, ms=3, zorder=1, label=label)
    for name, color in zip(named, PALETTE[: len(named)], strict=True):
        rows = table[table.family == name]
        ax.plot(rows.x, rows.truthfulqa, "o-", color=color, lw=2, ms=3, zorder=3, label=name)
    ax.set(xlabel=COMPUTE, ylabel=SCORE)
    ax.legend(fontsize=8, loc="upper left")


def dates(ax: Axes, table: pd.DataFrame, since: float) -> None:
    """When the models came out against their compute; the later ones in the second colour.

    Parameters
    ----------
    ax
        Where to draw.
    table
        Columns `x` and `released` (year).
    since
        The year from which a model counts as a later one.
    """
    for part, color, label in halves(table, since):
        ax.plot(part.x, part.released, "o", ms=4, color=color, label=label)
    ax.set(xlabel=COMPUTE, ylabel="date of release, year")
    ax.legend(fontsize=8, loc="lower right")


def halves_with_lines(ax: Axes, table: pd.DataFrame, since: float, breaks: Sequence[float]) -> None:
    """Score against compute, the earlier and the later models each with their two lines.

    Parameters
    ----------
    ax, table, since
        As in `dates`; the table has `truthfulqa` besides.
    breaks
        The break of the earlier models and that of the later ones, in units of `x`.
    """
    for (part, color, label), at in zip(halves(table, since), breaks, strict=True):
        ax.plot(part.x, part.truthfulqa, "o", ms=4, color=color, alpha=0.4, label=label)
        two_lines(ax, part, at, ("their two lines", None), (color, color))
    ax.set(xlabel=COMPUTE, ylabel=SCORE)
    ax.legend(fontsize=8, loc="upper left")


def halves(table: pd.DataFrame, since: float) -> list[tuple[pd.DataFrame, str, str]]:
    """The models released before a date and since then, each with a colour and a label."""
    later = table.released >= since
    return [
        (table[~later], PALETTE[1], f"released before {since:.1f}"),
        (table[later], PALETTE[2], f"released since {since:.1f}"),
    ]
