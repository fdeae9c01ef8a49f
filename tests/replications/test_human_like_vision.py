"""Human-like video: forecasts by a minimiser that has no normal equations, ratios by hand, slopes by polyfit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

from replications.human_like_vision import forecast, gains, worlds
from scalinglaws import load
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("53_human_like_vision")["verdicts"]}


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return load("humanlike_vits_accuracy")


@pytest.fixture(scope="module")
def videos() -> pd.DataFrame:
    return load("child_video_accuracy")


def by_minimiser(runs: pd.DataFrame, to_line, back) -> float:
    """The forecast from means of cells, its sum of squares made least by Powell's conjugate directions."""
    cells = runs.groupby(["arch", "pixels", "share", "n_params"], as_index=False).agg(
        z=("top5", lambda a: to_line(a / 100).mean())
    )
    x = np.column_stack([np.log10(cells.n_params), np.log10(cells.share), np.log10(cells.pixels)])
    middle = x.mean(0)

    def squares(c):
        return ((cells.z - c[0] - (x - middle) @ c[1:]) ** 2).sum()

    start = [cells.z.mean(), 0.0, 0.0, 0.0]
    c = optimize.minimize(squares, start, method="Powell", options={"xtol": 1e-10, "ftol": 1e-14}).x
    at = np.log10([2.5e9, 4.0, 952.0]) - middle
    return 100 * back(c[0] + at @ c[1:])


@pytest.mark.parametrize(
    ("claim", "to_line", "back"),
    [
        ("untrained-linear", lambda p: p, lambda z: z),
        ("untrained-logit", special.logit, special.expit),
        ("untrained-power", lambda p: -np.log1p(-p), lambda z: 1 - np.exp(-z)),
    ],
)
def test_forecasts(kept, runs, claim, to_line, back):
    assert by_minimiser(runs, to_line, back) == pytest.approx(kept[claim]["measured"], abs=2e-3)


def test_highest_forecast_and_spread(kept, runs):
    linear, logit = kept["untrained-linear"]["measured"], kept["untrained-logit"]["measured"]
    assert kept["trained"]["measured"] == pytest.approx(linear)
    assert kept["spread"]["measured"] == pytest.approx(linear - logit)


def test_runs_on_all_video_by_numpy(runs):
    """Errors a decade ahead, from means of cells instead of weights."""
    cells = runs.groupby(["n_params", "pixels", "share"], as_index=False).top5.mean()
    x = np.log10(cells[["n_params", "pixels", "share"]].to_numpy(float))
    less = (cells.share < 1).to_numpy()
    slope, *_ = np.linalg.lstsq(np.c_[np.ones(less.sum()), x[less]], cells.top5[less], rcond=None)
    expected = cells.top5[~less] - np.c_[np.ones((~less).sum()), x[~less]] @ slope
    found = forecast.errors_of_whole(forecast.LINKS["linear"], runs, runs.top5)
    np.testing.assert_allclose(found, expected, atol=1e-9)


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
    truth = np.array([-60.0, 6.0, 7.0, 20.0])
    y = forecast.of_runs(runs) @ truth
    found = forecast.coefficients(forecast.of_runs(runs), y, forecast.weights_of_cells(runs))
    np.testing.assert_allclose(found, truth, atol=1e-8)
    curve = gains.curves(runs.assign(top5=y)).to_numpy()
    np.testing.assert_allclose(gains.last_over_before(curve), 1, atol=1e-9)
    np.testing.assert_allclose(gains.first_over_after(curve), 1, atol=1e-9)
    np.testing.assert_allclose(gains.error_of_largest([1e7, 1e8, 1e9], [1.0, 2.0, 3.5]), 0.5)


def test_links_go_there_and_back():
    a = np.array([5.0, 40.0, 95.0])
    for link in forecast.LINKS.values():
        np.testing.assert_allclose(link.back(link.to_line(a)), a)


def test_worlds_of_a_link_scatter_about_it(runs):
    link = forecast.LINKS["linear"]
    world = worlds.following(link, runs, 2000, np.random.default_rng(1))
    line = forecast.foretold(link, runs, runs.top5, forecast.of_runs(runs))
    assert np.abs(world.mean(0) - line).max() < 0.2


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
    assert kept["temporal"]["measured"] == pytest.approx(over["SSv2"].mean() - over["Kinetics"].mean())
    ladder = wide[
        [("none", 0.0), ("child", 0.001), ("child", 0.01), ("child", 0.1), ("child", 1.0)]
    ].to_numpy()
    assert kept["videos-rise"]["measured"] == pytest.approx(np.diff(ladder, axis=1).min())
