"""What counts as proved: starts that cover the box, second opinions that fail, optima on the boundary."""

from __future__ import annotations

import numpy as np
import pytest

from scalinglaws import FitError, Status, bootstrap, fit, huber, law
from scalinglaws.laws import chinchilla, power_law_with_constant


@law(positive=("rd", "rn"), bounds={"rd": (0.1, 1000), "rn": (0.1, 1000)})
def data_constrained(RD, UN, RN, U, *, rd, rn):
    """Two decay constants of repeated data and of excess parameters, all else given."""
    size = UN * (1 + rn * (1 - np.exp(-RN / rn)))
    tokens = U * (1 + rd * (1 - np.exp(-RD / rd)))
    return 1.87 + 521 * size**-0.353 + 1488 * tokens**-0.353


def repeated(seed: int) -> dict[str, np.ndarray]:
    """Runs with heavy-tailed noise from a law that has other constants."""
    rng = np.random.default_rng(seed)
    n = 100
    U, N = 10 ** rng.uniform(7.5, 10, n), 10 ** rng.uniform(7, 9.8, n)
    RD, UN = 10 ** rng.uniform(0, 3.5, n) - 1, np.minimum(0.051 * U, N)
    RN = N / UN - 1
    size = UN * (1 + 150 * (1 - np.exp(-RN / 150)))
    tokens = U * (1 + 33 * (1 - np.exp(-RD / 33)))
    loss = (2.1 + 1180 * size**-0.4 + 6594 * tokens**-0.4) * np.exp(0.03 * rng.standard_t(3, n))
    return {"RD": RD, "UN": UN, "RN": RN, "U": U, "loss": loss}


def test_a_second_valley_far_away_in_the_box_is_found():
    got = fit(data_constrained, repeated(34), loss=huber(1e-3))
    assert got.objective == pytest.approx(0.0090707756, rel=1e-7)
    assert got["rd"] == pytest.approx(2.46619, rel=1e-4) and got["rn"] == pytest.approx(628.522, rel=1e-4)


@law(
    positive=("E", "A", "B"),
    bounds={"E": (1e-3, 10), "A": (1, 1e15), "B": (1, 1e15), "alpha": (0.01, 2), "beta": (0.01, 2)},
)
def joint(N, D, *, E, A, B, alpha, beta):
    """Kaplan's joint law above a floor."""
    return E + ((A / N) ** (alpha / beta) + B / D) ** beta


def test_a_second_algorithm_that_diverges_refuses_no_good_fit():
    n, d = (a.ravel() for a in np.meshgrid(np.geomspace(2e7, 2e9, 8), np.geomspace(3e8, 3e10, 8)))
    noise = np.exp(0.004 * np.random.default_rng(0).normal(size=64))
    loss = joint(n, d, E=1.5, A=5e7, B=5e8, alpha=0.4, beta=0.45) * noise
    got = fit(joint, {"N": n, "D": d, "loss": loss}, loss=huber(1e-2))
    assert got.status is Status.CONVERGED
    assert got.objective == pytest.approx(4.06427722e-4, rel=1e-8)
    right = {"E": 1.5107035, "A": 4.874978e7, "B": 4.893152e8, "alpha": 0.4069658, "beta": 0.4515635}
    assert got.params == pytest.approx(right, rel=1e-6)


def near_nothing(seed: int) -> dict[str, np.ndarray]:
    """Runs of a law whose irreducible loss they hardly tell from nothing."""
    n, d = (a.ravel() for a in np.meshgrid(np.geomspace(6e7, 1e9, 9), np.geomspace(1e8, 2e10, 9)))
    noise = np.exp(0.02 * np.random.default_rng(seed).normal(size=81))
    return {"n_params": n, "n_tokens": d, "loss": (1.4 + 22 * n**-0.14 + 8.8e5 * d**-0.67) * noise}


def test_resamples_whose_best_irreducible_loss_is_nothing_count_as_what_they_are():
    drawn = bootstrap(fit(chinchilla, near_nothing(2), loss=huber(1e-3)), 100)
    assert not drawn.failed
    assert 20 <= (drawn.samples.E == 0).sum() <= 65
    low, high = drawn.interval("E")
    assert low == 0 and 1.5 < high < 3.5


def test_a_floor_of_nothing_is_a_solution_and_says_so():
    x = np.geomspace(1, 100, 30)
    noise = np.exp(0.01 * np.random.default_rng(3).normal(size=30))
    # It bends down at the end: any floor above 0 makes it worse.
    data = {"x": x, "loss": 2 * x**-0.3 * np.where(x > 50, 0.9, 1.0) * noise}
    got = fit(power_law_with_constant, data)
    assert got.at_bounds == {"E": 0.0} and got["E"] == 0
    assert "E is at its bound 0" in repr(got)
    assert got.report()["parameters"] == "estimated: log A, alpha; at a bound: E = 0"
    alone = fit(power_law_with_constant, data, fixed={"E": 0.0})
    assert alone.report()["parameters"] == "estimated: log A, alpha; fixed: E = 0"
    assert got.objective == pytest.approx(alone.objective, rel=1e-12)
    assert got.interval("alpha") == pytest.approx(alone.interval("alpha"), rel=1e-8)
    for floor in (1e-4, 1e-2):
        assert fit(power_law_with_constant, data, fixed={"E": floor}).objective > got.objective


def test_a_large_parameter_in_any_unit_has_an_effect():
    @law
    def flat(i, *, c):
        return c + 0 * i

    for unit in (1e-24, 1.0, 1e16, 1e24):
        data = {"i": np.arange(3.0), "loss": unit * np.array([0.9, 1.1, 1.0])}
        got = fit(flat, data, residual="raw", starts=[{"c": unit}, {"c": 3 * unit}])
        assert got["c"] == pytest.approx(unit, rel=1e-9)


def test_a_term_that_is_best_left_out_says_so():
    d = np.geomspace(1e8, 1e11, 40)
    n = np.tile([1e7, 1e8, 1e9, 1e10], 10)
    # Larger models are worse here, which no falling power can show.
    data = {"n_params": n, "n_tokens": d, "loss": 1.5 * n**0.02 + 1e3 * d**-0.3}
    got = fit(chinchilla, data)
    alone = fit(power_law_with_constant, {"x": d, "loss": data["loss"]})
    assert got["A"] == 0 and "A is at its bound 0" in got.message
    assert [got["E"], got["B"], got["beta"]] == pytest.approx(list(alone.params.values()), rel=1e-6)
    with pytest.raises(FitError, match="A is at its bound 0"):
        fit(chinchilla, data, interior=True)
