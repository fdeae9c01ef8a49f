"""One training loop, and what one asks of a trained classifier.

A loop over one model: packing same-shape runs with `torch.func` was measured and is slower
on a CPU core (12 of the notebook's networks at a time: 4.9 ms a model and step packed, 3.4 ms
looped), because batched weights turn the convolutions into grouped ones.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn.functional import cross_entropy


def batches(n: int, batch: int, steps: int, seed: int) -> torch.Tensor:
    """Example indices of every step: fresh permutations, one after the other.

    Returns
    -------
    Tensor
        Shape (steps, min(batch, n)); every example is used equally often, up to one.
    """
    batch = min(batch, n)
    generator = torch.Generator().manual_seed(seed)
    rounds = math.ceil(steps * batch / n)
    order = torch.cat([torch.randperm(n, generator=generator) for _ in range(rounds)])
    return order[: steps * batch].view(steps, batch)


def train(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    steps: int,
    seed: int,
    batch: int,
    lr: float,
    weight_decay: float = 1e-2,
) -> list[float]:
    """Train a classifier in place with AdamW, a short warm-up and a cosine decay to zero.

    On the CPU with one thread the same arguments give the same bits.

    Parameters
    ----------
    model
        A classifier, already where it shall be trained.
    x, y
        Inputs and integer labels, on the same device.
    steps
        Optimiser steps.
    seed
        Seed of the data order.
    batch
        Examples a step.
    lr, weight_decay
        Peak learning rate and decoupled weight decay.

    Returns
    -------
    list of float
        The training loss (nats an example) of each step, before it.

    Raises
    ------
    FloatingPointError
        If the loss ceases to be a number.
    """
    optimiser = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
    warm = max(1, steps // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda i: min(1.0, (i + 1) / warm) * 0.5 * (1 + math.cos(math.pi * min(1.0, i / steps)))
    )
    model.train()
    losses = []
    for index in batches(len(x), batch, steps, seed).to(x.device):
        loss = cross_entropy(model(x[index]), y[index])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.detach())
    values = torch.stack(losses).cpu()
    if not torch.isfinite(values).all():
        raise FloatingPointError("the training loss is not finite: lower the learning rate")
    return values.tolist()


@torch.no_grad()
def logits(model: nn.Module, x: torch.Tensor, batch: int = 4096) -> torch.Tensor:
    """The model's outputs for all of `x`, in evaluation mode."""
    model.eval()
    return torch.cat([model(part) for part in x.split(batch)])


def error_rate(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Fraction of examples classified wrongly."""
    return float((logits(model, x).argmax(1) != y).float().mean())
