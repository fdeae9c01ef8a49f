"""Loss-to-loss prediction: pairs by pandas' index, curves by scipy, laws by scipy's optimiser from the authors' places."""

from __future__ import annotations

from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from replications.loss_to_loss import translation
from replications.loss_to_loss.curves import (
    all_paired,
    all_pairs,
    between,
    explained,
    over_data_sets,
    paired,
    with_floor_fitted,
)
from replications.loss_to_loss.forecasts import from_compute, from_losses, law_of_compute
from replications.loss_to_loss.planted import worlds
from replications.loss_to_loss.power import chance_to_tell, told_apart
from replications.loss_to_loss.printed import ALONE, CURVES, EXPLAINED, FORECASTS, HELLASWAG, parameters
from replications.loss_to_loss.translation import (
    by_turns,
    descended,
    law_of,
    of_late_budgets,
    one_a_budget,
    planned,
    six_to_eight,
)
from scalinglaws import fit, load
from scalinglaws.laws import shifted_power_law
from scalinglaws.uncertainty import Estimate, of_mean


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    return load("loss_to_loss_runs").query("large == 0").reset_index(drop=True)


@pytest.fixture(scope="module")
def large() -> pd.Series:
    return load("loss_to_loss_runs").query("large == 1").set_index("train_set").loss


@pytest.fixture(scope="module")
def laws() -> pd.DataFrame:
    return load("loss_to_loss_laws").query("form == 'kaplan' and measure == 'loss'").set_index("train_set")


def kaplan(p: np.ndarray, n: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Kaplan's form above a floor of log A, log B, log E, alpha, beta."""
    return np.exp(p[2]) + ((np.exp(p[0]) / n) ** (p[3] / p[4]) + np.exp(p[1]) / d) ** p[4]


def huber(p: np.ndarray, n: np.ndarray, d: np.ndarray, loss: np.ndarray) -> float:
    """Mean Huber loss of log residuals, threshold 0.001."""
    off = abs(np.log(loss / kaplan(p, n, d)))
    return np.where(off < 1e-3, off**2 / 2, 1e-3 * (off - 5e-4)).mean()


def columns(table: pd.DataFrame) -> tuple[np.ndarray, ...]:
    return tuple(table[c].to_numpy() for c in ("n_params", "n_tokens", "loss"))


def test_all_sixty_printed_numbers(runs, laws):
    by_tokens = {name: part.set_index("n_tokens").loss for name, part in runs.groupby("train_set")}
    for zero, one in permutations(by_tokens, 2):
        both = pd.concat([by_tokens[zero], by_tokens[one]], axis=1, join="inner").to_numpy()
        line = stats.linregress(*np.log(both - [laws.E[zero], laws.E[one]]).T)
        assert (line.slope, np.exp(line.intercept)) == pytest.approx(CURVES[zero, one], abs=1e-6)


def test_the_curves_at_the_large_models(runs, large, laws):
    pairs = all_pairs(all_paired(runs), large, laws.E)
    assert len(pairs) == 30 and pairs.n.between(76, 86).all()
    for row in pairs.itertuples():
        kappa, factor = CURVES[row.zero, row.one]
        by_print = laws.E[row.one] + factor * (large[row.zero] - laws.E[row.zero]) ** kappa
        assert row.error == pytest.approx(100 * (by_print / large[row.one] - 1), abs=1e-4)
    assert pairs.error.abs().mean() == pytest.approx(0.92, abs=0.005)
    assert pairs.error.abs().max() == pytest.approx(2.07, abs=0.005)
    assert pairs.kept.abs().mean() > 2 * pairs.error.abs().mean()


def test_authors_laws_of_all_runs_are_optima(runs, laws):
    for name, row in laws.iterrows():
        data = columns(runs[runs.train_set == name])
        start = np.array([np.log(row.A), np.log(row.B), np.log(row.E), row.alpha, row.beta])
        assert huber(start, *data) == pytest.approx(row.objective, rel=1e-4)
        found = optimize.minimize(huber, start, data, method="Nelder-Mead", options={"maxiter": 400})
        assert found.fun > row.objective * (1 - 1e-3)


def test_authors_laws_of_six_to_eight_runs_are_not_all_optima(runs):
    """Their printed parameters give their printed share of variance, and in four data sets not the least objective."""
    short = set()
    for name, (objective, E, A, B, alpha, beta) in ALONE.items():
        here = runs[runs.train_set == name]
        n, d, loss = columns(here)
        place = np.array([np.log(A), np.log(B), np.log(E), alpha, beta])
        few = columns(six_to_eight(here))
        assert huber(place, *few) == pytest.approx(objective, rel=2e-2)
        assert explained(kaplan(place, n, d), loss) == pytest.approx(EXPLAINED[name][2], abs=1e-3)
        ours = law_of(six_to_eight(here))
        at = np.array([np.log(ours["A"]), np.log(ours["B"]), np.log(ours["E"]), ours["alpha"], ours["beta"]])
        assert huber(at, *few) < objective * (1 + 1e-4)
        start = [{"E": E, "A": A, "B": B, "alpha": alpha, "beta": beta}]
        assert law_of(six_to_eight(here), start).objective == pytest.approx(ours.objective, rel=1e-6)
        if huber(at, *few) < objective * (1 - 1e-2):
            short.add(name)
    assert short == {"FineWeb-Edu", "ProofPile 2", "SlimPajama", "StarCoder"}


def test_a_descent_from_the_printed_law_of_proofpile_ends_in_a_second_minimum(runs):
    """By a search without slopes: it ends where the descent does, above the optimum, and nothing close by is lower."""
    here = runs[runs.train_set == "ProofPile 2"]
    few, ours = columns(six_to_eight(here)), law_of(six_to_eight(here))
    objective, end = descended(ours, parameters(ALONE["ProofPile 2"]))
    place = np.array([np.log(end["A"]), np.log(end["B"]), np.log(end["E"]), end["alpha"], end["beta"]])
    assert huber(place, *few) == pytest.approx(objective, rel=1e-9)
    assert objective > 1.1 * ours.objective / ours.n
    found = optimize.minimize(huber, place, few, method="Nelder-Mead", options={"maxiter": 2000})
    assert found.fun > objective * (1 - 1e-6)
    n, d, loss = columns(here)
    assert explained(kaplan(place, n, d), loss) == pytest.approx(0.9446, abs=1e-4)


def test_laws_of_few_runs_for_other_tests_run_to_the_edge_of_the_box(runs):
    few = six_to_eight(runs)
    for name in ("SlimPajama", "StarCoder"):
        assert law_of(few[few.train_set == name], 2, "arc_easy").status.name == "BOUND_HIT"


def test_printed_laws_for_hellaswag_have_the_printed_objective(runs):
    few = six_to_eight(runs)
    for name, (objective, E, A, B, alpha, beta) in HELLASWAG.items():
        here = few[few.train_set == name]
        place = np.array([np.log(A), np.log(B), np.log(E), alpha, beta])
        data = (here.n_params.to_numpy(), here.n_tokens.to_numpy(), here.hellaswag.to_numpy())
        assert huber(place, *data) == pytest.approx(objective, rel=1e-3)


def test_laws_of_late_budgets_and_of_planned_runs_are_the_optima_that_fit_proves(runs):
    table = load("loss_to_loss_runs")
    large = table[table.large == 1].set_index("train_set").loc[["FineWeb", "StarCoder"]]
    laws = {name: law_of(runs[runs.train_set == name]) for name in large.index}
    late, turns = of_late_budgets(laws, runs, 2e18, large), planned(laws, runs, large_first=True)
    for name in large.index:
        here = runs[runs.train_set == name]
        proved = law_of(here[here.flops > 2e18])
        assert proved.predict(large.loc[[name]])[0] == pytest.approx(late[name], rel=1e-5)
        chosen = here.iloc[by_turns(here, large_first=True)]
        assert chosen.flops.is_monotonic_increasing and len(chosen) == 8
        share = explained(law_of(chosen).predict(here), here.loss)
        assert share == pytest.approx(turns[name], abs=1e-5)


def test_a_curve_that_is_planted_is_found_and_losses_below_a_floor_are_refused():
    x = np.linspace(2, 4, 30)
    curve = between(x, 0.7 + 0.9 * (x - 1.5) ** 1.2, 1.5, 0.7)
    assert (curve.kappa, curve.K) == pytest.approx((1.2, 0.9))
    assert float(curve(5.0)) == pytest.approx(0.7 + 0.9 * 3.5**1.2)
    with pytest.raises(ValueError, match="must lie above"):
        between(x, x, 2.5, 0.7)


def test_runs_of_unequal_size_are_not_paired(runs):
    moved = runs.assign(n_params=runs.n_params * np.where(runs.train_set == "StarCoder", 2, 1))
    assert len(paired(moved, "FineWeb", "SlimPajama")) == 85
    with pytest.raises(ValueError, match="no run on FineWeb"):
        paired(moved, "FineWeb", "StarCoder")


def test_the_jackknife_over_data_sets_by_hand():
    values = dict(zip("abcdef", (1.0, 2.0, 4.0, 7.0, 11.0, 16.0), strict=True))
    pairs = pd.DataFrame([(a, b, values[a] + values[b]) for a, b in permutations(values, 2)])
    found = over_data_sets(pairs.set_axis(["zero", "one", "v"], axis=1), lambda t: t.v.mean() / 2)
    # The jackknife of a mean is the mean's own standard error.
    half = stats.t.ppf(0.975, 5) * stats.sem([*values.values()])
    assert (found.value, found.high - found.value) == pytest.approx((np.mean([*values.values()]), half))


def test_a_draw_without_an_optimum_shifts_no_other(monkeypatch):
    found = SimpleNamespace(samples=pd.DataFrame({"E": [0.4, 0.6]}, index=[0, 2]))
    monkeypatch.setattr(translation, "bootstrap", lambda law, count, rows: found)
    monkeypatch.setattr(translation, "at", lambda law, again, runs: again[["E"]].to_numpy())
    monkeypatch.setattr(translation, "explained", lambda losses, loss: losses[0])
    kept = translation.spread_out(None, pd.DataFrame({"loss": [1.0]}), [None] * 3)
    assert kept.to_dict() == {0: 0.4, 2: 0.6}


def test_one_run_is_drawn_from_each_budget(runs):
    here = runs[runs.train_set == "StarCoder"].reset_index(drop=True)
    draws = one_a_budget(here, 20, 0)
    assert all(here.flops[rows].is_unique and len(rows) == 8 for rows in draws)
    assert len({tuple(rows) for rows in draws}) > 15


def test_the_printed_forecasts_by_the_trust_region_search_that_the_authors_use(runs):
    table, floors = load("loss_to_loss_runs"), load("loss_to_loss_laws").query("form == 'kaplan'")
    floors = floors.pivot_table("E", "train_set", "measure")
    large, few, tests = table[table.large == 1].set_index("train_set"), six_to_eight(runs), [*FORECASTS]
    ours = from_losses(few, large, floors, tests).query("zero == 'FineWeb-Edu'")
    for row in ours.itertuples():
        both = paired(few, row.zero, row.one)
        for given, found in (("loss", row.train), (row.test, row.same)):
            x, y = both[given].to_numpy() - floors.loc[row.zero, given], both[f"{row.test}_1"].to_numpy()
            bounds = ([0, 0, 0], [np.inf, np.inf, y.min()])
            p, _ = optimize.curve_fit(
                lambda x, kappa, K, E: K * x**kappa + E, x, y, p0=[1, 1, 0], bounds=bounds, maxfev=500_000
            )
            aim = p[1] * (large.loc[row.zero, given] - floors.loc[row.zero, given]) ** p[0] + p[2]
            assert 100 * (aim / large.loc[row.one, row.test] - 1) == pytest.approx(found, abs=0.02)
    compute = pd.Series(from_compute(few, large, tests)).drop("FineWeb-Edu").abs().groupby(level=1).mean()
    averages = ours[["train", "same", "unchanged"]].abs().groupby(ours.test).mean()
    for test, (train, same, alone, _, unchanged) in FORECASTS.items():
        got = (averages.train[test], averages.same[test], compute[test], averages.unchanged[test])
        assert got == pytest.approx((train, same, alone, unchanged), abs=0.05)


def test_a_curve_with_its_floor_fitted_is_the_optimum_that_fit_proves(runs, laws):
    both = paired(six_to_eight(runs), "SlimPajama", "ProofPile 2")
    ours = with_floor_fitted(both.loss, both.loss_1, laws.E["SlimPajama"])
    data = {"loss_here": both.loss.to_numpy(), "loss": both.loss_1.to_numpy()}
    proved = fit(shifted_power_law, data, residual="raw", fixed={"E_here": laws.E["SlimPajama"]})
    assert (ours.kappa, ours.K, ours.E1) == pytest.approx(
        (proved["kappa"], proved["K"], proved["E"]), rel=1e-4
    )


def test_a_fitted_floor_stays_between_nought_and_the_least_loss():
    x = np.linspace(2, 4, 8)
    assert with_floor_fitted(x, (x - 1) ** 1.5 - 0.5, 1.0).E1 == 0
    with pytest.raises(ValueError, match="must lie above their floor"):
        with_floor_fitted(x, x, 2.0)


def test_a_law_of_compute_that_is_planted_on_the_grid_is_found():
    flops = np.geomspace(1e17, 5e19, 8)
    loss = 0.5 + 40 * flops**-0.08
    floor = loss.min() * round(0.5 / loss.min() * 99) / 99  # the nearest place of the grid
    loss = floor + 40 * flops**-0.08
    assert law_of_compute(flops, loss, 1e21) == pytest.approx(floor + 40 * 1e21**-0.08, rel=2e-2)


def test_power_by_drawing_intervals():
    rng, width = np.random.default_rng(0), 2 * stats.t.ppf(0.975, 5) / np.sqrt(6)
    estimate = Estimate(0, -width / 2, width / 2, "six numbers of spread one")
    size = told_apart(estimate, 6)
    lows = [of_mean(rng.normal(size, 1, 6), "drawn").low for _ in range(4000)]
    assert np.mean(np.array(lows) > 0) == pytest.approx(0.8, abs=0.02)
    assert chance_to_tell(estimate, 6, size) == pytest.approx(0.8)


def test_a_planted_world_lies_about_the_law_that_was_planted(runs):
    two = runs[runs.train_set.isin(["FineWeb", "StarCoder"])].reset_index(drop=True)
    large = load("loss_to_loss_runs").query("large == 1").set_index("train_set")
    laws = {name: law_of(part) for name, part in two.groupby("train_set")}
    for world in worlds(laws, laws, laws, two, large, 2, 0):
        for name, law in laws.items():
            here = two.train_set == name
            off = np.log(world.runs.loss[here] / law.predict(two[here]))
            assert np.sort(off) == pytest.approx(np.sort(law.residuals))
            assert (
                abs(np.log(world.large[name] / law.predict(large.loc[[name]])[0])) <= abs(law.residuals).max()
            )
            assert world.scatter[name] <= 101 * np.sqrt((law.residuals**2).mean())
