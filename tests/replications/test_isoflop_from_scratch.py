"""IsoFLOP curves from scratch: what the runs are judged on, and how the bottoms of their bowls are found."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import curve_fit

from replications.isoflop_from_scratch import bowls, counts, projects
from scalinglaws import load, repository
from scalinglaws.training import texts
from scalinglaws.training.held_out import split_by_project


def test_windows_of_the_isoflop_curves_share_nothing_with_the_text_trained_on():
    with texts.pinned():
        training, held_out, _ = projects.windows_of(texts.python_excerpt)
        text = b"".join(
            texts.END.join((t, b"")) for t in split_by_project(texts.python_excerpt(), 0.1)[0].documents
        )
    # The windows tile the text that they were cut from, each with its next byte.
    assert bytes(training[0].tolist()) + bytes(training[1, 1:].tolist()) == text[:129]
    assert held_out.shape == (projects.HELD_OUT_WINDOWS, 65)
    for window in held_out.cpu().numpy().astype(np.uint8):
        assert window[:64].tobytes() not in text and window[1:].tobytes() not in text


def test_a_count_model_reads_what_a_run_reads_and_no_more():
    with texts.pinned():
        few, more = (counts.counted_loss(tokens, 2, 0) for tokens in (2**12, 2**17))
        short = counts.counted_loss(2**17, 1, 0)
        with pytest.raises(ValueError, match="more than one pass"):
            counts.counted_loss(2**26, 2, 0)
    assert 1.5 < more < short < 3 and more < few < np.log(256)


def test_stretches_and_blanks_of_windows():
    windows = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    contexts, following = counts.grams(windows, 2, 1)
    assert contexts.tolist() == [[0, 1], [1, 2], [0, 4], [4, 5]] and following.tolist() == [2, 3, 5, 6]


WIDTHS = (24, 32, 48, 64, 96, 128, 192)
BUDGETS = 2e11 * 2 ** (np.arange(7) / 2)
SIZES = pd.Series({w: projects.shape(w).n_params("matrices + head") for w in WIDTHS}, dtype=float)


def additive(a, floor):
    """Log loss of a law E + A / N^(1 - a) + B / D^a, whose best size goes as C^a."""
    return lambda n, d: np.log(
        floor + (1.7 - floor) * (a * (n / 4.5e4) ** (a - 1) + (1 - a) * (d / 2.2e6) ** -a)
    )


def curves_of(law):
    """Its curves at the sizes and token counts of the sweep."""
    curve = {w: [law(n, t) for t in projects.TOKENS] for w, n in SIZES.items()}
    return pd.DataFrame(curve, projects.TOKENS).T


@pytest.mark.parametrize("a", [0.5, 0.73])
@pytest.mark.parametrize("floor", [0.5, 0.9, 1.2])
def test_the_moving_bowl_finds_the_exponent_of_an_additive_law_whatever_its_floor(a, floor):
    losses = bowls.isoflop(curves_of(additive(a, floor)), 6 * SIZES, BUDGETS)
    found = bowls.moving_bowl(losses, SIZES)
    # A cubic is not quite the bowl of a law.
    assert found.exponent == pytest.approx(a, abs=0.025) and found.agree == len(bowls.STARTS)
    assert found.flattening == pytest.approx(a * (1 - a), abs=0.05)
    # In closed form: both terms of the law pull alike at 45,000 parameters and 2.2 million tokens.
    true = 4.5e4 * (BUDGETS / (6 * 4.5e4 * 2.2e6)) ** a
    assert found.best.to_numpy() == pytest.approx(true, rel=0.1)
    assert bowls.slope(bowls.bottoms(losses, SIZES, "cubic")) == pytest.approx(a, abs=0.025)


def test_losses_between_checkpoints_and_beyond_them():
    curves = pd.DataFrame([[1.0, 3.0]], [24], [100, 10_000])
    found = bowls.isoflop(curves, pd.Series({24: 2.0}), np.array([100.0, 2000.0, 40_000.0]))[24]
    assert np.isnan(found.iloc[0]) and found.iloc[1] == pytest.approx(2.0) and np.isnan(found.iloc[2])


def test_the_best_rate_of_a_width_is_not_one_whose_run_diverged():
    rows = {(24, -8): [2.0, 1.8], (24, -7): [1.9, 1.7], (24, -6): [1.0, np.nan], (32, -8): [2.0, np.nan]}
    curves = pd.DataFrame(rows, [100, 200]).T.rename_axis(["width", "log2_lr"])
    found = bowls.best_rates(curves, pd.Series({24: 1.0, 32: 1.0}), np.array([100.0, 200.0]))
    assert found.to_dict() == {24: -7, 32: -8}


def test_a_bottom_at_an_end_of_the_sizes_is_none():
    sizes = pd.Series({w: float(w) for w in range(3, 9)})
    falling = pd.DataFrame([-0.02 * np.log(sizes)], [1e12])
    for method in ("akima", "parabola", "cubic"):
        assert bowls.bottoms(falling, sizes, method).isna().all()
    assert np.isnan(bowls.slope(pd.Series([1.0, np.nan, 2.0], [1e11, 2e11, 3e11])))
    with pytest.raises(ValueError, match="three budgets"):
        bowls.moving_bowl(falling, sizes)


def test_the_long_warm_up_has_the_rate_that_is_best_with_the_short_one():
    mean = bowls.over_seeds(bowls.loss_curves(load("isoflop_from_scratch_projects_small")))
    best = bowls.best_rates(mean.loc["short"], 6 * SIZES, BUDGETS)
    assert best.to_dict() == projects.BEST == dict(mean.loc["long"].index)


def test_the_kept_exponent_comes_out_of_one_fit_of_all_parameters_at_once():
    """The bowl of `tuned` by `curve_fit`, from the table as it is, without variable projection."""
    runs = load("isoflop_from_scratch_projects_small")
    runs = runs[runs.warmup == "short"]
    tokens = [int(c.rsplit("_", 1)[1]) for c in runs if c.startswith("loss_at_")]
    mean = np.log(
        runs.set_index(["width", "log2_lr", "seed"])[[f"loss_at_{t}" for t in tokens]].astype(float)
    )
    mean = mean.groupby(level=[0, 1]).mean()
    table = {}
    for width, n in SIZES.items():
        at = np.log(BUDGETS / 6 / n)
        read = [np.interp(at, np.log(tokens), row, right=np.nan) for row in mean.loc[width].to_numpy()]
        table[width] = min(read, key=np.nanmean)
    lnl, size = np.array([table[w] for w in WIDTHS]).T, np.log(SIZES.to_numpy())
    trigrams = load("isoflop_from_scratch_counts").query("longest == 2")
    best = SIZES.to_numpy()[np.nanargmin(lnl, axis=1)]
    bar = np.interp(np.log(BUDGETS / 6 / best), np.log(trigrams.n_tokens), trigrams.loss)
    first = int(np.argmax(np.exp(np.nanmin(lnl, axis=1)) < bar))
    lnl, z = lnl[first:], np.log(BUDGETS[first:] / 6e11)
    b, s = np.nonzero(lnl - np.nanmin(lnl, axis=1, keepdims=True) <= 0.3)

    def bowl(_, a, flat, middle, p2, p3, *g):
        v = size[s] - middle - a * z[b]
        return np.array(g)[b] + np.exp(-flat * z[b]) * (p2 * v**2 + p3 * v**3)

    start = [0.5, 0.1, 10.7, 0.1, 0.0, *np.exp(np.nanmin(lnl, axis=1))]
    (a, *_), _ = curve_fit(bowl, b, np.exp(lnl[b, s]), start, maxfev=20_000)
    kept = json.loads((repository.data_folder() / "verdicts" / "19_isoflop_from_scratch.json").read_text())
    (tuned,) = [v["measured"] for v in kept["verdicts"] if v["id"] == "tuned"]
    assert a == pytest.approx(tuned, abs=1e-3)
