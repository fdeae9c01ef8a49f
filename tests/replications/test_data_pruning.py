"""The theory of the pruned perceptron against equations, limits and simulations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq, minimize, root
from scipy.special import ndtr
from scipy.stats import linregress, norm, t, ttest_1samp

from replications.data_pruning import advantages, images, perceptron
from replications.data_pruning.theory import FAR, composite, density, kept_range, saddle_probe, solve
from scalinglaws.claims import verdicts
from scalinglaws.tables import loading
from scalinglaws.uncertainty import Estimate


def saddle_hard(alpha: float, f: float, overlap: float, margin: float, panels: int = 80) -> np.ndarray:
    r"""What is left of the paper's saddle-point equations, perfect probe, hard examples kept.

    With `g = gamma = H^-1((1 - f) / 2)`, `Dt` the Gaussian measure and t from -inf to kappa:

        R = 2 alpha / (f sqrt(2 pi) sqrt(1 - R^2))
              Int Dt exp(-R^2 t^2 / 2(1 - R^2)) [1 - exp(-g (g - 2 R t) / 2(1 - R^2))] (kappa - t)
        1 - R^2 = (2 alpha / f) Int Dt [H(-R t / sqrt(1 - R^2)) - H(-(R t - g) / sqrt(1 - R^2))] (kappa - t)^2

    Returns
    -------
    ndarray
        Left side minus right side of both.
    """
    g, s = kept_range(f, "hard")[1], np.sqrt(1 - overlap**2)
    t, w = composite(-FAR, margin, panels)
    w = w * density(t) * 2 * alpha / f
    tail = np.exp(-((overlap * t) ** 2) / (2 * s * s)) - np.exp(-((overlap * t - g) ** 2) / (2 * s * s))
    first = w @ (tail * (margin - t)) / (np.sqrt(2 * np.pi) * s)
    second = w @ ((ndtr(overlap * t / s) - ndtr((overlap * t - g) / s)) * (margin - t) ** 2)
    return np.array([overlap - first, 1 - overlap**2 - second])


@pytest.mark.parametrize(("alpha", "f"), [(0.5, 0.5), (1.5, 0.5), (3.0, 1.0), (3.2, 0.1), (10.0, 0.3)])
def test_saddle_point_equations_hold_for_a_perfect_probe(alpha, f):
    student = solve(alpha, f)
    assert np.abs(saddle_hard(alpha, f, float(student.overlap), float(student.margin))).max() < 1e-8
    # The equations notice one part in a hundred.
    assert np.abs(saddle_hard(1.01 * alpha, f, float(student.overlap), float(student.margin))).max() > 1e-3


@pytest.mark.parametrize(
    ("alpha", "f", "theta"), [(1.5, 0.5, 0.35), (2.4, 0.4, 0.8), (3.2, 0.1, 0.2), (3, 1, 0.5)]
)
def test_saddle_point_equations_hold_for_an_imperfect_probe(alpha, f, theta):
    student = solve(alpha, f, theta)
    found = float(student.overlap), float(student.probe_overlap), float(student.margin)
    assert np.abs(saddle_probe(alpha, f, theta, *found)).max() < 1e-8
    assert np.abs(saddle_probe(alpha, f, 1.02 * theta, *found)).max() > 1e-4


def test_without_pruning_neither_the_rule_nor_the_probe_matters():
    alpha = np.array([0.7, 3.0, 12.0])
    plain = solve(alpha).error
    for theta, keep in [(0.0, "easy"), (0.4, "hard"), (0.4, "easy"), (1.2, "hard")]:
        np.testing.assert_allclose(solve(alpha, 1.0, theta, keep).error, plain, rtol=1e-6)


def test_a_nearly_perfect_probe_is_nearly_perfect():
    np.testing.assert_allclose(solve(2.0, 0.5, 0.02).error, solve(2.0, 0.5).error, rtol=0.02)
    assert solve(2.0, 0.5, 0.3).error > solve(2.0, 0.5).error


def test_the_unpruned_error_falls_as_half_over_alpha():
    alpha = np.array([100.0, 1000.0])
    np.testing.assert_allclose(alpha * solve(alpha).error, 0.5005, atol=2e-4)


def test_labels_of_the_very_hardest_examples_are_like_random_ones():
    # Below two examples a dimension the margin is that of random labels (Gardner); above,
    # there is no such margin and the student is forced into the teacher's direction.
    alpha = 1.2
    random_labels = brentq(lambda m: alpha * ((1 + m * m) * norm.cdf(m) + m * norm.pdf(m)) - 1, 0.01, 5)
    assert abs(solve(alpha, 1e-4).margin / random_labels - 1) < 1e-3
    assert solve(1.8, 1e-4).error > 0.4
    assert solve(2.2, 1e-4).error < 1e-3


def test_error_falls_with_more_examples_and_shapes_broadcast():
    student = solve(np.array([[0.5], [1.5], [4.0]]), np.array([0.3, 0.9]), 0.5)
    assert student.error.shape == student.margin.shape == (3, 2)
    assert (np.diff(student.error, axis=0) < 0).all()
    np.testing.assert_allclose(student.error, np.arccos(student.overlap) / np.pi, atol=1e-9)


@pytest.mark.parametrize(
    "bad", [{"alpha": 0}, {"f": 0}, {"f": 1.2}, {"theta": -0.1}, {"theta": 1.6}, {"keep": "middle"}]
)
def test_nonsense_is_refused(bad):
    with pytest.raises(ValueError):
        solve(**{"alpha": 1.0, **bad})


def test_maximum_margin_agrees_with_a_general_optimiser():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 5))
    rows = x * np.sign(x[:, :1])
    exact = perceptron.max_margin(rows)
    other = minimize(
        lambda w: w @ w,
        10 * np.eye(5)[0],
        jac=lambda w: 2 * w,
        method="SLSQP",
        constraints={"type": "ineq", "fun": lambda w: rows @ w - 1, "jac": lambda w: rows},
        options={"ftol": 1e-14, "maxiter": 500},
    ).x
    np.testing.assert_allclose(exact, other / np.linalg.norm(other), atol=1e-6)
    with pytest.raises(ValueError, match="separated"):
        perceptron.max_margin(np.vstack([rows, -rows]))


@pytest.mark.parametrize(
    ("f", "theta", "keep"), [(0.5, 0.0, "easy"), (0.5, 0.35, "hard"), (1.0, 0.0, "hard")]
)
def test_simulation_agrees_with_theory(f, theta, keep):
    point = {"n_dim": 150, "alpha_total": 3.0, "f": f, "theta": theta, "keep": keep}
    errors = np.array([perceptron.run(**point, seed=seed)["error"] for seed in range(16)])
    theory = float(solve(3.0 * f, f, theta, keep).error)
    # Three standard errors, and 5 % for the finite dimension.
    assert abs(errors.mean() - theory) < 3 * errors.std(ddof=1) / 4 + 0.05 * theory
    assert perceptron.run(**point, seed=3)["error"] == errors[3]


def test_the_grid_is_unique_and_holds_what_it_needs():
    for grid in (images.grid("full"), images.grid("ci"), perceptron.grid("full")):
        assert len({tuple(config.items()) for config in grid}) == len(grid)
    assert set(perceptron.grid("full")[0]) | {"error", "probe_overlap", "margin"} == set(perceptron.COLUMNS)


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    """The notebook's verdicts by claim."""
    return {verdict["id"]: verdict for verdict in verdicts.read("30_data_pruning")["verdicts"]}


def per_seed(runs: pd.DataFrame, worse: str, better: str) -> pd.Series:
    """Mean over fractions of the log ratio of two rules' errors, a seed."""
    errors = runs.set_index(["keep", "seed", "f"]).error
    return np.log(errors.loc[worse] / errors.loc[better]).groupby("seed").mean()


def agrees(verdict: dict, values: pd.Series) -> None:
    """The kept number is the mean of these, and its interval Student's."""
    interval = ttest_1samp(values, 0).confidence_interval()
    found = [values.mean(), interval.low, interval.high]
    assert found == pytest.approx([verdict[name] for name in ("measured", "low", "high")], rel=1e-9)


def test_the_perceptrons_advantages_are_the_tables(kept):
    runs = loading.load("data_pruning_perceptron").query("n_dim == 400 and theta == 0")
    agrees(kept["scarce"], per_seed(runs.query("alpha_total == 1 and f == 0.5"), "hard", "easy"))
    agrees(kept["abundant"], per_seed(runs.query("alpha_total == 32 and f == 0.1"), "easy", "hard"))


@pytest.mark.parametrize(
    ("name", "slug", "least", "most"),
    [
        ("images", "data_pruning_images_small", 1000, 16000),
        ("fashion", "data_pruning_images", 3125, 50000),
    ],
)
def test_the_images_advantages_are_the_tables(name, slug, least, most, kept):
    runs = loading.load(slug).query("f < 1 and total >= 1000")
    runs = runs[~runs.keep.str.contains("class")]
    grown = per_seed(runs.query("total == @most"), "easy", "hard")
    agrees(kept[f"{name}_turn"], grown - per_seed(runs.query("total == @least"), "easy", "hard"))
    agrees(kept[f"{name}_scarce"], per_seed(runs.query("total == @least"), "hard", "easy"))
    agrees(kept[f"{name}_abundant"], per_seed(runs.query("total == @most"), "random", "hard"))
    slopes = runs.groupby(["keep", "seed", "f"]).apply(
        lambda each: linregress(np.log(each.n_kept), np.log(each.error)).slope
    )
    agrees(kept[f"{name}_slope"], (slopes.loc["random"] - slopes.loc["hard"]).groupby("seed").mean())


def test_the_photographs_other_advantages_are_the_tables(kept):
    runs = loading.load("data_pruning_images").query("f < 1")
    agrees(kept["fashion_mild"], per_seed(runs.query("total == 50000 and f == 0.8"), "random", "hard"))
    agrees(kept["fashion_scarcest"], per_seed(runs.query("total == 800"), "hard", "easy"))
    small, fifth = runs.query("total == 3125"), runs.query("total == 50000 and f == 0.2")
    agrees(kept["fashion_scarce_by_class"], per_seed(small, "hard by class", "easy by class"))
    agrees(kept["fashion_fifth_by_class"], per_seed(fifth, "random", "hard by class"))


def test_power_is_that_of_simulated_tables():
    noise, n, rng = 0.1, 6, np.random.default_rng(2)
    error = noise / np.sqrt(n)
    value = advantages.found_from(Estimate.around(0, *(error * t.ppf([0.025, 0.975], n - 1)), "t"), n)
    worlds = rng.normal(value, noise, (20000, n))
    assert np.mean(ttest_1samp(worlds, 0, axis=1).pvalue < 0.05) == pytest.approx(0.8, abs=0.01)


def test_rules_dealt_at_random_have_no_advantage():
    grid = [{"seed": s, "f": f, "keep": k} for s in range(6) for f in (0.2, 0.8) for k in ("easy", "hard")]
    table = pd.DataFrame(grid)
    table["error"] = np.where(table.keep == "hard", 0.3, 0.1) * (1 + 0.01 * table.seed)
    assert advantages.gap(table, "hard", "easy").low > 1
    deals = advantages.dealt((table, "hard", "easy"), np.random.default_rng(0), 400)
    assert abs(np.mean([each.value for each in deals])) < 0.06
    # The two fractions of a seed agree or cancel, so that the mean of six seeds is a multiple of log(3) / 6.
    assert {round(abs(each.value) / np.log(3) * 6, 6) for each in deals} <= set(range(7))


def test_pruning_harder_moves_the_envelope_by_the_papers_equations_too(kept):
    def log_error(f, alpha=4.0):
        start = solve(3.0, f)  # of another number of examples
        found = root(
            lambda x: saddle_hard(alpha, f, np.tanh(x[0]), np.exp(x[1]), panels=round(40 / f)),
            [np.arctanh(float(start.overlap)), np.log(float(start.margin))],
            tol=1e-12,
        )
        assert found.success and np.abs(found.fun).max() < 1e-10
        return np.log(np.arccos(np.tanh(found.x[0])) / np.pi)

    slope = (log_error(0.1) - log_error(0.01)) / np.log(10)
    assert slope == pytest.approx(kept["intrinsic"]["measured"], abs=1e-4)


def test_images_are_dealt_once_a_seed_and_in_parts_that_share_none(monkeypatch):
    everything = np.arange(1797.0)
    monkeypatch.setattr(images, "digits", lambda: (np.repeat(everything[:, None], 64, 1), everything))
    images.whole.cache_clear()
    parts = [
        images.draw("digits", n, role, 3)[1] for role, n in (("test", 400), ("probe", 400), ("pool", 997))
    ]
    assert sorted(np.concatenate(parts)) == list(everything)
    assert (images.draw("digits", 100, "pool", 3)[1] == parts[2][:100]).all()
    assert (images.draw("digits", 400, "test", 4)[1] != parts[0]).any()
    with pytest.raises(ValueError, match="997 images for the pool, not 998"):
        images.draw("digits", 998, "pool", 3)
    images.whole.cache_clear()


def test_by_class_the_same_share_of_each_class_is_kept():
    rng = np.random.default_rng(5)
    y = rng.integers(0, 10, 3000)
    # Whole classes are easier than others, and nothing is left of them among the hardest fifth.
    score = y + rng.random(3000)
    place = images.within_class(score, y)
    counts = np.bincount(y[np.argsort(place, kind="stable")[:600]], minlength=10)
    assert np.abs(counts - np.bincount(y) / 5).max() <= 1
    assert np.bincount(y[np.argsort(score)[:600]], minlength=10)[3:].max() == 0
    for label in range(10):  # within a class the order stays
        mine = y == label
        assert (np.argsort(place[mine]) == np.argsort(score[mine])).all()
