"""The same perceptrons with averages that are corrected for their start, at batches 8 and 64.

In `runs` an average starts from the first weights, and one with a long memory still contains them
when training ends. Here it starts from nought and is divided by the share of it that weights have filled, as
Adam does it, so that the first weights do not count. A short memory, rho = 0.84, is there besides: at
kappa = 8 the rule 1 - kappa (1 - rho) then gives a momentum of -0.28, at a batch at which the weights still
keep their path.
"""

from __future__ import annotations

from typing import Any

from replications.ema_scaling_rule import runs
from scalinglaws.sweeps.command import command
from scalinglaws.sweeps.witness import Witnesses

SLUG = "ema_scaling_rule_corrected"
TITLE = "Held-out losses of weights averaged without their start, by batch and rule for the momentum"

KAPPAS = (1, 8)
MEMORIES = (0.998, 0.98, 0.84)
COLUMNS = {name: column for name, column in runs.COLUMNS.items() if name not in ("rates", "order")}


def grid(scale: str) -> list[dict[str, Any]]:
    """The configurations of a scale, `ci` or `full`."""
    return [
        {"kappa": kappa, "rule": rule, "rho": rho, "seed": seed}
        for kappa in KAPPAS
        for rule in (("power", "unscaled", "shortcut") if kappa > 1 else ("power",))
        for rho in MEMORIES
        for seed in range(runs.SEEDS[scale])
    ]


def witnesses(scale: str) -> Witnesses:
    """Every rule at a small batch, a momentum below 0 among them, for 64 updates of reference."""
    base = {"kappa": 4, "rule": "power", "rho": 0.98, "seed": 0}
    changes = [{}, {"kappa": 1}, {"rule": "unscaled"}, {"rule": "shortcut"}]
    changes += [{"rule": "shortcut", "rho": 0.68}]
    constants = {"STEPS": 64, "TRAINED": 190, "HELD_OUT": 50}
    short = {f"{runs.__name__}.{name}": value for name, value in constants.items()}
    return Witnesses([base | change for change in changes], short=short)


def cost(kappa: int, **_: Any) -> float:
    """Relative cost: updates."""
    return runs.cost(kappa)


def run_many(configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Train the seeds of one batch together and follow all averages along, see `run`."""
    arms = [{"rates": "linear", "order": 0} | config for config in configs]
    return runs.run_many(arms, corrected=True)


def run(kappa: int, rule: str, rho: float, seed: int) -> dict[str, Any]:
    """Train one network and follow one average of its weights.

    Parameters
    ----------
    kappa
        Batch over that of reference; the learning rate is in proportion.
    rule, rho
        Of the average's momentum, see `runs.momentum`.
    seed
        Of the first weights and of the order.
    """
    return run_many([locals()])[0]


def pack(kappa: int, **_: Any) -> tuple:
    """All seeds and averages of a batch go together, on a CPU too."""
    return (kappa,)


if __name__ == "__main__":
    command("replications.ema_scaling_rule.corrected")
