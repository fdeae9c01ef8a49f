"""The small classifiers that this suite trains itself; `scalinglaws.training.decoder` has the language model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw initial weights from a seed; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def mlp(sizes: tuple[int, ...], seed: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """A multi-layer perceptron.

    Parameters
    ----------
    sizes
        Features of the input, of each hidden layer, and classes: `(64, 32, 32, 10)`.
    seed
        Seed of the initial weights (PyTorch's default for linear layers).
    activation
        Between the layers; any elementwise module.

    Raises
    ------
    ValueError
        For fewer than two sizes.
    """
    if len(sizes) < 2:
        raise ValueError(f"a network needs an input and an output size, not {sizes}")
    with seeded(seed):
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), activation()]
        return nn.Sequential(*layers[:-1])


class Residual(nn.Module):
    """Two 3x3 convolutions around which the input goes by; group norms keep examples independent."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        groups = min(8, width)
        self.body = nn.Sequential(
            nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=False),
            nn.GroupNorm(groups, width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.GroupNorm(groups, width),
        )
        same = channels == width and stride == 1
        self.skip = nn.Identity() if same else nn.Conv2d(channels, width, 1, stride=stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.skip(x) + self.body(x))


def resnet(channels: int, width: int, blocks: int, classes: int, seed: int) -> nn.Sequential:
    """A small residual network for images: a stem and three stages of widths w, 2w and 4w.

    Source: He et al. (2016), arXiv:1512.03385, section 4.2, with group norms in place of batch
    norms, so that the output for one image does not depend on the rest of its batch.

    Parameters
    ----------
    channels
        Channels of an image, `(channels, height, width)`.
    width
        Channels of the first stage, a multiple of eight or less than eight.
    blocks
        Residual blocks in each stage.
    classes
        Number of classes.
    seed
        Seed of the initial weights.
    """
    with seeded(seed):
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.ReLU()]
        before = width
        for stage in range(3):
            for block in range(blocks):
                layers.append(Residual(before, width << stage, 2 if stage and not block else 1))
                before = width << stage
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes))


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
    with seeded(seed):
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


def forward_flops(model: nn.Module, x: torch.Tensor) -> float:
    """FLOPs of the products of one forward pass, an input: two for each multiply-add.

    Counted by running it once; norms, activations and biases do not count, as in the usual
    conventions. Training costs thrice as much, less the first layer's gradient of its input.
    """
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(x)
    return counter.get_total_flops() / len(x)


def flops_an_example(model: nn.Module, x: torch.Tensor, convention: str) -> float:
    """FLOPs of training on one example, forward and backward.

    Parameters
    ----------
    model
        A classifier.
    x
        A batch of inputs.
    convention
        - `"6N"`: six for each parameter; right for linear layers alone, since a convolution
          uses each weight at every place.
        - `"3F"`: three times the forward pass.
        - `"counted"`: every product of the forward and the backward pass as it is done.

    Raises
    ------
    ValueError
        If the convention is unknown.
    """
    if convention == "6N":
        return 6.0 * n_params(model)
    if convention == "3F":
        return 3.0 * forward_flops(model, x)
    if convention == "counted":
        with FlopCounterMode(display=False) as counter:
            model(x).sum().backward()
        model.zero_grad(set_to_none=True)
        return counter.get_total_flops() / len(x)
    raise ValueError(f"unknown convention {convention!r}; there are: '6N', '3F', 'counted'")
