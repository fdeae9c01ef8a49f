"""Knowledge capacity: headline ratios recomputed from the stored losses, without the notebook."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from scalinglaws import load
from scalinglaws.claims import verdicts


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    """Runs of the plain models, with bits by definition 4.3: open before, less what the losses leave open."""
    table = load("knowledge_capacity")
    names, values = 4 * math.log2(64), 6 * math.log2(64)
    known = (names - table.name_loss).clip(lower=0) + (values - table.value_loss).clip(lower=0)
    table["ratio"] = table.n_people * known / table.n_params
    return table[(table.mlp == "gelu") & (table.facts == "fixed")]


@pytest.fixture(scope="module")
def kept() -> dict[str, dict]:
    return {verdict["id"]: verdict for verdict in verdicts.read("70_knowledge_capacity")["verdicts"]}


def best(runs: pd.DataFrame, exposures: int) -> pd.Series:
    """Best mean ratio of each size over its tables that are too large to be held."""
    part = runs[(runs.exposures == exposures) & (runs.load > 2)]
    return part.groupby(["n_params", "load"]).ratio.mean().groupby("n_params").max()


def test_best_ratios(runs, kept):
    long, short = best(runs, 1000), best(runs, 100)
    for id, found in {
        "peak": long.min(),
        "ceiling": long.max(),
        "hundred": short.min(),
        "one": short.mean(),
        "exposures": (long - short).min(),
        "loss": (long / short).iloc[:3].max(),
    }.items():
        assert found == pytest.approx(kept[id]["measured"], rel=1e-6), id


def test_no_table_holds_more_than_its_entropy(runs):
    entropy = runs.n_people * (60 - np.log2(runs.n_people)) / runs.n_params
    assert runs.max_bits_per_param.to_numpy() == pytest.approx(entropy.to_numpy(), rel=0.01)
    assert (runs.ratio <= runs.max_bits_per_param * 1.02).all()


def test_the_exponent_goes_with_the_largest_model(runs, kept):
    bits = best(runs, 1000).rename_axis("n").reset_index(name="ratio")
    x, y = np.log(bits.n), np.log(bits.n * bits.ratio)
    three = ((x - x[:3].mean()) * y)[:3].sum() / ((x[:3] - x[:3].mean()) ** 2).sum()
    four = ((x - x.mean()) * y).sum() / ((x - x.mean()) ** 2).sum()
    assert three == pytest.approx(kept["linear"]["measured"], rel=1e-6)
    assert abs(four - 1) < kept["linear"]["within"] < abs(three - 1)
    assert kept["linear"]["word"] == "inconclusive" and kept["linear"]["unstable"]
