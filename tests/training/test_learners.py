"""Learners that are not networks: against brute force, and against what a probability must be."""

from __future__ import annotations

import numpy as np
import pytest

from scalinglaws.training.learners import nearest, ngrams, trees


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 5)).astype(np.float32)
    return x, (x[:, 0] + 0.3 * rng.standard_normal(300) > 0).astype(np.int64)


@pytest.mark.parametrize("neighbours", [1, 3])
def test_neighbours_vote_as_by_brute_force(points, neighbours):
    x, y = points
    found = nearest(x[:200], y[:200], neighbours)(x[200:], y[200:])["error"]
    distance = np.linalg.norm(x[200:, None] - x[None, :200], axis=2)
    votes = y[:200][np.argsort(distance, axis=1)[:, :neighbours]].mean(1) > 0.5
    assert found == pytest.approx(np.mean(votes != y[200:]))


def test_of_equal_votes_the_nearer_win():
    x, y = np.array([[0.0], [1.0]], np.float32), np.array([0, 1])
    assert nearest(x, y, 2)(np.array([[0.4], [0.6]], np.float32), y)["error"] == 0


@pytest.mark.parametrize("kind", ["forest", "boosting"])
def test_trees_learn(points, kind):
    x, y = points
    assert trees(x[:200], y[:200], kind, 5, seed=0)(x[200:], y[200:])["error"] < 0.3


@pytest.mark.parametrize("smoothing", ["witten_bell", "discounting"])
@pytest.mark.parametrize("longest", [0, 2, 7])
def test_n_grams_give_probabilities(smoothing, longest):
    rng = np.random.default_rng(1)
    text = rng.integers(97, 101, (400, 8)).astype(np.uint8)
    text[:50, 0] = 255  # the highest byte in the most distant place
    judge, size = ngrams(text[:, :7], text[:, 7], longest, smoothing)
    assert size >= longest + 1
    for context in (text[0, :7], np.full(7, 7, np.uint8)):
        p = [np.exp(-judge(context[None], np.array([byte]))["loss"]) for byte in range(256)]
        assert sum(p) == pytest.approx(1)


def test_a_longer_context_finds_what_a_shorter_one_cannot():
    period = np.tile(np.frombuffer(b"abcabd", np.uint8), 60)
    rows = np.lib.stride_tricks.sliding_window_view(period, 8)
    train, test = rows[:300], rows[300:]
    loss = [
        ngrams(train[:, :7], train[:, 7], k, "witten_bell")[0](test[:, :7], test[:, 7])["loss"]
        for k in (0, 1, 3)
    ]
    assert loss[0] > 1.2 > loss[1] > 0.15 > loss[2]
