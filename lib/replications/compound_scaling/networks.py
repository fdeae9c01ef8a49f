"""EfficientNets of any depth, width and resolution, and an exact count of what they cost.

Conventions are those of pycls: a multiply and an add are one FLOP, norms and activation functions
cost none, and activations are the entries of the output tensors of convolutions and linear layers.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

#: EfficientNet-B0 by stages: layers, channels, expansion, stride, side of the kernel.
#: Source: Tan & Le (2019), arXiv:1905.11946, Table 1.
STAGES = (
    (1, 16, 1, 1, 3),
    (2, 24, 6, 2, 3),
    (2, 40, 6, 2, 5),
    (3, 80, 6, 2, 3),
    (3, 112, 6, 1, 5),
    (4, 192, 6, 2, 5),
    (1, 320, 6, 1, 3),
)
STEM, HEAD, CLASSES, RESOLUTION = 32, 1280, 1000, 224
#: Channels of squeeze-and-excitation, as a share of the block's input.
SQUEEZE = 0.25

#: Factors of width and depth and side of the image, as released with the paper's code (repository
#: tensorflow/tpu, models/official/efficientnet).
RELEASED = {
    "B0": (1.0, 1.0, 224),
    "B1": (1.0, 1.1, 240),
    "B2": (1.1, 1.2, 260),
    "B3": (1.2, 1.4, 300),
    "B4": (1.4, 1.8, 380),
    "B5": (1.6, 2.2, 456),
    "B6": (1.8, 2.6, 528),
    "B7": (2.0, 3.1, 600),
}
#: Growth of depth, width and resolution for each unit of the compound coefficient (section 4, step 1).
RULE = (1.2, 1.1, 1.15)
#: Half a unit of the last digit in which each of them is printed.
RULE_HALF_UNITS = (0.05, 0.05, 0.005)
#: Billions of FLOPs and millions of parameters as the paper's Table 2 prints them, in its digits.
PRINTED = {
    "B0": ("0.39", "5.3"),
    "B1": ("0.70", "7.8"),
    "B2": ("1.0", "9.2"),
    "B3": ("1.8", "12"),
    "B4": ("4.2", "19"),
    "B5": ("9.9", "30"),
    "B6": ("19", "43"),
    "B7": ("37", "66"),
}


@dataclass(frozen=True)
class Network:
    """The shape of an EfficientNet.

    Attributes
    ----------
    depths, widths
        Layers and output channels of each of the seven stages.
    stem, head
        Channels of the first and of the last convolution.
    resolution
        Side of the image, pixels.
    """

    depths: tuple[int, ...]
    widths: tuple[int, ...]
    stem: int
    head: int
    resolution: int


@dataclass
class Count:
    """Multiply-adds, parameters and activations of the layers so far, and the side of the last output."""

    side: int
    flops: int = 0
    params: int = 0
    acts: int = 0
    stages: list[int] = field(default_factory=list)

    def convolve(
        self, into: int, out: int, kernel: int = 1, stride: int = 1, groups: int = 1, *, bias: bool = False
    ) -> None:
        """A convolution; its norm, where it has no bias, adds two parameters a channel."""
        self.side = (self.side - 1) // stride + 1
        places, weights = self.side**2, kernel**2 * into * out // groups
        self.flops += places * (weights + bias * out)
        self.params += weights + (out if bias else 2 * out)
        self.acts += places * out

    def dense(self, into: int, out: int) -> None:
        """A linear layer with a bias, on one place; the side of the image stays as it was."""
        side, self.side = self.side, 1
        self.convolve(into, out, bias=True)
        self.side = side

    def block(self, into: int, out: int, expansion: int, stride: int, kernel: int) -> None:
        """An inverted bottleneck: expand, convolve each channel, squeeze and excite, project."""
        inner, squeezed = into * expansion, int(into * SQUEEZE)
        if inner != into:
            self.convolve(into, inner)
        self.convolve(inner, inner, kernel, stride, groups=inner)
        self.dense(inner, squeezed)
        self.dense(squeezed, inner)
        self.convolve(inner, out)


def counted(network: Network) -> Count:
    """What one forward pass of a network costs for one image.

    Returns
    -------
    Count
        Whole numbers; `stages` has the activations of the stem, of each stage and of the head.
    """
    count = Count(network.resolution)
    count.convolve(3, network.stem, 3, 2)
    ends, into = [count.acts], network.stem
    for depth, out, (_, _, expansion, stride, kernel) in zip(
        network.depths, network.widths, STAGES, strict=True
    ):
        for layer in range(depth):
            count.block(into, out, expansion, 1 if layer else stride, kernel)
            into = out
        ends.append(count.acts)
    count.convolve(into, network.head)
    count.dense(network.head, CLASSES)
    ends.append(count.acts)
    count.stages = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    return count


def to_eights(channels: float) -> int:
    """The multiple of eight next to a number of channels, and no more than a tenth below it.

    Source: Tan & Le's code; the tenth is Sandler et al.'s (2018) rule.
    """
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def official(width: float, depth: float, resolution: float) -> Network:
    """A network scaled by the rounding of EfficientNet's own code: depths up, widths to eights.

    Parameters
    ----------
    width, depth
        Factors of channels and of layers.
    resolution
        Side of the image, pixels.
    """
    return Network(
        tuple(math.ceil(depth * layers) for layers, *_ in STAGES),
        tuple(to_eights(width * channels) for _, channels, *_ in STAGES),
        to_eights(width * STEM),
        to_eights(width * HEAD),
        round(resolution),
    )


def scaled(depth: float, width: float, resolution: float) -> Network:
    """B0 scaled by the rounding of pycls: depths to the nearest, widths to eights, resolution to fours.

    Parameters
    ----------
    depth, width, resolution
        Factors of layers, channels and side of the image.
    """

    def eights(channels: float) -> int:
        return max(1, round(channels * width / 8)) * 8

    return Network(
        tuple(max(1, round(layers * depth)) for layers, *_ in STAGES),
        tuple(eights(channels) for _, channels, *_ in STAGES),
        eights(STEM),
        eights(HEAD),
        round(RESOLUTION * resolution / 4) * 4,
    )


def by_official(depth: float, width: float, resolution: float) -> Network:
    """The same network as `scaled`, by the rounding of `official`."""
    return official(width, depth, RESOLUTION * resolution)


def agreeing(
    printed: dict[str, tuple[str, str]], counts: dict[str, Count]
) -> Iterator[tuple[str, bool, bool]]:
    """Of each network, whether FLOPs and parameters round to what is printed, in its digits."""
    for name, (flops, params) in printed.items():
        found = (counts[name].flops / 1e9, counts[name].params / 1e6)
        yield name, *(f"{x:.{decimals(p)}f}" == p for x, p in zip(found, (flops, params), strict=True))


def decimals(printed: str) -> int:
    """Digits after the point of a printed number."""
    return len(printed.partition(".")[2])


def coefficients(
    released: tuple[float, float, int], rule: tuple[float, float, float], pixels: float = 8
) -> dict[str, tuple[float, float]]:
    """The compound coefficients that a released network's depth, width and resolution allow, each by itself.

    Parameters
    ----------
    released
        Factors of width and depth, printed to one decimal, and side of the image.
    rule
        Growth of depth, width and resolution for each unit; arrays that broadcast together stand for many rules.
    pixels
        How far the side may be from the rule's.

    Returns
    -------
    dict
        Dimension -> least and largest coefficient.
    """
    width, depth, side = released
    ends = {
        "depth": (depth - 0.05, depth + 0.05),
        "width": (width - 0.05, width + 0.05),
        "resolution": ((side - pixels) / RESOLUTION, (side + pixels) / RESOLUTION),
    }
    return {
        name: (math.log(low) / np.log(base), math.log(high) / np.log(base))
        for base, (name, (low, high)) in zip(rule, ends.items(), strict=True)
    }


def on_one_line(allowed: dict[str, tuple[float, float]]) -> np.bool_:
    """Whether one coefficient lies within what each dimension allows; an array for many rules."""
    lows, highs = zip(*allowed.values(), strict=True)
    return functools.reduce(np.maximum, lows) <= functools.reduce(np.minimum, highs)


def best_rules_as_printed(
    released: Mapping[str, tuple[float, float, int]],
    rule: tuple[float, float, float],
    pixels: float = 8,
    steps: int = 40,
) -> tuple[int, np.ndarray]:
    """How many networks at most lie on one line of a rule that prints as the given one, and the rules that do it.

    Parameters
    ----------
    released, pixels
        Networks, and how far the side of an image may be off, as in `coefficients`.
    rule
        Growth of depth, width and resolution as printed; each may be half a unit of its last digit more or less.
    steps
        Rules tried for each of the three, in the middles of equal parts of what the rounding allows.

    Returns
    -------
    most, rules
        A number of networks, and the rules that have as many, shape (rules, 3).
    """
    middles = (2 * np.arange(steps) + 1) / steps - 1
    ways = (base + half * middles for base, half in zip(rule, RULE_HALF_UNITS, strict=True))
    grid = np.meshgrid(*ways, indexing="ij")
    on = sum(on_one_line(coefficients(of, tuple(grid), pixels)).astype(int) for of in released.values())
    return int(on.max()), np.stack(grid, axis=-1)[on == on.max()]


def drawn_by_rule(rule: tuple[float, float, float], phi: int) -> tuple[float, float, int]:
    """Width, depth and side of a network on the compound line, rounded as the released ones are."""
    depth, width, resolution = (base**phi for base in rule)
    return round(width, 1), round(depth, 1), 2 * round(RESOLUTION * resolution / 2)
