"""The figures of knowledge capacity: how much is stored, and what rounding leaves of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, PAPER, panels

#: A model's colour, by the order of sizes.
SHADES = tuple(PALETTE[i] for i in (1, 3, 4, 0, 6))
#: Column of rounded copies -> label, marker and line, colour.
ROUNDED = {
    "bits_per_param_int8": ("8 bits, GPTQ", "x:", PALETTE[1]),
    "bits_per_param_int4": ("4 bits, GPTQ", "o-", PALETTE[4]),
    "bits_per_param_int4_plain": ("4 bits, to nearest", "o-", PALETTE[6]),
}


def bits_by_size(ax: Axes, runs: pd.DataFrame, sizes: Sequence[int]) -> None:
    """Bits learned against parameters, a dot a run, with the paper's one and two bits a parameter.

    Parameters
    ----------
    ax
        Axes to draw on.
    runs
        One row a run: n_params, exposures (100 or 1000), bits.
    sizes
        Sizes of the models in parameters.
    """
    for (n, exposures), part in runs.groupby(["n_params", "exposures"]):
        color = SHADES[list(sizes).index(n)]
        ax.plot(part.n_params, part.bits, "o", ms=5, color=color, mfc="none" if exposures == 100 else color)
    ends = np.array([min(sizes) / 1.3, max(sizes) * 1.3])
    for level, text in ((2, "2 bits"), (1, "1 bit")):
        ax.plot(ends, level * ends, lw=1.5, label="paper" if level == 2 else None, **PAPER)
        ax.annotate(text, (ends[1], level * ends[1]), fontsize=8, ha="left", va="center")
    for filled, label in ((True, "1000 exposures"), (False, "100 exposures")):
        ax.plot([], [], "o", ms=5, color="0.3", mfc="0.3" if filled else "none", label=label)
    ax.set(xscale="log", yscale="log", xlabel="parameters", ylabel="bits learned")
    ax.minorticks_off()
    for axis, at in ((ax.xaxis, sizes), (ax.yaxis, (5e3, 1e4, 2e4, 5e4, 1e5, 2e5))):
        axis.set_ticks(at, [f"{n / 1e3:.0f}k" for n in at])
    ax.legend(fontsize=8, loc="upper left")


def ratio_by_load(ax: Axes, runs: pd.DataFrame, sizes: Sequence[int], levels: Sequence[float]) -> None:
    """Bits learned against bits in the table, both a parameter; `levels` are the paper's."""
    for n, part in runs.groupby("n_params"):
        line = part.groupby("load")[["max_bits_per_param", "R"]].mean().set_index("max_bits_per_param")
        ax.plot(line.R, "o-", ms=5, color=SHADES[list(sizes).index(n)], label=f"{n:,} parameters")
    ax.plot([0.8, 4.1], [0.8, 4.1], color="0.5", lw=1, label="a perfect memory")
    for level in levels:
        ax.axhline(level, lw=1.5, label="paper" if level == levels[0] else None, **PAPER)
    ax.set(xlabel="bits in the table, a parameter", ylabel="bits learned, a parameter", ylim=(0, 3.5))


def capacity(runs: pd.DataFrame, sizes: Sequence[int]) -> Figure:
    """The paper's Figure 1 in our range, and how tables of growing size are learned.

    Parameters
    ----------
    runs
        One row a run: n_params, exposures (100 or 1000), load, max_bits_per_param, bits, R.
    sizes
        Sizes of the models in parameters.
    """
    fig, axes = panels(3, width=3.9, height=3.6, gridspec_kw={"wspace": 0.08})
    bits_by_size(axes[0], runs, sizes)
    for ax, exposures, levels in ((axes[1], 1000, (2, 2.3)), (axes[2], 100, (1,))):
        ratio_by_load(ax, runs[runs.exposures == exposures], sizes, levels)
        ax.set(title=f"{exposures} exposures")
    axes[1].legend(fontsize=7, loc="lower right")
    return fig


def rounding(ladder: pd.DataFrame, runs: pd.DataFrame, live: pd.DataFrame) -> Figure:
    """Bits a parameter by exposures before and after rounding, and the share that rounding leaves.

    Parameters
    ----------
    ladder
        Means of the runs of one table, indexed by exposures: bits_per_param and its rounded copies.
    runs
        One row a run: R, and the rounded copies.
    live
        Models trained in the notebook, indexed by exposures first: bits_per_param.
    """
    fig, axes = panels(2, width=4.6, height=3.6)
    axes[0].plot(ladder.bits_per_param, "o-", ms=5, label="32-bit floats")
    for name, (label, line, color) in ROUNDED.items():
        axes[0].plot(ladder[name], line, color=color, ms=5, label=label)
        axes[1].plot(runs.R, runs[name] / runs.R, ".", ms=6, color=color, label=label)
    here = live.index.get_level_values("exposures")
    axes[0].plot(here, live.bits_per_param, "s", mfc="none", color=PALETTE[3], label="trained here, load 1.8")
    axes[0].axhline(2, lw=1.5, label="paper, 1000 exposures", **PAPER)
    axes[0].set(xscale="log", xlabel="exposures", ylabel="bits learned, a parameter", ylim=(-0.1, 3.9))
    axes[0].minorticks_off()
    axes[0].set_xticks(ladder.index, ladder.index)
    axes[1].axhline(0.35, lw=1.5, label="paper, 4 bits", **PAPER)
    axes[1].set(xlabel="bits learned before rounding, a parameter", ylabel="share of the bits kept")
    axes[0].legend(fontsize=8, ncols=2, loc="upper left")
    axes[1].legend(fontsize=8, loc="center right", bbox_to_anchor=(1, 0.65))
    return fig
