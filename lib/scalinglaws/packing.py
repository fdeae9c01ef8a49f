"""Train many models of one shape together: seeds, learning rates, data subsets in one process.

A small model's step is mostly overhead: dozens of calls, each of which does little. Packed,
the same calls serve all the models at once. Perceptrons go through batched matrix products;
any other model through `torch.func`. On a CPU convolutions gain nothing by it: batched
weights turn them into grouped ones, which are slower than one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from scalinglaws.recording import describe, synchronise
from scalinglaws.training import TrainConfig, batches

#: Modules that treat each number alone, and so do not notice a further dimension.
ELEMENTWISE = (nn.ReLU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.LeakyReLU, nn.ELU, nn.Softplus)
#: What packing does not do: it would be another loop.
UNPACKED = {"accumulate": 1, "ema": 0.0, "precision": "float32", "compile": False, "clip": 0.0}


@dataclass
class PackedRun:
    """What packed runs recorded.

    Attributes
    ----------
    losses
        Training loss (nats an example) of each step and run, before the update: (steps, runs).
    lrs
        Learning rate of each step and run, the same shape.
    diverged
        Of each run, whether its loss ceased to be a number or passed `stop_above`. A run that
        diverges does not stop and does not touch the others.
    about
        The description of the pack; see `scalinglaws.recording.describe`.
    """

    losses: torch.Tensor
    lrs: torch.Tensor
    diverged: list[bool]
    about: dict[str, Any] = field(default_factory=dict)


def packed_examples(
    x: torch.Tensor,
    y: torch.Tensor,
    batch: int,
    steps: int,
    seeds: Sequence[int],
    subsets: Sequence[torch.Tensor] | None = None,
) -> Callable[[int], tuple[torch.Tensor, torch.Tensor]]:
    """Batches for packed runs, each in the order that `training.examples` gives it alone.

    Parameters
    ----------
    x, y
        All examples.
    batch, steps
        Examples a step and run; steps.
    seeds
        Seed of each run's data order.
    subsets
        Indices of each run's own examples; all of them by default. No subset may be smaller
        than the batch.

    Raises
    ------
    ValueError
        If a subset is smaller than the batch.
    """
    subsets = [torch.arange(len(x))] * len(seeds) if subsets is None else subsets
    if any(len(subset) < batch for subset in subsets):
        raise ValueError(f"a subset is smaller than the batch of {batch}: its batches have another shape")
    orders = {}
    for seed, subset in zip(seeds, subsets, strict=True):
        orders.setdefault((seed, len(subset)), batches(len(subset), batch, steps, seed))
    index = [subset[orders[seed, len(subset)]] for seed, subset in zip(seeds, subsets, strict=True)]
    index = torch.stack(index, dim=1).to(x.device)
    # One place for the inputs of every step: the next call overwrites them.
    inputs = torch.empty(index[0].numel(), *x.shape[1:], dtype=x.dtype, device=x.device)

    def draw(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        # On a CPU many times as fast as x[index[step]], which also asks for new memory each time.
        torch.index_select(x, 0, index[step].flatten(), out=inputs)
        return inputs.view(*index.shape[1:], *x.shape[1:]), y[index[step]]

    return draw


def is_perceptron(model: nn.Module) -> bool:
    """Whether a model is a chain of linear layers with biases and elementwise activations."""
    return isinstance(model, nn.Sequential) and all(
        isinstance(layer, ELEMENTWISE)
        or (type(layer) is nn.Linear and layer.bias is not None and layer.weight.requires_grad)
        for layer in model
    )


def perceptron(layers: nn.Sequential, params: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Logits of stacked perceptrons, (runs, classes, batch), by batched products."""
    # Features before examples: the loss over classes, which are few, is then vectorised over examples.
    x = x.transpose(1, 2)
    for name, layer in layers.named_children():
        if isinstance(layer, nn.Linear):
            x = torch.baddbmm(params[f"{name}.bias"][..., None], params[f"{name}.weight"], x)
        else:
            x = layer(x)
    return x


def mapped(models: Sequence[nn.Module]) -> Callable[[dict[str, torch.Tensor], torch.Tensor], torch.Tensor]:
    """The same for models of any kind, by `torch.func`: (runs, classes, batch, ...)."""
    _, buffers = stack_module_state(list(models))

    def one(params: dict, buffers: dict, x: torch.Tensor) -> torch.Tensor:
        # The fused attention of CPUs has no rule for stacked weights: vmap would loop, and warn.
        with sdpa_kernel(SDPBackend.MATH):
            return functional_call(models[0], (params, buffers), (x,))

    joint = vmap(one, randomness="different")
    return lambda params, x: joint(params, buffers, x).movedim(-1, 1)


def scales_of(model: nn.Module) -> tuple[torch.Tensor, torch.Tensor] | tuple[float, float]:
    """Factors of learning rate and weight decay for each weight, as `training.optimiser_of` has them."""
    if not hasattr(model, "groups"):
        return 1.0, 1.0
    known = {
        id(p): (group.get("scale", 1.0), group.get("decay", 1.0))
        for group in model.groups()
        for p in group["params"]
    }
    return tuple(
        torch.cat([torch.full_like(p, known[id(p)][i]).detach().flatten() for p in model.parameters()])
        for i in (0, 1)
    )


class PackedOptimiser:
    """AdamW or SGD with a learning rate for each run; `torch.optim` has one for all.

    Source: Loshchilov and Hutter (2019), arXiv:1711.05101, algorithm 2, in PyTorch's order.
    """

    def __init__(self, weights: torch.Tensor, model: nn.Module, config: TrainConfig) -> None:
        self.weights, self.config, self.count = weights, config, 0
        self.scale, decay = scales_of(model)
        self.decay = decay * config.weight_decay
        self.first, self.second = torch.zeros_like(weights), torch.zeros_like(weights)
        # Kept from step to step: on a CPU, asking for new memory costs more than the arithmetic.
        self.scratch = torch.empty_like(weights, requires_grad=False)

    @torch.no_grad()
    def step(self, gradient: torch.Tensor, lr: torch.Tensor) -> None:
        """One update of the weights (runs, weights); `lr` has one entry a run."""
        p, g, m, v = self.weights, gradient, self.first, self.second
        rate = lr[:, None] * self.scale
        if self.config.optimiser == "sgd":
            m.mul_(self.config.momentum).add_(g).add_(p * self.decay)
            p.addcmul_(m, rate, value=-1)
            return
        self.count += 1
        one, two = self.config.betas
        p.mul_(1 - rate * self.decay)
        m.lerp_(g, 1 - one)
        v.mul_(two).addcmul_(g, g, value=1 - two)
        # The root of exact zeros, of inputs that are always zero, takes a slow path; next to eps this is nought.
        spread = torch.clamp(v, min=1e-30, out=self.scratch).sqrt_()
        spread.div_((1 - two**self.count) ** 0.5).add_(self.config.eps)
        p.addcmul_(torch.div(m, spread, out=spread), rate, value=-1 / (1 - one**self.count))


def train_packed(
    models: Sequence[nn.Module],
    source: Callable[[int], tuple[torch.Tensor, torch.Tensor]],
    config: TrainConfig,
    *,
    lrs: Sequence[float] | None = None,
    route: str = "",
) -> PackedRun:
    """Train models of one shape together, in place; equal to `train` for each, up to rounding.

    Parameters
    ----------
    models
        Models of the same shape on the same device.
    source
        Batch of a step for all runs: inputs `(runs, batch, ...)`, labels `(runs, batch)`.
    config
        How to train; without accumulation, averaging, autocast, compilation or clipping.
    lrs
        Peak learning rate of each run; `config.lr` for all by default.
    route
        `"products"` for perceptrons, `"vmap"` for any model; by default the faster that fits.

    Returns
    -------
    PackedRun

    Raises
    ------
    ValueError
        If the config asks for what packing does not do, the models cannot take the route, or
        the learning rates are not one a model.
    """
    asked = [name for name, plain in UNPACKED.items() if getattr(config, name) != plain]
    if asked:
        raise ValueError(f"packed runs know no {', '.join(asked)}")
    if lrs is not None and len(lrs) != len(models):
        raise ValueError(f"{len(lrs)} learning rates for {len(models)} models")
    route = route or ("products" if all(map(is_perceptron, models)) else "vmap")
    if route not in ("products", "vmap") or (route == "products" and not all(map(is_perceptron, models))):
        raise ValueError(f"these models cannot take the route {route!r}")
    for model in models:
        model.train()
    # One row a run: an update is then a handful of calls, however many layers there are.
    weights = torch.stack([parameters_to_vector(m.parameters()).detach() for m in models])
    gradient = torch.empty_like(weights)
    shapes = {name: p.shape for name, p in models[0].named_parameters()}
    parts = weights.split([shape.numel() for shape in shapes.values()], dim=1)
    params = {
        name: part.unflatten(1, shape).requires_grad_()
        for part, (name, shape) in zip(parts, shapes.items(), strict=True)
    }
    forward = partial(perceptron, models[0]) if route == "products" else mapped(models)
    device = weights.device
    peaks = torch.tensor([config.lr] * len(models) if lrs is None else list(lrs), dtype=torch.float64)
    factors = torch.tensor([config.factor(step) for step in range(config.steps)], dtype=torch.float64)
    rates = factors[:, None] * peaks
    on_device = rates.to(device, torch.float32)
    optimiser = PackedOptimiser(weights, models[0], config)
    losses = torch.empty(config.steps, len(models), device=device)
    synchronise(device)
    started = time.perf_counter()
    for step in range(config.steps):
        x, y = source(step)
        each = cross_entropy(forward(params, x), y, reduction="none").flatten(1).mean(1)
        # The gradient of the sum is each run's own gradient.
        found = torch.autograd.grad(each.sum(), list(params.values()))
        torch.cat([part.flatten(1) for part in found], dim=1, out=gradient)
        optimiser.step(gradient, on_device[step])
        losses[step] = each.detach()
    synchronise(device)
    seconds = time.perf_counter() - started
    for model, row in zip(models, weights, strict=True):
        # A copy, so that a model which is kept does not keep the memory of all.
        vector_to_parameters(row.clone(), model.parameters())
    losses = losses.cpu()
    diverged = ~(losses.isfinite() & (losses <= config.stop_above)).all(0)
    about = describe(models[0], config, device, config.steps * y.numel(), seconds, 0.0, __name__)
    about |= {"config": asdict(config) | {"lr": peaks.tolist()}, "runs": len(models), "route": route}
    return PackedRun(losses, rates, diverged.tolist(), about)
