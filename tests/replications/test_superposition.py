"""Superposition: headline numbers again from the tables, by other means than the notebook's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from replications.superposition import runs, theory
from scalinglaws import load
from scalinglaws.claims import verdicts
from scalinglaws.machine import on_cpu
from scalinglaws.training.loop import TrainConfig, optimiser_of


@pytest.fixture(scope="module")
def kept() -> dict[str, float]:
    return {v["id"]: v.get("measured") for v in verdicts.read("73_superposition")["verdicts"]}


def fall(m, loss) -> float:
    """The exponent by scipy's regression."""
    return -stats.linregress(np.log(np.asarray(m, float)), np.log(np.asarray(loss, float))).slope


def test_printed_slopes(kept):
    table = load("superposition_losses")
    for name, least in (("exponential", 8), ("power", 32), ("linear", 32)):
        one = table[(table.regime == "strong") & (table.frequencies == name) & (table.m >= least)]
        assert fall(one.m, one.loss) == pytest.approx(kept[f"slope-{name}"], abs=1e-6)


def test_the_map(kept):
    table = load("superposition_map")
    box = table[(table.decay < -0.3) & (table.alpha < 1.4)]
    assert box.exponent.mean() == pytest.approx(kept["plateau"], abs=1e-9)
    # Every alpha has as many decays, so that the slope of the means is that of the cells.
    assert stats.linregress(box.alpha, box.exponent).slope == pytest.approx(kept["plateau-trend"], abs=1e-9)


def test_the_tail_is_an_integral_where_features_are_many():
    # Euler and Maclaurin: the sum beyond m is the integral from m + 1/2, up to second order.
    n, m, alpha = 1000, 39, 1.5
    total = (np.arange(1, n + 1.0) ** -alpha).sum()
    area, _ = integrate.quad(lambda i: i**-alpha, m + 0.5, n + 0.5)
    assert theory.tail(n, alpha, m) == pytest.approx(area / total, rel=1e-4)


def test_random_directions_and_the_bound():
    rng = np.random.default_rng(0)
    vectors = theory.directions(400, 20, rng)
    cosines = (vectors @ vectors.T)[np.triu_indices(400, 1)]
    assert theory.welch(400, 20) < (cosines**2).mean() == pytest.approx(1 / 20, rel=0.03)


def test_own_runs(kept):
    table = load("superposition_small")
    found = {
        key: fall(one.m, one.loss)
        for key, one in table.groupby(["alpha", "decay", "seed"])
        if key[0] <= 1 and key[1] < 0
    }
    assert np.mean(list(found.values())) == pytest.approx(kept["own-strong"], abs=1e-9)


def test_language_models(kept):
    table = load("superposition_overlaps")
    assert fall(table.m, table.overlap) == pytest.approx(kept["llm-overlap"], abs=1e-9)
    sizes = [stats.gmean(one.overlap * one.m) for _, one in table.groupby("family")]
    assert min(sizes) == pytest.approx(kept["llm-size"], rel=1e-9)


def test_one_step_is_adam_after_the_pull():
    """An update of the loop, against Adam written out: the pull of the rows, and then the step."""
    with on_cpu():
        model = runs.Autoencoder(12, 3, -0.7, 0)
        x, _ = runs.examples(12, 1.0, 32, 0)(0)
        before = model.rows.detach().clone().double()
        runs.squared(model, x, x).backward()
        gradient, rate = model.rows.grad.double(), 0.01
        optimiser = optimiser_of(model, TrainConfig(10, rate, weight_decay=1.0))
        with torch.no_grad():
            model.before_step(dict(model.named_parameters()), rate)
        optimiser.step()
    length = before.norm(dim=1, keepdim=True)
    pulled = before - rate * 0.7 * before * (1 - 1 / length)
    # The first step of Adam is the sign of the gradient, but for epsilon.
    expected = pulled - rate * gradient / (gradient.abs() + 1e-8)
    assert torch.allclose(model.rows.detach().double(), expected, atol=1e-6)


def test_features_are_as_frequent_as_said():
    with on_cpu():
        x, _ = runs.examples(20, 1.0, 50_000, 1)(0)
        p = runs.frequencies(20, 1.0)
    share = (x > 0).float().mean(0)
    assert torch.allclose(share, p, atol=4 * 0.5 / 50_000**0.5)
    assert float(x[x > 0].mean()) == pytest.approx(1, abs=0.02) and float(x.max()) < 2
