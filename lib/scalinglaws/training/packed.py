"""Train many models of one shape together: seeds, learning rates, data subsets in one process.

A small model's step is mostly overhead: dozens of calls, each of which does little. Packed,
the same calls serve all the models at once. Perceptrons go through batched matrix products;
any other model through `torch.func`. On a CPU convolutions gain nothing by it: batched
weights turn them into grouped ones, which are slower than one after the other. On a GPU a
whole update is recorded once and replayed, as small models wait for the launches of kernels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import nn
from torch.func import functional_call, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy

from scalinglaws.text import counted
from scalinglaws.training.history import History
from scalinglaws.training.loop import (
    IGNORED,
    Source,
    TrainConfig,
    batches,
    evaluate,
    loss_of,
    train,
)
from scalinglaws.training.packed_weights import Averages, PackedOptimiser, Weights

#: Modules that treat each number alone, and so do not notice a further dimension.
ELEMENTWISE = (nn.ReLU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.LeakyReLU, nn.ELU, nn.Softplus)
#: What packing does not do: it would be another loop.
UNPACKED = {"precision": "float32", "compile": False}
#: Plain updates before one is recorded for replay: what is set up by the first must be there.
PLAIN_UPDATES = 3


@dataclass
class PackedHistory:
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
    evals
        Of each run, the evaluations as `training.train` records them.
    stop_above
        The loss above which a run counts as diverged.
    """

    losses: torch.Tensor
    lrs: torch.Tensor
    diverged: list[bool]
    evals: list[list[dict[str, float]]]
    stop_above: float

    def runs(self) -> list[History]:
        """What `training.train` would have recorded of each: nothing after a run diverged."""
        found = []
        for losses, lrs, evals, diverged in zip(
            self.losses.T.tolist(), self.lrs.T.tolist(), self.evals, self.diverged, strict=True
        ):
            good = [math.isfinite(loss) and loss <= self.stop_above for loss in losses]
            last = good.index(False) + 1 if diverged else len(losses)
            evals = [entry for entry in evals if not diverged or entry["step"] < last]
            found.append(History(losses[:last], lrs[:last], evals, diverged))
        return found


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
    labels = y[index]
    # One place for the inputs of every step: the next call overwrites them.
    inputs = torch.empty(index[0].numel(), *x.shape[1:], dtype=x.dtype, device=x.device)

    def draw(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        # On a CPU many times as fast as x[index[step]], which also asks for new memory each time.
        torch.index_select(x, 0, index[step].flatten(), out=inputs)
        return inputs.view(*index.shape[1:], *x.shape[1:]), labels[step]

    return draw


def stacked(sources: Sequence[Source]) -> Source:
    """Batches for packed runs from the sources of the runs; a source that runs share is asked once."""
    different = list(dict.fromkeys(sources))
    place = [different.index(source) for source in sources]

    def draw(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        x, y = (torch.stack(part) for part in zip(*(source(step) for source in different), strict=True))
        return (x, y) if place == list(range(len(x))) else (x[place], y[place])

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
    buffers = [dict(model.named_buffers()) for model in models]
    buffers = {name: torch.stack([each[name] for each in buffers]) for name in buffers[0]}

    def one(params: dict, buffers: dict, x: torch.Tensor) -> torch.Tensor:
        # The fused attention of CPUs has no rule for stacked weights: vmap would loop, and warn.
        with sdpa_kernel(SDPBackend.MATH):
            return functional_call(models[0], (params, buffers), (x,))

    joint = vmap(one, randomness="different")
    return lambda params, x: joint(params, buffers, x).movedim(-1, 1)


def replayed(work: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """A function of CUDA tensors, of the same shapes at each call, as one launch after some plain calls.

    What it returns is overwritten by the next call.
    """
    calls, graph = 0, torch.cuda.CUDAGraph()
    places: list[torch.Tensor] = []
    out = torch.empty(0)

    def call(*given: torch.Tensor) -> torch.Tensor:
        nonlocal calls, out
        calls += 1
        if calls <= PLAIN_UPDATES:
            here, aside = torch.cuda.current_stream(), torch.cuda.Stream()
            aside.wait_stream(here)
            with torch.cuda.stream(aside):
                out = work(*given)
            here.wait_stream(aside)
            return out
        if not places:
            places.extend(tensor.clone() for tensor in given)
            with torch.cuda.graph(graph):
                out = work(*places)
        for place, tensor in zip(places, given, strict=True):
            place.copy_(tensor)
        graph.replay()
        return out

    return call


def mean_cross_entropy(out: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of each run, from `(runs, classes, batch, ...)` and `(runs, batch, ...)`.

    Targets of -100 do not count, as in `training.loss_of`.
    """
    each = cross_entropy(out, y, reduction="none", ignore_index=IGNORED)
    return each.flatten(1).sum(1) / (y != IGNORED).flatten(1).sum(1)


def train_packed(
    models: Sequence[nn.Module],
    source: Source,
    config: TrainConfig,
    *,
    lrs: Sequence[float] | None = None,
    route: str = "",
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = mean_cross_entropy,
    held_out: tuple[torch.Tensor, torch.Tensor] | None = None,
    judge: Callable[..., torch.Tensor] = loss_of,
    momenta: Sequence[float] = (),
    corrected: bool = False,
) -> PackedHistory:
    """Train models of one shape together, in place; equal to `train` for each, up to rounding.

    Parameters
    ----------
    models
        Models of the same shape on the same device.
    source
        Batch of a step for all runs: inputs `(runs, batch, ...)`, labels `(runs, batch)`.
    config
        How to train; without autocast or compilation.
    lrs
        Peak learning rate of each run; `config.lr` for all by default.
    route
        `"products"` for perceptrons, `"vmap"` for any model; by default the faster that fits.
    loss
        Outputs `(runs, classes, batch, ...)` and labels to the loss of each run.
    held_out, judge
        Inputs and targets for evaluation, the same for all runs, and `(model, inputs, targets)`
        to the mean loss there, as the `loss` of `training.train`; none without.
    momenta
        Of exponential moving averages of the weights, which start from the first weights and take
        in those that each update makes. Each evaluation has `ema_loss_0`, `ema_loss_1`, ... besides.
    corrected
        Whether those averages are corrected for their start, see `packed_weights.Averages`.

    Returns
    -------
    PackedHistory

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
        raise ValueError(f"{counted(len(lrs), 'learning rate')} for {counted(len(models), 'model')}")
    route = route or ("products" if all(map(is_perceptron, models)) else "vmap")
    if route not in ("products", "vmap") or (route == "products" and not all(map(is_perceptron, models))):
        raise ValueError(f"these models cannot take the route {route!r}")
    forward = partial(perceptron, models[0]) if route == "products" else mapped(models)
    weights = Weights(models)
    device = weights.flat.device
    peaks = torch.tensor([config.lr] * len(models) if lrs is None else list(lrs), dtype=torch.float64)
    factors = torch.tensor([config.factor(step) for step in range(config.steps)], dtype=torch.float64)
    optimiser = PackedOptimiser(weights, peaks, config)
    averages = Averages(weights, momenta, corrected)

    def update(x: torch.Tensor, y: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        each = loss(forward(weights.params, x), y)
        weights.differentiate(each, config.clip)
        optimiser.step(factor)
        return each.detach()

    if device.type == "cuda":
        update = replayed(update)
    losses = torch.empty(config.steps, len(models), device=device)
    evals: list[list[dict[str, float]]] = [[] for _ in models]
    factor_at = factors.to(device, torch.float32)
    for model in models:
        model.train()
    for step in range(config.steps):
        x, y = source(step)
        losses[step] = update(x, y, factor_at[step])
        averages.update()
        done = step + 1
        evaluating = done == config.steps or done in config.evaluate_at
        evaluating = evaluating or (config.evaluate_every and done % config.evaluate_every == 0)
        if held_out is None or not evaluating:
            continue
        for model, found in zip(models, evals, strict=True):
            found.append({"step": done, "loss": evaluate(model, *held_out, loss=judge)})
        for number in range(len(momenta)):
            with averages.in_place(number):
                for model, found in zip(models, evals, strict=True):
                    found[-1][f"ema_loss_{number}"] = evaluate(model, *held_out, loss=judge)
        for model in models:
            model.train()
    weights.release()
    losses = losses.cpu()
    diverged = ~(losses.isfinite() & (losses <= config.stop_above)).all(0)
    return PackedHistory(losses, factors[:, None] * peaks, diverged.tolist(), evals, config.stop_above)


def train_together(
    models: Sequence[nn.Module],
    sources: Sequence[Source],
    config: TrainConfig,
    *,
    lrs: Sequence[float] | None = None,
    held_out: tuple[torch.Tensor, torch.Tensor] | None = None,
    loss: Callable[..., torch.Tensor] = loss_of,
    packed_loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = mean_cross_entropy,
) -> list[History]:
    """Train models of one shape, each on batches of its own: packed on a GPU, one by one elsewhere.

    Parameters
    ----------
    models, sources
        Models, and the batches of each alone; equal sources of several models are asked once.
    config, lrs, held_out
        As for `train_packed`.
    loss, packed_loss
        The loss as `train` and as `train_packed` take it.
    """
    if len(models) > 1 and next(models[0].parameters()).is_cuda:
        more = {"lrs": lrs, "loss": packed_loss, "held_out": held_out, "judge": loss}
        return train_packed(models, stacked(sources), config, **more).runs()
    lrs = [config.lr] * len(models) if lrs is None else lrs
    return [
        train(model, source, replace(config, lr=lr), loss=loss, held_out=held_out)
        for model, source, lr in zip(models, sources, lrs, strict=True)
    ]
