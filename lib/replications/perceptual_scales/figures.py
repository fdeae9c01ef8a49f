"""The figures of perceptual scales: measured and predicted ones, scores, and what simulated observers score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.perceptual_scales.scales import PLACES
from scalinglaws.figures import PALETTE, PAPER, panels


def scale_with_people(
    ax: Axes, scale: np.ndarray, people: Sequence[np.ndarray] = (), label: str = ""
) -> None:
    """A measured scale with a thin line for each person, and the straight line.

    Parameters
    ----------
    ax
        Axes to draw on.
    scale
        The population's, shape (13,).
    people
        Each person's.
    label
        For the legend, if there is to be one.
    """
    ax.plot([0, 1], [0, 1], color="0.6", lw=1, ls=":", label="straight line" if label else None)
    for k, one in enumerate(people):
        ax.plot(PLACES, one, color=PALETTE[6], lw=0.8, label="each person" if label and not k else None)
    ax.plot(PLACES, scale, "o", ms=4, color=PALETTE[1], label=label or None)
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.05, 1.25))


def forms(conditions: Mapping[str, Mapping[str, object]]) -> Figure:
    """Scales of the three numbers of a texture, with their closed forms.

    Parameters
    ----------
    conditions
        Title -> `scale`, `people`, `predicted`, and `shown` where there is one.
    """
    fig, axes = panels(3, width=4.0, height=3.9, sharey=True)
    for ax, (title, drawn) in zip(axes, conditions.items(), strict=True):
        scale_with_people(ax, drawn["scale"], drawn["people"], label="five people together")
        ax.plot(PLACES, drawn["predicted"], **PAPER, lw=2, label="closed form (paper)")
        if "shown" in drawn:
            ax.plot(PLACES, drawn["shown"], color=PALETTE[3], lw=2, label="spectra that can be shown")
        ax.set(title=title, xlabel="place between first and last picture [share]")
        ax.legend(fontsize=8, loc="lower right")
    axes[0].set_ylabel("perceptual scale [share of its length]")
    return fig


def pairs(
    scales: Mapping[str, np.ndarray], predicted: Mapping[str, np.ndarray], notes: Mapping[str, str]
) -> Figure:
    """Measured and predicted scales of the twelve pairs of textures, one panel each, with a note in the title."""
    fig, axes = panels(6, 2, width=2.3, height=2.4, sharex=True, sharey=True)
    for ax, (pair, scale) in zip(axes.flat, scales.items(), strict=True):
        scale_with_people(ax, scale, label="five people together" if pair == "pair_01" else "")
        ax.plot(
            PLACES,
            predicted[pair],
            **PAPER,
            lw=1.8,
            label="power spectrum (the paper's recipe, mean over roundings)",
        )
        ax.set(ylim=(-0.02, 1.02), xlabel="place [share]", ylabel="scale [share]")
        ax.label_outer()
        ax.set_title(f"{pair[-2:]}: {notes[pair]}", fontsize=9)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    fig.legend(handles, labels, fontsize=9, ncols=3, loc="outside lower center")
    return fig


def scores(
    found: Mapping[str, Mapping[str, float]],
    drawn: Mapping[str, np.ndarray],
    simulated: Mapping[str, np.ndarray],
) -> Figure:
    """Scores of the pairs under each assumption, ours and the authors', and scores of simulated observers.

    Parameters
    ----------
    found
        Assumption -> pair -> score.
    drawn
        Assumption -> scores in the order of the pairs, read off the authors' bars.
    simulated
        What the observers see -> scores, any shape.
    """
    fig, axes = panels(2, width=5.4, height=3.7)
    for (name, by_pair), colour, marker in zip(found.items(), (PALETTE[1], PALETTE[4]), "os", strict=True):
        axes[0].plot([p[-2:] for p in by_pair], [*by_pair.values()], marker, ms=6, color=colour, label=name)
    for (name, values), marker in zip(drawn.items(), "_x+", strict=True):
        axes[0].plot(values, marker, ms=9, color=PAPER["color"], label=name)
    for level in (0, 1):
        axes[0].axhline(level, color="0.6", lw=1, ls=":")
    axes[0].set(xlabel="pair of textures", ylabel="score [1 is a match, 0 a straight line]")
    axes[0].legend(fontsize=7.5, loc="upper left", ncols=2)
    axes[0].set_ylim(-1, 5.4)
    edges = np.linspace(-4, 4, 65)
    for (name, values), colour in zip(simulated.items(), (PALETTE[3], PALETTE[5]), strict=True):
        share = np.histogram(np.clip(values, -4, 4), edges)[0] / np.size(values)
        axes[1].stairs(share, edges, color=colour, fill=True, alpha=0.5, label=name)
    axes[1].set(
        xlabel="score of a simulated population (ends: beyond 4)", ylabel="share of simulations", yscale="log"
    )
    axes[1].set_ylim(top=3)
    axes[1].legend(fontsize=8.5, loc="upper center", ncols=2)
    return fig
