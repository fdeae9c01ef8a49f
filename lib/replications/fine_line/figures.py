"""The figures of The Fine Line: curves by size, agreement by task and by window, and forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, panels, size_name


def by_size(sizes: Sequence[float], tasks: Sequence[str], times: np.ndarray, curves: np.ndarray) -> Figure:
    """Accuracy over training, a panel a task and a line a size.

    Parameters
    ----------
    sizes, tasks, times, curves
        As from `curves.pivoted`; times in tokens.
    """
    fig, axes = panels(3, 3, width=3.3, height=2.6)
    # Eight sizes need more than one hue: in a single one the largest could not be told apart.
    colours = colormaps["plasma"](np.linspace(0.9, 0, len(sizes)))
    for k, (ax, task) in enumerate(zip(axes.flat, tasks, strict=True)):
        for size, curve, colour in zip(sizes, curves[:, k], colours, strict=True):
            ax.plot(times, curve, "o-", ms=2, lw=1, color=colour, label=size_name(size))
        ax.set(title=task, xscale="log", xlabel="training tokens", ylabel="accuracy [share]")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=8, fontsize=8)
    return fig


def agreements(tasks: Sequence[str], matrices: Mapping[str, np.ndarray]) -> Figure:
    """Mean correlation of every task with every task across sizes, a panel a way of measuring.

    Parameters
    ----------
    tasks
        Names, in the order in which they are drawn.
    matrices
        Title -> correlations, shape (tasks, tasks).
    """
    fig, axes = panels(len(matrices), width=4.4, height=4.4)
    for ax, (title, matrix) in zip(np.atleast_1d(axes), matrices.items(), strict=True):
        picture = ax.imshow(matrix, cmap="RdBu", vmin=-1, vmax=1)
        for (row, column), value in np.ndenumerate(matrix):
            written, ink = f"{value:.1f}".replace("-0.0", "0.0"), "w" if abs(value) > 0.6 else "k"
            ax.text(column, row, written, ha="center", va="center", fontsize=7, color=ink)
        ax.set_xticks(range(len(tasks)), tasks, rotation=60, ha="right", fontsize=8)
        ax.set_yticks(range(len(tasks)), tasks, fontsize=8)
        ax.set(title=title, xlabel="task of the one size", ylabel="task of the other size")
        ax.grid(False)
    fig.colorbar(picture, ax=axes, shrink=0.7, label="mean correlation over training")
    return fig


def by_start(found: Mapping[str, Mapping[float, tuple[float, float]]], bar: float) -> Figure:
    """Same task less different tasks, by the share of training before which nothing is used.

    Parameters
    ----------
    found
        Family -> start of the window, as a share of training -> the difference, and the chance of the names.
    bar
        Points whose chance lies below it are filled.
    """
    fig, ax = panels(1, width=6.6, height=4.0)
    for (family, at), colour, marker in zip(found.items(), PALETTE, "osDv", strict=False):
        starts, values = list(at), np.array([value for value, _ in at.values()])
        clear = np.array([chance < bar for _, chance in at.values()])
        ax.plot(starts, values, "-", lw=1.2, color=colour)
        ax.plot(starts, values, marker, ms=7, mfc="white", color=colour)
        ax.plot(np.array(starts)[clear], values[clear], marker, ms=7, color=colour)
        ax.plot([], [], marker=marker, lw=1.2, ms=7, color=colour, label=family)
    ax.plot([], [], "o", ms=7, mfc="white", color="0.4", label=f"open: chance of the names above {bar:g}")
    ax.axhline(0, color="0.4", lw=1)
    ax.set(xscale="log", xlabel="start of the window [share of training]")
    ax.set_ylabel("same less different tasks [correlation]")
    ax.set_xticks(starts, [f"{start:.1%}" for start in starts], minor=False)
    ax.xaxis.set_minor_formatter("")
    fig.legend(loc="outside lower center", ncols=2, fontsize=8.5)
    return fig


def forecasts(sizes: Sequence[float], errors: Mapping[str, np.ndarray]) -> Figure:
    """Error of forecasts of the final score, by the size that is foretold.

    Parameters
    ----------
    sizes
        Parameters, ascending.
    errors
        Way of forecasting -> error by smaller and larger size, as from `errors_from_smaller`.
    """
    fig, ax = panels(1, width=6.4, height=3.9)
    for (how, error), colour, marker in zip(errors.items(), PALETTE, "osv^", strict=False):
        mean = [error[:j, j].mean() for j in range(1, len(sizes))]
        ax.plot(sizes[1:], mean, marker=marker, lw=1.2, color=colour, label=how)
    ax.set(xscale="log", xlabel="parameters of the model foretold", ylabel="mean error [share of questions]")
    ax.set_ylim(0, 0.2)
    ax.legend(fontsize=8.5, title="what is added to its score at step 13,000", ncols=2, loc="upper left")
    return fig
