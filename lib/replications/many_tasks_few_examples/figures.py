"""The figures: error against cost, shares of the examples, Grok-2's examples left out, applications, chances of the order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replications.many_tasks_few_examples import ranking
from replications.many_tasks_few_examples.variances import EXAMPLES, Split
from scalinglaws.figures import PALETTE, PAPER, panels
from scalinglaws.uncertainty import Estimate


def cost(panel: Mapping[str, Split], examples: tuple[int, ...] = (1, 5, 15, 50)) -> Figure:
    """Standard error of a mean over tasks against questions asked, a line for each number of examples a task.

    All panels have the same axes.

    Parameters
    ----------
    panel
        Title -> variances, each of them a number.
    examples
        Of a task.
    """
    fig, axes = panels(len(panel), width=4.2, height=3.4)
    axes = np.atleast_1d(axes)
    questions = np.geomspace(100, 20_000, 50)
    for ax, (title, parts) in zip(axes, panel.items(), strict=True):
        for color, style, n in zip(
            (PALETTE[0], PALETTE[1], PALETTE[2], PALETTE[3]), ("-", "-.", "--", ":"), examples, strict=True
        ):
            variance = max(float(parts.between), 0) + float(parts.within) / n
            ax.plot(
                questions,
                np.sqrt(variance * n / questions),
                ls=style,
                color=color,
                label=f"{n} example{'s' * (n > 1)} a task",
            )
        ax.set(
            xscale="log",
            yscale="log",
            title=title,
            xlabel="questions asked (tasks × examples)",
            ylabel="standard error",
        )
        ax.title.set_fontsize(9)
    ends = np.array([ax.get_ylim() for ax in axes])
    for ax in axes:
        ax.set_ylim(ends.min(), ends.max())
    axes[0].legend(fontsize=8)
    return fig


def shares(found: Mapping[str, Estimate], limits: set[str]) -> Figure:
    """Share of the examples in the variance of scores and differences, with intervals.

    Parameters
    ----------
    found
        Label -> share.
    limits
        Labels of those that are upper limits, drawn hollow.
    """
    fig, ax = panels(width=6.6, height=0.36 * len(found) + 1.1)
    for row, (label, each) in enumerate(found.items()):
        limit = label in limits
        color = PALETTE[1] if limit else PALETTE[0]
        ax.plot([each.low, each.high], [row, row], color=color, lw=1.5)
        ax.plot(each.value, row, "o", color=color, mfc="white" if limit else color)
    ax.plot([], [], "o-", color=PALETTE[1], mfc="white", label="upper limit, from task scores")
    ax.plot([], [], "o-", color=PALETTE[0], label="measured, from single examples")
    ax.axvline(0.5, label="as much as the tasks", **PAPER)
    ax.set(yticks=range(len(found)), yticklabels=list(found), ylim=(len(found) - 0.5, -0.5), xlim=(0, None))
    ax.set(xlabel=f"share of the examples in the variance, {EXAMPLES} a task", ylabel="score or difference")
    fig.legend(loc="outside lower center", ncols=3, fontsize=8)
    return fig


def left_out(counts: np.ndarray, found: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Spread of an overall score against the number of examples that are used.

    Parameters
    ----------
    counts
        Examples a task.
    found
        Label -> standard deviations of drawn scores, of the shape of `counts`, and those by formula for
        1, 2, 3 and more examples.
    """
    fig, ax = panels(width=5.6, height=3.4)
    for color, (label, (drawn, formula)) in zip((PALETTE[1], PALETTE[0]), found.items(), strict=True):
        ax.plot(counts, drawn, "o", color=color, label=f"{label}: drawn")
        ax.plot(1 + np.arange(len(formula)), formula, color=color, lw=1, label=f"{label}: by formula")
    ax.set(xlabel="examples used of each task", ylabel="standard deviation of the score", ylim=(0, None))
    ax.legend(fontsize=8)
    return fig


def applications(table: pd.DataFrame, whole: float) -> Figure:
    """Difference of two models in each application, with its interval.

    Parameters
    ----------
    table
        As `scores.by_application` gives it.
    whole
        The difference over all tasks.
    """
    fig, ax = panels(width=6.6, height=3.9)
    rows = table.sort_values("difference")
    places = range(len(rows))
    ax.errorbar(
        rows.difference,
        places,
        xerr=rows.half,
        fmt="o",
        color=PALETTE[1],
        capsize=3,
        label="95 % interval, by groups of tasks",
    )
    ax.axvline(0, color="0.6", lw=1)
    ax.axvline(whole, color=PALETTE[0], ls=":", label="all tasks")
    names = [
        f"{name.replace('_', ' ')} ({row.tasks:.0f} tasks, {row.groups:.0f} groups)"
        for name, row in rows.iterrows()
    ]
    ax.set(
        yticks=list(places),
        yticklabels=names,
        xlabel="score of Gemini 2.5 Pro less that of Gemini 2.0",
        ylabel="application",
    )
    fig.legend(loc="outside lower center", ncols=2, fontsize=8)
    return fig


def chances(pairs: Split, near: Split) -> Figure:
    """Chance of the right order against the number of tasks, for neighbouring sizes and for the two Gemini.

    Parameters
    ----------
    pairs
        Of neighbouring sizes of BIG-G, shape (pairs,).
    near
        Of the two Gemini, their variance as it is.
    """
    fig, ax = panels(width=6.6, height=3.8)
    tasks = np.geomspace(5, 5_000, 100)
    for k, parts in enumerate(zip(*pairs, strict=True)):
        chance = ranking.chance_right(Split(*parts), tasks)
        ax.plot(tasks, chance, color="0.6", lw=1, label="BIG-G, neighbouring sizes" if k == 0 else None)
    ax.plot(tasks, ranking.chance_right(near, tasks), color=PALETTE[1], label="Gemini 2.0 and 2.5 Pro")
    ax.axhline(ranking.SURE, label="95 %", **PAPER)
    ax.axvline(505, color=PALETTE[0], ls=":", label="MEGA-Bench's 505 tasks")
    ax.set(xscale="log", xlabel="tasks", ylabel="chance of the right order", ylim=(0.48, 1.02))
    fig.legend(loc="outside lower center", ncols=2, fontsize=8)
    return fig
