"""The figures of notebook 51."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replications.data_filtering import gains, orders
from replications.data_filtering.curation import GOLD
from scalinglaws.figures import PALETTE, panels

#: Words for the strategies of Table 3, and their colours.
WORDS = {
    "none": "no filtering",
    "basic": "basic",
    "text": "text-based",
    "image": "image-based",
    "laion": "LAION-2B's",
    "clip": "CLIP score",
    "intersection": "image and CLIP",
}
COLOURS = dict(zip(WORDS, PALETTE, strict=True))
#: Words for the training sets of SELECT.
SETS = {
    "in1000": "ImageNet-1K",
    "oi1000": "OpenImages",
    "la1000": "LAION, by pictures",
    "la1000t2i": "LAION, by texts",
    "laionnet": "LAION, by captions",
    "sd1000": "Diffusion, from pictures",
    "sd1000t2i": "Diffusion, from texts",
}


def scales_against(baselines: pd.DataFrame) -> Figure:
    """ImageNet at one scale against another, a point each filter; the seven strategies in colour."""
    figure, axes = panels(3, sharey=False, width=3.4)
    wide = 100 * orders.by_scale(baselines, "imagenet")
    for ax, (smaller, larger) in zip(axes, orders.PAIRS, strict=True):
        both = wide[[smaller, larger]].dropna()
        ax.plot(both[smaller], both[larger], "o", ms=4, color="0.75", label="other baselines")
        for name, long in orders.SEVEN.items():
            ax.plot(*both.loc[long], "o", ms=7, color=COLOURS[name], label=WORDS[name])
        ax.set(xlabel=f"ImageNet at {smaller} [%]", ylabel=f"ImageNet at {larger} [%]")
    axes[-1].legend(fontsize=7)
    return figure


def gains_by_scale(baselines: pd.DataFrame) -> Figure:
    """Gain of each strategy over no filtering in logits against the samples seen, with the noise of two runs."""
    figure, axes = panels(2, sharey=True)
    seen = np.array([12.8e6, 128e6, 1.28e9, 12.8e9])
    for ax, measure, words in zip(axes, orders.MEASURES, ("ImageNet", "average of 38 tasks"), strict=True):
        found = gains.gains(baselines, measure)
        half = 2 * np.sqrt(2 * gains.run_noise(baselines, measure).variance.to_numpy())
        for k, name in enumerate(found.index):
            shifted = seen * 1.06 ** (k - 2.5)
            ax.errorbar(
                shifted, found.loc[name], half, fmt="o-", ms=4, lw=1, color=COLOURS[name], label=WORDS[name]
            )
        ax.axhline(0, color="0.4", lw=1)
        ax.set(xscale="log", xlabel="samples seen (and pairs in the pool)", title=words)
    axes[0].set(ylabel="gain over no filtering [logits]")
    axes[1].legend(fontsize=8)
    return figure


def tasks_kept(kept: pd.Series, expected: pd.DataFrame, clean: pd.Series) -> Figure:
    """Rank correlation between medium and large of each task, and what drawn test sets alone would leave."""
    figure, ax = panels(height=6.2, width=6.2)
    kept = kept.sort_values()
    place = pd.Series(range(len(kept)), kept.index)
    low, high = expected.quantile([0.025, 0.975], axis=1).to_numpy()
    ax.hlines(
        place[expected.index],
        low,
        high,
        color=PALETTE[6],
        lw=4,
        label="same order, test pictures drawn again",
    )
    for is_clean, colour, words in ((1, PALETTE[1], "task"), (0, PALETTE[2], "set apart as near guessing")):
        chosen = kept.index[clean[kept.index] == is_clean]
        ax.plot(kept[chosen], place[chosen], "o", color=colour, ms=5, label=words)
    ax.set_yticks(range(len(kept)), kept.index, fontsize=7)
    ax.set(xlabel="rank correlation of seven strategies, medium and large", ylabel="task")
    ax.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def curated(base: pd.Series, logits: pd.DataFrame) -> Figure:
    """Base accuracy of the training sets, and their transfer in logits less ImageNet-1K's, a row each task."""
    figure, (left, right) = panels(2, height=3.8, width=4.8)
    colours = dict(zip(SETS, PALETTE, strict=True))
    known = base.reindex(list(SETS)).dropna().sort_values()
    left.barh(
        [SETS[name] for name in known.index], 100 * known, color=[colours[name] for name in known.index]
    )
    left.set(xlabel="mean class accuracy on ImageNet [%]", ylabel="training set")
    apart = logits.sub(logits[GOLD], axis=0)
    apart = apart.loc[apart["oi1000"].sort_values().index]
    for name in apart.columns.intersection(list(SETS)):
        right.plot(apart[name], range(len(apart)), "o", ms=5, color=colours[name], label=SETS[name])
    right.axvline(0, color="0.4", lw=1)
    right.set_yticks(range(len(apart)), apart.index, fontsize=8)
    right.set(xlabel="accuracy less that from ImageNet-1K [logits]", ylabel="transfer task")
    right.legend(fontsize=7, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure
