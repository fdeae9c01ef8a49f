"""A decoder-only transformer of any shape that `scalinglaws.counting` can count, in three parametrisations."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from scalinglaws.counting import Transformer
from scalinglaws.training.classifiers import seeded

PARAMETRISATIONS = ("standard", "mup", "unit")
#: Standard deviation of GPT-2's initial weights.
SIGMA = 0.02
#: Root mean square of an activation's output for normal inputs: gelu(x), and silu(x) y.
RMS = {False: 0.6521, True: 0.5964}


class ScaledLinear(nn.Linear):
    """A linear layer whose output is multiplied by a constant."""

    def __init__(self, inputs: int, outputs: int, bias: bool, multiplier: float = 1.0) -> None:
        super().__init__(inputs, outputs, bias)
        self.multiplier = multiplier

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # On the input, so that a bias is left as it is; nothing to do for the standard network.
        return super().forward(x if self.multiplier == 1 else x * self.multiplier)


def rotate(x: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
    """Rotary positions: turn each pair (i, i + half) of a head by an angle that grows with the position.

    Source: Su et al. (2021), arXiv:2104.09864, section 3.2; pairs taken half a head apart.
    """
    cos, sin = turn[:, : x.shape[-2]].to(x.dtype)
    one, two = x.chunk(2, dim=-1)
    return torch.cat([one * cos - two * sin, two * cos + one * sin], dim=-1)


class Block(nn.Module):
    """Attention and an MLP, each behind a norm and beside the residual stream."""

    def __init__(self, shape: Transformer, norm: Any, linear: Any) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_width = shape.heads, int(shape.kv_heads), shape.head_width
        self.gated = shape.gated
        attended = shape.attention_width
        self.norm_attention, self.norm_mlp = norm(), norm()
        self.qkv = linear(shape.width, attended + 2 * self.kv_heads * self.head_width)
        self.project = linear(attended, shape.width)
        self.up = linear(shape.width, (1 + shape.gated) * shape.mlp_width)
        self.down = linear(shape.mlp_width, shape.width)
        # Changed by the parametrisation: softmax temperature, output of attention and activation.
        self.temperature = self.head_width**-0.5
        self.attention_gain = self.mlp_gain = 1.0
        self.residual_weights = ((1.0, 1.0), (1.0, 1.0))

    def attend(self, x: torch.Tensor, turn: torch.Tensor | None) -> torch.Tensor:
        batch, length, _ = x.shape
        heads = self.qkv(x).view(batch, length, -1, self.head_width).transpose(1, 2)
        q, k, v = heads.split([self.heads, self.kv_heads, self.kv_heads], dim=1)
        if turn is not None:
            q, k = rotate(q, turn), rotate(k, turn)
        grouped = self.kv_heads != self.heads
        out = F.scaled_dot_product_attention(
            q, k, v, is_causal=True, scale=self.temperature, enable_gqa=grouped
        )
        return self.project(out.transpose(1, 2).reshape(batch, length, -1) * self.attention_gain)

    def feed(self, x: torch.Tensor) -> torch.Tensor:
        h = self.up(x)
        if self.gated:
            gate, h = h.chunk(2, dim=-1)
            h = F.silu(gate) * h
        else:
            h = F.gelu(h)
        return self.down(h * self.mlp_gain)

    def forward(self, x: torch.Tensor, turn: torch.Tensor | None) -> torch.Tensor:
        (keep, add), (keep_too, add_too) = self.residual_weights
        x = keep * x + add * self.attend(self.norm_attention(x), turn)
        return keep_too * x + add_too * self.feed(self.norm_mlp(x))


class Decoder(nn.Module):
    """A decoder-only transformer: tokens `(batch, length)` to logits `(batch, length, vocabulary)`.

    Norms stand before attention and MLP and at the end; positions are rotary or learned,
    the MLP is GELU or gated (SwiGLU), as the shape says.

    Parameters
    ----------
    shape
        What there is to count; `sum(p.numel())` equals `shape.n_params("all")`.
    seed
        Seed of the initial weights; the global generator is left as it was.
    norm
        `"rms"` or `"layer"`; by default layer norms where the shape has biases.
    parametrisation
        - `"standard"`: GPT-2's. Normal weights of sd 0.02, of 0.02/sqrt(2 depth) for the two
          matrices that write to the residual stream; one learning rate.
        - `"mup"`: the maximal update parametrisation for Adam (Yang et al. 2022,
          arXiv:2203.03466, table 8). Equal to standard at `base_width` but for attention, which
          is divided by the head's width and not its root. At m times that width matrices have
          sd and learning rate divided by sqrt(m) and m, and logits are divided by m.
        - `"unit"`: u-muP (Blake et al. 2024, arXiv:2407.17465, section 4). All weights start at
          sd 1 behind constants 1/sqrt(fan in), 1/fan in for the head; branches are weighted so
          that the residual stream starts near unit scale; learning rates are divided by sqrt(fan in), for matrices in the blocks by
          sqrt(2 depth) too, for the embedding by sqrt(width). Norms have no gain. Only the
          forward pass is scaled, which is enough for Adam; the paper scales gradients too.
    base_width
        Width at which `"mup"` equals the standard parametrisation.

    Raises
    ------
    ValueError
        If a choice is unknown, or contradicts the shape.
    """

    def __init__(
        self,
        shape: Transformer,
        seed: int,
        *,
        norm: str = "",
        parametrisation: str = "standard",
        base_width: int = 128,
    ) -> None:
        super().__init__()
        norm = norm or ("layer" if shape.biases else "rms")
        if norm not in ("rms", "layer") or parametrisation not in PARAMETRISATIONS:
            raise ValueError(f"unknown norm {norm!r} or parametrisation {parametrisation!r}")
        if norm == "rms" and shape.biases:
            raise ValueError("an RMS norm has no bias: give a shape with biases=False, or norm='layer'")
        if shape.kv_heads != int(shape.kv_heads) or (not shape.learned_positions and shape.head_width % 2):
            raise ValueError("heads must be whole, and of even width for rotary positions")
        if parametrisation == "unit" and (shape.biases or shape.tied_head or shape.learned_positions):
            raise ValueError("the unit parametrisation knows no biases, tied heads or learned positions")
        self.shape, self.parametrisation = shape, parametrisation
        self.ratio = shape.width / base_width if parametrisation == "mup" else 1.0
        unit = parametrisation == "unit"

        def normed() -> nn.Module:
            if norm == "rms":
                return nn.RMSNorm(shape.width, eps=1e-5, elementwise_affine=not unit)
            return nn.LayerNorm(shape.width, elementwise_affine=not unit, bias=shape.biases)

        def linear(inputs: int, outputs: int) -> ScaledLinear:
            return ScaledLinear(inputs, outputs, shape.biases, inputs**-0.5 if unit else 1.0)

        out = 1 / shape.width if unit else 1 / self.ratio
        with seeded(seed):  # layers draw weights when they are made, which are drawn again below
            self.embedding = nn.Embedding(shape.vocabulary, shape.width)
            self.positions = nn.Embedding(shape.context, shape.width) if shape.learned_positions else None
            self.blocks = nn.ModuleList(Block(shape, normed, linear) for _ in range(shape.depth))
            self.norm = normed()
            self.head = ScaledLinear(shape.width, shape.vocabulary, bias=False, multiplier=out)
        if shape.tied_head:
            self.head.weight = self.embedding.weight
        if not shape.learned_positions:
            angle = 1e4 ** -torch.arange(0, 1, 2 / shape.head_width)
            angle = torch.arange(shape.context)[:, None] * angle
            self.register_buffer("turn", torch.stack([angle.cos(), angle.sin()]), persistent=False)
        self._initialise(seed)

    def _initialise(self, seed: int) -> None:
        unit, depth = self.parametrisation == "unit", self.shape.depth
        with seeded(seed), torch.no_grad():
            for name, weight in self.named_parameters():
                if name.endswith("bias"):
                    weight.zero_()
                elif weight.ndim == 2:
                    inner = name.startswith("blocks")
                    sigma = SIGMA / math.sqrt(self.ratio) if inner else SIGMA
                    if name.endswith(("project.weight", "down.weight")):
                        sigma /= math.sqrt(2 * depth)
                    weight.normal_(0.0, 1.0 if unit else sigma)
        for index, block in enumerate(self.blocks):
            if self.parametrisation != "standard":
                block.temperature = 1 / block.head_width
            if unit:
                # Early attention is an even average over the t places so far: its variance, were they independent,
                # is 1/t, and so over all places the mean of 1/t.
                context = self.shape.context
                block.attention_gain = math.sqrt(context / sum(1 / t for t in range(1, context + 1)))
                block.mlp_gain = 1 / RMS[block.gated]
                # Every branch counts alike, all together twice as much as the embedding.
                weights = [1 / (depth + 2 * index + branch) for branch in range(2)]
                block.residual_weights = tuple(((1 + t) ** -0.5, (t / (1 + t)) ** 0.5) for t in weights)

    def groups(self) -> list[dict[str, Any]]:
        """Parameter groups: `scale` of the learning rate and `decay` of the weight decay.

        Matrices and embeddings decay, norms and biases do not. Where a learning rate is
        scaled, the decay is scaled inversely, so that their product is the same at all widths.
        """
        found: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, weight in self.named_parameters():
            scale = 1.0
            if weight.ndim == 2 and self.parametrisation == "unit" and not name.startswith("head"):
                # An embedding's row has the width that a matrix has as its fan in.
                scale = weight.shape[1] ** -0.5
                if name.startswith("blocks"):
                    scale /= math.sqrt(2 * self.shape.depth)
            elif weight.ndim == 2 and name.startswith("blocks"):
                scale = 1 / self.ratio
            found.setdefault((scale, (weight.ndim == 2) / scale), []).append(weight)
        return [{"params": params, "scale": s, "decay": d} for (s, d), params in found.items()]

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embedding(tokens)
        if self.positions is not None:
            x = x + self.positions.weight[: tokens.shape[1]]
        turn = None if self.positions is not None else self.turn
        for block in self.blocks:
            x = block(x, turn)
        return self.head(self.norm(x))
