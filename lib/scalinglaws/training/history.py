"""What is recorded while a model trains."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class History:
    """What was recorded while a model trained.

    Attributes
    ----------
    losses
        Training loss (nats a target) of each step, before its update.
    lrs
        Learning rate of each step, for weights whose rate has no factor of its own.
    evals
        One entry an evaluation: `step` (updates done) and `loss`, in nats a target on the held-out set;
        of packed runs also `ema_loss_0` and so on, where weights are averaged.
    diverged
        Whether the loss ceased to be a number, or passed `stop_above`; the run ends there.
    """

    losses: list[float] = field(default_factory=list)
    lrs: list[float] = field(default_factory=list)
    evals: list[dict[str, float]] = field(default_factory=list)
    diverged: bool = False
