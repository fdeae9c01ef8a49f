"""The figures of a report, each with its alternative text."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import spearmanr

from scalinglaws.figures import PALETTE, panels, shades
from scalinglaws.fitting.drawn import residuals, wide
from scalinglaws.report.analysis import Analysis
from scalinglaws.report.sentences import misfit, short
from scalinglaws.text import counted

#: So many columns are residuals drawn against.
MOST_COLUMNS = 9


def law(found: Analysis) -> tuple[Figure, str]:
    """The law with its band through the runs."""
    drawn = found.fit.plot(found.sure.drawn if found.sure.resampled else None)
    along, *others = found.fit.law.columns
    each = f", a curve for each of a few values of {others[0]}" if others else ""
    alt = (
        f"Left: {found.asked.y} against {along} with the fitted law and its 95 % band{each}. Right: what the law leaves of each run; "
        f"half of them lie within {misfit(found, float(np.median(np.abs(found.fit.residuals))))}."
    )
    return drawn, alt


def left_over(found: Analysis) -> tuple[Figure, str]:
    """What the law leaves of the runs, against every column of numbers."""
    table = columns(found)
    rows = -(-len(table) // 3)
    figure, axes = panels(min(len(table), 3), rows, width=3.6, height=2.9, squeeze=False, sharey=True)
    for ax, (name, values) in zip(axes.flat, table.items(), strict=False):
        residuals(ax, found.fit, values, name)
        rank = float(spearmanr(values, found.fit.residuals).statistic)
        ax.set_title(f"rank correlation {rank:+.2f}", fontsize=9)
        if not ax.get_subplotspec().is_first_col():
            ax.set_ylabel("")
    for ax in axes.flat[len(table) :]:
        ax.set_axis_off()
    alt = "Residuals against " + "; ".join(
        f"{name}, rank correlation {float(spearmanr(values, found.fit.residuals).statistic):+.2f}"
        for name, values in table.items()
    )
    return figure, alt + "."


def columns(found: Analysis) -> dict[str, np.ndarray]:
    """What residuals are drawn against: the law's columns, the counts, and the further columns they go with most."""
    own = [name for name in found.runs if found.runs[name].dtype.kind == "f" and name != found.asked.y]
    table = {name: found.runs[name].to_numpy() for name in own if np.ptp(found.runs[name]) > 0}
    others = {
        name: abs(float(spearmanr(values, found.fit.residuals).statistic))
        for name, values in found.prepared.others.items()
    }
    for name in sorted(others, key=lambda name: -others[name]):
        if len(table) < MOST_COLUMNS:
            table[name] = found.prepared.others[name].to_numpy()
    return table


def curves(found: Analysis) -> tuple[Figure, str]:
    """The IsoFLOP curves with the vertices of their parabolas, and how the best size grows."""
    figure, (left, right) = panels(2)
    parts = found.isoflops
    for (flops, sizes, loss), best, color in zip(
        parts.curves, parts.optima, shades(len(parts.curves)), strict=True
    ):
        left.plot(sizes, loss, "o-", ms=3, lw=1, color=color, label=f"{short(flops)} FLOP")
        left.plot(best.n_params, best.loss, "v", ms=7, color=PALETTE[2], zorder=3, ls="none")
    left.set(xscale="log", xlabel="n_params", ylabel=found.asked.y)
    left.legend(fontsize=7, ncols=2)
    flops = np.array([flops for flops, *_ in parts.curves])
    right.plot(
        flops, [best.n_params for best in parts.optima], "v", color=PALETTE[2], label="vertex of a parabola"
    )
    if parts.exponent is not None:
        line = np.exp(parts.exponent.intercept) * flops**parts.exponent.exponent
        right.plot(flops, line, color=PALETTE[2], lw=1, label=f"power {parts.exponent.exponent:.3f}")
    if found.fit.law.optimum is not None:
        right.plot(flops, found.fit.optimum(flops).n_params, color=PALETTE[1], label="by the law")
    right.set(xscale="log", yscale="log", xlabel="compute [FLOP]", ylabel="best n_params")
    right.legend(fontsize=8)
    inside = sum(not best.at_edge for best in parts.optima)
    alt = (
        f"Left: {found.asked.y} against size at {counted(len(flops), 'budget')}, with the vertex of a parabola at each of {inside} that "
        "have their lowest point between the sizes. Right: the best size against compute."
    )
    return figure, alt


def allocation(found: Analysis) -> tuple[Figure, str]:
    """Best tokens per parameter against compute, with a band."""
    split = found.split
    figure, ax = panels(1, width=6.4, height=3.6)
    ax.fill_between(split.budgets, *split.band, alpha=0.2, color=PALETTE[1], lw=0, label="95 % band")
    ax.plot(split.budgets, split.line, color=PALETTE[1], label="by the law")
    marked(ax, split.flops, split.tokens_per_param.value)
    if "flops" in found.runs:
        seen = found.runs["flops"].min(), found.runs["flops"].max()
        ax.axvspan(*seen, color="0.5", alpha=0.1, lw=0, label="compute of the runs")
    ax.set(xscale="log", yscale="log", xlabel="compute [FLOP]", ylabel="best tokens per parameter")
    ax.legend(fontsize=8)
    ratio = split.tokens_per_param
    alt = (
        f"Best tokens per parameter against compute, with a 95 % band: from {short(split.line[0])} to {short(split.line[-1])}; at "
        f"{short(split.flops)} FLOP {short(ratio.value)}, between {short(ratio.low)} and {short(ratio.high)}."
    )
    return figure, alt


def marked(ax: Axes, x: float, y: float) -> None:
    """The budget that was asked for."""
    ax.plot(x, y, "*", ms=12, color=PALETTE[0], ls="none", label=f"{short(x)} FLOP: {short(y)}")


def held_out(found: Analysis) -> tuple[Figure, str]:
    """The error of the law on the runs that it was fitted to, and on the larger ones that it was not."""
    held = found.extrapolation
    relative = 100 if found.asked.residual == "log" else 1
    figure, ax = panels(1, width=6.4, height=3.2)
    before, after = np.asarray(held.fit.data[held.by]), held.held_out[held.by].to_numpy()
    ax.scatter(before, relative * held.fit.residuals, s=10, alpha=0.6, color=PALETTE[1], label="fitted")
    ax.scatter(after, relative * held.held_out["error"], s=14, alpha=0.8, color=PALETTE[2], label="held out")
    ax.axhline(0, color=PALETTE[0], lw=1)
    if wide(np.concatenate([before, after])):
        ax.set_xscale("log")
    unit = " [%]" if found.asked.residual == "log" else ""
    ax.set(xlabel=held.by, ylabel=f"observed over predicted{unit}" if unit else "observed minus predicted")
    ax.legend(fontsize=8)
    error = float(held.errors["held out"].iloc[0])
    alt = (
        f"Errors against {held.by}: of the {held.fit.n} runs that were fitted, and of the {len(after)} largest, which were predicted "
        f"with a mean absolute error of {misfit(found, error)}."
    )
    return figure, alt
