"""The figures of the notebook: errors by size of the pre-training, and gains with their margin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replications.molecular_pretraining import gains
from scalinglaws.figures import PALETTE, PAPER, in_blocks, panels
from scalinglaws.uncertainty import Estimate

COLOURS = {"mlm": PALETTE[1], "mtr": PALETTE[3]}
#: Millions of molecules; the first stands for none, which a logarithmic axis does not have.
MOLECULES = {0: 0.13, 30: 0.4, 60: 0.8, 100: 1.3}


def by_size(errors: pd.DataFrame) -> Figure:
    """Error on each data set by pre-training molecules, both objectives, with adaptation after MLM.

    Parameters
    ----------
    errors
        Logarithms, as from `gains.errors`; means over folds are drawn, as per cent of the error without pre-training.
    """
    figure, axes = panels(3, 2, width=2.8, height=2.6, sharex=True, sharey=True)
    mean = np.exp(errors.groupby(level="dataset").mean())
    mean = 100 * mean.div(mean["none 0"], axis=0)
    at = list(MOLECULES.values())
    for ax, dataset in zip(np.ravel(axes), gains.OF_DATASET, strict=True):
        row = mean.loc[dataset]
        for objective, colour in COLOURS.items():
            names = ["none 0", *(f"{objective} {size}" for size in (30, 60, 100))]
            ax.plot(at, row[names], "o-", color=colour, label=f"pre-trained by {objective.upper()}")
            ax.plot(
                at[1:],
                np.full(3, row[names[1]]),
                **PAPER,
                label="paper: flat from 0.4 million (at our level)",
            )
        adapted = ["none 0 MTR", *(f"mlm {size} MTR" for size in (30, 60, 100))]
        ax.plot(at, row[adapted], "s-", color=PALETTE[4], label="adapted by MTR, after MLM or none")
        ax.set(title=dataset, xscale="log")
        ax.set_xticks(at, ["none", "0.4", "0.8", "1.3"])
        ax.minorticks_off()
    for ax in np.ravel(axes)[3:]:
        ax.set_xlabel("molecules [million]")
    for ax in np.ravel(axes)[::3]:
        ax.set_ylabel("MAE [% of none]")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once, loc="outside lower center", ncol=2, fontsize=8)
    return figure


def with_margin(blocks: Mapping[str, Mapping[str, Estimate]], margin: float, equal: list[str]) -> Figure:
    """Gains with their intervals, one row each, in blocks of one colour.

    Parameters
    ----------
    blocks
        What the rows of a block are -> what each is -> gain in per cent; three blocks.
    margin
        In per cent, in both directions.
    equal
        The rows of which the paper says that there is no difference: these have the margin, and its dashed zero.
    """
    figure, ax = panels(1, width=6.6, height=4.8)
    names = in_blocks(ax, blocks, (PALETTE[1], PALETTE[3], PALETTE[4]))
    ax.axvline(0, color="0.6", linewidth=0.8, zorder=0)
    at = np.array([names.index(it) for it in equal])
    ax.barh(at, 2 * margin, 0.9, -margin, color="0.88", zorder=0, label=f"within {margin:g} %")
    lines = {"label": "paper: no significant difference", **PAPER}
    ax.vlines(np.zeros(len(at)), at - 0.45, at + 0.45, **lines)
    ax.set(xlabel="less error [% of MAE]", ylabel="what is compared")
    ax.legend(fontsize=8, ncol=2, loc="upper center", bbox_to_anchor=(0.35, -0.13))
    return figure
