"""Time training: packed against one by one, and the loop against a plain one; on a GPU too if there is one.

`python benchmarks/bench_training.py` prints; `bench_training()` is called by `benchmarks/bench.py`.
A benchmark, not a test: nothing fails on a slow machine.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from scalinglaws.counting import Transformer
from scalinglaws.tables.schema import TableError
from scalinglaws.training.arrays import digits
from scalinglaws.training.classifiers import mlp
from scalinglaws.training.decoder import Decoder
from scalinglaws.training.loop import TrainConfig, examples, loss_of, train, windows
from scalinglaws.training.packed import packed_examples, train_packed

Row = tuple[str, float, str]

RUNS, STEPS = 64, 500
SIZES = (64, 32, 32, 10)
#: Sixteen of these go together.
TINY = Transformer(64, 2, 256, 64, 4, learned_positions=False, biases=False)


@dataclass(frozen=True)
class Setting:
    """A language model and how it is trained, for a comparison of loops."""

    shape: Transformer
    batch: int
    device: str
    precision: str
    updates: int
    rounds: int
    #: Compile neither loop, ours alone, or both.
    ours_compiled: bool = False
    plain_compiled: bool = False


#: Small enough for a processor: 4 blocks of width 128, 64 bytes of context.
ON_CPU = Setting(
    Transformer(128, 4, 256, 64, 4, learned_positions=False, biases=False), 12, "cpu", "float32", 10, 15
)
#: The shape of the smallest GPT-2, with a vocabulary of bytes.
ON_GPU = Setting(
    Transformer(768, 12, 256, 512, 12, learned_positions=False, biases=False), 32, "cuda", "bfloat16", 20, 7
)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """One thread here, as in the processes that are timed."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def handwritten(device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The digits, or numbers of the same shape where scikit-learn is not installed."""
    try:
        x, y = map(torch.from_numpy, digits())
    except TableError:
        generator = torch.Generator().manual_seed(0)
        x = torch.rand(1797, 64, generator=generator)
        y = torch.randint(10, (1797,), generator=generator)
    return x.to(device), y.to(device)


def text(device: str) -> torch.Tensor:
    """Random bytes: what is timed does not depend on what they say."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, (100_000,), generator=generator, dtype=torch.uint8).to(device)


def one_by_one(seeds: range, batch: int, steps: int, device: str = "cpu") -> None:
    """Train perceptrons one after the other with the library's loop."""
    x, y = handwritten(device)
    for seed in seeds:
        model = mlp(SIZES, seed).to(device)
        train(model, examples(x, y, batch, steps, seed), TrainConfig(steps=steps, lr=1e-3))


def packed(seeds: range, batch: int, steps: int, device: str = "cpu") -> None:
    """Train the same perceptrons together."""
    x, y = handwritten(device)
    models = [mlp(SIZES, seed).to(device) for seed in seeds]
    train_packed(models, packed_examples(x, y, batch, steps, seeds), TrainConfig(steps=steps, lr=1e-3))


def tiny_one_by_one(seeds: range, batch: int, steps: int, device: str) -> None:
    """Train tiny transformers one after the other."""
    tokens = text(device)
    for seed in seeds:
        source = windows(tokens, TINY.context, batch, seed)
        train(Decoder(TINY, seed).to(device), source, TrainConfig(steps=steps, lr=1e-3))


def tiny_packed(seeds: range, batch: int, steps: int, device: str) -> None:
    """Train the same transformers together."""
    tokens, span = text(device), torch.arange(TINY.context + 1)
    starts = np.random.default_rng(0).integers(len(tokens) - TINY.context, size=(steps, len(seeds), batch))
    index = (torch.from_numpy(starts)[..., None] + span).to(device)

    def draw(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        window = tokens[index[step]].long()
        return window[..., :-1], window[..., 1:]

    models = [Decoder(TINY, seed).to(device) for seed in seeds]
    train_packed(models, draw, TrainConfig(steps=steps, lr=1e-3))


def worker(work: Callable, seeds: range, batch: int, steps: int, barrier, queue) -> None:
    """One single-threaded process: warm up, wait for the others, work, say how long it took.

    In seconds of the processor: on an idle machine they are the clock's, on a busy one they
    do not count what others did.
    """
    torch.set_num_threads(1)
    work(seeds[:2], batch, 3)
    barrier.wait()
    started = time.process_time()
    work(seeds, batch, steps)
    queue.put(time.process_time() - started)


def runs_per_second(work: Callable, runs: int, batch: int, processes: int) -> float:
    """Rate of so many single-threaded processes at once, start-up and imports left out."""
    context = multiprocessing.get_context("spawn")
    barrier, queue = context.Barrier(processes), context.Queue()
    shares = [range(i * runs // processes, (i + 1) * runs // processes) for i in range(processes)]
    pool = [context.Process(target=worker, args=(work, s, batch, STEPS, barrier, queue)) for s in shares]
    for process in pool:
        process.start()
    seconds = max(queue.get() for _ in pool)
    for process in pool:
        process.join()
    return runs / seconds


def on_processors() -> Iterator[Row]:
    """How many times more runs a second packing gives; each side the better of one or two processes.

    Each rate is the best of some rounds in which the four take turns: what else a shared machine
    does can only slow a round down. Fewer runs are timed one by one, whose rate does not depend
    on their number.
    """
    for batch, fewer, rounds in ((32, 4, 4), (128, 8, 3), (512, 16, 3)):
        rates: dict[tuple[Callable, int], float] = defaultdict(float)
        for _, processes in itertools.product(range(rounds), (1, 2)):
            for work, runs in ((one_by_one, RUNS // fewer), (packed, RUNS)):
                rate = runs_per_second(work, runs, batch, processes)
                rates[work, processes] = max(rates[work, processes], rate)
        for work in (one_by_one, packed):
            name = f"batch {batch}, {work.__name__.replace('_', ' ')}"
            yield f"{name}, the better of one or two processes", best(rates, work), "runs/s"
        gain = best(rates, packed) / best(rates, one_by_one)
        yield f"packed training of {RUNS} perceptrons, batch {batch}", gain, "times faster"


def best(rates: dict[tuple[Callable, int], float], work: Callable) -> float:
    """The better of one or two processes."""
    return max(rate for (did, _), rate in rates.items() if did is work)


def synchronise(device: str) -> None:
    """Wait until the device has done what it was asked to do."""
    if device == "cuda":
        torch.cuda.synchronize()


def in_turn(device: str, rounds: int, *works: Callable[[], object]) -> list[list[float]]:
    """Seconds of each work in each round, in turn; of the processor, or of the clock on a GPU."""
    clock = time.perf_counter if device == "cuda" else time.process_time
    for work in works:
        work()  # warms up, compiles
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, found in zip(works, seconds, strict=True):
            synchronise(device)
            started = clock()
            work()
            synchronise(device)
            found.append(clock() - started)
    return seconds


def together(device: str, rounds: int, models: int, alone: Callable, packed: Callable, *args: int) -> float:
    """How many times faster models train in one pack than one by one; two of them are timed one by one."""
    one, all_ = in_turn(
        device,
        rounds,
        lambda: alone(range(2), *args, device),
        lambda: packed(range(models), *args, device),
    )
    return models / 2 * min(one) / min(all_)


def plain_loop(
    model: nn.Module,
    called: nn.Module,
    tokens: torch.Tensor,
    setting: Setting,
    optimiser: torch.optim.Optimizer,
) -> None:
    """The loop that small language-model repositories write: slices stacked, one rate, clipped gradients."""
    model.train()
    context = setting.shape.context
    for step in range(setting.updates):
        starts = torch.randint(len(tokens) - context, (setting.batch,))
        x = torch.stack([tokens[i : i + context].long() for i in starts])
        y = torch.stack([tokens[i + 1 : i + 1 + context].long() for i in starts])
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * (step + 1) / setting.updates
        with torch.autocast(setting.device, torch.bfloat16, enabled=setting.precision == "bfloat16"):
            loss = loss_of(called, x, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)


def against_a_plain_loop(setting: Setting) -> Iterator[Row]:
    """Tokens a second over those of the plain loop (median of rounds), and its rate."""
    tokens = text(setting.device)
    config = TrainConfig(
        steps=setting.updates,
        lr=1e-3,
        warmup=setting.updates,
        clip=1.0,
        betas=(0.9, 0.95),
        precision=setting.precision,
        compile=setting.ours_compiled,
    )
    ours, theirs = (Decoder(setting.shape, 0).to(setting.device) for _ in range(2))
    called = torch.compile(theirs) if setting.plain_compiled else theirs
    optimiser = torch.optim.AdamW(theirs.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    source = windows(tokens, setting.shape.context, setting.batch, 0)
    mine, plain = in_turn(
        setting.device,
        setting.rounds,
        lambda: train(ours, source, config),
        lambda: plain_loop(theirs, called, tokens, setting, optimiser),
    )
    ratios = [b / a for a, b in zip(mine, plain, strict=True)]
    kind = "a compiled" if setting.plain_compiled else "an eager"
    where = f"{setting.device}, {setting.precision}"
    rate = setting.updates * setting.batch * setting.shape.context / min(mine)
    flops = rate * setting.shape.flops_per_token("6N + head + attention")
    yield f"transformer tokens/s over {kind} plain loop ({where})", statistics.median(ratios), "ratio"
    yield f"the same, lowest of {setting.rounds} rounds", min(ratios), "ratio"
    yield f"the same, highest of {setting.rounds} rounds", max(ratios), "ratio"
    yield f"transformer training ({where})", rate, "tokens/s"
    yield f"the same ({where})", flops / 1e9, "GFLOP/s"


def on_gpu() -> Iterator[Row]:
    """The same on a GPU, where small models wait for their launches."""
    gain = together("cuda", 3, RUNS, one_by_one, packed, 32, STEPS)
    yield f"packed training of {RUNS} perceptrons, batch 32 (cuda)", gain, "times faster"
    gain = together("cuda", 3, 16, tiny_one_by_one, tiny_packed, 16, 50)
    yield "packed training of 16 tiny transformers (cuda)", gain, "times faster"
    yield from against_a_plain_loop(replace(ON_GPU, ours_compiled=True))
    yield from against_a_plain_loop(replace(ON_GPU, ours_compiled=True, plain_compiled=True))


def bench_training() -> Iterator[Row]:
    """Measure: (name, value, unit)."""
    with one_thread():
        yield from on_processors()
        gain = together("cpu", 3, 16, tiny_one_by_one, tiny_packed, 16, 5)
        yield "packed training of 16 tiny transformers (cpu)", gain, "times faster"
        yield from against_a_plain_loop(ON_CPU)
    if torch.cuda.is_available():
        yield from on_gpu()


if __name__ == "__main__":
    for name, value, unit in bench_training():
        print(f"{value:10.2f}  {unit:14}  {name}", flush=True)
