"""Models against hand formulas: parameters, FLOPs (T5), scales at the start and with width."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from scalinglaws.counting import Transformer
from scalinglaws.training.classifiers import (
    convnet,
    flops_an_example,
    forward_flops,
    mlp,
    n_params,
    resnet,
)
from scalinglaws.training.decoder import PARAMETRISATIONS, Decoder
from scalinglaws.training.loop import TrainConfig, loss_of, train

ROTARY = {"learned_positions": False, "biases": False}
SHAPES = [
    Transformer(32, depth, 61, 16, 4, tied_head=tied, learned_positions=learned, biases=biases, gated=gated)
    for (depth, gated), tied, learned, biases in product([(1, False), (3, True)], *[(False, True)] * 3)
] + [
    Transformer(32, 2, 61, 16, 4, kv_heads=2, **ROTARY),
    Transformer(32, 2, 61, 16, 4, kv_heads=1, head_width=6, **ROTARY),
    Transformer(48, 2, 61, 16, 3, mlp_width=80, gated=True, **ROTARY),
    Transformer(48, 2, 61, 16, 5, head_width=12, tied_head=False),
]


pytestmark = pytest.mark.usefixtures("one_thread")


def parts(model: Decoder) -> dict[str, int]:
    """Parameters by place, counted one by one."""
    count = {"embeddings": 0, "head": 0, "matrices": 0, "rest": 0}
    for name, p in model.named_parameters():
        place = "rest" if p.ndim == 1 else "matrices" if name.startswith("blocks") else name.split(".")[0]
        count[{"embedding": "embeddings", "positions": "embeddings"}.get(place, place)] += p.numel()
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_a_transformer_has_the_parameters_that_counting_says(shape):
    count = parts(Decoder(shape, 0))
    assert n_params(Decoder(shape, 0)) == shape.n_params("all") == sum(count.values())
    assert shape.n_params("no embeddings") == count["matrices"] + count["rest"]
    assert shape.n_params("matrices") == count["matrices"]
    assert shape.n_params("matrices + head") == count["matrices"] + shape.vocabulary * shape.width
    # By hand, for full attention and a plain MLP: 12 depth width^2.
    if (
        shape.kv_heads == shape.heads
        and shape.attention_width == shape.width
        and shape.mlp_width == 4 * shape.width
    ):
        assert count["matrices"] == (12 + 4 * shape.gated) * shape.depth * shape.width**2


@pytest.mark.parametrize("shape", SHAPES)
def test_a_transformer_does_the_flops_that_counting_says(shape):
    model, tokens = Decoder(shape, 0), torch.zeros(2, shape.context, dtype=torch.long)
    # Products written out, so that every one is counted, with no recomputation.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model(tokens).sum().backward()
    attention = shape.flops_per_token("6N + attention") - shape.flops_per_token("6N")
    # The convention halves the scores for the causal mask; the products are done in full.
    expected = shape.flops_per_token("6N + head") + 2 * attention
    assert counter.get_total_flops() / tokens.numel() == pytest.approx(expected)


def test_perceptrons_are_counted_by_hand():
    sizes = (64, 32, 32, 10)
    model, x = mlp(sizes, 0), torch.zeros(5, 64)
    matrices = 64 * 32 + 32 * 32 + 32 * 10
    assert n_params(model) == matrices + 32 + 32 + 10
    assert forward_flops(model, x) == 2 * matrices
    assert flops_an_example(model, x, "3F") == 6 * matrices
    # The first layer needs no gradient of its input.
    assert flops_an_example(model, x, "counted") == 6 * matrices - 2 * 64 * 32
    assert flops_an_example(model, x, "6N") == 6 * (matrices + 74)
    assert all(p.grad is None for p in model.parameters())
    with pytest.raises(ValueError, match="'3F'"):
        flops_an_example(model, x, "8N")
    with pytest.raises(ValueError, match="size"):
        mlp((3,), 0)


@pytest.mark.parametrize(("shape", "sides", "cells"), [((40,), 1, 5), ((28, 28), 2, 16)])
def test_convolutions_are_counted_by_hand(shape, sides, cells):
    width = 8
    expected = (5**sides + 1) * width + 2 * (3**sides * width + 1) * width + (cells * width + 1) * 10
    model = convnet(shape, width, 10, 0)
    assert n_params(model) == expected
    assert model(torch.zeros(2, *shape)).shape == (2, 10)
    places = [math.prod((side + 2**k - 1) // 2**k for side in shape) for k in (1, 2, 3)]
    weights = [5**sides * width, 3**sides * width**2, 3**sides * width**2]
    by_hand = 2 * sum(p * w for p, w in zip(places, weights, strict=True)) + 2 * places[-1] * width * 10
    assert forward_flops(model, torch.zeros(2, *shape)) == by_hand
    with pytest.raises(ValueError, match="sides"):
        convnet((3, 8, 8), width, 10, 0)


def test_a_residual_network_is_counted_by_hand_and_keeps_examples_apart():
    model = resnet(3, 8, 1, 10, 0)
    stages = 2 * 9 * 64 + (9 * 8 * 16 + 9 * 256 + 8 * 16) + (9 * 16 * 32 + 9 * 1024 + 16 * 32)
    norms = 2 * 2 * (8 + 16 + 32)
    assert n_params(model) == 9 * 3 * 8 + stages + norms + 32 * 10 + 10
    x = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model(x)[:2], model(x[:2]))
    assert not torch.equal(resnet(3, 8, 1, 10, 1)(x), model(x))


@pytest.mark.parametrize("norm", ["rms", "layer"])
@pytest.mark.parametrize("parametrisation", PARAMETRISATIONS)
def test_an_untrained_transformer_guesses(parametrisation, norm):
    shape = Transformer(64, 2, 97, 32, 4, tied_head=False, **ROTARY)
    model = Decoder(shape, 0, parametrisation=parametrisation, norm=norm)
    tokens = torch.randint(97, (8, 33), generator=torch.Generator().manual_seed(0))
    loss = loss_of(model, tokens[:, :-1], tokens[:, 1:]).item()
    assert loss == pytest.approx(math.log(97), rel=0.05)


def test_a_transformer_leaves_the_global_generator_where_it_was():
    before = torch.get_rng_state()
    Decoder(Transformer(32, 2, 61, 16, 4), 0)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_transformer_never_looks_ahead_and_knows_the_order():
    for extra in (ROTARY, {}, ROTARY | {"kv_heads": 1}):
        model = Decoder(Transformer(32, 2, 61, 16, 4, **extra), 0).eval()
        tokens = torch.randint(61, (1, 16), generator=torch.Generator().manual_seed(0))
        changed = tokens.clone()
        changed[0, 9] = (changed[0, 9] + 1) % 61
        torch.testing.assert_close(model(tokens)[:, :9], model(changed)[:, :9])
        assert not torch.allclose(model(tokens)[:, 9:], model(changed)[:, 9:])
        torch.testing.assert_close(model(tokens)[:, :7], model(tokens[:, :7]))
        swapped = tokens[:, [1, 0, *range(2, 16)]]
        assert not torch.allclose(model(tokens)[:, -1], model(swapped)[:, -1], atol=1e-7)


def test_rotary_scores_depend_on_the_distance_alone():
    model = Decoder(Transformer(16, 1, 5, 12, 1, **ROTARY), 0)
    from scalinglaws.training.decoder import rotate

    q, k = torch.randn(2, 1, 1, 1, 16, generator=torch.Generator().manual_seed(0))
    scores = rotate(q.expand(1, 1, 12, 16), model.turn) @ rotate(k.expand(1, 1, 12, 16), model.turn).mT
    for distance in range(-5, 6):
        diagonal = scores[0, 0].diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-5, rtol=0)


def test_what_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match="unknown"):
        Decoder(SHAPES[0], 0, norm="batch")
    with pytest.raises(ValueError, match="no bias"):
        Decoder(Transformer(32, 1, 61, 16, 4), 0, norm="rms")
    with pytest.raises(ValueError, match="even"):
        Decoder(Transformer(9, 1, 61, 16, 3, **ROTARY), 0)
    with pytest.raises(ValueError, match="tied"):
        Decoder(Transformer(32, 1, 61, 16, 4, **ROTARY), 0, parametrisation="unit")


def test_mup_is_the_standard_parametrisation_at_its_base_width():
    shape = Transformer(32, 2, 61, 16, 4, **ROTARY)
    models = [Decoder(shape, 0, parametrisation=p, base_width=32) for p in ("standard", "mup")]
    for one, other in zip(*(model.parameters() for model in models), strict=True):
        torch.testing.assert_close(one, other)
    assert all(group["scale"] == 1 for group in models[1].groups())


# The coordinate check: how far a few steps of training move activations and logits.
def moved(width: int, parametrisation: str, lr: float) -> dict[str, float]:
    shape = Transformer(width, 2, 61, 16, width // 16, tied_head=False, **ROTARY)
    tokens = torch.randint(61, (8, 17), generator=torch.Generator().manual_seed(0))
    x, y = tokens[:, :-1], tokens[:, 1:]
    seen: dict[str, list[torch.Tensor]] = {"attention": [], "mlp": [], "logits": []}
    model = Decoder(shape, 0, parametrisation=parametrisation, base_width=32)
    block = model.blocks[-1]
    for name, layer in (("attention", block.project), ("mlp", block.down), ("logits", model.head)):
        layer.register_forward_hook(lambda _m, _i, out, name=name: seen[name].append(out.detach()))
    with torch.no_grad():
        model(x)
    train(model, lambda step: (x, y), TrainConfig(steps=4, lr=lr, schedule="constant", weight_decay=0.0))
    with torch.no_grad():
        model(x)
    return {name: float((outs[-1] - outs[0]).square().mean().sqrt()) for name, outs in seen.items()}


@pytest.mark.parametrize(
    ("parametrisation", "lr", "grows"), [("standard", 3e-3, True), ("mup", 3e-3, False), ("unit", 0.3, False)]
)
def test_coordinates_move_alike_at_all_widths_except_in_the_standard_parametrisation(
    parametrisation, lr, grows
):
    small, large = moved(32, parametrisation, lr), moved(256, parametrisation, lr)
    ratios = {name: large[name] / small[name] for name in small}
    if grows:
        assert max(ratios.values()) > 3, ratios
    else:
        assert all(0.4 < ratio < 2 for ratio in ratios.values()), ratios


def test_unit_scaled_activations_start_at_one():
    shape = Transformer(128, 4, 61, 32, 4, tied_head=False, gated=True, **ROTARY)
    model, scales = Decoder(shape, 0, parametrisation="unit"), {}
    assert all(abs(float(p.detach().std()) - 1) < 0.05 for p in model.parameters())
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and name != "head":
            module.register_forward_hook(
                lambda _m, _i, out, name=name: scales.update({name: float(out.detach().std())})
            )
        if name.startswith("blocks.") and name.count(".") == 1:
            module.register_forward_hook(
                lambda _m, _i, out, name=name: scales.update({name: float(out.detach().std())})
            )
    with torch.no_grad():
        model(torch.randint(61, (16, 32), generator=torch.Generator().manual_seed(0)))
    # Places later in a sequence attend to much the same: averages of averages stay above one.
    late = {name for name in scales if name.endswith("project")} - {"blocks.0.project"}
    assert all(0.8 < scales[name] < (2.5 if name in late else 1.35) for name in scales), scales
