"""The figures of robots and PDEs: both papers' panels redrawn, a forecast, and bends against heights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator, ScalarFormatter

from replications.robots_and_pdes.lines import bounded_law
from replications.robots_and_pdes.pdes import FROM
from replications.robots_and_pdes.printed import DRAWN, EXPONENTS, ROBOTS
from scalinglaws.figures import PALETTE, PAPER, panels
from scalinglaws.uncertainty import Estimate

TITLES = {"pour_water": "Pour Water", "mouse": "Mouse Arrangement"}
EQUATIONS = {
    "NS": "Navier-Stokes (NS)",
    "CompEuler": "compressible Euler",
    "Wave": "wave",
    "Poisson": "Poisson",
}
#: Where labels would overlap: offsets in points.
LABELS = {
    ("mouse", "pairs"): (6, 1),
    ("pour_water", "envs"): (6, -8),
    ("mouse", "envs"): (-56, 3),
    ("mouse", "objects"): (-30, -13),
    ("pour_water", "objects"): (6, -1),
    ("Poisson", "FNO"): (-42, -2),
    ("Wave", "FNO"): (6, -9),
    ("CompEuler", "FNO"): (-24, 6),
    ("CompEuler", "Poseidon-B"): (-30, -13),
}
AXES = {"objects": "objects", "envs": "environments", "pairs": "pairs of both"}


def plain(axis, ticks) -> None:
    """Ticks of a log axis as plain numbers, and no others."""
    axis.set_major_locator(NullLocator())
    axis.set_ticks(ticks)
    axis.set_major_formatter(ScalarFormatter())
    axis.set_minor_formatter(NullFormatter())
    axis.set_minor_locator(NullLocator())


def robots(curves: Mapping, fits: Mapping) -> Figure:
    """Six panels: points, the printed line (dashed) and the bounded law.

    Parameters
    ----------
    curves
        Task and axis -> log n and log gap.
    fits
        Task and axis -> fit of the bounded law.
    """
    fig, axes = panels(3, 2, width=3.6, height=2.9, sharex=True, sharey=True)
    fine = np.geomspace(1, 32, 100)
    for ax, ((task, axis), (x, y)) in zip(axes.flat, curves.items(), strict=True):
        prefactor, exponent, _ = ROBOTS[task, axis]
        ax.axhspan(1, 2, color="0.9", lw=0)
        ax.plot(fine, prefactor * fine**-exponent, label="printed power law", **PAPER)
        ax.plot(fine, bounded_law(fine, **fits[task, axis].params), color=PALETTE[1], label="bounded law")
        ax.plot(np.exp(x), np.exp(y), "o", color=PALETTE[0], label="digitised point")
        ax.set(xscale="log", yscale="log", ylim=(0.03, 1.5), title=f"{TITLES[task]}, {AXES[axis]}")
        plain(ax.xaxis, [1, 2, 4, 8, 16, 32])
        plain(ax.yaxis, [0.05, 0.1, 0.2, 0.5, 1])
    for ax in axes[1]:
        ax.set_xlabel("number in training")
    for ax in axes[:, 0]:
        ax.set_ylabel("optimality gap")
    axes[0, 0].legend(fontsize=8, loc="lower left")
    return fig


def pdes(curves: Mapping, knots: Mapping) -> Figure:
    """Four panels: points of both models, the paper's lines (dashed), and where lines break.

    Poseidon-B's lines are those that Figure 1 draws, FNO's have the printed exponents; where Table 7 has another
    exponent for Poseidon-B than the drawn line, a dash-dotted line through the middle of the points shows it.

    Parameters
    ----------
    curves
        Task and model -> log n and log error.
    knots
        Task and model -> count where two lines meet, for those curves that a line does not describe.
    """
    tasks = list(dict.fromkeys(task for task, _ in curves))
    fig, axes = panels(len(tasks), width=2.9, height=3.5, sharey=True)
    looks = {"Poseidon-B": ("o", PALETTE[1]), "FNO": ("v", PALETTE[5])}
    for ax, task in zip(axes, tasks, strict=True):
        level, drawn = DRAWN[task]
        tabled, of_fno = EXPONENTS[task]
        for model, (mark, colour) in looks.items():
            ax.plot(*np.exp(curves[task, model]), mark, color=colour, ms=5, label=model)
        x, y = curves[task, "FNO"]
        ax.plot(np.exp(x), np.exp(y.mean() - of_fno * (x - x.mean())), label="the paper's line", **PAPER)
        x, y = curves[task, "Poseidon-B"]
        n = np.exp(x[x >= np.log(FROM.get(task, 1)) - 1e-9])
        ax.plot(n, level * n**-drawn, label="the paper's line", **PAPER)
        if abs(tabled - drawn) > 0.02:
            middle = np.exp(y.mean() - tabled * (x - x.mean()))
            ax.plot(np.exp(x), middle, color="0.4", lw=1, ls="-.", label="exponent of Table 7")
        if (task, "Poseidon-B") in knots:
            ax.axvline(knots[task, "Poseidon-B"], color="0.4", lw=1, ls=":", label="Poseidon-B breaks")
        ax.set(xscale="log", yscale="log", xlabel="training trajectories", title=EQUATIONS[task])
        plain(ax.xaxis, [1, 8, 64, 512, 4096])
    axes[0].set_ylabel("median relative $L^1$ error")
    handles = {label: h for ax in axes for h, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    fig.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5, fontsize=9)
    return fig


def forecast(single: Mapping, together: Estimate) -> Figure:
    """The gap at n = 32 over its forecast, a row a panel with its prediction interval, and their mean.

    Parameters
    ----------
    single
        Task and axis -> observed over predicted, in logarithms, with the interval of a new point about nothing.
    together
        The mean, in logarithms, with its interval.
    """
    fig, ax = panels(width=6.4, height=3.2)
    rows = [(f"{TITLES[task]}, {AXES[axis]}", of, PALETTE[1]) for (task, axis), of in single.items()]
    for row, (_, of, colour) in enumerate(rows):
        ax.plot(
            np.exp([of.low, of.high]),
            [row, row],
            color=colour,
            lw=2,
            alpha=0.6,
            label=None if row else "where a new point may lie, by one panel",
        )
        ax.plot(np.exp(of.value), row, "o", color=colour, label=None if row else "where it lies")
    ax.plot(np.exp([together.low, together.high]), [6, 6], color=PALETTE[0], lw=2)
    ax.plot(np.exp(together.value), 6, "D", color=PALETTE[0], label="mean of six, with its interval")
    ax.axvline(1, label="straight line", **PAPER)
    ax.set_yticks(range(7), [name for name, *_ in rows] + ["six panels"])
    ax.set(
        xscale="log",
        xlabel="gap at n = 32, observed over predicted",
        ylabel="panel",
        ylim=(7, -1),
    )
    plain(ax.xaxis, [0.1, 0.2, 0.5, 1, 2, 5, 10])
    fig.legend(loc="outside lower center", ncols=2, fontsize=8)
    return fig


def heights(starts: Mapping, growths: Mapping) -> Figure:
    """How fast the exponent grows, against the error where a curve starts.

    Parameters
    ----------
    starts
        Curve -> error at its smallest n.
    growths
        Curve -> change of the local exponent per doubling of n.
    """
    fig, ax = panels(width=6.4, height=3.6)
    kinds = (("robots", "o", PALETTE[0]), ("Poseidon-B", "s", PALETTE[1]), ("FNO", "v", PALETTE[5]))
    for kind, mark, colour in kinds:
        keys = [key for key in starts if (key[1] if key[1] in ("Poseidon-B", "FNO") else "robots") == kind]
        ax.plot([starts[k] for k in keys], [growths[k] for k in keys], mark, color=colour, label=kind)
        for k in keys:
            name = k[0] if kind != "robots" else f"{TITLES[k[0]].split()[0]} {k[1]}"
            offset = LABELS.get(k, (5, 3))
            ax.annotate(name, (starts[k], growths[k]), fontsize=8, xytext=offset, textcoords="offset points")
    ax.axhline(0, label="straight line", **PAPER)
    ax.set(
        xscale="log",
        xlim=(0.07, 1.6),
        xlabel="error or gap where the curve starts",
        ylabel="growth of exponent per doubling",
    )
    plain(ax.xaxis, [0.1, 0.2, 0.5, 1])
    ax.legend(fontsize=8, loc="upper left")
    return fig
