"""Collapse, shape and loss: ranks by pandas, the surface by its normal equations, pairs and seeds by scipy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from replications.linguistic_collapse import links, measures, surface
from scalinglaws import load
from scalinglaws.claims import verdicts
from scalinglaws.uncertainty import of_ranks

#: Whether a measure is the unevenness of a mean and a variance, or a column.
COLUMNS = {
    "nc1": "cdnv",
    "nc2": "etf_error",
    "gnc2": ("log_kern_mean", "log_kern_var"),
    "nc3": "dists_mean",
    "unc3": ("simcos_mean", "simcos_var"),
    "nc4": "hits",
}


def column(table: pd.DataFrame, measure: str) -> pd.Series:
    """A measure of collapse."""
    name = COLUMNS[measure]
    return table[name] if isinstance(name, str) else table[name[1]] ** 0.5 / table[name[0]].abs()


@pytest.fixture(scope="module")
def models() -> pd.DataFrame:
    return load("collapse_models")


@pytest.fixture(scope="module")
def final(models) -> pd.DataFrame:
    return models[(models.seed < 0) & (models.done == models.epochs)]


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {v["id"]: v for v in verdicts.read("61_linguistic_collapse")["verdicts"]}


def test_the_grid_is_crossed_and_its_batch_is_a_function_of_the_shape(models, final):
    assert (len(models), len(final), (models.seed >= 0).sum()) == (230, 150, 20)
    assert len(final.drop_duplicates(["depth", "width"])) == 30
    assert len(final.drop_duplicates(["depth", "width", "batch"])) == 30
    # The shared embedding and the positions: the rest is 12 x depth x width squared, and biases.
    rest = final.n_params - 52305 * final.width - 12 * final.depth * final.width**2
    assert (rest / (final.depth * final.width)).between(9, 13).all()


def test_rank_correlations_along_the_grid(final, kept):
    found = {}
    for measure in COLUMNS:
        each = [
            column(part, measure).corr(part.val_loss, method="spearman")
            for _, part in final.groupby(["epochs", "decay"])
        ]
        found[measure] = np.mean(each)
        # The claim on NC3 is on the size of its correlation.
        stated = abs(found[measure]) if measure == "nc3" else found[measure]
        assert stated == pytest.approx(kept[f"scale-{measure}"]["measured"], abs=1e-9)
    for better, than in {"gnc2": "nc2", "unc3": "nc3"}.items():
        assert found[better] - found[than] == pytest.approx(kept[f"better-{better}"]["measured"], abs=1e-9)


def test_nc3_is_the_distance_of_two_vectors_of_length_one(models):
    """Its mean square is 2 less two mean cosines, so that its own square falls short of that by its variance."""
    variance = 2 - 2 * models.simcos_mean - column(models, "nc3") ** 2
    # A distance that goes from 0 to 2 and a cosine of known variance: Var(2 - 2c) bounds that of the root.
    assert (variance > 0).all()
    assert (variance < 4 * models.simcos_var).all()
    # The distance of two matrices, which is called duality, too, is no such thing.
    assert (2 - 2 * models.simcos_mean - models.dual_error**2 < 0).all()


def test_the_least_distance_to_a_simplex_is_reached_by_a_flat_spectrum(monkeypatch):
    """A projection on so many dimensions, at right angles to the common mean, comes as near as the width lets it."""
    classes, width = 40, 6
    monkeypatch.setattr(measures, "CLASSES", classes)
    simplex = (np.eye(classes) - 1 / classes) / np.sqrt(classes - 1)
    rng = np.random.default_rng(3)
    centred = rng.standard_normal((classes, width))
    centred -= centred.mean(axis=0)

    def error(vectors: np.ndarray) -> float:
        products = vectors @ vectors.T
        return float(np.linalg.norm(products / np.linalg.norm(products) - simplex))

    flat, uneven = error(np.linalg.qr(centred)[0]), error(centred * np.geomspace(1, 9, width))
    assert flat == pytest.approx(measures.least(width))
    assert measures.reached(pd.Series([flat]), pd.Series([width])).iloc[0] == pytest.approx(1)
    assert uneven > flat
    assert measures.reached(pd.Series([uneven]), pd.Series([width])).iloc[0] < 0.9


def test_no_model_is_nearer_to_a_simplex_than_its_width_allows(models):
    floor = models.width.map(measures.least)
    assert (models.etf_error > floor).all()
    assert (models.dual_error > floor).all()
    assert measures.reached(models.etf_error, models.width).between(0, 1).all()


def test_rank_correlations_over_seeds_and_the_chance_of_the_largest(models, kept):
    seeds = models[models.seed >= 0]
    rho = {m: stats.spearmanr(column(seeds, m), seeds.val_loss).statistic for m in COLUMNS}
    for measure, found in rho.items():
        assert found == pytest.approx(kept[f"fixed-{measure}"]["measured"], abs=1e-9)
    # Dealt out, the largest of seven measures by pandas' own ranks.
    norms = seeds.norms_log_var**0.5 / seeds.norms_log_mean
    ranks = pd.DataFrame({m: column(seeds, m) for m in COLUMNS} | {"norms": norms}).rank()
    rng = np.random.default_rng(11)
    order, standard = seeds.val_loss.rank().to_numpy(), (ranks - 10.5).to_numpy() / (665 / 20) ** 0.5
    assert standard.var(axis=0) == pytest.approx(np.ones(7))
    dealt = np.array([rng.permutation(order) for _ in range(4000)])
    largest = np.abs((dealt - 10.5) @ standard / 20 / (665 / 20) ** 0.5).max(axis=1)
    seen = max(map(abs, rho.values()))
    assert (largest >= seen - 1e-9).mean() == pytest.approx(kept["fixed-any"]["measured"], abs=0.005)


def test_the_intervals_over_seeds_hold_what_they_should():
    """Coverage of Fieller's interval for a true rank correlation of one half and 20 points."""
    rng = np.random.default_rng(2)
    rho = 0.5
    # Pearson's r of a normal pair whose Spearman is rho.
    r = 2 * np.sin(np.pi * rho / 6)
    x, noise = rng.standard_normal((2, 4000, 20))
    found = links.rank_correlation(x, r * x + np.sqrt(1 - r**2) * noise)
    held = [e.low <= rho <= e.high for e in (of_ranks(float(f), 20) for f in found)]
    assert 0.93 < np.mean(held) < 0.97
    assert stats.spearmanr(x[0], noise[0]).statistic == pytest.approx(
        float(links.rank_correlation(x[0], noise[0]))
    )


PAIRS = [(4, 64), (8, 64), (4, 128), (8, 128), (4, 256), (8, 256), (4, 512), (8, 512)]


def test_measures_and_losses_of_the_eight_pairs_by_scipy(final, kept):
    """Student's intervals, at the level that holds for six; the loss as a share of the shallow one's."""
    deep = pd.MultiIndex.from_tuples(PAIRS)
    wide = pd.MultiIndex.from_tuples([(d // 4, 2 * w) for d, w in PAIRS])
    assert len({*deep, *wide}) == 16
    for measure in COLUMNS:
        mean = np.log(column(final, measure)).groupby([final.depth, final.width]).mean()
        apart = mean[deep].to_numpy() - mean[wide].to_numpy()
        low, high = stats.ttest_1samp(apart, 0).confidence_interval(1 - 0.05 / 6)
        found = kept[f"shape-{measure}"]
        assert (apart.mean(), low, high) == pytest.approx(
            (found["measured"], found["low"], found["high"]), abs=1e-9
        )
    log_loss = np.log(final.val_loss).groupby([final.depth, final.width]).mean()
    less = 100 - 100 * np.exp(log_loss[deep].to_numpy() - log_loss[wide].to_numpy())
    assert (less > 0).all()
    low, high = stats.ttest_1samp(less, 0).confidence_interval()
    found = kept["deep-ties"]
    assert (less.mean(), low, high) == pytest.approx(
        (found["measured"], found["low"], found["high"]), abs=1e-9
    )
    # What confounds them: each deep one has half the batch.
    batch = final.groupby(["depth", "width"]).batch.first()
    assert (2 * batch[deep].to_numpy() == batch[wide].to_numpy()).all()


def test_the_surface_with_and_without_the_batch_by_demeaning(final, kept):
    """Levels for the batches by subtracting the mean of each (Frisch, Waugh & Lovell), then two slopes."""
    one = (
        final.assign(y=np.log(final.val_loss))
        .groupby(["depth", "width"])
        .agg({"y": "mean", "batch": "first"})
    )
    one = one.reset_index().assign(d=lambda t: np.log(t.depth), w=lambda t: np.log(t.width))
    for id, groups in {"elasticity": np.zeros(30), "elasticity-batch": one.batch}.items():
        y, d, w = (one[c] - one[c].groupby(groups).transform("mean") for c in "ydw")
        inverse = np.linalg.inv([[d @ d, d @ w], [d @ w, w @ w]])
        p, q = inverse @ [d @ y, w @ y]
        assert q / p == pytest.approx(kept[id]["measured"], abs=1e-9)
    # At equal 12 d w^2 a doubled depth has a width smaller by the root of 2.
    assert 100 * (1 - 2**p / 2 ** (q / 2)) == pytest.approx(kept["deep-batch"]["measured"], abs=1e-9)
    # By moving along the surface at equal total parameters from the mean share of the blocks.
    share = (12 * one.depth * one.width / (12 * one.depth * one.width + 52305)).mean()
    steps = np.linspace(0, np.log(2), 2)
    width = -steps * share / (1 + share)
    assert 100 * (1 - np.exp(p * steps + q * width)[-1]) == pytest.approx(
        kept["deep-total"]["measured"], abs=1e-9
    )


def test_the_batch_moves_the_loss_where_the_script_changes_it(final):
    """At depth 2 to width 1024 and at depth 8 to 512: the steepest fall of its column by half again."""
    first = final[(final.epochs == 1) & (final.decay < 0.01)]
    falls = -np.log(first.pivot_table("val_loss", "depth", "width")).diff(axis=1)
    for depth, width in ((2, 1024), (8, 512)):
        others = falls[width].drop(depth)
        assert falls.loc[depth, width] > 1.4 * others.max()
    batches = first.pivot_table("batch", "depth", "width")
    changes = np.argwhere(np.diff(batches) != 0)
    assert [(batches.index[i], batches.columns[k + 1]) for i, k in changes] == [(2, 1024), (8, 512)]


def test_what_the_loss_falls_where_the_batch_changes_by_hand(final):
    """The two steps against the mean of the depths that keep their batch, from the table of losses itself."""
    first = final[(final.epochs == 1) & (final.decay < 0.01)]
    loss = first.set_index(["depth", "width"]).val_loss
    found = surface.jumps(first)
    for depth, width, before in ((2, 1024, 768), (8, 512, 256)):
        fall = {d: 100 * np.log(loss[d, before] / loss[d, width]) for d in (1, 2, 4, 8, 12)}
        expected = fall.pop(depth) - np.mean([*fall.values()])
        assert found.pop(f"depth {depth} to width {width}") == pytest.approx(expected)
    assert not found


def test_batch_against_depth_by_residuals_of_scipy(final):
    """The one power beside size that leaves less over, from partial correlations."""
    one = final.groupby(["depth", "width"]).batch.first().reset_index()
    loss = np.log(final.val_loss).groupby([final.depth, final.width]).mean().to_numpy()
    size = np.log(one.depth * one.width**2.0)

    def rest(y: np.ndarray) -> np.ndarray:
        line = stats.linregress(size, y)
        return y - line.intercept - line.slope * size

    left = [1 - stats.pearsonr(rest(loss), rest(np.log(one[c]))).statistic ** 2 for c in ("depth", "batch")]
    assert surface.batch_over_depth(one, loss) == pytest.approx(30 * np.log(left[0] / left[1]))


def test_a_loss_of_all_parameters_has_the_worth_that_is_said():
    """Slopes of the logarithm of the count itself, in depth and in width, at one shape."""
    shape = pd.DataFrame({"depth": [4.0], "width": [256.0], "batch": [8]})

    def count(depth: float, width: float) -> float:
        return np.log(12 * depth * width**2 + surface.ROWS * width)

    by_depth = count(4 * 1.0001, 256) - count(4, 256)
    by_width = count(4, 256 * 1.0001) - count(4, 256)
    assert surface.indifferent(shape) == pytest.approx(by_width / by_depth, rel=1e-3)


def test_counts_of_parameters_explain_the_loss_by_scipy(final, kept):
    log_loss = np.log(final.val_loss).groupby([final.depth, final.width]).mean().reset_index()
    blocks = np.log(log_loss.depth * log_loss.width**2.0)
    every = np.log(final.groupby(["depth", "width"]).n_params.first().to_numpy())
    first, second = (stats.linregress(x, log_loss.val_loss).rvalue ** 2 for x in (blocks, every))
    assert first - second == pytest.approx(kept["kaplan"]["measured"], abs=1e-9)


def test_a_planted_gain_of_depth_is_found_and_none_is_none(final):
    """Losses made on the surface itself give back the gain that was planted."""
    shapes = final.drop_duplicates(["depth", "width"])[["depth", "width", "batch"]].reset_index(drop=True)
    loss = np.log(final.val_loss).groupby([final.depth, final.width]).mean().to_numpy()
    for gain in (0.0, 5.0):
        world, residuals = surface.planted(shapes, loss, gain)
        found = surface.worth_of_depth(shapes, world, 100, np.random.default_rng(0))
        assert found["blocks"].value == pytest.approx(gain, abs=1e-9)
        assert abs(residuals.mean()) < 1e-12
    assert surface.worth_of_depth(shapes, surface.planted(shapes, loss, 0)[0], 100, np.random.default_rng(0))[
        "worth"
    ].value == pytest.approx(2)


def test_a_measure_that_depends_on_shape_alone_is_no_link_given_the_shape(final):
    """`given` finds nothing where measure and loss share only what is given, and all where they are one."""
    rng = np.random.default_rng(4)
    x = links.designs(final)["grid, given depth, width, epochs, decay"]
    y = x @ rng.standard_normal(x.shape[1]) + 0.1 * rng.standard_normal(len(x))
    unrelated = x @ rng.standard_normal(x.shape[1]) + 0.1 * rng.standard_normal(len(x))
    none, same = links.given(np.column_stack([unrelated, y]), y, x, links.shape_of(final), 200, rng)
    assert none.low < 0 < none.high
    assert same.value == pytest.approx(1)
