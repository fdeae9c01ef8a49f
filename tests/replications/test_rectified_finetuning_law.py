"""Notebook 46 by other routes: formulas written out, scipy's optimiser, and a plain bootstrap."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import least_squares

from replications.rectified_finetuning_law.families import every_draw, lowest, over_families
from scalinglaws import load
from scalinglaws.claims import verdicts

LARGEST = 1_638_400
DATASETS = ("FLAN", "WMT19", "Gigaword")


@pytest.fixture(scope="module")
def kept():
    return {verdict["id"]: verdict for verdict in verdicts.read("46_rectified_finetuning_law")["verdicts"]}


@pytest.fixture(scope="module")
def curves():
    return load("rectified_losses").pivot_table("loss", ["dataset", "model"], "n_examples")


@pytest.fixture(scope="module")
def families():
    return load("rectified_losses").drop_duplicates("model").set_index("model").family


def test_curvature_by_its_own_formula_and_a_plain_bootstrap_of_families(curves, families, kept):
    x = np.log(curves.columns[1:].to_numpy(float))
    y = np.log(curves[curves.columns[1:]].to_numpy())
    # The third of the orthogonal polynomials on equally spaced points picks the curvature.
    p = (x - x.mean()) ** 2
    p = p - p.mean()
    bend = y @ p / (p @ p)
    found = kept["pre-power"]
    assert bend.mean() == pytest.approx(found["measured"], rel=1e-9)
    labels = families.loc[curves.index.get_level_values("model")].to_numpy()
    totals = np.array(
        [[(bend * (labels == name)).sum(), (labels == name).sum()] for name in np.unique(labels)]
    )
    drawn = np.random.default_rng(0).integers(8, size=(40_000, 8))
    means = totals[drawn, 0].sum(1) / totals[drawn, 1].sum(1)
    assert np.quantile(means, [0.025, 0.975]) == pytest.approx([found["low"], found["high"]], rel=0.02)


def law_at(row, n_examples):
    """The rectified and the vanilla law, written out."""
    if row.law == "rectified":
        return row.B / (row.D_l + n_examples**row.beta) + row.E
    return row.A * (1 / n_examples**row.beta + row.e) ** (row.gamma / row.beta)


@pytest.mark.parametrize("law", ["rectified", "vanilla"])
def test_residuals_of_the_laws_written_out(curves, kept, law):
    stored = load("rectified_finetuning_law_fits")
    n_examples, found = curves.columns[1:].to_numpy(float), {}
    for row in stored[(stored.law == law) & (stored.n_max == LARGEST)].itertuples():
        loss = curves.loc[(row.dataset, row.model)].to_numpy()[1:]
        off = np.log(loss / law_at(row, n_examples))
        found.setdefault(row.dataset, []).append(np.sqrt((off**2).mean()))
    for dataset in DATASETS:
        assert np.mean(found[dataset]) == pytest.approx(kept[f"rmsd-{law}-{dataset}"]["measured"], rel=1e-3)


@pytest.mark.parametrize("where", [("FLAN", "gpt2"), ("WMT19", "t5-base"), ("Gigaword", "facebook/opt-350m")])
def test_scipy_finds_no_better_rectified_law(curves, where):
    stored = load("rectified_finetuning_law_fits").set_index(["law", "n_max", "dataset", "model"])
    n_examples, loss = curves.columns[1:].to_numpy(float), curves.loc[where].to_numpy()[1:]

    def off(q):
        return np.log(np.exp(q[0]) / (np.exp(q[1]) + n_examples ** q[2]) + q[3]) - np.log(loss)

    bounds = [-20, np.log(1e-2), 0, 0], [40, np.log(1e8), 2, 10]
    starts = itertools.product((2, 7), (3, 7), (0.2, 0.5), (0.1, 0.8 * loss.min()))
    best = min(least_squares(off, start, bounds=bounds, x_scale="jac").cost for start in starts)
    ours = stored.rmsd.loc[("rectified", LARGEST, *where)]
    assert ours <= np.sqrt(2 * best / 14) * (1 + 1e-9) and ours == pytest.approx(
        np.sqrt(2 * best / 14), rel=1e-3
    )


def accept_then_stop(n_examples, loss):
    """The rule in the authors' words: at least three points, stop at the first that is off by five deviations."""
    x, y = np.log(n_examples)[::-1], np.log(loss)[::-1]
    taken = 3
    while True:
        line = np.linalg.lstsq(np.column_stack([x[:taken], np.ones(taken)]), y[:taken], rcond=None)[0]
        off = y - line[0] * x - line[1]
        if taken + 1 == len(x) or abs(off[taken]) > 5 * np.std(off[:taken]):
            return line[0] * np.log(LARGEST) + line[1]
        taken += 1


def test_the_cells_of_the_selection_table(curves, kept):
    printed = load("rectified_selection").set_index(["score", "rule", "dataset", "n_max"]).printed
    off, gaps = [], []
    for dataset in DATASETS:
        losses = curves.loc[dataset]
        for budget in [LARGEST // 2**k for k in range(3, 10)]:
            some = [n for n in losses if 0 < n <= budget]
            rule = [np.exp(accept_then_stop(np.array(some, float), row)) for row in losses[some].to_numpy()]
            ats, sub = (100 * np.corrcoef(v, losses[LARGEST])[0, 1] for v in (rule, losses[budget]))
            off.append(abs(ats - printed["pearson", "AtS", dataset, budget]))
            gaps.append(ats - sub)
    assert max(off) == pytest.approx(kept["pearson AtS"]["measured"], abs=1e-6)
    assert np.mean(gaps) == pytest.approx(kept["ats-vs-sub"]["measured"], rel=1e-9)
    zero = np.corrcoef(curves.loc["Gigaword", 0], curves.loc["Gigaword", LARGEST])[0, 1]
    assert 100 * zero == pytest.approx(kept["zero-negative"]["measured"], rel=1e-9)


def test_every_draw_is_there_once_with_its_chance():
    counts, chances = every_draw(np.array(["a", "b", "b", "c"]))
    ordered = [np.bincount(draw, minlength=3) for draw in itertools.product(range(3), repeat=3)]
    assert len(counts) == len({tuple(row) for row in ordered}) == 10 and chances.sum() == pytest.approx(1)
    for row, chance in zip(counts, chances, strict=True):
        assert row[1] == row[2]
        drawn = sum(tuple(one) == (row[0], row[1], row[3]) for one in map(tuple, ordered))
        assert chance == pytest.approx(drawn / 27)


def test_an_end_of_the_interval_leaves_no_more_than_its_share_beyond():
    values, chances = np.array([3.0, 1.0, 2.0, 0.0]), np.array([0.5, 0.02, 0.47, 0.01])
    assert [lowest(values, chances, share) for share in (0.005, 0.01, 0.025, 0.03, 0.5)] == [0, 1, 1, 2, 3]


def test_what_is_not_defined_widens_the_interval_on_both_sides():
    found = over_families(lambda w: np.where(w[:, 0] > 1, np.nan, w[:, 0]), np.array(["a", "b"]))
    assert (found.low, found.value, found.high) == (-np.inf, 1, np.inf)
    with pytest.raises(ValueError, match="2 to 9 families"):
        every_draw(np.zeros(4))
