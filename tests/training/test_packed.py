"""Packed training is one-by-one training, up to rounding (T6)."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from scalinglaws.counting import Transformer
from scalinglaws.training.classifiers import convnet, mlp, resnet
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.loop import IGNORED, Source, TrainConfig, examples, train
from scalinglaws.training.packed import (
    mean_cross_entropy,
    packed_examples,
    stacked,
    train_packed,
    train_together,
)

STEPS, BATCH = 20, 16
RATES = [1e-3, 3e-3, 1e-2]


pytestmark = pytest.mark.usefixtures("one_thread")


def data(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(96, *shape, generator=generator), torch.randint(10, (96,), generator=generator)


def token_sources(device: str = "cpu") -> list[Source]:
    """Batches of four windows of random tokens for each of three runs."""
    tokens = torch.randint(11, (STEPS, 3, 4, 7), generator=torch.Generator().manual_seed(0)).to(device)
    return [lambda i, k=seed: (tokens[i, k, :, :-1], tokens[i, k, :, 1:]) for seed in range(3)]


def gap(make, x, y, config, lrs=None, subsets=None, route="") -> float:
    """Largest difference of a loss or a weight between packed and one-by-one training."""
    seeds = range(3)
    packed = [make(seed) for seed in seeds]
    run = train_packed(
        packed,
        packed_examples(x, y, BATCH, config.steps, seeds, subsets),
        config,
        lrs=lrs,
        route=route,
        held_out=(x, y),
    )
    worst = 0.0
    for seed in seeds:
        mine = subsets[seed] if subsets else slice(None)
        model, one = make(seed), TrainConfig(**vars(config) | {"lr": (lrs or [config.lr] * 3)[seed]})
        alone = train(model, examples(x[mine], y[mine], BATCH, config.steps, seed), one, held_out=(x, y))
        worst = max(worst, float((run.losses[:, seed] - torch.tensor(alone.losses)).abs().max()))
        assert [entry["step"] for entry in run.evals[seed]] == [entry["step"] for entry in alone.evals]
        for ours, theirs in zip(run.evals[seed], alone.evals, strict=True):
            worst = max(worst, abs(ours["loss"] - theirs["loss"]))
        pairs = zip(model.parameters(), packed[seed].parameters(), strict=True)
        worst = max(worst, *(float((a - b).detach().abs().max()) for a, b in pairs))
        torch.testing.assert_close(run.lrs[:, seed], torch.tensor(alone.lrs, dtype=torch.float64))
    return worst


@pytest.mark.parametrize("route", ["products", "vmap"])
@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_packed_is_one_by_one(route, optimiser):
    config = TrainConfig(steps=STEPS, lr=3e-3, warmup=4, optimiser=optimiser)
    x, y = data(12)
    assert gap(lambda seed: mlp((12, 16, 16, 10), seed), x, y, config, route=route) <= 1e-5
    subsets = [torch.arange(seed, 96, seed + 1) for seed in range(3)]
    make = lambda seed: mlp((12, 16, 10), seed, nn.GELU)  # noqa: E731
    assert gap(make, x, y, config, RATES, subsets, route) <= 1e-5
    config = replace(config, clip=0.5, weight_decay=0.0, evaluate_every=8, evaluate_at=(3,))
    assert gap(make, x, y, config, RATES, subsets, route) <= 1e-5


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda seed: convnet((16,), 4, 10, seed), (16,)),
        (lambda seed: resnet(1, 4, 1, 10, seed), (1, 8, 8)),
    ],
)
def test_models_of_any_kind_can_be_packed(make, shape):
    assert gap(make, *data(*shape), TrainConfig(steps=STEPS, lr=1e-3)) <= 1e-5


@pytest.mark.parametrize("parametrisation", ["standard", "mup", "unit"])
def test_transformers_can_be_packed(parametrisation):
    shape = Transformer(
        8, 1, 11, 6, 2, tied_head=parametrisation == "standard", learned_positions=False, biases=False
    )
    more = {"parametrisation": parametrisation, "base_width": 4}
    config = TrainConfig(steps=STEPS, lr=1e-2, weight_decay=0.1)
    packed, sources = [Decoder(shape, seed, **more) for seed in range(3)], token_sources()
    run = train_packed(packed, stacked(sources), config)
    for seed in range(3):
        alone = train(Decoder(shape, seed, **more), sources[seed], config)
        torch.testing.assert_close(run.losses[:, seed], torch.tensor(alone.losses), rtol=0, atol=1e-5)


@pytest.mark.parametrize("route", ["products", "vmap"])
def test_ignored_targets_count_for_nothing(route):
    x, y = data(12)
    y[::3] = IGNORED
    config = TrainConfig(steps=STEPS, lr=3e-3)
    assert gap(lambda seed: mlp((12, 16, 10), seed), x, y, config, RATES, route=route) <= 1e-5
    # Of eight examples six count; over all eight the mean would be 0.4973.
    logit = [-math.log(math.expm1(loss)) for loss in (*[0.47607] * 4, *[1.03713] * 2)]
    out = torch.tensor([[*logit, 3.0, -3.0], [0.0] * 8])[None]
    targets = torch.tensor([[0] * 6 + [IGNORED] * 2])
    assert mean_cross_entropy(out, targets).tolist() == pytest.approx([0.66309], abs=1e-5)


def test_a_run_that_diverges_leaves_the_others_alone():
    x, y = data(12)
    models = [mlp((12, 8, 10), 0) for _ in range(2)]
    config = TrainConfig(steps=STEPS, lr=0.0, optimiser="sgd", schedule="constant")
    source = packed_examples(x, y, BATCH, STEPS, [0, 0])
    run = train_packed(models, source, config, lrs=[1e-2, 1e20], held_out=(x, y))
    assert run.diverged == [False, True]
    good, bad = run.runs()
    assert len(good.losses) == STEPS and len(bad.losses) == len(bad.lrs) < STEPS and not bad.evals
    assert all(math.isfinite(loss) for loss in bad.losses[:-1]) and not math.isfinite(bad.losses[-1])
    alone = train(
        mlp((12, 8, 10), 0),
        examples(x, y, BATCH, STEPS, 0),
        TrainConfig(steps=STEPS, lr=1e-2, optimiser="sgd", schedule="constant"),
    )
    torch.testing.assert_close(run.losses[:, 0], torch.tensor(alone.losses), rtol=0, atol=1e-5)


def test_sources_that_runs_share_are_asked_once():
    asked = []

    def source(step):
        asked.append(step)
        return torch.full((2, 1), float(step)), torch.tensor([step, 7])

    other = lambda step: (torch.zeros(2, 1), torch.zeros(2, dtype=torch.long))  # noqa: E731
    x, y = stacked([source, other, source])(5)
    assert asked == [5]
    assert x[..., 0].tolist() == [[5, 5], [0, 0], [5, 5]] and y.tolist() == [[5, 7], [0, 0], [5, 7]]


def test_models_are_trained_one_by_one_where_packing_gains_nothing():
    x, y = data(12)
    sources = [examples(x, y, BATCH, STEPS, seed) for seed in range(2)]
    config = TrainConfig(steps=STEPS, lr=1e-2)
    runs = train_together([mlp((12, 8, 10), seed) for seed in range(2)], sources, config, lrs=RATES[:2])
    alone = train(mlp((12, 8, 10), 1), sources[1], replace(config, lr=RATES[1]))
    assert runs[1].losses == alone.losses


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: an update is replayed on one only")
@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_a_replayed_update_is_a_plain_one(optimiser):
    x, y = (part.cuda() for part in data(12))
    config = TrainConfig(steps=STEPS, lr=3e-3, warmup=4, optimiser=optimiser, clip=0.5)
    make = lambda seed: mlp((12, 16, 10), seed).cuda()  # noqa: E731
    for route in ("products", "vmap"):
        assert gap(make, x, y, config, RATES, route=route) <= 1e-5
    shape = Transformer(8, 1, 11, 6, 2, tied_head=False, learned_positions=False, biases=False)
    sources = token_sources("cuda")
    runs = train_together([Decoder(shape, seed).cuda() for seed in range(3)], sources, config, lrs=RATES)
    for seed in range(3):
        alone = train(Decoder(shape, seed).cuda(), sources[seed], replace(config, lr=RATES[seed]))
        assert runs[seed].losses == pytest.approx(alone.losses, abs=1e-5)


def test_what_cannot_be_packed_is_refused():
    x, y = data(12)
    source = packed_examples(x, y, BATCH, 3, range(2))
    models = [mlp((12, 8, 10), seed) for seed in range(2)]
    for change in ({"compile": True}, {"precision": "bfloat16"}):
        with pytest.raises(ValueError, match=next(iter(change))):
            train_packed(models, source, TrainConfig(steps=3, lr=1e-3, **change))
    with pytest.raises(ValueError, match="3 learning rates"):
        train_packed(models, source, TrainConfig(steps=3, lr=1e-3), lrs=RATES)
    with pytest.raises(ValueError, match="route"):
        train_packed([convnet((12,), 4, 10, 0)], source, TrainConfig(steps=3, lr=1e-3), route="products")
    with pytest.raises(ValueError, match="smaller than the batch"):
        packed_examples(x, y, BATCH, 3, [0], [torch.arange(5)])


@pytest.mark.parametrize("corrected", [False, True])
def test_averages_follow_the_weights_and_leave_training_alone(corrected):
    x, y = data(12)
    config = TrainConfig(
        steps=STEPS, lr=0.1, optimiser="sgd", weight_decay=0.0, schedule="constant", evaluate_every=1
    )
    momenta = (0.9, 0.0, -0.5)
    with_averages, plain = ([mlp((12, 16, 10), seed) for seed in range(3)] for _ in range(2))
    source = packed_examples(x, y, BATCH, STEPS, range(3))
    first = nn.utils.parameters_to_vector(with_averages[1].parameters()).detach().clone()
    more = {"momenta": momenta, "corrected": corrected}
    run = train_packed(with_averages, source, config, held_out=(x, y), **more)
    alone = train_packed(plain, source, config, held_out=(x, y))
    assert torch.equal(run.losses, alone.losses)
    for ours, theirs in zip(with_averages, plain, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))

    # The same by torch alone: one model, step by step, and a mean of its weights by hand.
    model, averages = mlp((12, 16, 10), 1), [first * (not corrected) for _ in momenta]
    batches = examples(x, y, BATCH, STEPS, 1)
    for step, found in enumerate(run.evals[1]):
        loss = nn.functional.cross_entropy(model(batches(step)[0]), batches(step)[1])
        gradients = torch.autograd.grad(loss, list(model.parameters()))
        with torch.no_grad():
            for p, gradient in zip(model.parameters(), gradients, strict=True):
                p -= 0.1 * gradient
        weights = nn.utils.parameters_to_vector(model.parameters()).detach()
        other = mlp((12, 16, 10), 1)
        for k, momentum in enumerate(momenta):
            averages[k] = momentum * averages[k] + (1 - momentum) * weights
            filled = 1 - momentum ** (step + 1) if corrected else 1
            nn.utils.vector_to_parameters(averages[k] / filled, other.parameters())
            with torch.no_grad():
                by_hand = float(nn.functional.cross_entropy(other(x), y))
            assert found[f"ema_loss_{k}"] == pytest.approx(by_hand, abs=1e-5)
        assert found["ema_loss_1"] == pytest.approx(found["loss"], abs=1e-6)
