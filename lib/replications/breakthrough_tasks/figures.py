"""The figures: scores with their projections, shares of tasks beyond each distance, rises by size, smooth curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.breakthrough_tasks import nulls, smooth
from scalinglaws.figures import PALETTE, PAPER, panels, shades

#: Tasks of BIG-bench Lite that are drawn: three rises beyond noise, one within, two falls.
SIX = (
    "code_line_description",
    "language_identification",
    "vitaminc_fact_verification",
    "misconceptions_russian",
    "hindu_knowledge",
    "auto_debugging",
)


def projection(ax: Axes, sizes: np.ndarray, accuracy: np.ndarray, questions: int, title: str) -> None:
    """A task's scores at three sizes, and the line that the paper projects from the first two.

    Parameters
    ----------
    ax
        Where to draw.
    sizes, accuracy
        Parameters and shares, shape (3,).
    questions
        Of the task; bars are two standard errors of answers drawn apart.
    title
        The task.
    """
    bars = 2 * np.sqrt(accuracy * (1 - accuracy) / questions)
    ax.errorbar(
        sizes, accuracy, bars, fmt="o", color=PALETTE[1], capsize=3, label="PaLM, ± 2 standard errors"
    )
    step = accuracy[1] - accuracy[0]
    line = [accuracy[0], accuracy[1], accuracy[1] + step]
    ax.plot(sizes, line, label="projected from the first two", **PAPER)
    ax.axhspan(1, 1.4, color="0.85", lw=0, label="above all right")
    ax.set(xscale="log", ylim=(-0.05, 1.3), title=f"{title}\n({questions:,} questions)")
    ax.title.set_fontsize(9)
    ax.set(xlabel="parameters", ylabel="score (share)")


def projections(sizes: np.ndarray, table: pd.DataFrame, tasks: Sequence[str]) -> Figure:
    """Six tasks as in `projection`, in the manner of the paper's Figure 5.

    Parameters
    ----------
    sizes
        Parameters, shape (3,).
    table
        The table `palm_bigbench_lite`.
    tasks
        Which to draw.
    """
    fig, axes = panels(3, 2, width=3.2, height=2.8)
    rows = table.set_index("task")
    for ax, task in zip(axes.flat, tasks, strict=True):
        scores = rows.loc[task].filter(like="score").to_numpy(float) / 100
        projection(ax, sizes, scores, int(rows.n_questions[task]), task)
    fig.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
    return fig


def shares(found: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Share of tasks that rise by more than each distance, and that fall short by more, beside noise.

    Parameters
    ----------
    found
        Title -> discontinuities, shape (tasks,), and those of noise, shape (draws, tasks).
    """
    fig, axes = panels(len(found), width=4.6, height=3.4, sharey=True)
    at = np.linspace(0.01, 0.6, 60).round(nulls.DIGITS)
    for ax, (title, (real, noise)) in zip(np.atleast_1d(axes), found.items(), strict=True):
        drawn = np.array([(noise > x).mean(axis=1) for x in at])
        low, high = np.quantile(drawn, [0.025, 0.975], axis=1)
        ax.fill_between(100 * at, low, high, color=PALETTE[6], alpha=0.35, label="95 % of noise about lines")
        ax.plot(100 * at, drawn.mean(axis=1), color=PALETTE[1], lw=1, label="noise, on average")
        ax.plot(100 * at, [(real > x).mean() for x in at], color=PALETTE[0], label="tasks above")
        ax.plot(100 * at, [(real < -x).mean() for x in at], color=PALETTE[0], ls=":", label="tasks below")
        ax.plot([10, 20], [0.25, 0.15], "D", ms=7, color=PALETTE[2], label="PaLM, 150 tasks (printed)")
        ax.set(
            title=title, xlabel="distance from the projection, more than [points]", ylabel="share of tasks"
        )
        ax.title.set_fontsize(10)
    np.atleast_1d(axes)[0].legend(fontsize=8)
    return fig


def by_size(sizes: np.ndarray, lines: Mapping[str, np.ndarray]) -> Figure:
    """Shares of tasks that rise and fall, and noise, each three neighbouring sizes, at the largest of them.

    Parameters
    ----------
    sizes
        The largest of each three, parameters.
    lines
        Label -> share at each.
    """
    fig, ax = panels(width=6.4, height=3.6)
    styles = ("o-", "v:", "s-", "^--")
    colors = (PALETTE[0], PALETTE[1], PALETTE[3], PALETTE[4])
    for style, color, (label, share) in zip(styles, colors, lines.items(), strict=True):
        ax.plot(sizes, share, style, ms=5, lw=1.2, color=color, label=label)
    ax.axhline(0.25, label="PaLM's rises (printed)", **PAPER)
    ax.set(
        xscale="log", ylim=(0, None), xlabel="largest of three sizes [parameters]", ylabel="share of tasks"
    )
    ax.legend(fontsize=8, ncols=2)
    return fig


def smooth_curves(sizes: np.ndarray, decades: Sequence[float]) -> Figure:
    """Discontinuity of smooth curves without any noise, by where their middle lies.

    Parameters
    ----------
    sizes
        Three sizes, parameters.
    decades
        Of size, from a tenth to nine tenths of the rise, one curve each.
    """
    fig, ax = panels(width=5.6, height=3.5)
    middle = np.linspace(7, 15, 400)
    for color, each in zip(shades(len(decades))[::-1], decades, strict=True):
        share = smooth.curve(sizes, np.zeros(1), middle[:, None], np.array(each))
        label = f"{each:g} decade{'s' * (each != 1)} from 10 to 90 %"
        ax.plot(
            10**middle, 100 * nulls.discontinuity(share, nulls.step_ratio(sizes)), color=color, label=label
        )
    ax.axhline(100 * nulls.POINTS, label="the paper's ten points", **PAPER)
    ax.axvspan(sizes[0], sizes[-1], color="0.9", lw=0, label="the three sizes")
    ax.set(xscale="log", xlabel="size at half of the rise [parameters]", ylabel="discontinuity [points]")
    ax.legend(fontsize=8)
    return fig
