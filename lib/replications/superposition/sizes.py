"""The same autoencoders at the paper's own number of features and widths, for rows that grow to length 1.

What is left of the difference to the paper's runs is the batch, the steps and the schedule; see `runs`.
"""

from __future__ import annotations

from typing import Any

from replications.superposition import runs
from replications.superposition.runs import COLUMNS, cost, pack, run, run_many
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses

__all__ = ["COLUMNS", "SLUG", "SLUG_CI", "TITLE", "cost", "grid", "pack", "run", "run_many", "witnesses"]

SLUG = "superposition_sizes"
SLUG_CI = "superposition_sizes_small"
TITLE = (
    "Loss and overlaps of ReLU autoencoders of 1000 features in 10 to 100 dimensions, strong superposition"
)


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale: one decay, the paper's six widths, five or seventeen laws of frequency."""
    if scale == "ci":
        alphas, steps, batch = (0.0, 0.5, 1.0, 1.5, 2.0), 8000, 64
    else:
        alphas, steps, batch = runs.ALPHAS, 20000, 2048
    shape = {"n": 1000, "decay": runs.DECAYS[0], "steps": steps, "batch": batch, "seed": 0}
    return [{**shape, "m": m, "alpha": alpha} for m in (10, 15, 25, 39, 63, 100) for alpha in alphas]


def witnesses(scale: str) -> Witnesses:
    """Growth, of even and of steep frequencies; twenty updates, of which two warm up."""
    shape = {"n": 40, "m": 5, "decay": -1.0, "steps": 20, "batch": 64, "seed": 0}
    return Witnesses(
        [shape | {"alpha": alpha} for alpha in (0.0, 1.5)],
        short={"replications.superposition.runs.HELD_OUT": 512},
        counted={"represented": 40},
        within={"unlearned": 0.2},
    )


if __name__ == "__main__":
    command("replications.superposition.sizes")
