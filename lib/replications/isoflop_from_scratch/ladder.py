"""The networks of the sweep: byte-level transformers of one block that differ by their width alone."""

from __future__ import annotations

from scalinglaws.counting import Transformer
from scalinglaws.training.bytewise import shape_of

CONTEXT, DEPTH = 64, 1


def shape(width: int) -> Transformer:
    """The transformer of a width: rotary positions, no biases, a head of its own."""
    return shape_of(width, DEPTH, CONTEXT)
