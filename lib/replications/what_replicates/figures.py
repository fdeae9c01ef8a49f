"""Figures of the notebook about the suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replications.what_replicates import shares
from scalinglaws.figures import PALETTE, panels


def by_role(found: Mapping[str, pd.DataFrame]) -> Figure:
    """Shares with their interval by paper, a row each, and each paper as a circle as large as its claims.

    Parameters
    ----------
    found
        Name of a row -> what is counted in it, with `holds` and `paper`.
    """
    figure, ax = panels(width=7.5, height=0.6 * len(found) + 1.3)
    names = []
    for place, (name, counted) in enumerate(found.items()):
        papers = counted.groupby("paper")["holds"].agg(["sum", "size"])
        names.append(f"{len(counted)} {name}\nof {len(papers)} papers")
        label = (lambda text: text) if place == 0 else (lambda text: None)
        ax.scatter(
            papers["sum"] / papers["size"],
            np.full(len(papers), place + 0.25),
            s=12 * papers["size"],
            facecolor="none",
            edgecolor=PALETTE[1],
            label=label("a paper; its area is the number of claims"),
        )
        low, high = shares.as_if_independent(papers["sum"], papers["size"])
        bar = {"lw": 2.5, "color": PALETTE[5], "label": label("95 %, as if claims were independent")}
        ax.plot([low, high], [place - 0.2] * 2, **bar)
        low, high = shares.by_paper(papers["sum"], papers["size"])
        ax.plot([low, high], [place] * 2, lw=2.5, color=PALETTE[0], label=label("95 %, by paper"))
        ax.plot(counted["holds"].mean(), place, "o", color=PALETTE[0], label=label("share"))
    ax.set_yticks(range(len(found)), names)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set(xlim=(-0.04, 1.04), xlabel="share that holds", ylabel="what is counted")
    figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    return figure


def power_and_word(claims: pd.DataFrame, words: Sequence[str]) -> Figure:
    """Power of each claim against its word, a panel a role; claims whose power is not known are counted beside it.

    Parameters
    ----------
    claims
        One row a claim with `role`, `word` and `power`, nan where there is none.
    words
        The words, from the top.
    """
    roles = [*dict.fromkeys(claims["role"])]
    figure, axes = panels(len(roles), width=2.7, height=3.0, sharey=True, squeeze=False)
    rng = np.random.default_rng(0)
    for ax, role in zip(axes[0], roles, strict=True):
        for place, word in enumerate(words):
            power = claims.loc[(claims["role"] == role) & (claims["word"] == word), "power"]
            known = power.dropna()
            colour = PALETTE[2] if word == "not replicated" else PALETTE[1]
            ax.scatter(
                known, place + rng.uniform(-0.25, 0.25, len(known)), s=18, alpha=0.6, lw=0, color=colour
            )
            if unknown := len(power) - len(known):
                ax.text(1.3, place, f"{unknown}", va="center", ha="center", fontsize=8)
        ax.axvline(0.8, color=PALETTE[0], lw=0.8, ls=":")
        ax.set(title=role, xlabel="power", xlim=(-0.06, 1.5))
        ax.set_xticks([0, 0.5, 1, 1.3], ["0", "0.5", "1", "none"])
        ax.grid(axis="y", visible=False)
    axes[0, 0].set_yticks(range(len(words)), words)
    axes[0, 0].invert_yaxis()
    axes[0, 0].set_ylabel("word")
    return figure


def together(found: pd.DataFrame) -> Figure:
    """Correlation of failure within groups of several kinds, with what chance gives as a grey bar; a panel a role.

    Parameters
    ----------
    found
        As `alike.correlations` gives it.
    """
    roles = [*dict.fromkeys(found.index.get_level_values("role"))]
    figure, axes = panels(len(roles), width=3.4, height=2.8, sharex=True, squeeze=False)
    for ax, role in zip(axes[0], roles, strict=True):
        mine = found.loc[role]
        places = np.arange(len(mine))
        ax.barh(
            places,
            mine["high"] - mine["low"],
            left=mine["low"],
            height=0.5,
            color="#DDDDDD",
            label="words dealt out, middle 95 %",
        )
        ax.plot(mine["correlation"], places, "o", color=PALETTE[2], label="as they are")
        ax.axvline(0, color=PALETTE[0], lw=0.8)
        ax.set_yticks(places, mine.index)
        ax.invert_yaxis()
        ax.grid(axis="y", visible=False)
        ax.set(title=role, xlabel="correlation of failure", ylabel="claims of the same")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8)
    return figure
