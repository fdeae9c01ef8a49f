"""Least squares on redrawn values: the same as a fit of each, to the step of the grid."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from scalinglaws import FitError, fit, huber
from scalinglaws.fitting import redrawn
from scalinglaws.laws import chinchilla, power_law_with_constant

X = np.geomspace(1, 1e4, 12)


@pytest.fixture(scope="module")
def found():
    noise = np.random.default_rng(0).normal(0, 0.003, len(X))
    return fit(power_law_with_constant, {"x": X, "loss": 1.5 + 2 * X**-0.4 + noise}, residual="raw")


def test_each_set_has_the_parameters_of_its_own_fit(found):
    sets = found.predict(found.data) + np.random.default_rng(1).normal(0, 0.003, (5, len(X)))
    many = redrawn(found, sets, places=3000)
    low, high = found.problem.bounds["alpha"]
    for row, values in zip(many.to_dict("records"), sets, strict=True):
        own = fit(power_law_with_constant, {"x": X, "loss": values}, residual="raw")
        assert row["alpha"] == pytest.approx(own["alpha"], abs=(high - low) / 2999)
        assert row["E"] == pytest.approx(own["E"], abs=5e-3)
        assert row["A"] == pytest.approx(own["A"], abs=5e-3)


def test_a_tied_parameter_is_among_those_found():
    data = {"x": X, "loss": 1.5 + 1.5 * X**-0.4}
    tied = fit(power_law_with_constant, data, residual="raw", fixed={"E": "A"})
    (many,) = redrawn(tied, data["loss"][None], places=3000).to_dict("records")
    assert many == pytest.approx(tied.params, rel=1e-2) and many["E"] == many["A"]


def test_a_set_that_no_positive_law_fits_is_nan(found):
    assert redrawn(found, -np.ones((2, len(X)))).isna().all(axis=None)


@pytest.mark.parametrize(
    "options",
    [
        {"residual": "log"},
        {"loss": huber(0.003)},
        {"weights": np.arange(1.0, 13)},
        {"fixed": {"E": 1.5}},
        {"residual": "log", "fixed": {"E": "A"}},
    ],
)
def test_any_other_fit_is_made_again_from_its_own_optimum(options):
    rng, law = np.random.default_rng(1), 1.5 + 2 * X**-0.4
    options = {"residual": "raw"} | options
    first = fit(power_law_with_constant, {"x": X, "loss": law + rng.normal(0, 0.003, len(X))}, **options)
    sets = law + rng.normal(0, 0.003, (4, len(X)))
    many = redrawn(first, sets)
    assert list(many) == list(first.params)
    for row, values in zip(many.to_dict("records"), sets, strict=True):
        own = fit(power_law_with_constant, {"x": X, "loss": values}, **options)
        assert row == pytest.approx(own.params, rel=1e-6)


def test_a_law_with_two_exponents_is_made_again_too():
    grid = pd.DataFrame(
        [(n, d) for n in (1e6, 1e7, 1e8, 1e9) for d in (1e8, 1e9, 1e10)], columns=["n_params", "n_tokens"]
    )
    grid["loss"] = chinchilla(grid.n_params, grid.n_tokens, E=1.7, A=400, B=400, alpha=0.34, beta=0.28)
    noise = np.exp(np.random.default_rng(2).normal(0, 1e-3, (4, len(grid))))
    first = fit(chinchilla, grid.assign(loss=grid.loss * noise[0]), loss=huber(1e-3))
    many = redrawn(first, grid.loss.to_numpy() * noise[1:])
    for row, values in zip(many.to_dict("records"), noise[1:], strict=True):
        assert row == pytest.approx(
            fit(chinchilla, grid.assign(loss=grid.loss * values), loss=huber(1e-3)).params, rel=1e-6
        )


def test_what_it_is_not_for_is_refused(found):
    for values in (np.ones(len(X)), np.ones((3, len(X) + 1))):
        with pytest.raises(FitError, match="shape"):
            redrawn(found, values)
    alike = {"x": np.full(len(X), 10.0), "loss": 1.5 + 0.1 * np.cos(X)}
    lost = fit(power_law_with_constant, alike, strict=False)
    assert not lost.proved
    with pytest.raises(FitError, match="only a converged fit can be made again"):
        redrawn(lost, np.ones((3, len(X))))


@pytest.mark.parametrize("options", [{"residual": "log"}, {"residual": "raw", "loss": huber(1e-5)}])
def test_sets_of_very_unlike_sizes_do_not_disturb_each_other(options):
    rng, law = np.random.default_rng(3), 1.5 + 2 * X**-0.4
    noise = np.exp(rng.normal(0, 1, (6, len(X))) * np.geomspace(1e-4, 0.03, 6)[:, None])
    sets = law * noise * np.geomspace(1, 1e4, 6)[:, None]
    first = fit(power_law_with_constant, {"x": X, "loss": law * noise[1]}, **options)
    together = redrawn(first, sets)
    alone = pd.concat([redrawn(first, one[None]) for one in sets], ignore_index=True)
    assert together.notna().any(axis=None)
    np.testing.assert_allclose(together, alone, rtol=1e-5)
