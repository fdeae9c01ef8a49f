"""The training loop: repeatable, resumable, able to fit, and loud when it fails."""

from __future__ import annotations

import io
import math
import random
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from replications.data_pruning import images
from replications.data_pruning.images import train
from scalinglaws.counting import Transformer
from scalinglaws.training import checkpoint, loop
from scalinglaws.training.classifiers import convnet, mlp
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.loop import (
    TrainConfig,
    batches,
    error_rate,
    evaluate,
    examples,
    logits,
    loss_of,
    windows,
)

SHAPE = Transformer(16, 1, 11, 8, 2, learned_positions=False, biases=False)


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def signals():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(64, 40, generator=generator), torch.randint(10, (64,), generator=generator)


def losses(x, y, seed, steps=50):
    return train(convnet((40,), 8, 10, seed), x, y, steps=steps, seed=seed, batch=16, lr=5e-3)


def test_the_same_seed_gives_the_same_bits(signals):
    torch.manual_seed(1)
    first = losses(*signals, seed=3)
    torch.manual_seed(2)
    assert losses(*signals, seed=3) == first
    assert losses(*signals, seed=4) != first


def test_the_global_generator_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    convnet((40,), 8, 10, 0)
    batches(100, 10, 30, 0)
    assert torch.equal(torch.rand(3), expected)


def test_an_untrained_network_knows_nothing_and_a_batch_can_be_learnt(signals):
    x, y = signals
    first, *_, last = losses(x[:16], y[:16], seed=0, steps=300)
    assert abs(first / math.log(10) - 1) < 0.1
    assert last < 0.01


def test_batches_use_every_example_equally_often():
    index = batches(100, 32, 25, seed=0)
    assert index.shape == (25, 32)
    np.testing.assert_array_equal(np.bincount(index.ravel(), minlength=100), 8)
    assert batches(10, 64, 5, seed=0).shape == (5, 10)
    assert not torch.equal(batches(100, 32, 25, seed=1), index)


def test_a_loss_that_is_no_number_is_an_error(signals):
    x, y = signals
    with pytest.raises(FloatingPointError):
        losses(x * float("nan"), y, seed=0, steps=3)


def test_error_rate_and_logits_do_not_depend_on_the_batch(signals):
    x, y = signals
    model = convnet((40,), 8, 10, 0)
    torch.testing.assert_close(logits(model, x, batch=7), logits(model, x))
    assert error_rate(model, x, logits(model, x).argmax(1)) == 0
    assert 0 <= error_rate(model, x, y) <= 1


def test_margins_are_the_gap_of_the_two_largest_logits():
    x = np.array([[3.0, 1.0, 2.5], [0.0, -1.0, 4.0]], np.float32)
    np.testing.assert_allclose(images.margins(nn.Identity(), x), [0.5, 4.0])


def test_a_probe_never_sees_the_pool_and_all_seeds_share_one_test_set():
    pool, _ = images.draw("mnist1d", 100, "pool", 1)
    probe, _ = images.draw("mnist1d", 100, "probe", 1)
    assert not (pool[:, None] == probe[None]).all(-1).any()
    assert images.draw("mnist1d", 50, "test", 0)[0] is images.draw("mnist1d", 50, "test", 3)[0]


# T1: the same bits in another process.
REPEAT = """
import sys, torch
torch.set_num_threads(1)
from scalinglaws.training.classifiers import mlp
from scalinglaws.training.loop import TrainConfig, examples, train
torch.manual_seed(int(sys.argv[1]))
x, y = torch.linspace(-1, 1, 64 * 12).sin().view(64, 12), torch.arange(64) % 10
run = train(mlp((12, 16, 10), 3), examples(x, y, 16, 50, 3), TrainConfig(steps=50, lr=1e-2))
print([loss.hex() for loss in run.losses])
"""


def test_fresh_processes_give_the_same_bits():
    first, second = (
        subprocess.run(
            [sys.executable, "-c", REPEAT, seed], capture_output=True, text=True, check=True
        ).stdout
        for seed in "12"
    )
    assert first == second
    assert first.count("0x") == 50


def weights(model: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


class Killed(Exception):
    """Stands for a kill."""


# T2: interrupted anywhere and resumed, with dropout.
@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
@pytest.mark.parametrize("killed_at", [3, 10, 19])
def test_a_resumed_run_is_the_uninterrupted_one(signals, tmp_path, killed_at, optimiser):
    x, y = signals
    config = TrainConfig(
        steps=20,
        lr=1e-2,
        warmup=3,
        evaluate_every=4,
        optimiser=optimiser,
    )

    def start(kill=-1, checkpoint=None):
        source = examples(x, y, 16, 20, 0)

        def given(step):
            if step == kill:
                raise Killed
            return source(step)

        model = mlp((40, 16, 10), 0)
        model.insert(1, nn.Dropout(0.3))
        held = (x[:32], y[:32])
        return model, loop.train(
            model, given, config, held_out=held, checkpoint=checkpoint, checkpoint_every=5
        )

    whole, run = start()
    path = tmp_path / "run.ckpt"
    with pytest.raises(Killed):
        start(killed_at, path)
    assert path.is_file() == (killed_at >= 5)
    torch.manual_seed(99)
    again, resumed = start(checkpoint=path)
    assert (resumed.losses, resumed.lrs, resumed.evals) == (run.losses, run.lrs, run.evals)
    assert torch.equal(weights(again), weights(whole))
    third, done = start(7, path)  # finished: only the first and the last batch are looked at
    assert done.losses == run.losses
    assert torch.equal(weights(third), weights(whole))


def test_a_checkpoint_of_another_run_is_refused(signals, tmp_path):
    x, y = signals
    config, path = TrainConfig(steps=2, lr=1e-2), tmp_path / "run.ckpt"
    loop.train(mlp((40, 10), 0), examples(x, y, 8, 2, 0), config, checkpoint=path)
    with pytest.raises(ValueError, match="lr differ"):
        loop.train(mlp((40, 10), 0), examples(x, y, 8, 2, 0), replace(config, lr=1e-3), checkpoint=path)


def test_a_damaged_checkpoint_never_resumes_to_other_numbers(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "attack")
    import checkpoints

    # 200 flipped bits, and then damage of all kinds.
    assert checkpoints.attack(random.Random(0), 0.0, 200, [checkpoints.flip]) == {"flip": 200}
    assert sum(checkpoints.attack(random.Random(1), 0.0, 30).values()) == 30


def test_a_damaged_checkpoint_is_kept_and_named(signals, tmp_path):
    x, y = signals
    config, path = TrainConfig(steps=2, lr=1e-2), tmp_path / "run.ckpt"

    def start():
        model = mlp((40, 10), 0)
        return loop.train(model, examples(x, y, 8, 2, 0), config, checkpoint=path).losses

    right = start()
    for number, content in enumerate((b"", b"no checkpoint", path.read_bytes()[:-1]), 1):
        path.write_bytes(content)
        with pytest.warns(UserWarning, match=f"run.ckpt is damaged.*kept as run.ckpt.unreadable-{number}"):
            assert start() == right
        assert (tmp_path / f"run.ckpt.unreadable-{number}").read_bytes() == content
    (tmp_path / ".run.ckpt.abc.part").write_bytes(b"left by a kill")
    start()
    assert not list(tmp_path.glob("*.part"))


def test_a_run_on_other_data_does_not_resume(signals, tmp_path):
    x, y = signals
    config, path = TrainConfig(steps=4, lr=1e-2), tmp_path / "run.ckpt"

    def start(source=None, held=(x[:9], y[:9]), loss=loss_of, model=None, **changed):
        model = model or mlp((40, 10), 0)
        before = weights(model)
        more = {"held_out": held, "loss": loss, "checkpoint": path}
        try:
            return loop.train(model, source or examples(x, y, 8, 4, 0), replace(config, **changed), **more)
        except ValueError:
            assert torch.equal(weights(model), before)
            raise

    first = start()
    other = x.clone()
    other[batches(64, 8, 4, 0)[3, 5], 7] += 1e-6
    for source, what in (
        (examples(x, y, 16, 4, 0), "first batch"),  # the size of a batch
        (examples(x, y, 8, 4, 1), "first batch"),  # their order
        (examples(other, y, 8, 4, 0), "last batch"),
        (examples(x, y.roll(1), 8, 4, 0), "first batch"),
        (examples(x.double(), y, 8, 4, 0), "first batch"),
    ):
        with pytest.raises(ValueError, match=f"a run on other data: .*{what}.* remove it"):
            start(source)
    with pytest.raises(ValueError, match="other data: held-out set"):
        start(held=None)
    with pytest.raises(ValueError, match="other data: loss"):
        start(loss=lambda *given: loss_of(*given))
    for changed in ({"schedule": "linear"}, {"warmup": 2}, {"final": 0.5}):
        with pytest.raises(ValueError, match=f"another config: {next(iter(changed))} differ"):
            start(**changed)
    with pytest.raises(ValueError, match=r"another model: 0\.weight"):
        start(model=mlp((40, 16, 10), 0))
    assert start().losses == first.losses


# T7: a checkpoint cannot run code.
def test_a_checkpoint_that_would_run_code_is_refused(signals, tmp_path):
    x, y = signals
    config, path, witness = TrainConfig(steps=2, lr=1e-2), tmp_path / "run.ckpt", tmp_path / "witness"

    class Evil:
        def __reduce__(self):
            return (open, (str(witness), "w"))

    content = io.BytesIO()
    torch.save({"config": Evil()}, content)
    path.write_bytes(checkpoint.header(content.getvalue()) + content.getvalue())
    with pytest.raises(Exception, match=r"[Ww]eights.only"):
        loop.train(mlp((40, 10), 0), examples(x, y, 8, 2, 0), config, checkpoint=path)
    assert not witness.exists()
    # Without a checksum it is not even looked into.
    path.write_bytes(content.getvalue())
    with pytest.warns(UserWarning, match="damaged"):
        loop.train(mlp((40, 10), 0), examples(x, y, 8, 2, 0), config, checkpoint=path)
    assert not witness.exists()
    assert (tmp_path / "run.ckpt.unreadable-1").read_bytes() == content.getvalue()
    (tmp_path / "run.ckpt.unreadable-1").unlink()
    assert zipfile.is_zipfile(io.BytesIO(path.read_bytes()))
    assert [p.name for p in tmp_path.iterdir()] == ["run.ckpt"]  # no torn file is left behind


# T4 for the language model: one batch by heart.
def test_a_transformer_learns_a_batch_by_heart():
    tokens = torch.randint(11, (4, 9), generator=torch.Generator().manual_seed(0))
    tokens[:, 0] = torch.arange(4)  # all that tells the sequences apart at first
    run = loop.train(
        Decoder(SHAPE, 0),
        lambda step: (tokens[:, :-1], tokens[:, 1:]),
        TrainConfig(steps=300, lr=2e-2, warmup=10, weight_decay=0.0),
    )
    assert run.losses[0] == pytest.approx(math.log(11), rel=0.05)
    assert run.losses[-1] < 0.01


#: Losses of the eight examples: their logit against one of nought. Two of the first half's means differ.
EACH = (0.47607,) * 4 + (1.03713, 1.03713)


def partly_ignored():
    """Logits and targets of eight examples, of which the last two count for nothing."""
    logit = [-math.log(math.expm1(loss)) for loss in EACH]
    x = torch.tensor([[z, 0.0] for z in (*logit, 3.0, -3.0)])
    return x, torch.tensor([0] * 6 + [loop.IGNORED] * 2)


def as_they_are():
    """A model whose outputs are its inputs, at first."""
    model = nn.Linear(2, 2)
    with torch.no_grad():
        model.weight.copy_(torch.eye(2))
        model.bias.zero_()
    return model


def test_ignored_targets_count_for_nothing_in_a_batch():
    x, y = partly_ignored()

    def start(x, y, **choices):
        model = as_they_are()
        return loop.train(model, lambda step: (x, y), TrainConfig(steps=5, lr=0.1, **choices)), model

    run, model = start(x, y)
    assert run.losses[0] == pytest.approx(0.66309, abs=1e-5)
    alone, known = start(x[:6], y[:6])
    assert run.losses == pytest.approx(alone.losses, abs=1e-6)
    torch.testing.assert_close(weights(model), weights(known))
    nothing, _ = start(x, torch.full_like(y, loop.IGNORED))
    assert nothing.diverged and len(nothing.losses) == 1 and math.isnan(nothing.losses[0])


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 256])
def test_ignored_targets_count_for_nothing_in_evaluation(batch):
    x, y = partly_ignored()
    assert evaluate(as_they_are(), x, y, batch=batch) == pytest.approx(0.66309, abs=1e-5)
    assert error_rate(as_they_are(), x, y) == error_rate(as_they_are(), x[:6], y[:6]) == pytest.approx(2 / 6)
    with pytest.raises(ValueError, match="nothing to evaluate on"):
        evaluate(as_they_are(), x[6:], y[6:])
    tokens = torch.randint(11, (5, 9), generator=torch.Generator().manual_seed(0))
    targets, model = tokens[:, 1:].clone(), Decoder(SHAPE, 0)
    targets[1, 2:], targets[3] = loop.IGNORED, loop.IGNORED
    whole = float(loss_of(model, tokens[:, :-1], targets).detach())
    assert evaluate(model, tokens[:, :-1], targets, batch=batch) == pytest.approx(whole, rel=1e-6)


def test_targets_that_are_no_classes_all_count():
    assert int(loop.count_of(torch.full((3, 4), -100.0))) == 12
    assert int(loop.count_of(torch.tensor([[0, -100], [5, -1]]))) == 3


def test_learning_rates_are_recorded_as_they_were():
    def rates(**choices):
        config = TrainConfig(steps=10, lr=2.0, **choices)
        return [config.lr * config.factor(step) for step in range(10)]

    cosine = [1 + math.cos(math.pi * step / 10) for step in range(10)]
    assert rates() == pytest.approx(cosine)
    assert rates(schedule="linear", final=0.1) == pytest.approx([2 * (1 - 0.09 * s) for s in range(10)])
    assert rates(schedule="wsd", cooldown=0.4) == pytest.approx([2] * 7 + [1.5, 1, 0.5])
    assert rates(schedule="constant", warmup=4) == pytest.approx([0.5, 1, 1.5, 2, 2, 2, 2, 2, 2, 2])
    used = []
    model = mlp((4, 3), 0)
    original = torch.optim.SGD.step

    def spy(self, *args, **kwargs):
        used.append(self.param_groups[0]["lr"])
        return original(self, *args, **kwargs)

    torch.optim.SGD.step = spy
    try:
        config = TrainConfig(steps=10, lr=2e-2, optimiser="sgd", warmup=3)
        data = examples(torch.ones(8, 4), torch.zeros(8, dtype=torch.long), 4, 10, 0)
        run = loop.train(model, data, config)
    finally:
        torch.optim.SGD.step = original
    assert run.lrs == used == [config.lr * config.factor(step) for step in range(10)]


def test_rates_by_layer_follow_the_groups():
    shape = Transformer(64, 1, 11, 8, 2, tied_head=False, learned_positions=False, biases=False)
    model = Decoder(shape, 0, parametrisation="mup", base_width=16)
    optimiser = loop.optimiser_of(model, TrainConfig(steps=1, lr=1.0, weight_decay=0.1))
    found = {id(p): (g["scale"], g["weight_decay"]) for g in optimiser.param_groups for p in g["params"]}
    assert len(found) == len(list(model.parameters()))
    assert found[id(model.blocks[0].qkv.weight)] == (0.25, pytest.approx(0.4))
    assert found[id(model.head.weight)] == (1.0, pytest.approx(0.1))
    assert found[id(model.norm.weight)] == (1.0, 0.0)


def test_evaluation_is_on_a_fixed_set_and_leaves_training_alone(signals):
    x, y = signals
    held = (x[:20], y[:20])
    config = TrainConfig(steps=7, lr=1e-2, evaluate_every=3)
    model = mlp((40, 16, 10), 0)
    run = loop.train(model, examples(x, y, 16, 7, 0), config, held_out=held)
    assert [entry["step"] for entry in run.evals] == [3, 6, 7]
    assert run.evals[-1]["loss"] == evaluate(model, *held)
    assert evaluate(model, *held, batch=7) == pytest.approx(float(loss_of(model, *held).detach()), abs=1e-6)
    assert run.losses == loop.train(mlp((40, 16, 10), 0), examples(x, y, 16, 7, 0), config).losses
    config = TrainConfig(steps=7, lr=1e-2, evaluate_at=(1, 5))
    named = loop.train(mlp((40, 16, 10), 0), examples(x, y, 16, 7, 0), config, held_out=held)
    assert [entry["step"] for entry in named.evals] == [1, 5, 7]
    assert named.losses == run.losses


def test_a_run_that_diverges_stops_and_says_so(signals):
    x, y = signals
    config = TrainConfig(steps=50, lr=10.0, optimiser="sgd", schedule="constant", stop_above=20.0)
    run = loop.train(mlp((40, 16, 10), 0), examples(x * 100, y, 16, 50, 0), config, held_out=(x, y))
    assert run.diverged
    assert len(run.losses) == len(run.lrs) < 50
    assert all(loss <= 20 for loss in run.losses[:-1])
    assert not run.losses[-1] <= 20
    assert run.evals == []
    ended = loop.train(mlp((40, 10), 0), examples(x * math.inf, y, 16, 5, 0), TrainConfig(steps=5, lr=0.1))
    assert ended.diverged and len(ended.losses) == 1


def test_windows_give_each_token_its_successor():
    source = windows(torch.arange(50, dtype=torch.uint8), 8, 64, seed=0)
    x, y = source(3)
    assert x.shape == y.shape == (64, 8)
    assert torch.equal(x + 1, y)
    assert torch.equal(source(3)[0], x)
    assert not torch.equal(source(4)[0], x)
    starts = torch.cat([source(step)[0][:, 0] for step in range(50)])
    assert (starts.min(), starts.max()) == (0, 41)  # the last target is the last token
    with pytest.raises(ValueError, match="window"):
        windows(torch.arange(8), 8, 1, 0)


def test_bfloat16_learns_with_weights_in_full_precision(signals):
    x, y = signals
    config = TrainConfig(steps=60, lr=1e-2, precision="bfloat16")
    model = mlp((40, 32, 10), 0)
    run = loop.train(model, examples(x, y, 32, 60, 0), config)
    plain = loop.train(mlp((40, 32, 10), 0), examples(x, y, 32, 60, 0), replace(config, precision="float32"))
    assert run.losses != plain.losses
    assert run.losses[-1] == pytest.approx(plain.losses[-1], abs=0.2)
    assert {p.dtype for p in model.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    "choices",
    [{"schedule": "sine"}, {"optimiser": "adam"}, {"precision": "half"}, {"steps": 0}, {"final": 1.5}],
)
def test_choices_that_do_not_exist_are_named(choices):
    with pytest.raises(ValueError, match=next(iter(choices))):
        TrainConfig(**{"steps": 3, "lr": 0.1} | choices)


@pytest.mark.skipif(
    not (shutil.which("g++") and Path(sysconfig.get_path("include"), "Python.h").is_file()),
    reason="no compiler or no Python headers here: the compiled loop was not run",
)
@pytest.mark.skipif(
    any(" " in path for path in (torch.__file__, sysconfig.get_path("include"))),
    reason="a space in the path of torch or Python, which torch's compiler does not quote: "
    "the compiled loop was not run",
)
def test_a_compiled_model_trains_like_the_model(signals, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    x, y = signals
    runs = {}
    for compiled in (False, True):
        model = mlp((40, 16, 10), 0)
        config = TrainConfig(steps=20, lr=1e-2, compile=compiled)
        runs[compiled] = loop.train(model, examples(x, y, 16, 20, 0), config).losses
        # What was trained is the model itself, not a compiled copy.
        assert evaluate(model, x[:16], y[:16]) < runs[compiled][0]
    assert any(tmp_path.rglob("*.so"))
    assert runs[True] == pytest.approx(runs[False], abs=1e-5)


# T3.
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here: CPU and GPU were not compared")
def test_a_gpu_repeats_itself_and_agrees_with_the_cpu(signals, monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    x, y = signals

    def final(device, seed):
        model, steps = mlp((40, 16, 10), seed).to(device), 100
        source = examples(x.to(device), y.to(device), 16, steps, seed)
        run = loop.train(model, source, TrainConfig(steps=steps, lr=1e-2))
        return run.losses, evaluate(model, x.to(device), y.to(device))

    torch.use_deterministic_algorithms(True)
    try:
        assert final("cuda", 0)[0] == final("cuda", 0)[0]
        losses = [final("cpu", seed)[1] for seed in range(6)]
        assert abs(final("cuda", 0)[1] - losses[0]) <= 3 * np.std(losses, ddof=1)
        for choices in ({"precision": "bfloat16"}, {"compile": True}):
            config = TrainConfig(steps=20, lr=1e-2, **choices)
            model = mlp((40, 16, 10), 0).to("cuda")
            run = loop.train(model, examples(x.cuda(), y.cuda(), 16, 20, 0), config)
            assert run.losses[-1] < run.losses[0]
    finally:
        torch.use_deterministic_algorithms(False)


def test_importing_the_package_does_not_import_torch():
    code = "import sys, scalinglaws, replications.data_pruning.theory; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
