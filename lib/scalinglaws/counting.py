"""Counting parameters and FLOPs of decoder-only transformers, each convention by its name.

"A model of N parameters" and "a budget of C FLOPs" mean different things in different
papers. Whether the head is counted changes the size of a small model by a factor of several,
and with it the exponent of a scaling law.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any

import numpy as np

#: FLOPs per parameter and token in training: two in the forward pass, four in the backward pass.
FLOPS_PER_PARAM_TOKEN = 6.0

PARAMS = ("all", "no embeddings", "matrices", "matrices + head")
FLOPS = (
    "6N",
    "6N + head",
    "6N + attention",
    "6N + head + attention",
    "6N + 12 L d n_ctx",
    "6N + head + 12 L d n_ctx",
    "gemstones",
)


def training_flops(n_params: Any, n_tokens: Any) -> Any:
    """Training FLOPs by the convention $C = 6ND$; in floating point, so that nothing overflows.

    Source: Kaplan et al. (2020), arXiv:2001.08361, section 2.1.
    """
    return FLOPS_PER_PARAM_TOKEN * np.asarray(n_params, float) * np.asarray(n_tokens, float)


def tokens_from_flops(flops: Any, n_params: Any) -> Any:
    """Tokens that a budget buys at a size, by the convention $C = 6ND$."""
    return np.asarray(flops, float) / (FLOPS_PER_PARAM_TOKEN * np.asarray(n_params, float))


@dataclass(frozen=True)
class Transformer:
    """The shape of a decoder-only transformer, as far as counting needs it.

    Attributes
    ----------
    width
        Width of the residual stream ($d_{model}$).
    depth
        Number of blocks ($n_{layer}$).
    vocabulary
        Number of tokens that the embedding and the head know.
    context
        Length of a training sequence, tokens ($n_{ctx}$).
    heads
        Query heads in a block.
    head_width
        Width of a head; `width / heads` by default.
    kv_heads
        Heads for keys and values, fewer than `heads` with grouped queries; `heads` by default.
        May be a fraction: Gemstones' script counts 1.5 for their narrowest models, which have
        three query heads in groups of two (and in truth one key-value head).
    mlp_width
        Hidden width of the MLP ($d_{ff}$); `4 width` by default.
    gated
        Whether the MLP has a third matrix, the gate (SwiGLU, GEGLU).
    tied_head
        Whether the head shares its matrix with the token embedding.
    learned_positions
        Whether positions have an embedding of their own; False for rotary ones.
    biases
        Whether linear layers and norms have biases.

    Raises
    ------
    ValueError
        If a size is not a positive whole number, the heads do not divide the width, or the
        key-value heads do not divide the query heads.

    Examples
    --------
    >>> gpt2 = Transformer(width=768, depth=12, vocabulary=50257, context=1024, heads=12)
    >>> gpt2.n_params("all"), gpt2.n_params("matrices")
    (124439808, 84934656)
    """

    width: int
    depth: int
    vocabulary: int
    context: int
    heads: int
    head_width: int = 0
    kv_heads: float = 0
    mlp_width: int = 0
    gated: bool = False
    tied_head: bool = True
    learned_positions: bool = True
    biases: bool = True

    def __post_init__(self) -> None:
        for size in fields(self)[:8]:
            value = getattr(self, size.name)
            least = 0 if size.name in ("head_width", "kv_heads", "mlp_width") else 1
            whole = isinstance(value, Integral) and not isinstance(value, bool)
            if not (whole or (size.name == "kv_heads" and isinstance(value, Real))) or not value >= least:
                raise ValueError(f"{size.name} must be a positive whole number, not {value!r}")
            # Products of int32 overflow without a word; Python's own integers do not.
            object.__setattr__(self, size.name, int(value) if value == int(value) else float(value))
        if not self.head_width and self.width % self.heads:
            raise ValueError(f"{self.heads} heads do not divide the width {self.width}: give head_width")
        for name, default in (
            ("head_width", self.width // self.heads),
            ("kv_heads", self.heads),
            ("mlp_width", 4 * self.width),
        ):
            object.__setattr__(self, name, getattr(self, name) or default)
        if self.kv_heads > self.heads or self.heads % self.kv_heads:
            raise ValueError(f"{self.kv_heads} key-value heads do not divide {self.heads} query heads")

    @property
    def head_params(self) -> int:
        """Weights of the matrix from the last block to the vocabulary."""
        return self.vocabulary * self.width

    @property
    def attention_width(self) -> int:
        """Width of all query heads together ($d_{attn}$)."""
        return self.heads * self.head_width

    @property
    def matrices(self) -> int:
        """Weights of the blocks' matrices: queries, keys, values, projection, MLP."""
        attention = 2 * self.width * (self.attention_width + self.kv_heads * self.head_width)
        return int(self.depth * (attention + (2 + self.gated) * self.width * self.mlp_width))

    def n_params(self, convention: str) -> int:
        """Number of parameters by a named convention.

        Parameters
        ----------
        convention
            - `"all"`: every trainable number.
            - `"no embeddings"`: all but the token and position embeddings and the head.
            - `"matrices"`: the matrices of the blocks alone, without biases and norms; with
              full attention $2 d_{model} n_{layer} (2 d_{attn} + d_{ff})$ (Kaplan et al. 2020,
              arXiv:2001.08361, table 1).
            - `"matrices + head"`: these and the head, tied or not (Porian et al. 2024,
              arXiv:2406.19146).

        Raises
        ------
        ValueError
            If the convention is unknown.
        """
        inner = (self.attention_width + 2 * self.kv_heads * self.head_width) + self.width
        inner += (1 + self.gated) * self.mlp_width + self.width
        # Two norms a block and one at the end: a gain each, and a bias where there are biases.
        norms = (2 * self.depth + 1) * self.width * (1 + self.biases)
        blocks = self.matrices + norms + self.biases * self.depth * inner
        embeddings = (self.vocabulary + self.learned_positions * self.context) * self.width
        counts = (
            blocks + embeddings + (not self.tied_head) * self.head_params,
            blocks,
            self.matrices,
            self.matrices + self.head_params,
        )
        return _named(convention, dict(zip(PARAMS, counts, strict=True)))

    def flops_per_token(self, convention: str) -> float:
        r"""Training FLOPs per token, forward and backward, by a named convention.

        Parameters
        ----------
        convention
            - `"6N"`: six per weight of the blocks' matrices (Kaplan et al. 2020,
              arXiv:2001.08361, section 2.1).
            - `"6N + head"`: and six per weight of the head.
            - `"6N + attention"`: `"6N"` and the products of queries with keys,
              $2 n_{layer} n_{ctx} d_{attn}$ forward (the same, table 1), twice that backward.
            - `"6N + head + attention"`: all three.
            - `"6N + 12 L d n_ctx"`: `"6N"` and both products of attention, queries with keys and
              scores with values, $12\, n_{layer} d_{attn} n_{ctx}$: twice what `"6N + attention"`
              adds, and no causal mask (Chowdhery et al. 2022, arXiv:2204.02311, appendix B).
            - `"6N + head + 12 L d n_ctx"`: and six per weight of the head, which is in the N of
              that paper.
            - `"gemstones"`: matrices, head, rotary positions, attention with its softmax (a
              causal mask halves the query-key products), activations and norms one by one,
              with attention recomputed in the backward pass (McLeish et al. 2025,
              arXiv:2502.06857, repository plotting_utils.py). For gated MLPs.

        Raises
        ------
        ValueError
            If the convention is unknown, or `"gemstones"` is asked of an ungated MLP.
        """
        matrices = FLOPS_PER_PARAM_TOKEN * self.matrices
        head = FLOPS_PER_PARAM_TOKEN * self.head_params
        attention = 6.0 * self.depth * self.context * self.attention_width
        both = 2 * attention
        counts = (
            matrices,
            matrices + head,
            matrices + attention,
            matrices + head + attention,
            matrices + both,
            matrices + head + both,
        )
        known = dict(zip(FLOPS, counts, strict=False))
        if convention == "gemstones":
            known[convention] = self._operations()
        return _named(convention, known)

    def _operations(self) -> float:
        """Training FLOPs per token by counting operations, as Gemstones do."""
        if not self.gated:
            raise ValueError("the convention 'gemstones' is defined for gated MLPs only")
        queries, keys = self.attention_width, self.kv_heads * self.head_width
        project = 2.0 * (queries + 2 * keys) * self.width + 3.5 * (queries + keys)
        scores = self.context * (3.0 * queries + 3.0 * self.heads)
        output = 2.0 * self.width * queries
        # Ten for each gated activation, two residual sums, two norms of seven operations.
        rest = self.mlp_width * (6.0 * self.width + 10) + 16.0 * self.width
        end = 7.0 * self.width + 2.0 * self.head_params
        forward = self.depth * (project + scores + output + rest) + end
        backward = self.depth * (2 * project + 2.5 * scores + 2 * output + 2 * rest) + 2 * end
        return forward + backward


def _named(convention: str, counts: dict[str, Any]) -> Any:
    """The count of that name, or an error that lists the names."""
    if convention not in counts:
        names = ", ".join(map(repr, FLOPS if "6N" in counts else PARAMS))
        raise ValueError(f"unknown convention {convention!r}; there are: {names}")
    return counts[convention]
