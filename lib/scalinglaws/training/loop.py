"""One training loop: schedules, evaluations, checkpoints.

The loop asks for a batch by the number of its step. So the order of the data is a function
of the seed alone, and a resumed run sees what an uninterrupted one would have seen. On the
CPU with a fixed number of threads the same arguments give the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from scalinglaws.text import counted
from scalinglaws.training import checkpoint as checkpoints
from scalinglaws.training.history import History

#: Gives the batch of a step: inputs and integer targets, on the model's device.
Source = Callable[[int], tuple[torch.Tensor, torch.Tensor]]

#: Target that is none: no loss, and not counted in a mean. Torch's own mark.
IGNORED = -100
SCHEDULES = ("cosine", "linear", "wsd", "constant")


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained; all that the numbers depend on besides model, data and device.

    `precision` and `compile`, like the checkpoints of `train`, are for longer runs of your own: the stored
    tables of small networks do without.

    Attributes
    ----------
    steps
        Optimiser steps.
    lr
        Peak learning rate.
    seed
        Seed of what is random inside the model (dropout); the data have a seed of their own.
    optimiser
        `"adamw"` or `"sgd"`.
    weight_decay
        Decoupled for AdamW, in the gradient for SGD.
    betas, eps
        Of AdamW.
    schedule
        `"cosine"` or `"linear"` over all steps; `"wsd"`: constant, and a linear decay over the
        last `cooldown` of them; `"constant"`.
    warmup
        Steps of a linear warm-up, a factor on top of the schedule.
    cooldown
        Fraction of the steps in which `"wsd"` decays.
    final
        Learning rate after the last step, as a fraction of the peak.
    clip
        Largest norm of the gradient; zero for no clipping.
    precision
        `"float32"` or `"bfloat16"` (autocast: weights and their updates stay in float32).
    compile
        Whether the model goes through `torch.compile`.
    fused
        Whether the optimiser updates all weights in one kernel: faster, but rounded differently.
    evaluate_every
        Steps between evaluations; zero for one at the end.
    evaluate_at
        Numbers of updates after which to evaluate besides, such as those of several budgets.
    stop_above
        Training loss (nats) above which the run counts as diverged and stops.

    Raises
    ------
    ValueError
        If a choice is unknown or a number out of its range.
    """

    steps: int
    lr: float
    seed: int = 0
    optimiser: str = "adamw"
    weight_decay: float = 1e-2
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    schedule: str = "cosine"
    warmup: int = 0
    cooldown: float = 0.2
    final: float = 0.0
    clip: float = 0.0
    precision: str = "float32"
    compile: bool = False
    fused: bool = True
    evaluate_every: int = 0
    evaluate_at: tuple[int, ...] = ()
    stop_above: float = math.inf

    def __post_init__(self) -> None:
        for name, known in (
            ("schedule", SCHEDULES),
            ("optimiser", ("adamw", "sgd")),
            ("precision", ("float32", "bfloat16")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(f"unknown {name} {getattr(self, name)!r}; there are: {', '.join(known)}")
        for name, good in (
            ("steps", self.steps >= 1),
            ("lr", 0 <= self.lr < math.inf),
            ("cooldown", 0 < self.cooldown <= 1),
            ("final", 0 <= self.final <= 1),
        ):
            if not good:
                raise ValueError(f"{name} = {getattr(self, name)} is out of its range")

    def factor(self, step: int) -> float:
        """The learning rate of a step (the first is 0), as a fraction of the peak."""
        done = min(1.0, step / self.steps)
        shape = {
            "cosine": 0.5 * (1 + math.cos(math.pi * done)),
            "linear": 1 - done,
            "wsd": min(1.0, (1 - done) / self.cooldown),
            "constant": 1.0,
        }[self.schedule]
        if self.schedule != "constant":
            shape = self.final + (1 - self.final) * shape
        return min(1.0, (step + 1) / max(1, self.warmup)) * shape


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


def examples(x: torch.Tensor, y: torch.Tensor, batch: int, steps: int, seed: int) -> Source:
    """Batches of labelled examples, in the order of `batches`."""
    index = batches(len(x), batch, steps, seed).to(x.device)
    return lambda step: (x[index[step]], y[index[step]])


def windows(tokens: torch.Tensor, context: int, batch: int, seed: int) -> Source:
    """Batches of random windows of a token sequence; each target is the token after its input."""
    tokens = torch.as_tensor(tokens)
    if len(tokens) <= context:
        raise ValueError(
            f"{counted(len(tokens), 'token holds', 'tokens hold')} no window of {context} and its next token"
        )
    span = torch.arange(context + 1)

    def draw(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        start = np.random.default_rng([seed, step]).integers(len(tokens) - context, size=batch)
        window = tokens[(torch.from_numpy(start)[:, None] + span).to(tokens.device)].long()
        return window[:, :-1], window[:, 1:]

    return draw


def count_of(y: torch.Tensor) -> torch.Tensor:
    """Number of targets: of classes or tokens those that are not `IGNORED`, of other numbers all."""
    if y.is_floating_point():
        return torch.tensor(y.numel(), device=y.device)
    return (y != IGNORED).sum()


def loss_of(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy in nats a target, for classes `(batch,)` or tokens `(batch, context)`.

    Targets of -100 do not count; where there is no other the mean is not a number.
    """
    return cross_entropy(model(x).flatten(0, -2), y.flatten())


def optimiser_of(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimiser; a model with `groups()` says how its weights' rates and decay are scaled.

    `groups()` gives dicts of `params`, `scale` (of the learning rate) and `decay` (of the
    weight decay); without it all weights are treated alike.
    """
    groups = model.groups() if hasattr(model, "groups") else [{"params": list(model.parameters())}]
    groups = [
        {
            "params": [p for p in group["params"] if p.requires_grad],
            "scale": group.get("scale", 1.0),
            "weight_decay": config.weight_decay * group.get("decay", 1.0),
        }
        for group in groups
    ]
    if config.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=config.lr, fused=config.fused)
    return torch.optim.AdamW(groups, lr=config.lr, betas=config.betas, eps=config.eps, fused=config.fused)


def train(
    model: nn.Module,
    source: Source,
    config: TrainConfig,
    *,
    loss: Callable[..., torch.Tensor] = loss_of,
    held_out: tuple[torch.Tensor, torch.Tensor] | None = None,
    checkpoint: Path | None = None,
    checkpoint_every: int = 0,
) -> History:
    """Train a model in place.

    Parameters
    ----------
    model
        The model, already where it shall be trained.
    source
        Batch of a step, a function of the step's number alone.
    config
        How to train.
    loss
        `(model, inputs, targets)` to the mean loss over the targets, -100 left out (`IGNORED`).
    held_out
        Inputs and targets for evaluation, always the same; none without.
    checkpoint
        A file to resume from if it exists, written after every `checkpoint_every` steps and
        at the end. On the CPU a resumed run equals an uninterrupted one bit for bit. A damaged
        file is renamed, with a warning, and the run starts anew.

    Raises
    ------
    ValueError
        If the checkpoint is of a run with another config, another model, or other data: another
        loss or held-out set, another first batch or another one where it stopped.
    """
    device = next(model.parameters()).device
    optimiser = optimiser_of(model, config)
    history = History()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(config.seed)
        state = (model, optimiser)
        first = 0
        if checkpoint and (kept := checkpoints.read(checkpoint)):
            data = partial(seen_by, source, held_out, loss)
            first = checkpoints.resume(checkpoint, kept, config, history, data, state)
        called = torch.compile(model) if config.compile else model
        losses: list[torch.Tensor] = []
        for step in range(first, 0 if history.diverged else config.steps):
            model.train()
            x, y = source(step)
            rate = config.lr * config.factor(step)
            for group in optimiser.param_groups:
                group["lr"] = rate * group["scale"]
            losses.append(backward(called, x, y, loss, config, optimiser))
            if config.clip:
                nn.utils.clip_grad_norm_(model.parameters(), config.clip)
            optimiser.step()
            history.lrs.append(rate)
            done, last = step + 1, step + 1 == config.steps
            evaluating = last or done in config.evaluate_at
            evaluating = evaluating or (config.evaluate_every and done % config.evaluate_every == 0)
            saving = checkpoint and (last or (checkpoint_every and done % checkpoint_every == 0))
            # Reading a loss makes an accelerator wait, so it is done in blocks there.
            if evaluating or saving or device.type == "cpu" or done % 50 == 0:
                values = torch.stack(losses).tolist()
                losses.clear()
                good = [math.isfinite(value) and value <= config.stop_above for value in values]
                if not all(good):
                    history.diverged = True
                    del values[good.index(False) + 1 :]
                history.losses += values
                del history.lrs[len(history.losses) :]
            if not (evaluating or saving or history.diverged):
                continue
            if evaluating and held_out is not None and not history.diverged:
                history.evals.append({"step": done, "loss": evaluate(model, *held_out, loss=loss)})
            if saving:
                data = seen_by(source, held_out, loss, done)
                checkpoints.save(checkpoint, config, history, done, data, state)
            if history.diverged:
                break
    return history


def seen_by(
    source: Source, held_out: tuple[torch.Tensor, torch.Tensor] | None, loss: Callable, steps: int
) -> dict[str, str]:
    """Fingerprints of the data of a run after some steps: their order and the size of a batch show in two batches."""
    return {
        "loss": getattr(loss, "__qualname__", type(loss).__name__),
        "held-out set": checkpoints.fingerprint(*held_out or ()),
        "first batch": checkpoints.fingerprint(*source(0)),
        "last batch": checkpoints.fingerprint(*source(steps - 1)),
    }


def backward(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    loss: Callable[..., torch.Tensor],
    config: TrainConfig,
    optimiser: torch.optim.Optimizer,
) -> torch.Tensor:
    """Gradients of the mean loss of a batch, and that loss."""
    optimiser.zero_grad(set_to_none=True)
    with torch.autocast(x.device.type, torch.bfloat16, enabled=config.precision == "bfloat16"):
        value = loss(model, x, y)
    value.backward()
    return value.detach()


@torch.no_grad()
def evaluate(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    batch: int = 256,
    loss: Callable[..., torch.Tensor] = loss_of,
) -> float:
    """Mean loss (nats a target) on a fixed set, in evaluation mode and full precision.

    Raises
    ------
    ValueError
        If the set has no target but -100.
    """
    model.eval()
    parts = list(zip(x.split(batch), y.split(batch), strict=True))
    counts = torch.stack([count_of(targets) for _, targets in parts])
    if not counts.any():
        raise ValueError(f"nothing to evaluate on: all targets are {IGNORED}")
    # A part without a target has no mean.
    losses = [loss(model, *part).double() for part, n in zip(parts, counts.tolist(), strict=True) if n]
    return float(torch.stack(losses) @ counts[counts > 0].double() / counts.sum())


@torch.no_grad()
def logits(model: nn.Module, x: torch.Tensor, batch: int = 4096) -> torch.Tensor:
    """The model's outputs for all of `x`, in evaluation mode."""
    model.eval()
    return torch.cat([model(part) for part in x.split(batch)])


def error_rate(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Fraction of examples classified wrongly, of those that have a class."""
    wrong = logits(model, x).argmax(1) != y
    return float(wrong[y != IGNORED].float().mean())
