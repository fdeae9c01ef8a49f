"""The four regimes by other routes: brute force, another solver, exact means, and laws that must hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import fixed_point

from replications.four_regimes import images, pieces, regression, runs
from replications.four_regimes.equation import beyond, endless_resolution, local_exponents, loss, resolution
from replications.four_regimes.exponents import (
    difference,
    exponent,
    slopes,
    straightness,
    typical,
    typically_off,
)
from replications.four_regimes.pools import apart, from_spectrum, unevenness
from scalinglaws.spectra import power_law, slope
from scalinglaws.uncertainty import Estimate, distance


def brute_force(modes, data, projections, teachers, rng):
    """Mean loss over drawn teachers, by least squares on their own labels and a population of their own."""
    root = np.sqrt(modes.variance)[:, None]
    amplitudes = rng.standard_normal((modes.size, teachers)) * np.sqrt(modes.signal)[:, None]
    labels = data @ amplitudes
    fitted = np.linalg.lstsq(data @ (root * projections), labels, rcond=None)[0]
    return ((amplitudes - root * projections @ fitted) ** 2).sum(0).mean()


@pytest.mark.parametrize(("n_data", "n_features"), [(15, 40), (40, 15)])
@pytest.mark.parametrize("signal", [None, 3.0])
def test_exact_losses_are_the_mean_over_teachers(n_data, n_features, signal):
    rng, modes = np.random.default_rng(0), power_law(60, 1.7, signal)
    data, projections = regression.gaussian(rng, n_data, 60), regression.signs(rng, 60, n_features)
    drawn = brute_force(modes, data, projections, 20_000, rng)
    assert regression.by_both(modes, data, projections) == pytest.approx(drawn, rel=0.03)


def test_one_side_without_end_is_the_limit_of_both_finite():
    rng, modes = np.random.default_rng(1), power_law(40, 2, 2.5)
    data = regression.gaussian(rng, 12, 40)
    # A projection that is a rotation leaves all features as they are.
    turned = np.linalg.qr(regression.gaussian(rng, 40, 40))[0]
    assert regression.by_both(modes, data, turned) == pytest.approx(regression.by_data(modes, data, [12])[0])
    projections = regression.gaussian(rng, 40, 12)
    # Forty rows that are orthogonal and alike in length are the population.
    everything = np.sqrt(40) * np.linalg.qr(regression.gaussian(rng, 40, 40))[0]
    whole = regression.by_both(modes, everything, projections)
    assert whole == pytest.approx(regression.by_features(modes, projections, [12])[0])


@pytest.mark.parametrize(("n_data", "n_features"), [(10, 35), (35, 10), (20, 22)])
def test_exchanging_data_and_projections_changes_nothing(n_data, n_features):
    rng, modes = np.random.default_rng(2), power_law(50, 1.5)
    data, projections = regression.gaussian(rng, n_data, 50), regression.gaussian(rng, 50, n_features)
    one = regression.by_both(modes, data, projections)
    assert regression.by_both(modes, projections.T, data.T) == pytest.approx(one, rel=1e-9)
    # It is the teacher without preferences that makes it so.
    smooth = power_law(50, 1.5, 3)
    ratio = regression.by_both(smooth, projections.T, data.T) / regression.by_both(smooth, data, projections)
    assert abs(ratio - 1) > 0.01


def test_the_excess_of_few_features_is_exact():
    # E L(D, P) - L(P) = L(P) P / (D - P - 1) for Gaussian examples, whatever the projections.
    rng, modes = np.random.default_rng(3), power_law(30, 1.5)
    projections = regression.signs(rng, 30, 6)
    limit = regression.by_features(modes, projections, [6])[0]
    drawn = [regression.by_both(modes, regression.gaussian(rng, 25, 30), projections) for _ in range(3000)]
    assert np.mean(drawn) / limit - 1 == pytest.approx(6 / 18, rel=0.03)


def test_the_resolution_by_iteration_instead_of_bisection():
    modes = power_law(500, 1.8, endless=True)
    for n in (5, 40, 200):

        def again(log_kappa, n=n):
            kappa = np.exp(log_kappa)
            # D kappa = sum of variance (1 - share), from the other form of the loss.
            left = (modes.variance * kappa / (modes.variance + kappa)).sum() + modes.rest
            return np.log(left / n)

        assert np.exp(fixed_point(again, np.log(1 / n), maxiter=20_000, xtol=1e-12)) == pytest.approx(
            resolution(modes, n), rel=1e-6
        )


def test_the_endless_sum_by_quadrature_and_by_brute_force():
    for alpha in (0.5, 2.0):
        kappa = 1e-3
        ranks = np.arange(1, 4_000_001.0)
        brute = (1 / (1 + kappa * ranks ** (1 + alpha))).sum()
        # With x = 1 / u the range is finite and the tail is not missed.
        rest = quad(lambda u, a=alpha, k=kappa: u ** (a - 1) / (u ** (1 + a) + k), 0, 1 / 4_000_000.5)[0]
        assert beyond(alpha, kappa, 0) == pytest.approx(brute + rest, rel=1e-6)
        assert beyond(alpha, kappa, 50) == pytest.approx(
            brute + rest - (1 / (1 + kappa * ranks[:50] ** (1 + alpha))).sum(), rel=1e-6
        )


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5, 4.0])
def test_headline_exponent_and_height_of_a_power_law(alpha):
    # The integral of 1 / (1 + x^(1 + alpha)), by quadrature instead of its closed form.
    height = quad(lambda x: 1 / (1 + x ** (1 + alpha)), 0, np.inf)[0] ** (1 + alpha)
    assert 1e5 * endless_resolution(alpha, 1e5) == pytest.approx(height * 1e5**-alpha, rel=1e-4)


def test_the_general_equation_shrinks_to_the_symmetric_one():
    modes = power_law(400, 1.6)
    for few, many in [(20, 90), (20, 1e7), (50, 300)]:
        short = few * resolution(modes, few) / (1 - few / many)
        assert loss(modes, few, many) == pytest.approx(short, rel=1e-9)
        assert loss(modes, many, few) == pytest.approx(short, rel=1e-9)
    assert loss(modes, 20) == pytest.approx(loss(modes, 20, 1e12), rel=1e-6)


@pytest.mark.parametrize("signal", [2.0, 4.0])
def test_the_general_equation_against_draws(signal):
    rng, modes = np.random.default_rng(4), power_law(300, 2, signal)
    for n_data, n_features in [(30, 120), (120, 30)]:
        drawn = runs.jointly(runs.Ideal(modes), n_data, n_features, 150, rng)
        assert drawn.mean() == pytest.approx(loss(modes, n_data, n_features), rel=0.08)


def test_a_tail_kept_as_a_sum_acts_as_the_modes_themselves():
    rng = np.random.default_rng(5)
    short, long = power_law(300, 1.5, endless=True), power_law(8000, 1.5, endless=True)
    for run in (runs.by_data, runs.by_features):
        one, other = (run(runs.Ideal(modes), [16, 48], 60, rng).mean(0) for modes in (short, long))
        np.testing.assert_allclose(one, other, rtol=0.03)


@pytest.mark.parametrize(("alpha", "bias"), [(0.5, 0.009), (1.0, 0.008), (1.5, 0.005)])
def test_the_bias_of_a_tail_kept_as_a_sum_at_the_largest_size(alpha, bias):
    # The modes just beyond the last one kept are partly learned at 256, so that the sum says too much.
    rng, kept = np.random.default_rng(11), power_law(600, 1 + alpha, endless=True)
    truth = 256 * endless_resolution(alpha, 256)
    assert loss(kept, 256) / truth - 1 == pytest.approx(bias, abs=0.001)
    drawn = runs.by_data(runs.Ideal(kept), [256], 24, rng)
    assert drawn.mean() == pytest.approx(truth, rel=0.03)


def test_mixtures_of_neurons_see_the_same_spectrum():
    rng, pool = np.random.default_rng(12), images.relu_pool(4, np.random.default_rng(13), n_neurons=80)
    mixed = images.Mixed(pool.modes, pool.images, pool.neurons)
    drawn = mixed.projections(rng, 4000)
    second = drawn @ drawn.T / 4000
    np.testing.assert_allclose(second, np.eye(len(second)), atol=0.12)


def test_repeated_examples_and_silent_neurons_add_nothing():
    rng, modes = np.random.default_rng(6), power_law(30, 1.5)
    data = regression.gaussian(rng, 9, 30)
    twice = np.vstack([data, data[2:5]])
    np.testing.assert_allclose(
        regression.by_data(modes, twice, [9, 12]), regression.by_data(modes, data, [9])[0]
    )
    silent = np.hstack([regression.gaussian(rng, 30, 4), 1e-12 * regression.gaussian(rng, 30, 1)])
    assert regression.by_both(modes, data, silent) == pytest.approx(
        regression.by_both(modes, data, silent[:, :4])
    )


def test_modes_of_the_digits_rebuild_the_features():
    pool = images.relu_pool(2, np.random.default_rng(7), n_neurons=60)
    second = np.einsum("is,im->sm", pool.images, pool.images) / len(pool.images)
    strong = pool.modes.variance > 1e-8 * pool.modes.variance[0]
    np.testing.assert_allclose(second[strong][:, strong], np.eye(strong.sum()), atol=1e-6)
    # All images and all neurons: nothing is left to learn.
    assert regression.by_data(pool.modes, pool.images[:600], [600])[0] < 1e-4 * pool.modes.variance.sum()
    assert images.pooled(4).shape == (1797, 4)
    with pytest.raises(ValueError, match="pooled by 3"):
        images.pooled(3)


def test_pieces_are_exact_where_they_can_be():
    rng = np.random.default_rng(8)
    points, tests = rng.uniform(size=(300, 2)), rng.uniform(0.3, 0.7, (50, 2))
    np.testing.assert_allclose(pieces.flat(points, points @ [2, -1] + 3, tests), tests @ [2, -1] + 3)
    line = np.array([[0.0], [1.0], [0.5]])
    np.testing.assert_allclose(
        pieces.flat(line, np.array([0.0, 1.0, 1.0]), np.array([[0.25], [0.75]])), [0.5, 1]
    )


def test_exponents_of_a_planted_power_law():
    rng, sizes = np.random.default_rng(9), [10, 20, 40, 80]
    losses = np.array(sizes) ** -1.3 * np.exp(rng.normal(0, 0.1, (400, 4)))
    found = exponent(sizes, losses, rng)
    assert found.low < 1.3 < found.high
    assert found.high - found.low < 0.05
    assert abs(typical(sizes, losses).value - 1.3) < 0.02
    assert straightness(sizes, losses, rng).low < 1 < straightness(sizes, losses, rng).high
    gap = difference(sizes, losses, losses[:200], rng)
    assert gap.low < 0 < gap.high
    assert slopes(sizes, losses[:1], rng)[0] == pytest.approx(
        -np.polyfit(np.log(sizes), np.log(losses[0]), 1)[0]
    )
    assert typically_off(1.1 * losses[:, 0], 10**-1.3).value == pytest.approx(np.log(1.1), abs=0.02)
    away = distance(Estimate(0.9, 0.8, 1.1, "x"), 1)
    assert (away.value, away.low, away.high) == pytest.approx((0.1, 0, 0.2))


def test_the_worst_pool_decides_on_the_sizes_asked_for():
    rng, sizes = np.random.default_rng(14), [10, 20, 40, 80]
    world = images.Pool(power_law(100, 2.0), np.ones((1, 100)), np.ones((100, 2)))
    straight = np.power(sizes, -1.0) * np.ones((5, 1))
    bent = straight * np.array([3.0, 1, 1, 1])
    one, other = {"a": straight, "b": straight}, {"a": straight, "b": bent}
    assert apart(sizes, one, other, rng, slice(1, None)).value == pytest.approx(0, abs=1e-9)
    assert apart(sizes, one, other, rng).value == pytest.approx(slope(sizes, bent[0]) - 1)
    pools = {"a": world, "b": world}
    assert from_spectrum(sizes, pools, other, rng, slice(1, None)).value == pytest.approx(0, abs=1e-9)
    assert from_spectrum(sizes, pools, other, rng).value == pytest.approx(slope(sizes, bent[0]) - 1)
    assert unevenness(world) == pytest.approx(1)


def test_exponents_of_the_two_sides_part_for_a_smooth_teacher():
    assert local_exponents(power_law(5000, 2, endless=True), 300) == pytest.approx((1, 1), abs=0.02)
    assert local_exponents(power_law(5000, 2, 8, endless=True), 300) == pytest.approx((4, 2), abs=0.05)


def test_no_loss_is_drawn_where_its_mean_is_infinite():
    losses = runs.across(runs.Ideal(power_law(20, 2)), [4, 8, 12], 8, 3, np.random.default_rng(15))
    assert losses.shape == (3, 3)
    assert np.isnan(losses[:, 1]).all() and np.isfinite(losses[:, [0, 2]]).all()


def test_bad_input_gets_one_clear_error():
    rng, modes = np.random.default_rng(10), power_law(20, 2)
    with pytest.raises(ValueError, match="between 0 and 20 modes"):
        resolution(modes, 20)
    with pytest.raises(ValueError, match="diverges"):
        loss(modes, 10, 10)
    with pytest.raises(ValueError, match="at least 9 draws of 20 modes"):
        regression.by_data(modes, regression.gaussian(rng, 5, 20), [9])
    with pytest.raises(ValueError, match="every mode must be kept"):
        regression.by_both(
            power_law(20, 2, endless=True), regression.gaussian(rng, 5, 20), regression.gaussian(rng, 20, 5)
        )
