"""The few small networks that this suite trains itself."""

from __future__ import annotations

import torch
from torch import nn


def convnet(shape: tuple[int, ...], width: int, classes: int, seed: int) -> nn.Sequential:
    """A classifier of signals or grey images: three strided convolutions and a linear layer.

    Each convolution halves every side, so signals and images share one design. There is no
    normalisation layer: the output for one input does not depend on the rest of its batch.

    Parameters
    ----------
    shape
        Sides of an input: `(length,)` or `(height, width)`; inputs have one channel, not
        written out.
    width
        Channels of every convolution.
    classes
        Number of classes.
    seed
        Seed of the initial weights; the global generator is left as it was.

    Returns
    -------
    torch.nn.Sequential
        From `(batch, *shape)` to `(batch, classes)` logits, on the CPU.

    Raises
    ------
    ValueError
        For inputs with neither one nor two sides.
    """
    if len(shape) not in (1, 2):
        raise ValueError(f"inputs need one or two sides, not the shape {shape}")
    conv = nn.Conv1d if len(shape) == 1 else nn.Conv2d
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[nn.Module] = [nn.Unflatten(1, (1, shape[0]))]
        channels, sides = 1, shape
        for kernel in (5, 3, 3):
            layers += [conv(channels, width, kernel, stride=2, padding=kernel // 2), nn.ReLU()]
            channels, sides = width, tuple((side + 1) // 2 for side in sides)
        features = width
        for side in sides:
            features *= side
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(features, classes))


def n_params(model: nn.Module) -> int:
    """All trainable parameters, biases included."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
