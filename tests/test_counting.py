"""Counting: against published parameter counts and sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scalinglaws.counting import FLOPS, PARAMS, Transformer, tokens_from_flops, training_flops

GPT2 = Transformer(width=768, depth=12, vocabulary=50257, context=1024, heads=12)
#: Gated, grouped queries, no biases, own head: a shape like the small Gemstones.
GEM = Transformer(
    width=512,
    depth=12,
    vocabulary=50304,
    context=2048,
    heads=4,
    kv_heads=2,
    gated=True,
    tied_head=False,
    learned_positions=False,
    biases=False,
)


def test_gpt2_small():
    assert GPT2.n_params("all") == 124_439_808
    assert GPT2.n_params("matrices") == 12 * 12 * 768**2 == 84_934_656
    assert GPT2.n_params("no embeddings") == 124_439_808 - (50257 + 1024) * 768
    assert GPT2.n_params("matrices + head") == 84_934_656 + 50257 * 768


@pytest.mark.parametrize(
    ("width", "depth", "heads", "published"),
    [(1024, 24, 16, 354_823_168), (1280, 36, 20, 774_030_080), (1600, 48, 25, 1_557_611_200)],
)
def test_the_larger_gpt2(width, depth, heads, published):
    shape = Transformer(width=width, depth=depth, vocabulary=50257, context=1024, heads=heads)
    assert shape.n_params("all") == published


def test_gated_grouped_shapes():
    block = 512 * 512 * (1 + 0.5 + 0.5 + 1) + 3 * 512 * 2048
    assert GEM.n_params("matrices") == 12 * block
    assert GEM.n_params("no embeddings") == 12 * (block + 2 * 512) + 512
    assert GEM.n_params("all") == GEM.n_params("no embeddings") + 2 * 50304 * 512
    # meta-llama/Llama-2-7b, as its authors' weights count.
    llama = Transformer(
        width=4096,
        depth=32,
        vocabulary=32000,
        context=4096,
        heads=32,
        mlp_width=11008,
        gated=True,
        tied_head=False,
        learned_positions=False,
        biases=False,
    )
    assert llama.n_params("all") == 6_738_415_616


def test_biases_only_add():
    plain = Transformer(width=768, depth=12, vocabulary=50257, context=1024, heads=12, biases=False)
    assert GPT2.n_params("all") - plain.n_params("all") == 12 * (3 + 1 + 4 + 1 + 2) * 768 + 768
    assert plain.n_params("matrices") == GPT2.n_params("matrices")


def test_flops_by_convention():
    six, head = 6 * 84_934_656, 6 * 50257 * 768
    attention = 6 * 12 * 1024 * 768
    assert GPT2.flops_per_token("6N") == six
    assert GPT2.flops_per_token("6N + head") == six + head
    assert GPT2.flops_per_token("6N + attention") == six + attention
    assert GPT2.flops_per_token("6N + head + attention") == six + head + attention
    assert GPT2.flops_per_token("6N + 12 L d n_ctx") == six + 12 * 12 * 768 * 1024
    assert GPT2.flops_per_token("6N + head + 12 L d n_ctx") == six + head + 12 * 12 * 768 * 1024


def test_gemstones_by_hand():
    w, q, kv, context = 512, 4 * 128, 2 * 128, 2048
    project = 2 * w * (q + 2 * kv) + 3.5 * (q + kv)
    scores = context * q + 3 * context * 4 + 2 * context * q
    rest = 6 * w * 2048 + 10 * 2048 + 2 * w + 14 * w
    end = 7 * w + 2 * w * 50304
    forward = 12 * (project + scores + 2 * w * q + rest) + end
    backward = 12 * (2 * project + 2.5 * scores + 2 * 2 * w * q + 2 * rest) + 2 * end
    assert GEM.flops_per_token("gemstones") == pytest.approx(forward + backward, rel=1e-14)
    # The coarse count with everything in it leaves out the softmax and what is computed twice.
    ratio = GEM.flops_per_token("gemstones") / GEM.flops_per_token("6N + head + attention")
    assert 1 < ratio < 1.25


def test_half_a_key_value_head_is_allowed():
    sizes = {"width": 384, "depth": 13, "vocabulary": 50304, "context": 2048, "heads": 3, "gated": True}
    half, whole = Transformer(**sizes, kv_heads=1.5), Transformer(**sizes, kv_heads=1)
    assert half.n_params("matrices") - whole.n_params("matrices") == 13 * 384 * 128
    assert half.flops_per_token("gemstones") > whole.flops_per_token("gemstones")


@pytest.mark.parametrize("size", [2**20, np.int32(2**20)])
def test_large_shapes_do_not_overflow(size):
    shape = Transformer(width=size, depth=4, vocabulary=10, context=10, heads=4)
    assert shape.n_params("matrices") == 48 * 2**40


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 0}, "width"),
        ({"depth": -1}, "depth"),
        ({"vocabulary": 1.5}, "vocabulary"),
        ({"context": None}, "context"),
        ({"heads": True}, "heads"),
        ({"heads": 5}, "do not divide the width"),
        ({"kv_heads": 5}, "key-value"),
        ({"kv_heads": 24}, "key-value"),
        ({"kv_heads": float("nan")}, "kv_heads"),
        ({"mlp_width": -4}, "mlp_width"),
    ],
)
def test_impossible_shapes_are_refused(wrong, message):
    sizes = {"width": 768, "depth": 12, "vocabulary": 50257, "context": 1024, "heads": 12}
    with pytest.raises(ValueError, match=message):
        Transformer(**sizes | wrong)


def test_unknown_conventions_are_refused():
    with pytest.raises(ValueError, match="there are: 'all'"):
        GPT2.n_params("6N")
    with pytest.raises(ValueError, match="there are: '6N'"):
        GPT2.flops_per_token("all")
    with pytest.raises(ValueError, match="gated"):
        GPT2.flops_per_token("gemstones")
    assert all(GEM.n_params(name) > 0 for name in PARAMS)
    assert all(GEM.flops_per_token(name) > 0 for name in FLOPS)


def test_tokens_and_flops_are_inverse():
    assert training_flops(70e9, 1.4e12) == pytest.approx(5.88e23)
    assert tokens_from_flops(5.88e23, 70e9) == pytest.approx(1.4e12)
