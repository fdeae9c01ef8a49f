"""Human-like video: forecasts by a minimiser that has no normal equations, intervals by textbook formulas, ratios by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.human_like_vision import forecast, gains, worlds
from scalinglaws import load
from scalinglaws.claims import verdicts
from scalinglaws.uncertainty import Estimate


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("53_human_like_vision")["verdicts"]}


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return load("humanlike_vits_accuracy")


@pytest.fixture(scope="module")
def videos() -> pd.DataFrame:
    return load("child_video_accuracy")


def means(runs: pd.DataFrame) -> pd.DataFrame:
    """One row an architecture and share, by its mean accuracy."""
    return runs.groupby(["n_params", "pixels", "share"], as_index=False).top5.mean()


def by_minimiser(runs: pd.DataFrame, to_line, back, products: bool) -> float:
    """The forecast from means of cells, its sum of squares made least by quasi-Newton steps."""
    cells = means(runs)
    x = np.column_stack([np.log10(cells.n_params), np.log10(cells.share), np.log10(cells.pixels)])
    middle, z = x.mean(0), to_line(cells.top5.to_numpy() / 100)

    def surface(c, x):
        x = x - middle
        pairs = c[4] * x[..., 0] * x[..., 1] + c[5] * x[..., 1] * x[..., 2] if products else 0.0
        return c[0] + x @ c[1:4] + pairs

    start = np.r_[z.mean(), np.zeros(5 if products else 3)]
    c = optimize.minimize(lambda c: ((z - surface(c, x)) ** 2).sum(), start, options={"gtol": 1e-9}).x
    return 100 * back(surface(c, np.log10([2.5e9, 4.0, 952.0])))


@pytest.mark.parametrize(("claim", "products"), [("human-range", True), ("trained", False)])
def test_forecasts(kept, runs, claim, products):
    """Both kept forecasts are of the linear link, the first with products."""
    found = by_minimiser(runs, lambda p: p, lambda z: z, products)
    assert found == pytest.approx(kept[claim]["measured"], abs=2e-3)


@pytest.mark.parametrize("products", [False, True])
def test_two_steps_give_what_one_fit_gives(runs, products):
    table = gains.curves(runs)
    many = np.repeat(table.to_numpy()[None], 2, axis=0)
    for link in forecast.LINKS.values():
        one = forecast.foretold(link, table, table.to_numpy(), forecast.TARGET, products)
        two = forecast.at_target(link, table, table.to_numpy(), many, products)
        assert two.value == pytest.approx(float(one))


def test_interval_of_forecasts_is_that_of_ordinary_least_squares(runs):
    """With products, and subsets that do not vary: a plane through six prolonged curves, by a textbook's formula."""
    table = gains.curves(runs)
    x = np.log10(5000 * table.columns.to_numpy(float))
    ahead = [np.polyval(np.polyfit(x, row, 1), np.log10(2e4)) for row in table.to_numpy()]
    plane = np.column_stack([np.ones(6), *(np.log10(table.index.get_level_values(k)) for k in (0, 1))])
    at = np.array([1, np.log10(2.5e9), np.log10(952)])
    c, (squares,), *_ = np.linalg.lstsq(plane, ahead, rcond=None)
    error = np.sqrt(squares / 3 * at @ np.linalg.inv(plane.T @ plane) @ at)
    many = np.repeat(table.to_numpy()[None], 2, axis=0)
    found = forecast.at_target(forecast.LINKS["linear"], table, table.to_numpy(), many, products=True)
    half = stats.t.ppf(0.975, 3) * error
    assert (found.low, found.high) == pytest.approx((at @ c - half, at @ c + half))


def test_interval_covers_a_plane_with_scattered_architectures(runs):
    """Architectures off a known plane, by a normal deviation each: the truth lies within in 95 % of 300 worlds."""
    table, rng = gains.curves(runs), np.random.default_rng(0)
    truth = np.array([-60.0, 6.0, 7.0, 20.0])
    line = forecast.columns(forecast.of_table(table), False) @ truth
    aim = float(forecast.columns(forecast.TARGET, False) @ truth)
    inside = 0
    for _ in range(300):
        world = line + rng.normal(size=(6, 1))
        it = forecast.at_target(forecast.LINKS["linear"], table, world, np.stack([world, world]))
        inside += it.low <= aim <= it.high
    assert 0.91 < inside / 300 < 0.99


def test_runs_on_all_video_by_numpy(runs):
    """Errors a decade ahead, from means of cells."""
    cells = means(runs)
    x = np.log10(cells[["n_params", "pixels", "share"]].to_numpy(float))
    less = (cells.share < 1).to_numpy()
    slope, *_ = np.linalg.lstsq(np.c_[np.ones(less.sum()), x[less]], cells.top5[less], rcond=None)
    expected = cells.top5[~less] - np.c_[np.ones((~less).sum()), x[~less]] @ slope
    table = gains.curves(runs)
    found = forecast.errors_of_whole(forecast.LINKS["linear"], table, table.to_numpy())
    np.testing.assert_allclose(found, expected, atol=1e-9)
    wrong = forecast.error(("linear", False), table, table.to_numpy())
    assert wrong == pytest.approx(np.abs(expected).mean())


def test_forms_above_100_are_left_out():
    found = {
        name: Estimate(value, value, value, "x") for name, value in {"a": 82.0, "b": 85.0, "c": 101.0}.items()
    }
    assert forecast.chosen(found, {"a": 1.0, "b": 2.0, "c": 0.5}) == (["a", "b"], "a", "b")


def test_ratios_by_hand(kept, runs, videos):
    steps = runs.pivot_table("top5", ["n_params", "pixels"], "share").diff(axis=1).iloc[:, 1:]
    last = steps.iloc[:, 3] / steps.iloc[:, :3].mean(axis=1)
    first = steps.iloc[:, 0] / steps.iloc[:, 1:].mean(axis=1)
    assert kept["line-images"]["measured"] == pytest.approx(abs(last.mean() - 1))
    assert kept["start-images"]["measured"] == pytest.approx(first.mean())
    child = videos[videos.pretraining == "child"].sort_values("share").groupby(["test", "shots"]).top1
    ratios = child.apply(lambda a: np.diff(a)[-1] / np.diff(a)[:-1].mean())
    test = stats.ttest_1samp(ratios, 0).confidence_interval()
    assert kept["line-videos"]["measured"] == pytest.approx(abs(ratios.mean() - 1))
    assert kept["line-videos"]["high"] == pytest.approx(test.high - 1)


def test_gains_by_polyfit(kept, runs):
    cells = runs.pivot_table("top5", ["n_params", "pixels"], "share")
    synergy = stats.linregress(
        np.log10(cells.index.get_level_values(0)[:4]),
        [np.polyfit(np.log10(cells.columns), row, 1)[0] for row in cells.to_numpy()[:4]],
    )
    assert kept["synergy"]["measured"] == pytest.approx(synergy.slope)
    assert kept["synergy"]["high"] == pytest.approx(synergy.slope + stats.t.ppf(0.975, 2) * synergy.stderr)
    by_arch = [np.polyfit(np.log10(cells.columns), row, 1)[0] for row in cells.to_numpy()]
    assert kept["data-gain"]["measured"] == pytest.approx(np.mean(by_arch))
    seen = cells.xs(224, level="pixels")
    by_share = [np.polyfit(np.log10(seen.index), seen[share], 1)[0] for share in seen]
    assert kept["size-gain"]["measured"] == pytest.approx(np.mean(by_share))
    h = cells.reset_index().query("n_params > 5e8").set_index("pixels")[list(cells.columns)]
    by_pixels = [np.polyfit(np.log10(h.index), h[share], 1)[0] for share in h]
    assert kept["pixel-gain"]["measured"] == pytest.approx(np.mean(by_pixels))
    missed = [
        seen[s].iloc[-1]
        - np.polyval(np.polyfit(np.log10(seen.index[:3]), seen[s].iloc[:3], 1), np.log10(seen.index[3]))
        for s in seen
    ]
    assert kept["size-forecast"]["measured"] == pytest.approx(abs(np.mean(missed)))


def test_redrawn_subsets_are_shared_and_vary_as_they_should(runs):
    drawn = gains.redrawn(runs, "top5", 4000, np.random.default_rng(0))
    whole = (runs.share == 1).to_numpy()
    assert (drawn[:, whole] == runs.top5[whole].to_numpy()).all()
    one = ((runs.arch == "B") & (runs.share == 0.1)).to_numpy()
    means = drawn[:, one].mean(1)
    assert means.var() == pytest.approx(runs.top5[one].var(ddof=1) / 3, rel=0.1)
    other = ((runs.arch == "S") & (runs.share == 0.1)).to_numpy()
    # B and S have their best and worst subset in common, so that their redrawn means go together.
    assert np.corrcoef(means, drawn[:, other].mean(1))[0, 1] > 0.9


def test_a_line_is_found_again_and_has_ratios_of_one(runs):
    truth, table = np.array([-60.0, 6.0, 7.0, 20.0]), gains.curves(runs)
    curve = forecast.columns(forecast.of_table(table), False) @ truth
    found = forecast.coefficients(forecast.LINKS["linear"], table, curve)
    np.testing.assert_allclose(found, truth, atol=1e-8)
    for ratio in (gains.last_over_before, gains.first_over_after, gains.last_over_middle):
        np.testing.assert_allclose(ratio(curve), 1, atol=1e-9)
    np.testing.assert_allclose(gains.error_of_largest([1e7, 1e8, 1e9], [1.0, 2.0, 3.5]), 0.5)


def test_links_go_there_and_back():
    a = np.array([5.0, 40.0, 95.0])
    for link in forecast.LINKS.values():
        np.testing.assert_allclose(link.back(link.to_line(a)), a)


def test_worlds_of_a_link_scatter_about_it(runs):
    link, table = forecast.LINKS["linear"], gains.curves(runs)
    many = gains.over_curves(runs, gains.redrawn(runs, "top5", 2000, np.random.default_rng(1)))
    world = worlds.following(link, table, many, np.random.default_rng(2))
    line = forecast.foretold(link, table, table.to_numpy(), forecast.of_table(table).reshape(-1, 3))
    assert np.abs(world.mean(0).ravel() - line).max() < 0.2
    assert world[..., -1].std(0) == pytest.approx(many[..., -2].std(0))


def test_interval_of_crossed_is_students_where_subsets_do_not_vary():
    values = [1.0, 2.0, 4.0]
    found = gains.crossed(values, [0.0, 0.0], "x")
    theirs = stats.ttest_1samp(values, 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert gains.crossed(values, [-1.0, 1.0], "x").high > found.high


def test_welch_is_scipys():
    a, b = [1.0, 2.0, 4.0], [0.0, 0.5, 0.7, 0.9]
    ours = gains.welch(a, b, "x")
    theirs = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_child(kept, videos):
    wide = videos.pivot_table("top1", ["test", "shots"], ["pretraining", "share"])
    assert kept["parity"]["measured"] == pytest.approx(
        stats.gmean(wide["child", 1.0] / wide["kinetics", 0.0])
    )
    over = np.log(wide["child", 1.0] / wide["images", 1.0])
    assert kept["temporal"]["measured"] == pytest.approx((over["SSv2"] - over["Kinetics"]).min())
    ladder = wide[
        [("none", 0.0), ("child", 0.001), ("child", 0.01), ("child", 0.1), ("child", 1.0)]
    ].to_numpy()
    assert kept["videos-rise"]["measured"] == pytest.approx(np.diff(ladder, axis=1).min())
