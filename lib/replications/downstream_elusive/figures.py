"""The figures of the elusive downstream scores: three chains, the losses of all exams, and single questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replications.downstream_elusive.exams import Ladder, losses, pairs, r2, trend
from replications.downstream_elusive.samples import CHAIN
from scalinglaws.figures import PALETTE, panels

COLOURS = dict(zip(CHAIN, (PALETTE[1], PALETTE[6], PALETTE[5], PALETTE[2]), strict=True))
MARKS = {"gpt2": "o", "gpt3": "s"}
WRITTEN = {"gpt2": "GPT-2", "gpt3": "GPT-3"}


def chains(ladder: Ladder, names: Sequence[str]) -> Figure:
    """Three scores against compute, a row an exam, each with its parabola and R2.

    Parameters
    ----------
    ladder
        All scores.
    names
        Of the exams.
    """
    fig, axes = panels(3, len(names), width=3.5, height=2.6, sharex=True)
    order = np.argsort(ladder.x)
    x = ladder.x[order]
    for row, name in zip(axes, names, strict=True):
        k = list(ladder.names).index(name)
        scores = {
            "log10 of bits per byte": ladder.bits[k],
            "probability over choices": ladder.soft[k],
            "accuracy": ladder.accuracy[k],
        }
        for ax, (label, y) in zip(row, scores.items(), strict=True):
            ax.plot(10**x, y[order], "o", ms=5, color=PALETTE[1], label="a run")
            ax.plot(10**x, trend(ladder.x, y)[order], color=PALETTE[0], lw=1.2, label="parabola")
            ax.set(xscale="log", ylabel=label)
            ax.set_title(f"{name}: R2 {r2(ladder.x, y):.3f}", fontsize=10)
    for ax in axes[-1]:
        ax.set_xlabel("compute [FLOP]")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return fig


def every_exam(ladder: Ladder, by_binomial: np.ndarray, by_reruns: np.ndarray) -> Figure:
    """What accuracy loses of R2 in each exam, against the share of the binomial noise, and what noise alone does.

    Parameters
    ----------
    ladder
        All scores.
    by_binomial, by_reruns
        Mean loss of R2 by the noise alone, shape (exams,): binomial, and that of repeated runs.
    """
    fig, ax = panels(width=7.5, height=4.6)
    share, lost = ladder.binomial_share(), losses(ladder)
    order = np.argsort(share)
    ax.plot(share[order], by_binomial[order], ":", color=PALETTE[2], lw=2, label="binomial noise alone")
    ax.plot(
        share[order], by_reruns[order], "-.", color=PALETTE[3], lw=2, label="noise of repeated runs alone"
    )
    for k, (_, small, large) in enumerate(pairs(ladder)):
        ends = [small, large]
        label = None if k else "two exams of one benchmark"
        ax.plot(share[ends], lost[ends], color="0.6", lw=1, label=label)
    ax.plot(share, lost, "o", ms=6, color=PALETTE[1], label="measured, an exam each")
    named = {
        "mmlu_stem_val": (-86, -3),
        "boolq_val": (-20, 7),
        "winogrande_val": (8, -3),
        "hellaswag_val": (7, 4),
        "mmlu_humanities_val": (-126, -3),
    }
    for name, offset in named.items():
        k = list(ladder.names).index(name)
        ax.annotate(name, (share[k], lost[k]), offset, textcoords="offset points", fontsize=9)
    ax.axhline(0, color="0.3", lw=0.8)
    ax.set(
        xscale="log",
        ylim=(-0.06, 0.2),
        xlabel="binomial variance of accuracy, as a share of its variance between runs",
        ylabel="R2 of bits per byte less R2 of accuracy",
    )
    ax.legend(loc="upper left")
    return fig


def survival(found: Mapping[tuple, Mapping[str, np.ndarray]], cells: Sequence[tuple]) -> Figure:
    """Share of the questions whose correlation with log size is above r, a panel a cell and a curve a score.

    Parameters
    ----------
    found
        Cell -> score -> correlations, shape (questions,), nan where they do not exist.
    cells
        Task, number of examples and family of each panel.
    """
    fig, axes = panels(2, 2, width=4.2, height=2.9, sharex=True, sharey=True)
    for ax, cell in zip(axes.flat, cells, strict=True):
        for name, r in found[cell].items():
            r = np.sort(r[~np.isnan(r)])
            ax.plot(
                [-1, *r, 1],
                [1, *(1 - np.arange(len(r)) / len(r)), 0],
                color=COLOURS[name],
                label=name,
                lw=1.8,
            )
        ax.plot([-1, 1], [1, 0], ":", color="0.3", label="no relation, noise with a bell curve")
        ax.axvline(0.75, color="0.6", lw=0.8, label="r = 0.75")
        ax.set_xticks([-1, -0.5, 0, 0.5, 0.75, 1], ["-1", "-0.5", "0", "0.5", "0.75", "1"])
        task, shots, family = cell
        ax.set_title(f"{task}, {WRITTEN[family]}, examples: {shots}", fontsize=10)
    for ax in axes[1]:
        ax.set_xlabel("Pearson r of a question's score with log size")
    for ax in axes[:, 0]:
        ax.set_ylabel("share of questions above r")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return fig


def tasks(shares: pd.DataFrame) -> Figure:
    """Share of questions with r above 0.75 along the chain, a line a task and number of examples, a panel a family.

    Parameters
    ----------
    shares
        A row a task, number of examples and family; a column a score.
    """
    fig, axes = panels(2, width=4.6, height=4.4, sharey=True)
    names = shares.index.unique("task")
    for ax, family in zip(axes, MARKS, strict=True):
        for (task, shots), row in shares.xs(family, level="family").iterrows():
            colour = PALETTE[1 + list(names).index(task)]
            style = {"color": colour, "lw": 1 if shots else 2, "marker": MARKS[family], "ms": 6}
            examples = "one example" if shots else "no example"
            style["mfc"] = "w" if shots else colour
            ax.plot(range(4), row[list(CHAIN)], label=f"{task}, {examples}", **style)
        ax.axhline(0.125, ls=":", color="0.3", label="no relation, noise with a bell curve")
        ax.set_xticks(range(4), [name.replace(" among ", "\namong ") for name in CHAIN])
        ax.set(title=f"four {WRITTEN[family]}", xlabel="score")
    axes[0].set_ylabel("share of questions with r > 0.75")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
    return fig
