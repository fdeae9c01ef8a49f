"""The figures: whole curves predicted, what the laws get wrong while the rate falls, and what a cooldown gains."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from scalinglaws.figures import PALETTE, PAPER, panels, shades

#: Curve -> its name in a legend, and its colour.
CURVES = {
    "constant_72000": ("constant", PALETTE[0]),
    "cosine_72000": ("cosine", PALETTE[1]),
    "wsd_20000_24000": ("WSD, exponential", PALETTE[3]),
    "wsdcon_3": ("step down to a tenth", PALETTE[4]),
}
#: Law -> line style and colour.
LAWS = {
    "annealing law": {"ls": "-", "color": PALETTE[1]},
    "Multi-Power Law": {"ls": "--", "color": PALETTE[2]},
}


def whole_curves(runs: pd.DataFrame, predicted: pd.Series) -> Figure:
    """Measured losses and the law's predictions of schedules that it was not fitted to, a panel a size.

    Parameters
    ----------
    runs
        Columns size, curve, step and loss.
    predicted
        Predicted losses on the same index, nats per token.
    """
    sizes = sorted(runs["size"].unique())
    fig, axes = panels(len(sizes), width=4.2, height=3.6)
    for ax, size in zip(axes, sizes, strict=True):
        for curve, (name, colour) in CURVES.items():
            rows = runs[(runs["size"] == size) & (runs.curve == curve)].sort_values("step")
            ax.plot(rows.step / 1e3, rows.loss, color=colour, lw=2.6, alpha=0.45, label=f"measured: {name}")
            style = PAPER | {"label": "predicted by the law" if curve == "wsdcon_3" else None, "lw": 1.2}
            ax.plot(rows.step / 1e3, predicted[rows.index], **style)
        top = runs[(runs["size"] == size) & (runs.step > 5000)].loss
        ax.set(title=f"{size} million parameters", xlabel="steps [thousands]", xlim=(4, 73))
        ax.set(ylabel="loss [nats per token]", ylim=(top.min() - 0.02, top.max() + 0.02))
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=9)
    return fig


def while_falling(runs: pd.DataFrame, errors: Mapping[str, pd.Series]) -> Figure:
    """Errors of two laws from shortly before the rate falls, a panel a schedule, darker for larger models.

    Parameters
    ----------
    runs
        Columns size, curve and step.
    errors
        Law (of `LAWS`) -> error in % of the loss on the same index.
    """
    shown = {"wsdcon_3": ("step down to a tenth", 8_000), "wsd_20000_24000": ("WSD, exponential", 20_000)}
    fig, axes = panels(2, width=5.6, height=3.6)
    for ax, (curve, (title, begin)) in zip(axes, shown.items(), strict=True):
        for law, error in errors.items():
            for size, alpha in zip((25, 100, 400), (0.35, 0.6, 1), strict=True):
                rows = runs[(runs["size"] == size) & (runs.curve == curve) & (runs.step > begin - 800)]
                rows = rows.sort_values("step")
                style = LAWS[law] | {"alpha": alpha, "label": f"{law}, {size}M"}
                ax.plot((rows.step - begin) / 1e3, error[rows.index], **style)
        ax.axhline(0, color="0.6", lw=1)
        ax.set(title=title, xlabel="steps since the rate began to fall [thousands]")
        ax.set_ylabel("predicted less measured [%]")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
    return fig


def cooldowns(gains: pd.DataFrame) -> Figure:
    """Gain of a cooldown against tokens, a line a model, darker for larger ones.

    Parameters
    ----------
    gains
        Columns model, size and tokens (natural logarithms) and gain (nats per token).
    """
    fig, ax = panels(width=6.4, height=3.4)
    models = gains.groupby("model")["size"].first().sort_values()
    for k, (model, colour) in enumerate(zip(models.index, shades(len(models)), strict=True)):
        rows = gains[gains.model == model].sort_values("tokens")
        label = f"{np.exp(models[model]) / 1e6:.0f} million parameters" if k in (0, len(models) - 1) else None
        ax.plot(np.exp(rows.tokens) / 1e9, rows.gain, "o-", ms=3, lw=1, color=colour, label=label)
    ax.axhline(0, color="0.6", lw=1)
    ax.set(xlabel="tokens [billions]", ylabel="gain of the cooldown [nats per token]")
    ax.legend(fontsize=9)
    return fig
