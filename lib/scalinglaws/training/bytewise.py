"""Decoders that read bytes, as several findings train them: their shape, and a text with a part held out."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch

from scalinglaws.counting import Transformer
from scalinglaws.machine import device
from scalinglaws.training.texts import Corpus, byte_tokens, python_text

#: Width of a head, the same at all widths, so that attention is scaled alike.
HEAD_WIDTH = 16
#: Share of the documents that is held out.
APART = 0.05


def shape_of(width: int, depth: int, context: int) -> Transformer:
    """A decoder with rotary positions, no biases and a head of its own, as every parametrisation can have it.

    Parameters
    ----------
    width
        Width of the residual stream: below `HEAD_WIDTH` a single head, above it a multiple of it.
    depth
        Blocks.
    context
        Bytes of a training sequence.
    """
    return Transformer(
        width=width,
        depth=depth,
        vocabulary=256,
        context=context,
        heads=max(1, width // HEAD_WIDTH),
        tied_head=False,
        learned_positions=False,
        biases=False,
    )


def tokens() -> tuple[torch.Tensor, torch.Tensor, str]:
    """Bytes of the training documents and of the held-out ones of Python's library, and the text's hash."""
    return tokens_of(python_text())


@lru_cache(maxsize=2)
def tokens_of(read: Callable[[], Corpus]) -> tuple[torch.Tensor, torch.Tensor, str]:
    """The same of any text."""
    corpus = read()
    parts = (torch.from_numpy(byte_tokens(part).copy()).to(device()) for part in corpus.split(APART))
    return *parts, corpus.sha256[:12]
