"""How often an interval holds the truth: counted over simulations, in tests and in the benchmark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from simulated import TRUTH, checkpoints, design

from scalinglaws import Fit, Status, bootstrap, fit, huber, profile, size_exponent
from scalinglaws.fitting.wald import Quantity
from scalinglaws.laws import chinchilla, power_law

#: What the intervals are of, and its true value.
QUANTITIES = {"log E": np.log(TRUTH["E"]), "log A": np.log(TRUTH["A"]), "log B": np.log(TRUTH["B"])}
QUANTITIES |= {"alpha": TRUTH["alpha"], "beta": TRUTH["beta"], size_exponent: size_exponent(TRUTH)}


def label(what) -> str:
    """A name to print."""
    return what if isinstance(what, str) else "a"


def simulate(noise: float, seed: int, n: int = 60):
    """The same runs with other noise."""
    runs = design(n, seed=0)
    return runs.assign(loss=runs.loss * np.exp(noise * np.random.default_rng([1, seed]).normal(size=n)))


def least_squares(noise: float, seeds: Iterable[int]) -> Iterator[Fit]:
    """A least-squares fit of each simulation; it starts at the truth, which is quicker, and its proof challenges it."""
    for seed in seeds:
        yield fit(chinchilla, simulate(noise, seed), starts=[TRUTH])


def squared_loss(
    fits: Iterable[Fit], quantities: Mapping[Quantity, float] = QUANTITIES
) -> dict[str, Counter]:
    """Wald and profile intervals of some quantities: how many of the fits' intervals hold the truth."""
    inside = {"Wald": Counter(), "profile": Counter()}
    for found in fits:
        for what, truth in quantities.items():
            for name, (low, high) in {"Wald": found.interval(what), "profile": profile(found, what)}.items():
                inside[name][label(what)] += low <= truth <= high
    return inside


def robust_loss(noise: float, seeds: Iterable[int], resamples: int = 200) -> tuple[Counter, int]:
    """Percentile bootstrap intervals of Huber fits: how many cover, and of how many fits.

    A fit whose optimum is not proved has no interval, and does not count.
    """
    inside, fits = Counter(), 0
    for seed in seeds:
        found = fit(chinchilla, simulate(noise, seed), loss=huber(1e-3), starts=[TRUTH], strict=False)
        if found.status is not Status.CONVERGED:
            continue
        fits += 1
        drawn = bootstrap(found, resamples, seed=seed)
        for what, truth in QUANTITIES.items():
            low, high = drawn.interval(what)
            inside[label(what)] += low <= truth <= high
    return inside, fits


def clusters(seeds: Iterable[int], resamples: int = 200) -> Counter:
    """Bootstraps of 40 runs' correlated checkpoints, by run and naively."""
    inside = Counter()
    for seed in seeds:
        found = fit(power_law, checkpoints(seed), starts=1)
        for by in (None, "run"):
            # A is what a run's shared error moves most.
            low, high = bootstrap(found, resamples, seed=seed, by=by).interval("log A")
            inside["by run" if by else "naive"] += low <= np.log(3) <= high
    return inside
