"""Clustered Wald and prediction intervals; what resampling prints where a term is 0 or a function is none."""

from __future__ import annotations

import numpy as np
import pytest
from simulated import checkpoints, design
from test_profile import narrow

from scalinglaws import FitError, bootstrap, fit, huber, jackknife
from scalinglaws.fitting import wald
from scalinglaws.laws import chinchilla, power_law


def test_clustered_covariance_is_that_of_a_straight_line():
    # On log-log axes a power law is a regression, whose sandwich the textbook writes out.
    data = checkpoints(0, groups=12)
    got = fit(power_law, data)
    x = np.column_stack([np.ones(len(data)), -np.log(data.x)])
    rest = np.log(data.loss) - x @ np.linalg.lstsq(x, np.log(data.loss), rcond=None)[0]
    bread = np.linalg.inv(x.T @ x)
    meat = sum(np.outer(s, s) for g in range(12) for s in [x[data.run == g].T @ rest[data.run == g]])
    n = len(data)
    wanted = 12 / 11 * (n - 1) / (n - 2) * bread @ meat @ bread
    np.testing.assert_allclose(wald.covariance(got, by="run"), wanted, rtol=1e-6)
    with pytest.raises(FitError, match="no column"):
        wald.interval(got, "alpha", by="batch")
    with pytest.raises(FitError, match="one group"):
        wald.interval(got, "alpha", by=np.ones(n))


def test_clustered_intervals_cover_where_plain_ones_do_not():
    inside = {None: 0, "run": 0}
    for seed in range(200):
        got = fit(power_law, checkpoints(seed), starts=1)
        for by in inside:
            low, high = wald.interval(got, "log A", by=by)
            inside[by] += low <= np.log(3) <= high
    assert 0.9 <= inside["run"] / 200 <= 0.99 and inside[None] / 200 < 0.8, inside


def test_prediction_intervals_are_those_of_a_straight_line():
    from scipy.stats import t

    rng = np.random.default_rng(1)
    x = np.exp(rng.uniform(0, 5, 12))
    y = 3 * x**-0.4 * np.exp(0.1 * rng.normal(size=12))
    got = fit(power_law, {"x": x, "loss": y})
    u, new = np.log(x), np.array([2.0, 8.0])
    slope, height = np.polyfit(u, np.log(y), 1)
    s2 = np.sum((np.log(y) - height - slope * u) ** 2) / 10
    lever = 1 / 12 + (new - u.mean()) ** 2 / np.sum((u - u.mean()) ** 2)
    for extra in (0, 1):
        half = t.ppf(0.975, 10) * np.sqrt(s2 * (lever + extra))
        wanted = np.exp(height + slope * new - half), np.exp(height + slope * new + half)
        found = wald.prediction_interval(got, {"x": np.exp(new)}, new_run=bool(extra))
        np.testing.assert_allclose(found, wanted, rtol=1e-7)
    robust = fit(power_law, {"x": x, "loss": y}, loss=huber(0.05))
    with pytest.raises(FitError, match="bootstrap"):
        wald.prediction_interval(robust, {"x": x})


def test_prediction_intervals_of_robust_fits_hold_new_runs():
    got = fit(chinchilla, design(80, noise=0.02), loss=huber(1e-2))
    new = design(400, seed=5, noise=0.02)
    drawn = bootstrap(got, 200)
    low, high = drawn.prediction_interval(new)
    assert 0.88 <= np.mean((low <= new.loss) & (new.loss <= high)) <= 0.99
    inner, outer = drawn.prediction_interval(new, new_run=False)
    assert np.all(inner < outer) and np.mean(outer - inner) < 0.6 * np.mean(high - low)
    with pytest.raises(FitError, match="level"):
        drawn.prediction_interval(new, level=95)


def test_a_resample_whose_irreducible_loss_is_0_counts_as_such():
    drawn = bootstrap(fit(chinchilla, narrow(2)), 200)
    assert not drawn.failed and np.sum(drawn.samples.E == 0) >= 5
    low, high = drawn.interval("E")
    assert low == 0 and 2.3 < high < 2.7
    assert drawn.interval("log E") == pytest.approx((-np.inf, np.log(high)), rel=1e-3)
    assert "log E     95 % [-inf, 0.9" in repr(drawn) and "nan" not in repr(drawn)
    with pytest.raises(FitError, match="not finite"):
        drawn.standard_error("log E")
    with pytest.raises(FitError, match="not a number in 200"):
        drawn.interval(lambda p: np.nan)


@pytest.mark.parametrize("n", [-5, 0, 2.5, "many"])
def test_a_number_of_resamples_is_a_positive_whole_number(n):
    with pytest.raises(FitError, match="at least 1"):
        bootstrap(fit(power_law, checkpoints(0)), n)


def test_a_jackknife_prints_standard_errors_and_no_range():
    got = fit(power_law, checkpoints(0))
    without = jackknife(got, by="run")
    text = repr(without)
    assert f"standard error {without.standard_error('alpha'):.4g}" in text and " to " not in text
    values = without.samples.alpha.to_numpy()
    wanted = np.sqrt(39 / 40 * np.sum((values - values.mean()) ** 2))
    assert without.standard_error("alpha") == pytest.approx(wanted, rel=1e-12)
    object.__setattr__(without, "failed", (3,))
    with pytest.raises(FitError, match="did not converge without 3"):
        without.standard_error("alpha")
    assert "no standard error" in repr(without)
