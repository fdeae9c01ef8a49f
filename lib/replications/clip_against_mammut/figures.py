"""The figures of CLIP against MaMMUT: laws, leads, worlds without a difference, and equal samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from replications.clip_against_mammut.comparison import Cloud, crossing, edge_of, joined, lead
from replications.clip_against_mammut.edge import error_at
from scalinglaws.figures import PALETTE, PAPER, panels, shades

#: Names and colours of the families, in the order of all pairs here.
FAMILIES = (("CLIP", PALETTE[3]), ("MaMMUT", PALETTE[1]))
#: Where the paper's summary has the crossing, GFLOPs.
CLAIMED = (1e10, 1e11)
COMPUTE = "compute [GFLOPs]"
#: Cases in words.
TITLES = {
    "imagenet-datacomp": "ImageNet, DataComp-1.4B",
    "coco-datacomp": "MS-COCO, DataComp-1.4B",
    "imagenet-relaion": "ImageNet, Re-LAION-1.4B",
    "coco-relaion": "MS-COCO, Re-LAION-1.4B",
    "segmentation": "ADE20K, DataComp-1.4B",
}


def claimed_range(ax: Axes) -> None:
    """Shade the range in which the crossing is said to lie."""
    ax.axvspan(*CLAIMED, color="0.9", zorder=0, label="where the crossing is claimed")


def laws(
    cases: Mapping[str, tuple[Sequence[Cloud], np.ndarray]], released: Mapping[str, np.ndarray]
) -> Figure:
    """Error against compute, a panel a task: all runs, those on the lower edge, and the law of each family.

    Parameters
    ----------
    cases
        Case (of `TITLES`) -> the two families, and their laws, shape (2, 4).
    released
        Case -> the authors' laws, drawn dashed.
    """
    fig, axes = panels(len(cases), width=4.6, height=4.0)
    x = np.geomspace(1e7, 1e13, 200)
    for ax, (case, (families, found)) in zip(np.atleast_1d(axes), cases.items(), strict=True):
        claimed_range(ax)
        for (name, colour), runs, law in zip(FAMILIES, families, found, strict=True):
            ax.plot(*joined(runs, runs), ".", ms=4, color=colour, alpha=0.25, label=f"{name}: a run")
            on_edge = {"marker": "o", "ls": "", "ms": 5, "color": colour, "mec": "w"}
            ax.plot(*edge_of(runs, runs), label=f"{name}: on the lower edge", **on_edge)
            ax.plot(x, error_at(law, x), color=colour, lw=1.2, label=f"{name}: our law")
        for k, law in enumerate(released.get(case, ())):
            ax.plot(x, error_at(law, x), lw=1.6, label=None if k else "released laws", **PAPER)
        ax.set(
            xscale="log", yscale="log", title=TITLES[case], xlabel=COMPUTE, ylabel="zero-shot error, share"
        )
        ticks = [0.2, 0.3, 0.4, 0.6, 0.8, 1.0]
        ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
    labelled = np.atleast_1d(axes)[0].get_legend_handles_labels()
    fig.legend(*labelled, loc="outside lower center", ncols=3, fontsize=8)
    return fig


def leads(cases: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """By how much MaMMUT leads at equal compute, a panel a case, with the band of drawn architectures.

    Parameters
    ----------
    cases
        Case (of `TITLES`) -> the laws, shape (2, 4), and those of drawn sets, shape (m, 2, 4).
    """
    fig, axes = panels(3, 2, width=3.3, height=2.7, sharex=True)
    x = np.geomspace(1e8, 3e12, 150)
    for ax, (case, (found, drawn)) in zip(axes.flat, cases.items(), strict=False):
        claimed_range(ax)
        low, high = np.quantile(lead(drawn, x), [0.025, 0.975], axis=0)
        ax.fill_between(x, low, high, color=PALETTE[1], alpha=0.25, lw=0, label="95 % of drawn sets")
        ax.plot(x, lead(found, x), color=PALETTE[1], label="MaMMUT's lead by the laws")
        ax.axhline(0, color="0.4", lw=1)
        ax.set(xscale="log", title=TITLES[case], xlabel=COMPUTE, ylabel="lead [points]", ylim=(-11, 9))
    for above, ax in zip(axes.flat[len(cases) - axes.shape[1] :], axes.flat[len(cases) :], strict=False):
        above.tick_params(labelbottom=True)
        ax.axis("off")
        ax.legend(*axes.flat[0].get_legend_handles_labels(), loc="center", fontsize=9)
    return fig


def worlds(found: np.ndarray, exchanged: np.ndarray, change: np.ndarray, observed: float) -> Figure:
    """What families without a difference do: where their laws cross, and by how much the lead changes.

    Parameters
    ----------
    found
        The two laws as they are, shape (2, 4).
    exchanged
        Laws of the worlds, shape (m, 2, 4).
    change
        Change of the lead in each world, points, shape (m,).
    observed
        The same between CLIP and MaMMUT.
    """
    fig, (left, right) = panels(2, width=4.4, height=3.2)
    left.hist(crossing(exchanged), bins=np.arange(7, 14.3, 0.25), color="0.7", label="worlds")
    left.axvspan(*np.log10(CLAIMED), color=PALETTE[5], alpha=0.25, zorder=0, label="claimed range")
    left.axvline(crossing(found), color=PALETTE[1], label="CLIP and MaMMUT")
    left.set(xlabel="crossing [log10 GFLOPs]; 7 and 14: none", ylabel="worlds")
    right.hist(change, bins=30, color="0.7", label="worlds")
    right.axvline(observed, color=PALETTE[1], label="CLIP and MaMMUT")
    right.set(xlabel="change of the lead, 1e9 to 5e11 GFLOPs [points]", ylabel="worlds")
    for ax in (left, right):
        ax.margins(y=0.35)
        ax.legend(fontsize=8, loc="upper left")
    return fig


def equal_samples(ratio: pd.Series, size: pd.Series, least: float) -> Figure:
    """Ratio of errors of equal architectures: against samples, a line an architecture; and against size.

    Parameters
    ----------
    ratio
        MaMMUT's error over CLIP's, by model and n_samples.
    size
        GFLOPs per sample by model, which gives order and colour.
    least
        The fewest samples of the panel against size.
    """
    fig, (left, right) = panels(2, width=4.6, height=3.6, sharey=True)
    table = ratio.rename("ratio").reset_index().pivot_table("ratio", "model", "n_samples")
    models = [name for name in size.sort_values().index if name in table.index]
    for colour, name in zip(shades(len(models)), models, strict=True):
        left.plot(table.loc[name].dropna(), ".-", lw=1, color=colour, label=name)
    many = [n for n in table if n >= least]
    for colour, n in zip(shades(len(many)), many, strict=True):
        part = table.loc[models, n].dropna()
        right.plot(size[part.index], part, ".-", lw=1, color=colour, label=f"{n / 1e6:,.0f} million samples")
    left.set(xscale="log", xlabel="samples seen", ylabel="MaMMUT's error over CLIP's")
    right.set(xscale="log", xlabel="size: CLIP's GFLOPs per sample")
    for ax in (left, right):
        ax.axhline(1, color="0.4", lw=1)
    left.legend(fontsize=7, ncols=3, title="small (light) to large (dark)", title_fontsize=8)
    right.legend(fontsize=7)
    return fig
