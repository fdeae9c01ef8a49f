"""What one may write in a paper, with the numbers of the report; and what the checklist can be told."""

from __future__ import annotations

import numpy as np

from scalinglaws.fitting.typeset import as_text
from scalinglaws.report.analysis import Analysis, rejected
from scalinglaws.text import counted
from scalinglaws.uncertainty import Estimate


def short(value: float) -> str:
    """A number with three significant digits, without the plus and zeros of its exponent: "2.1e11"."""
    return f"{value:.3g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")


def with_ends(estimate: Estimate) -> str:
    """A number with the ends of its interval."""
    return f"{short(estimate.value)} (95 % interval {short(estimate.low)} to {short(estimate.high)})"


def misfit(found: Analysis, size: float) -> str:
    """A residual in words: per cent of y, or its unit."""
    if found.asked.residual == "raw":
        return short(size)
    return f"{100 * size:.2g} %" if size < 0.995 else f"{100 * size:.0f} %"


def sentences(found: Analysis) -> list[str]:
    """The sentences, each true by itself."""
    said = [fitted(found), estimated(found)]
    if out := rejected(found.prepared):
        said.append(f"Of the table {found.prepared.name} we left out {out}.")
    if "a" in found.derived:
        said.append(
            f"By this law the compute-optimal number of parameters grows with compute to the power {with_ends(found.derived['a'])}."
        )
    if found.split is not None:
        said.append(parted(found))
    if found.isoflops is not None and found.isoflops.exponent is not None:
        grown, count = found.isoflops.exponent, sum(not best.at_edge for best in found.isoflops.optima)
        low, high = grown.interval()
        said.append(
            f"Parabolas through the IsoFLOP curves of {count} budgets put the growth of the best size at the power "
            f"{short(grown.exponent)} (95 % interval {short(low)} to {short(high)}, from the scatter of the optima)."
        )
    if found.extrapolation is not None:
        said.append(predicted(found))
    return said


def fitted(found: Analysis) -> str:
    """What was fitted to what, and how well."""
    known = found.fit.report()
    runs = counted(len(found.runs), "run")
    ranges = ", ".join(
        f"{name} {short(found.runs[name].min())} to {short(found.runs[name].max())}"
        for name in found.fit.law.columns
    )
    left = np.abs(found.fit.residuals)
    the = "" if known["objective"].startswith("half") else "the "
    return (
        f"We fitted {as_text(found.fit.law)} to {runs} ({ranges}) by minimising {the}{known['objective']}; "
        f"the optimum is proved ({found.fit.proof}). Half of the runs lie within {misfit(found, float(np.median(left)))} of it, "
        f"the farthest {misfit(found, float(left.max()))} away."
    )


def estimated(found: Analysis) -> str:
    """The parameters, with intervals."""
    told = "; ".join(f"{name} = {with_ends(value)}" for name, value in found.parameters.items())
    bounds = "".join(f"; {name} = {short(end)}, at its bound" for name, end in found.fit.at_bounds.items())
    return f"The estimates are {told}{bounds}. Intervals: {found.sure.method}."


def parted(found: Analysis) -> str:
    """The best split at the budget."""
    split = found.split
    beyond = ""
    if "flops" in found.runs and (times := split.flops / found.runs["flops"].max()) > 1.05:
        beyond = f" This budget is {short(times)} times that of the largest run, and the interval takes the law for true there."
    return (
        f"At {short(split.flops)} FLOP the compute-optimal model has {with_ends(split.n_params)} parameters and sees "
        f"{with_ends(split.n_tokens)} tokens, {with_ends(split.tokens_per_param)} a parameter.{beyond}"
    )


def predicted(found: Analysis) -> str:
    """How well the law predicts the runs held out, beside what needs no law."""
    held = found.extrapolation
    law, *others = (float(error) for error in held.errors["held out"])
    size = "compute" if held.by == "flops" else held.by
    better = "better" if held.beats_baselines else "no better"
    return (
        f"Fitted to the {held.fit.n} runs of least {size}, the law predicts the {len(held.held_out)} larger ones with a mean "
        f"absolute error of {misfit(found, law)}, {better} than taking the value of the largest fitted run ({misfit(found, others[0])}) "
        f"or their mean ({misfit(found, others[1])})."
    )


def answers(found: Analysis) -> dict[str, str]:
    """What the analysis adds to what the checklist learns from the fit and the runs."""
    told = {
        "form": as_text(found.fit.law),
        "dropped": rejected(found.prepared) or "none",
        "intervals": f"95 %, {found.sure.method}",
        "held_out": predicted(found)
        if found.extrapolation
        else f"no: {found.why_not.get('extrapolation', '')}",
    }
    if found.asked.by:
        told["checkpoints"] = f"rows of one {found.asked.by} are taken as not independent of each other"
    computed = [f"{name} = {origin}" for name, origin in found.prepared.origins.items()]
    if any("6" in origin for origin in computed):
        told["counting"] = "; ".join(computed)
    return told
