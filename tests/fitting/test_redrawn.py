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


def test_a_set_that_no_positive_law_fits_is_nan(found):
    assert redrawn(found, -np.ones((2, len(X)))).isna().all(axis=None)


@pytest.mark.parametrize(
    ("options", "values", "says"),
    [
        ({}, np.ones(len(X)), "shape"),
        ({}, np.ones((3, len(X) + 1)), "shape"),
        ({"residual": "log"}, np.ones((3, len(X))), "plain least squares"),
        ({"loss": huber(0.1)}, np.ones((3, len(X))), "plain least squares"),
        ({"weights": np.arange(1.0, 13)}, np.ones((3, len(X))), "plain least squares"),
        ({"fixed": {"E": 1.5}}, np.ones((3, len(X))), "nothing fixed"),
    ],
)
def test_what_it_is_not_for_is_refused(options, values, says):
    data = {"x": X, "loss": 1.5 + 2 * X**-0.4 * (1 + 0.001 * np.cos(np.arange(len(X))))}
    with pytest.raises(FitError, match=says):
        redrawn(fit(power_law_with_constant, data, **{"residual": "raw"} | options), values)


def test_a_law_with_two_exponents_is_refused():
    grid = pd.DataFrame(
        [(n, d) for n in (1e6, 1e7, 1e8) for d in (1e8, 1e9, 1e10)], columns=["n_params", "n_tokens"]
    )
    grid["loss"] = chinchilla(grid.n_params, grid.n_tokens, E=1.7, A=400, B=400, alpha=0.34, beta=0.28)
    noisy = grid.loss * (1 + 0.001 * np.cos(np.arange(len(grid))))
    with pytest.raises(FitError, match="one nonlinear"):
        redrawn(fit(chinchilla, grid.assign(loss=noisy), residual="raw"), np.ones((2, 9)))
