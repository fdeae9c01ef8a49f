"""Kernels of random ReLU networks at many widths and depths: a row is a block of independent networks.

Five ways to scale the branches (see `networks`): `resnet` 1 / sqrt(depth), `harmonic` 1 / layer,
`trivial` 1 / depth, `exploding` 1, and `mlp`, no skip connections. Sizes form a square grid, and
the three paths depth = sqrt(width), width, width^2. The mean over a block and the mean square
are kept of each kernel, so that blocks can be resampled, and put together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from replications.width_depth_commute.networks import drawn
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.tables.schema import number_column

SLUG = "width_depth_commute"
TITLE = "Kernels of random ReLU networks, with and without skip connections, by width and depth"

HUGE = 1e250
COLUMNS = {
    "network": {"unit": "text", "about": "resnet, harmonic, trivial, exploding: branches; mlp: no skip"},
    "width": number_column("coordinates", "n, of every layer", 2, 1e5),
    "depth": number_column("layers", "L", 1, 1e5),
    "seed": number_column("integer", "number of the block", 0, 1000),
    "draws": number_column("networks", "independent networks of the block", 1, 1e6),
    "aa": number_column("1", "squared norm of a over the width, starts at 1: mean over draws", 0, HUGE),
    "aa_squared": number_column("1", "its square: mean", 0, HUGE),
    "ab": number_column("1", "inner product of a and b over the width, starts at 0.2: mean", -HUGE, HUGE),
    "ab_squared": number_column("1", "its square: mean", 0, HUGE),
    "aa_expected": number_column("1", "as aa, what layers add on average: same mean, less scatter", 0, HUGE),
    "ab_expected": number_column(
        "1", "as ab, what layers add on average: same mean, less scatter", -HUGE, HUGE
    ),
    "log_aa": number_column("nats", "logarithm of aa: mean", -1e4, 1e4),
    "log_aa_squared": number_column("nats^2", "its square: mean", 0, 1e8),
    "log_aa_expected": number_column("nats", "as log_aa: same mean, less scatter", -1e4, 1e4),
    "fourth": number_column(
        "1", "fourth power of a coordinate of a: mean over coordinates and draws", 0, HUGE
    ),
    "active": number_column("fraction", "coordinates of a above nought: mean", 0, 1),
}

#: Random numbers that a block may take, and least and most networks that it holds.
NUMBERS, FEWEST, MOST = 5 * 2**19, 256, 8192
#: Numbers of one array of a batch, so that it stays in the processor's cache.
BATCH = 2**16
BLOCKS = 16
POWERS = (8, 16, 32, 64, 128, 256)
#: Widths along depth = sqrt(width), width and width^2.
PATHS = {0.5: (64, 144, 256, 400, 576, 1024), 1: POWERS, 2: (8, 12, 16, 24, 32, 48)}
#: The same for the controls: all coordinates of a plain network may die where it is narrow and deep, and
#: unscaled branches soon make numbers that are too large.
CONTROL_PATHS = {
    "mlp": {0.5: (64, 144, 256, 400, 576), 1: (32, 48, 64, 96, 128, 192), 2: (28, 32, 36)},
    "exploding": {0.5: (64, 144, 256, 400, 576), 1: (32, 48, 64, 96, 128, 192), 2: (16, 20, 24)},
}


def along(paths: dict[float, tuple[int, ...]]) -> list[tuple[int, int]]:
    """The sizes (width, depth) along paths depth = width^power."""
    return [(width, round(width**power)) for power, widths in paths.items() for width in widths]


def sizes(network: str) -> list[tuple[int, int]]:
    """All sizes (width, depth) of a network, each once."""
    chosen = {
        "resnet": [(n, depth) for n in POWERS for depth in (2, 4, *POWERS)] + along(PATHS),
        "harmonic": [(n, depth) for n in POWERS for depth in (8, 32, 128)]
        + [(256, depth) for depth in (4, 16, 64)]
        + along(PATHS),
        "trivial": [(n, depth) for n in (64, 128) for depth in (8, 32, 128)],
        "exploding": [(256, depth) for depth in (4, 8, 16, 32)]
        + [(64, depth) for depth in (16, 32, 64, 128, 256)]
        + along(CONTROL_PATHS["exploding"]),
        "mlp": along(CONTROL_PATHS["mlp"]),
    }
    return list(dict.fromkeys(chosen[network]))


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations; both scales are the same."""
    return [
        {"network": network, "width": width, "depth": depth, "seed": seed}
        for network in ("resnet", "harmonic", "trivial", "exploding", "mlp")
        for width, depth in sizes(network)
        for seed in range(BLOCKS)
    ]


def witnesses(scale: str) -> Witnesses:
    """Every network at two shapes, with few draws."""
    shapes = [(16, 8), (32, 4)]
    return Witnesses(
        [
            {"network": network, "width": width, "depth": depth, "seed": 0}
            for network in ("resnet", "harmonic", "trivial", "exploding", "mlp")
            for width, depth in shapes
        ],
        short={"NUMBERS": 2**12, "FEWEST": 16, "BATCH": 2**8},
    )


def draws_of(width: int, depth: int) -> int:
    """Networks of a block: as many as its random numbers allow, within bounds."""
    return int(np.clip(NUMBERS // (2 * width * depth), FEWEST, MOST))


def run(network: str, width: int, depth: int, seed: int) -> dict[str, Any]:
    """Draw a block of networks and average their kernels.

    Parameters
    ----------
    network
        How branches are scaled; see `networks.scales`.
    width, depth
        Coordinates of a layer, and layers.
    seed
        Number of the block.
    """
    rng = np.random.default_rng([seed, width, depth, *network.encode()])
    draws, most = draws_of(width, depth), max(1, BATCH // width)
    parts = [drawn(network, width, depth, min(most, draws - done), rng) for done in range(0, draws, most)]
    each = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    squares = {f"{name}_squared": each[name] ** 2 for name in ("aa", "ab", "log_aa")}
    return {"draws": draws} | {name: float(values.mean()) for name, values in (each | squares).items()}


def cost(network: str, width: int, depth: int, **_: Any) -> float:
    """Relative cost: random numbers."""
    return draws_of(width, depth) * width * depth


if __name__ == "__main__":
    command("replications.width_depth_commute.runs")
