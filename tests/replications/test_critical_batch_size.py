"""The critical batch size: printed values by scipy's curve fit, recursions by drawing and by plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import curve_fit

from replications.critical_batch_size import least_squares, quadratic
from replications.critical_batch_size.steps import (
    critical,
    exponent,
    growth,
    interpolated,
    over_models,
    ratios,
    redrawn,
    shared_power,
    slope_over_models,
    spread,
    twice_the_least,
)
from scalinglaws import load

#: What the authors' notebook prints, cells 5 to 7.
PRINTED = [745.3201, 955.1582, 1393.7269, 1888.5221, 2533.4108]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return load("critical_batch_steps")


@pytest.fixture(scope="module")
def curves(table) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Sizes in millions, batch sizes, and the two lists of steps, one row a size."""
    wide = {y: table.pivot_table(y, "n_params", "batch_size") for y in ("steps", "steps_fitted")}
    logged = wide["steps"]
    return logged.index / 1e6, logged.columns.to_numpy(float), {y: w.to_numpy(float) for y, w in wide.items()}


def by_curve_fit(batch: np.ndarray, steps: np.ndarray) -> float:
    (a, b), _ = curve_fit(
        lambda x, a, b: np.log(a + b / x), batch, np.log(steps), p0=[steps.min(), steps[0] * batch[0]]
    )
    return b / a


def test_the_printed_values_and_the_printed_law(curves):
    size, batch, steps = curves
    batches = [0.2 * by_curve_fit(batch, row) + 1.2 * 256 for row in steps["steps_fitted"]]
    assert batches == pytest.approx(PRINTED, abs=0.01)
    assert critical(ratios(batch, steps["steps_fitted"]), 256) == pytest.approx(batches, abs=0.01)
    slope, level = np.polyfit(np.log(size), np.log(batches), 1)
    assert (slope, np.exp(level)) == pytest.approx((0.468278, 93.1968), abs=1e-4)
    assert np.exp(level) * 6000**slope == pytest.approx(5478.063, abs=0.02)
    (factor, power), _ = curve_fit(lambda x, d, p: d * x**p, size, batches, p0=[90, 0.5])
    assert (power, factor) == pytest.approx((0.457641, 99.5059), abs=1e-3)
    assert exponent(size, batches) == pytest.approx(slope, abs=1e-12)


def test_the_critical_batch_needs_a_fifth_more_samples_than_the_reference():
    """The definition itself, by the samples that a curve a + b / batch takes."""
    a, b = 1500.0, 4e6
    for reference in (64.0, 256.0):
        at = critical(b / a, reference)
        assert at * (a + b / at) == pytest.approx(1.2 * reference * (a + b / reference), rel=1e-12)


def test_six_counts_were_altered_all_of_them_below_the_curve(curves):
    _, batch, steps = curves
    logged, fitted = steps["steps"], steps["steps_fitted"]
    altered = logged != fitted
    assert altered.sum() == 6
    left = np.log(logged) - np.log1p(ratios(batch, logged)[:, None] / batch)
    left -= left.mean(axis=1, keepdims=True)
    assert (left[altered] < 0).all()
    assert (fitted > logged)[altered].sum() == 5
    assert spread(batch, fitted) < spread(batch, logged)


def test_the_exponent_depends_on_the_reference(curves):
    size, batch, steps = curves
    ratio = [by_curve_fit(batch, row) for row in steps["steps"]]
    slopes = [np.polyfit(np.log(size), np.log(critical(ratio, ref)), 1)[0] for ref in (256, 64, 0)]
    assert slopes == pytest.approx([0.4629, 0.5641, 0.6104], abs=2e-4)


def test_ratios_are_optima_of_a_dense_grid_and_end_where_there_are_none():
    rng = np.random.default_rng(2)
    batch = 2.0 ** np.arange(6, 15)
    drawn = redrawn(1000 * (1 + 3000 / batch), 0.1, 50, rng)
    grid = np.geomspace(300, 30_000, 4000)
    shapes = np.log1p(grid[:, None] / batch)
    shapes -= shapes.mean(axis=1, keepdims=True)
    for row, found in zip(drawn, ratios(batch, drawn), strict=True):
        logs = np.log(row) - np.log(row).mean()
        assert found == pytest.approx(grid[((logs - shapes) ** 2).sum(axis=1).argmin()], rel=2e-3)
    never, always = ratios(batch, [batch, 1 / batch])
    assert never == pytest.approx(0.064, rel=1e-9) and always == pytest.approx(1000 * batch[-1], rel=1e-9)


def test_interpolation_finds_the_overhead_of_a_smooth_curve_or_ends_at_the_largest_batch():
    batch = 2.0 ** np.arange(6, 15)
    steps = 1000 + 3e6 / batch
    at = interpolated(batch, steps, 256)
    assert np.interp(np.log(at), np.log(batch), np.log(batch * steps)) == pytest.approx(
        np.log(1.2 * 256 * steps[2]), abs=1e-12
    )
    assert at == pytest.approx(critical(3000, 256), rel=0.05)
    with pytest.raises(ValueError, match="none of the batch sizes"):
        interpolated(batch, steps, 100)
    assert interpolated(batch, [1 / batch, steps], 256) == pytest.approx([batch[-1], float(at)])


@pytest.mark.parametrize("batch", [1, 4])
def test_the_recursion_is_the_mean_of_drawn_descents(batch):
    """SGD on fresh normal samples, with directions left out that the recursion counts as noise."""
    rng = np.random.default_rng(batch)
    eigenvalues, initial, _ = least_squares.spectrum(12, 1.5, 2.5)
    learned, runs, rate, noise = 8, 4000, 0.3, 0.25
    hidden = initial[learned:].sum()
    expected = least_squares.risks(
        eigenvalues[:learned], initial[:learned], noise + hidden, [rate], [batch], 8
    )
    truth = np.sqrt(initial / eigenvalues)
    weights = np.zeros((runs, learned))
    for _ in range(8):
        x = rng.standard_normal((runs, batch, 12)) * np.sqrt(eigenvalues)
        label = x @ truth + np.sqrt(noise) * rng.standard_normal((runs, batch))
        miss = np.einsum("rbi,ri->rb", x[..., :learned], weights) - label
        weights -= rate * np.einsum("rb,rbi->ri", miss, x[..., :learned]) / batch
    risk = (weights - truth[:learned]) ** 2 @ eigenvalues[:learned]
    assert risk.mean() == pytest.approx(expected[-1, 0, 0], abs=4 * risk.std() / np.sqrt(runs))
    # The tolerance is tight enough to see the hidden directions.
    without = least_squares.risks(eigenvalues[:learned], initial[:learned], noise - 0.2, [rate], [batch], 8)
    assert abs(risk.mean() - without[-1, 0, 0]) > 4 * risk.std() / np.sqrt(runs)


def test_the_average_of_weights_has_the_risk_of_drawn_averages():
    rng = np.random.default_rng(7)
    eigenvalues, initial, _ = least_squares.spectrum(6, 1.5, 2.5)
    runs, rate, batch, steps = 6000, 0.4, 2, 7
    risks = [
        least_squares.risks(eigenvalues, initial, 0.25, [rate], [batch], steps, average)[-1, 0, 0]
        for average in (True, False)
    ]
    truth = np.sqrt(initial / eigenvalues)
    weights = np.zeros((runs, 6))
    total = weights.copy()
    for _ in range(steps):
        x = rng.standard_normal((runs, batch, 6)) * np.sqrt(eigenvalues)
        miss = np.einsum("rbi,ri->rb", x, weights - truth) - 0.5 * rng.standard_normal((runs, batch))
        weights = weights - rate * np.einsum("rb,rbi->ri", miss, x) / batch
        total += weights
    for found, drawn in zip(risks, (total / (steps + 1), weights), strict=True):
        risk = (drawn - truth) ** 2 @ eigenvalues
        assert risk.mean() == pytest.approx(found, abs=4 * risk.std() / np.sqrt(runs))
    assert risks[0] > 1.1 * risks[1]


def test_steps_by_batch_are_those_of_all_batches_together():
    """`tuned_steps` stops large batches early; the recursion that does not must agree with it."""
    batches, rates = np.array([1.0, 8, 64]), np.geomspace(0.01, 1.5, 12)
    found = least_squares.tuned_steps(40, 1.5, 2.5, 1.0, [0.2, 0.1], batches, rates, 500)
    eigenvalues, initial, rest = least_squares.spectrum(40, 1.5, 2.5)
    risk = least_squares.risks(eigenvalues, initial, 1 + rest, rates, batches, 500) + rest
    expected = least_squares.least_steps(risk, np.array([0.2, 0.1]) * (initial.sum() + rest))
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("a", "b"), [(1.5, 2.5), (2.0, 3.0)])
def test_averaged_risk_falls_as_the_two_errors_of_the_derivation(a, b):
    """Without noise of the batch the average forgets its start as (eta n)^-(b-1)/a does, here below 2."""
    eigenvalues, initial, rest = least_squares.spectrum(3000, a, b)
    risk = least_squares.risks(eigenvalues, initial, 0.0, [1.0], [1e12], 1000, average=True)[:, 0, 0] + rest
    assert np.log2(risk[500] / risk[1000]) == pytest.approx((b - 1) / a, abs=0.03)


def test_the_spectrum_keeps_the_whole_risk():
    _, initial, hidden = least_squares.spectrum(300, 1.5, 2.5)
    _, more, rest = least_squares.spectrum(3000, 1.5, 2.5)
    assert initial.sum() + hidden == pytest.approx(more.sum() + rest, rel=1e-12)


def test_steps_of_least_squares_join_whole_steps_by_lines():
    risk = np.array([1.0, 0.5, 0.25])[:, None, None] * np.ones((1, 2, 1))
    risk[1:, 1] = [[2.0], [np.inf]]
    (found,) = least_squares.least_steps(risk, [np.sqrt(0.5 * 0.25)])
    assert found == pytest.approx([1.5], abs=1e-12)
    assert np.isinf(least_squares.least_steps(risk, [0.1])).all()


def test_a_tuned_quadratic_agrees_with_a_loop_over_whole_steps():
    h = 1 / np.arange(1, 51.0)
    rates = np.geomspace(0.01, 1.9, 30)
    steps, best = quadratic.least_steps(h, h, np.ones(50), [0.5, 8], 0.1, rates)
    for batch, expected in zip((0.5, 8), steps, strict=True):
        least = np.inf
        for rate in rates:
            squares, count = np.ones(50), 0
            while h @ squares > 0.1 * h.sum() and count < 3000:
                squares = (1 - rate * h) ** 2 * squares + rate**2 * h / batch
                count += 1
            least = min(least, count if count < 3000 else np.inf)
        assert 0 <= least - expected < 1
    assert best[0] < best[1]
    with pytest.raises(ValueError, match="two over the largest curvature"):
        quadratic.least_steps(h, h, np.ones(50), [1], 0.1, [2.0])


def test_one_step_gains_what_the_noise_scale_says_and_most_at_its_rate():
    """The mean fall is a parabola of the rate, whose coefficients are written out here."""
    rng = np.random.default_rng(5)
    h, noise, theta = rng.uniform(0.1, 2, (3, 20))
    gradient = h * theta
    for batch in (0.5, 7.0):
        bend = h @ (gradient**2 + noise / batch)
        (rate,), (fall,) = quadratic.best_step(h, noise, theta, [batch])
        assert rate == pytest.approx(gradient @ gradient / bend, rel=1e-12)
        assert fall == pytest.approx((gradient @ gradient) ** 2 / bend / 2, rel=1e-12)
        drawn = quadratic.drawn_falls(h, noise, theta, batch, rate, 20_000, rng)
        assert drawn.mean() == pytest.approx(fall, abs=4 * drawn.std() / np.sqrt(len(drawn)))


def test_both_noise_scales_are_one_where_curvature_is_equal():
    """With H a multiple of one, the curvature cancels: tr(Sigma) / |G|^2 either way."""
    with_curvature, simple = quadratic.noise_scales(np.full(5, 3.0), np.full(5, 2.0), np.full(5, 0.5))
    assert with_curvature == pytest.approx(simple, rel=1e-12)
    assert simple == pytest.approx(5 * 2 / (5 * 9 * 0.5), rel=1e-12)


def test_two_batches_give_gradient_and_noise_without_bias():
    rng = np.random.default_rng(11)
    h, noise, theta = rng.uniform(0.1, 2, (3, 20))
    norms = [quadratic.drawn_norms(h, noise, theta, b, 20_000, rng) for b in (2.0, 50.0)]
    for found, true in zip(
        quadratic.from_two_batches(*norms, (2.0, 50.0)), ((h * theta) @ (h * theta), noise.sum()), strict=True
    ):
        assert found.mean() == pytest.approx(true, abs=4 * found.std() / np.sqrt(len(found)))
    with pytest.raises(ValueError, match="the smaller first"):
        quadratic.from_two_batches(*norms, (50.0, 2.0))


def test_growth_has_the_exponents_and_notices_what_is_planted(curves):
    size, batch, steps = curves
    loss = np.array([3.42, 3.24, 3.07, 2.92, 2.736])
    asked = growth(size, loss, [by_curve_fit(batch, row) for row in steps["steps"]])
    found = {name: slope_over_models(x, y).value for name, (x, y) in asked.items()}
    assert list(found.values()) == pytest.approx([0.4629, 0.5641, 0.6104, -7.398], abs=1e-3)
    assert list(found) == ["reference 256", "reference 64", "no reference", "loss"]
    law = slope_over_models(loss, ratios(batch, 1000 * (1 + 4000 * (loss[:, None] / 3) ** -4.76 / batch)))
    assert (law.value, law.low, law.high) == pytest.approx([-4.76] * 3, abs=1e-6)


def test_the_jackknife_of_a_mean_is_students_interval():
    """Pseudo-values of a mean are the values themselves."""
    values = np.array([1.0, 4.0, 2.0, 7.0])
    found = over_models(lambda kept: values[kept].mean(), 4)
    half = 3.182446 * values.std(ddof=1) / 2
    assert (found.value, found.low, found.high) == pytest.approx((3.5, 3.5 - half, 3.5 + half), abs=1e-5)


def test_scales_are_those_of_a_tuned_run_with_the_critical_batch():
    h, start, many = 1 / np.arange(1, 51.0), np.ones(50), 2.0 ** np.arange(-1, 10)
    grid = np.geomspace(1e-3, 1.98, 80)
    steps, _ = quadratic.least_steps(h, h, start, many, 0.1, grid)
    squares, found = quadratic.along_the_run(h, h, start, many, steps, 0.1, grid)
    assert found["critical batch"] == pytest.approx(by_curve_fit(many, steps), rel=1e-3)
    assert h @ squares == pytest.approx(0.1 * h.sum(), rel=1e-6)
    assert found["B_noise"] == pytest.approx((h @ h) / (h**3 @ squares), rel=1e-12)
    assert abs(found["farthest"]) > found["scatter"] > 0


def test_the_shared_power_is_that_of_a_fit_of_all_curves_and_its_interval_leaves_out_models(curves):
    _, batch, steps = curves
    rows, n = steps["steps"], 5

    def law(x, power, *rest):
        a, b = np.exp(np.reshape(rest, (2, -1)))
        return np.log(a[:, None] + b[:, None] / batch**power).ravel()

    def by_all(counts):
        start = [1.0, *np.log(counts.min(axis=1)), *np.log(counts[:, 0] * batch[0])]
        return curve_fit(law, np.zeros(counts.size), np.log(counts).ravel(), p0=start)[0][0]

    found = over_models(lambda kept: shared_power(batch, rows[kept]), n)
    assert found.value == pytest.approx(by_all(rows), abs=1e-5)
    pseudo = np.array([n * found.value - (n - 1) * by_all(np.delete(rows, k, axis=0)) for k in range(n)])
    half = 2.776445 * pseudo.std(ddof=1) / np.sqrt(n)
    assert (found.low, found.high) == pytest.approx((pseudo.mean() - half, pseudo.mean() + half), abs=1e-4)
    assert shared_power(batch, 1000 * (1 + (4000 / batch) ** 0.5)[None]) == pytest.approx(0.5, abs=1e-4)


def test_the_batch_of_twice_the_least_steps_is_found_whatever_its_power():
    batch, powers, at = 2.0 ** np.arange(6, 15), np.array([0.8, 1.1]), np.array([2000.0, 5000.0])
    counts = 1000 * (1 + (at[:, None] / batch) ** powers[:, None])
    assert twice_the_least(batch, counts, powers) == pytest.approx(at, rel=1e-6)


def test_the_corollary_counts_beta_up_to_a_bound_and_slopes_are_of_neighbours():
    assert least_squares.corollary(1.5, 2.5) == pytest.approx(0.4)
    assert least_squares.corollary(1.5, 5.0) == least_squares.corollary(1.5, 9.0) == pytest.approx(0.625)
    samples = np.array([1.0, 10.0, 100.0])
    assert least_squares.slope_between(samples, [1, 10, 1000]) == pytest.approx(2.0)
    assert least_squares.slope_between(samples, [1, 10, 1000], -2) == pytest.approx(1.0)
