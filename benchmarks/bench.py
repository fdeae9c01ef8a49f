"""Time the library against the usual ways of doing the same, side by side in this process.

`make bench`, or `python benchmarks/bench.py SECTION ...`. Prints each figure as it is measured and
writes them all to `out/bench.json` (name, ratio, unit). A benchmark, not a test: nothing
fails on a slow machine.
"""

from __future__ import annotations

import itertools
import json
import resource
import sys
import tempfile
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "fitting"))
sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "sweeps"))

import numpy as np
import pandas as pd
from covered import clusters, least_squares, robust_loss, squared_loss
from harsh import WORDS, drawn_by, table, verdicts
from nist import PROBLEMS, solved
from oracle import above_oracle
from scipy.optimize import minimize
from scipy.special import huber, logsumexp
from simulated import design, figure_runs, problem_of

from scalinglaws import bootstrap, fit, load
from scalinglaws import huber as huber_loss
from scalinglaws.laws import chinchilla, power_law, power_law_with_constant

Row = tuple[str, float, str]

DELTA = 1e-3
SAMPLE = 100  # of the published procedure's starts and resamples; its time is scaled up
STARTS, RESAMPLES = 4500, 4000
HOFFMANN = np.array([6.0073404, 6.0179186, 0.5267228, 0.33917084, 0.2849083])


def objective(theta: np.ndarray, log_n: np.ndarray, log_d: np.ndarray, log_loss: np.ndarray) -> float:
    """Sum of Huber losses of the log-sum-exp form, as the published analyses write it."""
    a, b, e, alpha, beta = theta
    terms = np.stack([a - alpha * log_n, b - beta * log_d, np.full_like(log_n, e)])
    return huber(DELTA, log_loss - logsumexp(terms, axis=0)).sum()


def seconds(work: Callable[[], object]) -> tuple[float, object]:
    """How long a call takes, and what it gives."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def third_approach() -> Iterator[Row]:
    """Best fit and 4,000 resamples of the 240 runs, against 4,500 L-BFGS-B starts and 4,000 BFGS runs."""
    runs = figure_runs()
    data = [np.log(runs[name].to_numpy()) for name in ("n_params", "n_tokens", "loss")]
    axes = [np.arange(0, 30, 5.0)] * 2 + [np.arange(-1, 1.5, 0.5)] + [np.arange(0, 2.5, 0.5)] * 2
    grid = np.array(list(itertools.product(*axes)))
    rng = np.random.default_rng(0)
    some = grid[rng.choice(len(grid), SAMPLE, replace=False)]
    numbers = np.sort(rng.choice(RESAMPLES, SAMPLE, replace=False))

    def published_fit() -> list[float]:
        return [minimize(objective, start, args=tuple(data), method="L-BFGS-B").fun for start in some]

    def published_bootstrap() -> list[float]:
        found = []
        for k in numbers:
            rows = np.random.default_rng([0, k]).integers(0, len(runs), len(runs))
            found.append(minimize(objective, HOFFMANN, args=tuple(x[rows] for x in data), method="BFGS").fun)
        return found

    fit(chinchilla, runs, loss=huber_loss(DELTA))  # imports and caches, which the loops have had too
    theirs_fit, their_values = seconds(published_fit)
    theirs_boot, their_resampled = seconds(published_bootstrap)
    ours_fit, ours = seconds(lambda: fit(chinchilla, runs, loss=huber_loss(DELTA)))
    tracemalloc.start()
    bootstrap(ours, RESAMPLES, seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    ours_boot, drawn = seconds(lambda: bootstrap(ours, RESAMPLES, seed=0))
    print(
        f"        published: {SAMPLE} starts in {theirs_fit:.1f} s, {SAMPLE} resamples in {theirs_boot:.1f} s,"
    )
    print(
        f"        scaled up to {STARTS} and {RESAMPLES}; ours in full: {ours_fit:.3f} s and {ours_boot:.2f} s"
    )
    total = (theirs_fit * STARTS + theirs_boot * RESAMPLES) / SAMPLE
    # One core does it all, here as there: the ratio per core is the same figure.
    yield (
        "third approach, fit and 4,000 resamples, one core each",
        total / (ours_fit + ours_boot),
        "times faster",
    )
    yield "third approach, best fit", theirs_fit * STARTS / SAMPLE / ours_fit, "times faster"
    yield (
        "third approach, one resample",
        theirs_boot / SAMPLE / (ours_boot / RESAMPLES),
        "times faster",
    )
    yield "our objective over the best of the sampled starts", ours.objective / min(their_values), "ratio"
    over = drawn.samples.objective[numbers].to_numpy() / their_resampled
    yield "our objective over the loop's, worst of the sampled resamples", over.max(), "ratio"
    stopped = 100 * np.mean(over * (1 + 1e-6) < 1)
    yield "sampled resamples on which the loop stops above ours", stopped, "%"
    yield "memory taken by 4,000 resamples at the peak", peak / 2**20, "MiB"
    yield (
        "memory of this process at the peak",
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10,
        "MiB",
    )


def pypi_package() -> Iterator[Row]:
    """The package `chinchilla` on its README's own grid of 3,125 starts, all cores, same loss."""
    try:
        from chinchilla import Chinchilla
        from chinchilla._metrics import log_huber
    except ImportError:
        print("        left out: `pip install chinchilla` to compare with that package")
        return
    runs = figure_runs()
    grid = {"E": (1.1, 1.5), "A": (200, 1000), "B": (200, 1000), "alpha": (0.1, 0.5), "beta": (0.1, 0.5)}
    with tempfile.TemporaryDirectory() as folder:
        table = pd.DataFrame({"C": runs.flops, "N": runs.n_params, "D": runs.n_tokens, "loss": runs.loss})
        table.to_csv(Path(folder, "df.csv"), index=False)
        theirs = Chinchilla(
            folder,
            param_grid={name: np.linspace(*ends, 5) for name, ends in grid.items()},
            loss_fn=partial(log_huber, delta=DELTA),
            log_level=50,
        )
        took, _ = seconds(theirs.fit)
    params = {name: float(getattr(theirs, name)) for name in ("E", "A", "B", "alpha", "beta")}
    ours_took, ours = seconds(lambda: fit(chinchilla, runs, loss=huber_loss(DELTA)))
    r = np.log(runs.loss / chinchilla(runs.n_params, runs.n_tokens, **params))
    yield "PyPI chinchilla on its own grid (all cores), time over ours", took / ours_took, "times faster"
    yield "PyPI chinchilla, objective reached over ours", huber(DELTA, r).sum() / ours.objective, "ratio"


def growth() -> Iterator[Row]:
    """Cost against the number of runs and of resamples: linear, once it is more than overhead."""
    for n in (10**2, 10**3, 10**4, 10**5):
        data = design(n, noise=0.01)
        took, _ = seconds(lambda data=data: fit(chinchilla, data, loss=huber_loss(DELTA)))
        yield f"fit of {n:,} runs, per run", 1e6 * took / n, "microseconds"
    small = fit(
        power_law_with_constant, problem_of(power_law_with_constant, np.random.default_rng(0), 50, 0.01)[1]
    )
    for n in (10**2, 10**3, 10**4, 10**5):
        took, _ = seconds(lambda n=n: bootstrap(small, n))
        yield f"{n:,} resamples of 50 runs, per resample", 1e6 * took / n, "microseconds"


def certified() -> Iterator[Row]:
    """NIST's 27 problems from both starts: matching digits."""
    tables = load("nist_strd"), load("nist_strd_certified")
    digits = defaultdict(list)
    for name, start in itertools.product(PROBLEMS, ("start1", "start2")):
        for what, reached in solved(name, start, *tables)[1].items():
            digits[what].append(reached)
    for what, found in digits.items():
        good = sum(d >= 9 for d in found)
        yield (
            f"NIST StRD, {what}: problems and starts with 9 digits or more, of {len(found)}",
            good,
            "problems",
        )
        yield f"NIST StRD, {what}: fewest digits", min(found), "digits"


def coverage() -> Iterator[Row]:
    """How often nominal 95 % intervals hold the truth."""
    for noise in (0.005, 0.02):
        for method, counts in squared_loss(least_squares(noise, range(2000))).items():
            for name, count in counts.items():
                yield (
                    f"coverage, squared loss, noise {noise}, {method}, {name} (2,000 simulations)",
                    count / 20,
                    "%",
                )
        counts, fits = robust_loss(noise, range(1000))
        yield f"Huber, noise {noise}: simulations whose optimum was proved, of 1,000", fits, "fits"
        for name, count in counts.items():
            yield (
                f"coverage, Huber, noise {noise}, percentile, {name} (1,000 simulations)",
                100 * count / fits,
                "%",
            )
    for name, count in clusters(range(1000)).items():
        yield (
            f"coverage, correlated checkpoints of 40 runs, {name} bootstrap (1,000 simulations)",
            count / 10,
            "%",
        )


def recovery() -> Iterator[Row]:
    """Truths without noise; and noisy problems against a brute-force search."""
    for law in (power_law, power_law_with_constant, chinchilla):
        rng, worst = np.random.default_rng(1), 0.0
        for _ in range(100):
            truth, runs = problem_of(law, rng)
            found = fit(law, runs, strict=False)
            worst = max(worst, *(abs(found[name] / truth[name] - 1) for name in law.nonlinear))
        yield f"{law.name}: worst error of an exponent, 100 truths without noise", worst, "relative"
    for law, count in ((power_law, 200), (power_law_with_constant, 400), (chinchilla, 400)):
        worst, unproved = above_oracle(law, range(count))
        yield f"{law.name}: furthest above a brute-force optimum, {count} noisy problems", worst, "relative"
        yield f"{law.name}: of these not reported as converged", unproved, "problems"


def harshness() -> Iterator[Row]:
    """Fits of 1,000 harsh problems and of 200 with two valleys, proved or refused, against a dense grid."""
    found = verdicts(range(1200), drawn_by)
    print(table(found), flush=True)
    for what, numbers in (("1,000 harsh problems", range(1000)), ("200 with two valleys", range(1000, 1200))):
        own = [found[k] for k in numbers]
        for word in WORDS:
            yield f"{what}: {word}", sum(v.word == word for v in own), "fits"
        yield f"{what}: the oracle ends above the fit", sum(v.below for v in own), "fits"
        yield f"{what}: processor time of a fit", sum(v.seconds for v in own) / len(own), "s"


def training() -> Iterator[Row]:
    """Small networks packed against one by one; the loop against a plain PyTorch loop."""
    from bench_training import bench_training

    yield from bench_training()


def sweeping() -> Iterator[Row]:
    """What the sweep costs beyond its executor, and loading a large store."""
    from bench_sweep import bench_sweep

    yield from bench_sweep()


SECTIONS = {
    f.__name__: f
    for f in (
        third_approach,
        pypi_package,
        growth,
        certified,
        training,
        sweeping,
        recovery,
        coverage,
        harshness,
    )
}


def main(wanted: list[str]) -> None:
    """Run and print."""
    if unknown := set(wanted) - set(SECTIONS):
        raise SystemExit(f"no such section: {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    rows = []
    for name in wanted or SECTIONS:
        print(f"{name}: {SECTIONS[name].__doc__}", flush=True)
        for label, value, unit in SECTIONS[name]():
            rows.append({"name": label, "ratio": float(value), "unit": unit})
            print(f"  {value:14.6g}  {unit:13}  {label}", flush=True)
    Path("out").mkdir(exist_ok=True)
    Path("out/bench.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
