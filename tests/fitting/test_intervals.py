"""How sure a fit is: intervals that cover, resampling that can be made again, refusals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from covered import QUANTITIES, clusters, label, least_squares, robust_loss, squared_loss
from scipy.optimize import curve_fit
from scipy.special import stdtrit
from simulated import checkpoints, design

from scalinglaws import FitError, Status, bootstrap, fit, huber, jackknife, profile, size_exponent
from scalinglaws.fitting import refits
from scalinglaws.laws import chinchilla, power_law, power_law_with_constant

TRIALS = 400


def shares(counts, trials=TRIALS):
    """Coverage of each quantity."""
    return {name: count / trials for name, count in counts.items()}


# --- coverage (F8, F9)


@pytest.fixture(scope="module")
def simulated_fits():
    return list(least_squares(0.005, range(TRIALS)))


#: B and beta are to tokens what A and alpha are to parameters; `make bench` counts them, too.
COUNTED = [what for what in QUANTITIES if what not in ("log B", "beta")]


@pytest.mark.parametrize("what", COUNTED, ids=label)
def test_wald_and_profile_intervals_cover(simulated_fits, what):
    for method, counts in squared_loss(simulated_fits, {what: QUANTITIES[what]}).items():
        assert 0.91 <= shares(counts)[label(what)] <= 0.98, (method, shares(counts))


def test_percentile_intervals_of_robust_fits_cover():
    counts, fits = robust_loss(0.005, range(TRIALS))
    assert fits >= 0.99 * TRIALS
    assert all(0.91 <= share <= 0.98 for share in shares(counts, fits).values()), shares(counts, fits)


def test_cluster_bootstrap_covers_where_the_naive_one_does_not():
    share = shares(clusters(range(TRIALS)))
    assert 0.91 <= share["by run"] <= 0.98 and share["naive"] < 0.80, share


# --- Wald (F12)


def test_wald_agrees_with_curve_fit():
    data = design(200, seed=4, noise=0.01)
    ours = fit(chinchilla, data)

    def flat(x, a, b, e, alpha, beta):
        return np.log(np.exp(e) + np.exp(a) * x[0] ** -alpha + np.exp(b) * x[1] ** -beta)

    start = [ours.log("A"), ours.log("B"), ours.log("E"), ours["alpha"] * 1.01, ours["beta"]]
    x = data[["n_params", "n_tokens"]].to_numpy().T
    theirs, cov = curve_fit(flat, x, np.log(data.loss), start, xtol=1e-14, ftol=1e-14)
    mine = [ours.log("A"), ours.log("B"), ours.log("E"), ours["alpha"], ours["beta"]]
    np.testing.assert_allclose(mine, theirs, rtol=1e-6)
    order = [ours.free.index(name) for name in ("A", "B", "E", "alpha", "beta")]
    np.testing.assert_allclose(np.sqrt(np.diag(ours.covariance))[order], np.sqrt(np.diag(cov)), rtol=1e-3)


def test_interval_of_a_positive_parameter_is_that_of_its_logarithm():
    got = fit(chinchilla, design(noise=0.01))
    np.testing.assert_allclose(np.log(got.interval("A")), got.interval("log A"), rtol=1e-12)
    low, high = got.interval("A")
    assert high - got["A"] > got["A"] - low
    with pytest.raises(FitError, match="log scale"):
        got.interval("log alpha")
    with pytest.raises(FitError, match="not estimated"):
        got.interval("gamma")
    with pytest.raises(FitError, match="level"):
        got.interval("A", level=95)


def test_wald_on_a_robust_fit_is_refused(found):
    with pytest.raises(FitError, match="bootstrap"):
        found.interval("alpha")


# --- profile likelihood


@pytest.mark.parametrize("what", ["alpha", "log A", "E", size_exponent], ids=label)
@pytest.mark.parametrize("noise", [0.005, 0.05])
def test_a_profile_ends_where_the_sum_of_squares_says(what, noise):
    got = fit(chinchilla, design(noise=noise))
    quantile = stdtrit(got.degrees_of_freedom, 0.975)
    for end, side in zip(profile(got, what), (-1, 1), strict=True):
        if callable(what):
            # a = beta / (alpha + beta) held at `end` leaves alpha free: search over it.
            from scipy.optimize import minimize_scalar

            def least(alpha, a=end):
                fixed = {"alpha": alpha, "beta": a * alpha / (1 - a)}
                return fit(chinchilla, got.data, fixed=fixed, starts=1, strict=False).objective

            value = minimize_scalar(least, bracket=(got["alpha"], 1.01 * got["alpha"]), tol=1e-6).fun
        else:
            name = what.removeprefix("log ")
            held = np.exp(end) if name != what else end
            value = fit(chinchilla, got.data, fixed={name: held}, strict=False).objective
        rise = (value / got.objective - 1) * got.degrees_of_freedom
        assert rise == pytest.approx(quantile**2, rel=1e-5)
        centre = what(got.params) if callable(what) else got.log("A") if what == "log A" else got[what]
        assert side * (end - centre) > 0


def test_a_profile_does_not_depend_on_the_scale_of_the_parameter():
    got = fit(chinchilla, design(noise=0.02))
    np.testing.assert_allclose(np.log(profile(got, "A")), profile(got, "log A"), rtol=1e-9)
    np.testing.assert_allclose(profile(got, lambda p: np.log(p["A"])), profile(got, "log A"), rtol=1e-6)
    linear = fit(power_law, checkpoints(0))
    np.testing.assert_allclose(profile(linear, "alpha"), linear.interval("alpha"), rtol=1e-8)
    assert np.diff(profile(got, "alpha", 0.99)) > np.diff(profile(got, "alpha", 0.9))


def test_an_end_that_the_runs_do_not_tell_is_infinite():
    x = np.logspace(0, 2, 12)
    noisy = (0.2 + 3 * x**-0.3) * np.exp(0.05 * np.random.default_rng(3).normal(size=12))
    got = fit(power_law_with_constant, {"x": x, "loss": noisy}, strict=False)
    assert got.status is Status.CONVERGED
    # No floor at all fits these runs about as well.
    without = fit(power_law, {"x": x, "loss": noisy})
    assert without.objective < got.objective * (1 + 4 / got.degrees_of_freedom)
    low, high = profile(got, "E")
    assert low == 0 and got["E"] < high < np.inf
    assert profile(got, "log E")[0] == -np.inf


def test_profiles_are_refused_where_there_is_no_likelihood(found):
    with pytest.raises(FitError, match="no likelihood"):
        profile(found, "alpha")
    got = fit(chinchilla, design(noise=0.01))
    with pytest.raises(FitError, match="not estimated"):
        profile(got, "gamma")
    with pytest.raises(FitError, match="level"):
        profile(got, "alpha", level=95)
    unproved = replace(got, status=Status.NOT_CONVERGED)
    with pytest.raises(FitError, match="only a converged fit"):
        profile(unproved, "alpha")


# --- bootstrap (F9)


def test_bootstrap_rows_can_be_made_again_alone(found):
    many = bootstrap(found, 5, seed=3)
    one = bootstrap(found, 1, seed=3, first=4)
    two = bootstrap(found, 0, seed=3, numbers=[4, 1])
    pd.testing.assert_frame_equal(many.samples.loc[[4]], one.samples)
    pd.testing.assert_frame_equal(many.samples.loc[[4, 1]], two.samples)


def test_bootstrap_finds_each_resample_s_optimum(runs, found):
    quick = bootstrap(found, 10, seed=0)
    for k in range(10):
        drawn = np.random.default_rng([0, k]).integers(0, len(runs), len(runs))
        full = fit(chinchilla, runs.iloc[drawn], loss=huber(1e-3))
        assert quick.samples.objective[k] == pytest.approx(full.objective, rel=1e-6)
        assert quick.samples.beta[k] == pytest.approx(full["beta"], abs=1e-5)


def test_draws_made_elsewhere_are_fitted_as_given(runs, found):
    rows = [np.random.default_rng([3, k]).integers(0, 240, 240) for k in range(5)]
    given, own = bootstrap(found, 5, rows=rows), bootstrap(found, 5, seed=3)
    pd.testing.assert_frame_equal(given.samples, own.samples)
    one = bootstrap(found, 1, rows=rows, first=4)
    pd.testing.assert_frame_equal(given.samples.loc[[4]], one.samples)
    half = np.arange(0, 240, 2)
    fewer = bootstrap(found, 1, rows=[half])
    alone = fit(chinchilla, runs.iloc[half], loss=huber(1e-3))
    assert fewer.samples.objective[0] == pytest.approx(alone.objective, rel=1e-6)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"rows": [[0, 1, 240]]}, "from 0 to 240"),
        ({"rows": [[-1, 1, 2]]}, "from -1 to 2"),
        ({"rows": [[0.5, 1.0]]}, "whole numbers"),
        ({"rows": [0, 1, 2]}, "one row of them a resample"),
        ({"rows": [[0, 1]], "first": 1}, "no resample 1"),
        ({"rows": [[0, 1]], "by": "n_params"}, "one of the two"),
    ],
)
def test_draws_of_other_runs_are_refused(found, wrong, what):
    with pytest.raises(FitError, match=what):
        bootstrap(found, 1, **wrong)


def test_bootstrap_intervals(found):
    drawn = bootstrap(found, 200, seed=1)
    assert not drawn.failed and drawn.samples.index.tolist() == list(range(200))
    low, high = drawn.interval("alpha")
    assert low < found["alpha"] < high and 0.035 < high - low < 0.075
    np.testing.assert_allclose(np.log(drawn.interval("A")), drawn.interval("log A"), rtol=1e-3)
    assert drawn.standard_error(size_exponent) == pytest.approx(0.02, rel=0.25)
    low, high = drawn.interval(lambda p: p["beta"] / (p["alpha"] + p["beta"]), level=0.8)
    assert low < size_exponent(found.params) < high
    assert "200 resamples of 240 runs, 0 failed" in repr(drawn)
    with pytest.raises(FitError, match="draw more"):
        bootstrap(found, 10, seed=1).interval("alpha")


def test_few_groups_are_warned_about(found):
    got = fit(power_law, checkpoints(0, groups=10))
    with pytest.warns(UserWarning, match="10 groups"):
        bootstrap(got, 2, by="run")
    for by, what in (("batch", "no column"), ([1] * 120, "one group"), ([1, 2], "120 runs")):
        with pytest.raises(FitError, match=what):
            bootstrap(got, 2, by=by)


def test_failed_resamples_are_counted(monkeypatch, found):

    def optima(problem, params):
        natural, value, proved = solved(problem, params)
        proved[broken] = False
        return natural, value, proved

    solved, broken = refits.optima, [3]
    monkeypatch.setattr(refits, "optima", optima)
    drawn = bootstrap(found, 10, seed=0)
    assert drawn.failed == (3,) and len(drawn.samples) == 9 and "1 failed" in repr(drawn)
    broken = slice(None)
    with pytest.raises(FitError, match="10 of 10"):
        bootstrap(found, 10, seed=0)


def test_bca_agrees_with_scipy():
    # On log-log axes a power law is a straight line, whose slope scipy can resample.
    from scipy.stats import bootstrap as scipy_bootstrap

    rng = np.random.default_rng(5)
    x = np.exp(rng.exponential(2, 40))
    data = pd.DataFrame({"x": x, "loss": 2 * x**-0.3 * np.exp(0.1 * rng.exponential(size=40))})
    drawn = bootstrap(fit(power_law, data), 4000)

    def slope(u, v):
        return -np.polyfit(u, v, 1)[0]

    for method in ("percentile", "bca"):
        theirs = scipy_bootstrap(
            (np.log(data.x), np.log(data.loss)), slope, paired=True, vectorized=False, n_resamples=4000,
            method=method, rng=np.random.default_rng(1),
        ).confidence_interval  # fmt: skip
        width = theirs.high - theirs.low
        np.testing.assert_allclose(drawn.interval("alpha", method=method), theirs, atol=0.06 * width)
    assert drawn.interval("alpha", method="bca") != drawn.interval("alpha")
    with pytest.raises(FitError, match="method"):
        drawn.interval("alpha", method="basic")


def test_jackknife_leaves_each_run_out():
    data = design(30, noise=0.01)
    got = fit(chinchilla, data)
    without = jackknife(got)
    assert len(without.samples) == 30 and not without.failed
    for k in (0, 17):
        alone = fit(chinchilla, data.drop(index=k))
        assert without.samples.beta[k] == pytest.approx(alone["beta"], rel=1e-8)
    assert without.standard_error("beta") == pytest.approx(
        bootstrap(got, 300).standard_error("beta"), rel=0.3
    )
    assert "30 fits with one unit left out" in repr(without)
    groups = jackknife(fit(power_law, checkpoints(0)), by="run")
    assert len(groups.samples) == 40
