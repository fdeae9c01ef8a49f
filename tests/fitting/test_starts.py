"""Where a fit starts: linear parameters by least squares, some not negative."""

import numpy as np
import pytest

from scalinglaws import fit
from scalinglaws.fitting.starts import non_negative, non_negative_one_by_one
from scalinglaws.laws import power_law_with_constant


@pytest.mark.parametrize("kind", ["plain", "alike", "without effect", "few runs"])
def test_an_active_set_ends_where_all_subsets_tried_do(kind):
    rng = np.random.default_rng(0)
    n = 4 if kind == "few runs" else 30
    rows, targets = rng.normal(size=(200, n, 6)), rng.normal(size=(200, n))
    if kind == "alike":
        rows[:, :, 3], rows[:, :, 5] = rows[:, :, 1], rows[:, :, 4]
    if kind == "without effect":
        rows[:, :, 2] = 0
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-300)
    positive = np.array([True] * 5 + [False])
    found = [f(rows, targets, positive) for f in (non_negative, non_negative_one_by_one)]
    assert (found[1][:, positive] >= 0).all() and (found[1][:, 5] < 0).any()
    one, other = (((targets - (rows @ x[..., None])[..., 0]) ** 2).sum(1) for x in found)
    np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_a_law_with_many_linear_parameters_is_fitted_group_by_group():
    rng = np.random.default_rng(1)
    group, x = np.repeat(np.arange(10), 12), np.tile(np.geomspace(1, 1e4, 12), 10)
    height = np.geomspace(1, 5, 10)
    loss = (0.7 + height[group] * x**-0.3) * np.exp(0.003 * rng.normal(size=120))
    got = fit(power_law_with_constant, {"x": x, "set": group, "loss": loss}, per={"A": "set"})
    assert got["alpha"] == pytest.approx(0.3, abs=0.01) and got["E"] == pytest.approx(0.7, abs=0.02)
    for j in range(10):
        assert got[f"A[{j}]"] == pytest.approx(height[j], rel=0.02)
