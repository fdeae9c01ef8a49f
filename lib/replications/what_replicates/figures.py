"""Figures of the notebook about the suite."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from replications.what_replicates import shares
from scalinglaws.claims import WORDS
from scalinglaws.figures import PALETTE, panels


def by_role(found: Mapping[str, pd.DataFrame]) -> Figure:
    """Shares with their intervals, a row each, and above them a circle for each paper.

    Parameters
    ----------
    found
        Name of a row -> what is counted in it, with `holds` and `paper`.
    """
    figure, ax = panels(width=7.5, height=0.75 * len(found) + 1.3)
    names = []
    for place, (name, counted) in enumerate(found.items()):
        papers = counted.groupby("paper")["holds"].agg(["sum", "size"]).sort_values("size")
        names.append(f"{len(counted)} {name}\nof {len(papers)} papers")
        first = place == 0
        ax.scatter(
            papers["sum"] / papers["size"],
            place - np.linspace(0.14, 0.4, len(papers)),
            s=4 + 4 * papers["size"],
            color=PALETTE[1],
            alpha=0.5,
            lw=0,
            label="a paper; its area grows with its claims" if first else None,
        )
        for below, colour, alike, said in (
            (0.0, PALETTE[0], shares.ALIKE, "95 %, by paper"),
            (0.2, PALETTE[5], shares.NOT_ALIKE, "95 %, as if claims were independent"),
        ):
            ends = shares.by_paper(papers["sum"], papers["size"], alike)
            ax.plot(ends, [place + below] * 2, lw=2.5, color=colour, label=said if first else None)
        ax.plot(
            counted["holds"].mean(), place, "o", color=PALETTE[0], label="share of all" if first else None
        )
    ax.set_yticks(range(len(found)), names)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set(xlim=(-0.04, 1.04), xlabel="share that holds", ylabel="what is counted")
    figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    return figure


def power_and_word(counted: pd.DataFrame) -> Figure:
    """How many claims got each word, by whether the test had power; a panel a role.

    Parameters
    ----------
    counted
        Numbers of claims: a row a `role` and word, a column for each class of power.
    """
    roles = [*dict.fromkeys(counted.index.get_level_values(0))]
    words = [word for word in WORDS if word in counted.index.get_level_values(1)]
    figure, axes = panels(len(roles), width=2.5, height=2.6, sharey=True, squeeze=False)
    for ax, role in zip(axes[0], roles, strict=True):
        mine = counted.loc[role].reindex(words, fill_value=0)
        left = np.zeros(len(words))
        for name, colour in zip(mine.columns, (PALETTE[1], PALETTE[2], "#CCCCCC"), strict=True):
            ax.barh(words, mine[name], left=left, height=0.65, color=colour, label=name)
            left += mine[name].to_numpy()
        for place, total in enumerate(left):
            ax.text(total, place, f" {total:.0f}", va="center", fontsize=8)
        ax.set(title=role, xlabel="claims", xlim=(0, 1.25 * left.max()))
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        ax.grid(axis="y", visible=False)
    axes[0, 0].invert_yaxis()
    axes[0, 0].set_ylabel("word")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=8)
    return figure
