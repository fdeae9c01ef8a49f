"""One rung more at the end of two ladders of `arms`.

The best rate is read off a parabola through five rungs, two on either side of the best one. Of
two arms of `arms` the best rung lies one from the end of the ladder at some widths: the lower
end for `mup 0.02`, the upper for `standard fan-in`. Here each has a rung more at that end, at all
widths of the CI scale, with everything else as there.
"""

from __future__ import annotations

from typing import Any

from replications.width_transfer import arms
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses
from scalinglaws.training.texts import python_library

SLUG = "width_transfer_ends"
TEXT = python_library
TITLE = "Held-out loss of byte-level decoders at one learning rate more, at the end of two ladders"

#: Arm -> octave of its further rung.
OCTAVES = {
    "mup 0.02": arms.OCTAVES["mup 0.02"][0] - 1,
    "standard fan-in": arms.OCTAVES["standard fan-in"][-1] + 1,
}

#: As of the arms.
run, run_many, pack, cost, COLUMNS = arms.run, arms.run_many, arms.pack, arms.cost, arms.COLUMNS


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of the further rungs, the same at both scales."""
    some = [config for config in arms.grid("ci") if config["log2_lr"] == arms.OCTAVES[config["arm"]][0]]
    return [config | {"log2_lr": OCTAVES[config["arm"]]} for config in some if config["arm"] in OCTAVES]


def witnesses(scale: str) -> Witnesses:
    """Both arms, twenty updates each; the upper rung is tried lower, as a high rate magnifies much."""
    return Witnesses(
        [
            {"arm": arm, "width": 32, "batch": 2, "steps": 20, "log2_lr": min(octave, -8), "seed": 0}
            for arm, octave in OCTAVES.items()
        ]
    )


if __name__ == "__main__":
    command("replications.width_transfer.ends")
