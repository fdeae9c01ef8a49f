"""Decoders of bytes: what is counted of a shape is what is built, and a text is divided once and for all."""

from __future__ import annotations

import pytest
import torch

from scalinglaws import machine
from scalinglaws.training import bytewise, texts
from scalinglaws.training.classifiers import n_params
from scalinglaws.training.decoder import Decoder


@pytest.mark.parametrize(("width", "heads"), [(8, 1), (16, 1), (48, 3)])
def test_a_shape_has_heads_of_one_width_and_is_the_network_that_is_built(width, heads):
    shape = bytewise.shape_of(width, 2, 32)
    assert (shape.heads, shape.head_width) == (heads, width // heads)
    assert n_params(Decoder(shape, 0)) == shape.n_params("all")


def test_the_two_parts_of_the_text_are_bytes_and_the_same_each_time():
    with machine.on_cpu(), texts.pinned():
        training, held_out, name = bytewise.tokens()
        again = bytewise.tokens()
    assert training.dtype == held_out.dtype == torch.uint8 and len(training) > 10 * len(held_out) > 0
    assert again[2] == name and again[0] is training
    assert name == texts.python_excerpt().sha256[:12]
    assert len(training) + len(held_out) == sum(len(text) + 1 for text in texts.python_excerpt().documents)
