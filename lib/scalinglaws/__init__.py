"""Scaling Laws, Replicated: the thin library behind the notebooks."""

from scalinglaws.claims import Claim, Mutation
from scalinglaws.fitting import (
    Bootstrap,
    Fit,
    FitError,
    FitWarning,
    Status,
    absolute,
    bootstrap,
    check,
    compare,
    extrapolate,
    fit,
    huber,
    jackknife,
    profile,
    quantile,
    soft_l1,
    squared,
)
from scalinglaws.frontier import compute_optimal, size_exponent
from scalinglaws.laws import Law, law
from scalinglaws.replication import Replication
from scalinglaws.tables import load, provenance

__all__ = [
    "Bootstrap",
    "Claim",
    "Fit",
    "FitError",
    "FitWarning",
    "Law",
    "Mutation",
    "Replication",
    "Status",
    "absolute",
    "bootstrap",
    "check",
    "compare",
    "compute_optimal",
    "extrapolate",
    "fit",
    "huber",
    "jackknife",
    "law",
    "load",
    "profile",
    "provenance",
    "quantile",
    "size_exponent",
    "soft_l1",
    "squared",
]
