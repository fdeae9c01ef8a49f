"""The three figures of the notebook: curves with two laws, residuals of laws, scores of rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from replications.rectified_finetuning_law.fits import LARGEST, LAWS
from scalinglaws.figures import PALETTE, PAPER

STYLES = {"rectified": "-", "vanilla": ":"}


def curves_and_laws(ax: Axes, curves: pd.DataFrame, fits: pd.DataFrame, models: Sequence[str]) -> None:
    """Losses of some models on one data set, with the rectified and the vanilla law fitted to them.

    Parameters
    ----------
    ax
        Where to draw.
    curves
        Test losses, one row a model and one column a number of fine-tuning examples.
    fits
        Parameters, one column each, indexed by law and model.
    models
        Which models, each in a colour.
    """
    fine = np.geomspace(curves.columns.min(), LARGEST, 200)
    for color, model in zip(PALETTE[1:], models, strict=False):
        ax.plot(curves.columns, curves.loc[model], "o", ms=4, color=color, label=model.split("/")[-1])
        for law, style in STYLES.items():
            params = fits.loc[(law, model), list(LAWS[law].parameters)].astype(float)
            ax.plot(fine, LAWS[law](fine, **params), style, color=color, lw=1.4)
    for law, style in STYLES.items():
        ax.plot([], [], style, color="k", lw=1.4, label=f"{law} law")
    ax.set(xscale="log", xlabel="fine-tuning examples $D$", ylabel="test loss (unit not stated)")


def residuals(
    ax: Axes,
    rmsd: pd.DataFrame,
    against: str,
    colors: Mapping[str, str],
    released: pd.DataFrame | None = None,
) -> None:
    """Residuals of the rectified law against those of another law, a point each curve.

    Parameters
    ----------
    ax
        Where to draw.
    rmsd
        Root mean square residuals of log loss, one column a law, indexed by data set and model.
    against
        The other law.
    colors
        Colour of each data set.
    released
        The authors' own residuals, with the columns of both laws; drawn as rings.
    """
    if released is not None:
        ring = {"mfc": "none", "mec": PAPER["color"], "ms": 7, "lw": 0, "label": "the authors' own fits"}
        ax.plot(released[against], released.rectified, "o", **ring)
    for dataset, color in colors.items():
        ax.plot(
            rmsd.loc[dataset, against], rmsd.loc[dataset, "rectified"], ".", ms=8, color=color, label=dataset
        )
    ax.plot([1e-3, 0.15], [1e-3, 0.15], color="0.5", lw=1, label="both alike")
    ax.set(xscale="log", yscale="log", xlabel=f"{against} law: residual of log loss")
    ax.set(ylabel="rectified law: residual of log loss")
    ax.label_outer()


def scores(
    ax: Axes, budgets: Sequence[int], ours: Mapping[str, np.ndarray], printed: Mapping[str, np.ndarray]
) -> None:
    """The correlation with the truth that each rule reaches, against the budget; printed ones dashed.

    Parameters
    ----------
    ax
        Where to draw.
    budgets
        Largest subset used, in examples.
    ours, printed
        Rule -> correlation x 100 at each budget.
    """
    marks = {"AtS": "o-", "SubTuning": "s-", "ZeroShot": "^:", "ModelSize": "v-."}
    for (rule, mark), color in zip(marks.items(), (PALETTE[1], *PALETTE[3:6]), strict=True):
        ax.plot(budgets, ours[rule], mark, ms=5, lw=3, color=color, alpha=0.7, label=rule)
    for label, values in zip(("as printed", *[None] * len(printed)), printed.values(), strict=False):
        ax.plot(budgets, values, lw=1.5, label=label, **PAPER)
    ax.set(xscale="log", xlabel="largest subset used, examples", ylabel="correlation with the truth x 100")
    ax.set_ylim(-90, 105)
    ax.label_outer()
