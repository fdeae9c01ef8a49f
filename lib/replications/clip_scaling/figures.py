"""The figures of CLIP's scaling: the eight lines, the pairs of equal models, and every miss of a prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, PAPER, panels

#: Data sets in the order of the legend: marker and colour. WIT are OpenAI's pairs.
SETS = {
    "LAION-80M": ("v", PALETTE[6]),
    "LAION-400M": ("o", PALETTE[3]),
    "LAION-2B": ("s", PALETTE[1]),
    "WIT": ("*", PALETTE[0]),
}
#: Whose models a line is drawn through: its colour, and the name in the legend.
OWNERS = {"laion": (PALETTE[1], "LAION's"), "openai": (PALETTE[0], "OpenAI's")}
#: The dashes of the printed formulas, which have one colour: long ones and short ones.
DASHES = {"laion": (0, (7, 2)), "openai": (0, (2, 1.5))}
#: What is known of a predicted score, and how it is drawn.
KINDS = {
    "fitted": {"marker": "o", "ms": 6, "mfc": "0.7"},
    "held out": {"marker": "D", "ms": 7, "mfc": PALETTE[6]},
    "trained later": {"marker": "*", "ms": 13, "mfc": PALETTE[5]},
}


def one_task(
    ax: Axes,
    models: pd.DataFrame,
    minima: tuple[np.ndarray, np.ndarray],
    ours: Mapping[str, np.ndarray],
    printed: Mapping[str, tuple[float, float]],
) -> None:
    """Errors of all models on one task against compute, with both lines and the printed ones.

    Parameters
    ----------
    ax
        Axes to draw on.
    models
        One row a model: train_set, `compute` (1e9 multiply-adds) and `error` (%).
    minima
        Logarithms to base 10 of compute and of the error as a share: what LAION's line is fitted to.
    ours
        For laion and openai: exponent and logarithm to base 10 of the factor, of the error as a share.
    printed
        The same, as factor and exponent, from the paper's figure.
    """
    for train_set, (marker, colour) in SETS.items():
        part = models[models.train_set == train_set]
        style = {"ls": "", "marker": marker, "ms": 11 if marker == "*" else 6, "color": colour, "mec": "w"}
        ax.plot(part.compute, part.error, label="OpenAI's" if train_set == "WIT" else train_set, **style)
    ring = {"ls": "", "marker": "x", "ms": 9, "mew": 1.5, "color": "0.3"}
    ax.plot(10 ** minima[0], 100 * 10 ** minima[1], label="what LAION's line is fitted to", **ring)
    for who, (colour, named) in OWNERS.items():
        part = models.compute[(models.train_set == "WIT") == (who == "openai")]
        x = np.geomspace(part.min(), part.max(), 20)
        ax.plot(
            x, 100 * 10 ** np.polyval(ours[who], np.log10(x)), color=colour, label=f"our line, {named} models"
        )
        factor, exponent = printed[who]
        style = PAPER | {"linestyle": DASHES[who]}
        ax.plot(x, 100 * factor * x**exponent, label=f"printed formula, {named} models", **style)
    ax.set(xscale="log", yscale="log")


def eight_lines(
    models: pd.DataFrame,
    tasks: Mapping[str, str],
    minima: Mapping[str, tuple[np.ndarray, np.ndarray]],
    ours: Mapping[tuple[str, str], np.ndarray],
    printed: Mapping[tuple[str, str], tuple[float, float]],
) -> Figure:
    """The paper's figure of zero-shot errors: a panel a task, two lines each.

    Parameters
    ----------
    models
        One row a model: train_set, `compute` and a score a task.
    tasks
        Column -> title.
    minima
        As in `one_task`, by task.
    ours, printed
        As in `one_task`, by (task, laion or openai).
    """
    fig, axes = panels(2, 2, width=4.9, height=3.5)
    for ax, (task, title) in zip(axes.flat, tasks.items(), strict=True):
        both = ("laion", "openai")
        shown = models.assign(error=100 * (1 - models[task]))
        one_task(
            ax, shown, minima[task], {w: ours[task, w] for w in both}, {w: printed[task, w] for w in both}
        )
        ticks = {"flickr": [6, 8, 10, 15, 20]}.get(task, [20, 25, 30, 40, 50, 60])
        lowest = [line.get_ydata().min() for line in ax.get_lines()]
        low, high = 0.95 * min(lowest), 1.05 * shown.error.max()
        ax.set(title=title, ylim=(low, high), ylabel="zero-shot error [%]")
        ax.set_xlabel("compute [1e9 multiply-adds]")
        ticks = [tick for tick in ticks if low < tick < high]
        ax.set_yticks(ticks, [str(tick) for tick in ticks])
        ax.yaxis.minorticks_off()
    fig.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
    return fig


def pairs(ax: Axes, compute: np.ndarray, names: Sequence[str], ratios: pd.DataFrame, title: str) -> None:
    """Error of OpenAI's model over that of the equal LAION model, a line a task.

    Parameters
    ----------
    ax
        Axes to draw on.
    compute
        Of each pair, 1e9 multiply-adds, shape (n,).
    names
        Architecture of each pair.
    ratios
        Ratio of the errors, a row a pair and a column a task, named in words.
    title
        Which models are compared.
    """
    styles = zip(PALETTE[1:5], ("o", "s", "D", "v"), ("-", "-", "-.", "-."), strict=True)
    for (task, ratio), (colour, marker, dash) in zip(ratios.items(), styles, strict=True):
        ax.plot(compute, ratio, marker=marker, ls="", color=colour, label=task)
        line = np.polyfit(np.log10(compute), np.log10(ratio), 1)
        ax.plot(compute, 10 ** np.polyval(line, np.log10(compute)), color=colour, ls=dash, lw=1)
    ax.plot([], [], color="0.3", lw=1, label="line of least squares")
    ax.axhline(1, color="0.6", lw=1, label="equally many errors")
    ax.set(xscale="log", yscale="log", title=title, xlabel="architecture, by compute", ylim=(0.75, 1.65))
    ax.set_xticks(compute, names)
    ax.set_yticks([0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.6], ["0.8", "0.9", "1", "1.1", "1.2", "1.4", "1.6"])
    ax.minorticks_off()
    ax.set_ylabel("error of OpenAI's model over LAION's")


def equals(compute: np.ndarray, names: Sequence[str], ratios: pd.DataFrame) -> Figure:
    """OpenAI's models against the equal ones of each of LAION's sets, a panel a set.

    Parameters
    ----------
    compute, names
        As in `pairs`.
    ratios
        As in `pairs`, with columns (set, task in words).
    """
    sets = ratios.columns.unique(0)
    fig, axes = panels(len(sets), width=4.6, height=3.6)
    for ax, each in zip(axes, sets, strict=True):
        pairs(ax, compute, names, ratios[each], f"OpenAI's models over {each}'s")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
    return fig


def misses(ax: Axes, off: Mapping[str, tuple[np.ndarray, np.ndarray]], bound: float, title: str) -> None:
    """Predicted less measured score against compute, by what was known of the model.

    Parameters
    ----------
    ax
        Axes to draw on.
    off
        Kind (of `KINDS`) -> compute in 1e9 multiply-adds, and predicted less measured score in
        percentage points.
    bound
        The printed mean absolute error, percentage points.
    title
        The task.
    """
    for kind, style in KINDS.items():
        ax.plot(*off[kind], ls="", mec="0.2", label=kind, **style)
    ax.axhline(0, color="0.6", lw=1)
    for sign in (-1, 1):
        ax.axhline(sign * bound, label="printed mean error" if sign > 0 else None, **PAPER)
    ax.set(xscale="log", title=title, xlabel="compute [1e9 multiply-adds]", ylim=(-1.6, 2.4))
    ax.set_ylabel("predicted less measured [points]")


def all_misses(
    off: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]], bounds: Mapping[str, float]
) -> Figure:
    """How far predictions are off on two tasks.

    Parameters
    ----------
    off
        Task in words -> as in `misses`.
    bounds
        Task in words -> the printed mean absolute error, percentage points.
    """
    fig, axes = panels(len(off), width=4.6, height=3.6)
    for ax, (task, bound) in zip(axes, bounds.items(), strict=True):
        misses(ax, off[task], bound, task)
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9)
    return fig
