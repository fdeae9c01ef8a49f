"""Slopes by scipy and by loops, floors by another solver, and the legends, for encoders and decoders on time series."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.time_series import floors, lines, worlds
from replications.time_series.printed import LEGENDS, SETS
from scalinglaws import load


@pytest.fixture(scope="module")
def losses():
    return load("time_series_losses")


def points(losses, figure, family, name):
    """log10 of what varies and of the loss, as two lists."""
    along = {"size": "n_params", "data": "n_points"}[figure]
    rows = losses.query("figure == @figure and family == @family and eval_set == @name")
    return [np.log10(v) for v in rows[along]], [np.log10(v) for v in rows.nll]


def test_every_line_is_scipys(losses):
    found = lines.exponents(losses)
    assert len(found) == 12
    for key, row in found.iterrows():
        x, y = points(losses, *key)
        it = stats.linregress(x, y)
        half = stats.t.ppf(0.975, len(x) - 2) * it.stderr
        np.testing.assert_allclose(
            [row.refitted, row.low, row.high], [-it.slope, -it.slope - half, -it.slope + half]
        )
        assert row.printed == LEGENDS.exponent[key]
        # The printed law, with the implied exponent, goes through the middle of the points.
        middle = row.implied * (np.log10(LEGENDS.constant[key]) - np.mean(x))
        assert middle == pytest.approx(np.mean(y))


def test_headline_numbers(losses):
    off = lines.exponents(losses).eval("refitted - printed").abs()
    assert off.loc["size"].max() == pytest.approx(5.641e-4, rel=1e-3)
    assert off.loc["data"].max() == pytest.approx(4.517e-4, rel=1e-3)
    by_size = {
        "LSF": (0.01012, 0.0009, 0.0193),
        "Monash": (0.0068, 0.0023, 0.0113),
        "ID": (0.01478, 0.0084, 0.0211),
    }
    for name, expected in by_size.items():
        (x, one), (_, other) = (points(losses, "size", family, name) for family in ("encoder", "decoder"))
        it = stats.linregress(x, np.subtract(other, one))
        half = stats.t.ppf(0.975, 8) * it.stderr
        np.testing.assert_allclose([it.slope, it.slope - half, it.slope + half], expected, atol=2e-4)
        gap = lines.steeper(losses, "size", name, 0.0)
        np.testing.assert_allclose(
            [gap.value, gap.low, gap.high], [it.slope, it.slope - half, it.slope + half]
        )


def test_two_lines_are_compared_by_welch(losses):
    for name in SETS:
        alone = [stats.linregress(*points(losses, "data", f, name)) for f in ("encoder", "decoder")]
        one, other = (it.stderr**2 for it in alone)
        free = (one + other) ** 2 / (one**2 / 2 + other**2 / 2)
        half = stats.t.ppf(0.975, free) * np.sqrt(one + other)
        gap = lines.steeper(losses, "data", name, 0.0)
        assert gap.value == pytest.approx(alone[1].slope - alone[0].slope)
        assert gap.high - gap.value == pytest.approx(half)
        wider = lines.steeper(losses, "data", name, 0.01)
        assert wider.high > gap.high and wider.value == gap.value


def test_nats_are_the_same_in_every_unit(losses):
    shifted = losses.assign(nll=losses.nll + 3)
    for name in SETS:
        here, there = (lines.steeper(t, "size", name, 0.0, of=np.asarray) for t in (losses, shifted))
        assert (here.value, here.low) == pytest.approx((there.value, there.low))
        assert lines.steeper(losses, "size", name, 0.0).value != pytest.approx(
            lines.steeper(shifted, "size", name, 0.0).value, rel=0.1
        )


def test_ratio_of_sets_leaves_out_one_model_at_a_time(losses):
    def ratio(without):
        slope = {}
        for name in SETS:
            x, y = (np.delete(v, without) for v in points(losses, "data", "decoder", name))
            slope[name] = stats.linregress(x, y).slope
        return np.log(slope["ID"] / np.mean([slope["LSF"], slope["Monash"]]))

    whole, left = ratio([]), np.array([ratio([k]) for k in range(4)])
    half = stats.t.ppf(0.975, 3) * np.sqrt(3 / 4 * ((left - left.mean()) ** 2).sum())
    found = lines.unlike(losses, "data")
    np.testing.assert_allclose(
        np.log([found.value, found.low, found.high]), [whole, whole - half, whole + half]
    )


def test_a_model_beyond_the_line(losses):
    x = np.array(points(losses, "size", "encoder", "ID")[0])
    y = np.mean([points(losses, "size", "encoder", name)[1] for name in SETS], axis=0)
    new = np.log10(1.016e9)
    design = np.column_stack([np.ones_like(x), x])
    coefficients, rest = np.linalg.lstsq(design, y, rcond=None)[:2]
    at = np.array([1, new])
    spread = np.sqrt(rest[0] / 8 * (1 + at @ np.linalg.inv(design.T @ design) @ at))
    off = np.mean(np.log10([1.7701, 3.9722, 4.6762])) - at @ coefficients
    ends = 10 ** (off + stats.t.ppf([0.5, 0.025, 0.975], 8) * spread) - 1
    found = lines.beyond(losses)
    np.testing.assert_allclose([found.value, found.low, found.high], ends, rtol=1e-6)
    assert found.value == pytest.approx(0.0621, abs=1e-4)


@pytest.mark.parametrize(("family", "ends"), [("encoder", (0.0, 0.746)), ("decoder", (0.0, 1.0))])
def test_floors_by_a_simplex_search(losses, family, ends):
    x, loss = lines.curve(losses, "size", family, "ID")

    def least(share):
        floor = share * loss.min()

        def off(law):
            return ((np.log10(floor + np.exp(law[0] - np.exp(law[1]) * x)) - np.log10(loss)) ** 2).sum()

        start = [1.0, np.log(0.03 / (1 - share))]
        options = {"xatol": 1e-10, "fatol": 1e-16, "maxiter": 8000, "maxfev": 8000}
        return optimize.minimize(off, start, method="Nelder-Mead", options=options).fun

    for share in (0.0, 0.5, 0.8):
        assert floors.misfit(x, loss, share) == pytest.approx(least(share), rel=1e-5)
    found = floors.allowed(x, loss)
    np.testing.assert_allclose([found.low, found.high], ends, atol=1e-3)


def test_chance_by_a_loop(losses):
    slopes = []
    for name in SETS:
        (x, one), (_, other) = (points(losses, "size", family, name) for family in ("encoder", "decoder"))
        ratio = np.subtract(other, one)
        away, far = ratio - ratio.mean(), np.subtract(x, np.mean(x))
        ways = [
            sum(s * a * f for s, a, f in zip(turn, away, far, strict=True))
            for turn in itertools.product((1, -1), repeat=10)
        ]
        slopes.append(ways / np.sqrt(np.mean(np.square(ways))))
    lsf, monash, familiar = slopes
    steep = [np.abs(ways) >= abs(ways[0]) - 1e-9 for ways in slopes]
    worse = np.maximum(np.abs(lsf), np.abs(monash))
    stepped = [
        np.mean(worse >= worse[0] - 1e-9),
        np.mean(np.abs(monash) >= abs(monash[0]) - 1e-9),
        np.mean(np.maximum(worse, np.abs(familiar)) >= abs(familiar[0]) - 1e-9),
    ]
    assert abs(familiar[0]) > abs(lsf[0]) > abs(monash[0])
    together = np.mean(np.abs(lsf + monash + familiar) >= abs(lsf[0] + monash[0] + familiar[0]) - 1e-9)
    found = worlds.by_chance(worlds.turned_round(losses))
    np.testing.assert_allclose(found["alone"], [*np.mean(steep, axis=1), together])
    expected = [stepped[0], max(stepped[0], stepped[1]), stepped[2], together]
    np.testing.assert_allclose(found["of three"], expected)


def test_chance_is_below_a_level_no_more_often_than_it_says(losses):
    slopes = worlds.turned_round(losses)[:512]
    # The other half of the ways are the mirror images of these. Every way takes its turn as the one found.
    total, far = abs(slopes.sum(axis=1)), abs(slopes)
    largest = far.max(axis=1)
    for statistic in (total, largest, *far.T):
        shares = np.array([(statistic >= it * (1 - 1e-9)).mean() for it in statistic])
        for level in (0.002, 0.01, 0.05, 0.2):
            assert (shares <= level + 1e-12).mean() <= level + 1e-12
    firsts = [worlds.by_chance(np.roll(slopes, -k, axis=0)) for k in range(512)]
    wrong = np.mean([table["of three"][list(SETS)].min() <= 0.05 for table in firsts])
    assert wrong <= 0.05


def test_ticks_are_shifted_by_what_was_added(losses):
    level = lines.with_ticks_moved(losses)
    here = level.figure.eq("size") & level.family.eq("decoder")
    moved = level.assign(nll=level.nll - 0.05 * here)
    assert lines.shift(moved, "size", "decoder") == pytest.approx(0.05, abs=1e-4)
    assert lines.shift(moved, "size", "encoder") == pytest.approx(0, abs=1e-4)
    assert lines.shift(losses, "size", "encoder") == pytest.approx(0.01466, abs=1e-4)
    before, after = (lines.reading_error(lines.exponents(t), "size") for t in (losses, level))
    assert after < before / 2


def test_bend_and_what_pairs_share(losses):
    found = lines.pairs(losses)
    for name in SETS:
        (x, one), (_, other) = (points(losses, "size", family, name) for family in ("encoder", "decoder"))
        x, ratio = np.array(x), np.subtract(other, one)
        design = np.column_stack([np.ones(10), x - x.mean(), (x - x.mean()) ** 2])
        inverse = np.linalg.inv(design.T @ design)
        coefficients = inverse @ design.T @ ratio
        scatter = ((ratio - design @ coefficients) ** 2).sum() / 7
        t = coefficients[2] / np.sqrt(scatter * inverse[2, 2])
        assert found.bend[name] == pytest.approx(2 * stats.t.sf(abs(t), 7))
        off = [y - np.polyval(np.polyfit(x, y, 1), x) for y in (one, other)]
        assert found.shared[name] == pytest.approx(stats.pearsonr(*off)[0])


def test_wider_levels_and_falls_in_nats(losses):
    narrow, wide = (lines.steeper(losses, "size", "ID", 0.0, level=level) for level in (0.95, 0.99))
    ratio = stats.t.ppf(0.995, 8) / stats.t.ppf(0.975, 8)
    assert wide.high - wide.value == pytest.approx(ratio * (narrow.high - narrow.value))
    slope = {}
    for name in SETS:
        x, y = points(losses, "size", "encoder", name)
        slope[name] = stats.linregress(x, 10 ** np.array(y)).slope
    expected = np.log(2 * slope["ID"] / (slope["LSF"] + slope["Monash"]))
    assert lines.of_sets(losses, "size", "encoder", np.asarray) == pytest.approx(expected)


def test_planted_floors_and_last_models(losses):
    x, loss = lines.curve(losses, "size", "encoder", "ID")
    it = stats.linregress(x, np.log10(loss))
    clean = loss / 10 ** (it.intercept + it.slope * x)
    for share, fall in ((0.5, 12.0), (0.0, None)):
        law = worlds.over_floor(x, loss, share, fall) / clean
        expected = fall or 10 ** (it.slope * (x[0] - x[-1]))
        assert law[0] == pytest.approx(expected) and law[-1] == pytest.approx(1)
        above = np.log(law - share)
        assert np.allclose(above, np.interp(x, x[[0, -1]], above[[0, -1]]))
    assert lines.beyond(worlds.with_last(losses, 0.15)).value == pytest.approx(0.15)


def test_worlds_have_the_gap_they_were_given(losses):
    table = worlds.with_gap(losses, "size", 0.03)
    for name in SETS:
        before, after = (lines.steeper(t, "size", name, 0.0) for t in (losses, table))
        assert after.value == pytest.approx(0.03)
        assert after.high - after.low == pytest.approx(before.high - before.low)
    assert table[table.figure == "data"].equals(losses[losses.figure == "data"])
    even = worlds.found_in(losses, "data", dict.fromkeys(SETS, 0.0), 0.0, 4000, np.random.default_rng(1))
    assert even.between(0.015, 0.04).all()


def test_bad_input_is_named(losses):
    with pytest.raises(ValueError, match="no curve of size, encoder, M4"):
        lines.curve(losses, "size", "encoder", "M4")
    with pytest.raises(ValueError, match="three points"):
        lines.line(np.array([1.0, 2.0]), np.array([1.0, 2.0]))
    rising = losses.assign(nll=1 / losses.nll)
    with pytest.raises(ValueError, match="no ratio"):
        lines.of_sets(rising, "size", "encoder")
    assert isinstance(worlds.without(losses, "size", [872]), pd.DataFrame)
