"""Learning curves: planted exponents come back, and what is planted equal is not told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from replications.learning_curves import curves, subsets
from scalinglaws.training import texts
from scalinglaws.training.held_out import split_by_project

RATES = {"easy": 0.4, "hard": 0.1}
HEIGHTS = {"good": 0.6, "bad": 0.8}


def table(noise: float = 0.02, faster: float = 0.0) -> pd.DataFrame:
    """Two sets and two families, two choices each, of which the second is worse; one size too small."""
    rng = np.random.default_rng(0)
    rows = []
    for data, rate in RATES.items():
        for family, height in HEIGHTS.items():
            for n in 2 ** np.arange(5, 13):
                for setting in (1, 2):
                    for seed in range(3):
                        rise = rate + faster * (family == "good")
                        error = setting * height * (n / 64) ** -rise * np.exp(noise * rng.normal())
                        rows.append((data, family, n, setting, seed, min(error, 0.95)))
    found = pd.DataFrame(rows, columns=["data", "family", "n", "setting", "seed", "error"])
    return found.assign(
        val_error=found.error, loss=None, val_loss=None, passes=0, domain="tabular", chance=0.85, n_test=2000
    )


def test_planted_exponents_come_back_and_guessing_is_left_out():
    part = curves.power_law_region(curves.retuned(table()))
    assert set(part.setting) == {1}
    assert part.groupby(["data", "family"]).n.min()["hard", "bad"] == 128
    lines = curves.exponents(part)
    for (data, _), line in lines.iterrows():
        assert abs(line.exponent - RATES[data]) < 2 * line.half < 0.02
    assert curves.between_families(lines.exponent).factor.max() < 1.05


def test_equal_exponents_are_not_told_apart_and_others_are():
    for faster, few in ((0.0, False), (0.05, True)):
        part = curves.power_law_region(curves.retuned(table(faster=faster)))
        p = curves.holm(curves.equal_exponents(part))
        assert (p < 0.05).all() == few
    moved = curves.between_family_variance(curves.power_law_region(curves.retuned(table())))
    assert (moved["shift"] / moved["all"] > 0.95).all()


def test_one_choice_is_kept_for_all_sizes():
    runs = table()
    worse = (runs.setting == 1) & (runs.n < 1000)
    runs.loc[worse, ["error", "val_error"]] *= 3
    assert set(curves.retuned(runs).setting) == {1, 2}
    assert set(curves.one_choice(runs).setting) == {1}


def test_the_smallest_good_network_is_found_away_from_the_edges():
    rows = [
        (seed, n, width, 0.1 + 0.1 * (width < n / 16), 0.0, 10 * width)
        for seed in range(2)
        for n in (16, 64, 128, 256, 512)
        for width in (4, 8, 16, 32)
    ]
    runs = pd.DataFrame(rows, columns=["seed", "n", "setting", "error", "train_error", "n_params"])
    size = curves.Widths.of(runs).smallest(lambda error, train: error <= 1.05 * error.min(1, keepdims=True))
    assert size.to_dict() == {128: 80, 256: 160}
    assert np.isnan(curves.growth(size))
    assert curves.growth(pd.Series([10, 20, 40], index=[100, 400, 1600])) == pytest.approx(0.5)


def test_an_example_to_train_on_equals_none_that_is_held_out(monkeypatch):
    def keel():
        rng = np.random.default_rng(0)
        x = rng.integers(0, 4, (400, 3)).astype(np.float32)  # 64 different rows: almost all are repeated
        return {"letter": (x, rng.integers(0, 2, 400))}

    monkeypatch.setattr(subsets.arrays, "keel", keel)
    monkeypatch.setitem(subsets.SETS, "letter", ("tabular", 20, 10))
    parts = subsets.split.__wrapped__("letter", texts.python_excerpt)
    pool, held = ({row.tobytes() for row in parts[role][0]} for role in ("pool", "test"))
    held |= {row.tobytes() for row in parts["val"][0]}
    assert pool and not pool & held
    # What is held out is as it was, and so is what the pool repeats.
    assert len(parts["test"][0]) == 20 and len(pool) < len(parts["pool"][0]) == len(parts["pool"][1]) < 370


def test_windows_held_out_of_a_text_share_no_long_stretch_with_it():
    with texts.pinned():
        training, held_out = subsets.text("python", texts.python_excerpt)
        whole = b"".join(
            texts.END.join((t, b"")) for t in split_by_project(texts.python_excerpt(), 0.1)[0].documents
        )
    assert len(training) and len(held_out)
    for window in held_out:
        stretches = (
            window[i : i + subsets.STRETCH].tobytes() for i in range(len(window) - subsets.STRETCH + 1)
        )
        assert not any(stretch in whole for stretch in stretches)
