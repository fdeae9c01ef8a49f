"""Robots and PDEs: lines by scipy, parabolas by regression on columns, breaks by projections, bounded laws by scipy's solvers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread
from scipy import optimize, stats

from replications.robots_and_pdes import lines, printed, worlds
from scalinglaws import load
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("66_robots_and_pdes")["verdicts"]}


@pytest.fixture(scope="module")
def robots() -> dict[tuple, pd.DataFrame]:
    return dict(list(load("imitation_gaps").groupby(["task", "axis"])))


@pytest.fixture(scope="module")
def pdes() -> dict[tuple, pd.DataFrame]:
    return dict(list(load("poseidon_errors").groupby(["task", "model"])))


def slope(n, error) -> float:
    return -stats.linregress(np.log(n), np.log(error)).slope


def student(values) -> tuple[float, float, float]:
    """Mean and 95 % interval, by scipy."""
    values = np.asarray(values)
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
    return values.mean(), low, high


def same(claim: dict, expected) -> None:
    assert (claim["measured"], claim["low"], claim["high"]) == pytest.approx(tuple(expected), rel=1e-6)


def test_the_robots_lines_and_what_they_say_of_pairs(robots, kept):
    printed = {
        ("pour_water", "objects"): 0.703,
        ("pour_water", "envs"): 0.844,
        ("pour_water", "pairs"): 0.579,
        ("mouse", "objects"): 0.697,
        ("mouse", "envs"): 0.466,
        ("mouse", "pairs"): 0.683,
    }
    off = max(abs(slope(part.n, part.gap) - printed[key]) for key, part in robots.items())
    assert kept["robots-slopes"]["measured"] == pytest.approx(off)
    pairs = robots["mouse", "pairs"]
    x, y = np.log(pairs.n.to_numpy()), np.log(pairs.gap.to_numpy())
    line = stats.linregress(x, y)
    needed = np.exp((np.log(0.01) - line.intercept) / line.slope)
    assert kept["pairs-needed"]["measured"] == pytest.approx(needed)


def test_the_interval_of_a_line_that_is_inverted(robots):
    """By the ends at which the line misses the target by Student's critical standard errors."""
    pairs = robots["mouse", "pairs"]
    x, y = np.log(pairs.n.to_numpy()), np.log(pairs.gap.to_numpy())
    line = stats.linregress(x, y)
    needed = (np.log(0.01) - line.intercept) / line.slope
    residual = y - line.intercept - line.slope * x
    spread = np.sqrt((residual**2).sum() / 4)

    def miss(u):
        """How far the line at u is from the target, in critical standard errors, less one."""
        error = spread * np.sqrt(1 / 6 + (u - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum())
        return abs(line.intercept + line.slope * u - np.log(0.01)) / error / stats.t.ppf(0.975, 4) - 1

    low, high = (optimize.brentq(miss, *ends) for ends in ((3, needed), (needed, 40)))
    ours = lines.count_for(x, y, np.log(0.01))
    assert (ours.low, ours.high) == pytest.approx((np.exp(low), np.exp(high)), rel=1e-6)


def test_bends_and_forecasts(robots, kept):
    bends, ahead = [], []
    for part in robots.values():
        x, y = np.log(part.n.to_numpy()), np.log(part.gap.to_numpy())
        square = np.linalg.lstsq(np.vander(x, 3), y, rcond=None)[0][0]
        bends.append(-2 * square * np.log(32))
        line = stats.linregress(x[:5], y[:5])
        ahead.append(y[5] - line.intercept - line.slope * x[5])
    same(kept["robots-bend"], student(bends))
    same(kept["robots-ahead"], student(ahead))


def better(part: pd.DataFrame, error: str) -> float:
    """Log of two residual sums of squares; the bounded law by scipy, from many starts."""
    x, y = np.log(part.n.to_numpy(float)), np.log(part[error].to_numpy())
    line = stats.linregress(x, y)
    straight = ((y - line.intercept - line.slope * x) ** 2).sum()
    fits = [
        optimize.least_squares(lambda p: y + np.logaddexp(0, p[1] * (x - p[0])), (start, h), xtol=1e-14)
        for start in (-4, 0, 2, 5)
        for h in (0.3, 1, 2)
    ]
    return np.log(straight / min(2 * fit.cost for fit in fits))


def test_the_bounded_law(robots, pdes, kept):
    same(kept["robots-bounded"], student([better(part, "gap") for part in robots.values()]))
    same(kept["pde-bounded"], student([better(part, "error") for part in pdes.values()]))


def test_the_noise_of_attempts(robots, kept):
    table = [(0.922, 0.075), (0.933, 0.088), (0.95, 0.062), (0.887, 0.14)]
    share = np.mean([5 * spread**2 / (mean * (1 - mean)) for mean, spread in table])
    total = 0
    for part in robots.values():
        x, y = np.log(part.n.to_numpy(float)), np.log(part.gap.to_numpy())
        (log_n0, h), _ = optimize.curve_fit(lambda x, a, h: -np.logaddexp(0, h * (x - a)), x, y, (1.5, 1))
        g = 1 / (1 + np.exp(h * (x - log_n0)))
        sd = np.sqrt(share * (1 - g) / (40 * g))
        best, _ = optimize.curve_fit(lambda x, a, b: a - b * x, x, y, (0, 0.6), sigma=sd, absolute_sigma=True)
        total += (((y - best[0] + best[1] * x) / sd) ** 2).sum()
    assert kept["robots-noise"]["measured"] == pytest.approx(stats.chi2.sf(total, 24), rel=1e-4)


def test_simulated_attempts_have_the_noise_of_the_formula():
    drawn = worlds.rolled(np.log([0.5, 0.2]), 0.6, 200_000, np.random.default_rng(0))
    assert np.exp(drawn).mean(0) == pytest.approx([0.5, 0.2], rel=0.005)
    assert np.exp(drawn).var(0) == pytest.approx([0.6 * 0.25 / 40, 0.6 * 0.16 / 40], rel=0.02)


def test_exponents_of_the_pdes(pdes, kept):
    for id, task in {"pde-ns": "NS", "pde-ce": "CompEuler", "pde-wave": "Wave"}.items():
        part = pdes[task, "Poseidon-B"]
        assert kept[id]["measured"] == pytest.approx(slope(part.n, part.error))
    poisson = pdes["Poisson", "Poseidon-B"]
    late, early = poisson[poisson.n >= 32], poisson[poisson.n <= 32]
    assert kept["pde-late"]["measured"] == pytest.approx(slope(late.n, late.error))
    assert kept["pde-early"]["measured"] == pytest.approx(slope(early.n, early.error))
    fno = {"NS": 0.34, "CompEuler": 0.23, "Wave": 0.43, "Poisson": 0.61}
    off = [abs(slope(pdes[task, "FNO"].n, pdes[task, "FNO"].error) - b) for task, b in fno.items()]
    assert kept["pde-fno"]["measured"] == pytest.approx(max(off))


def test_correlations_with_demonstrations(kept):
    scores = load("imitation_scores")
    off = []
    for task, best, r in (("pour_water", 9, -0.62), ("mouse", 6, -0.79)):
        part = scores[(scores.axis == "demos") & (scores.task == task)]
        off.append(abs(stats.pearsonr(np.log(part.n), np.log(1 - part.score / best)).statistic - r))
    assert kept["demos"]["measured"] == pytest.approx(max(off))


#: Left edge, tick of one trajectory and pixels a factor of 64, of three panels of Figure 1.
PANELS = {"NS": (602, 606.5, 83), "CompEuler": (821, 825.5, 83), "Wave": (1040, 1044.5, 83)}


@pytest.mark.parametrize("task", PANELS)
def test_the_lines_that_figure_1_draws(task):
    """Columns with a thin blue run are line without marker; 382.6 is the row of an error of one, 62.5 a decade."""
    picture = Path(os.environ.get("SCALINGLAWS_MIRROR", ""), "poseidon-pde/fig1.png")
    if not picture.is_file():
        pytest.skip("needs the picture, in the folder that SCALINGLAWS_MIRROR names")
    left, one, wide = PANELS[task]
    part = 255 * imread(picture)[360:528, left : left + 181, :3]
    blue = abs(part - np.array([57, 95, 157])).sum(axis=2) < 110
    rows = {at: np.nonzero(column)[0] for at, column in enumerate(blue.T)}
    thin = {at: row.mean() for at, row in rows.items() if 1 <= len(row) <= 4 and np.ptp(row) <= 4}
    n = 64 ** ((left + np.array(list(thin)) - one) / wide)
    error = 10 ** ((382.6 - 360 - np.array(list(thin.values()))) / 62.5)
    line = stats.linregress(np.log(n), np.log(error))
    level, exponent = printed.DRAWN[task]
    assert -line.slope == pytest.approx(exponent, abs=0.001)
    assert np.exp(line.intercept) == pytest.approx(level, rel=0.005)


def residuals(part: pd.DataFrame, knot: float | None = None) -> float:
    """Residual sum of squares of a line, or of two that meet at a count."""
    x, y = np.log(part.n.to_numpy(float)), np.log(part.error.to_numpy())
    columns = [np.ones_like(x), x] + ([] if knot is None else [np.clip(x - np.log(knot), 0, None)])
    return float(np.linalg.lstsq(np.column_stack(columns), y, rcond=None)[1][0])


def test_where_poisson_breaks(pdes, kept):
    poisson = pdes["Poisson", "Poseidon-B"]
    grid = 2 ** np.arange(1, 9.01, 0.25)
    left = np.array([residuals(poisson, knot) for knot in grid])
    likely = grid[left <= left.min() * (1 + stats.f.ppf(0.95, 1, 7) / 7)]
    same(kept["break-at"], (grid[left.argmin()], likely.min(), likely.max()))


def chance(part: pd.DataFrame, rng: np.random.Generator, draws: int = 8000) -> float:
    """Chance that a line looks as broken: by the best of all hinges, residuals by projection."""
    x = np.log(part.n.to_numpy(float))
    knots = np.arange(x.min() + np.log(2), x.max() - np.log(2) + 1e-9, np.log(2) / 4)

    def left(columns, y):
        q = np.linalg.qr(np.column_stack(columns))[0]
        return ((y - q @ (q.T @ y)) ** 2).sum(axis=0)

    def best(y):
        straight = [np.ones_like(x), x]
        broken = [left([*straight, np.clip(x - knot, 0, None)], y) for knot in knots]
        return np.min(broken, axis=0) / left(straight, y)

    seen = best(np.log(part.error.to_numpy())[:, None])
    return (1 + (best(rng.standard_normal((len(x), draws))) <= seen + 1e-12).sum()) / (draws + 1)


def test_which_curves_break(pdes, kept):
    rng = np.random.default_rng(3)
    found = {key: chance(part.sort_values("n"), rng) for key, part in pdes.items()}
    assert found.pop(("Poisson", "Poseidon-B")) < 0.001
    assert kept["break-is"]["measured"] < 0.001
    assert min(found, key=found.get) == ("Wave", "Poseidon-B")
    assert kept["others-straight"]["measured"] == pytest.approx(7 * min(found.values()), abs=0.003)
    assert sorted(found.values())[1] == pytest.approx(0.013, abs=0.004)


def test_a_ceiling_of_its_own(pdes):
    """The law with three parameters by scipy's curve_fit, on the curve where the ceiling matters most."""
    part = pdes["Wave", "Poseidon-B"].sort_values("n")
    x, y = np.log(part.n.to_numpy(float)), np.log(part.error.to_numpy())

    def law(x, c, a, h):
        return c - np.logaddexp(0, h * (x - a))

    (c, a, h), _ = optimize.curve_fit(law, x, y, (0, 2, 0.6))
    ours = lines.own_ceiling(x, y)
    assert ours.ceiling == pytest.approx(np.exp(c), rel=1e-3)
    assert ours.left == pytest.approx(((y - law(x, c, a, h)) ** 2).sum(), rel=1e-4)


def test_breaks_are_found_in_five_of_a_hundred_lines():
    rng = np.random.default_rng(1)
    x = np.log(2.0 ** np.arange(11))
    chances = [lines.broken(x, -0.5 * x + 0.1 * rng.standard_normal(11), 400, rng).chance for _ in range(400)]
    assert 0.02 < np.mean(np.array(chances) < 0.05) < 0.09


def test_gains(pdes, kept):
    for id, task, many in (
        ("gain-ce", "CompEuler", 1024),
        ("gain-wave", "Wave", 1024),
        ("gain-poisson", "Poisson", 4096),
    ):
        target = pdes[task, "FNO"].set_index("n").error[many]
        part = pdes[task, "Poseidon-B"].sort_values("n")
        last = part[part.error > target].iloc[-1]
        after = part[part.error <= target].iloc[0]
        way = np.log(last.error / target) / np.log(last.error / after.error)
        assert kept[id]["measured"] == pytest.approx(many / (last.n * (after.n / last.n) ** way))


def test_errors_at_equal_trajectories_and_at_one(pdes, kept):
    at = {key: part.set_index("n").error for key, part in pdes.items()}
    off = []
    for task, n, gain in (
        ("NS", 128, 19.7),
        ("CompEuler", 128, 6.2),
        ("Wave", 128, 4.7),
        ("Poisson", 512, 13.0),
    ):
        off.append(abs(np.log(at[task, "FNO"][n] / at[task, "Poseidon-B"][n] / gain)))
    assert kept["gain-accuracy"]["measured"] == pytest.approx(max(off))
    assert kept["gain-ns"]["measured"] == pytest.approx(
        np.log(at["NS", "FNO"][1024] / at["NS", "Poseidon-B"][1])
    )


def test_heights_and_growths(robots, pdes, kept):
    """The correlation by scipy; the deals by hand, with other draws."""
    starts, growths = [], []
    for part, error in [*((p, "gap") for p in robots.values()), *((p, "error") for p in pdes.values())]:
        starts.append(part[error].max())
        growths.append(-np.polyfit(np.log(part.n), np.log(part[error]), 2)[0])
    raw = stats.spearmanr(starts, growths).statistic
    assert raw == pytest.approx(0.5648, abs=1e-3)
    rng, starts = np.random.default_rng(7), np.array(starts)
    dealt = [
        stats.spearmanr(np.r_[rng.permutation(starts[:6]), rng.permutation(starts[6:])], growths).statistic
        for _ in range(1000)
    ]
    assert kept["ceiling"]["measured"] == pytest.approx(raw - np.mean(dealt), abs=0.03)
    assert kept["ceiling"]["low"] == pytest.approx(raw - np.quantile(dealt, 0.975), abs=0.06)
