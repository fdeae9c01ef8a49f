"""The three figures of the notebook: curves with two laws, residuals of laws, scores of rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from replications.rectified_finetuning_law.fits import LARGEST, LAWS
from scalinglaws.figures import PALETTE, PAPER, panels

STYLES = {"rectified": "-", "vanilla": ":"}


def curves_and_laws(curves: pd.DataFrame, fits: pd.DataFrame, models: Sequence[str]) -> Figure:
    """Losses of some models, with the rectified and the vanilla law fitted to them; a panel each data set.

    Parameters
    ----------
    curves
        Test losses, indexed by data set and model, one column a number of fine-tuning examples.
    fits
        Columns `dataset`, `model` and `law`, and one for each parameter.
    models
        Which models, each in a colour; three at most.
    """
    datasets = curves.index.unique("dataset")
    fig, axes = panels(len(datasets), width=3.5, height=3.5)
    fine, by = np.geomspace(curves.columns.min(), LARGEST, 200), fits.set_index(["dataset", "law", "model"])
    for ax, dataset in zip(axes, datasets, strict=True):
        for color, model in zip(PALETTE[1 : len(models) + 1], models, strict=True):
            name = model.split("/")[-1]
            ax.plot(curves.columns, curves.loc[(dataset, model)], "o", ms=4, color=color, label=name)
            for law, style in STYLES.items():
                params = by.loc[(dataset, law, model), list(LAWS[law].parameters)].astype(float)
                ax.plot(fine, LAWS[law](fine, **params), style, color=color, lw=1.4)
        ax.set(
            xscale="log",
            xlabel="fine-tuning examples $D$",
            ylabel="test loss (unit not stated)",
            title=dataset,
        )
    for law, style in STYLES.items():
        axes[0].plot([], [], style, color="k", lw=1.4, label=f"{law} law")
    axes[0].legend(fontsize=8)
    return fig


def residuals(rmsd: pd.DataFrame, against: Sequence[str], released: pd.DataFrame) -> Figure:
    """Residuals of the rectified law against those of others, a panel each law and a point each curve.

    Parameters
    ----------
    rmsd
        Root mean square residuals of log loss, one column a law, indexed by data set and model.
    against
        The other laws.
    released
        The authors' own residuals, with a column for some of the laws; drawn as rings.
    """
    fig, axes = panels(len(against), width=3.5, height=3.6, sharey=True)
    ring = {"mfc": "none", "mec": PAPER["color"], "ms": 7, "lw": 0, "label": "the authors' own fits"}
    for ax, law in zip(axes, against, strict=True):
        if law in released:
            ax.plot(released[law], released.rectified, "o", **ring)
        for dataset, color in zip(rmsd.index.unique("dataset"), (PALETTE[1], *PALETTE[3:5]), strict=True):
            ours = rmsd.loc[dataset]
            ax.plot(ours[law], ours.rectified, ".", ms=8, color=color, label=dataset)
        ax.plot([1e-3, 0.15], [1e-3, 0.15], color="0.5", lw=1, label="both alike")
        ax.set(xscale="log", yscale="log", xlabel=f"{law} law: residual of log loss")
    axes[0].set(ylabel="rectified law: residual of log loss")
    axes[0].legend(fontsize=8)
    return fig


def scores(
    datasets: Sequence[str],
    budgets: Sequence[int],
    ours: Mapping[str, np.ndarray],
    printed: Mapping[str, np.ndarray],
) -> Figure:
    """The correlation with the truth that each rule reaches, against the budget; printed ones dashed.

    Parameters
    ----------
    datasets, budgets
        Names, and largest subsets used in examples; a panel each data set.
    ours, printed
        Rule -> correlation x 100, for each data set all budgets.
    """
    fig, axes = panels(len(datasets), width=3.5, height=3.5, sharey=True)
    marks = {"AtS": "o-", "SubTuning": "s-", "ZeroShot": "^:", "ModelSize": "v-."}
    for row, (ax, dataset) in enumerate(zip(axes, datasets, strict=True)):
        here = slice(row * len(budgets), (row + 1) * len(budgets))
        for (rule, mark), color in zip(marks.items(), (PALETTE[1], *PALETTE[3:6]), strict=True):
            ax.plot(budgets, ours[rule][here], mark, ms=5, lw=3, color=color, alpha=0.7, label=rule)
            label = "as printed" if rule == "AtS" else None
            ax.plot(budgets, printed[rule][here], lw=1.5, label=label, **PAPER)
        ax.set(xscale="log", title=dataset, xlabel="largest subset used, examples", ylim=(-90, 105))
    axes[0].set(ylabel="correlation with the truth x 100")
    axes[0].legend(fontsize=8, loc="lower right", ncols=2)
    return fig
