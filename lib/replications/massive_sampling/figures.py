"""The figures of massive sampling: pass rates below resolution, the task law, coverage, and votes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, PAPER, panels, size_name


def cells(ax: Axes, table: pd.DataFrame, x: str, lines: str, colours: Mapping[float, object]) -> None:
    """Mean pass rates against one measure of scale, a line for each value of another one.

    Parameters
    ----------
    ax
        Axes to draw on.
    table
        One row a checkpoint: `rate` (share), `right` (answers), and the two columns named. A
        rate that rests on fewer than ten right answers is hollow; zero is a triangle on the
        lower edge.
    x, lines
        Column of the horizontal axis, and column whose values have a line each.
    colours
        Value of `lines` -> colour.
    """
    floor = 8e-9
    for value, part in table.groupby(lines):
        colour = colours[value]
        some = part[part.rate > 0]
        ax.plot(some[x], some.rate, lw=1, color=colour)
        for few, fill in ((True, "w"), (False, colour)):
            points = some[(some.right < 10) == few]
            ax.plot(points[x], points.rate, marker="o", ms=4.5, ls="", color=colour, mfc=fill)
        none = part[part.rate == 0]
        ax.plot(none[x], np.full(len(none), floor), marker="v", ls="", ms=7, color=colour)
    ax.axhline(1 / 128, color="0.3", lw=1.5, ls=":")
    ax.set(xscale="log", yscale="log", ylim=(6e-9, 4e-2), ylabel="mean pass rate on GSM8K [share]")


def below_resolution(table: pd.DataFrame) -> Figure:
    """Mean pass rates of all checkpoints, against training tokens and against size.

    Parameters
    ----------
    table
        One row a checkpoint: `n_params`, `n_tokens`, `rate` and `right`.
    """
    fig, axes = panels(2, width=5.2, height=4.6)
    for ax, x, lines, title in (
        (axes[0], "n_tokens", "n_params", "over training, a line a size"),
        (axes[1], "n_params", "n_tokens", "over size, a line a budget"),
    ):
        values = sorted(table[lines].unique())
        colours = dict(zip(values, colormaps["viridis"](np.linspace(0.95, 0, len(values))), strict=True))
        cells(ax, table, x, lines, colours)
        for value in values:
            name = size_name(value) + (" tokens" if lines == "n_tokens" else "")
            ax.plot([], [], marker="o", ms=4, lw=1, color=colours[value], label=name)
        ax.plot([], [], color="0.3", lw=1.5, ls=":", label="1 of 128")
        ax.plot([], [], color="0.5", ls="", marker="o", ms=4.5, mfc="w", label="under 10 right")
        ax.plot([], [], color="0.5", ls="", marker="v", ms=7, label="never passed")
        ax.set(title=title)
        ax.legend(fontsize=8.5, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.17))
    axes[0].set_xlabel("training tokens")
    axes[1].set_xlabel("parameters")
    return fig


def task_law(panels_of: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Figure:
    """log(-log pass rate) against size: the law fitted to all but the largest model, and what came.

    Parameters
    ----------
    panels_of
        Title -> sizes in parameters, shape (models,); pass rates; slope and intercept of the law
        in natural logarithms.
    """
    fig, axes = panels(len(panels_of), width=4.3, height=3.9)
    for ax, (title, (sizes, rates, line)) in zip(np.atleast_1d(axes), panels_of.items(), strict=True):
        y = np.log(-np.log(rates))
        ax.plot(sizes[:-1], y[:-1], "o", color=PALETTE[1], label="fitted")
        ax.plot(sizes[-1], y[-1], "D", ms=8, color=PALETTE[0], label="held out: 12B")
        ax.plot(sizes, np.polyval(line, np.log(sizes)), label="task law, as the paper has it", **PAPER)
        ax.set(xscale="log", xlabel="parameters", title=title, ylabel="log(-log pass rate)")
        low, high = ax.get_ylim()
        ax.set_ylim(high, low)
        rate = ax.secondary_yaxis(
            "right",
            functions=(lambda v: np.exp(-np.exp(v)), lambda p: np.log(-np.log(np.clip(p, 1e-12, 0.999)))),
        )
        rate.set_yticks([p for p in (1e-5, 1e-4, 1e-3, 0.003, 0.01, 0.03) if low < np.log(-np.log(p)) < high])
        rate.set_yticklabels([f"{p:g}" for p in rate.get_yticks()])
        rate.set_ylabel("mean pass rate [share]")
    fig.legend(
        *np.atleast_1d(axes)[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=10
    )
    return fig


def coverage(
    sizes: Sequence[float],
    ks: np.ndarray,
    covered: np.ndarray,
    lines: np.ndarray,
    behind: np.ndarray,
    most: int,
) -> Figure:
    """-log coverage and coverage against the number of samples, with the law fitted to few.

    Parameters
    ----------
    sizes
        Parameters of each model, shape (models,).
    ks
        Numbers of samples, shape (k,).
    covered, behind
        Coverage as measured, and as a beta distribution of pass rates has it: (k, models).
    lines
        Slope and intercept of the law fitted to the first ks, shape (2, models).
    most
        Largest number of samples that it was fitted to.
    """
    fig, axes = panels(2, width=5.2, height=4.2)
    law = np.exp(-np.exp(np.multiply.outer(np.log(ks), lines[0]) + lines[1]))
    colours = colormaps["viridis"](np.linspace(0.95, 0, len(sizes)))
    for colour, size, seen, said, beta in zip(colours, sizes, covered.T, law.T, behind.T, strict=True):
        axes[0].plot(ks, -np.log(seen), color=colour, lw=2.5, label=size_name(size))
        axes[0].plot(ks, -np.log(said), **PAPER)
        axes[0].plot(ks, -np.log(beta), color="k", lw=1, ls=":")
        axes[1].plot(ks, seen, color=colour, lw=2.5)
        axes[1].plot(ks, said, **PAPER)
        axes[1].plot(ks, beta, color="k", lw=1, ls=":")
    axes[0].plot([], [], label=f"the law, from up to {most} samples", **PAPER)
    axes[0].plot([], [], color="k", lw=1, ls=":", label="beta distribution of pass rates")
    axes[0].plot([], [], color="0.7", lw=1, label=f"{most} samples")
    for ax in axes:
        ax.axvline(most, color="0.7", lw=1)
        ax.set(xscale="log", xlabel="samples per problem k")
    axes[0].set(yscale="log", ylabel="-log coverage")
    axes[0].set_yticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    axes[0].minorticks_off()
    axes[1].set(ylabel="coverage [share of problems]", ylim=(0, 1))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=9)
    return fig


def votes(curves: pd.DataFrame, models: Sequence[str]) -> Figure:
    """Majority and coverage of k answers to multiple choice, and coverage by guessing, a panel a model.

    Parameters
    ----------
    curves
        Index model and k; columns most, any, guessed (shares of questions).
    models
        The models to draw.
    """
    fig, axes = panels(len(models), width=4, height=3.5)
    styles = {
        "any": ("any of k is right (coverage)", {"color": PALETTE[1], "marker": "o", "ms": 4}),
        "most": ("the majority is right", {"color": PALETTE[0], "marker": "s", "ms": 4}),
        "guessed": ("any of k blind guesses is right", {"color": "k", "ls": ":", "lw": 1.8}),
    }
    for ax, model in zip(np.atleast_1d(axes), models, strict=True):
        for column, (label, style) in styles.items():
            part = curves.loc[model][column]
            ax.plot(part.index, part, label=label, **style)
        ax.axhline(curves.loc[model]["any"][1], color="0.5", lw=1, label="one answer")
        ax.set(title=model, xlabel="answers k", ylabel="share of questions", ylim=(0.2, 1.02))
        ax.set_xticks([1, 5, 10, 15, 20])
    fig.legend(
        *np.atleast_1d(axes)[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9
    )
    return fig
