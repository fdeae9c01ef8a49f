"""Time training: packed against one by one, and the loop against a plain one.

`python tests/bench_training.py` prints; `bench_training()` is called by `tests/bench.py`.
A benchmark, not a test: nothing fails on a slow machine.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time

import torch
from torch import nn

from scalinglaws.counting import Transformer
from scalinglaws.datasets import digits
from scalinglaws.models import mlp
from scalinglaws.packing import packed_examples, train_packed
from scalinglaws.tables import TableError
from scalinglaws.training import TrainConfig, examples, loss_of, train, windows
from scalinglaws.transformer import Decoder

RUNS, STEPS = 64, 500
SIZES = (64, 32, 32, 10)
# Small enough for a processor: 4 blocks of width 128, 64 bytes of context.
SHAPE = Transformer(128, 4, 256, 64, 4, learned_positions=False, biases=False)
BATCH, UPDATES, ROUNDS = 12, 10, 11


def handwritten() -> tuple[torch.Tensor, torch.Tensor]:
    """The digits, or numbers of the same shape where scikit-learn is not installed."""
    try:
        return tuple(map(torch.from_numpy, digits()))
    except TableError:
        generator = torch.Generator().manual_seed(0)
        return torch.rand(1797, 64, generator=generator), torch.randint(10, (1797,), generator=generator)


def one_by_one(seeds: range, batch: int, steps: int) -> None:
    """Train perceptrons one after the other with the library's loop."""
    x, y = handwritten()
    for seed in seeds:
        train(mlp(SIZES, seed), examples(x, y, batch, steps, seed), TrainConfig(steps=steps, lr=1e-3))


def packed(seeds: range, batch: int, steps: int) -> None:
    """Train the same perceptrons together."""
    x, y = handwritten()
    models = [mlp(SIZES, seed) for seed in seeds]
    train_packed(models, packed_examples(x, y, batch, steps, seeds), TrainConfig(steps=steps, lr=1e-3))


def worker(work, seeds: range, batch: int, steps: int, barrier, queue) -> None:
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


def runs_per_second(work, runs: int, batch: int, steps: int, processes: int) -> float:
    """Rate of so many single-threaded processes at once, start-up and imports left out."""
    context = multiprocessing.get_context("spawn")
    barrier, queue = context.Barrier(processes), context.Queue()
    shares = [range(i * runs // processes, (i + 1) * runs // processes) for i in range(processes)]
    pool = [context.Process(target=worker, args=(work, s, batch, steps, barrier, queue)) for s in shares]
    for process in pool:
        process.start()
    seconds = max(queue.get() for _ in pool)
    for process in pool:
        process.join()
    return runs / seconds


def bench_packing(batch: int, fewer: int = 1) -> tuple[float, str]:
    """How many times more runs a second packing gives; each side the better of one or two processes.

    `fewer` divides the runs that are timed one by one; the rate does not depend on their number.
    """
    alone = {p: runs_per_second(one_by_one, RUNS // fewer, batch, STEPS, p) for p in (1, 2)}
    together = {p: runs_per_second(packed, RUNS, batch, STEPS, p) for p in (1, 2)}
    shown = ", ".join(
        f"{name} {rates[1]:.2f} and {rates[2]:.2f}"
        for name, rates in (("one by one", alone), ("packed", together))
    )
    return max(together.values()) / max(
        alone.values()
    ), f"runs per second of the processor, one and two processes: {shown}"


def plain_loop(model: nn.Module, tokens: torch.Tensor, steps: int, optimiser: torch.optim.Optimizer) -> None:
    """The loop that small language-model repositories write: slices stacked, one rate, clipped gradients."""
    model.train()
    for step in range(steps):
        starts = torch.randint(len(tokens) - SHAPE.context, (BATCH,))
        x = torch.stack([tokens[i : i + SHAPE.context].long() for i in starts])
        y = torch.stack([tokens[i + 1 : i + 1 + SHAPE.context].long() for i in starts])
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * (step + 1) / steps
        loss = loss_of(model, x, y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)


def bench_transformer() -> tuple[float, float, float, str]:
    """Tokens a second over those of the plain loop (median of rounds), its rate, and its share of the peak."""
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(256, (100_000,), generator=generator, dtype=torch.uint8)
    config = TrainConfig(steps=UPDATES, lr=1e-3, warmup=UPDATES, clip=1.0, betas=(0.9, 0.95))
    ours, theirs = Decoder(SHAPE, 0), Decoder(SHAPE, 0)
    optimiser = torch.optim.AdamW(theirs.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    source, ratios, abouts = windows(tokens, SHAPE.context, BATCH, 0), [], []
    plain_loop(theirs, tokens, 2, optimiser)
    train(ours, source, config)
    for _ in range(ROUNDS):
        started = time.process_time()
        abouts.append(train(ours, source, config).about)
        between = time.process_time()
        plain_loop(theirs, tokens, UPDATES, optimiser)
        ratios.append((time.process_time() - between) / (between - started))
    best = max(abouts, key=lambda about: about["targets_per_s"])
    note = f"ratios {min(ratios):.2f} to {max(ratios):.2f}, {best['flops_per_s'] / 1e9:.1f} GFLOP/s"
    return statistics.median(ratios), best["targets_per_s"], best["share_of_peak"], note


def bench_training() -> list[tuple[str, float, str]]:
    """Measure; details go to the terminal. (name, value, unit)."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    found = []
    for batch, fewer in ((32, 4), (128, 8), (512, 16)):
        gain, note = bench_packing(batch, fewer)
        print(f"  batch {batch}: {note}")
        found.append((f"packed training of {RUNS} perceptrons, batch {batch}", gain, "times faster"))
    gain, rate, share, note = bench_transformer()
    print(f"  transformer: {note}")
    found.append(("transformer tokens/s over a plain loop, one core", gain, "ratio"))
    found.append(("transformer training, one core", rate, "tokens/s"))
    found.append(("its share of the peak FLOP/s (best matrix product here)", share, "fraction"))
    torch.set_num_threads(before)
    return found


if __name__ == "__main__":
    for name, value, unit in bench_training():
        print(f"{value:10.2f}  {unit:14}  {name}")
