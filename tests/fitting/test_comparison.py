"""Which law is better, and what an extrapolation is worth."""

import numpy as np
import pandas as pd
import pytest
from simulated import checkpoints, design

from scalinglaws import FitError, compare, extrapolate, fit, huber
from scalinglaws.fitting import aicc, leave_groups_out
from scalinglaws.fitting.wald import prediction_interval
from scalinglaws.laws import chinchilla, power_law, power_law_with_constant


@pytest.fixture(scope="module")
def runs():
    data = design(120, noise=0.01)
    return data.assign(flops=6 * data.n_params * data.n_tokens, batch=np.arange(120) % 6)


# --- extrapolation


def test_the_largest_runs_are_held_out(runs):
    found = extrapolate(chinchilla, runs, by="flops")
    limit = runs.flops.quantile(0.8)
    assert len(found.held_out) == 24 and found.held_out.flops.min() > limit * 0.999
    assert found.fit.n == 96 and found.fit.data.flops.max() < found.held_out.flops.min()
    alone = fit(chinchilla, runs.nsmallest(96, "flops"))
    assert found.fit["alpha"] == pytest.approx(alone["alpha"], rel=1e-8)


def test_errors_are_those_of_the_definition(runs):
    found = extrapolate(chinchilla, runs, by="flops", above=1e21)
    small, large = runs[runs.flops <= 1e21], runs[runs.flops > 1e21]
    wanted = np.abs(
        np.log(large.loss / chinchilla(large.n_params, large.n_tokens, **found.fit.params))
    ).mean()
    assert found.errors.loc["chinchilla", "held out"] == pytest.approx(wanted)
    last = small.loc[small.flops.idxmax(), "loss"]
    assert found.errors.loc["last value", "held out"] == pytest.approx(
        np.abs(np.log(large.loss / last)).mean()
    )
    mean = np.exp(np.log(small.loss).mean())
    assert found.errors.loc["constant", "fitted"] == pytest.approx(np.abs(np.log(small.loss / mean)).mean())
    assert found.beats_baselines and "held out" in repr(found) and "last value" in repr(found)


def test_held_out_runs_have_prediction_intervals(runs):
    found = extrapolate(chinchilla, runs, by="flops")
    large = runs[runs.flops > found.fit.data.flops.max()]
    low, high = prediction_interval(found.fit, large)
    np.testing.assert_allclose(found.held_out[["low", "high"]], np.column_stack([low, high]))
    assert found.inside >= 0.8 and "95 % prediction interval" in repr(found)
    robust = extrapolate(chinchilla, runs, by="flops", loss=huber(0.01))
    assert "low" not in robust.held_out and np.isnan(robust.inside)


def test_noise_without_a_law_does_not_beat_the_baselines():
    rng = np.random.default_rng(0)
    x = np.logspace(0, 3, 40)
    data = pd.DataFrame(
        {"x": x, "loss": np.exp(0.2 * rng.normal(size=40)) * np.where(x < 200, x**-0.5, 0.08)}
    )
    assert not extrapolate(power_law, data, by="x").beats_baselines


def test_groups_are_held_out_whole():
    data = checkpoints(0, groups=20)
    data["n_params"] = 10.0 ** (data.run % 5)
    found = extrapolate(power_law, data, by="n_params", group="run", hold_out=0.2)
    assert set(found.held_out.n_params) == {1e4} and len(found.held_out) == 4 * 12
    weighted = extrapolate(power_law, data, by="x", weights=np.ones(len(data)))
    assert weighted.fit["alpha"] == pytest.approx(extrapolate(power_law, data, by="x").fit["alpha"])


def test_holding_out_nothing_or_everything_is_refused(runs):
    for options in ({"above": 1e30}, {"above": 0.0}):
        with pytest.raises(FitError, match="would be held out"):
            extrapolate(chinchilla, runs, by="flops", **options)
    for options, words in (({"hold_out": 20}, "share"), ({"group": "team"}, "no column 'team'")):
        with pytest.raises(FitError, match=words):
            extrapolate(chinchilla, runs, by="flops", **options)
    with pytest.raises(FitError, match="no column 'compute'"):
        extrapolate(chinchilla, runs, by="compute")


# --- comparison


def test_the_true_law_wins(runs):
    fits = {
        "size only": fit(power_law_with_constant, {"x": runs.n_params, "loss": runs.loss}, strict=False),
        "one exponent": fit(chinchilla, runs, fixed={"alpha": 0.2}),
        "chinchilla": fit(chinchilla, runs),
    }
    table = compare(fits)
    assert table.index[0] == "chinchilla" and table.loc["chinchilla", "difference"] == 0
    assert table["weight"].sum() == pytest.approx(1) and table.loc["chinchilla", "weight"] > 0.99
    assert table["parameters"].to_dict() == {"chinchilla": 5, "one exponent": 4, "size only": 3}
    left = compare({k: fits[k] for k in ("one exponent", "chinchilla")}, by=runs.batch)["left out"]
    assert left["chinchilla"] < left["one exponent"]


def test_aicc_is_that_of_a_straight_line():
    # The textbook's sum for a linear regression, by numpy.
    rng = np.random.default_rng(1)
    x = np.exp(rng.uniform(0, 5, 12))
    y = 3 * x**-0.4 * np.exp(0.1 * rng.normal(size=12))
    rss = np.polyfit(np.log(x), np.log(y), 1, full=True)[1][0]
    wanted = 12 * np.log(rss / 12) + 2 * 3 + 2 * 3 * 4 / (12 - 3 - 1)
    assert aicc(fit(power_law, {"x": x, "loss": y})) == pytest.approx(wanted, rel=1e-9)
    with pytest.raises(FitError, match="too few for AICc"):
        aicc(fit(power_law, {"x": x[:4], "loss": y[:4]}))


def test_a_group_is_predicted_from_the_others(runs):
    got = fit(chinchilla, runs)
    errors = leave_groups_out(got, "batch")
    alone = fit(chinchilla, runs[runs.batch != 2])
    part = runs[runs.batch == 2]
    wanted = np.abs(np.log(part.loss / alone.predict(part))).mean()
    assert errors[2] == pytest.approx(wanted, rel=1e-6) and list(errors.index) == list(range(6))


def test_only_like_is_compared_with_like(runs):
    got = fit(chinchilla, runs)
    for other in (
        fit(chinchilla, runs.assign(loss=2 * runs.loss)),
        fit(chinchilla, runs, residual="raw"),
        fit(chinchilla, runs, weights=np.arange(1.0, 121)),
        fit(chinchilla, runs, loss=huber(0.01)),
    ):
        with pytest.raises(FitError, match="only on the same"):
            compare({"one": got, "other": other})
    robust = fit(chinchilla, runs, loss=huber(0.01))
    with pytest.raises(FitError, match="likelihood"):
        aicc(robust)
    assert "AICc" not in compare(
        {"robust": robust, "fixed": fit(chinchilla, runs, loss=huber(0.01), fixed={"E": 1.8})}
    )
