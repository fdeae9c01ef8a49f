"""The lower edge by the authors' steps, the law by another solver, and the figures of the comparison by hand."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from replications.clip_against_mammut.comparison import (
    crossing,
    exchanged,
    expected_least,
    laws_of,
    lead,
)
from replications.clip_against_mammut.edge import compute_at, error_at, lower_edge, saturating_law
from replications.clip_against_mammut.printed import COEFFICIENTS, RELEASED
from replications.clip_against_mammut.questions import growth_by_both
from replications.clip_against_mammut.worlds import costs, gained, imagined
from scalinglaws import load


def clouds(table, task, train_set="DataComp-1.4B"):
    """Runs that the authors admit: family -> (compute, error, model)."""
    if "schedule" in table:
        table = table[(table.schedule == "cosine") & (table.train_set == train_set)]
    compute, error = table.n_samples * table.gflops_per_sample, 1 - table[task]
    keep = (compute >= 1e6) & (compute <= 1e12)
    if task != "ade20k":
        keep &= (error < 0.7) | (compute <= 1e11)
    return {
        name: (compute[part].to_numpy(), error[part].to_numpy(), table.model[part].to_numpy())
        for name in ("clip", "mammut")
        if (part := keep & (table.family == name)).any()
    }


def step_by_step(compute, error):
    """Points of the authors' edge, by loops: geometric stretches, least error of each, strictly falling."""
    edges = np.geomspace(compute.min(), compute.max(), int(np.log(compute.max() / 1500) / np.log(2)))
    points = []
    for low, high in itertools.pairwise(edges):
        inside = [(e, c) for c, e in zip(compute, error, strict=True) if low <= c < high]
        if inside:
            points.append(min(inside))
    kept = [points[0]]
    for point in points[1:]:
        if point[0] < kept[-1][0]:
            kept.append(point)
    last = min(e for c, e in zip(compute, error, strict=True) if c == compute.max())
    if last < kept[-1][0]:
        kept.append((last, compute.max()))
    return [(c, e) for e, c in kept]


def by_curve_fit(compute, error):
    """The law by scipy's bounded least squares, the authors' solver, from a few of their starts."""

    def law(x, a, logb, c, d):
        return a * (x + 10**logb) ** -c + d

    best = None
    for a, logb, c in itertools.product((0.3, 0.7), (-2, -0.5), (0.1, 0.25, 0.4)):
        found, _ = optimize.curve_fit(
            law,
            compute / 1e9,
            error,
            p0=(a, logb, c, 0.05),
            bounds=([0, -8, 0, 0], [50, 3, 3, 1]),
            maxfev=20000,
        )
        left = ((law(compute / 1e9, *found) - error) ** 2).sum()
        best = min(best, (left, tuple(found)), key=lambda pair: pair[0]) if best else (left, tuple(found))
    a, logb, c, d = best[1]
    return np.array([a, 10**logb, c, d])


CASES = [("clip_mammut_best", "imagenet"), ("clip_mammut_best", "coco"), ("clip_mammut_runs", "ade20k")]


@pytest.mark.parametrize(("table", "task"), CASES)
def test_the_edge_is_the_authors(table, task):
    for compute, error, _ in clouds(load(table), task).values():
        rows = lower_edge(compute, error)
        assert list(zip(compute[rows], error[rows], strict=True)) == step_by_step(compute, error)


@pytest.mark.parametrize(("table", "task"), CASES)
def test_the_law_is_another_solvers(table, task):
    for compute, error, _ in clouds(load(table), task).values():
        rows = lower_edge(compute, error)
        x, y = compute[rows], error[rows]
        np.testing.assert_allclose(saturating_law(x, y), by_curve_fit(x, y), rtol=2e-3)


def test_laws_of_drawn_edges_are_least_on_a_dense_mesh():
    compute, error, _ = clouds(load("clip_mammut_best"), "imagenet")["mammut"]
    rng = np.random.default_rng(0)
    exponents, shifts = np.meshgrid(np.linspace(0.02, 1.0, 120), np.logspace(-4, 1.5, 120))
    for _ in range(10):
        some = rng.integers(len(compute), size=len(compute))
        rows = some[lower_edge(compute[some], error[some])]
        x, y = compute[rows], error[rows]
        ours = ((error_at(saturating_law(x, y), x) - y) ** 2).sum()
        power = (x / 1e9 + shifts[..., None]) ** -exponents[..., None]
        p, e = power - power.mean(-1, keepdims=True), y - y.mean()
        factor = (p * e).sum(-1) / (p**2).sum(-1)
        floor = y.mean() - factor * power.mean(-1)
        left = ((y - factor[..., None] * power - floor[..., None]) ** 2).sum(-1)
        assert ours <= left[floor >= 0].min() * (1 + 1e-6)


def test_released_laws_in_our_units():
    for law, (a, b, c, d) in zip(RELEASED, COEFFICIENTS.values(), strict=True):
        x = np.array([1e8, 1e10, 1e12])
        np.testing.assert_allclose(error_at(law, x), a * (x + np.exp(b)) ** -c + d, rtol=1e-12)
    root = optimize.brentq(lambda p: lead(RELEASED, 10**p), 9.5, 11.5)
    assert crossing(RELEASED) == pytest.approx(root, abs=1e-3)


def test_laws_that_do_not_cross():
    low, high = (0.5, 0.1, 0.2, 0.1), (0.6, 0.1, 0.2, 0.1)
    assert crossing(np.array([high, low])) == 7
    assert crossing(np.array([low, high])) == 14


def test_the_headline_crossing_by_the_other_solver():
    found = clouds(load("clip_mammut_best"), "imagenet")
    laws = []
    for compute, error, _ in found.values():
        points = np.array(step_by_step(compute, error))
        laws.append(by_curve_fit(*points.T))
    families = [
        {m: (c[models == m], e[models == m]) for m in np.unique(models)} for c, e, models in found.values()
    ]
    ours = laws_of(families, sorted(set().union(*families)))
    assert crossing(ours) == pytest.approx(crossing(np.array(laws)), abs=0.01)
    assert crossing(ours) == pytest.approx(10.83, abs=0.01)


def test_least_of_a_few_is_the_mean_over_all_draws():
    errors = np.array([0.5, 0.2, 0.4, 0.9, 0.3])
    for count in range(1, 6):
        draws = [min(draw) for draw in itertools.combinations(errors, count)]
        assert expected_least(errors, count) == pytest.approx(np.mean(draws))


def test_architectures_change_sides():
    first, second = exchanged([{"a": 1, "b": 2}, {"a": 3, "c": 4}], ["a", "b", "c"])
    assert first == {"a": 3, "b": 2} and second == {"a": 1, "c": 4}


def test_compute_at_an_error_is_the_laws_inverse():
    compute = np.array([1e8, 1e10, 3e12])
    for law in RELEASED:
        np.testing.assert_allclose(compute_at(law, error_at(law, compute)), compute, rtol=1e-9)
        assert compute_at(law, law[3] / 2) == 1e16


def test_a_law_that_needs_half_the_compute_saves_a_factor_of_two():
    factor, shift, exponent, floor = RELEASED[0]
    half = np.array([factor * 2**-exponent, shift / 2, exponent, floor])
    for compute in (1e9, 5e11):
        first, second = (float(error_at(law, [compute])[0]) for law in (RELEASED[0], half))
        found = gained(np.array([RELEASED[0], half]), compute)
        np.testing.assert_allclose(found, [100 * (first - second), np.log10(first / second), np.log10(2)])


def test_clips_learning_at_mammuts_cost_by_hand():
    table = load("clip_mammut_best")
    table = table[(table.schedule == "cosine") & (table.train_set == "DataComp-1.4B")]
    found = clouds(table, "imagenet")
    both = {name: dict(zip(zip(m, c, strict=True), e, strict=True)) for name, (c, e, m) in found.items()}
    rate = {name: part.groupby("model").gflops_per_sample.first() for name, part in table.groupby("family")}
    by_samples = {
        name: {(m, round(c / rate[name][m])): e for (m, c), e in runs.items()} for name, runs in both.items()
    }
    wanted = sorted(
        (n * rate["mammut"][m], e)
        for (m, n), e in by_samples["clip"].items()
        if (m, n) in by_samples["mammut"] and 1e6 <= n * rate["mammut"][m] <= 1e12
    )
    ours = imagined(table, "imagenet", "clip", costs(table)["mammut"])
    got = sorted((c, e) for runs in ours.values() for c, e in zip(*runs, strict=True))
    np.testing.assert_allclose(got, wanted)


def test_a_plane_over_samples_and_size_is_found():
    size = pd.Series({"a": 3.0, "b": 10.0, "c": 70.0, "d": 200.0})
    index = pd.MultiIndex.from_product([size.index, [1e7, 1e8, 1e9, 1e10]], names=["model", "n_samples"])
    models, samples = (index.get_level_values(k) for k in (0, 1))
    plane = pd.Series(0.1 + 0.02 * np.log10(samples) - 0.03 * np.log10(size[models].to_numpy()), index)
    plane[samples < 1e8] = 5.0
    found = growth_by_both(plane, size, 100, 100, np.random.default_rng(0))
    np.testing.assert_allclose([each.value for each in found], [0.02, -0.03], atol=1e-9)


def test_an_edge_needs_compute_that_differs():
    with pytest.raises(ValueError, match="positive compute that differ"):
        lower_edge([1e9, 1e9], [0.5, 0.4])
