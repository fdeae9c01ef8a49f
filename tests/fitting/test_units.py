"""Fits do not turn on units: every column and parameter times a power of ten up to 1e±24, over all ready laws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from scalinglaws import fit
from scalinglaws.laws import (
    Law,
    accuracy_from_loss,
    annealing,
    broken_power_law,
    chinchilla,
    data_constrained,
    kaplan,
    kaplan_with_floor,
    power_law,
    power_law_with_constant,
    rising_power_law,
    shifted_power_law,
)

Params = dict[str, float]


@dataclass(frozen=True)
class Case:
    """A law with a truth, the ranges of its columns, and what other units do to its parameters.

    Attributes
    ----------
    truth
        Parameters in the first units.
    ranges
        Column -> least and greatest value; drawn evenly in the logarithm, a tuple a column.
    moved
        From parameters, a factor a column and one for y to the parameters in those units.
    plain
        Parameters that are multiplied by a factor which no other parameter enters.
    free
        Whether y has a unit of its own that parameters can take up.
    residual
        As for `fit`.
    """

    law: Law
    truth: Params
    ranges: dict[str, tuple[float, float]]
    moved: Callable[[Params, dict[str, float], float], Params]
    plain: tuple[str, ...]
    free: bool = True
    residual: str = "log"


def falling(p: Params, s: dict[str, float], u: float) -> Params:
    found = {"A": u * p["A"] * s["x"] ** p["alpha"], "alpha": p["alpha"]}
    return found | ({"E": u * p["E"]} if "E" in p else {})


def joint(p: Params, s: dict[str, float], u: float) -> Params:
    size, data = (
        (s["n_params"], s["n_tokens"]) if "n_params" in s else (s["unique_params"], s["unique_tokens"])
    )
    return p | {"E": u * p["E"], "A": u * p["A"] * size ** p["alpha"], "B": u * p["B"] * data ** p["beta"]}


SIZES = {"n_params": (1e7, 1e10), "n_tokens": (1e9, 1e12)}
CASES = (
    Case(power_law, {"A": 3, "alpha": 0.3}, {"x": (1, 1e4)}, falling, ("alpha",)),
    Case(power_law_with_constant, {"E": 1, "A": 3, "alpha": 0.4}, {"x": (1, 1e4)}, falling, ("E", "alpha")),
    Case(
        rising_power_law,
        {"A": 3, "alpha": 0.5},
        {"x": (1, 1e4)},
        lambda p, s, u: {"A": u * p["A"] * s["x"] ** -p["alpha"], "alpha": p["alpha"]},
        ("alpha",),
    ),
    Case(
        broken_power_law,
        {"E": 0.5, "A": 3, "alpha": 0.2, "bend": 0.5, "d": 100, "f": 0.3},
        {"x": (1, 1e4)},
        lambda p, s, u: p | falling(p, s, u) | {"d": p["d"] * s["x"]},
        ("E", "alpha", "bend", "d", "f"),
    ),
    Case(
        chinchilla,
        {"E": 1.8, "A": 480, "B": 2100, "alpha": 0.35, "beta": 0.37},
        SIZES,
        joint,
        ("E", "alpha", "beta"),
    ),
    Case(
        data_constrained,
        {"E": 1.8, "A": 480, "B": 2100, "alpha": 0.35, "beta": 0.37, "R_N": 5, "R_D": 15},
        {
            "unique_params": (1e7, 1e10),
            "excess_params": (0.1, 100),
            "unique_tokens": (1e8, 1e11),
            "repeats": (0.1, 300),
        },
        joint,
        ("E", "alpha", "beta", "R_N", "R_D"),
    ),
    # What a unit of the loss does to these scales depends on the exponents, and so would their bounds.
    Case(
        kaplan,
        {"N_c": 9e13, "D_c": 5e13, "alpha_N": 0.076, "alpha_D": 0.095},
        SIZES,
        lambda p, s, u: p | {"N_c": p["N_c"] * s["n_params"], "D_c": p["D_c"] * s["n_tokens"]},
        ("N_c", "D_c", "alpha_N", "alpha_D"),
        free=False,
    ),
    Case(
        kaplan_with_floor,
        {"E": 1.5, "A": 5e7, "B": 5e8, "alpha": 0.4, "beta": 0.45},
        {"n_params": (1e7, 1e10), "n_tokens": (1e8, 1e11)},
        lambda p, s, u: p | {"A": p["A"] * s["n_params"], "B": p["B"] * s["n_tokens"]},
        ("E", "A", "B", "alpha", "beta"),
        free=False,
    ),
    Case(
        shifted_power_law,
        {"E": 0.7, "K": 0.9, "kappa": 1.2, "E_here": 1.4},
        {"loss_here": (1.7, 5)},
        lambda p, s, u: {
            "E": u * p["E"],
            "K": u * p["K"] * s["loss_here"] ** -p["kappa"],
            "kappa": p["kappa"],
            "E_here": p["E_here"] * s["loss_here"],
        },
        ("E", "kappa", "E_here"),
    ),
    Case(
        accuracy_from_loss,
        {"floor": 0.25, "gain": 0.6, "k": 4, "middle": 2.2},
        {"loss": (1, 5)},
        lambda p, s, u: {
            "floor": u * p["floor"],
            "gain": u * p["gain"],
            "k": p["k"] / s["loss"],
            "middle": p["middle"] * s["loss"],
        },
        ("floor", "gain", "k", "middle"),
        residual="raw",
    ),
    Case(
        annealing,
        {"E": 2.0, "A": 0.6, "C": 0.5, "alpha": 0.4},
        {"S1": (0.1, 20), "S2": (0.01, 1)},
        lambda p, s, u: {
            "E": u * p["E"],
            "A": u * p["A"] * s["S1"] ** p["alpha"],
            "C": u * p["C"] / s["S2"],
            "alpha": p["alpha"],
        },
        ("E", "C", "alpha"),
    ),
)
#: Columns that are ratios and have no unit.
RATIOS = ("excess_params", "repeats")


def runs(case: Case) -> dict[str, np.ndarray]:
    """Sixty runs with a little noise."""
    rng = np.random.default_rng(5)
    columns = {name: 10 ** rng.uniform(*np.log10(ends), 60) for name, ends in case.ranges.items()}
    noise = 0.003 * rng.normal(size=60)
    clean = case.law(*columns.values(), **case.truth)
    return columns | {"y": clean * np.exp(noise) if case.residual == "log" else clean + noise}


def bounds_in(case: Case, scale: dict[str, float], unit: float) -> dict[str, tuple[float, float]]:
    """The law's bounds in other units, of the parameters that have one."""
    found = {}
    for name, ends in case.law.bounds.items():
        ones = dict.fromkeys(case.law.parameters, 1.0) | {"alpha": 0.0, "beta": 0.0, "kappa": 0.0}
        factor = case.moved(ones, scale, unit)[name] if name in case.plain and ones[name] else 1.0
        found[name] = (ends[0] * factor, ends[1] * factor)
    return found


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.law.name)
def test_units_change_nothing(case, seed):
    rng = np.random.default_rng([9, seed])
    scale = {name: 1.0 if name in RATIOS else 10.0 ** int(rng.integers(-24, 25)) for name in case.ranges}
    unit = 10.0 ** int(rng.integers(-24, 25)) if case.free else 1.0
    data = runs(case)
    moved = {name: values * (scale.get(name, unit)) for name, values in data.items()}
    options = {"y": "y", "residual": case.residual}
    one = fit(case.law, data, **options)
    other = fit(case.law, moved, **options, bounds=bounds_in(case, scale, unit))
    # Half the sum of squares of y itself goes with the square of its unit.
    size = unit**2 if case.residual == "raw" else 1.0
    assert other.objective == pytest.approx(one.objective * size, rel=1e-9)
    assert other.status is one.status
    assert other.params == pytest.approx(case.moved(one.params, scale, unit), rel=1e-3)
    for name in case.plain:
        ratio = other[name] / one[name]
        assert other.interval(name) == pytest.approx(np.array(one.interval(name)) * ratio, rel=1e-3)


def test_every_ready_law_is_here():
    from scalinglaws import laws

    ready = {name for name in laws.__all__ if isinstance(getattr(laws, name), Law)}
    assert ready == {case.law.name for case in CASES}
