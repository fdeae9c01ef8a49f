"""Remembered searches: never two of one problem, and never one problem's optimum for another."""

import numpy as np
import pytest
from simulated import design

from scalinglaws import bootstrap, fit, huber, law
from scalinglaws.fitting import estimate, remembered
from scalinglaws.laws import chinchilla, power_law

SCALE = 2.0


@law(linear=("A",), positive=("A",), bounds={"alpha": (0, 2)})
def by_numpy(x, *, A, alpha):
    return A * np.exp(-alpha * np.log(x))


@law(linear=("A",), positive=("A",), bounds={"alpha": (0, 2)})
def by_a_name(x, *, A, alpha):
    return A * (SCALE * x) ** -alpha


@pytest.fixture
def searches(monkeypatch):
    """How many searches there have been since, with memory."""
    made = []
    for module, name in remembered.SEARCHES:
        plain = getattr(module, name)
        assert not hasattr(plain, "kept")

        def counted(*given, plain=plain):
            made.append(plain.__name__)
            return plain(*given)

        monkeypatch.setattr(module, name, counted)
    remembered.remember()
    remembered.remember()  # a second time changes nothing
    return made


def falling(seed=0):
    x = np.geomspace(1, 1e3, 12)
    return {"x": x, "loss": 3 * x**-0.4 * np.exp(0.05 * np.random.default_rng(seed).normal(size=12))}


def test_one_problem_is_searched_once(searches):
    data = design(noise=0.01)
    first = fit(chinchilla, data)
    other = data.assign(note="of its own")
    again = fit(chinchilla, other)
    assert searches == ["searched"]
    assert again.params == first.params and again.proof == first.proof and again.data is other
    once, twice = (bootstrap(found, 40, seed=1).samples for found in (first, again))
    assert once.equals(twice) and searches.count("optima") == len(searches) - 1 >= 1
    count = len(searches)
    bootstrap(first, 40, seed=2)
    assert len(searches) > count


@pytest.mark.parametrize(
    "other",
    [
        {"loss": huber(1e-3)},
        {"residual": "raw"},
        {"fixed": {"alpha": 0.3}},
        {"bounds": {"alpha": (0, 1)}},
        {"starts": 2},
        {"starts": [{"A": np.array(3.0), "alpha": 0.5}]},
        {"seed": 1},
        {"weights": np.arange(1.0, 13)},
    ],
    ids=str,
)
def test_another_problem_is_searched_for_itself(searches, other):
    fit(power_law, falling())
    found = fit(power_law, falling(), **other)
    assert len(searches) == 2
    assert found.params == fit(power_law, falling(), **other).params and len(searches) == 2


def test_other_numbers_are_another_problem(searches):
    data = falling()
    for changed in (data, falling(1), data | {"x": data["x"] * (1 + 1e-15)}):
        fit(power_law, changed)
    assert len(searches) == 3


def test_a_formula_that_reads_a_name_is_never_remembered(searches, monkeypatch):
    first = fit(by_a_name, falling())
    monkeypatch.setitem(globals(), "SCALE", 4.0)
    assert fit(by_a_name, falling())["A"] > 1.1 * first["A"]
    fit(by_numpy, falling())
    fit(by_numpy, falling())
    assert searches == ["searched"] * 3


def test_nothing_is_remembered_unless_it_is_asked_for():
    assert not hasattr(estimate.searched, "kept")
