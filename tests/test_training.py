"""The training loop: repeatable, able to fit, and loud when it fails."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from scalinglaws.experiments import pruning_images
from scalinglaws.models import convnet, n_params
from scalinglaws.tables import TableError
from scalinglaws.training import batches, error_rate, logits, train


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def signals():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(64, 40, generator=generator), torch.randint(10, (64,), generator=generator)


def losses(x, y, seed, steps=50):
    return train(convnet((40,), 8, 10, seed), x, y, steps=steps, seed=seed, batch=16, lr=5e-3)


def test_the_same_seed_gives_the_same_bits(signals):
    torch.manual_seed(1)
    first = losses(*signals, seed=3)
    torch.manual_seed(2)
    assert losses(*signals, seed=3) == first
    assert losses(*signals, seed=4) != first


def test_the_global_generator_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    convnet((40,), 8, 10, 0)
    batches(100, 10, 30, 0)
    assert torch.equal(torch.rand(3), expected)


def test_an_untrained_network_knows_nothing_and_a_batch_can_be_learnt(signals):
    x, y = signals
    first, *_, last = losses(x[:16], y[:16], seed=0, steps=300)
    assert abs(first / math.log(10) - 1) < 0.1
    assert last < 0.01


@pytest.mark.parametrize(("shape", "sides", "cells"), [((40,), 1, 5), ((28, 28), 2, 16)])
def test_parameters_are_counted_by_hand(shape, sides, cells):
    width = 8
    expected = (5**sides + 1) * width + 2 * (3**sides * width + 1) * width + (cells * width + 1) * 10
    model = convnet(shape, width, 10, 0)
    assert n_params(model) == expected
    assert model(torch.zeros(2, *shape)).shape == (2, 10)
    with pytest.raises(ValueError, match="sides"):
        convnet((3, 8, 8), width, 10, 0)


def test_batches_use_every_example_equally_often():
    index = batches(100, 32, 25, seed=0)
    assert index.shape == (25, 32)
    np.testing.assert_array_equal(np.bincount(index.ravel(), minlength=100), 8)
    assert batches(10, 64, 5, seed=0).shape == (5, 10)
    assert not torch.equal(batches(100, 32, 25, seed=1), index)


def test_a_loss_that_is_no_number_is_an_error(signals):
    x, y = signals
    with pytest.raises(FloatingPointError):
        losses(x * float("nan"), y, seed=0, steps=3)


def test_error_rate_and_logits_do_not_depend_on_the_batch(signals):
    x, y = signals
    model = convnet((40,), 8, 10, 0)
    torch.testing.assert_close(logits(model, x, batch=7), logits(model, x))
    assert error_rate(model, x, logits(model, x).argmax(1)) == 0
    assert 0 <= error_rate(model, x, y) <= 1


def test_margins_are_the_gap_of_the_two_largest_logits():
    x = np.array([[3.0, 1.0, 2.5], [0.0, -1.0, 4.0]], np.float32)
    np.testing.assert_allclose(pruning_images.margins(nn.Identity(), x), [0.5, 4.0])


def test_a_probe_never_sees_the_pool_and_all_seeds_share_one_test_set():
    pool, _ = pruning_images.draw("mnist1d", 100, "pool", 1)
    probe, _ = pruning_images.draw("mnist1d", 100, "probe", 1)
    assert not (pool[:, None] == probe[None]).all(-1).any()
    assert (
        pruning_images.draw("mnist1d", 50, "test", 0)[0] is pruning_images.draw("mnist1d", 50, "test", 3)[0]
    )


def test_missing_or_altered_image_files_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALINGLAWS_MIRROR", str(tmp_path))
    name = "t10k-labels-idx1-ubyte.gz"
    with pytest.raises(TableError, match="missing"):
        pruning_images.fashion_file(name)
    (tmp_path / "_datasets" / "fashion_mnist").mkdir(parents=True)
    (tmp_path / "_datasets" / "fashion_mnist" / name).write_bytes(b"not the file")
    with pytest.raises(TableError, match="sha256"):
        pruning_images.fashion_file(name)


def test_importing_the_package_does_not_import_torch():
    code = "import sys, scalinglaws, scalinglaws.perceptron; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
