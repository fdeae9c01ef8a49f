"""Scaling Laws, Replicated: the thin library behind the notebooks.

Its names are imported when they are first asked for: `import scalinglaws` and the command are quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scalinglaws.claims.replication import Replication
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
    from scalinglaws.tables.loading import load, provenance

__all__ = [
    "Bootstrap",
    "Fit",
    "FitError",
    "FitWarning",
    "Law",
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

#: The modules of the names above; those of `fitting`, which are most, are not listed.
_HOMES = {
    "Law": "laws",
    "Replication": "claims.replication",
    "compute_optimal": "frontier",
    "law": "laws",
    "load": "tables.loading",
    "provenance": "tables.loading",
    "size_exponent": "frontier",
}


def __getattr__(name: str) -> Any:
    if name in __all__:
        found = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'fitting')}"), name)
    else:
        try:
            found = import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
