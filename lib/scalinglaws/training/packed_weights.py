"""The weights of many models of one shape as one tensor, and their update with a learning rate for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from scalinglaws.training.loop import TrainConfig


def scales_of(model: nn.Module) -> list[tuple[float, float]]:
    """Factors of learning rate and weight decay for each parameter, as `training.optimiser_of` has them."""
    groups = model.groups() if hasattr(model, "groups") else [{"params": list(model.parameters())}]
    known = {id(p): (g.get("scale", 1.0), g.get("decay", 1.0)) for g in groups for p in g["params"]}
    return [known[id(p)] for p in model.parameters()]


class Weights:
    """All weights of all runs in one flat tensor, parameter by parameter, and the models' views of it.

    So an update is a handful of calls however many layers there are, and the runs of one
    matrix lie together, as batched products want them.
    """

    def __init__(self, models: Sequence[nn.Module]) -> None:
        self.models = models
        columns = list(zip(*(model.parameters() for model in models), strict=True))
        self.flat = torch.cat([torch.stack(column).detach().flatten() for column in columns])
        self.gradient = torch.empty_like(self.flat)
        parts = self.flat.split([len(models) * column[0].numel() for column in columns])
        views = [part.view(-1, *column[0].shape) for part, column in zip(parts, columns, strict=True)]
        for column, view in zip(columns, views, strict=True):
            for p, own in zip(column, view, strict=True):
                p.data = own
        names = (name for name, _ in models[0].named_parameters())
        self.params = {name: view.requires_grad_() for name, view in zip(names, views, strict=True)}

    def each(self, values: Sequence[torch.Tensor]) -> torch.Tensor:
        """Spread one number a run (given for each parameter) over the flat tensor."""
        pairs = zip(values, self.params.values(), strict=True)
        spread = [v.to(p)[:, None].expand(len(p), p[0].numel()).flatten() for v, p in pairs]
        return torch.cat(spread)

    def differentiate(self, losses: torch.Tensor, clip: float) -> None:
        """Put the gradient of each run's loss in its place, no longer than `clip` if that is given."""
        # The gradient of the sum is each run's own gradient.
        found = torch.autograd.grad(losses.sum(), list(self.params.values()))
        if clip:
            norms = torch.stack([part.flatten(1).norm(dim=1) for part in found]).norm(dim=0)
            shorter = (clip / (norms + 1e-6)).clamp(max=1)
            found = [part * shorter.view(-1, *[1] * (part.ndim - 1)) for part in found]
        torch.cat([part.flatten() for part in found], out=self.gradient)

    def release(self) -> None:
        """Give each model weights of its own, so that one which is kept does not keep the memory of all."""
        for model in self.models:
            for p in model.parameters():
                p.data = p.data.clone()


class Averages:
    """Exponential moving averages of all weights of all runs, one for each momentum.

    They do not act on training, so that one trajectory serves any number of them.

    Parameters
    ----------
    weights
        Of all runs, before the first update.
    momenta
        Of the averages.
    corrected
        False: averages start from the first weights. True: from nought, and what an average shows is
        divided by the share of it that weights have filled, as Adam does it; the first weights then
        do not count.
    """

    def __init__(self, weights: Weights, momenta: Sequence[float], corrected: bool = False) -> None:
        self.weights, self.momenta, self.corrected = weights.flat, momenta, corrected
        first = torch.zeros_like(self.weights) if corrected else self.weights
        self.values = [first.clone() for _ in momenta]
        self.updates = 0

    @torch.no_grad()
    def update(self) -> None:
        """Let each average take in the weights as they are: momentum times the average, and the rest of them."""
        self.updates += 1
        for value, momentum in zip(self.values, self.momenta, strict=True):
            value.lerp_(self.weights, 1 - momentum)

    @contextmanager
    @torch.no_grad()
    def in_place(self, number: int) -> Iterator[None]:
        """Let the models have the weights of one of the averages for a while."""
        kept = self.weights.clone()
        filled = 1 - self.momenta[number] ** self.updates if self.corrected else 1
        self.weights.copy_(self.values[number] / filled)
        try:
            yield
        finally:
            self.weights.copy_(kept)


class PackedOptimiser:
    """AdamW or SGD with a learning rate for each run; `torch.optim` has one for all.

    Where all weights have one rate, it is torch's own optimiser. Where not, it is torch's own at
    a rate of one and without decay, let loose on zeros: what they become is the direction of the
    update, which then decays and is multiplied by the rates.
    """

    def __init__(self, weights: Weights, peaks: torch.Tensor, config: TrainConfig) -> None:
        self.weights, self.gradient, self.sgd = weights.flat, weights.gradient, config.optimiser == "sgd"
        scales = scales_of(weights.models[0])
        self.alike = len(peaks.unique()) == len(set(scales)) == 1 and not self.weights.is_cuda
        if self.alike:
            (scale, decay), self.peak = scales[0], float(peaks[0])
            self.inner = torch_optimiser(self.weights, self.gradient, config, decay * config.weight_decay)
            self.peak *= scale
            return
        self.rate = weights.each([peaks * scale for scale, _ in scales])
        self.decay = (
            weights.each([torch.full_like(peaks, decay) for _, decay in scales]) * config.weight_decay
        )
        self.decays = bool(self.decay.any())
        self.now, self.change = torch.empty_like(self.rate), torch.zeros_like(self.rate)
        self.inner = torch_optimiser(self.change, self.gradient, config, 0.0)

    @torch.no_grad()
    def step(self, factor: torch.Tensor) -> None:
        """One update, at a factor (a number) of the peak rates."""
        if self.alike:
            self.inner.param_groups[0]["lr"] = self.peak * float(factor)
            self.inner.step()
            return
        if self.decays and self.sgd:
            self.gradient.addcmul_(self.weights, self.decay)
        self.inner.step()
        if self.decays and not self.sgd:
            self.change.addcmul_(self.weights, self.decay, value=-1)
        torch.mul(self.rate, factor, out=self.now)
        self.weights.addcmul_(self.change, self.now)
        self.change.zero_()


def torch_optimiser(
    weights: torch.Tensor, gradient: torch.Tensor, config: TrainConfig, decay: float
) -> torch.optim.Optimizer:
    """Torch's optimiser for one tensor, whose gradients come in another; at a rate of one."""
    weights.grad = gradient
    more = {"lr": 1.0, "weight_decay": decay, "fused": True}
    if config.optimiser == "sgd":
        return torch.optim.SGD([weights], **more)
    more |= {"betas": config.betas, "eps": config.eps, "capturable": weights.is_cuda}
    return torch.optim.AdamW([weights], **more)
