"""TabDPT: the headline numbers by scipy and by loops, without the library's fits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import optimize, stats

from replications.tabular_law import laws, missed, power, sure, worlds
from scalinglaws import load

START = [2.0, 0.42, 3.6, 0.39]


@pytest.fixture(scope="module")
def losses():
    return load("tabdpt_losses")


@pytest.fixture(scope="module")
def drawn():
    return laws.traced(load("tabdpt_curves"))


def log_sum(p, n_params, cells):
    """Log of the sum, with logarithms of A and B."""
    return np.logaddexp(p[0] - p[1] * np.log(n_params), p[2] - p[3] * np.log(cells))


def least(n_params, cells, loss, start=START):
    """Least squares of logarithms, by MINPACK."""
    return optimize.least_squares(lambda p: log_sum(p, n_params, cells) - np.log(loss), start, method="lm")


def of_sum(table):
    return least(table.n_params.to_numpy(), table.cells.to_numpy(), table.excess_loss.to_numpy())


def test_the_drawn_law_is_one_joint_fit(drawn):
    curves = load("tabdpt_curves")
    it = of_sum(curves[curves.cells < 1e9])
    assert [it.x[1], it.x[3]] == pytest.approx([drawn.alpha, drawn.beta], abs=5e-4)
    assert drawn.alpha == pytest.approx(0.4199, abs=1e-4) and drawn.beta == pytest.approx(0.3915, abs=1e-4)
    # The curve labelled 2B was not used: its own pixels say how many cells it was drawn for.
    last = curves[curves.cells > 1e9]
    of_data = np.log(np.median(last.excess_loss - np.exp(it.x[0]) * last.n_params ** -it.x[1]))
    assert laws.cells_of_2b(drawn) == pytest.approx(np.exp((it.x[2] - of_data) / it.x[3]), rel=0.01)
    ends = laws.drawn_beta(drawn)
    known = drawn.curves[drawn.curves.index < 1e9]
    steep = -np.polyfit(np.log(known.index + np.array([5e5, 0, 0, -5e5])), np.log(known.level), 1)[0]
    assert ends.low < drawn.beta < steep < ends.high < drawn.beta + 0.003


def test_the_refit(losses):
    it, found = of_sum(losses), laws.fitted(losses)
    assert [it.x[1], it.x[3]] == pytest.approx([found["alpha"], found["beta"]], abs=1e-5)
    assert [it.x[1], it.x[3]] == pytest.approx([0.4572, 0.3766], abs=1e-4)
    assert it.cost == pytest.approx(found.objective, rel=1e-8)


def covariances(table):
    """Jackknife covariances of alpha and beta over sizes, amounts and points, by a loop of fits."""

    def of(parts):
        left = np.array([of_sum(table[~part]).x[[1, 3]] for part in parts])
        return (len(left) - 1) * np.cov(left.T, bias=True)

    sizes = of([table.n_params == n for n in table.n_params.unique()])
    amounts = of([table.cells == c for c in table.cells.unique()])
    return sizes, amounts, of([table.index == k for k in table.index])


def test_intervals_leave_out_sizes_and_amounts(losses):
    sizes, amounts, points = covariances(losses)
    it = laws.fitted(losses)
    found = sure.pair(it, losses)
    both = sizes + amounts - points + found.reading
    for what, along, half in (("alpha", [1, 0], 0.183), ("beta", [0, 1], 0.127), ("sum", [1, 1], 0.123)):
        error = np.sqrt(
            max(along @ one @ along for one in (both, sizes + found.reading, amounts + found.reading))
        )
        one = sure.both_ways(it, what, losses)
        assert one.high - one.value == pytest.approx(stats.t.ppf(0.975, 4) * error, rel=1e-3)
        assert one.high - one.value == pytest.approx(half, abs=2e-3)
    for those, p in ((sure.HOFFMANN, 0.0418), (sure.AGAIN, 0.2067)):
        off = found.value - those
        least = min(
            off @ np.linalg.solve(one + found.reading, off) for one in (both - found.reading, sizes, amounts)
        )
        assert found.p(*those) == pytest.approx(stats.f.sf(3 / 8 * least, 2, 3), rel=1e-3)
        assert found.p(*those) == pytest.approx(p, abs=1e-3)


def test_a_crescent_lies_below_the_disc_that_hides_it(losses):
    grid = losses.pivot_table("excess_loss", "n_params", "cells")
    assert grid[598e6][34e3] < grid[2e9][34e3] and grid[52e6][159e3] < grid[141e6][159e3]
    assert grid.isna().sum().sum() == 3 and (losses.disc == "whole").sum() == 24


def test_worlds_are_fitted_as_tables_are(losses):
    """Gauss-Newton of all worlds at once against MINPACK, world by world."""
    law, rng = (6.95, 0.42, 38.3, 0.3915), np.random.default_rng(3)
    those = power.Worlds(losses, law, power.noise(losses, (0.07, 0.06, 0.05), 3, rng))
    pair, beyond = those.pair(), list(those.beyond("cells"))
    steps = list(those.steps("n_params", 0.1, 28))
    for k, logs in enumerate(those.logs):
        table = losses.assign(excess_loss=np.exp(logs))
        it = laws.fitted(table)
        one = sure.pair(it, table)
        np.testing.assert_allclose(pair.value[k], of_sum(table).x[[1, 3]], rtol=1e-4)
        np.testing.assert_allclose(pair.p(*sure.HOFFMANN)[k], one.p(*sure.HOFFMANN), rtol=1e-2)
        np.testing.assert_allclose(pair.error("sum")[k], one.error("sum"), rtol=1e-2)
        there, worst = sure.beyond(table, "cells"), missed.worst_step(table, "n_params", 0.1, 28)
        np.testing.assert_allclose([beyond[k].value, beyond[k].low], [there.value, there.low], atol=1e-4)
        np.testing.assert_allclose([steps[k].value, steps[k].high], [worst.value, worst.high])


def test_a_world_without_an_optimum_has_no_p_value():
    unsettled = np.full((2, 2), np.nan)
    spread = {way: np.stack([np.diag([0.01, 0.02]), unsettled]) for way in (*sure.WAYS, "points")}
    pair = sure.Pair(np.array([[0.4, 0.4], [0.4, 0.4]]), spread, np.zeros((2, 2)), 4)
    assert 0 < pair.p(0.34, 0.28)[0] < 1 and np.isnan(pair.p(0.34, 0.28)[1])


def test_single_intervals_have_little_power_and_the_sum_has_more(losses):
    rng = np.random.default_rng(4)
    off = power.noise(losses, (0.1, 0, 0), 100, rng)
    here = power.Worlds(losses, (6.95, 0.42, 38.3, 0.3915), off).pair()
    there = power.Worlds(losses, (1.8, 0.34, 4.1, 0.28), off).pair()
    assert (here.ends("alpha")[1] > 0.34).mean() < 0.3 < 0.6 < (here.ends("sum")[1] > 0.62).mean()
    assert (there.ends("sum")[1] > 0.62).mean() < 0.08


def test_reading_errors_by_refitting(losses):
    rng = np.random.default_rng(1)
    scatter = sure.errors(losses)
    drawn = [
        of_sum(losses.assign(excess_loss=losses.excess_loss * np.exp(scatter * rng.standard_normal(32)))).x[1]
        for _ in range(60)
    ]
    reading = sure.from_reading(laws.fitted(losses), losses)
    assert np.std(drawn) == pytest.approx(np.sqrt(reading[0, 0]), rel=0.3)


def test_the_drawn_law_against_the_fit(losses, drawn):
    predicted = drawn.predict(losses.n_params, losses.cells)
    there = (np.log(losses.excess_loss / predicted) ** 2).sum()
    here = 2 * of_sum(losses).cost
    assert missed.against(laws.fitted(losses), predicted) == pytest.approx(
        (there - here) / 4 / (here / 28), rel=1e-6
    )


def test_a_curve_for_each_amount_by_separate_fits(losses):
    """Fifteen parameters fitted in full, not to first order: the same verdict."""
    rest = 0.0
    for _, part in losses.groupby("cells"):
        x, y = np.log(part.n_params.to_numpy()), np.log(part.excess_loss.to_numpy())

        def off(p, x=x, y=y):
            return np.logaddexp(p[0] - p[1] * (x - 14), p[2]) - y

        rest += 2 * min(
            optimize.least_squares(off, [-4, a, c], max_nfev=300).cost
            for a in (0.3, 0.6)
            for c in (-3.5, -4.5, -8)
        )
    whole = 2 * of_sum(losses).cost
    p = stats.f.sf((whole - rest) / 11 / (rest / 17), 11, 17)
    found = missed.extra(losses, laws.fitted(losses).params, "curves")
    assert found.df == (11, 17)
    assert p < 0.05 and found.p < 0.05
    assert found.p == pytest.approx(0.0126, abs=1e-3)


def test_free_levels_by_full_fits(losses):
    params = laws.fitted(losses).params
    whole = 2 * of_sum(losses).cost
    for what, way, place, df in (("sizes", "n_params", 0, (5, 23)), ("amounts", "cells", 2, (3, 25))):
        codes = np.unique(losses[way], return_inverse=True)[1]
        count = codes.max() + 1

        def off(p, codes=codes, count=count, place=place):
            levels, scale, exponent = p[:count][codes], p[count], p[count + 1]
            other = ("cells", "n_params")[place // 2]
            return np.logaddexp(levels, scale - exponent * np.log(losses[other])) - np.log(losses.excess_loss)

        start = [*np.linspace(-3, -5, count), START[2 - place], START[3 - place]]
        rest = 2 * optimize.least_squares(off, start, max_nfev=300).cost
        full = stats.f.sf((whole - rest) / df[0] / (rest / df[1]), *df)
        found = missed.extra(losses, params, what)
        assert found.df == df and found.p == pytest.approx(full, abs=0.06)


def test_steps_by_a_loop(losses):
    grid = {(row.n_params, row.cells): np.log(row.excess_loss) for row in losses.itertuples()}
    sizes = sorted(losses.n_params.unique())
    changes = [
        np.mean([grid[b, c] - grid[a, c] for c in losses.cells.unique() if (a, c) in grid and (b, c) in grid])
        for a, b in itertools.pairwise(sizes)
    ]
    np.testing.assert_allclose(missed.steps(losses, "n_params").change, changes)
    assert max(changes) == pytest.approx(0.0218, abs=1e-4)
    worst = missed.worst_step(losses, "n_params", 0.1, 28)
    assert worst.high - worst.value == pytest.approx(stats.t.isf(0.025 / 6, 28) * 0.1 * np.sqrt(2 / 4))


def test_beyond_by_a_loop(losses):
    off = []
    for n in sorted(losses.n_params.unique()):
        it, part = of_sum(losses[losses.n_params != n]), losses[losses.n_params == n]
        off.append(np.mean(np.log(part.excess_loss) - log_sum(it.x, part.n_params, part.cells)))
    found = sure.beyond(losses, "n_params")
    sizes, small = sorted(losses.n_params.unique())[:-1], losses[losses.n_params < 7e7]
    others = []
    for n in sizes:
        it, part = of_sum(small[small.n_params != n]), small[small.n_params == n]
        others.append(np.mean(np.log(part.excess_loss) - log_sum(it.x, part.n_params, part.cells)))
    half = stats.t.ppf(0.975, 6) * np.sqrt(np.mean(np.square(others)))
    np.testing.assert_allclose(
        [found.value, found.low, found.high], [off[-1], off[-1] - half, off[-1] + half], rtol=1e-3
    )
    assert found.value == pytest.approx(0.1217, abs=1e-3)


def test_the_product_is_a_plane(losses):
    design = np.column_stack([np.ones(32), np.log(losses.n_params), np.log(losses.cells)])
    y = np.log(losses.excess_loss.to_numpy())
    differences = []
    for way in sure.WAYS:
        for value in losses[way].unique():
            out = (losses[way] == value).to_numpy()
            plane = np.linalg.lstsq(design[~out], y[~out], rcond=None)[0]
            it, part = of_sum(losses[~out]), losses[out]
            by_sum = np.abs(y[out] - log_sum(it.x, part.n_params, part.cells)).mean()
            differences.append(np.abs(y[out] - design[out] @ plane).mean() - by_sum)
    assert sure.worse(losses, "product")[0].value == pytest.approx(np.mean(differences), abs=1e-5)


def test_a_constant_moves_the_axis(losses):
    moved = losses.assign(excess_loss=worlds.on_sum(losses, 7.0, 0.42, 38.0, 0.39) + 0.004)
    it = laws.fitted(moved, "sum and constant")
    assert it["c"] == pytest.approx(0.004, abs=1e-6) and it["alpha"] == pytest.approx(0.42, abs=1e-5)


def test_planted_curves_are_found_and_noise_is_not(losses):
    law = (7.0, 0.42, 38.0, 0.39)
    rng = np.random.default_rng(0)
    even = worlds.found_missing(losses, worlds.on_sum(losses, *law), 0.1, 60, rng)
    apart = worlds.found_missing(losses, worlds.curves_apart(losses, law, 0.1), 0.1, 30, rng)
    assert (even < 0.05).mean().max() < 0.16
    assert (apart.curves < 0.05).mean() > 0.8
    assert not np.allclose(worlds.curves_apart(losses, law, 0.05), worlds.on_sum(losses, *law))


def test_rises_by_a_loop(losses):
    grid = losses.pivot_table("excess_loss", "n_params", "cells").to_numpy()
    up = sum(grid[k + 1, j] > grid[k, j] for k in range(6) for j in range(5))
    along = sum(grid[k, j + 1] > grid[k, j] for k in range(7) for j in range(4))
    seen, share = worlds.rises_by_noise(
        losses, worlds.on_sum(losses, 7.0, 0.42, 38.0, 0.39), 0.1, 2000, np.random.default_rng(0)
    )
    assert list(seen) == [up, along, 3]
    noiseless = worlds.rises_by_noise(
        losses, worlds.on_sum(losses, 7.0, 0.42, 38.0, 0.39), 1e-9, 20, np.random.default_rng(0)
    )[1]
    assert (noiseless == 0).all() and (share > 0).all()


def test_bad_input_is_named(losses):
    with pytest.raises(ValueError, match="no law 'cube'"):
        laws.fitted(losses, "cube")
